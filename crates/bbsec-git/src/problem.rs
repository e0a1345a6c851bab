//! What could not be read, typed and named: by pack and offset, or by object id.

use std::{fmt, path::PathBuf};

use bbsec_core::{Gap, escape};

use crate::{Kind, Oid};

/// What is wrong with one object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The entry's or file's own header cannot be read.
    #[error("its header is damaged")]
    Header,
    /// The compressed data does not inflate.
    #[error("its compressed data is damaged")]
    Zlib,
    /// The compressed data ends too early.
    #[error("its data is cut off")]
    Truncated,
    /// It inflates to another size than it declares.
    #[error("it declares {declared} bytes and does not hold them")]
    Size {
        /// What the header says.
        declared: u64,
    },
    /// It is larger than we decode.
    #[error("it is larger ({size} bytes) than the limit")]
    TooLarge {
        /// What the header says.
        size: u64,
    },
    /// It is a delta, and its instructions make no sense.
    #[error("its delta is damaged")]
    Delta,
    /// It is a delta, and what it builds on is not here or is itself unreadable.
    #[error("what it builds on is missing or unreadable")]
    Base,
    /// Deltas build on each other in a circle.
    #[error("its chain of deltas is a loop or too long")]
    Chain,
    /// The operating system would not give the bytes.
    #[error("the file cannot be read: {0}")]
    Io(String),
    /// Decoding it would go beyond what the repository's size can explain.
    #[error("the walk's limit on decoded bytes was reached")]
    Bomb,
    /// The person asked to stop before it was read.
    #[error("stopped before it was read")]
    Stopped,
}

/// What kind of problem.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// One object could not be read.
    Object(Damage),
    /// One copy of an object could not be read, another could: nothing is missing.
    CopyDamaged(Damage),
    /// An object is named by another and is nowhere.
    Missing {
        /// By which.
        by: Oid,
    },
    /// The object was read, but the pack's bytes do not match the checksum in the index.
    Checksum,
    /// The object was read, but what it says does not hash to its name.
    HashMismatch,
    /// Bytes in a pack belong to no object that the index names.
    HiddenBytes,
    /// The index names another number of objects than the pack declares.
    CountMismatch,
    /// A pack that cannot be read at all.
    Pack(String),
    /// A pack without a readable index; its entries were found by reading it from start to end.
    PackRescanned(String),
    /// An index without its pack.
    PackMissing,
    /// Packs are listed in a multi-pack index, and one of them is not there.
    MultiPackIndex(String),
    /// A file or folder could not be read.
    File(String),
    /// A link or alternate that points out of the evidence; it was not followed.
    Outside,
    /// An alternate that is not there.
    AlternateMissing,
    /// Alternates that lead back to themselves; each was read once.
    AlternateLoop,
    /// The repository uses SHA-256 object names, which are not read yet.
    Sha256,
    /// A repository inside of another, such as a submodule's; it is to be read by itself.
    Nested,
    /// A partial clone: objects that were never fetched are not here.
    Promisor,
    /// A ref that cannot be read.
    Ref(String),
    /// A line of a reflog that cannot be read.
    ReflogLine,
    /// A limit was reached.
    Limit(String),
}

/// One problem, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The file or folder.
    pub path: PathBuf,
    /// Byte offset in it: for a pack, where the entry begins.
    pub offset: Option<u64>,
    /// The object, when it is known.
    pub oid: Option<Oid>,
    /// What the object is, when that is known.
    pub object: Option<Kind>,
    /// How many (objects, bytes, lines) this stands for.
    pub count: u64,
}

impl Problem {
    /// A problem with a file or folder.
    pub fn at(kind: ProblemKind, path: impl Into<PathBuf>) -> Self {
        Self { kind, path: path.into(), offset: None, oid: None, object: None, count: 1 }
    }

    /// Adds the object that is meant.
    #[must_use]
    pub fn oid(mut self, oid: Option<Oid>) -> Self {
        self.oid = oid;
        self
    }

    /// Adds the byte offset.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// True when evidence that is there could not be read; false when it is a note on what was read.
    pub fn unread(&self) -> bool {
        !matches!(
            self.kind,
            ProblemKind::CopyDamaged(_)
                | ProblemKind::Checksum
                | ProblemKind::HashMismatch
                | ProblemKind::PackRescanned(_)
                | ProblemKind::AlternateLoop
                // What of it is missing is named object by object.
                | ProblemKind::Promisor
        )
    }

    /// As a gap for the report and the exit code.
    pub fn gap(&self) -> Gap {
        let subject = self.subject();
        let mut gap = Gap::unread(self.kind.group(), subject, self.kind.to_string(), self.count);
        gap.unread = self.unread();
        gap
    }

