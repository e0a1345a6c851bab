//! `rotate list`, `rotate done`, `rotate reopen`, `rotate status`: the rotation list as it is worked off.

use bbsec_case::Access;
use bbsec_core::{Exit, Failure, escape};
use bbsec_report::{Class, RotationItem};
use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    case_data,
    output::{Format, Listing},
    session::Session,
    show,
};

/// `rotate …`
#[derive(Debug, Subcommand)]
pub(crate) enum RotateCommand {
    /// What to rotate, first things first, and why
    #[command(after_help = "Examples:
  bbsec-ir rotate list --open            what is left to do
  bbsec-ir rotate list --how | less      with the commands that revoke, replace and check
  bbsec-ir rotate list --format csv -o rotation.csv")]
    List {
        /// With the steps that revoke and replace each, and that show that the old one is dead
        #[arg(long)]
        how: bool,
        /// Only what is still to be rotated
        #[arg(long)]
        open: bool,
    },
    /// Tick an item off
    #[command(after_help = "Examples:
  bbsec-ir rotate done R-1a2b3c --by ida@example.org --note 'key deleted, ticket OPS-12'
  bbsec-ir rotate done AKIAIOSFODNN7EXAMPLE --by ida@example.org

Revokes nothing itself: it records that a person did. Taken back by `rotate reopen`.")]
    Done(Decision),
    /// Take a tick back: the credential is to be rotated after all
    #[command(after_help = "Examples:
  bbsec-ir rotate reopen R-1a2b3c --by ida@example.org --note 'the old key still answers'")]
    Reopen(Decision),
    /// How far it is
    #[command(after_help = "Examples:
  bbsec-ir rotate status")]
    Status,
}

/// Who decided what about which item.
#[derive(Debug, Args)]
pub(crate) struct Decision {
    /// Its id or the beginning of it, or the credential's public id
    id: String,
    /// Who rotated it, or says that it must be
    #[arg(long, value_name = "WHO")]
    by: String,
    /// What was done, for the record
    #[arg(long, default_value = "")]
    note: String,
}

pub(crate) fn run(session: &Session, command: RotateCommand) -> Result<Exit, Failure> {
    match command {
        RotateCommand::List { how, open } => list(session, how, open),
        RotateCommand::Done(decision) => decide(session, &decision, "done"),
        RotateCommand::Reopen(decision) => decide(session, &decision, "open"),
        RotateCommand::Status => status(session),
    }
}

/// The one item that is meant.
fn find<'a>(items: &'a [RotationItem], id: &str) -> Result<&'a RotationItem, Failure> {
    let exact = |item: &&RotationItem| item.id == id || item.public_id.as_deref() == Some(id);
    if let [one] = *items.iter().filter(exact).collect::<Vec<_>>() {
        return Ok(one);
    }
    let matching: Vec<_> = items.iter().filter(|item| item.id.starts_with(id)).collect();
    match matching.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::new(Exit::Usage, format!("no item is or begins with `{id}`"))
            .help("list them with `bbsec-ir rotate list`")),
        several => {
            let ids: Vec<&str> = several.iter().map(|item| item.id.as_str()).collect();
            Err(Failure::new(Exit::Usage, format!("several items begin with `{id}`: {}", ids.join(", "))))
        }
    }
}

fn decide(session: &Session, decision: &Decision, state: &str) -> Result<Exit, Failure> {
    let case = session.case(Access::Write)?;
    let items = bbsec_report::rotation(&case_data::load_facts(&case)?);
    let item = find(&items, &decision.id)?;
    let title = escape::terminal(&item.title).into_owned();
    if item.is_done() == (state == "done") {
        let by = item.state.as_ref().map(|state| format!(", by {}", state.by)).unwrap_or_default();
        session.say(&format!("nothing to do: {title} is {state} already{}", escape::terminal(&by)));
        return Ok(Exit::Done);
    }
    let body = json!({"rotation": item.id, "state": state, "by": decision.by, "note": decision.note});
    case.journal().append("rotation", None, None, body)?;
    session.say(&format!("{state}: {title}"));
    for line in item.check_dead.iter().filter(|_| state == "done") {
        session.say(&format!("check that the old one is dead: {}", escape::terminal(line)));
    }
    let left = items.iter().filter(|item| !item.is_done() && !item.is_dismissed()).count();
    let left = if state == "done" { left.saturating_sub(1) } else { left + 1 };
    session.say(&format!("{left} of {} are open", items.len()));
    Ok(Exit::Done)
}

/// How far the list is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RotationStatus {
    /// Credentials on the list.
    items: usize,
    /// Those still to be rotated.
    open: usize,
    /// Those that were.
    done: usize,
    /// Those that were set aside.
    dismissed: usize,
    /// The same by class, the worst first.
    classes: Vec<ClassStatus>,
    /// The id of the next one.
    next: Option<String>,
}

