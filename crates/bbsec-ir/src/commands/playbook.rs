//! `playbook validate`, `playbook show`, `playbook list`.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};
use clap::Subcommand;
use serde_json::json;

use crate::{cli::AwsFlags, commands::run::load, output::Listing, registry, session::Session, show};

/// The playbooks that come with the program.
pub(crate) const SHIPPED: [(&str, &str); 2] = [
    ("compromised-bitbucket", include_str!("../../../../playbooks/compromised-bitbucket.yaml")),
    ("offline-triage", include_str!("../../../../playbooks/offline-triage.yaml")),
];

/// `playbook …`
#[derive(Debug, Subcommand)]
pub(crate) enum PlaybookCommand {
    /// Check playbooks without the network
    Validate {
        /// The playbooks
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// The steps of a playbook, or the text of one that comes with the program
    Show {
        /// A file, or a name that `playbook list` prints
        playbook: String,
    },
    /// The playbooks that come with the program, and what steps can use
    List,
}

pub(crate) fn run(session: &Session, command: PlaybookCommand) -> Result<Exit, Failure> {
    let registry = registry::all(&AwsFlags::default(), "validate")?;
    match command {
        PlaybookCommand::Validate { files } => {
            let mut exit = Exit::Done;
            for file in &files {
                match load(session, file, &registry) {
                    Ok((playbook, _)) => {
                        let line = format!("{}: {} steps, valid\n", file.display(), playbook.steps.len());
                        session.output.write(line.as_bytes())?;
                    }
                    Err(failure) => {
                        crate::failure_output::print(&failure, false);
                        exit = exit.worse(failure.exit);
                    }
                }
            }
            Ok(exit)
        }
        PlaybookCommand::Show { playbook } => match SHIPPED.iter().find(|(name, _)| *name == playbook) {
            Some((_, text)) => session.output.write(text.as_bytes()).map(|()| Exit::Done),
            None => steps(session, &playbook, &registry),
        },
        PlaybookCommand::List => {
            let mut cells: Vec<Vec<String>> = Vec::new();
            for (name, text) in SHIPPED {
                let about =
                    bbsec_playbook::parse(text).map(|playbook| playbook.description).unwrap_or_default();
                cells.push(vec![
                    name.to_owned(),
                    "playbook".into(),
                    about.split_whitespace().collect::<Vec<_>>().join(" "),
                ]);
            }
            for capability in registry.all() {
                let kind = match capability {
                    bbsec_playbook::Capability::Action(_) => "action",
                    bbsec_playbook::Capability::Analysis(_) => "analysis",
                };
                cells.push(vec![capability.id().to_owned(), kind.into(), capability.summary().to_owned()]);
            }
            let rows = cells
                .iter()
                .filter_map(|cell| match cell.as_slice() {
                    [name, kind, about] => Some(json!({"name": name, "kind": kind, "about": about})),
                    _ => None,
                })
                .collect();
            session.output.rows(&Listing {
                name: "playbook-list",
                heads: vec!["name", "kind", "what it does"],
                cells,
                rows,
            })?;
            Ok(Exit::Done)
        }
    }
}

fn steps(session: &Session, file: &str, registry: &bbsec_playbook::Registry) -> Result<Exit, Failure> {
    let (playbook, _) = load(session, &PathBuf::from(file), registry)?;
    let cells = playbook
        .steps
        .iter()
        .map(|step| {
            let uses = step.uses.as_ref().map_or_else(|| "a person".to_owned(), |uses| uses.value().clone());
            let needs = step.needs.iter().map(|need| need.as_str()).collect::<Vec<_>>().join(", ");
            let asks =
                step.approve.as_ref().map(|approve| show::clip(&approve.message, 60)).unwrap_or_default();
            vec![step.id.value().clone(), uses, needs, asks]
        })
        .collect();
    let rows = playbook.steps.iter().map(|step| json!(step)).collect();
    session.output.rows(&Listing {
        name: "playbook",
        heads: vec!["step", "uses", "needs", "asks"],
        cells,
        rows,
    })?;
    Ok(Exit::Done)
}
