//! Fields of an audit event, as the log reader lays them down: `object:KIND` is `name (id)`, `change:KEY` is
//! `from → to`, `attribute:NAME` is a value.

use bbsec_core::Event;

/// The value of a field whose name, without its prefix, contains one of the words; case does not matter.
pub(super) fn find<'a>(event: &'a Event, prefix: &str, words: &[&str]) -> Option<&'a str> {
    event.extra.iter().find_map(|(name, value)| {
        let rest = name.strip_prefix(prefix)?.to_ascii_lowercase();
        (words.iter().any(|word| rest == *word) && !value.is_empty()).then_some(value.as_str())
    })
}

/// `name (id)` as name and id.
pub(super) fn object<'a>(event: &'a Event, kinds: &[&str]) -> Option<(&'a str, Option<&'a str>)> {
    let value = find(event, "object:", kinds)?;
    Some(match value.strip_suffix(')').and_then(|value| value.rsplit_once(" (")) {
        Some((name, id)) => (name, Some(id)),
        None => (value, None),
    })
}

/// Every change: key, from, to.
pub(super) fn changes(event: &Event) -> impl Iterator<Item = (&str, &str, &str)> {
    event.extra.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix("change:")?;
        let (from, to) = value.split_once('→')?;
        Some((key, from.trim(), to.trim()))
    })
}

/// Every text of the event that may name a permission or group.
pub(super) fn texts(event: &Event) -> String {
    let mut all = String::new();
    for (name, value) in &event.extra {
        if name.starts_with("object:")
            || name.starts_with("change:")
            || name.starts_with("attribute:")
            || name == "details"
        {
            all.push_str(value);
            all.push('\n');
        }
    }
    all
}
