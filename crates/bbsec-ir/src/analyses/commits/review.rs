//! From commits and pushes to findings.

use bbsec_core::{Confidence, Finding, Severity, Subject, Time};
use bbsec_git::{Limits, Store};
use serde_json::json;

use super::{
    changes::{self, Runs},
    people,
    pushes::Push,
    repository::{Commits, Found},
};

/// Clocks of whoever commits and of the server differ.
const SKEW: i64 = 10 * 60 * 1_000_000;
/// A file is written within this time of the push that brings it.
const ARRIVES: i64 = 2 * 60 * 1_000_000;
/// Paths that are told per commit.
const PATHS: usize = 20;
/// Ids that are told per summary.
const IDS: usize = 50;

/// One repository with what is known of it.
pub(crate) struct Case<'a> {
    /// `PROJECT/slug`.
    pub(crate) name: &'a str,
    pub(crate) pushes: &'a [Push],
    pub(crate) store: &'a Store,
    pub(crate) limits: &'a Limits,
    /// The window, when it was given.
    pub(crate) window: (Time, Time),
}

/// How sure it is which push brought a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Its file was written when the push ended.
    Arrival,
    /// It is the first push after the commit's own time.
    Next,
}

/// One thing that is odd about a commit.
struct Sign {
    severity: Severity,
    rule: &'static str,
    text: String,
}

