//! Texts for those who must be told. What is not known stands first, with where to look; nothing is assumed.

use std::fmt::Write as _;

use bbsec_core::escape;
use minijinja::{Value, context};

use crate::{
    Error, Field, Report,
    render::{environment, of},
    words,
};

/// Whom a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Atlassian's support portal.
    Gsac,
    /// Atlassian's security desk.
    Secrep,
    /// Our own organisation.
    Internal,
    /// Those whose data we hold.
    Customers,
}

impl Audience {
    /// Every audience with its name on the command line.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Gsac, "gsac"),
        (Self::Secrep, "secrep"),
        (Self::Internal, "internal"),
        (Self::Customers, "customers"),
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(audience, _)| *audience == self).map_or("", |(_, name)| name)
    }

    /// The audience of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(audience, _)| *audience)
    }

    const fn template(self) -> (&'static str, &'static str) {
        match self {
            Self::Gsac => ("gsac.md", include_str!("../../templates/handover/gsac.md")),
            Self::Secrep => ("secrep.md", include_str!("../../templates/handover/secrep.md")),
            Self::Internal => ("internal.md", include_str!("../../templates/handover/internal.md")),
            Self::Customers => ("customers.md", include_str!("../../templates/handover/customers.md")),
        }
    }

    /// Facts that this audience asks for.
    fn asks(self, field: &Field) -> bool {
        const LAW: [&str; 5] = ["customer_data", "data_subjects", "controller", "dpo", "awareness_at"];
        match self {
            Self::Gsac => !LAW.contains(&field.key) && field.key != "channels.secrep.url",
            Self::Secrep => !LAW.contains(&field.key),
            Self::Internal => true,
            Self::Customers => ["product", "contact", "awareness_at", "customer_data", "malicious_window"]
                .contains(&field.key),
        }
    }
}

/// The text for an audience, as Markdown to paste.
pub fn handover(report: &Report, audience: Audience) -> Result<String, Error> {
    let (name, source) = audience.template();
    let asked: Vec<&Field> = report.fields.iter().filter(|field| audience.asks(field)).collect();
    let missing: Vec<&&Field> = asked.iter().filter(|field| field.value.is_none()).collect();
    let told = |key: &str| report.fields.iter().find(|f| f.key == key).and_then(|f| f.value.clone());
    let first = report.rotation.items.iter().filter(|item| !item.is_done() && !item.is_dismissed()).take(15);
    let context = context! {
        case => of(&report.case),
        answers => of(&report.answers),
        happened => of(&report.happened),
        marks => of(&report.happened.marks),
        recovery => of(&report.recovery),
        done => of(&report.done),
        unknown => of(&report.unknown),
        deadlines => of(&report.deadlines),
        volumes => of(&report.touched.volumes),
        rotation => context! { open => report.rotation.open, done => report.rotation.done },
        first => of(&first.collect::<Vec<_>>()),
        instance => of(&asked),
        missing => of(&missing),
        indicators => Value::from_safe_string(indicators(report)),
        contact => Value::from_safe_string(told("contact").map_or_else(|| "*not known*; the incident's coordinator".into(), |contact| escape::markdown(&contact))),
        address => told("channels.secrep.url"),
        aware => told("awareness_at").and_then(|at| at.parse().ok().map(words::when)),
        customer_data => told("customer_data"),
        affected => affected(report),
    };
    let failed = |source| Error::Template { name, source };
    let mut env = environment();
    env.add_template("unknown.md", include_str!("../../templates/handover/unknown.md")).map_err(failed)?;
    env.add_template(name, source).map_err(failed)?;
    let text = env.get_template(name).and_then(|template| template.render(context)).map_err(failed)?;
    Ok(tidy(&text))
}

/// Volumes without names: what one customer reads of must not name another's things.
fn affected(report: &Report) -> String {
    let taken = report.touched.targets.iter().filter(|target| target.taken != "none");
    let mut kinds: std::collections::BTreeMap<&str, (usize, u64)> = std::collections::BTreeMap::new();
    for target in taken {
        let sum = kinds.entry(target.kind).or_default();
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(target.bytes_out);
    }
    if kinds.is_empty() {
        return "Which data was read is not known: no access was found in the records that we have.".into();
    }
    let parts: Vec<String> = kinds
        .into_iter()
        .map(|(kind, (n, bytes))| format!("{} ({})", crate::model::things(kind, n), words::bytes(bytes)))
        .collect();
    format!("Read or copied, as far as our records show: {}.", parts.join(", "))
}

/// Addresses, accounts, tokens and keys of the actor, and the subjects of grave findings.
fn indicators(report: &Report) -> String {
    let mut out = String::new();
    let mut line = |kind: &str, value: &str| {
        let line = format!("- {kind}: {}\n", escape::markdown_code(value));
        if !out.contains(&line) {
            out.push_str(&line);
        }
    };
    for actor in report.happened.actors.iter().take(40) {
        for ip in actor.ips.iter().take(60) {
            line("address", ip);
        }
        if let Some(user) = &actor.user {
            line("account", user);
        }
        for id in &actor.tokens {
            line("access token id", id);
        }
        for id in &actor.ssh_keys {
            line("SSH key id", id);
        }
    }
    for finding in report.findings.iter().filter(|f| f.subject.kind == "plugin").take(20) {
        line("plugin", finding.subject.name.as_ref().unwrap_or(&finding.subject.id));
        for key in ["sha256", "jar_sha256"] {
            if let Some(hash) = finding.data.get(key).and_then(|hash| hash.as_str()) {
                line("file, SHA-256", hash);
            }
        }
    }
    if out.is_empty() {
        let _ = write!(out, "*Not known*: nothing in the evidence that was read ties to a suspect.");
    }
    out
}

/// At most one empty line between blocks.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() && empty {
            continue;
        }
        empty = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests;
