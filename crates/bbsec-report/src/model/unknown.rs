//! What is not known, as plainly as what is: evidence that could not be read, and questions that it cannot answer.

use std::collections::BTreeMap;

use bbsec_core::{Gap, Place, Severity};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Happened, Recovery, Touched};
use crate::{CaseData, words};

/// Things of one kind that are named; the rest are counted.
const NAMED: usize = 12;

/// One thing that is not known.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Unknown {
    /// What is missing, in a word or two.
    pub what: String,
    /// True for evidence that exists and could not be read.
    pub unread: bool,
    /// How many.
    pub count: u64,
    /// What it means.
    pub why: Vec<String>,
    /// The things, as many as are named.
    pub subjects: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// What would settle it, where something would.
    pub look: Option<String>,
    /// Where, when there is a place.
    pub places: Vec<Place>,
}

pub(super) fn unknown(
    data: &CaseData,
    happened: &Happened,
    touched: &Touched,
    recovery: &Recovery,
) -> Vec<Unknown> {
    let mut all = standing(data, happened, touched, recovery);
    let mut groups: BTreeMap<(bool, &str), Vec<&Gap>> = BTreeMap::new();
    for gap in &data.gaps {
        groups.entry((gap.unread, &gap.kind)).or_default().push(gap);
    }
    let mut gaps: Vec<Unknown> = groups
        .into_iter()
        .map(|((unread, kind), gaps)| {
            let mut why: Vec<String> = Vec::new();
            for gap in &gaps {
                if !why.contains(&gap.why) && why.len() < 4 {
                    why.push(gap.why.clone());
                }
            }
            Unknown {
                what: kind.to_owned(),
                unread,
                count: gaps.iter().map(|gap| gap.count).fold(0, u64::saturating_add),
                why,
                subjects: gaps.iter().take(NAMED).map(|gap| gap.subject.clone()).collect(),
                more: gaps.len().saturating_sub(NAMED),
                look: None,
                places: gaps.iter().filter_map(|gap| gap.at.clone()).take(NAMED).collect(),
            }
        })
        .collect();
    gaps.sort_by(|a, b| (b.unread, b.count).cmp(&(a.unread, a.count)).then_with(|| a.what.cmp(&b.what)));
    all.extend(gaps);
    all
}

fn question(what: &str, why: impl Into<String>, look: &str) -> Unknown {
    Unknown {
        what: what.into(),
        unread: false,
        count: 1,
        why: vec![why.into()],
        subjects: Vec::new(),
        more: 0,
        look: Some(look.into()),
        places: Vec::new(),
    }
}

/// Questions that every such incident leaves, where this case does not answer them.
fn standing(data: &CaseData, happened: &Happened, touched: &Touched, recovery: &Recovery) -> Vec<Unknown> {
    let mut all = Vec::new();
    let ran = |part: &str| {
        data.steps.iter().any(|step| step.uses.contains(part) && step.state == "done")
            || data.findings.iter().any(|finding| part.ends_with(finding.analysis.as_str()))
    };
    let code = data.findings.iter().find(|finding| {
        finding.severity >= Severity::High
            && finding.subject.kind == "plugin"
            && !data.dismissed.contains_key(&finding.id)
    });
    if let Some(finding) = code {
        all.push(question(
            "What was read on the host's disk",
            format!(
                "Code of the actor may have run on the host ({}). Files read there leave no line in the product's logs: every repository, attachment and configuration file on its disks may have been read.",
                finding.title
            ),
            "Memory image, network flow logs (bytes out of the host), file access times in the snapshots",
        ));
    }
    if happened.first.is_some()
        && recovery.candidates.iter().all(|c| c.confidence < bbsec_core::Confidence::High)
    {
        all.push(question(
            "How the actor got in",
            "No candidate for the way in is proven by the evidence that was read.",
            "Candidates are listed under recovery; the identity provider's sign-in log; the workstation of the account's owner",
        ));
    }
    if happened.first.is_none() {
        all.push(question(
            "Whether and when there was an attack",
            "Nothing in the evidence that was read ties to a suspect. That does not show that nothing happened.",
            "Name suspects in the case's scope; read older logs; collect CloudTrail",
        ));
    }
    if !ran("scan.cloudtrail") {
        all.push(question(
            "What credentials were used for in AWS",
            "No CloudTrail was read in this case.",
            "bbsec-ir collect cloudtrail, then scan cloudtrail",
        ));
    } else if !data.findings.iter().any(|finding| finding.data.contains_key("credential")) {
        all.push(question(
            "Use of credentials outside CloudTrail",
            "CloudTrail shows AWS credentials only. Use of the other credentials shows in their own services' logs.",
            "The list to rotate names each service's log",
        ));
    }
    if data.secrets.is_empty() && !ran("scan.secrets") {
        all.push(question(
            "Which credentials stand in the repositories",
            "No repository was scanned for credentials in this case.",
            "bbsec-ir scan secrets",
        ));
    }
    if touched.targets.iter().any(|target| target.bytes_out == 0 && target.taken != "none") {
        let n = touched.targets.iter().filter(|t| t.bytes_out == 0 && t.taken != "none").count();
        all.push(question(
            "How much was taken",
            format!(
                "For {} the log counts no bytes, so the volumes given are lower bounds.",
                words::many(n, "target", "targets")
            ),
            "Load balancer logs and flow logs for the same minutes",
        ));
    }
    if data.isolation.is_none() {
        all.push(question(
            "Whether the host is cut off",
            "The case holds no verdict on isolation.",
            "bbsec-ir isolate --dry-run tells what is open; the provider's console",
        ));
    }
    all
}