    fn subject(&self) -> String {
        let path = self.path.to_string_lossy();
        let mut out = escape::terminal(&path).into_owned();
        if let Some(offset) = self.offset {
            out.push_str(&format!(" @{offset}"));
        }
        if let Some(oid) = self.oid {
            let kind = self.object.map_or("object", Kind::name);
            out.push_str(&format!(" ({kind} {oid})"));
        }
        out
    }
}

impl ProblemKind {
    /// A word or two that group well.
    pub const fn group(&self) -> &'static str {
        match self {
            Self::Object(_)
            | Self::Missing { .. }
            | Self::CopyDamaged(_)
            | Self::Checksum
            | Self::HashMismatch => "git objects",
            Self::HiddenBytes
            | Self::CountMismatch
            | Self::Pack(_)
            | Self::PackRescanned(_)
            | Self::PackMissing
            | Self::MultiPackIndex(_) => "git packs",
            Self::File(_) | Self::Outside | Self::Limit(_) => "repository files",
            Self::AlternateMissing | Self::AlternateLoop => "alternates",
            Self::Sha256 | Self::Nested | Self::Promisor => "repository",
            Self::Ref(_) => "refs",
            Self::ReflogLine => "reflog lines",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(damage) => write!(f, "the object could not be read: {damage}"),
            Self::CopyDamaged(damage) => write!(f, "another copy was read; in this one {damage}"),
            Self::Missing { by } => write!(f, "it is not here, though {by} names it"),
            Self::Checksum => f.write_str("read, but its bytes do not match the checksum in the index"),
            Self::HashMismatch => f.write_str("read, but its content does not hash to its name"),
            Self::HiddenBytes => f.write_str("bytes of the pack belong to no object that the index names"),
            Self::CountMismatch => f.write_str("index and pack disagree on the number of objects"),
            Self::Pack(why) => write!(f, "the pack cannot be read: {why}"),
            Self::PackRescanned(why) => {
                write!(f, "the index cannot be used ({why}); the pack was read from start to end")
            }
            Self::PackMissing => f.write_str("the index is here, its pack is not"),
            Self::MultiPackIndex(why) => write!(f, "multi-pack index: {why}"),
            Self::File(why) => write!(f, "cannot be read: {why}"),
            Self::Outside => f.write_str("points out of the evidence and was not followed"),
            Self::AlternateMissing => f.write_str("borrows objects from a place that is not here"),
            Self::AlternateLoop => f.write_str("alternates lead back to themselves; each was read once"),
            Self::Sha256 => f.write_str("SHA-256 object names are not read yet"),
            Self::Nested => {
                f.write_str("a repository inside of this one, whose objects are to be read by themselves")
            }
            Self::Promisor => f.write_str("a partial clone: objects that were never fetched are not here"),
            Self::Ref(why) => write!(f, "the ref cannot be read: {why}"),
            Self::ReflogLine => f.write_str("lines of the reflog cannot be read"),
            Self::Limit(what) => write!(f, "a limit was reached: {what}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject(), self.kind)
    }
}

/// Problems, kept word for word up to a bound and counted beyond it.
#[derive(Debug, Clone)]
pub struct Problems {
    list: Vec<Problem>,
    keep: usize,
    beyond: u64,
    beyond_unread: u64,
}

impl Default for Problems {
    fn default() -> Self {
        Self::keeping(10_000)
    }
}

impl Problems {
    /// Keeps at most `keep` problems word for word.
    pub const fn keeping(keep: usize) -> Self {
        Self { list: Vec::new(), keep, beyond: 0, beyond_unread: 0 }
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        if self.list.len() < self.keep {
            self.list.push(problem);
        } else {
            self.beyond += 1;
            self.beyond_unread += u64::from(problem.unread());
        }
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Self) {
        self.beyond += other.beyond;
        self.beyond_unread += other.beyond_unread;
        other.list.into_iter().for_each(|problem| self.push(problem));
    }

    /// Leaves out what does not fit; what was not kept word for word cannot be told and stays.
    #[must_use]
    pub fn only(mut self, fits: impl Fn(&Problem) -> bool) -> Self {
        self.list.retain(fits);
        self
    }

    /// Those kept word for word.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// How many there were in all.
    pub fn total(&self) -> u64 {
        self.list.len() as u64 + self.beyond
    }

    /// Whether evidence that is there could not be read.
    pub fn any_unread(&self) -> bool {
        self.beyond_unread > 0 || self.list.iter().any(Problem::unread)
    }

    /// As gaps; what was not kept word for word is one gap with its count.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = self.list.iter().map(Problem::gap).collect();
        if self.beyond > 0 {
            let mut gap =
                Gap::unread("git objects", "further problems", "not listed one by one", self.beyond);
            gap.unread = self.beyond_unread > 0;
            gaps.push(gap);
        }
        gaps
    }
}
