//! Standard output: data only, in the format that was asked for, to the terminal, a pipe or a new file.

use std::{
    fs::OpenOptions,
    io::{self, IsTerminal as _, Write},
    path::PathBuf,
};

use bbsec_core::{Exit, Failure, escape};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

use crate::documents;

/// The formats of `--format`. No words on each: they would fill every command's help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    // For people, at the width of the terminal.
    Table,
    // One document, which names its schema.
    Json,
    // One row a line.
    Jsonl,
    // For spreadsheets; cells that look like formulas are defused.
    Csv,
    // SARIF 2.1.0 of findings and secrets.
    Sarif,
    // The JSON report of gitleaks.
    Gitleaks,
    // Timesketch JSON Lines.
    Timesketch,
    // STIX 2.1 bundle of indicators.
    Stix,
    // A page for a browser.
    Html,
    // Markdown.
    Md,
    // Every format that the command has.
    All,
}

/// Listing that can be shown in every format.
pub(crate) struct Listing {
    /// The name within the schema: `bbsec-ir.<name>/v1`.
    pub(crate) name: &'static str,
    /// Heads of the table.
    pub(crate) heads: Vec<&'static str>,
    /// Cells of the table; raw text, escaped here.
    pub(crate) cells: Vec<Vec<String>>,
    /// The rows for machines.
    pub(crate) rows: Vec<Value>,
}

/// Where data goes.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// The format; `None` means a table on a terminal and in a pipe alike, unless the command has another default.
    pub(crate) format: Option<Format>,
    /// A new file, or standard output.
    pub(crate) file: Option<PathBuf>,
}

impl Output {
    /// The format, or the command's own default.
    pub(crate) fn format_or(&self, default: Format) -> Format {
        self.format.unwrap_or(default)
    }

    /// Writes bytes. A reader that went away is no error.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let written = match &self.file {
            None => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Some(path) => {
                let mut file = new_file(path)?;
                file.write_all(bytes).and_then(|()| file.sync_all())
            }
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::because("cannot write the output", error)),
            Ok(()) => Ok(()),
        }
    }

    /// Where lines go that are written one by one while something runs.
    pub(crate) fn stream(&self) -> Result<Box<dyn Write + Send>, Failure> {
        match &self.file {
            None => Ok(Box::new(io::stdout())),
            Some(path) => Ok(Box::new(new_file(path)?)),
        }
    }

    /// Writes a document that names its schema.
    pub(crate) fn named(&self, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        let value = serde_json::to_value(value)
            .map_err(|error| Failure::because("cannot write the output as JSON", error))?;
        self.document(&documents::named(name, value))
    }

    /// Writes a document; adds the line end that JSON writers leave out.
    pub(crate) fn document(&self, value: &Value) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::because("cannot write the output as JSON", error))?;
        text.push('\n');
        self.write(text.as_bytes())
    }

    /// Writes rows in the format that was asked for.
    pub(crate) fn rows(&self, rows: &Listing) -> Result<(), Failure> {
        match self.format_or(Format::Table) {
            Format::Json => self.named(rows.name, &serde_json::json!({"rows": rows.rows})),
            Format::Jsonl => {
                let mut text = String::new();
                for row in &rows.rows {
                    text.push_str(&row.to_string());
                    text.push('\n');
                }
                self.write(text.as_bytes())
            }
            Format::Csv => self.write(&csv(rows)?),
            Format::Table => self.write(table(rows).as_bytes()),
            other => {
                Err(Failure::new(Exit::Usage, format!("this command does not write the format {other:?}"))
                    .help("formats: table, json, jsonl, csv"))
            }
        }
    }
}

fn new_file(path: &std::path::Path) -> Result<std::fs::File, Failure> {
    OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let failure = Failure::because(format!("cannot write {}", path.display()), error);
        if exists {
            failure.exit(Exit::Usage).help("nothing is overwritten; name another file")
        } else {
            failure
        }
    })
}

fn csv(rows: &Listing) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::because("cannot write the output as CSV", error);
    let columns: Vec<String> = match rows.rows.first() {
        Some(Value::Object(fields)) => fields.keys().cloned().collect(),
        _ => rows.heads.iter().map(|head| (*head).to_owned()).collect(),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns).map_err(failed)?;
    for row in &rows.rows {
        let cells = columns.iter().map(|column| match row.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => escape::csv(text).into_owned(),
            // Numbers are ours and may be negative; everything else is JSON text.
            Some(Value::Number(number)) => number.to_string(),
            Some(other) => escape::csv(&other.to_string()).into_owned(),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write the output as CSV: {error}")))
}

/// The width that tables are made for.
pub(crate) fn width() -> u16 {
    if io::stdout().is_terminal() {
        return comfy_table::Table::new().width().unwrap_or(80).max(60);
    }
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(80)
}

/// A time or an address that is broken over two lines is hard to read: short columns are not, as long as they leave half
/// of the width to the others.
fn keep_short_columns_whole(table: &mut Table) {
    const SHORT: u16 = 20;
    let half = width() / 2;
    let mut kept = 0_u16;
    for (index, widest) in table.column_max_content_widths().into_iter().enumerate() {
        let together = kept.saturating_add(widest);
        if widest <= SHORT && together <= half {
            kept = together;
            if let Some(column) = table.column_mut(index) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
}

/// A table that reads well at 80 columns.
pub(crate) fn table(rows: &Listing) -> String {
    if rows.cells.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width());
    table.set_header(rows.heads.iter().map(|head| head.to_uppercase()));
    for cells in &rows.cells {
        table.add_row(cells.iter().map(|cell| escape::terminal(cell).into_owned()));
    }
    keep_short_columns_whole(&mut table);
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let mut text = format!("{}\n", lines.join("\n"));
    text.push_str(&format!(
        "\n{} {}\n",
        rows.cells.len(),
        if rows.cells.len() == 1 { "row" } else { "rows" }
    ));
    text
}
