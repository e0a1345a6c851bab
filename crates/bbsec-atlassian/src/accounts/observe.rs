//! One audit event that changes who may do what.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use bbsec_core::{Event, Place, Time};
use sha2::{Digest as _, Sha256};

use super::{
    fields,
    rules::{self, Kind, Rule},
};

/// What weighing needs of an event.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    pub(super) rule: &'static Rule,
    pub(super) time: Time,
    pub(super) author: Option<String>,
    /// The name under which an author without an account appears: `Anonymous`, `System`.
    pub(super) nobody: Option<String>,
    pub(super) ips: Vec<String>,
    pub(super) session: Option<String>,
    pub(super) request: Option<String>,
    /// Id of what was made or changed; else its name.
    pub(super) subject: String,
    /// What a person calls it.
    pub(super) name: Option<String>,
    /// The account that it is about.
    pub(super) account: Option<String>,
    /// What makes it weigh more, and by how much.
    pub(super) more: Vec<(u8, String)>,
    /// Fields for machines.
    pub(super) data: Vec<(&'static str, String)>,
    pub(super) action: String,
    pub(super) at: Place,
}

const USER: [&str; 3] = ["user", "normal", "service"];
const TARGET: [&str; 2] = ["target", "bitbucket.audit.attribute.legacy.target"];

/// `None` when nothing about accounts was changed.
pub(super) fn observe(event: &Event) -> Option<Observation> {
    let rule =
        rules::of(&event.action).or_else(|| event.extra.get("text").and_then(|text| rules::of(text)))?;
    let nobody = event
        .user
        .is_none()
        .then(|| event.extra.get("author").cloned().unwrap_or_else(|| "Anonymous".into()));
    let mut out = Observation {
        rule,
        time: event.time,
        author: event.user.clone(),
        nobody,
        ips: event.ips.clone(),
        session: event.session.clone(),
        request: event.request.clone(),
        subject: String::new(),
        name: None,
        account: account(event),
        more: Vec::new(),
        data: Vec::new(),
        action: event.action.clone(),
        at: event.at.clone(),
    };
    detail(event, &mut out)?;
    if out.subject.is_empty() {
        let first =
            event.extra.iter().find(|(name, _)| name.starts_with("object:")).map(|(_, value)| value.clone());
        out.subject = out
            .account
            .clone()
            .or(first)
            .or_else(|| event.target.as_ref().map(|t| t.id.clone()))
            .unwrap_or_else(|| event.action.clone());
    }
    Some(out)
}

/// The account that an event is about. The target's name goes first: it is what Bitbucket shows.
fn account(event: &Event) -> Option<String> {
    let target =
        fields::find(event, "attribute:", &TARGET).filter(|name| !name.contains('/') && *name != "Global");
    let object = fields::object(event, &USER).map(|(name, _)| name);
    target.or(object).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn attribute<'a>(event: &'a Event, words: &[&str]) -> Option<&'a str> {
    fields::find(event, "attribute:", words)
}

/// What the kind of change tells more; `None` when it is no change that matters.
fn detail(event: &Event, out: &mut Observation) -> Option<()> {
    match out.rule.kind {
        Kind::TokenCreated | Kind::TokenModified => {
            let object = fields::object(
                event,
                &["token", "access_token", "personal_access_token", "personal access token"],
            );
            let id = attribute(event, &["id", "token id", "bitbucket.access.tokens.audit.attr.id"])
                .or_else(|| object.and_then(|(_, id)| id));
            out.subject = id.unwrap_or_default().into();
            let name = attribute(event, &["name", "token name"]).or_else(|| object.map(|(name, _)| name));
            out.name = name.map(str::to_owned);
        }
        Kind::SshKeyCreated => ssh_key(event, out),
        Kind::GlobalGrant | Kind::LocalGrant => {
            let texts = fields::texts(event);
            if rules::is_admin_permission(&texts) {
                let more = u8::from(out.rule.kind == Kind::GlobalGrant);
                out.more.push((more, "the permission is an administrator's".into()));
            }
            if let Some((group, _)) = fields::object(event, &["group"]) {
                out.data.push(("group", group.into()));
                out.subject = out.account.clone().unwrap_or_else(|| group.into());
            }
        }
        Kind::GroupMember => {
            let group = fields::object(event, &["group"]).map(|(name, _)| name.to_owned());
            let texts = group.clone().unwrap_or_else(|| fields::texts(event));
            if texts.lines().any(rules::is_admin_group) {
                out.more.push((2, "the group administers the product".into()));
            }
            out.data.extend(group.map(|group| ("group", group)));
        }
        Kind::UserUpdated => {
            let on = fields::changes(event).any(|(key, from, to)| {
                let key = key.to_ascii_lowercase();
                let no = |text: &str| {
                    matches!(text.to_ascii_lowercase().as_str(), "no" | "false" | "inactive" | "disabled")
                };
                (key.contains("activ") || key.contains("enabl")) && no(from) && !no(to)
            });
            let says_so =
                ["enabled", "activated"].iter().any(|word| event.action.to_ascii_lowercase().ends_with(word));
            if !on && !says_so {
                return None;
            }
        }
        Kind::UserRenamed | Kind::UserCreated => names(event, out),
        Kind::AuditConfig => audit(event, out)?,
        Kind::Plugin => {
            let (name, id) = fields::object(event, &["plugin", "app"])?;
            out.subject = id.unwrap_or(name).into();
            out.name = Some(name.into());
        }
        _ => {}
    }
    Some(())
}

