//! Fills one event again and again, so that the lines of a large log cost no memory of their own: texts keep their
//! room from line to line, and those that a line does not have wait among the spare ones.

use std::collections::BTreeMap;

use bbsec_core::{Event, Place, Target, Time, Verb};

/// An event that says nothing yet.
pub(crate) fn blank() -> Event {
    Event::new(Time::default(), "", "", Verb::Other, "", Place::file(""))
}

/// Texts whose room is free.
#[derive(Debug, Default)]
pub(crate) struct Spare(Vec<String>);

/// Spare texts that are kept, and how long they may be.
const KEPT: usize = 32;
const ROOM: usize = 4096;

impl Spare {
    fn take(&mut self) -> String {
        self.0.pop().unwrap_or_default()
    }

    fn keep(&mut self, text: String) {
        if self.0.len() < KEPT && text.capacity() <= ROOM {
            self.0.push(text);
        }
    }

    /// Sets a field that may be missing; nothing for an empty column.
    pub(crate) fn set(&mut self, field: &mut Option<String>, bytes: &[u8]) {
        match field {
            Some(text) if !bytes.is_empty() => set(text, bytes),
            Some(_) => {
                if let Some(text) = field.take() {
                    self.keep(text);
                }
            }
            None if bytes.is_empty() => {}
            None => set(field.insert(self.take()), bytes),
        }
    }

    /// Sets a list.
    pub(crate) fn set_list<'a>(&mut self, list: &mut Vec<String>, items: impl Iterator<Item = &'a [u8]>) {
        let mut count = 0;
        for item in items {
            if let Some(text) = list.get_mut(count) {
                set(text, item);
            } else {
                let mut text = self.take();
                set(&mut text, item);
                list.push(text);
            }
            count += 1;
        }
        for text in list.drain(count..) {
            self.keep(text);
        }
    }
}

/// Sets a text out of evidence: what is no UTF-8 becomes the replacement character; the place tells the bytes.
pub(crate) fn set(text: &mut String, bytes: &[u8]) {
    text.clear();
    match std::str::from_utf8(bytes) {
        Ok(valid) => text.push_str(valid),
        Err(_) => text.push_str(&String::from_utf8_lossy(bytes)),
    }
}

/// Sets a target to another.
pub(crate) fn set_target(field: &mut Option<Target>, to: Option<&Target>) {
    match (field, to) {
        (Some(target), Some(to)) => {
            target.kind = to.kind;
            target.id.clone_from(&to.id);
            target.name.clone_from(&to.name);
        }
        (field, to) => *field = to.cloned(),
    }
}

/// Sets what else a line says. From line to line the names are mostly the same.
pub(crate) fn set_extra<const N: usize>(extra: &mut BTreeMap<String, String>, pairs: [(&str, &[u8]); N]) {
    let there = pairs.iter().filter(|(_, value)| !value.is_empty());
    if extra.len() != there.clone().count() || there.clone().any(|(name, _)| !extra.contains_key(*name)) {
        extra.clear();
    }
    for (name, value) in there {
        match extra.get_mut(*name) {
            Some(text) => set(text, value),
            None => _ = extra.insert((*name).to_owned(), super::parser::text(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_last_line_is_left() {
        let mut spare = Spare::default();
        let (mut field, mut list, mut extra) = (Some("before".to_owned()), Vec::new(), BTreeMap::new());
        spare.set(&mut field, b"");
        assert_eq!(field, None);
        spare.set(&mut field, b"\xff");
        assert_eq!(field.as_deref(), Some("\u{fffd}"));
        spare.set_list(&mut list, [&b"a"[..], b"b", b"c"].into_iter());
        spare.set_list(&mut list, [&b"d"[..]].into_iter());
        assert_eq!(list, ["d"]);
        set_extra(&mut extra, [("one", &b"1"[..]), ("two", b"2")]);
        set_extra(&mut extra, [("one", &b"3"[..]), ("three", b"4")]);
        assert_eq!(extra, BTreeMap::from([("one".into(), "3".into()), ("three".into(), "4".into())]));
        set_extra(&mut extra, [("one", &b""[..])]);
        assert!(extra.is_empty());
    }
}
