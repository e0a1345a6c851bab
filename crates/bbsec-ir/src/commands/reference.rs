//! `schema`, `completions`, `man`: what is generated from the command line and the types themselves.

use bbsec_core::{Exit, Failure};
use clap::{Args, CommandFactory as _};
use serde_json::{Value, json};

use crate::{
    cli::{AwsFlags, Cli},
    registry,
    session::Session,
};

/// `schema`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir schema               the names
  bbsec-ir schema playbook > playbook.schema.json")]
pub(crate) struct SchemaArgs {
    /// `playbook`, `finding`, `secret`, `touch`, `event`, `gap`, or an action's or analysis' name
    name: Option<String>,
}

/// `completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// A command, such as `isolate`; without it the main page
    command: Option<String>,
}

/// The documents that are no step's input or output.
const DOCUMENTS: [&str; 6] = ["playbook", "finding", "secret", "touch", "event", "gap"];

/// The JSON Schema of a name.
pub(crate) fn schema_of(name: &str) -> Option<Value> {
    let schema = match name {
        "playbook" => {
            bbsec_playbook::json_schema(&registry::all(&AwsFlags::default(), "schema").unwrap_or_default())
        }
        "finding" => schemars::schema_for!(bbsec_core::Finding).to_value(),
        "secret" => schemars::schema_for!(bbsec_core::ExposedSecret).to_value(),
        "touch" => schemars::schema_for!(bbsec_core::Touch).to_value(),
        "event" => schemars::schema_for!(bbsec_core::Event).to_value(),
        "gap" => schemars::schema_for!(bbsec_core::Gap).to_value(),
        _ => registry::all(&AwsFlags::default(), "schema").ok()?.get(name)?.input_schema().to_value(),
    };
    Some(schema)
}

/// Every name that has a schema.
pub(crate) fn schema_names() -> Vec<String> {
    let registry = registry::all(&AwsFlags::default(), "schema").unwrap_or_default();
    let capabilities = registry.all().map(|capability| capability.id().to_owned());
    DOCUMENTS.iter().map(|name| (*name).to_owned()).chain(capabilities).collect()
}

pub(crate) fn schema(session: &Session, args: SchemaArgs) -> Result<Exit, Failure> {
    let Some(name) = args.name else {
        session.output.write(format!("{}\n", schema_names().join("\n")).as_bytes())?;
        return Ok(Exit::Done);
    };
    let schema = schema_of(&name).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no schema `{name}`"))
            .help(format!("known: {}", schema_names().join(", ")))
    })?;
    session.output.document(&json!(schema))?;
    Ok(Exit::Done)
}

pub(crate) fn completions(session: &Session, args: CompletionArgs) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bbsec-ir", &mut bytes);
    session.output.write(&bytes)?;
    Ok(Exit::Done)
}

pub(crate) fn man(session: &Session, args: ManArgs) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = &args.command {
        command = command
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::new(Exit::Usage, format!("there is no command `{name}`")))?;
    }
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut bytes)
        .map_err(|error| Failure::because("cannot write the manual page", error))?;
    session.output.write(&bytes)?;
    Ok(Exit::Done)
}
