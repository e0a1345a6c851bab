//! YAML to a playbook, within a budget: alias bombs, endless files and deep nesting end in a message.

use serde_saphyr::{Options, budget, options};

use crate::{Diagnostic, Playbook};

/// No playbook that a person wrote is larger.
const MAX_BYTES: usize = 1024 * 1024;

fn strict() -> Options {
    options! {
        budget: budget! {
            max_events: 50_000,
            max_nodes: 25_000,
            max_depth: 40,
            max_documents: 1,
            max_aliases: 200,
            max_anchors: 200,
            max_total_scalar_bytes: 2 * 1024 * 1024,
        },
        strict_booleans: true,
        with_snippet: false,
    }
}

/// Reads a playbook. The YAML library stops at its first error; everything after that is [`crate::validate`]'s.
pub fn parse(text: &str) -> Result<Playbook, Diagnostic> {
    if text.len() > MAX_BYTES {
        return Err(Diagnostic::error(
            "PB001",
            format!("the playbook is {} bytes long; at most {MAX_BYTES} are read", text.len()),
            None,
        ));
    }
    serde_saphyr::from_str_with_options(text, strict()).map_err(|error| {
        let span = error.location().and_then(|location| {
            let span = location.span();
            let offset = usize::try_from(span.byte_offset()?).ok()?;
            Some((offset, usize::try_from(span.byte_len().unwrap_or(1)).ok()?.max(1)))
        });
        let line = error.location().map(|location| location.line());
        let message = error.without_snippet().to_string();
        let mut diagnostic = Diagnostic::error("PB002", first_line(&message), span);
        if let Some(help) = line.and_then(|line| flow_expression_help(text, line)) {
            diagnostic = diagnostic.help(help);
        }
        diagnostic
    })
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// `{ a: ${{ x }} }` is no YAML; the message of the parser does not say why.
fn flow_expression_help(text: &str, line: u64) -> Option<&'static str> {
    let index = usize::try_from(line).ok()?.saturating_sub(1);
    let near = text.lines().skip(index.saturating_sub(1)).take(2).any(|line| {
        line.find("${{").is_some_and(|at| line.get(..at).is_some_and(|before| before.contains(['{', '['])))
    });
    near.then_some("inside { } and [ ] write \"${{ … }}\" in quotes, or put the value on a line of its own")
}
