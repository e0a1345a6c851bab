//! `bbsec-ir`: the command line. It knows which actions and analyses exist and how the rooms meet; how each of them
//! works inside is the rooms' own.

mod actions;
mod analyses;
mod approver;
mod case_data;
mod cli;
mod commands;
mod documents;
mod failure_output;
mod live;
mod output;
mod progress;
mod registry;
mod session;
mod settings;
mod show;

use std::process::ExitCode;

use bbsec_core::Exit;
use clap::Parser as _;

/// Does what the command line says; the exit codes are [`Exit`]'s.
pub fn main() -> ExitCode {
    // Before parsing, for help and usage errors.
    if let Some(colour) = cli::Colour::asked_for(std::env::args_os()) {
        colour.apply();
    }
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a reader that went away is none either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() });
        }
    };
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
