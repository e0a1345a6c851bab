//! One writer at a time: an advisory lock on a file that names its holder. The operating system releases it when the
//! process ends, however it ends. Readers never take it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use bbsec_core::{Time, escape};
use serde::{Deserialize, Serialize};

use crate::{CaseError, files, layout};

/// Who holds the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Name of the user.
    pub user: String,
    /// Name of the host.
    pub host: String,
    /// The program and its first arguments that are no values of flags.
    pub command: String,
    /// Since when.
    pub since: Time,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!(
            "process {} ({}@{}, {:?}, since {})",
            self.pid,
            self.user,
            self.host,
            self.command,
            self.since.short()
        );
        f.write_str(&escape::terminal(&text))
    }
}

/// The lock, held until dropped.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock or says who has it.
    pub(crate) fn take(case: &Path) -> Result<Self, CaseError> {
        let path = case.join(layout::LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(files::PRIVATE)
            .open(&path)
            .map_err(CaseError::io("open", &path))?;
        match patiently(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder =
                    read_holder(&mut file).map_or_else(|| "another process".into(), |h| h.to_string());
                return Err(CaseError::Locked { path: case.into(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(CaseError::Io { op: "lock", path, source }),
        }
        let text = serde_json::to_vec(&Holder::this_process())
            .map_err(|source| CaseError::Json { what: "the lock's holder", source })?;
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(&text))
            .map_err(CaseError::io("write", &path))?;
        Ok(Self(file))
    }
}

/// A reader that asks who writes holds the lock for an instant: that must not turn a writer away.
fn patiently(file: &File) -> Result<(), TryLockError> {
    for _ in 0..5 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(20)),
            decided => return decided,
        }
    }
    file.try_lock()
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock itself goes with the file; an empty file says that it was released in order.
        let _ = self.0.set_len(0);
    }
}

/// Who writes to the case now, if somebody does.
pub fn holder(case: &Path) -> Option<Holder> {
    let mut file = File::open(case.join(layout::LOCK)).ok()?;
    match file.try_lock_shared() {
        Ok(()) => None,
        Err(_) => read_holder(&mut file),
    }
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.take(64 * 1024).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

impl Holder {
    fn this_process() -> Self {
        Self { pid: std::process::id(), user: user(), host: host(), command: command(), since: Time::now() }
    }
}

fn user() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown user".into())
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_else(|| "unknown host".into())
}

/// The program and its subcommands. Arguments stop at the first flag: a database URL may carry a password.
fn command() -> String {
    let mut words = Vec::new();
    for (index, argument) in std::env::args_os().enumerate().take(4) {
        let word = argument.to_string_lossy();
        if index == 0 {
            words.push(Path::new(&argument).file_name().unwrap_or_default().to_string_lossy().into_owned());
        } else if !word.is_empty()
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            && !word.starts_with('-')
        {
            words.push(word.into_owned());
        } else {
            break;
        }
    }
    words.join(" ")
}
