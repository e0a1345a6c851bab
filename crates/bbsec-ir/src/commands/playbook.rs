//! `playbook validate`, `playbook show`, `playbook list`.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    cli::AwsFlags,
    commands::run::{load, read},
    output::{Format, Listing},
    registry,
    session::Session,
    show,
};

/// The playbooks that come with the program.
pub(crate) const SHIPPED: [(&str, &str); 7] = [
    ("compromised-bitbucket", include_str!("../../../../playbooks/compromised-bitbucket.yaml")),
    ("compromised-confluence", include_str!("../../../../playbooks/compromised-confluence.yaml")),
    ("compromised-jira", include_str!("../../../../playbooks/compromised-jira.yaml")),
    ("offline-triage", include_str!("../../../../playbooks/offline-triage.yaml")),
    ("credential-rotation", include_str!("../../../../playbooks/credential-rotation.yaml")),
    ("post-recovery-review", include_str!("../../../../playbooks/post-recovery-review.yaml")),
    ("posture-check", include_str!("../../../../playbooks/posture-check.yaml")),
];

/// The text of a playbook that comes with the program.
pub(crate) fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// `playbook …`
#[derive(Debug, Subcommand)]
pub(crate) enum PlaybookCommand {
    /// Check playbooks without the network, and run their own tests
    #[command(after_help = "Examples:
  bbsec-ir playbook validate playbooks/*.yaml
  bbsec-ir playbook validate my.yaml --format json    for an editor or CI")]
    Validate {
        /// The playbooks: files, or names that `playbook list` prints
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Warnings count as errors
        #[arg(long)]
        strict: bool,
    },
    /// The steps of a playbook, or the text of one that comes with the program
    #[command(after_help = "Examples:
  bbsec-ir playbook show compromised-bitbucket > mine.yaml
  bbsec-ir playbook show mine.yaml")]
    Show {
        /// A file, or a name that `playbook list` prints
        playbook: String,
    },
    /// The playbooks that come with the program, and what steps can use
    #[command(after_help = "Examples:
  bbsec-ir playbook list")]
    List,
}

/// Something that is wrong with a playbook, and where.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Diagnosed {
    file: String,
    line: usize,
    column: usize,
    /// `error` or `warning`.
    level: serde_json::Value,
    /// `PB…`.
    code: serde_json::Value,
    message: String,
    help: Option<String>,
}

/// Something that a playbook is or can use.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Named {
    /// What `playbook show` or `uses:` takes.
    name: String,
    /// `playbook`, `action` or `analysis`.
    kind: String,
    /// One line.
    about: String,
}

pub(crate) fn run(session: &Session, command: PlaybookCommand) -> Result<Exit, Failure> {
    let registry = registry::all(&AwsFlags::default(), "validate")?;
    match command {
        PlaybookCommand::Validate { files, strict } => validate(session, &files, strict, &registry),
        PlaybookCommand::Show { playbook } => match shipped(&playbook) {
            Some(text) => session.output.write(text.as_bytes()).map(|()| Exit::Done),
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
                    [name, kind, about] => {
                        Some(json!(Named { name: name.clone(), kind: kind.clone(), about: about.clone() }))
                    }
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

/// Every file, with everything that is wrong with it.
fn validate(
    session: &Session,
    files: &[PathBuf],
    strict: bool,
    registry: &bbsec_playbook::Registry,
) -> Result<Exit, Failure> {
    let table = session.output.format_or(Format::Table) == Format::Table;
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let (mut wrong, mut rows, mut lines) = (0, Vec::new(), String::new());
    for file in files {
        let text = read(file)?;
        let shown = file.display().to_string();
        let checked = bbsec_playbook::check(&text, registry);
        if table && !checked.found.is_empty() {
            let rendered = bbsec_playbook::render(&checked.found, &shown, &text, colour);
            session.bars.suspend(|| anstream::eprint!("{rendered}"));
        }
        for diagnostic in &checked.found {
            let (line, column) = diagnostic.position(&text).unwrap_or((1, 1));
            rows.push(json!(Diagnosed {
                file: shown.clone(),
                line,
                column,
                level: json!(diagnostic.level),
                code: json!(diagnostic.code),
                message: diagnostic.message.clone(),
                help: diagnostic.help.clone(),
            }));
        }
        let errors = checked.errors();
        let warnings = checked.found.len() - errors;
        if errors > 0 || (strict && warnings > 0) {
            wrong += 1;
        }
        let steps = checked.playbook.as_ref().map_or(0, |playbook| playbook.steps.len());
        let tests = checked.playbook.as_ref().map_or(0, |playbook| playbook.tests.len());
        lines.push_str(&match (errors, warnings) {
            (0, 0) => format!("{shown}: {steps} steps, valid, {tests} tests hold\n"),
            (0, _) => format!("{shown}: {steps} steps, {}\n", count(warnings, "warning")),
            _ => format!("{shown}: {}, {}\n", count(errors, "error"), count(warnings, "warning")),
        });
    }
    if table {
        session.output.write(lines.as_bytes())?;
    } else {
        session.output.rows(&Listing { name: "playbook-diagnostics", heads: vec![], cells: vec![], rows })?;
    }
    Ok(if wrong > 0 { Exit::Usage } else { Exit::Done })
}

/// How many, with the word in its number.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
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
        name: "playbook-steps",
        heads: vec!["step", "uses", "needs", "asks"],
        cells,
        rows,
    })?;
    Ok(Exit::Done)
}
