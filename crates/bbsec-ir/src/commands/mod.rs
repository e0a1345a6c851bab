//! The commands, a file each (or a file for a pair that belongs together).

pub(crate) mod approve;
pub(crate) mod aws;
pub(crate) mod case;
pub(crate) mod collect;
pub(crate) mod collect_all;
pub(crate) mod explain;
mod explain_secret;
pub(crate) mod findings;
pub(crate) mod isolate;
pub(crate) mod man;
pub(crate) mod origin;
pub(crate) mod pivot;
pub(crate) mod plan;
pub(crate) mod playbook;
pub(crate) mod reference;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod rotate;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod scan;
pub(crate) mod tasks;
pub(crate) mod timeline;
mod verdict;
pub(crate) mod verify;

use bbsec_core::{Exit, Failure};

use crate::{
    cli::{Cli, Command},
    session::Session,
};

/// Does what was asked, and says how the process should end.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    let session = Session::new(cli.global)?;
    match cli.command {
        Command::Case(command) => case::run(&session, command),
        Command::Isolate(args) => isolate::isolate(&session, args),
        Command::Release(args) => release::release(&session, args),
        Command::Collect(command) => collect::run(&session, command),
        Command::Scan(command) => scan::run(&session, command),
        Command::Pivot(args) => pivot::pivot(&session, args),
        Command::Timeline(args) => timeline::timeline(&session, args),
        Command::Findings(command) => findings::run(&session, command),
        Command::Rotate(command) => rotate::run(&session, command),
        Command::Report(args) => report::report(&session, args),
        Command::Handover(args) => report::handover(&session, args),
        Command::Run(args) => run::run(&session, args),
        Command::Approve(args) => approve::run(&session, args),
        Command::Tasks(command) => tasks::run(&session, command),
        Command::Undo(args) => run::undo(&session, args),
        Command::Playbook(command) => playbook::run(&session, command),
        Command::Verify(args) => verify::run(&session, args),
        Command::Rules(command) => rules::run(&session, command),
        Command::Aws(command) => aws::run(&session, command),
        Command::Schema(args) => reference::schema(&session, args),
        Command::Completions(args) => reference::completions(&session, args),
        Command::Man(args) => man::man(&session, args),
    }
}
