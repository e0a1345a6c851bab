//! What to read: files, folders and support zips, opened out into single streams in the order in which they were
//! written.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use bbsec_core::Gap;
use walkdir::WalkDir;

use super::{
    LogError,
    format::{Format, Sniffed, sniff},
    tomcat::{Pattern, patterns_of},
};
use crate::read::{Ahead, Opened, Packing, open, packing, unpack};

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogInput {
    /// A log, a folder with logs, or a support zip.
    pub path: PathBuf,
    /// What a place's file is relative to.
    pub root: PathBuf,
}

impl LogInput {
    /// A file or folder that was given by itself: places are relative to the folder it lies in.
    pub fn given(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let root = if path.is_dir() {
            path.clone()
        } else {
            path.parent().map(Path::to_path_buf).unwrap_or_default()
        };
        Self { path, root }
    }
}

/// A single stream of lines.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    path: PathBuf,
    /// Which member of the zip at `path`.
    member: Option<usize>,
    /// As in a place.
    pub file: Arc<str>,
    pub size: u64,
    pub sniffed: Sniffed,
}

/// How much of a file is looked at to tell its format.
const HEAD: usize = 256 << 10;
/// How many files a folder or zip may hold.
const MOST_FILES: usize = 200_000;
/// How large a member of a zip may be, unpacked.
const MOST_MEMBER: u64 = 64 << 30;

/// Pieces, and what could not be looked into.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pub all: Vec<Piece>,
    pub gaps: Vec<Gap>,
    pub skipped: Vec<String>,
    /// Of access log valves in the configuration that lies with the logs.
    pub patterns: Vec<Pattern>,
}

/// Opens the inputs out. A path that is not there is an error; anything below it that cannot be read is a gap.
pub(crate) fn pieces(inputs: &[LogInput]) -> Result<Pieces, LogError> {
    let mut found = Pieces::default();
    for input in inputs {
        let metadata = std::fs::metadata(&input.path)
            .map_err(|source| LogError::Missing { path: input.path.clone(), source })?;
        if leads_out(input) {
            let why = "a symbolic link that leads out of the home, not followed: give its target with --log";
            found.gaps.push(Gap::unread("log file", name(&input.path, &input.root), why, 1));
            continue;
        }
        configuration(input, &mut found.patterns);
        if metadata.is_dir() {
            folder(input, &mut found)?;
        } else {
            file(&input.path, &input.root, true, &mut found)?;
        }
    }
    refuse_redacted(inputs, &mut found)?;
    let mut seen = std::collections::HashSet::new();
    found.all.retain(|piece| seen.insert((piece.path.clone(), piece.member)));
    // By folder, then format, then age: so that what one file begins the next can end. What repeats others comes last.
    found.all.sort_by(|a, b| {
        let key = |piece: &Piece| {
            let Sniffed { format, first, .. } = piece.sniffed;
            let second_hand = format.is_some_and(Format::is_second_hand);
            (second_hand, folder_of(&piece.file).to_owned(), format, first)
        };
        key(a).cmp(&key(b)).then_with(|| a.file.cmp(&b.file))
    });
    Ok(found)
}

/// Pseudonyms match no other evidence: what was given by itself is an error, what lies among other logs a gap.
fn refuse_redacted(inputs: &[LogInput], found: &mut Pieces) -> Result<(), LogError> {
    let redacted: std::collections::BTreeSet<PathBuf> =
        found.all.iter().filter(|piece| piece.sniffed.redacted).map(|piece| piece.path.clone()).collect();
    for path in &redacted {
        if inputs.iter().any(|input| input.path == *path) {
            return Err(LogError::Redacted { path: path.clone() });
        }
        let shown = found.all.iter().find(|piece| piece.path == *path).map(|piece| piece.file.to_string());
        found.gaps.push(Gap::unread("log file", shown.unwrap_or_default(), REDACTED, 1));
    }
    found.all.retain(|piece| !redacted.contains(&piece.path));
    Ok(())
}

const REDACTED: &str = "redacted: its users and addresses are pseudonyms that match no other evidence; ask for the support zip that is not redacted, or take the logs from the home";

