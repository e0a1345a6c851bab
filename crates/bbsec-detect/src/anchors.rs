//! Words without which a rule cannot match, read out of its detection: so that nearly every line of a log is passed by
//! after one search for all words of all rules.

use serde_json::{Map, Value};

/// Fields whose values say too little, or are not in the line as the rule writes them.
const WEAK: [&str; 5] = ["cs-method", "cs-username", "sc-status", "c-ip", "cs-bytes"];
/// Shorter words stand in every other line.
const SHORTEST: usize = 3;

/// One of these stands in every event that the rule matches. `None`: that cannot be told, so the rule is always asked.
pub(crate) fn anchors(detection: &Value) -> Option<Vec<String>> {
    let detection = detection.as_object()?;
    let condition = detection.get("condition")?.as_str()?;
    let parts: Vec<&str> = condition.split_whitespace().collect();
    let simple = !condition.contains('(') && !parts.contains(&"or");
    if !simple {
        // Something positive must hold, whatever it is; a negation beside an `or` may hold by itself.
        if parts.iter().any(|part| part.trim_start_matches('(') == "not") {
            return None;
        }
        return union(selections(detection, "*"));
    }
    // Of all that must hold, the one with the rarest words.
    condition
        .split(" and ")
        .filter_map(|part| {
            let words: Vec<&str> = part.split_whitespace().collect();
            match words.as_slice() {
                [name] => selection(detection.get(*name)?),
                ["1" | "any", "of", pattern] => union(selections(detection, pattern)),
                ["all", "of", pattern] => {
                    selections(detection, pattern).into_iter().flatten().max_by_key(|words| rarity(words))
                }
                _ => None,
            }
        })
        .max_by_key(|words| rarity(words))
}

/// The length of the shortest word: long words are rare.
fn rarity(words: &[String]) -> usize {
    words.iter().map(String::len).min().unwrap_or(0)
}

/// Anchors of every selection whose name fits `name*` or `them`.
fn selections(detection: &Map<String, Value>, pattern: &str) -> Vec<Option<Vec<String>>> {
    let prefix = if pattern == "them" { "" } else { pattern.trim_end_matches('*') };
    let of = detection.iter().filter(|(name, _)| *name != "condition" && name.starts_with(prefix));
    of.map(|(_, value)| selection(value)).collect()
}

fn union(all: Vec<Option<Vec<String>>>) -> Option<Vec<String>> {
    let all: Option<Vec<Vec<String>>> = all.into_iter().collect();
    all.map(|all| all.concat()).filter(|words| !words.is_empty())
}

fn selection(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Object(fields) => {
            fields.iter().filter_map(|(name, value)| field(name, value)).max_by_key(|words| rarity(words))
        }
        Value::Array(items) => union(
            items
                .iter()
                .map(|item| match item {
                    Value::String(word) => fragment(word).map(|word| vec![word]),
                    other => selection(other),
                })
                .collect(),
        ),
        Value::String(word) => fragment(word).map(|word| vec![word]),
        _ => None,
    }
}

fn field(name: &str, value: &Value) -> Option<Vec<String>> {
    let mut parts = name.split('|');
    let name = parts.next()?;
    let modifiers: Vec<&str> = parts.collect();
    let plain =
        modifiers.iter().all(|m| matches!(*m, "contains" | "startswith" | "endswith" | "all" | "cased"));
    if !plain || WEAK.contains(&name) {
        return None;
    }
    let values = match value {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let words = values.iter().map(|value| value.as_str().and_then(fragment));
    if modifiers.contains(&"all") {
        return words.flatten().max_by_key(String::len).map(|word| vec![word]);
    }
    words.collect::<Option<Vec<String>>>().filter(|words| !words.is_empty())
}

/// The longest stretch between wildcards.
fn fragment(value: &str) -> Option<String> {
    if value.contains('\\') || !value.is_ascii() {
        return None;
    }
    let longest = value.split(['*', '?']).max_by_key(|part| part.len())?;
    (longest.len() >= SHORTEST).then(|| longest.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_those_without_which_nothing_matches() {
        for (detection, expected) in [
            (
                json!({"selection": {"cs-method": "POST", "cs-uri-query|contains": ["/a/b", "/c/dd"]}, "condition": "selection"}),
                Some(vec!["/a/b", "/c/dd"]),
            ),
            (
                json!({"one": {"c-uri|contains": "first"}, "two": {"c-uri|contains": "a-longer-one"}, "condition": "one and two"}),
                Some(vec!["a-longer-one"]),
            ),
            (
                json!({"one": {"c-uri|contains": "first"}, "off": {"c-uri|contains": "never"}, "condition": "one and not off"}),
                Some(vec!["first"]),
            ),
            (
                json!({"one": {"c-uri": "first"}, "two": {"c-uri": "second"}, "condition": "1 of them"}),
                Some(vec!["first", "second"]),
            ),
            (json!({"words": ["${jndi:*ldap"], "condition": "words"}), Some(vec!["${jndi:"])),
            (json!({"one": {"c-uri|re": "x.*"}, "condition": "one"}), None),
            (json!({"one": {"sc-status": 200}, "condition": "one"}), None),
            (json!({"one": {"c-uri": "abc"}, "two": {"c-uri": "def"}, "condition": "one or not two"}), None),
            (
                json!({"a": {"c-uri": "abc"}, "b": {"c-uri": "defg"}, "c": {"c-uri": "hij"}, "condition": "a and (b or c)"}),
                Some(vec!["abc", "defg", "hij"]),
            ),
        ] {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(anchors(&detection), expected, "{detection}");
        }
    }
}
