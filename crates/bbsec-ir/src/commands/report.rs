//! `report` and `handover`.

use std::path::PathBuf;

use bbsec_case::Access;
use bbsec_core::{Exit, Failure};
use bbsec_report::Audience;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{actions, case_data, output::Format, session::Session};

/// `report`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir report                          all formats, into the case
  bbsec-ir report --format html -o report.html
  bbsec-ir report --format json | jq .rotation")]
pub(crate) struct ReportArgs {}

/// `handover`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir handover --to gsac              the text, to paste
  bbsec-ir handover --to all --bundle handover.zip

Nothing is sent. The bundle holds no secret, no key, no database dump.")]
pub(crate) struct HandoverArgs {
    /// Who is told
    #[arg(long, value_name = "WHO")]
    to: To,
    /// Also write the zip to attach
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// Atlassian's support portal
    Gsac,
    /// Atlassian's security reports desk
    Secrep,
    /// Management and colleagues
    Internal,
    /// Customers
    Customers,
    /// Everyone
    All,
}

impl To {
    fn audiences(self) -> Vec<Audience> {
        match self {
            Self::Gsac => vec![Audience::Gsac],
            Self::Secrep => vec![Audience::Secrep],
            Self::Internal => vec![Audience::Internal],
            Self::Customers => vec![Audience::Customers],
            Self::All => vec![Audience::Gsac, Audience::Secrep, Audience::Internal, Audience::Customers],
        }
    }
}

pub(crate) fn report(session: &Session, _: ReportArgs) -> Result<Exit, Failure> {
    let format = session.output.format_or(Format::All);
    let case = session.case(Access::Read)?;
    if format == Format::All {
        let folder = bbsec_core::CaseStore::root(&case)
            .join("report")
            .join(bbsec_core::Time::now().to_chrono().format("%Y%m%dT%H%M%SZ").to_string());
        let written = actions::report::write(&case, &folder)?;
        session.output.write(format!("{}\n", folder.display()).as_bytes())?;
        if session.global.verbose > 0 {
            session.say(&json!(written).to_string());
        }
        return Ok(Exit::Done);
    }
    let report = bbsec_report::model(&case_data::load(&case)?);
    let text = match format {
        Format::Html => bbsec_report::html(&report)?,
        Format::Md => bbsec_report::markdown(&report)?,
        Format::Json => bbsec_report::json(&report)?,
        other => {
            return Err(Failure::new(Exit::Usage, format!("the report is not written as {other:?}"))
                .help("formats: html, md, json, all"));
        }
    };
    session.output.write(text.as_bytes())?;
    Ok(Exit::Done)
}

/// The newest signature of the journal, in its armour.
fn newest_signature(case: &bbsec_case::Case) -> Result<Option<String>, Failure> {
    let entries = case.journal().entries()?;
    let newest = entries.iter().rev().find(|entry| entry.kind == "signature");
    let Some(file) = newest.and_then(|entry| entry.body.get("file")?.as_str()) else { return Ok(None) };
    let path = bbsec_core::CaseStore::root(case).join(file);
    std::fs::read_to_string(&path)
        .map(Some)
        .map_err(|error| Failure::because(format!("cannot read the signature {}", path.display()), error))
}

pub(crate) fn handover(session: &Session, args: HandoverArgs) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let data = case_data::load(&case)?;
    let report = bbsec_report::model(&data);
    let mut text = String::new();
    for audience in args.to.audiences() {
        text.push_str(&bbsec_report::handover(&report, audience)?);
        text.push('\n');
    }
    session.output.write(text.as_bytes())?;
    if let Some(path) = args.bundle {
        let bytes = bbsec_report::bundle(&data, &report, newest_signature(&case)?.as_deref())?;
        crate::output::Output { format: None, file: Some(path) }.write(&bytes)?;
    }
    Ok(Exit::Done)
}
