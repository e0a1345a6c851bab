//! The one place where bytes from evidence are made safe to show.
//!
//! Every byte of a log, repository or database may have been written by the attacker. Text from there reaches a
//! terminal, an HTML page, a CSV cell, Markdown or a path only through one of these functions.

use std::{borrow::Cow, fmt::Write as _};

/// Whether a character changes what a reader sees around it: controls, bidirectional overrides, invisible marks.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Writes what deceives as `\u{…}`, so that it is seen and cannot act.
fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(deceives) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if deceives(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// For a terminal, one line: no control or escape sequence, no reordering mark survives.
pub fn terminal(text: &str) -> Cow<'_, str> {
    visible(text)
}

/// For HTML text and quoted attribute values.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            c => out.push(c),
        }
    }
    out
}

/// For JSON inside an HTML `<script>` or `<template>`: the JSON text, unable to end its element.
pub fn json_in_html(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// For a CSV cell's content (quoting is the CSV writer's): a cell that a spreadsheet would take for a formula gets a
/// leading apostrophe.
pub fn csv(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    match text.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}') => {
            Cow::Owned(format!("'{text}"))
        }
        // A cell that began with a tab or carriage return now begins with its escape.
        _ if text.starts_with('\\') => Cow::Owned(format!("'{text}")),
        _ => text,
    }
}

/// For Markdown text, Jira's markup included: no markup, link, image, table cell or HTML can begin inside it. What is
/// harmless where it stands, such as the hyphens and colons of a date, stays readable.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let text = visible(text);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let inside = before.is_alphanumeric() && after.is_alphanumeric();
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A list, heading, rule or underline begins only at the edge of a word.
            '#' | '+' | '-' | '=' if inside => out.push(c),
            ':' if after == ' ' || inside => out.push(c),
            // Parentheses make a link only after a bracket.
            '(' if before == ']' => out.push_str("\\("),
            // GitHub makes a link of `www.` on its own.
            '.' if before == 'w' || before == 'W' => out.push_str("\\."),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '+' | '-' | '!' | '|' | '~' | ':'
            | '@' | '=' | '^' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// For inline code in Markdown: what cannot end the code span or the table cell around it.
pub fn markdown_code(text: &str) -> String {
    let text = visible(text).replace('|', "\\u{7c}").replace('<', "\\u{3c}");
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// For one word of a POSIX shell command that a person will paste: quoted where it needs to be, never an option.
pub fn shell_word(text: &str) -> String {
    let text = visible(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.into_owned();
    }
    let quoted = text.replace('\'', r"'\''");
    if quoted.starts_with('-') { format!("'./{quoted}'") } else { format!("'{quoted}'") }
}

/// For one component of a path that we create: no separator, no dot folder, nothing that Windows refuses either, at
/// most 120 bytes. Different inputs may give the same name; callers add a number or hash where that matters.
pub fn path_component(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let safe = c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=' | '@' | '+' | ',' | '~');
        if out.len() >= 120 {
            break;
        }
        out.push(if safe { c } else { '_' });
    }
    if out.is_empty() || out.chars().all(|c| c == '.') {
        out = "_".into();
    }
    if out.starts_with(['.', '-', '~']) {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "\u{1b}[31mred\u{202e}txt.exe\r\n<script>alert(1)</script>\u{0}";

    #[test]
    fn nothing_that_acts_survives() {
        let shown = terminal(HOSTILE);
        assert!(shown.chars().all(|c| !deceives(c)), "{shown}");
        assert!(shown.contains("\\u{1b}") && shown.contains("\\u{202e}"));
        assert!(!html(HOSTILE).contains('<'));
        assert!(!json_in_html("{\"a\":\"</script>\"}").contains("</"));
        assert!(!markdown("[x](javascript:1) <b>|\n").contains("]("));
    }

    #[test]
    fn markdown_keeps_dates_readable_and_nothing_active() {
        for (text, escaped) in [
            ("2026-11-18 03:14:05Z", "2026-11-18 03:14:05Z"),
            ("- item", "\\- item"),
            ("http://x", "http\\://x"),
            ("www.x.example", "www\\.x.example"),
            ("!img!", "\\!img\\!"),
            ("why: because", "why: because"),
            ("f(x)", "f(x)"),
            ("[x](y)", "\\[x\\]\\(y)"),
        ] {
            assert_eq!(markdown(text), escaped);
        }
        assert_eq!(markdown_code("a`b|c"), "``a`b\\u{7c}c``");
    }

    #[test]
    fn shell_words_are_one_word() {
        for (text, word) in
            [("AKIAX", "AKIAX"), ("a b", "'a b'"), ("$(x)'", r"'$(x)'\'''"), ("-rf", "'./-rf'"), ("", "''")]
        {
            assert_eq!(shell_word(text), word);
        }
    }

    #[test]
    fn formulas_are_text() {
        for cell in ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "\r=1", " =1"] {
            assert!(csv(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(csv("plain"), "plain");
    }

    #[test]
    fn paths_stay_in_their_folder() {
        for (name, safe) in
            [("../../etc/passwd", "_.._.._etc_passwd"), ("..", "_"), ("", "_"), ("a b", "a_b")]
        {
            assert_eq!(path_component(name), safe);
        }
        assert!(path_component(&"x".repeat(500)).len() <= 121);
    }
}
