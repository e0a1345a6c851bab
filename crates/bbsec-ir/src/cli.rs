//! The command line: names, flags, help. Parsing only; what a command does is in `commands`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::styling};

use crate::{commands, output::Format};

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  bbsec-ir case new ./incident --title 'Bitbucket node 1'   begin a case
  bbsec-ir isolate --instance i-0123456789abcdef0 --dry-run what would be cut
  bbsec-ir run playbooks/offline-triage.yaml --set home=/mnt/bitbucket-home
  bbsec-ir scan secrets --repo /srv/git/app.git             one part, no case
  bbsec-ir report -o report.html                            what was lost

Exit codes: 0 done, 1 failed, 2 usage, 3 nothing to do, 4 partial, 5 refused,
6 integrity, 7 not contained, 10 --fail-on reached, 130 interrupted.";

/// Incident response and forensics for compromised Atlassian Data Center
/// instances on AWS: isolate, collect, scan, report.
#[derive(Debug, Parser)]
#[command(name = "bbsec-ir", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100)]
#[command(infer_long_args = true, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The case folder; else the nearest one upwards from here
    #[arg(long, global = true, value_name = "DIR", env = "BBSEC_IR_CASE", hide_env_values = true)]
    pub(crate) case: Option<PathBuf>,
    /// How data is written to standard output
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Write data to a new file instead of standard output
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Only data, errors and questions
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more; every cause of an error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colour [default: auto]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) color: Option<Colour>,
    /// Draw no progress bars
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    /// Exit with 10 when a finding is at least this severe
    #[arg(long, global = true, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<bbsec_core::Severity>,
}

/// When to use colour; `NO_COLOR` and `CLICOLOR_FORCE` are honoured by `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// As it is written.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// What the command line says, before it is parsed.
    pub(crate) fn asked_for(arguments: impl Iterator<Item = std::ffi::OsString>) -> Option<Self> {
        let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
        let at = words.iter().rposition(|word| word == "--color" || word.starts_with("--color="))?;
        let word = words.get(at)?;
        let value =
            word.strip_prefix("--color=").or_else(|| words.get(at.checked_add(1)?).map(String::as_str));
        Self::from_str(value?, false).ok()
    }

    /// Makes the choice hold for everything that is printed.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// Where and as whom AWS is called.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "AWS options")]
pub(crate) struct AwsFlags {
    /// Profile of the compromised account
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Region of the instance
    #[arg(id = "aws-region", long = "region", value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Profile of the evidence account
    #[arg(long, value_name = "NAME")]
    pub(crate) vault_profile: Option<String>,
    /// Role in the evidence account to assume
    #[arg(long, value_name = "ARN")]
    pub(crate) vault_role_arn: Option<String>,
    /// How long one call to AWS may take before it is tried again [default: 20]
    #[arg(long, value_name = "SECONDS", env = "BBSEC_IR_AWS_TIMEOUT", hide_env_values = true)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=600))]
    pub(crate) aws_timeout: Option<u16>,
}

/// How a single changing command is confirmed.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Confirm {
    /// Show what would change, and change nothing
    #[arg(long, visible_alias = "plan")]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Begin, show or change a case
    #[command(subcommand)]
    Case(commands::case::CaseCommand),
    /// Cut instances off by swapping their security groups
    Isolate(commands::isolate::IsolateArgs),
    /// Put back what `isolate` changed
    Release(commands::release::ReleaseArgs),
    /// Bring evidence into the case
    #[command(subcommand)]
    Collect(commands::collect::CollectCommand),
    /// Look for what was touched, left behind, and exposed
    #[command(subcommand)]
    Scan(commands::scan::ScanCommand),
    /// Everything linked to one indicator, hop by hop
    Pivot(commands::pivot::PivotArgs),
    /// What happened, in order
    Timeline(commands::timeline::TimelineArgs),
    /// List, show or dismiss findings
    #[command(subcommand)]
    Findings(commands::findings::FindingsCommand),
    /// Work off the rotation list
    #[command(subcommand)]
    Rotate(commands::rotate::RotateCommand),
    /// Render the report
    Report(commands::report::ReportArgs),
    /// Texts and a bundle for those who must be told
    Handover(commands::report::HandoverArgs),
    /// Run a playbook
    Run(commands::run::RunArgs),
    /// Validate, show or list playbooks
    #[command(subcommand)]
    Playbook(commands::playbook::PlaybookCommand),
    /// Agree, from another terminal, to a step that a run asks about
    Approve(commands::approve::ApproveArgs),
    /// What playbooks leave to people, and what came of it
    #[command(subcommand)]
    Tasks(commands::tasks::TasksCommand),
    /// Take a run back, last step first
    Undo(commands::run::UndoArgs),
    /// Check journal, evidence, findings and signatures
    Verify(commands::verify::VerifyArgs),
    /// Which Sigma or gitleaks rules load, and which not
    #[command(subcommand)]
    Rules(commands::rules::RulesCommand),
    /// The IAM policy that a command or playbook needs
    #[command(subcommand)]
    Aws(commands::aws::AwsCommand),
    /// JSON Schemas of inputs and outputs
    Schema(commands::reference::SchemaArgs),
    /// Completions for a shell
    Completions(commands::reference::CompletionArgs),
    /// The manual page
    Man(commands::man::ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_is_sound() {
        super::Cli::command().debug_assert();
    }
}
