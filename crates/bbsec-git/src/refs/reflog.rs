//! Reflogs: earlier states of refs, with who changed them and when.
//!
//! Format: `old new Name <address> seconds zone`, a tab, a message.

use std::path::Path;

use bbsec_core::Time;

use crate::{ByteString, Limits, Oid, Problem, ProblemKind, Problems, parse::signature};

use super::Place;

/// One line of a reflog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflogEntry {
    /// The ref.
    pub name: ByteString,
    /// What it named before; [`Oid::ZERO`] when it is new.
    pub old: Oid,
    /// What it named after; [`Oid::ZERO`] when it was deleted.
    pub new: Oid,
    /// Who changed it.
    pub author: ByteString,
    /// Their address.
    pub email: ByteString,
    /// When.
    pub time: Option<Time>,
    /// Why, as git says: `push`, `reset: moving to HEAD~1`.
    pub message: ByteString,
    /// Which line of the file, from 1.
    pub line: u64,
}

/// Every line of every reflog of a repository, oldest first within each.
pub fn reflogs(git_dir: &Path, within: Option<&Path>, problems: &mut Problems) -> Vec<ReflogEntry> {
    let limits = Limits::default();
    let Some(place) = Place::of(git_dir, within, &limits, problems) else { return Vec::new() };
    let mut out = Vec::new();
    for (dir, prefix) in &place.dirs {
        for (path, name) in place.files(&dir.join("logs"), &[], &limits, problems) {
            // The folder's own slash stands before the name.
            let name = [prefix.as_slice(), name.strip_prefix(b"/").unwrap_or(&name)].concat();
            let text = match place.fence.read(&path, limits.max_file) {
                Ok(text) => text,
                Err(denied) => {
                    problems.push(denied.problem(&path));
                    continue;
                }
            };
            let mut bad = 0;
            for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
                match entry(&name, line, number as u64 + 1) {
                    Some(entry) if out.len() < limits.max_names => out.push(entry),
                    _ => bad += u64::from(!line.is_empty()),
                }
            }
            if bad > 0 {
                let mut problem = Problem::at(ProblemKind::ReflogLine, path);
                problem.count = bad;
                problems.push(problem);
            }
        }
    }
    out
}

fn entry(name: &[u8], line: &[u8], number: u64) -> Option<ReflogEntry> {
    let old = Oid::from_hex(line.get(..40)?)?;
    let new = Oid::from_hex(line.get(41..81)?)?;
    let rest = line.get(81..)?;
    let tab = memchr::memchr(b'\t', rest).unwrap_or(rest.len());
    let (who, message) = rest.split_at_checked(tab)?;
    let who = signature(who);
    Some(ReflogEntry {
        name: name.into(),
        old,
        new,
        author: who.name.into(),
        email: who.email.into(),
        time: who.time,
        message: message.get(1..).unwrap_or_default().into(),
        line: number,
    })
}