/// A log folder of a home that is a link to somewhere else. What the person gave by itself is followed.
fn leads_out(input: &LogInput) -> bool {
    let is_link = std::fs::symlink_metadata(&input.path).is_ok_and(|metadata| metadata.is_symlink());
    if !is_link || input.path == input.root || !input.path.is_dir() {
        return false;
    }
    let ends = input.root.canonicalize().ok().zip(input.path.canonicalize().ok());
    !ends.is_some_and(|(root, path)| path.starts_with(root))
}

/// `conf/server.xml` or `conf/context.xml` beside the logs, as in an installation.
fn configuration(input: &LogInput, patterns: &mut Vec<Pattern>) {
    let folders = [Some(input.root.as_path()), Some(input.path.as_path()), input.path.parent()];
    let above = input.path.is_file().then(|| input.path.parent().and_then(Path::parent)).flatten();
    for folder in folders.into_iter().flatten().chain(above) {
        for name in ["conf/server.xml", "conf/context.xml", "server.xml"] {
            let path = folder.join(name);
            if std::fs::symlink_metadata(&path)
                .is_ok_and(|metadata| metadata.is_file() && metadata.len() < 4 << 20)
                && let Ok(xml) = std::fs::read(&path)
            {
                add_patterns(&xml, patterns);
            }
        }
    }
}

fn add_patterns(xml: &[u8], patterns: &mut Vec<Pattern>) {
    for pattern in patterns_of(xml) {
        if !patterns.contains(&pattern) && patterns.len() < 16 {
            patterns.push(pattern);
        }
    }
}

/// The folder part of a place's file.
pub(crate) fn folder_of(file: &str) -> &str {
    file.rsplit_once(['/', '!']).map_or("", |(folder, _)| folder)
}

fn folder(input: &LogInput, found: &mut Pieces) -> Result<(), LogError> {
    for entry in
        WalkDir::new(&input.path).follow_links(false).sort_by_file_name().into_iter().take(MOST_FILES)
    {
        match entry {
            Ok(entry) if entry.file_type().is_file() => file(entry.path(), &input.root, false, found)?,
            Ok(entry) if entry.file_type().is_symlink() => link(&entry, input, found),
            Ok(_) => {}
            Err(error) => {
                let path = error.path().map(|path| path.display().to_string()).unwrap_or_default();
                found.gaps.push(Gap::unread("log file", path, "the folder could not be listed", 1));
            }
        }
    }
    Ok(())
}

/// A link inside the folder is its target's business; one that leads out of the evidence is not followed.
fn link(entry: &walkdir::DirEntry, input: &LogInput, found: &mut Pieces) {
    let target = entry.path().canonicalize();
    let inside = input
        .path
        .canonicalize()
        .ok()
        .zip(target.ok())
        .is_some_and(|(root, target)| target.starts_with(root));
    if !inside {
        let why = "a symbolic link that leads out of the evidence, not followed";
        found.gaps.push(Gap::unread("log file", name(entry.path(), &input.root), why, 1));
    }
}

/// The name in places: relative to the root, with forward slashes.
fn name(path: &Path, root: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let name =
        relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    if name.is_empty() { path.display().to_string() } else { name }
}

fn file(path: &Path, root: &Path, given: bool, found: &mut Pieces) -> Result<(), LogError> {
    let file: Arc<str> = name(path, root).into();
    let mut magic = [0_u8; 8];
    let read = File::open(path).and_then(|mut file| file.read(&mut magic));
    let magic = match read {
        Ok(read) if path.is_file() => magic.get(..read).unwrap_or_default(),
        Ok(_) => &[],
        Err(error) => {
            found.gaps.push(Gap::unread("log file", &*file, format!("cannot be opened: {error}"), 1));
            return Ok(());
        }
    };
    match packing(magic) {
        Packing::Zip => return archive(path, &file, given, found),
        Packing::Xz => {
            found.gaps.push(Gap::unread(
                "log file",
                &*file,
                "packed with xz, which is not read here: unpack it first",
                1,
            ));
            return Ok(());
        }
        _ => {}
    }
    let piece = Piece { path: path.into(), member: None, file, size: 0, sniffed: Sniffed::default() };
    look(piece, given, found);
    Ok(())
}

