//! `man`: manual pages out of the command line's own definition.

use std::io::Write as _;

use bbsec_core::{Exit, Failure};
use clap::{Args, Command, CommandFactory as _};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::{cli::Cli, session::Session};

/// `man`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir man | man -l -                      read it
  bbsec-ir man case new | man -l -
  bbsec-ir man isolate > /usr/local/share/man/man1/bbsec-ir-isolate.1")]
pub(crate) struct ManArgs {
    /// A command, such as `isolate` or `case new`; without it the main page
    command: Vec<String>,
}

pub(crate) fn man(session: &Session, args: ManArgs) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    for name in &args.command {
        command = command.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no command `{}`", args.command.join(" ")))
                .help("`bbsec-ir help` lists the commands")
        })?;
        // They stand on the main page.
        command = command.mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
    }
    let mut page = Vec::new();
    let name = std::iter::once("bbsec-ir").chain(args.command.iter().map(String::as_str));
    let name = name.collect::<Vec<_>>().join("-");
    render(command.display_name(name), args.command.is_empty(), &mut page)
        .map_err(|error| Failure::because("cannot write the manual page", error))?;
    session.output.write(&page)?;
    Ok(Exit::Done)
}

fn render(command: Command, main: bool, page: &mut Vec<u8>) -> std::io::Result<()> {
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_options = command.get_arguments().any(|arg| !arg.is_hide_set());
    let has_commands = command.get_subcommands().any(|sub| !sub.is_hide_set());
    let name = command.get_display_name().unwrap_or_default().to_owned();
    let page_of = Man::new(command);
    // Without a date, which would make every day's page another one; `render_title` leaves an empty one out.
    writeln!(page, ".TH {name} 1 \"\" \"bbsec-ir {}\" \"bbsec-ir\"", env!("CARGO_PKG_VERSION"))?;
    page_of.render_name_section(page)?;
    page_of.render_synopsis_section(page)?;
    page_of.render_description_section(page)?;
    if has_options {
        page_of.render_options_section(page)?;
    }
    if has_commands {
        page_of.render_subcommands_section(page)?;
    }
    let mut roff = Roff::new();
    if !examples.is_empty() {
        roff.control("SH", ["NOTES AND EXAMPLES"]);
        // As it stands: lines of examples must not be filled.
        roff.control("nf", []);
        for line in examples.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    if main {
        exits(&mut roff);
    } else {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([
            bold("bbsec-ir"),
            roman(
                "(1), for the global options and the exit codes; in short: 0 done, other codes name why not.",
            ),
        ]);
    }
    roff.to_writer(page)
}

/// The table of exit codes.
fn exits(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        roff.control("TP", []);
        roff.text([bold(exit.code().to_string())]);
        roff.text([roman(exit.meaning())]);
    }
}
