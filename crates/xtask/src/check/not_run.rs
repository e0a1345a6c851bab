//! Finds the `not run: …` lines that tests print when a program they ask is absent.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result};

/// Reasons that no set-up can remove: data that is not ours to ship, and what a kernel does not let us do. They are
/// told, and do not count as left out.
const EXCUSED: [&str; 3] = ["BBSEC_SECRET_EXAMPLES", "shared/data/", "mount namespace"];

/// Whether the reason is one of those.
pub(super) fn is_excused(reason: &str) -> bool {
    EXCUSED.iter().any(|excuse| reason.contains(excuse))
}

/// Every distinct reason in nextest's JUnit report, which keeps the output of tests that passed.
pub(super) fn reasons(junit: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(junit)
        .with_context(|| format!("the test runner left no report at {}", junit.display()))?;
    let found: BTreeSet<String> = text.lines().filter_map(reason).collect();
    Ok(found.into_iter().collect())
}

fn reason(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("not run: ")?;
    let rest = rest.split("</system-").next().unwrap_or(rest);
    Some(rest.replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_found_at_any_place_of_the_report() {
        let line = "<system-out>not run: plaso &amp; bagit</system-out>";
        assert_eq!(reason(line).as_deref(), Some("plaso & bagit"));
        assert_eq!(reason("test result: ok"), None);
    }
}
