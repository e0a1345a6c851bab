//! `aws policy`: the IAM policy that a command or a playbook needs, out of the actions' own metadata.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};
use bbsec_playbook::Capability;
use clap::Subcommand;

use crate::{cli::AwsFlags, commands::run::load, registry, session::Session};

/// `aws …`
#[derive(Debug, Subcommand)]
pub(crate) enum AwsCommand {
    /// Print the least policy as JSON
    #[command(after_help = "Examples:
  bbsec-ir aws policy isolate
  bbsec-ir aws policy collect.volumes
  bbsec-ir aws policy playbooks/compromised-bitbucket.yaml")]
    Policy {
        /// A command such as `isolate` or `collect.volumes`, or a playbook file
        of: String,
    },
}

pub(crate) fn run(session: &Session, command: AwsCommand) -> Result<Exit, Failure> {
    let AwsCommand::Policy { of } = command;
    let registry = registry::all(&AwsFlags::default(), "policy")?;
    // As the command line writes it, and the undo under the name of what it undoes.
    let of = match of.replace(' ', ".") {
        name if registry.get(&name).is_some() => name,
        name if name == "release" => "isolate".to_owned(),
        _ => of,
    };
    let names: Vec<String> = if registry.get(&of).is_some() {
        vec![of]
    } else {
        let (playbook, _) = load(session, &PathBuf::from(&of), &registry)?;
        playbook.steps.iter().filter_map(|step| step.uses.as_ref().map(|uses| uses.value().clone())).collect()
    };
    let actions: Vec<_> = names
        .iter()
        .filter_map(|name| match registry.get(name) {
            Some(Capability::Action(action)) => Some(action.meta()),
            _ => None,
        })
        .collect();
    if actions.iter().all(|action| action.permissions.is_empty()) {
        return Err(Failure::new(Exit::Nothing, "nothing of this calls AWS"));
    }
    session.output.document(&bbsec_aws::policy(&actions))?;
    Ok(Exit::Done)
}
