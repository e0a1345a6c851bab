//! `bbsec-ir`: the command line. It knows which actions and analyses exist and how the rooms meet; how each of them
//! works inside is the rooms' own.

mod actions;
mod analyses;
mod approver;
mod case_data;
mod cli;
mod commands;
mod failure_output;
mod live;
mod output;
mod progress;
mod registry;
mod session;
mod show;

use std::process::ExitCode;

use bbsec_core::Exit;
use clap::Parser as _;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a reader that went away is none either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() });
        }
    };
    cli.global.color.apply();
    progress::Bars::listen();
    let verbose = cli.global.verbose > 0;
    let exit = match commands::run(cli) {
        Ok(exit) => exit,
        Err(failure) => {
            failure_output::print(&failure, verbose);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}
