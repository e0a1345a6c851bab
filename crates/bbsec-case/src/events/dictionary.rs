//! The distinct texts of one column of a row group. A text is hashed once, when it comes in; from then on it is a
//! number, through sorting and into the file.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

/// Stands for a value that is not there.
pub(crate) const NONE: u32 = u32::MAX;

/// Texts by number.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<usize>,
    table: HashTable<u32>,
    /// Seeded anew in each process, so that nobody can write texts that collide.
    hasher: DefaultHashBuilder,
    last: Option<u32>,
    /// Texts are not looked up any more: nearly every one was new.
    unhashed: bool,
}

impl Dictionary {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        if self.unhashed {
            return self.push(text);
        }
        if let Some(last) = self.last
            && self.get(last) == text
        {
            return last;
        }
        let hash = self.hasher.hash_one(text);
        let found = self.table.find(hash, |number| get(&self.bytes, &self.ends, *number) == text).copied();
        let number = found.unwrap_or_else(|| {
            let number = self.push(text);
            let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
            self.table.insert_unique(hash, number, |known| hasher.hash_one(get(bytes, ends, *known)));
            number
        });
        self.last = Some(number);
        number
    }

    fn push(&mut self, text: &[u8]) -> u32 {
        let number = self.len();
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
        number
    }

    /// The text of a number; nothing for a number that was never given.
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        get(&self.bytes, &self.ends, number)
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(NONE)
    }

    /// Every further text gets its own number.
    pub(crate) fn stop_hashing(&mut self) {
        self.unhashed = true;
        self.table = HashTable::new();
    }

    /// About how much memory it holds.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<usize>() + self.table.capacity() * 5
    }
}

fn get<'a>(bytes: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let at = number as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(at).and_then(|end| bytes.get(start..*end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_until_looking_up_does_not_pay() {
        let mut texts = Dictionary::default();
        let numbers: Vec<u32> = ["a", "", "b", "a", "", "a"].map(|text| texts.number(text.as_bytes())).into();
        assert_eq!(numbers, [0, 1, 2, 0, 1, 0]);
        assert_eq!((texts.get(0), texts.get(1), texts.get(2)), (&b"a"[..], &b""[..], &b"b"[..]));
        texts.stop_hashing();
        assert_eq!((texts.number(b"a"), texts.number(b"a")), (3, 4));
        assert_eq!((texts.get(4), texts.get(5), texts.get(NONE)), (&b"a"[..], &b""[..], &b""[..]));
    }
}