impl Case<'_> {
    /// The push that brought a commit.
    fn push(&self, commit: &Found) -> Option<(&Push, Link)> {
        if let Some(arrived) = commit.arrived {
            let near = |push: &&Push| push.time.until(arrived).abs() <= ARRIVES;
            if let Some(push) =
                self.pushes.iter().filter(near).min_by_key(|push| push.time.until(arrived).abs())
            {
                return Some((push, Link::Arrival));
            }
        }
        let after = || self.pushes.iter().filter(|push| commit.committed.until(push.time) >= -SKEW);
        let first = after().next()?;
        if first.suspect.is_some() {
            return Some((first, Link::Next));
        }
        // Whoever wrote it may push it later than somebody else pushes something else.
        let own = after().find(|push| push.user.as_ref().is_some_and(|user| is_of(user, commit)));
        Some((own.unwrap_or(first), Link::Next))
    }

    /// Every finding about this repository.
    pub(crate) fn findings(&self, commits: &Commits) -> Vec<Finding> {
        let mut out = Vec::new();
        let mut unsigned: Vec<&Found> = Vec::new();
        let mut explained: Vec<&Push> = Vec::new();
        for commit in &commits.found {
            let push = self.push(commit);
            explained.extend(push.map(|(push, _)| push));
            if !commit.signed {
                unsigned.push(commit);
            }
            out.extend(self.commit(commit, push, commits.signed > 0));
        }
        out.extend(self.unsigned(&unsigned, commits));
        out.extend(self.forced(commits));
        out.extend(self.lost(commits));
        let (from, to) = self.window;
        let seen = |push: &&Push| (from..=to).contains(&push.time) && push.suspect.is_some();
        for push in self.pushes.iter().filter(seen) {
            if !explained.iter().any(|known| known.at == push.at) {
                out.push(self.unexplained(push));
            }
        }
        out
    }

    fn finding(
        &self,
        rule: &str,
        title: String,
        (severity, confidence): (Severity, Confidence),
        id: String,
        at: Option<Time>,
    ) -> Finding {
        let mut subject = Subject::new("commit", id);
        subject.name = Some(self.name.to_owned());
        let mut finding = Finding::new("commits", rule, title, severity, confidence, subject, at);
        finding.data.insert("repository".into(), json!(self.name));
        finding
    }

    /// All that is odd about a commit.
    fn signs(
        &self,
        commit: &Found,
        push: Option<(&Push, Link)>,
        paths: &[(String, Runs)],
        others_sign: bool,
    ) -> Vec<Sign> {
        let mut signs = Vec::new();
        let mut add = |severity, rule, text| signs.push(Sign { severity, rule, text });
        if let Some((push, _)) = push.filter(|(push, _)| push.suspect.is_some()) {
            let text = format!("pushed by the suspect: {}", push.who());
            add(Severity::High, "commits.pushed-by-suspect", text);
        }
        if let Some((push, link)) = push
            && let Some(user) = push.user.as_ref().filter(|user| !is_author(user, commit))
            && !(push.by_server && is_committer(user, commit))
        {
            let committed = is_committer(user, commit);
            let severity = if committed { Severity::Low } else { Severity::Medium };
            let how =
                if committed { ", who made the commit (a rebase or cherry-pick does that)" } else { "" };
            let sure =
                if link == Link::Arrival { "" } else { "; told by time alone, as no file dates the commit" };
            let text =
                format!("the author is {} <{}>, the pusher {user}{how}{sure}", commit.author, commit.email);
            add(severity, "commits.author-not-pusher", text);
        }
        for runs in [Runs::Build, Runs::Hook, Runs::Submodule] {
            let of: Vec<&str> =
                paths.iter().filter(|(_, kind)| *kind == runs).map(|(path, _)| path.as_str()).collect();
            if !of.is_empty() {
                add(Severity::Low, runs.rule(), format!("{}: {}", runs.what(), shown(&of)));
            }
        }
        if !commit.signed && others_sign && !signs.is_empty() {
            let text = "unsigned, though commits of this repository are signed".to_owned();
            signs.push(Sign { severity: Severity::Low, rule: "commits.unsigned", text });
        }
        signs
    }

    /// One commit with all that is odd about it; `None` when nothing is.
    fn commit(&self, commit: &Found, push: Option<(&Push, Link)>, others_sign: bool) -> Option<Finding> {
        let (paths, whole) = changes::of(self.store, &commit.oid, self.limits);
        let signs = self.signs(commit, push, &paths, others_sign);
        let worst = signs.iter().max_by_key(|sign| sign.severity)?;
        let suspect = push.and_then(|(push, _)| push.suspect.as_ref());
        // Each alone is everyday work; together they are not.
        let runs = signs.iter().any(|sign| sign.rule.ends_with("-changed"));
        let severity = match (suspect.is_some(), runs, worst.severity) {
            (true, true, _) => Severity::Critical,
            (false, true, Severity::Medium) => Severity::High,
            (.., severity) => severity,
        };
        let confidence = match push.map(|(_, link)| link) {
            Some(Link::Arrival) => Confidence::High,
            Some(Link::Next) => Confidence::Medium,
            None => Confidence::Low,
        };
        let id = commit.oid.to_string();
        let title = format!("{} {}: {}", self.name, id.get(..12).unwrap_or(&id), worst.text);
        let at = push.map(|(push, _)| push.time).or(Some(commit.committed));
        let mut finding = self.finding(worst.rule, title, (severity, confidence), id.clone(), at);
        finding.why.extend(signs.iter().map(|sign| sign.text.clone()));
        finding.why.push(format!("subject: {}", commit.subject));
        finding.why.extend(suspect.into_iter().flatten().cloned());
        if push.is_none() {
            finding.why.push("no push of that time is in the logs: who brought it is not known".into());
        }
        if !commit.reachable {
            finding.why.push("no ref reaches it any more".into());
        }
        if !whole {
            finding.why.push("not every folder that it changes could be compared".into());
        }
        if let Some((push, link)) = push {
            finding.evidence.push(push.at.clone());
            finding.actor = push.user.clone().or_else(|| push.ip.clone());
            let link = if link == Link::Arrival { "arrival" } else { "time" };
            let told = json!({"pusher": push.user, "pushed_at": push.time, "pushed_from": push.ip, "linked_by": link});
            finding.data.extend(told.as_object().cloned().unwrap_or_default());
        }
        let rules: Vec<&str> = signs.iter().map(|sign| sign.rule).collect();
        let paths: Vec<&String> = paths.iter().map(|(path, _)| path).take(PATHS).collect();
        let told = json!({
            "commit": id,
            "author": commit.author,
            "email": commit.email,
            "committed_at": commit.committed,
            "signed": commit.signed,
            "merge": commit.merge,
            "signs": rules,
            "paths": paths,
        });
        finding.data.extend(told.as_object().cloned().unwrap_or_default());
        if severity >= Severity::Medium {
            finding.fix = Some(format!("git show {id}   # look at it; take it back with: git revert {id}"));
        }
        Some(finding)
    }

    /// P-SIGNED: one finding for all.
    fn unsigned(&self, unsigned: &[&Found], commits: &Commits) -> Option<Finding> {
        let first = unsigned.first()?;
        let all = commits.found.len();
        let title = format!("{}: {} of {all} commits of the window are unsigned", self.name, unsigned.len());
        let mut finding = self.finding(
            "P-SIGNED",
            title,
            (Severity::Low, Confidence::High),
            format!("{}:unsigned", self.name),
            Some(first.committed),
        );
        finding.why.push(if commits.signed > 0 {
            format!("{} commits of the history are signed", commits.signed)
        } else {
            "no commit of the history is signed: author and committer are what somebody typed".into()
        });
        let ids: Vec<String> = unsigned.iter().take(IDS).map(|commit| commit.oid.to_string()).collect();
        if unsigned.len() > IDS {
            finding.why.push(format!("the first {IDS} are listed"));
        }
        finding.data.insert("commits".into(), json!(ids));
        finding.fix = Some(format!(
            "Repository settings > Hooks > Verify commit signature (for all of the project: Project settings > Hooks), \
             in {}",
            self.name
        ));
        Some(finding)
    }

    fn forced(&self, commits: &Commits) -> Vec<Finding> {
        let of = |(entry, left): &(bbsec_git::ReflogEntry, Option<u64>)| {
            let name = String::from_utf8_lossy(entry.name.as_bytes()).into_owned();
            let deleted = entry.new.is_zero();
            let what = if deleted { "was deleted" } else { "was forced to another history" };
            let push = entry
                .time
                .and_then(|time| self.pushes.iter().find(|push| push.time.until(time).abs() <= ARRIVES));
            let suspect = push.is_some_and(|push| push.suspect.is_some());
            let severity = match (suspect, deleted) {
                (true, _) => Severity::Critical,
                (false, false) => Severity::Medium,
                (false, true) => Severity::Low,
            };
            let mut finding = self.finding(
                "commits.force-push",
                format!("{} {name} {what}", self.name),
                (severity, Confidence::High),
                entry.old.to_string(),
                entry.time,
            );
            finding.why.push(format!("its reflog goes from {} to {}", entry.old, entry.new));
            finding.why.extend(left.map(|left| format!("{left} commits were left behind")));
            if let Some(push) = push {
                finding.why.push(format!("pushed by {}", push.who()));
                finding.why.extend(push.suspect.iter().flatten().cloned());
                finding.actor.clone_from(&push.user);
                finding.evidence.push(push.at.clone());
            }
            finding.fix = Some(format!("git branch before-force {}   # keeps what was there", entry.old));
            finding
        };
        commits.forced.iter().map(of).collect()
    }

    /// Commits of the window that nothing reaches: pushed, then forced away, or their branch deleted.
    fn lost(&self, commits: &Commits) -> Vec<Finding> {
        let tips =
            commits.lost_tips.iter().filter_map(|oid| commits.found.iter().find(|found| found.oid == *oid));
        let of = |tip: &Found| {
            let push = self.push(tip);
            let later = self.pushes.iter().filter(|push| tip.committed.until(push.time) >= -SKEW);
            let suspect = later.clone().find(|push| push.suspect.is_some());
            let severity = if suspect.is_some() { Severity::High } else { Severity::Medium };
            let id = tip.oid.to_string();
            let mut finding = self.finding(
                "commits.force-push",
                format!(
                    "{} {}: no ref reaches this commit any more: forced away, or its branch was deleted",
                    self.name,
                    id.get(..12).unwrap_or(&id)
                ),
                (severity, Confidence::Medium),
                id.clone(),
                Some(tip.committed),
            );
            finding.why.push(format!("by {} <{}>, subject: {}", tip.author, tip.email, tip.subject));
            match push {
                Some((push, _)) => {
                    finding.why.push(format!("brought by {}, at {}", push.who(), push.time.short()));
                }
                None => finding.why.push("no push of that time is in the logs".into()),
            }
            let after: Vec<String> =
                later.take(5).map(|push| format!("{} by {}", push.time.short(), push.who())).collect();
            if !after.is_empty() {
                finding.why.push(format!(
                    "pushes since, of which one may have forced it away: {}",
                    after.join("; ")
                ));
            }
            finding
                .why
                .push("Bitbucket keeps no reflog by default: which push did it is not known for sure".into());
            finding.why.extend(suspect.and_then(|push| push.suspect.clone()).into_iter().flatten());
            finding.evidence.extend(push.map(|(push, _)| push.at.clone()));
            finding.data.insert("commit".into(), json!(id));
            finding.fix = Some(format!("git branch before-force {id}   # keeps what was there"));
            finding
        };
        tips.map(of).collect()
    }

    /// The suspect pushed, and no commit of that time is there.
    fn unexplained(&self, push: &Push) -> Finding {
        let title = format!(
            "{}: the suspect pushed at {}, and no commit of that time is there",
            self.name,
            push.time.short()
        );
        let mut finding = self.finding(
            "commits.push-unexplained",
            title,
            (Severity::High, Confidence::Medium),
            format!("{}:{}", self.name, push.time),
            Some(push.time),
        );
        finding.why.push(format!("pushed by {}", push.who()));
        finding.why.push(
            "the commits carry another date, only refs were moved or deleted, or objects were removed since"
                .into(),
        );
        finding.why.extend(push.suspect.iter().flatten().cloned());
        finding.evidence.push(push.at.clone());
        finding.actor.clone_from(&push.user);
        finding
    }
}

fn is_author(user: &str, commit: &Found) -> bool {
    people::same(user, &commit.author, &commit.email)
}

fn is_committer(user: &str, commit: &Found) -> bool {
    people::same(user, &commit.committer, &commit.committer_email)
}

fn is_of(user: &str, commit: &Found) -> bool {
    is_author(user, commit) || is_committer(user, commit)
}

fn shown(paths: &[&str]) -> String {
    let mut text = paths.iter().take(PATHS).copied().collect::<Vec<_>>().join(", ");
    if paths.len() > PATHS {
        text.push_str(&format!(", and {} more", paths.len() - PATHS));
    }
    text
}
