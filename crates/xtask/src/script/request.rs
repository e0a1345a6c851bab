//! All requests of a script, in order of time.

use chrono::{DateTime, Duration, Utc};

use super::spec::{Identity, Meaning, Product, Script};

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// Where.
    pub on: Product,
    /// Who.
    pub who: Identity,
    /// `GET /path`, or `SSH - command 'path'`.
    pub action: String,
    /// Answer; none when there was none.
    pub status: Option<u16>,
    /// Labels.
    pub labels: Vec<String>,
    /// Bytes from the client.
    pub read: u64,
    /// Bytes to the client.
    pub out: u64,
    /// What it means.
    pub truth: Option<Meaning>,
    /// What must be detected in it.
    pub detected: Option<String>,
}

/// Everything that is asked for.
pub fn all(script: &Script) -> Vec<Request> {
    let mut out: Vec<Request> = script
        .act
        .iter()
        .map(|act| {
            let ssh = act.action.starts_with("SSH");
            Request {
                at: act.at,
                on: act.on,
                who: identity(script, &act.identity, 0),
                action: act.action.clone(),
                status: (!act.unanswered).then(|| act.status.unwrap_or(if ssh { 0 } else { 200 })),
                labels: act.labels.clone(),
                read: act.read,
                out: act.out,
                truth: act.truth.clone(),
                detected: act.detected.clone(),
            }
        })
        .collect();
    for routine in &script.routine {
        let end = routine.to.unwrap_or(script.window.1);
        let mut at = routine.from.unwrap_or(script.window.0) + Duration::milliseconds(137);
        let mut turn = 0;
        while at < end {
            out.push(Request {
                at,
                on: routine.on,
                who: identity(script, &routine.identity, turn),
                action: routine.action.clone(),
                status: Some(200),
                labels: routine.labels.clone(),
                read: routine.read,
                out: routine.out,
                truth: Some(routine.truth.clone()),
                detected: None,
            });
            turn += 1;
            at += Duration::minutes(i64::from(routine.every_minutes));
        }
    }
    out.sort_by_key(|request| request.at);
    out
}

fn identity(script: &Script, name: &str, turn: usize) -> Identity {
    let Some(known) = script.identity.get(name) else {
        let crowd = &script.crowd;
        let user = crowd.users.iter().cycle().nth(turn).cloned();
        return Identity {
            session: user.as_ref().map(|user| format!("s{user}")),
            user,
            ip: crowd.ip.clone(),
            via: Some(crowd.via.clone()),
            agent: crowd.agent.clone(),
            ..Identity::default()
        };
    };
    known.clone()
}
