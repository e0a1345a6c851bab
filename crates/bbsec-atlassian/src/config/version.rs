//! P-VERSION: published vulnerabilities of the product that apply to the version that ran.

use bbsec_core::{Confidence, Place, Severity};

use super::Out;
use crate::home::{Home, Product};

/// Versions from `from` (included) on, up to `to` (excluded), are affected.
struct Range(&'static [u32], &'static [u32]);

struct Vulnerability {
    product: Product,
    id: &'static str,
    what: &'static str,
    ranges: &'static [Range],
    exploited: bool,
}

macro_rules! cve {
    ($product:ident, $id:literal, $what:literal, $exploited:literal, [$($from:expr => $to:expr),+]) => {
        Vulnerability { product: Product::$product, id: $id, what: $what, exploited: $exploited, ranges: &[$(Range(&$from, &$to)),+] }
    };
}

const KNOWN: [Vulnerability; 21] = [
    cve!(Bitbucket, "CVE-2022-36804", "commands through the archive and other REST resources", true, [[7] => [7, 6, 17], [7, 7] => [7, 17, 10], [7, 18] => [7, 21, 4], [8, 0] => [8, 0, 3], [8, 1] => [8, 1, 3], [8, 2] => [8, 2, 2], [8, 3] => [8, 3, 1]]),
    cve!(Bitbucket, "CVE-2022-43781", "commands through a user name", false, [[7] => [7, 6, 19], [7, 7] => [7, 17, 12], [7, 18] => [7, 21, 6], [7, 22] => [8, 0, 5], [8, 1] => [8, 1, 5], [8, 2] => [8, 2, 4], [8, 3] => [8, 3, 3], [8, 4] => [8, 4, 2]]),
    cve!(Bitbucket, "CVE-2019-15012", "files written through the editor", false, [[4, 13] => [5, 16, 11], [6] => [6, 9, 1]]),
    cve!(Confluence, "CVE-2023-22515", "an administrator's account for anybody", true, [[8] => [8, 3, 3], [8, 4] => [8, 4, 3], [8, 5] => [8, 5, 2]]),
    cve!(Confluence, "CVE-2023-22518", "setup again, with a backup of anybody's", true, [[0] => [7, 19, 16], [7, 20] => [8, 3, 4], [8, 4] => [8, 4, 4], [8, 5] => [8, 5, 3], [8, 6] => [8, 6, 1]]),
    cve!(Confluence, "CVE-2023-22527", "code through a template", true, [[8] => [8, 5, 4]]),
    cve!(Confluence, "CVE-2022-26134", "code through an OGNL expression in the address", true, [[1, 3] => [7, 4, 17], [7, 5] => [7, 13, 7], [7, 14] => [7, 14, 3], [7, 15] => [7, 15, 2], [7, 16] => [7, 16, 4], [7, 17] => [7, 17, 4], [7, 18] => [7, 18, 1]]),
    cve!(Confluence, "CVE-2021-26084", "code through an OGNL expression in a form", true, [[0] => [6, 13, 23], [6, 14] => [7, 4, 11], [7, 5] => [7, 11, 6], [7, 12] => [7, 12, 5]]),
    cve!(Confluence, "CVE-2019-3396", "files and code through a macro's preview", true, [[0] => [6, 6, 12], [6, 7] => [6, 12, 3], [6, 13] => [6, 13, 3], [6, 14] => [6, 14, 2]]),
    cve!(Bitbucket, "CVE-2019-3397", "files written through a migration import", false, [[0] => [5, 13, 6], [5, 14] => [5, 14, 4], [5, 15] => [5, 15, 3], [5, 16] => [5, 16, 3], [6] => [6, 0, 3], [6, 1] => [6, 1, 2]]),
    cve!(Bitbucket, "CVE-2019-15010", "commands through user input to the editor", false, [[3] => [5, 16, 11], [6] => [6, 0, 11], [6, 1] => [6, 1, 9], [6, 2] => [6, 2, 7], [6, 3] => [6, 3, 6], [6, 4] => [6, 4, 4], [6, 5] => [6, 5, 3], [6, 6] => [6, 6, 3], [6, 7] => [6, 7, 3], [6, 8] => [6, 8, 2], [6, 9] => [6, 9, 1]]),
    cve!(Bitbucket, "CVE-2019-20097", "commands through a pushed file", false, [[1] => [5, 16, 11], [6] => [6, 0, 11], [6, 1] => [6, 1, 9], [6, 2] => [6, 2, 7], [6, 3] => [6, 3, 6], [6, 4] => [6, 4, 4], [6, 5] => [6, 5, 3], [6, 6] => [6, 6, 3], [6, 7] => [6, 7, 3], [6, 8] => [6, 8, 2], [6, 9] => [6, 9, 1]]),
    cve!(Confluence, "CVE-2021-26085", "files read through a resource address", true, [[0] => [7, 4, 10], [7, 5] => [7, 12, 3]]),
    cve!(Confluence, "CVE-2019-3398", "files written through an attachment's name", true, [[2] => [6, 6, 13], [6, 7] => [6, 12, 4], [6, 13] => [6, 13, 4], [6, 14] => [6, 14, 3], [6, 15] => [6, 15, 2]]),
    cve!(Confluence, "CVE-2024-21683", "code through a macro language's upload", false, [[5, 2] => [7, 19, 22], [7, 20] => [8, 5, 9], [8, 6] => [8, 9, 1]]),
    cve!(Jira, "CVE-2019-11581", "code through mail forms", true, [[4, 4] => [7, 6, 14], [7, 7] => [7, 13, 5], [8] => [8, 0, 3], [8, 1] => [8, 1, 2], [8, 2] => [8, 2, 3]]),
    cve!(Jira, "CVE-2021-26086", "files read through a resource address", true, [[0] => [8, 5, 14], [8, 6] => [8, 13, 6], [8, 14] => [8, 16, 1]]),
    cve!(Jira, "CVE-2020-29453", "files read through a dotted resource address", false, [[0] => [8, 5, 11], [8, 6] => [8, 13, 3], [8, 14] => [8, 15]]),
    cve!(Jira, "CVE-2019-8442", "files read through a resource address", false, [[0] => [7, 13, 4], [8] => [8, 0, 4], [8, 1] => [8, 1, 1]]),
    cve!(Jira, "CVE-2019-8451", "requests to other hosts through a gadget", false, [[7, 6] => [8, 4]]),
    cve!(Jira, "CVE-2022-0540", "actions without a login", false, [[0] => [8, 13, 18], [8, 14] => [8, 20, 6], [8, 21] => [8, 22, 0]]),
];

fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

pub(super) fn check(home: &Home, out: &mut Out) {
    let Some((version, how)) = home.version() else { return };
    let ours = numbers(version);
    if ours.len() < 2 {
        return;
    }
    out.answer("P-VERSION");
    for known in KNOWN.iter().filter(|known| known.product == home.product()) {
        let hit =
            known.ranges.iter().any(|Range(from, to)| ours.as_slice() >= *from && ours.as_slice() < *to);
        if !hit {
            continue;
        }
        let severity = if known.exploited { Severity::Critical } else { Severity::High };
        let title = format!("{} applies to version {version}: {}", known.id, known.what);
        let mut why = vec![format!("the version is told by {how}")];
        if known.exploited {
            why.push("it is on CISA's list of vulnerabilities that are exploited".into());
        }
        let at = how.rsplit_once(" in ").map_or_else(|| Place::file(how), |(_, file)| Place::file(file));
        let fix = "rebuild from the newest long-term support release; do not patch a compromised node";
        out.fail("P-VERSION", title, severity, known.id, at, fix, &why);
        if let Some(last) = out.findings.last_mut() {
            last.confidence = Confidence::Medium;
        }
    }
}
