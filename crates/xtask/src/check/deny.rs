//! Licences, bans and sources of every dependency, judged by cargo-deny.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{shell, tools};

/// Runs cargo-deny with `.deny.toml`.
pub(super) fn check(root: &Path) -> Result<String> {
    let deny = tools::DENY.bring(root)?;
    let mut command = Command::new(deny);
    command.current_dir(root).args(["--config", ".deny.toml", "check", "licenses", "bans", "sources"]);
    shell::run(&mut command)?;
    Ok("licences, bans, sources".into())
}
