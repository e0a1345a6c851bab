//! `rules check`: which rules load, and which not.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{output::Listing, session::Session};

/// `rules …`
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Read Sigma YAML and gitleaks TOML, and say of each rule whether it loads
    #[command(after_help = "Examples:
  bbsec-ir rules check ./sigma/rules
  bbsec-ir rules check gitleaks.toml --format json")]
    Check {
        /// Files or folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

/// Whether a rule loads.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckedRule {
    /// Its file.
    file: String,
    /// Its id or title.
    rule: String,
    /// Whether it does.
    loads: bool,
    /// Why it does not.
    why: Option<String>,
}

pub(crate) fn run(session: &Session, command: RulesCommand) -> Result<Exit, Failure> {
    let RulesCommand::Check { paths } = command;
    let mut cells = Vec::new();
    let mut rows = Vec::new();
    let mut refused = 0_usize;
    let mut add = |file: String, rule: String, why: Option<String>| {
        refused += usize::from(why.is_some());
        let checked =
            CheckedRule { file: file.clone(), rule: rule.clone(), loads: why.is_none(), why: why.clone() };
        rows.push(json!(checked));
        let state = if why.is_none() { "loads" } else { "refused" };
        cells.push(vec![state.to_owned(), rule, file, why.unwrap_or_default()]);
    };
    for path in &paths {
        if path.extension().is_some_and(|extension| extension == "toml") {
            let (loaded, refused) = bbsec_secrets::Rules::check(path)?;
            for rule in loaded {
                add(path.display().to_string(), rule, None);
            }
            for rule in refused {
                add(path.display().to_string(), rule.rule, Some(rule.why));
            }
        } else {
            for checked in bbsec_detect::check(path)? {
                add(checked.file, checked.rule, checked.refused);
            }
        }
    }
    let empty = rows.is_empty();
    session.output.rows(&Listing {
        name: "rules",
        heads: vec!["state", "rule", "file", "why"],
        cells,
        rows,
    })?;
    Ok(match (empty, refused) {
        (true, _) => Exit::Nothing,
        (false, 0) => Exit::Done,
        (false, _) => Exit::Partial,
    })
}
