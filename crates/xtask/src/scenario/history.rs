//! The history of one repository, written as a stream for `git fast-import` and pushed in rounds, as people push.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, Utc};

use super::{git::Git, people::Person};

/// A commit within the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u32);

/// A file's new content, or its deletion.
pub type FileChange<'a> = (&'a str, Option<&'a [u8]>);

/// What a commit says besides its files.
#[derive(Debug, Clone)]
pub struct CommitInfo {
    /// Author's and committer's name.
    pub name: String,
    /// Author's and committer's address.
    pub email: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Files that it wrote or deleted.
    pub paths: Vec<String>,
}

/// A history that is being written.
#[derive(Debug)]
pub struct History {
    stream: Vec<u8>,
    marks: u32,
    clock: DateTime<Utc>,
    prefix: String,
    infos: BTreeMap<Mark, CommitInfo>,
    rounds: Vec<Vec<String>>,
}

impl History {
    /// A history whose refs stand under `refs/stage/<id>/` in the work repository.
    pub fn new(id: u32, start: DateTime<Utc>) -> Self {
        Self {
            stream: Vec::new(),
            marks: id.saturating_mul(100_000),
            clock: start,
            prefix: format!("refs/stage/{id}"),
            infos: BTreeMap::new(),
            rounds: vec![Vec::new()],
        }
    }

    /// The ref in the work repository that stands for a branch or place of the server's repository.
    pub fn stage(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// Lets time pass.
    pub fn wait(&mut self, minutes: u64) {
        self.clock += Duration::minutes(minutes as i64);
    }

    /// Moves the clock.
    pub fn set_clock(&mut self, at: DateTime<Utc>) {
        self.clock = at;
    }

    /// The time of the next commit.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock
    }

    fn data(&mut self, bytes: &[u8]) {
        self.stream.extend_from_slice(format!("data {}\n", bytes.len()).as_bytes());
        self.stream.extend_from_slice(bytes);
        self.stream.push(b'\n');
    }

    /// Writes a commit. Without parents it goes on from the stage's tip.
    pub fn commit(
        &mut self,
        stage: &str,
        by: &Person,
        message: &str,
        parents: &[Mark],
        files: &[FileChange<'_>],
    ) -> Mark {
        self.marks += 1;
        let mark = Mark(self.marks);
        let reference = self.stage(stage);
        let ident = format!("{} <{}> {} +0000", by.display, by.email, self.clock.timestamp());
        let head = format!("commit {reference}\nmark :{}\nauthor {ident}\ncommitter {ident}\n", self.marks);
        self.stream.extend_from_slice(head.as_bytes());
        self.data(message.as_bytes());
        for (place, parent) in parents.iter().enumerate() {
            let word = if place == 0 { "from" } else { "merge" };
            self.stream.extend_from_slice(format!("{word} :{}\n", parent.0).as_bytes());
        }
        for (path, content) in files {
            if let Some(content) = content {
                self.stream.extend_from_slice(format!("M 100644 inline {path}\n").as_bytes());
                self.data(content);
            } else {
                self.stream.extend_from_slice(format!("D {path}\n").as_bytes());
            }
        }
        self.stream.push(b'\n');
        let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let info = CommitInfo { name: by.display.clone(), email: by.email.clone(), at: self.clock, paths };
        self.infos.insert(mark, info);
        mark
    }

    /// Writes an annotated tag.
    pub fn tag(&mut self, name: &str, target: Mark, by: &Person, message: &str) {
        let ident = format!("{} <{}> {} +0000", by.display, by.email, self.clock.timestamp());
        let head = format!("tag {name}\nfrom :{}\ntagger {ident}\n", target.0);
        self.stream.extend_from_slice(head.as_bytes());
        self.data(message.as_bytes());
        self.push(&format!("refs/tags/{name}:refs/tags/{name}"));
    }

    /// Writes a note on a commit, in `refs/notes/commits`.
    pub fn note(&mut self, target: Mark, by: &Person, text: &str) -> Mark {
        self.marks += 1;
        let mark = Mark(self.marks);
        let reference = self.stage("notes");
        let ident = format!("{} <{}> {} +0000", by.display, by.email, self.clock.timestamp());
        let head = format!("commit {reference}\nmark :{}\ncommitter {ident}\n", self.marks);
        self.stream.extend_from_slice(head.as_bytes());
        self.data(b"Notes added by 'git notes add'\n");
        self.stream.extend_from_slice(b"N inline :");
        self.stream.extend_from_slice(format!("{}\n", target.0).as_bytes());
        self.data(text.as_bytes());
        let info = CommitInfo {
            name: by.display.clone(),
            email: by.email.clone(),
            at: self.clock,
            paths: Vec::new(),
        };
        self.infos.insert(mark, info);
        mark
    }

    /// Adds a refspec to the present round of pushes.
    pub fn push(&mut self, refspec: &str) {
        if let Some(round) = self.rounds.last_mut() {
            round.push(refspec.to_owned());
        }
    }

    /// Everything after this is pushed later than everything before.
    pub fn next_round(&mut self) {
        self.rounds.push(Vec::new());
    }

    /// Imports into the work repository and pushes every round to the server's.
    pub fn import_and_push(&self, git: &Git, work: &Path, bare: &Path) -> Result<Imported> {
        let marks = work.join("stage-marks");
        let marks_option = format!("--export-marks={}", marks.display());
        let import_option = format!("--import-marks-if-exists={}", marks.display());
        let args = ["fast-import", "--quiet", "--force", &import_option, &marks_option];
        git.run_with(work, &args, &self.stream)?;
        let bare = bare.display().to_string();
        for round in self.rounds.iter().filter(|round| !round.is_empty()) {
            let mut args = vec!["push", "--quiet", &bare];
            args.extend(round.iter().map(String::as_str));
            git.run_with(work, &args, b"")?;
        }
        let text = std::fs::read_to_string(&marks).context("git fast-import wrote no marks")?;
        let ids = text
            .lines()
            .filter_map(|line| line.strip_prefix(':')?.split_once(' '))
            .filter_map(|(mark, id)| Some((Mark(mark.parse().ok()?), id.to_owned())))
            .collect();
        Ok(Imported { ids, infos: self.infos.clone() })
    }
}

/// What became of the marks.
#[derive(Debug, Default)]
pub struct Imported {
    ids: BTreeMap<Mark, String>,
    infos: BTreeMap<Mark, CommitInfo>,
}

impl Imported {
    /// The commit id behind a mark.
    pub fn id(&self, mark: Mark) -> Result<&str> {
        self.ids.get(&mark).map(String::as_str).with_context(|| format!("git knows no {mark:?}"))
    }

    /// What that commit says.
    pub fn info(&self, mark: Mark) -> Result<&CommitInfo> {
        self.infos.get(&mark).with_context(|| format!("no commit was written for {mark:?}"))
    }
}
