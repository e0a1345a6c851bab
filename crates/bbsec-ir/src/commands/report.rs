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
  bbsec-ir report --format json | jq .rotation
  bbsec-ir report --format stix -o indicators.json

Prints the folder: report.html, report.md, report.json, indicators.stix.json, tables as CSV, and the
whole timeline for Timesketch.")]
pub(crate) struct ReportArgs {}

/// `handover`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir handover --to gsac              the text, to paste; the bundle, to attach
  bbsec-ir handover --to all --bundle /media/usb/handover.zip
  bbsec-ir case set sen=SEN-123 contact='Ida, +49 30 1234' awareness_at=2026-11-18T08:40Z

Texts and bundle are also written into the case's report folder. Nothing is sent. The bundle holds no
secret, no key, no database dump. What is not known stands first in every text, with where to look.")]
pub(crate) struct HandoverArgs {
    /// Who is told
    #[arg(long, value_name = "WHO")]
    to: To,
    /// Where to write the zip to attach, instead of into the case
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
        let folder = new_folder(&case, "")?;
        let written = actions::report::write(&case, &folder)?;
        session.output.write(format!("{}\n", folder.display()).as_bytes())?;
        if session.global.verbose > 0 {
            session.say(&json!(written).to_string());
        }
        return Ok(Exit::Done);
    }
    let data = case_data::load(&case)?;
    let mut report = bbsec_report::model(&data);
    case_data::quote(
        &case,
        &mut report,
        &bbsec_report::Redactor::new(data.fingerprinter.clone(), &data.secrets),
    );
    let text = match format {
        Format::Html => bbsec_report::html(&report)?,
        Format::Md => bbsec_report::markdown(&report)?,
        Format::Json => bbsec_report::json(&report)?,
        Format::Stix => bbsec_report::export::stix(&report)?,
        other => {
            return Err(Failure::new(Exit::Usage, format!("the report is not written as {other:?}"))
                .help("formats: html, md, json, stix, all"));
        }
    };
    session.output.write(text.as_bytes())?;
    Ok(Exit::Done)
}

/// A new folder under the case's `report/`, named by the time.
fn new_folder(case: &bbsec_case::Case, prefix: &str) -> Result<PathBuf, Failure> {
    let root = bbsec_core::CaseStore::root(case).join("report");
    let failed = |path: &std::path::Path| {
        let path = path.display().to_string();
        move |error| Failure::because(format!("cannot create {path}"), error)
    };
    std::fs::create_dir_all(&root).map_err(failed(&root))?;
    let stamp = bbsec_core::Time::now().to_chrono().format("%Y%m%dT%H%M%SZ").to_string();
    // Nothing is overwritten, not even by a second report in the same second.
    let names = std::iter::once(String::new()).chain((2..100).map(|n| format!("-{n}")));
    for path in names.map(|name| root.join(format!("{prefix}{stamp}{name}"))) {
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path.clone()).map_err(failed(&path)),
        }
    }
    Err(Failure::new(Exit::Failed, format!("cannot find a free name in {}", root.display())))
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
    let folder = new_folder(&case, "handover-")?;
    let file = |name: String| crate::output::Output { format: None, file: Some(folder.join(name)) };
    let mut all = String::new();
    for audience in args.to.audiences() {
        let text = bbsec_report::handover(&report, audience)?;
        file(format!("{}.md", audience.name())).write(text.as_bytes())?;
        all.push_str(&text);
        all.push('\n');
    }
    let signature = newest_signature(&case)?;
    let bytes = bbsec_report::bundle(&data, &report, signature.as_deref())?;
    let name = format!("handover-{}.zip", bbsec_core::escape::path_component(&data.id));
    let bundle = args.bundle.unwrap_or_else(|| folder.join(name));
    crate::output::Output { format: None, file: Some(bundle.clone()) }.write(&bytes)?;
    session.output.write(all.as_bytes())?;
    session.say(&format!("texts in {}", folder.display()));
    session.say(&format!("to attach: {}", bundle.display()));
    if signature.is_none() {
        session.say("the journal's head is not signed: `bbsec-ir case custody --to WHO --key KEY` signs it");
    }
    let missing = report.fields.iter().filter(|field| field.value.is_none()).count();
    if missing > 0 {
        session.say(&format!("{missing} facts are not known and stand first in the texts; fill them in with `bbsec-ir case set KEY=VALUE`"));
    }
    Ok(Exit::Done)
}
