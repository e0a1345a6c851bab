//! A row group in the making: every column of the events, page by page.

use bbsec_core::Event;
use bytes::Bytes;
use parquet::{
    basic::Type,
    column::writer::ColumnCloseResult,
    errors::Result,
    file::{properties::WriterPropertiesPtr, writer::SerializedFileWriter},
    schema::types::SchemaDescriptor,
};

use super::{
    dictionary::NONE,
    numbers::Numbers,
    pages::Packer,
    part::Hashing,
    texts::{Lists, Texts},
};

/// Columns of texts and of lists, and columns of numbers.
const TEXTS: usize = 16;
const NUMBERS: usize = 7;

/// What of an event is kept until its page is written: its numbers, and the numbers of its texts. Both are in the order
/// of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) time: i64,
    texts: [u32; TEXTS],
    numbers: [i64; NUMBERS],
    /// Which of the numbers are there.
    there: [bool; NUMBERS],
}

impl Row {
    fn number(&self, at: usize) -> Option<i64> {
        self.numbers.get(at).copied().filter(|_| self.there.get(at) == Some(&true))
    }
}

enum Column {
    Texts(Texts),
    Lists(Lists),
    Numbers(Box<Numbers>),
}

/// A text or a list of an event.
enum Words<'a> {
    Text(Option<&'a str>),
    List(&'a [String]),
}

/// Rows of one source and day that share their dictionaries.
pub(crate) struct Group {
    columns: Vec<Column>,
    rows: u64,
    json: Vec<u8>,
}

/// In which columns a dictionary pays.
pub(crate) type Hashed = Vec<bool>;

impl Group {
    /// An empty one. What an earlier group learned about the columns need not be learned again.
    pub(crate) fn new(schema: &SchemaDescriptor, properties: &WriterPropertiesPtr, hashed: &Hashed) -> Self {
        let column = |(at, column): (usize, &parquet::schema::types::ColumnDescPtr)| {
            let hashed = hashed.get(at).copied().unwrap_or(true);
            match column.physical_type() {
                Type::BYTE_ARRAY if column.max_rep_level() > 0 => Column::Lists(Lists::new(hashed)),
                Type::BYTE_ARRAY => Column::Texts(Texts::new(column.max_def_level() > 0, hashed)),
                _ => Column::Numbers(Box::new(Numbers::new(column, properties))),
            }
        };
        Self { columns: schema.columns().iter().enumerate().map(column).collect(), rows: 0, json: Vec::new() }
    }

    /// Takes in an event's texts.
    pub(crate) fn row(&mut self, event: &Event) -> Row {
        self.json.clear();
        if !event.extra.is_empty() && serde_json::to_writer(&mut self.json, &event.extra).is_err() {
            self.json.clear();
        }
        let extra = (!self.json.is_empty()).then(|| std::str::from_utf8(&self.json).unwrap_or_default());
        let target = event.target.as_ref();
        let words = [
            Words::Text(Some(&event.data_type)),
            Words::Text(event.user.as_deref()),
            Words::List(&event.ips),
            Words::Text(event.session.as_deref()),
            Words::Text(event.token.as_deref()),
            Words::Text(event.ssh_key.as_deref()),
            Words::Text(event.user_agent.as_deref()),
            Words::Text(event.request.as_deref()),
            Words::Text(Some(event.verb.name())),
            Words::Text(Some(&event.action)),
            Words::Text(target.map(|target| target.kind.name())),
            Words::Text(target.map(|target| &*target.id)),
            Words::Text(target.and_then(|target| target.name.as_deref())),
            Words::List(&event.labels),
            Words::Text(extra),
            Words::Text(Some(&event.at.file)),
        ];
        let mut texts = [NONE; TEXTS];
        let columns = self.columns.iter_mut().filter(|column| !matches!(column, Column::Numbers(_)));
        for ((column, words), number) in columns.zip(words).zip(&mut texts) {
            *number = match (column, words) {
                (Column::Texts(texts), Words::Text(Some(text))) => texts.known.number(text.as_bytes()),
                (Column::Lists(lists), Words::List(list)) => lists.number(list.iter().map(String::as_bytes)),
                _ => NONE,
            };
        }
        let time = event.time.micros();
        // The column's type has no sign: the bits are what counts.
        let bits = |number: u64| number.cast_signed();
        let numbers = [
            Some(time),
            event.status.map(i64::from),
            event.bytes_in.map(bits),
            event.bytes_out.map(bits),
            event.duration.map(bits),
            Some(bits(event.at.offset)),
            Some(i64::from(event.at.length)),
        ];
        Row {
            time,
            texts,
            numbers: numbers.map(Option::unwrap_or_default),
            there: numbers.map(|number| number.is_some()),
        }
    }

    /// Takes in a row of another group.
    pub(crate) fn adopt(&mut self, from: &Self, row: &mut Row) {
        let columns = self.columns.iter_mut().zip(&from.columns);
        let columns = columns.filter(|(column, _)| !matches!(column, Column::Numbers(_)));
        for ((to, from), number) in columns.zip(&mut row.texts) {
            *number = match (to, from) {
                (Column::Texts(to), Column::Texts(from)) if *number != NONE => {
                    to.known.number(from.known.get(*number))
                }
                (Column::Lists(to), Column::Lists(from)) => to.number(from.get(*number)),
                _ => NONE,
            };
        }
    }

    /// Writes one page of every column.
    pub(crate) fn page(&mut self, rows: &[Row], packer: &mut Packer) -> Result<()> {
        let (mut text, mut number) = (0, 0);
        for column in &mut self.columns {
            let texts = rows.iter().map(|row| row.texts.get(text).copied().unwrap_or(NONE));
            match column {
                Column::Texts(column) => column.page(texts, packer)?,
                Column::Lists(column) => column.page(texts, packer)?,
                Column::Numbers(column) => {
                    column.write(rows.iter().map(|row| row.number(number)))?;
                    number += 1;
                    continue;
                }
            }
            text += 1;
        }
        self.rows = self.rows.saturating_add(rows.len() as u64);
        Ok(())
    }

    /// Rows written into pages.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// About how many bytes it holds.
    pub(crate) fn memory(&self) -> usize {
        self.columns
            .iter()
            .map(|column| match column {
                Column::Texts(column) => column.memory(),
                Column::Lists(column) => column.memory(),
                Column::Numbers(column) => column.memory(),
            })
            .sum()
    }

    /// In which columns a dictionary paid.
    pub(crate) fn hashed(&self) -> Hashed {
        self.columns
            .iter()
            .map(|column| match column {
                Column::Texts(column) => column.hashed(),
                Column::Lists(column) => column.hashed(),
                Column::Numbers(_) => true,
            })
            .collect()
    }

    /// Appends the row group to its file.
    pub(crate) fn finish(
        self,
        schema: &SchemaDescriptor,
        writer: &mut SerializedFileWriter<Hashing>,
        packer: &mut Packer,
    ) -> Result<()> {
        let mut group = writer.next_row_group()?;
        for (column, description) in self.columns.into_iter().zip(schema.columns()) {
            let (bytes, close): (Bytes, ColumnCloseResult) = match column {
                Column::Texts(column) => column.finish(description, self.rows, packer)?,
                Column::Lists(column) => column.finish(description, self.rows, packer)?,
                Column::Numbers(column) => column.finish()?,
            };
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        Ok(())
    }
}