/// Names that no person is given: control characters and the shapes of environment variables (CVE-2022-43781), and the
/// account that an app brought along (CVE-2022-26138).
fn names(event: &Event, out: &mut Observation) {
    let texts = fields::texts(event);
    let mut names = texts.lines().chain(out.account.as_deref());
    if out.account.as_deref().is_some_and(|name| name.contains(char::is_control))
        || texts.contains(['\0', '\r'])
    {
        out.more.push((3, "the name holds control characters (CVE-2022-43781)".into()));
    } else if names.clone().any(|name| name.contains("GIT_") || name.contains("LD_PRELOAD")) {
        out.more.push((3, "the name has the shape of an environment variable (CVE-2022-43781)".into()));
    }
    if names.any(|name| name.eq_ignore_ascii_case("disabledsystemuser")) {
        out.more
            .push((3, "the account of a vulnerable app with a published password (CVE-2022-26138)".into()));
    }
}

/// Id, label and fingerprint of a key.
fn ssh_key(event: &Event, out: &mut Observation) {
    let id = attribute(event, &["id", "key id", "bitbucket.ssh.audit.attr.sshkey.id"]);
    let print = attribute(event, &["public key", "bitbucket.ssh.audit.attr.sshkey.publickey", "key"])
        .and_then(fingerprint);
    out.subject = id.map(str::to_owned).or_else(|| print.clone()).unwrap_or_default();
    out.name = attribute(event, &["label", "bitbucket.ssh.audit.attr.sshkey.label"]).map(str::to_owned);
    out.data.extend(print.map(|print| ("fingerprint", print)));
}

/// OpenSSH's `SHA256:…` of a line of `authorized_keys`.
pub(super) fn fingerprint(line: &str) -> Option<String> {
    let blob = line.split_whitespace().find(|word| word.starts_with("AAAA")).unwrap_or(line.trim());
    let bytes = STANDARD.decode(blob).or_else(|_| STANDARD_NO_PAD.decode(blob)).ok()?;
    (bytes.len() > 16).then(|| format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(bytes))))
}

/// A lower coverage, a shorter retention, actions that are left out; `None` for what only keeps more.
fn audit(event: &Event, out: &mut Observation) -> Option<()> {
    let mut any = false;
    let mut unclear = false;
    for (key, from, to) in fields::changes(event) {
        any = true;
        let rank = |text: &str| {
            ["off", "base", "advanced", "full"].iter().position(|level| text.eq_ignore_ascii_case(level))
        };
        match (rank(from), rank(to), days(from), days(to)) {
            (Some(before), Some(after), ..) if after < before => {
                out.more.push((2, format!("coverage was lowered: {key} {from} → {to}")));
            }
            (None, None, Some(before), Some(after)) if after < before => {
                out.more.push((2, format!("events are kept for a shorter time: {key} {from} → {to}")));
            }
            (Some(_), Some(_), ..) | (_, _, Some(_), Some(_)) => {}
            _ => unclear = true,
        }
    }
    if out.more.is_empty() && any && !unclear {
        return None;
    }
    if unclear || !any {
        out.more.push((1, "what was changed is not clear from the event".into()));
    }
    out.subject = "audit".into();
    Some(())
}

fn days(text: &str) -> Option<u64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    let unit = match unit.to_ascii_lowercase().trim_end_matches('s') {
        "day" => 1,
        "week" => 7,
        "month" => 30,
        "year" => 365,
        _ => return None,
    };
    number.checked_mul(unit)
}
