//! `verify`: whether journal, evidence, findings and signatures hold.

use std::path::PathBuf;

use bbsec_case::{Problem, VerifyOptions};
use bbsec_core::{Exit, Failure, escape};
use clap::Args;

use crate::{output::Format, session::Session};

/// `verify`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir verify
  bbsec-ir verify ./incident --deep")]
pub(crate) struct VerifyArgs {
    /// The case folder; else the nearest one
    dir: Option<PathBuf>,
    /// Also hash again what is registered in place
    #[arg(long)]
    deep: bool,
    /// OpenSSH's list of who may sign; names the signers
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
}

/// A problem on one line: what, where, why.
fn said(problem: &Problem) -> String {
    let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{} {}{line}: {}", problem.what, problem.file, problem.why)
}

pub(crate) fn run(session: &Session, args: VerifyArgs) -> Result<Exit, Failure> {
    let folder = args.dir.or_else(|| session.case_folder()).ok_or_else(|| {
        Failure::new(Exit::Usage, "there is no case folder here or above")
            .help("name one: bbsec-ir verify DIR")
    })?;
    let options = VerifyOptions { deep: args.deep, allowed_signers: args.allowed_signers };
    let report = bbsec_case::verify_with(&folder, &options, session.bars.as_ref())?;
    if session.output.format_or(Format::Table) == Format::Table {
        let mut text = String::new();
        for problem in &report.problems {
            text.push_str(&format!("BROKEN  {}\n", escape::terminal(&said(problem))));
        }
        for note in &report.notes {
            text.push_str(&format!("note    {}\n", escape::terminal(&said(note))));
        }
        for signed in &report.signed {
            let by =
                signed.by.clone().unwrap_or_else(|| "a key that no list of allowed signers names".into());
            let line = format!("signed  line {} by {by} ({})", signed.line, signed.fingerprint);
            text.push_str(&format!("{}\n", escape::terminal(&line)));
        }
        let checked = &report.checked;
        for (what, count) in [
            ("journal lines", checked.journal_lines),
            ("evidence items", checked.evidence_items),
            ("evidence bytes", checked.evidence_bytes),
            ("result files", checked.result_files),
            ("event files", checked.event_files),
            ("files registered in place, hashed again", checked.registered_files),
            ("signatures", checked.signatures),
        ] {
            text.push_str(&format!("{count:>14}  {what}\n"));
        }
        text.push_str(if report.ok { "everything holds\n" } else { "something does not hold\n" });
        session.output.write(text.as_bytes())?;
    } else {
        session.output.named("verify", &report)?;
    }
    Ok(report.exit())
}
