//! Columns of texts and of lists of texts, written as indices into the dictionary that the texts got when they came in.
//! Parquet's own writer hashes every value once more.

use bytes::Bytes;
use parquet::{
    basic::Encoding, column::writer::ColumnCloseResult, errors::Result, schema::types::ColumnDescPtr,
};

use super::{
    dictionary::{Dictionary, NONE},
    hybrid,
    pages::{Packer, Pages},
};

/// A dictionary with more texts than this, of which most occur once, does not pay.
const FEW: u32 = 4096;

/// A column of texts.
pub(crate) struct Texts {
    pub(crate) known: Dictionary,
    optional: bool,
    pages: Pages,
    /// How many texts the dictionary page has, once the dictionary is given up.
    coded: Option<u32>,
    written: u32,
}

impl Texts {
    /// `hashed` is false for a column in which nearly every text is another one.
    pub(crate) fn new(optional: bool, hashed: bool) -> Self {
        let mut known = Dictionary::default();
        let coded = (!hashed).then(|| {
            known.stop_hashing();
            0
        });
        Self { known, optional, pages: Pages::default(), coded, written: 0 }
    }

    /// Whether a dictionary paid.
    pub(crate) fn hashed(&self) -> bool {
        self.coded.is_none()
    }

    /// Writes one page: a row per number, [`NONE`] for a row without.
    pub(crate) fn page(&mut self, rows: impl Iterator<Item = u32>, packer: &mut Packer) -> Result<()> {
        packer.page.clear();
        packer.numbers.clear();
        packer.levels.0.clear();
        if self.optional {
            for number in rows {
                let there = number != NONE;
                packer.levels.0.push(u32::from(there));
                if there {
                    packer.numbers.push(number);
                }
            }
            hybrid::with_length(&packer.levels.0, 1, &mut packer.page);
        } else {
            packer.numbers.extend(rows);
        }
        let values = if self.optional { packer.levels.0.len() } else { packer.numbers.len() };
        self.values(values, packer)
    }

    /// The numbers of the packer as values of a page.
    fn values(&mut self, values: usize, packer: &mut Packer) -> Result<()> {
        self.written = self.written.saturating_add(u32::try_from(packer.numbers.len()).unwrap_or(NONE));
        let distinct = self.known.len();
        if self.coded.is_none() && distinct > FEW && distinct > self.written / 2 {
            // What earlier pages refer to stays in the dictionary page; if there is none, neither is a dictionary.
            let first = self.pages.memory() == 0;
            self.coded = Some(if first { 0 } else { distinct });
            self.known.stop_hashing();
        }
        let encoding = if self.coded.is_some() {
            for number in &packer.numbers {
                plain(self.known.get(*number), &mut packer.page);
            }
            Encoding::PLAIN
        } else {
            let width = hybrid::width(distinct);
            packer.page.push(width);
            hybrid::encode(&packer.numbers, width, &mut packer.page);
            Encoding::RLE_DICTIONARY
        };
        self.pages.data(values, encoding, packer)
    }

    pub(crate) fn memory(&self) -> usize {
        self.known.memory() + self.pages.memory()
    }

    /// The column chunk.
    pub(crate) fn finish(
        self,
        column: &ColumnDescPtr,
        rows: u64,
        packer: &mut Packer,
    ) -> Result<(Bytes, ColumnCloseResult)> {
        let Self { known, pages, coded, .. } = self;
        let count = coded.unwrap_or(known.len());
        pages.finish(column, rows, packer, |page| {
            for number in 0..count {
                plain(known.get(number), page);
            }
            count
        })
    }
}

fn plain(text: &[u8], page: &mut Vec<u8>) {
    page.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    page.extend_from_slice(text);
}

/// A column of lists. Whole lists repeat as texts do, so that a list has a number as well.
pub(crate) struct Lists {
    /// Lists, spelled as lengths and texts.
    whole: Dictionary,
    /// Where each list's numbers end in `elements`.
    ends: Vec<usize>,
    elements: Vec<u32>,
    texts: Texts,
    spelled: Vec<u8>,
}

impl Lists {
    pub(crate) fn new(hashed: bool) -> Self {
        Self {
            whole: Dictionary::default(),
            ends: Vec::new(),
            elements: Vec::new(),
            texts: Texts::new(false, hashed),
            spelled: Vec::new(),
        }
    }

    pub(crate) fn hashed(&self) -> bool {
        self.texts.hashed()
    }

    /// The number of a list.
    pub(crate) fn number<'a>(&mut self, list: impl Iterator<Item = &'a [u8]> + Clone) -> u32 {
        self.spelled.clear();
        for text in list.clone() {
            plain(text, &mut self.spelled);
        }
        let number = self.whole.number(&self.spelled);
        if number as usize >= self.ends.len() {
            self.elements.extend(list.map(|text| self.texts.known.number(text)));
            self.ends.push(self.elements.len());
        }
        number
    }

    /// The texts of a list.
    pub(crate) fn get(&self, number: u32) -> impl Iterator<Item = &[u8]> + Clone {
        elements(&self.ends, &self.elements, number).iter().map(|text| self.texts.known.get(*text))
    }

    pub(crate) fn page(&mut self, rows: impl Iterator<Item = u32>, packer: &mut Packer) -> Result<()> {
        let (present, repeated) = &mut packer.levels;
        packer.page.clear();
        packer.numbers.clear();
        present.clear();
        repeated.clear();
        for number in rows {
            let list = elements(&self.ends, &self.elements, number);
            // An empty list is one entry without a value.
            for at in 0..list.len().max(1) {
                repeated.push(u32::from(at > 0));
                present.push(u32::from(at < list.len()));
            }
            packer.numbers.extend_from_slice(list);
        }
        hybrid::with_length(repeated, 1, &mut packer.page);
        hybrid::with_length(present, 1, &mut packer.page);
        let values = present.len();
        self.texts.values(values, packer)
    }

    pub(crate) fn memory(&self) -> usize {
        self.whole.memory() + self.texts.memory() + self.ends.len() * 8 + self.elements.len() * 4
    }

    pub(crate) fn finish(
        self,
        column: &ColumnDescPtr,
        rows: u64,
        packer: &mut Packer,
    ) -> Result<(Bytes, ColumnCloseResult)> {
        self.texts.finish(column, rows, packer)
    }
}

fn elements<'a>(ends: &[usize], elements: &'a [u32], number: u32) -> &'a [u32] {
    let at = number as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(at).and_then(|end| elements.get(start..*end)).unwrap_or_default()
}
