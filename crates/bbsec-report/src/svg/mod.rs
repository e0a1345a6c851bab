//! Pictures, written as SVG that the page's style sheet colours. Text from evidence is escaped here.

mod join;
mod timeline;

pub(crate) use join::{chains, join};
pub(crate) use timeline::timeline;

use bbsec_core::escape;

/// Text that fits into `max` characters, escaped.
fn label(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return escape::html(text);
    }
    // The end of a name says as much as its beginning.
    let head: String = text.chars().take(max * 2 / 3).collect();
    let tail_len = max.saturating_sub(head.chars().count() + 1);
    let tail: String = text.chars().skip(count - tail_len).collect();
    escape::html(&format!("{head}…{tail}"))
}
