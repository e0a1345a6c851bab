//! What is wrong with a playbook, with its place.

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity,
};
use serde::Serialize;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The playbook is not run.
    Error,
    /// It is run; a person should look.
    Warning,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnostic {
    /// Stable code, `PB003`.
    pub code: &'static str,
    /// How much it matters.
    pub level: Level,
    /// One sentence.
    pub message: String,
    /// Byte offset and length.
    pub span: Option<(usize, usize)>,
    /// What to do.
    pub help: Option<String>,
    /// The words within the span that it is about.
    #[serde(skip)]
    needle: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>, span: Option<(usize, usize)>) -> Self {
        Self { code, level: Level::Error, message: message.into(), span, help: None, needle: None }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>, span: Option<(usize, usize)>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, message, span) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the words within the span that it is about.
    #[must_use]
    pub(crate) fn at(mut self, needle: &str) -> Self {
        self.needle = Some(needle.to_owned());
        self
    }

    /// Shrinks the span to the words that it is about.
    pub(crate) fn narrow(&mut self, text: &str) {
        let (Some((offset, length)), Some(needle)) = (self.span, &self.needle) else { return };
        let Some(within) = text.get(offset..offset.saturating_add(length)) else { return };
        if let Some(at) = within.find(needle.as_str()) {
            self.span = Some((offset + at, needle.len()));
        }
    }

    /// 1-based line and column.
    pub fn position(&self, text: &str) -> Option<(usize, usize)> {
        let before = text.get(..self.span?.0)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        Some((line, column))
    }
}

/// The diagnostics as a person reads them: each with its line of the file.
pub fn render(diagnostics: &[Diagnostic], file: &str, text: &str, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(80).with_links(false);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let mut shown = MietteDiagnostic::new(diagnostic.message.clone())
            .with_code(diagnostic.code)
            .with_severity(match diagnostic.level {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
            });
        if let Some(help) = &diagnostic.help {
            shown = shown.with_help(help.clone());
        }
        if let Some((offset, length)) = diagnostic.span {
            let end = offset.saturating_add(length).min(text.len());
            shown = shown.with_label(LabeledSpan::underline(offset.min(text.len())..end));
        }
        let report = Report::new(shown).with_source_code(NamedSource::new(file, text.to_owned()));
        if handler.render_report(&mut out, report.as_ref()).is_err() {
            out.push_str(&diagnostic.message);
        }
        out.push('\n');
    }
    out
}
