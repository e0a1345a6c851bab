//! `schema` and `completions`: what is generated from the command line and the types themselves.

use bbsec_core::{Exit, Failure};
use clap::{Args, CommandFactory as _};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{cli::Cli, documents, output::Listing, session::Session};

/// `schema`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir schema               the names
  bbsec-ir schema playbook > playbook.schema.json")]
pub(crate) struct SchemaArgs {
    /// A document, or an action or analysis for its `with:`; without it all names
    name: Option<String>,
}

/// `completions`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir completions bash > /etc/bash_completion.d/bbsec-ir
  bbsec-ir completions zsh > ~/.zfunc/_bbsec-ir
  bbsec-ir completions fish > ~/.config/fish/completions/bbsec-ir.fish")]
pub(crate) struct CompletionArgs {
    /// The shell
    shell: clap_complete::Shell,
}

/// A schema that there is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Schema {
    /// What `schema` takes.
    name: String,
    /// What it is the schema of.
    about: String,
}

pub(crate) fn schema(session: &Session, args: SchemaArgs) -> Result<Exit, Failure> {
    let names = documents::names()?;
    let Some(name) = args.name else {
        let rows = names
            .iter()
            .map(|(name, about)| json!(Schema { name: name.clone(), about: about.clone() }))
            .collect();
        let cells = names.into_iter().map(|(name, about)| vec![name, about]).collect();
        session.output.rows(&Listing { name: "schemas", heads: vec!["name", "schema of"], cells, rows })?;
        return Ok(Exit::Done);
    };
    let schema = documents::schema(&name)?.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no schema `{name}`"))
            .help("`bbsec-ir schema` lists the names")
    })?;
    session.output.document(&schema)?;
    Ok(Exit::Done)
}

pub(crate) fn completions(session: &Session, args: CompletionArgs) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bbsec-ir", &mut bytes);
    session.output.write(&bytes)?;
    Ok(Exit::Done)
}
