//! The table of trials, as the documentation shows it.

use std::{collections::BTreeMap, fmt::Write as _};

use super::Row;

/// One table per subject: what was hit, how often, and whether the end was the same. Rows that do not hold stand alone.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "<!-- Written by `cargo xtask crash --out docs/crash-table.md`. -->\n# Cut short, and resumed\n\n\
         Each trial is one blow to a real run of the program on the AWS lab, with a case of its own. Then it is resumed until it ends\n\
         as an undisturbed run does. It holds when boto3 sees the same end state, nothing was made twice, `bbsec-ir verify`\n\
         accepts the case, and taking it back restores the world as it was before.\n",
    );
    let mut subjects: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        subjects.entry(row.subject).or_default().push(row);
    }
    for (subject, rows) in subjects {
        let held = rows.iter().filter(|row| row.holds()).count();
        let _ = write!(text, "\n## {subject}: {held} of {} trials hold\n\n", rows.len());
        text.push_str("| hit at | how | trials | hold | resumed | taken back |\n|---|---|--:|--:|--:|--:|\n");
        let mut groups: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
        for row in rows {
            groups.entry((row.blow.what(), row.blow.kind())).or_default().push(row);
        }
        for ((what, kind), rows) in groups {
            let count = |test: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| test(row)).count();
            let resumed: usize = rows.iter().map(|row| row.resumed).sum();
            let back = if rows.iter().all(|row| row.taken_back.is_none()) {
                "–".to_owned()
            } else {
                count(&|row| row.taken_back == Some(true)).to_string()
            };
            let _ = writeln!(
                text,
                "| {what} | {kind} | {} | {} | {resumed} | {back} |",
                rows.len(),
                count(&Row::holds)
            );
            for row in rows.iter().filter(|row| !row.holds()) {
                let problems = row.problems.join("; ").replace('|', "/").replace('\n', " ");
                let _ = writeln!(
                    text,
                    "| ↳ number {} | {} → {} | | | | {problems} |",
                    row.blow.number(),
                    row.ended,
                    row.closed
                );
            }
        }
    }
    text
}