/// How far a class of the list is.
#[derive(Debug, Serialize, JsonSchema)]
struct ClassStatus {
    class: String,
    open: usize,
    done: usize,
    dismissed: usize,
}

/// How far one class is.
struct Row {
    class: Class,
    open: usize,
    done: usize,
    dismissed: usize,
}

fn status(session: &Session) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let items = bbsec_report::rotation(&case_data::load_facts(&case)?);
    let count = |class: Class, test: fn(&RotationItem) -> bool| {
        items.iter().filter(|item| item.class == class && test(item)).count()
    };
    let classes: Vec<Row> = Class::ALL
        .into_iter()
        .map(|class| Row {
            class,
            open: count(class, |item| !item.is_done() && !item.is_dismissed()),
            done: count(class, RotationItem::is_done),
            dismissed: count(class, RotationItem::is_dismissed),
        })
        .filter(|row| row.open + row.done + row.dismissed > 0)
        .collect();
    let open: usize = classes.iter().map(|row| row.open).sum();
    let done: usize = classes.iter().map(|row| row.done).sum();
    let dismissed: usize = classes.iter().map(|row| row.dismissed).sum();
    let next = items.iter().find(|item| !item.is_done() && !item.is_dismissed());
    if session.output.format_or(Format::Table) == Format::Table {
        let mut text = format!("{done} of {} rotated, {open} open", open + done);
        text.push_str(&if dismissed > 0 { format!(", {dismissed} set aside\n") } else { "\n".into() });
        for row in &classes {
            text.push_str(&format!(
                "  {:>4} of {:<4} {}\n",
                row.done,
                row.open + row.done,
                row.class.title()
            ));
        }
        if let Some(item) = next {
            text.push_str(&format!("next: {}  {}\n", item.id, escape::terminal(&item.title)));
        }
        session.output.write(text.as_bytes())?;
    } else {
        let classes = classes.iter().map(|row| ClassStatus {
            class: row.class.name().to_owned(),
            open: row.open,
            done: row.done,
            dismissed: row.dismissed,
        });
        let status = RotationStatus {
            items: items.len(),
            open,
            done,
            dismissed,
            classes: classes.collect(),
            next: next.map(|item| item.id.clone()),
        };
        session.output.named("rotation-status", &status)?;
    }
    Ok(if items.is_empty() { Exit::Nothing } else { Exit::Done })
}

/// Done, set aside, or open.
fn state(item: &RotationItem) -> &'static str {
    match (item.is_done(), item.is_dismissed()) {
        (true, _) => "done",
        (_, true) => "aside",
        _ => "open",
    }
}

fn list(session: &Session, how: bool, open: bool) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let mut items = bbsec_report::rotation(&case_data::load_facts(&case)?);
    let all = items.len();
    items.retain(|item| !open || state(item) == "open");
    if how && session.output.format_or(Format::Table) == Format::Table {
        session.output.write(instructions(&items).as_bytes())?;
        return Ok(if all == 0 { Exit::Nothing } else { Exit::Done });
    }
    let cells = items
        .iter()
        .map(|item| {
            let administrator = if item.administrator.is_some() { " (administrator)" } else { "" };
            vec![
                item.rank.to_string(),
                state(item).to_owned(),
                item.id.clone(),
                show::clip(&format!("{}{administrator}", item.title), 80),
                show::clip(&item.why.first().cloned().unwrap_or_default(), 160),
            ]
        })
        .collect();
    let rows = items.iter().map(|item| json!(item)).collect();
    session.output.rows(&Listing {
        name: "rotation",
        heads: vec!["#", "state", "id", "rotate", "why"],
        cells,
        rows,
    })?;
    Ok(if all == 0 { Exit::Nothing } else { Exit::Done })
}

/// The list as a person works through it: each item with its reasons and steps, commands on lines of their own.
fn instructions(items: &[RotationItem]) -> String {
    let mut text = String::new();
    let mut line = |indent: &str, told: &str| {
        text.push_str(indent);
        text.push_str(&escape::terminal(told));
        text.push('\n');
    };
    for item in items {
        line("", &format!("{}. {}  [{}, {}]", item.rank, item.title, state(item), item.id));
        line("   ", &format!("{}; {}", item.class.title(), item.kind));
        for why in &item.why {
            line("   - ", why);
        }
        let owner = item.owner.as_deref().unwrap_or("not known");
        line("   ", &format!("Owner: {owner}. Can revoke: {}", item.who));
        for (name, steps) in [
            ("Revoke", &item.revoke),
            ("Replace", &item.replace),
            ("Check that the old one is dead", &item.check_dead),
            ("See what it did", &item.see_use),
        ] {
            line("   ", &format!("{name}:"));
            for step in steps {
                line("     ", step);
            }
        }
        line("   ", &format!("Breaks: {}", item.breaks));
        line("   ", &format!("Source: {}", item.documented));
        line("", "");
    }
    text
}
