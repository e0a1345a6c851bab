//! `findings list`, `findings show`, `findings dismiss`.

use bbsec_case::Access;
use bbsec_core::{Exit, Failure, Severity, escape};
use clap::Subcommand;

use crate::{commands::scan, output::Format, session::Session, show};

/// `findings …`
#[derive(Debug, Subcommand)]
pub(crate) enum FindingsCommand {
    /// All findings, the worst first
    #[command(after_help = "Examples:
  bbsec-ir findings list --severity high
  bbsec-ir findings list --analysis cloudtrail --format csv -o cloudtrail.csv")]
    List {
        /// Dismissed ones too
        #[arg(long)]
        all: bool,
        /// At least this bad
        #[arg(long, value_name = "SEVERITY")]
        severity: Option<Severity>,
        /// Only of this analysis: access, accounts, plugins, config, cloudtrail, commits
        #[arg(long, value_name = "NAME")]
        analysis: Option<String>,
        /// Only of this rule
        #[arg(long, value_name = "ID")]
        rule: Option<String>,
    },
    /// One finding with its reasons and evidence
    #[command(after_help = "Examples:
  bbsec-ir findings show 3f2a91c0")]
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Say that a finding is none, and why
    #[command(after_help = "Examples:
  bbsec-ir findings dismiss 3f2a91c0 --why 'our own scanner' --by 'Jo Doe'")]
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
    /// Take a dismissal back
    #[command(after_help = "Examples:
  bbsec-ir findings restore 3f2a91c0 --why 'it was no scanner of ours' --by 'Jo Doe'")]
    Restore {
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
        FindingsCommand::List { all, severity, analysis, rule } => {
            let case = session.case(Access::Read)?;
            let dismissed = case.dismissed()?;
            let mut found = case.findings()?;
            let any = !found.is_empty();
            found.retain(|finding| {
                (all || !dismissed.contains_key(&finding.id))
                    && severity.is_none_or(|least| finding.severity >= least)
                    && analysis.as_ref().is_none_or(|name| finding.analysis == *name)
                    && rule.as_ref().is_none_or(|id| finding.rule == *id)
            });
            found.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.at.cmp(&b.at)).then(a.id.cmp(&b.id)));
            session.output.rows(&scan::findings(&found))?;
            if found.is_empty() && any {
                session.say("no finding fits; there are others: `bbsec-ir findings list --all`");
            }
            Ok(if any { session.fail_on(&found) } else { Exit::Nothing })
        }
        FindingsCommand::Show { id } => {
            let case = session.case(Access::Read)?;
            let finding = find(case.findings()?, &id)?;
            if session.output.format_or(Format::Table) != Format::Table {
                session.output.named("finding", &finding)?;
                return Ok(Exit::Done);
            }
            let mut text = show::finding(&finding);
            if let Some(dismissal) = case.dismissed()?.get(&finding.id) {
                text.push_str(&format!(
                    "dismissed by {} at {}: {}\n",
                    dismissal.by, dismissal.when, dismissal.why
                ));
            }
            session.output.write(show::safe(&text).as_bytes())?;
            Ok(Exit::Done)
        }
        FindingsCommand::Dismiss { id, why, by } => dismiss(session, &id, &why, &by),
        FindingsCommand::Restore { id, why, by } => restore(session, &id, &why, &by),
    }
}

fn dismiss(session: &Session, id: &str, why: &str, by: &str) -> Result<Exit, Failure> {
    let case = session.case(Access::Write)?;
    let finding = find(case.findings()?, id)?;
    if let Some(before) = case.dismissed()?.get(&finding.id) {
        let who = escape::terminal(&before.by).into_owned();
        session.say(&format!("{} was dismissed before, by {who}; the new reason is added", finding.id));
    }
    case.dismiss(&finding.id, why, by)?;
    session.say(&format!("{} dismissed; it stays in the case and in the report's list", finding.id));
    Ok(Exit::Done)
}

fn restore(session: &Session, id: &str, why: &str, by: &str) -> Result<Exit, Failure> {
    let case = session.case(Access::Write)?;
    let finding = find(case.findings()?, id)?;
    if !case.dismissed()?.contains_key(&finding.id) {
        session.say(&format!("nothing to do: {} is not dismissed", finding.id));
        return Ok(Exit::Done);
    }
    case.restore(&finding.id, why, by)?;
    session.say(&format!("{} counts again", finding.id));
    Ok(Exit::Done)
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
