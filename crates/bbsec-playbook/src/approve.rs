//! Asking a person. How (terminal, flag, signed file) is the binary's; what an answer is bound to is said here.

use std::path::{Path, PathBuf};

use bbsec_case::{Signatory, signatory};
use bbsec_core::{Plan, Time};

/// The SSHSIG namespace of approvals.
pub const APPROVAL_NAMESPACE: &str = "bbsec-ir-approval";

/// The largest signature file that is read.
const MAX_SIGNATURE: u64 = 64 * 1024;

/// What a person is asked.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The run.
    pub run: &'a str,
    /// The step.
    pub step: &'a str,
    /// The question.
    pub message: &'a str,
    /// What would change, when the step is an action.
    pub plan: Option<&'a Plan>,
    /// SHA-256 over the plan: the answer is bound to it.
    pub digest: &'a str,
    /// Who must agree; empty: whoever is asked.
    pub by: &'a [String],
    /// How many different people.
    pub min: u32,
    /// Until when.
    pub expires: Time,
    /// The question as a file to sign, where approvals may come from elsewhere.
    pub file: Option<&'a Path>,
}

/// One person's yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// How it is known: `terminal`, `--yes-to`, or the key's fingerprint.
    pub how: String,
}

/// What the person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes, by so many people.
    Yes(Vec<Approval>),
    /// No, or nobody could be asked; why.
    No {
        /// Why.
        why: String,
    },
}

/// Asks. Called from several steps' threads.
pub trait Approver: Sync {
    /// Asks a person and returns what they said.
    fn ask(&self, request: &Request<'_>) -> Answer;
    /// Whether the answer was given beforehand, so that nobody has to wait.
    fn prepared(&self, step: &str) -> bool {
        let _ = step;
        false
    }
    /// Whether approvals may come from elsewhere, so that the question must lie in a file.
    fn elsewhere(&self) -> bool {
        false
    }
}

/// Where the signature of one person is put: beside the question, any name that begins like it and ends in `.sig`.
pub fn signature_files(question: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(stem)) = (question.parent(), question.file_name().and_then(|name| name.to_str()))
    else {
        return Vec::new();
    };
    let ours = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(stem))
            && path.extension().is_some_and(|extension| extension == "sig")
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(ours)
        .collect();
    files.sort();
    files
}

/// Who has signed the question so far, and which signatures do not count, with the reason.
pub fn signed(question: &Path, allowed: &Path, by: &[String]) -> (Vec<Approval>, Vec<String>) {
    let (mut approvals, mut refused): (Vec<Approval>, Vec<String>) = (Vec::new(), Vec::new());
    let Ok(message) = std::fs::read(question) else { return (approvals, refused) };
    for file in signature_files(question) {
        match one(&file, allowed, by, &message) {
            // Two keys of one person are one person.
            Ok(approval) if approvals.iter().any(|known| known.by == approval.by) => {}
            Ok(approval) => approvals.push(approval),
            Err(why) => refused.push(format!("{}: {why}", file.display())),
        }
    }
    (approvals, refused)
}

fn one(file: &Path, allowed: &Path, by: &[String], message: &[u8]) -> Result<Approval, String> {
    let size = std::fs::symlink_metadata(file).map_err(|error| error.to_string())?;
    if !size.is_file() || size.len() > MAX_SIGNATURE {
        return Err("it is no signature file".into());
    }
    let pem = std::fs::read(file).map_err(|error| error.to_string())?;
    let Signatory { principals, fingerprint } =
        signatory(allowed, APPROVAL_NAMESPACE, message, &pem, Time::now())?;
    let person = if by.is_empty() {
        principals.first()
    } else {
        principals.iter().find(|principal| by.contains(principal))
    };
    match person {
        Some(person) => Ok(Approval { by: person.clone(), how: fingerprint }),
        None => Err(format!("{} may not approve this; it takes {}", principals.join(", "), by.join(" or "))),
    }
}
