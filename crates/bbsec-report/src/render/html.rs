//! The page: one file without network, under a policy that lets only its own script and style run.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{Value, context};
use sha2::{Digest, Sha256};

use super::{of, render, table};
use crate::{Error, Report, svg};

const PAGE: &str = include_str!("../../templates/report.html");
const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// Cards of the rotation list that are written out; the table holds all.
pub(crate) const CARDS: usize = 40;

/// The report as one self-contained page.
pub fn html(report: &Report) -> Result<String, Error> {
    let safe = |text: Option<String>| text.map(Value::from_safe_string);
    let tables =
        [table::rotation(report), table::targets(report), table::findings(report)].map(table::Table::view);
    let [rotation_table, targets_table, findings_table] = tables;
    let context = context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        policy => policy(),
        case => of(&report.case),
        tlp_class => tlp_class(report.case.tlp.as_deref()),
        glance => of(&report.glance),
        answers => of(&report.answers),
        happened => of(&report.happened),
        volumes => of(&report.touched.volumes),
        ordinary => report.touched.ordinary,
        rotation => super::rotation_context(&report.rotation, CARDS),
        done => of(&report.done),
        recovery => of(&report.recovery),
        unknown => of(&report.unknown),
        fields => of(&report.fields),
        deadlines => of(&report.deadlines),
        set_aside => of(&report.set_aside),
        sources => of(&report.sources),
        timeline_wide => safe(svg::timeline(report, 1120)),
        timeline_narrow => safe(svg::timeline(report, 400)),
        join => safe(svg::join(report)),
        chains => svg::chains(report),
        rotation_table => of(&rotation_table?),
        targets_table => of(&targets_table?),
        findings_table => of(&findings_table?),
    };
    render("report.html", PAGE, context)
}

/// The colours that FIRST gives its marks (TLP 2.0); another mark has none.
fn tlp_class(tlp: Option<&str>) -> &'static str {
    match tlp.unwrap_or_default().trim().to_ascii_uppercase().trim_start_matches("TLP:") {
        "RED" => "red",
        "AMBER" | "AMBER+STRICT" => "amber",
        "GREEN" => "green",
        _ => "clear",
    }
}

/// Nothing is loaded, and only this script and this style may run.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}
