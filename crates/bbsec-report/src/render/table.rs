//! Tables of the page: their rows as data that the page's own script filters, sorts and pages.
//!
//! The first rows are also written out, for paper and for readers without scripts.

use bbsec_core::{Place, escape};
use serde::Serialize;
use serde_json::Value;

use crate::{Error, Report, words};

/// Rows that are written out.
const WRITTEN: usize = 25;

/// Credentials whose advice is in the page; that of ten thousands would make it too large to open.
const ADVISED: usize = 1000;

/// A column.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    /// Its heading.
    pub title: &'static str,
    /// How the script sorts and shows it: `text`, `code`, `time`, `number`, `bytes`, `level`.
    pub kind: &'static str,
}

/// A table.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    /// The element's id.
    pub id: &'static str,
    /// What it holds, for the reader and for screen readers.
    pub caption: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, in order.
    pub rows: Vec<Vec<Value>>,
    /// Lines behind each row that are shown when it is opened.
    pub details: Vec<Vec<(&'static str, Value)>>,
}

/// A table as the template takes it.
#[derive(Debug, Serialize)]
pub(super) struct View {
    id: &'static str,
    caption: &'static str,
    columns: Vec<Column>,
    first: Vec<Vec<String>>,
    total: usize,
    /// JSON that cannot end its element.
    data: String,
}

impl Table {
    pub(super) fn view(self) -> Result<View, Error> {
        let data = serde_json::to_string(&serde_json::json!({
            "columns": self.columns, "rows": self.rows, "details": self.details
        }))
        .map_err(|source| Error::Json { what: "a table", source })?;
        let first = self.rows.iter().take(WRITTEN).map(|row| {
            row.iter().zip(&self.columns).map(|(value, column)| cell(value, column.kind)).collect()
        });
        Ok(View {
            id: self.id,
            caption: self.caption,
            first: first.collect(),
            total: self.rows.len(),
            columns: self.columns,
            data: escape::json_in_html(&data),
        })
    }
}

fn cell(value: &Value, kind: &str) -> String {
    match (value, kind) {
        (Value::Null, _) => "—".into(),
        (Value::Number(n), "bytes") => words::bytes(n.as_u64().unwrap_or(0)),
        (Value::Number(n), _) => words::count(n.as_u64().unwrap_or(0)),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    }
}

fn column(title: &'static str, kind: &'static str) -> Column {
    Column { title, kind }
}

/// What deceives is made visible here; the script writes cells as text only.
fn text(value: &str) -> Value {
    Value::String(escape::terminal(value).into_owned())
}

fn maybe(value: Option<&String>) -> Value {
    value.map_or(Value::Null, |value| text(value))
}

fn time(value: Option<bbsec_core::Time>) -> Value {
    value.map_or(Value::Null, |time| Value::String(time.short()))
}

fn place(place: &Place) -> String {
    match place.length {
        0 => place.file.to_string(),
        length => format!("{} @ {}+{length}", place.file, place.offset),
    }
}

fn lines<'a>(lines: impl IntoIterator<Item = &'a String>) -> Value {
    Value::Array(lines.into_iter().map(|line| text(line)).collect())
}

fn places(places: &[Place]) -> Value {
    Value::Array(places.iter().take(12).map(|p| text(&place(p))).collect())
}

/// Every conclusion.
pub(super) fn findings(report: &Report) -> Table {
    let mut rows = Vec::with_capacity(report.findings.len());
    let mut details = Vec::with_capacity(report.findings.len());
    for finding in &report.findings {
        rows.push(vec![
            Value::from(finding.severity.name()),
            time(finding.at),
            text(&finding.title),
            text(finding.subject.name.as_ref().unwrap_or(&finding.subject.id)),
            text(&finding.rule),
            maybe(finding.actor.as_ref()),
        ]);
        let mut more = vec![("Why", lines(&finding.why)), ("Evidence", places(&finding.evidence))];
        if let Some(fix) = &finding.fix {
            more.push(("What to do", text(fix)));
        }
        more.push(("Confidence", Value::from(finding.confidence.name())));
        more.push(("Finding", text(&format!("{} ({})", finding.id, finding.analysis))));
        details.push(more);
    }
    Table {
        id: "findings",
        caption: "Every finding, worst first",
        columns: vec![
            column("Severity", "level"),
            column("When (UTC)", "time"),
            column("Finding", "text"),
            column("About", "code"),
            column("Rule", "code"),
            column("Actor", "code"),
        ],
        rows,
        details,
    }
}

/// Everything that a suspect touched.
pub(super) fn targets(report: &Report) -> Table {
    let mut rows = Vec::new();
    let mut details = Vec::new();
    for target in &report.touched.targets {
        rows.push(vec![
            text(&target.id),
            Value::from(target.kind),
            Value::from(match target.taken {
                "whole" => "whole",
                "part" => "in part",
                _ => "nothing",
            }),
            Value::from(target.bytes_out),
            Value::from(target.credentials.len()),
            time(Some(target.first)),
            time(Some(target.last)),
        ]);
        let ranks: Vec<String> =
            target.credentials.iter().take(40).map(|rank| format!("no. {rank}")).collect();
        details.push(vec![
            ("Known as", maybe(target.name.as_ref())),
            ("Who", lines(&target.actors)),
            ("How", text(&words::verbs(&target.verbs))),
            ("Credentials in it", lines(&ranks)),
            ("Evidence", sources(&target.sources)),
        ]);
    }
    Table {
        id: "targets",
        caption: "Everything that a suspect touched, most taken first",
        columns: vec![
            column("What", "code"),
            column("Kind", "text"),
            column("Taken", "text"),
            column("Left", "bytes"),
            column("Credentials", "number"),
            column("First (UTC)", "time"),
            column("Last (UTC)", "time"),
        ],
        rows,
        details,
    }
}

fn sources(numbers: &[usize]) -> Value {
    Value::Array(
        numbers.iter().map(|n| Value::String(format!("[{n}] in the register of evidence"))).collect(),
    )
}

/// The whole list to rotate.
pub(super) fn rotation(report: &Report) -> Table {
    let mut rows = Vec::new();
    let mut details = Vec::new();
    for item in &report.rotation.items {
        rows.push(vec![
            Value::from(item.rank),
            text(&item.name),
            text(&item.kind),
            Value::from(item.class.title()),
            Value::from(item.severity.name()),
            time(item.first_exposed),
            Value::String(item.state.as_ref().map_or_else(|| "open".into(), |state| state.state.clone())),
        ]);
        let mut more = vec![("Why", lines(&item.why))];
        if item.rank <= ADVISED {
            more.extend([
                ("Revoke", lines(&item.revoke)),
                ("Replace", lines(&item.replace)),
                ("What breaks", text(&item.breaks)),
                ("Is it dead?", lines(&item.check_dead)),
                ("What it did", lines(&item.see_use)),
            ]);
        } else {
            more.push(("Revoke", Value::from("bbsec-ir rotate list tells how")));
        }
        more.push(("Owner", maybe(item.owner.as_ref())));
        more.push(("Evidence", places(&item.evidence)));
        more.push(("Tick off", text(&format!("bbsec-ir rotate done {} --by NAME", item.id))));
        details.push(more);
    }
    Table {
        id: "rotation",
        caption: "Every credential, in the order in which to rotate",
        columns: vec![
            column("No.", "number"),
            column("Credential", "code"),
            column("Kind", "text"),
            column("Why there", "text"),
            column("Severity", "level"),
            column("Exposed (UTC)", "time"),
            column("State", "text"),
        ],
        rows,
        details,
    }
}