/// Sniffs a piece and keeps it if it may be a log.
fn look(mut piece: Piece, given: bool, found: &mut Pieces) {
    let head = match piece.open().map(|opened| (opened.size, head(opened))) {
        Ok((size, head)) => {
            piece.size = size;
            head
        }
        Err(why) => {
            found.gaps.push(Gap::unread("log file", &*piece.file, why, 1));
            return;
        }
    };
    if piece.file.ends_with("server.xml") || piece.file.ends_with("conf/context.xml") {
        add_patterns(&head, &mut found.patterns);
    }
    piece.sniffed = sniff(&piece.file, &head);
    let is_log = piece.sniffed.format.is_some() || (looks_like_a_log(&piece.file) && !piece.sniffed.binary);
    if is_log || given {
        found.all.push(piece);
    } else {
        found.skipped.push(piece.file.to_string());
    }
}

/// By its name: a file in a folder of logs that no format fits is still told.
fn looks_like_a_log(file: &str) -> bool {
    let name = file.rsplit(['/', '!']).next().unwrap_or(file).to_ascii_lowercase();
    let bare = [".gz", ".bz2", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let known =
        ["atlassian-", "access_log", "conf_access", ".audit.log"].iter().any(|word| bare.contains(word));
    // `name.log`, `name.log.3`, `name.log-20260101`
    known && bare.split(['.', '-']).any(|part| part == "log" || part.ends_with("_log"))
}

fn head(opened: Opened) -> Vec<u8> {
    let mut head = Vec::new();
    // An error here shows again, with its place, when the whole file is read.
    let _ = opened.bytes.take(HEAD as u64).read_to_end(&mut head);
    head
}

/// The members of a support zip.
fn archive(path: &Path, file: &Arc<str>, given: bool, found: &mut Pieces) -> Result<(), LogError> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    if name.contains("redacted") {
        if given {
            return Err(LogError::Redacted { path: path.into() });
        }
        found.gaps.push(Gap::unread("log file", &**file, REDACTED, 1));
        return Ok(());
    }
    let zip = File::open(path).map_err(|error| error.to_string());
    let zip = zip.and_then(|file| zip::ZipArchive::new(file).map_err(|error| error.to_string()));
    let mut zip = match zip {
        Ok(zip) => zip,
        Err(why) => {
            found.gaps.push(Gap::unread("log file", &**file, format!("the zip cannot be read: {why}"), 1));
            return Ok(());
        }
    };
    for at in 0..zip.len().min(MOST_FILES) {
        let Ok(member) = zip.by_index_raw(at) else {
            found.gaps.push(Gap::unread("log file", format!("{file}!#{at}"), "the member cannot be read", 1));
            continue;
        };
        let member_name = member.name().map_or_else(|_| format!("#{at}"), std::borrow::Cow::into_owned);
        if member.is_dir() {
            continue;
        }
        let place: Arc<str> = format!("{file}!{member_name}").into();
        if member.size() > MOST_MEMBER || member.encrypted() {
            found.gaps.push(Gap::unread("log file", &*place, "the member is encrypted or far too large", 1));
            continue;
        }
        drop(member);
        let piece =
            Piece { path: path.into(), member: Some(at), file: place, size: 0, sniffed: Sniffed::default() };
        look(piece, false, found);
    }
    Ok(())
}

impl Piece {
    /// Whether it is a member of a zip.
    pub(crate) fn is_member(&self) -> bool {
        self.member.is_some()
    }

    /// The stream, unpacked; else why not.
    pub(crate) fn open(&self) -> Result<Opened, String> {
        let told = |error: crate::read::OpenError| match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        let Some(member) = self.member else { return open(&self.path).map_err(told) };
        let (bytes, size) = self::member(&self.path, member)?;
        unpack(&self.path, bytes, size).map_err(told)
    }
}

/// A member of a zip as a stream that owns its archive: a thread unpacks it. With its unpacked size.
fn member(path: &Path, at: usize) -> Result<(Ahead, u64), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| error.to_string())?;
    let size = zip.by_index(at).map_err(|error| error.to_string())?.size();
    let stream = Ahead::made_by(move |pump| {
        if let Ok(mut member) = zip.by_index(at) {
            pump.all(&mut member);
        }
    });
    Ok((stream, size))
}
