//! `.gitleaksignore`: findings that somebody has looked at, as `[commit:]file:rule:line`.
//!
//! Source: the gitleaks README, "gitleaksignore". Only a file that the responder names is used; one that lies in a
//! scanned repository is evidence, and silences nothing.

use std::{collections::HashSet, path::Path};

use crate::SecretsError;

/// What such a file leaves out.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    lines: HashSet<String>,
}

impl Ignore {
    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, SecretsError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| SecretsError::ReadFile { path: file.into(), source })?;
        let lines =
            text.lines().map(|line| line.split('#').next().unwrap_or_default().trim().replace('\\', "/"));
        Ok(Self { lines: lines.filter(|line| !line.is_empty()).collect() })
    }

    /// Whether it names this place.
    pub(crate) fn names(
        &self,
        commit: Option<&str>,
        path: Option<&str>,
        rule: &str,
        line: Option<u64>,
    ) -> bool {
        let (Some(path), Some(line)) = (path, line) else { return false };
        let place = format!("{path}:{rule}:{line}");
        self.lines.contains(&place)
            || commit.is_some_and(|commit| self.lines.contains(&format!("{commit}:{place}")))
    }
}
