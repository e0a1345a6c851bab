//! `findings list`, `findings show`, `findings dismiss`.

use bbsec_case::Access;
use bbsec_core::{Exit, Failure, escape};
use clap::Subcommand;
use serde_json::json;

use crate::{commands::scan, output::Format, session::Session};

/// `findings …`
#[derive(Debug, Subcommand)]
pub(crate) enum FindingsCommand {
    /// All findings, the worst first
    List {
        /// Dismissed ones too
        #[arg(long)]
        all: bool,
    },
    /// One finding with its reasons and evidence
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Say that a finding is none, and why
    Dismiss {
        /// Its id, or the beginning of it
        id: String,
        /// Why
        #[arg(long)]
        why: String,
        /// Who decided
        #[arg(long, value_name = "WHO")]
        by: String,
    },
}

pub(crate) fn run(session: &Session, command: FindingsCommand) -> Result<Exit, Failure> {
    match command {
        FindingsCommand::List { all } => {
            let case = session.case(Access::Read)?;
            let dismissed = case.dismissed()?;
            let mut found = case.findings()?;
            found.retain(|finding| all || !dismissed.contains_key(&finding.id));
            found.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.at.cmp(&b.at)).then(a.id.cmp(&b.id)));
            session.output.rows(&scan::findings(&found))?;
            Ok(if found.is_empty() { Exit::Nothing } else { session.fail_on(&found) })
        }
        FindingsCommand::Show { id } => {
            let case = session.case(Access::Read)?;
            let finding = find(case.findings()?, &id)?;
            if session.output.format_or(Format::Table) != Format::Table {
                session.output.document(&json!(finding))?;
                return Ok(Exit::Done);
            }
            let mut text = format!(
                "{}  {}\n{} / confidence {}\n{} {}\n",
                finding.id,
                finding.title,
                finding.severity.name(),
                finding.confidence.name(),
                finding.subject.kind,
                finding.subject.name.as_ref().unwrap_or(&finding.subject.id),
            );
            if let Some(at) = finding.at {
                text.push_str(&format!("at {at}\n"));
            }
            text.push_str(&format!("rule {} of {}\n", finding.rule, finding.analysis));
            for why in &finding.why {
                text.push_str(&format!("  because {why}\n"));
            }
            for place in &finding.evidence {
                text.push_str(&format!(
                    "  see {} at byte {} ({} bytes)\n",
                    place.file, place.offset, place.length
                ));
            }
            if let Some(fix) = &finding.fix {
                text.push_str(&format!("  fix {fix}\n"));
            }
            if let Some(dismissal) = case.dismissed()?.get(&finding.id) {
                text.push_str(&format!(
                    "dismissed by {} at {}: {}\n",
                    dismissal.by, dismissal.when, dismissal.why
                ));
            }
            let safe: Vec<_> = text.lines().map(escape::terminal).collect();
            let safe = format!("{}\n", safe.join("\n"));
            session.output.write(safe.as_bytes())?;
            Ok(Exit::Done)
        }
        FindingsCommand::Dismiss { id, why, by } => {
            let case = session.case(Access::Write)?;
            let finding = find(case.findings()?, &id)?;
            case.dismiss(&finding.id, &why, &by)?;
            session.say(&format!("{} dismissed; it stays in the case and in the report's list", finding.id));
            Ok(Exit::Done)
        }
    }
}

fn find(found: Vec<bbsec_core::Finding>, id: &str) -> Result<bbsec_core::Finding, Failure> {
    let mut matching: Vec<_> = found.into_iter().filter(|finding| finding.id.starts_with(id)).collect();
    match (matching.pop(), matching.len()) {
        (Some(finding), 0) => Ok(finding),
        (Some(_), more) => Err(Failure::new(Exit::Usage, format!("{} findings begin with `{id}`", more + 1))),
        (None, _) => Err(Failure::new(Exit::Usage, format!("no finding begins with `{id}`"))
            .help("list them with `bbsec-ir findings list --all`")),
    }
}
