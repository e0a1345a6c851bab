//! The report as typed data: five answers, and what stands behind each.
//!
//! This is also the machine-readable form, `bbsec-ir.report/v1`.

mod answers;
mod blast;
mod deadlines;
mod done;
mod fields;
mod glance;
mod recovery;
mod sources;
mod story;
mod unknown;

use bbsec_core::{Finding, Time};
use schemars::JsonSchema;
use serde::Serialize;

pub use blast::{TargetView, Touched, Volume};
pub use deadlines::Deadline;
pub use done::{ChangeView, Containment, Done, EvidenceView, StepView};
pub use fields::{Field, field_keys};
pub use glance::{Figure, Tone};
pub use recovery::{Candidate, Recovery};
pub use sources::{Claim, Source};
pub(crate) use story::things;
pub use story::{ActorView, Happened, Lane, Mark, Period};
pub use unknown::Unknown;

use crate::{ActivityBucket, CaseData, RotationItem, rotation::rotation, scrub};

/// The schema of the machine-readable form.
pub const SCHEMA: &str = "bbsec-ir.report/v1";

/// Everything that the documents say.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// `bbsec-ir.report/v1`.
    pub schema: &'static str,
    /// Which case.
    pub case: Head,
    /// The case at a glance.
    pub glance: Vec<Figure>,
    /// The five answers, in order.
    pub answers: Answers,
    /// What happened and when.
    pub happened: Happened,
    /// What was touched.
    pub touched: Touched,
    /// What to rotate, first things first.
    pub rotation: Rotation,
    /// What was done.
    pub done: Done,
    /// How it may have begun, and from what one could rebuild.
    pub recovery: Recovery,
    /// What is not known.
    pub unknown: Vec<Unknown>,
    /// Facts that others will ask for.
    pub fields: Vec<Field>,
    /// What must be told to whom by when.
    pub deadlines: Vec<Deadline>,
    /// Conclusions, worst first.
    pub findings: Vec<Finding>,
    /// Conclusions that a person set aside, with the reason.
    pub set_aside: Vec<SetAside>,
    /// The evidence behind numbered claims.
    pub sources: Vec<Source>,
    /// Events over time.
    pub activity: Vec<ActivityBucket>,
}

/// Which case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Head {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// `Bitbucket`, …; `None` when it is not known.
    pub product: Option<String>,
    /// Exact version.
    pub product_version: Option<String>,
    /// Who responds.
    pub responder: Option<String>,
    /// When the case was opened.
    pub created: Time,
    /// When this was rendered.
    pub rendered_at: Time,
    /// Handling mark, as the case was told; none is assumed.
    pub tlp: Option<String>,
    /// Digest of the journal's last line.
    pub journal_head: Option<String>,
    /// The program.
    pub tool_version: String,
}

/// The five answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Answers {
    /// One sentence.
    pub headline: String,
    /// What happened and when.
    pub happened: Vec<Claim>,
    /// What was touched.
    pub touched: Vec<Claim>,
    /// What to rotate first and why.
    pub rotate: Vec<Claim>,
    /// What was done.
    pub done: Vec<Claim>,
    /// What is not known.
    pub unknown: Vec<Claim>,
}

/// The rotation list with its progress.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rotation {
    /// First things first.
    pub items: Vec<RotationItem>,
    /// How many are rotated.
    pub done: usize,
    /// How many are open.
    pub open: usize,
    /// How many were set aside.
    pub dismissed: usize,
    /// Items by class: title, how many, how many done.
    pub classes: Vec<ClassCount>,
}

/// One class of the rotation list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClassCount {
    /// Its name in machine output.
    pub class: &'static str,
    /// What a person reads.
    pub title: &'static str,
    /// How many.
    pub count: usize,
    /// How many of them are rotated.
    pub done: usize,
}

/// A finding that a person set aside.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SetAside {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The reason.
    pub why: String,
    /// The person.
    pub by: String,
    /// When.
    pub at: Time,
}

/// Joins a case into a report. Every text is cleaned of secrets and cut first.
pub fn model(data: &CaseData) -> Report {
    let data = scrub::clean(data);
    let mut sources = sources::Register::new(&data);
    let mut rotation = rotation_view(rotation(&data));
    let happened = story::happened(&data, &rotation.items, &mut sources);
    for item in &mut rotation.items {
        item.sources = sources.cite(&item.evidence);
    }
    let touched = blast::touched(&data, &rotation.items, &mut sources);
    let recovery = recovery::recovery(&data, &happened, &mut sources);
    let done = done::done(&data);
    let fields = fields::fields(&data, &happened);
    let deadlines = deadlines::deadlines(&data);
    let unknown = unknown::unknown(&data, &happened, &touched, &recovery);
    let (findings, set_aside) = findings(&data);
    let parts = answers::Parts {
        happened: &happened,
        touched: &touched,
        rotation: &rotation,
        done: &done,
        recovery: &recovery,
        unknown: &unknown,
    };
    let glance = glance::glance(&parts, &deadlines);
    let answers = answers::answers(&data, &parts, &mut sources);
    Report {
        schema: SCHEMA,
        case: head(&data),
        glance,
        answers,
        happened,
        touched,
        rotation,
        done,
        recovery,
        unknown,
        fields,
        deadlines,
        findings,
        set_aside,
        sources: sources.into_sources(),
        activity: data.activity,
    }
}

fn head(data: &CaseData) -> Head {
    Head {
        id: data.id.clone(),
        title: data.title.clone(),
        product: data.product.as_deref().map(product_name),
        product_version: data.product_version.clone(),
        responder: data.responder.clone(),
        created: data.created,
        rendered_at: data.rendered_at,
        tlp: data.settings.get("tlp").cloned(),
        journal_head: data.journal_head.clone(),
        tool_version: data.tool_version.clone(),
    }
}

/// A product's own spelling.
pub(crate) fn product_name(product: &str) -> String {
    match product {
        "bitbucket" => "Bitbucket".into(),
        "jira" => "Jira".into(),
        "confluence" => "Confluence".into(),
        "stash" => "Stash".into(),
        other => other.into(),
    }
}

fn rotation_view(items: Vec<RotationItem>) -> Rotation {
    let live = || items.iter().filter(|item| !item.is_dismissed());
    let classes = crate::Class::ALL
        .into_iter()
        .map(|class| ClassCount {
            class: class.name(),
            title: class.title(),
            count: live().filter(|item| item.class == class).count(),
            done: live().filter(|item| item.class == class && item.is_done()).count(),
        })
        .filter(|class| class.count > 0)
        .collect();
    let done = live().filter(|item| item.is_done()).count();
    let open = live().count() - done;
    let dismissed = items.len() - done - open;
    Rotation { items, done, open, dismissed, classes }
}

/// Findings worst first, and those set aside.
fn findings(data: &CaseData) -> (Vec<Finding>, Vec<SetAside>) {
    let mut set_aside = Vec::new();
    let mut kept = Vec::with_capacity(data.findings.len());
    for finding in &data.findings {
        match data.dismissed.get(&finding.id) {
            Some(dismissal) => set_aside.push(SetAside {
                id: finding.id.clone(),
                title: finding.title.clone(),
                why: dismissal.why.clone(),
                by: dismissal.by.clone(),
                at: dismissal.at,
            }),
            None => kept.push(finding.clone()),
        }
    }
    kept.sort_by(|a, b| {
        (b.severity, b.confidence)
            .cmp(&(a.severity, a.confidence))
            .then_with(|| (a.at, &a.rule, &a.id).cmp(&(b.at, &b.rule, &b.id)))
    });
    (kept, set_aside)
}
