//! `scan … --explain ID`: one finding with all its reasons, and the rule behind it as it stands.

use bbsec_core::{Collected, Exit, Failure, Finding};

use crate::{session::Session, show};

/// Flags of an analysis, and the wish to see one finding whole.
#[derive(Debug, clap::Args)]
pub(crate) struct Explained<I: clap::Args> {
    #[command(flatten)]
    pub(crate) input: I,
    /// Show one finding whole, with its reasons and its rule: a finding's id or its beginning, or a rule
    #[arg(long, value_name = "ID")]
    pub(crate) explain: Option<String>,
}

/// Prints the findings that are meant.
pub(crate) fn explain(session: &Session, collected: &Collected, id: &str) -> Result<(), Failure> {
    let meant = |finding: &&Finding| {
        finding.id.starts_with(&id.to_ascii_lowercase()) || finding.rule.eq_ignore_ascii_case(id)
    };
    let found: Vec<&Finding> = collected.findings.iter().filter(meant).collect();
    let Some(first) = found.first() else {
        return Err(Failure::new(Exit::Usage, format!("no finding here is `{id}`"))
            .help("leave --explain out to see all of them with their ids; --format json has the rules"));
    };
    let mut text = String::new();
    for finding in &found {
        text.push_str(&show::finding(finding));
        text.push('\n');
    }
    if let Some(rule) = bbsec_detect::text_of(&first.rule) {
        text.push_str("The rule (Sigma):\n\n");
        text.push_str(rule);
    }
    session.output.write(show::safe(&text).as_bytes())
}
