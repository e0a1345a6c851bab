//! Small pieces of text for people, used by several commands.

use bbsec_core::{Change, Severity, Touch, escape};
use serde_json::Value;

/// A change on one line: what, from what, to what.
pub(crate) fn change(change: &Change) -> String {
    let line = format!(
        "{} {}: {} → {}",
        change.operation,
        change.subject,
        short(&change.before),
        short(&change.after)
    );
    escape::terminal(&line).into_owned()
}

/// A value, short enough for a line.
pub(crate) fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".into(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    clip(&text, 120)
}

/// At most `most` characters.
pub(crate) fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut clipped: String = text.chars().take(most.saturating_sub(1)).collect();
    clipped.push('…');
    clipped
}

/// Bytes as people say them.
pub(crate) fn bytes(count: u64) -> String {
    indicatif::HumanBytes(count).to_string()
}

/// A severity as a word that sorts by eye.
pub(crate) fn severity(severity: Severity) -> String {
    severity.name().to_owned()
}

/// Who an actor is, short.
pub(crate) fn actor(touch: &Touch) -> String {
    let actor = &touch.actor;
    let mut text = actor.user.clone().unwrap_or_else(|| "anonymous".into());
    if let Some(token) = actor.tokens.first() {
        text.push_str(&format!(" token {token}"));
    } else if let Some(key) = actor.ssh_keys.first() {
        text.push_str(&format!(" key {key}"));
    }
    if let Some(ip) = actor.ips.first() {
        text.push_str(&format!(" from {ip}"));
        if actor.ips.len() > 1 {
            text.push_str(&format!(" +{}", actor.ips.len() - 1));
        }
    }
    text
}

/// Counts by verb, most first.
pub(crate) fn verbs(touch: &Touch) -> String {
    let mut verbs: Vec<(&String, &u64)> = touch.verbs.iter().collect();
    verbs.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    verbs.iter().map(|(verb, count)| format!("{verb} {count}")).collect::<Vec<_>>().join(", ")
}

/// Text in lines of at most so many characters, broken between words.
pub(crate) fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Everything that a finding says, for a person. Not yet escaped.
pub(crate) fn finding(finding: &bbsec_core::Finding) -> String {
    let mut text = format!(
        "{}  {}\n{} / confidence {}\n{} {}\n",
        finding.id,
        finding.title,
        finding.severity.name(),
        finding.confidence.name(),
        finding.subject.kind,
        finding.subject.name.as_ref().unwrap_or(&finding.subject.id),
    );
    if let Some(at) = finding.at {
        text.push_str(&format!("at {at}\n"));
    }
    text.push_str(&format!("rule {} of {}\n", finding.rule, finding.analysis));
    for why in &finding.why {
        text.push_str(&format!("  because {why}\n"));
    }
    for place in &finding.evidence {
        text.push_str(&format!("  see {} at byte {} ({} bytes)\n", place.file, place.offset, place.length));
    }
    if let Some(fix) = &finding.fix {
        text.push_str(&format!("  fix {fix}\n"));
    }
    text
}

/// Text line by line made safe for a terminal.
pub(crate) fn safe(text: &str) -> String {
    let safe: Vec<_> = text.lines().map(bbsec_core::escape::terminal).collect();
    format!("{}\n", safe.join("\n"))
}

/// A change on lines of at most `width` characters: what on the first, from what to what below it.
pub(crate) fn change_lines(change: &Change, indent: usize, width: usize) -> String {
    let mut text = String::new();
    let mut put = |deeper: usize, line: &str| {
        let room = width.saturating_sub(indent + deeper + 2).max(20);
        for (number, part) in wrap(line, room).into_iter().enumerate() {
            let hang = if number == 0 { 0 } else { 2 };
            text.push_str(&format!("{:1$}{2}\n", "", indent + deeper + hang, escape::terminal(&part)));
        }
    };
    put(0, &format!("{} {}", change.operation, change.subject));
    match (&change.before, &change.after) {
        (Value::Object(before), Value::Object(after)) if before.keys().eq(after.keys()) => {
            for ((name, from), to) in before.iter().zip(after.values()).filter(|((_, from), to)| from != to) {
                put(2, &format!("{name}: {} → {}", plain(from), plain(to)));
            }
            if before == after {
                put(2, &format!("is so already: {}", plain(&change.after)));
            }
        }
        (from, to) => put(2, &format!("{} → {}", plain(from), plain(to))),
    }
    text
}

/// A value in words: nothing is "none", lists and fields are divided by commas.
fn plain(value: &Value) -> String {
    let join = |parts: Vec<String>| if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    match value {
        Value::Array(items) => join(items.iter().map(plain).collect()),
        Value::Object(fields) => {
            join(fields.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect())
        }
        other => short(other),
    }
}
