//! `rotate list`, `rotate done`, `rotate status`: the rotation list as it is worked off.

use bbsec_case::Access;
use bbsec_core::{Exit, Failure, escape};
use clap::Subcommand;
use serde_json::json;

use crate::{
    case_data,
    output::{Format, Listing},
    session::Session,
};

/// `rotate …`
#[derive(Debug, Subcommand)]
pub(crate) enum RotateCommand {
    /// What to rotate, first things first, and why
    List {
        /// With the commands that revoke and replace each
        #[arg(long)]
        how: bool,
    },
    /// Tick an item off
    Done {
        /// Its id, or the beginning of it
        id: String,
        /// Who rotated it
        #[arg(long, value_name = "WHO")]
        by: String,
        /// What was done, for the record
        #[arg(long, default_value = "")]
        note: String,
    },
    /// How far it is
    Status,
}

pub(crate) fn run(session: &Session, command: RotateCommand) -> Result<Exit, Failure> {
    match command {
        RotateCommand::List { how } => list(session, how),
        RotateCommand::Done { id, by, note } => {
            let case = session.case(Access::Write)?;
            let items = bbsec_report::rotation(&case_data::load(&case)?);
            let mut matching: Vec<_> = items.iter().filter(|item| item.id.starts_with(&id)).collect();
            let item = match (matching.pop(), matching.is_empty()) {
                (Some(item), true) => item,
                (Some(_), false) => {
                    return Err(Failure::new(Exit::Usage, format!("several items begin with `{id}`")));
                }
                (None, _) => {
                    return Err(Failure::new(Exit::Usage, format!("no item begins with `{id}`"))
                        .help("list them with `bbsec-ir rotate list`"));
                }
            };
            let body = json!({"rotation": item.id, "state": "done", "by": by, "note": note});
            case.journal().append("rotation", None, None, body)?;
            session.say(&format!("done: {}", escape::terminal(&item.title)));
            if let Some(check) = item.check_dead.first() {
                session.say(&format!("check that the old one is dead: {}", escape::terminal(check)));
            }
            Ok(Exit::Done)
        }
        RotateCommand::Status => {
            let case = session.case(Access::Read)?;
            let items = bbsec_report::rotation(&case_data::load(&case)?);
            let done = items.iter().filter(|item| item.is_done()).count();
            let text = format!("{done} of {} rotated, {} open\n", items.len(), items.len() - done);
            if session.output.format_or(Format::Table) == Format::Table {
                session.output.write(text.as_bytes())?;
            } else {
                session.output.document(&json!({
                    "schema": "bbsec-ir.rotation-status/v1", "items": items.len(), "done": done,
                }))?;
            }
            Ok(if items.is_empty() { Exit::Nothing } else { Exit::Done })
        }
    }
}

fn list(session: &Session, how: bool) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let items = bbsec_report::rotation(&case_data::load(&case)?);
    let mut cells = Vec::new();
    for item in &items {
        cells.push(vec![
            item.rank.to_string(),
            if item.is_done() { "done" } else { "open" }.to_owned(),
            item.id.chars().take(10).collect(),
            item.title.clone(),
            item.why.first().cloned().unwrap_or_default(),
        ]);
        for line in item.revoke.iter().filter(|_| how) {
            cells.push(vec![String::new(), String::new(), String::new(), String::new(), line.clone()]);
        }
    }
    let rows = items.iter().map(|item| json!(item)).collect();
    session.output.rows(&Listing {
        name: "rotation",
        heads: vec!["#", "state", "id", "rotate", "why"],
        cells,
        rows,
    })?;
    Ok(if items.is_empty() { Exit::Nothing } else { Exit::Done })
}
