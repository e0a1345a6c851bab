//! The report as Markdown: for tickets, wikis and diffs.

use minijinja::context;

use super::{of, render};
use crate::{Error, Report};

const TEMPLATE: &str = include_str!("../../templates/report.md");
/// Rows of a table; the rest is in the CSV files.
const ROWS: usize = 300;

/// The report as Markdown.
pub fn markdown(report: &Report) -> Result<String, Error> {
    fn first<T>(all: &[T]) -> &[T] {
        all.get(..ROWS).unwrap_or(all)
    }
    let targets = first(&report.touched.targets);
    let findings = first(&report.findings);
    let context = context! {
        case => of(&report.case),
        answers => of(&report.answers),
        happened => of(&report.happened),
        targets => of(&targets),
        more_targets => report.touched.targets.len() - targets.len(),
        rotation => super::rotation_context(&report.rotation, ROWS),
        done => of(&report.done),
        recovery => of(&report.recovery),
        unknown => of(&report.unknown),
        fields => of(&report.fields),
        deadlines => of(&report.deadlines),
        findings => of(&findings),
        more_findings => report.findings.len() - findings.len(),
        sources => of(&report.sources),
    };
    render("report.md", TEMPLATE, context)
}
