//! The report's tables as CSV: the work list, what was touched, findings, the timeline, evidence, what is not known.

use bbsec_core::{Time, escape};

use crate::{Error, Report, words};

/// File names and contents.
pub fn tables(report: &Report) -> Result<Vec<(&'static str, String)>, Error> {
    Ok(vec![
        ("rotation.csv", rotation(report)?),
        ("targets.csv", targets(report)?),
        ("findings.csv", findings(report)?),
        ("timeline.csv", timeline(report)?),
        ("evidence.csv", evidence(report)?),
        ("unknown.csv", unknown(report)?),
    ])
}

/// Rows as CSV; every cell goes through the one escaping module, so that no spreadsheet takes it for a formula.
fn write<const N: usize>(
    name: &'static str,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<String, Error> {
    let failed = |source| Error::Csv { name, source };
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(head).map_err(failed)?;
    for row in rows {
        out.write_record(row.iter().map(|cell| escape::csv(cell).into_owned())).map_err(failed)?;
    }
    let bytes = out.into_inner().map_err(|error| failed(csv::Error::from(error.into_error())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn time(time: Option<Time>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

fn rotation(report: &Report) -> Result<String, Error> {
    let head = [
        "rank",
        "id",
        "class",
        "public_id",
        "kind",
        "provider",
        "title",
        "severity",
        "confidence",
        "administrator",
        "first_exposed",
        "uses",
        "owner",
        "why",
        "revoke",
        "state",
        "by",
        "at",
    ];
    let rows = report.rotation.items.iter().map(|item| {
        let state = item.state.as_ref();
        [
            item.rank.to_string(),
            item.id.clone(),
            item.class.name().into(),
            item.public_id.clone().unwrap_or_default(),
            item.kind.clone(),
            item.provider.clone(),
            item.title.clone(),
            item.severity.name().into(),
            item.confidence.name().into(),
            item.administrator.clone().unwrap_or_default(),
            time(item.first_exposed),
            item.used.iter().map(|used| used.count).fold(0, u64::saturating_add).to_string(),
            item.owner.clone().unwrap_or_default(),
            item.why.join(" "),
            item.revoke.join(" ; "),
            state.map_or_else(|| "open".into(), |state| state.state.clone()),
            state.map(|state| state.by.clone()).unwrap_or_default(),
            time(state.map(|state| state.at)),
        ]
    });
    write("rotation.csv", head, rows)
}

fn targets(report: &Report) -> Result<String, Error> {
    let head =
        ["kind", "id", "name", "taken", "bytes_out", "verbs", "first", "last", "actors", "credentials"];
    let rows = report.touched.targets.iter().map(|target| {
        let ranks: Vec<String> = target.credentials.iter().map(usize::to_string).collect();
        [
            target.kind.into(),
            target.id.clone(),
            target.name.clone().unwrap_or_default(),
            target.taken.into(),
            target.bytes_out.to_string(),
            words::verbs(&target.verbs),
            time(Some(target.first)),
            time(Some(target.last)),
            target.actors.join("; "),
            ranks.join(" "),
        ]
    });
    write("targets.csv", head, rows)
}

fn findings(report: &Report) -> Result<String, Error> {
    let head = [
        "id",
        "analysis",
        "rule",
        "severity",
        "confidence",
        "at",
        "title",
        "subject_kind",
        "subject",
        "actor",
        "why",
        "evidence",
        "fix",
    ];
    let rows = report.findings.iter().map(|finding| {
        let places: Vec<String> = finding
            .evidence
            .iter()
            .take(12)
            .map(|place| format!("{} @ {}+{}", place.file, place.offset, place.length))
            .collect();
        [
            finding.id.clone(),
            finding.analysis.clone(),
            finding.rule.clone(),
            finding.severity.name().into(),
            finding.confidence.name().into(),
            time(finding.at),
            finding.title.clone(),
            finding.subject.kind.clone(),
            finding.subject.id.clone(),
            finding.actor.clone().unwrap_or_default(),
            finding.why.join(" "),
            places.join("; "),
            finding.fix.clone().unwrap_or_default(),
        ]
    });
    write("findings.csv", head, rows)
}

fn timeline(report: &Report) -> Result<String, Error> {
    let head = ["number", "time", "end", "by", "what", "actor", "finding", "evidence"];
    let rows = report.happened.marks.iter().map(|mark| {
        let sources: Vec<String> = mark.sources.iter().map(|n| format!("[{n}]")).collect();
        [
            mark.number.to_string(),
            time(Some(mark.time)),
            time(mark.end),
            if mark.lane == crate::Lane::Attack { "actor".into() } else { "us".into() },
            mark.title.clone(),
            mark.actor.clone().unwrap_or_default(),
            mark.finding.clone().unwrap_or_default(),
            sources.join(" "),
        ]
    });
    write("timeline.csv", head, rows)
}

fn evidence(report: &Report) -> Result<String, Error> {
    let head = ["number", "file", "offset", "length", "in_bag", "sha256", "show"];
    let rows = report.sources.iter().map(|source| {
        [
            source.number.to_string(),
            source.file.clone(),
            source.offset.to_string(),
            source.length.to_string(),
            source.in_bag.clone().unwrap_or_default(),
            source.sha256.clone().unwrap_or_default(),
            source.show.clone().unwrap_or_default(),
        ]
    });
    write("evidence.csv", head, rows)
}

fn unknown(report: &Report) -> Result<String, Error> {
    let head = ["what", "count", "unread", "why", "subjects", "where_to_look"];
    let rows = report.unknown.iter().map(|unknown| {
        [
            unknown.what.clone(),
            unknown.count.to_string(),
            unknown.unread.to_string(),
            unknown.why.join(" "),
            unknown.subjects.join("; "),
            unknown.look.clone().unwrap_or_default(),
        ]
    });
    write("unknown.csv", head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{example, model};

    #[test]
    fn no_cell_is_a_formula_and_every_row_is_there() {
        let report = model(&example::hostile());
        for (name, table) in tables(&report).unwrap() {
            let mut reader = csv::Reader::from_reader(table.as_bytes());
            let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
            for cell in rows.iter().flatten() {
                let first = cell.trim_start().chars().next();
                assert!(!matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r')), "{name}: {cell}");
                assert!(!cell.contains(['\u{1b}', '\u{202e}']), "{name}: {cell}");
            }
            if name == "findings.csv" {
                assert_eq!(rows.len(), report.findings.len());
            }
        }
    }
}
