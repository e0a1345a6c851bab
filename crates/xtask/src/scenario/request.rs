//! Requests as the access log records them: single calls, and the chains of calls that git makes.

use super::{
    people::Person,
    rng::{BASE36, Rng},
    spec::Repository,
};

/// One request with its answer.
#[derive(Debug, Clone)]
pub struct Request {
    /// Milliseconds since the epoch, when it came in.
    pub at: i64,
    /// How long it took, in milliseconds.
    pub duration: u64,
    /// The client's address.
    pub client: String,
    /// True for SSH, false for HTTPS.
    pub ssh: bool,
    /// Who, once known.
    pub user: Option<String>,
    /// `GET /status HTTP/1.1`, or `SSH - git-upload-pack '/pay/ledger.git'`.
    pub action: String,
    /// Where the browser came from.
    pub referer: String,
    /// The program.
    pub agent: String,
    /// HTTP status or exit code; `None` when no answer was ever sent.
    pub status: Option<i32>,
    /// Bytes read from the client.
    pub read: u64,
    /// Bytes written to the client.
    pub written: u64,
    /// Labels, sorted.
    pub labels: Vec<String>,
    /// Session id.
    pub session: Option<String>,
    /// What the truth says about it: repository and verb, where an account of it is kept.
    pub meaning: Option<Meaning>,
    /// A name by which other logs refer to this request.
    pub mark: Option<&'static str>,
}

/// What a request is in the truth.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// `PAY/ledger`.
    pub repository: String,
    /// A verb of the contract.
    pub verb: &'static str,
    /// The token that was used.
    pub token: Option<String>,
    /// The SSH key that was used.
    pub ssh_key: Option<String>,
    /// Whether the actor did it.
    pub actor: bool,
}

/// What git does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Everything.
    Clone,
    /// What is new.
    Fetch,
    /// A push.
    Push,
    /// Refs only.
    List,
}

/// Somebody at the other end, with what they use.
#[derive(Debug, Clone)]
pub struct Client {
    /// Account, once logged in.
    pub user: Option<String>,
    /// Address.
    pub address: String,
    /// Access token id.
    pub token: Option<String>,
    /// SSH key id and label.
    pub ssh_key: Option<(u32, String)>,
    /// Session of the browser.
    pub session: Option<String>,
    /// Browser's or script's user agent.
    pub agent: String,
    /// Git's user agent.
    pub git: String,
    /// Whether the truth keeps account of this client.
    pub kept: bool,
    /// Whether this is the actor.
    pub actor: bool,
}

impl From<&Person> for Client {
    fn from(person: &Person) -> Self {
        Self {
            user: Some(person.user.clone()),
            address: person.address.clone(),
            token: person.token.clone(),
            ssh_key: person.ssh_key.clone(),
            session: Some(person.session.clone()),
            agent: person.browser.clone(),
            git: person.git.clone(),
            kept: false,
            actor: false,
        }
    }
}

/// The path in a clone URL: `pay/ledger.git`.
fn clone_path(repository: &Repository) -> String {
    format!("{}/{}.git", repository.project.to_lowercase(), repository.slug)
}

/// The path in the browser and in REST: `projects/PAY/repos/ledger`, `users/anna/repos/dotfiles`.
pub fn web_path(repository: &Repository) -> String {
    match repository.project.strip_prefix('~') {
        Some(user) => format!("users/{}/repos/{}", user.to_lowercase(), repository.slug),
        None => format!("projects/{}/repos/{}", repository.project, repository.slug),
    }
}

impl Client {
    fn blank(&self, at: i64, rng: &mut Rng) -> Request {
        Request {
            at,
            duration: rng.skewed(40),
            client: self.address.clone(),
            ssh: false,
            user: self.user.clone(),
            action: String::new(),
            referer: String::new(),
            agent: self.agent.clone(),
            status: Some(200),
            read: 0,
            written: 0,
            labels: Vec::new(),
            session: self.session.clone(),
            meaning: None,
            mark: None,
        }
    }

    fn meaning(&self, repository: &Repository, verb: &'static str, ssh: bool) -> Option<Meaning> {
        self.kept.then(|| Meaning {
            repository: repository.name(),
            verb,
            token: self.token.clone().filter(|_| !ssh),
            ssh_key: self.ssh_key.as_ref().filter(|_| ssh).map(|(id, _)| id.to_string()),
            actor: self.actor,
        })
    }

    /// A call of the browser or of REST.
    pub fn call(
        &self,
        at: i64,
        rng: &mut Rng,
        method_and_uri: &str,
        status: i32,
        read: u64,
        written: u64,
    ) -> Request {
        let labels = self.token.iter().map(|id| format!("access-token:id:{id}")).collect();
        let session = self.session.clone().or_else(|| Some(rng.text(BASE36, 6)));
        Request {
            action: format!("{method_and_uri} HTTP/1.1"),
            status: Some(status),
            read,
            written,
            labels,
            session,
            ..self.blank(at, rng)
        }
    }

    /// A call that touches a repository.
    pub fn touch(
        &self,
        at: i64,
        rng: &mut Rng,
        repository: &Repository,
        verb: &'static str,
        method_and_uri: &str,
        written: u64,
    ) -> Request {
        let call = self.call(at, rng, method_and_uri, 200, 0, written);
        Request { meaning: self.meaning(repository, verb, false), ..call }
    }

    /// What git sends over HTTPS with protocol 2.
    pub fn git_https(
        &self,
        at: i64,
        rng: &mut Rng,
        repository: &Repository,
        op: Op,
        size: u64,
    ) -> Vec<Request> {
        let service = if op == Op::Push { "git-receive-pack" } else { "git-upload-pack" };
        let path = clone_path(repository);
        let session = Some(rng.text(BASE36, 6));
        let base = Request { agent: self.git.clone(), session, ..self.blank(at, rng) };
        let label = |extra: &[&str]| {
            let mut labels: Vec<String> =
                self.token.iter().map(|id| format!("access-token:id:{id}")).collect();
            labels.extend(extra.iter().map(|text| (*text).to_owned()));
            labels.sort();
            labels
        };
        let listing = format!("GET /scm/{path}/info/refs?service={service} HTTP/1.1");
        let refs = self.meaning(repository, "refs", false);
        let mut out = vec![
            Request {
                action: listing.clone(),
                user: None,
                status: Some(401),
                written: 221,
                session: None,
                ..base.clone()
            },
            Request {
                at: at + rng.between(20, 90) as i64,
                action: listing,
                written: rng.between(150, 900),
                labels: label(&["protocol:2", "refs"]),
                meaning: refs.clone(),
                ..base.clone()
            },
        ];
        let post = format!("POST /scm/{path}/{service} HTTP/1.1");
        if op != Op::Push {
            out.push(Request {
                at: at + rng.between(100, 200) as i64,
                action: post.clone(),
                read: rng.between(160, 200),
                written: rng.between(400, 9000),
                labels: label(&["async", "protocol:2", "refs"]),
                meaning: refs,
                ..base.clone()
            });
        }
        let (verb, extra): (&'static str, &[&str]) = match op {
            Op::Clone => ("clone", &["async", "cache:miss", "clone", "protocol:2"]),
            Op::Fetch => ("fetch", &["async", "cache:hit", "fetch", "protocol:2"]),
            Op::Push => ("push", &["push"]),
            Op::List => return out,
        };
        let (read, written) =
            if op == Op::Push { (size, rng.between(60, 400)) } else { (rng.between(400, 4000), size) };
        out.push(Request {
            at: at + rng.between(220, 500) as i64,
            duration: 80 + size / 20_000,
            action: post,
            read,
            written,
            labels: label(extra),
            meaning: self.meaning(repository, verb, false),
            ..base
        });
        out
    }

    /// What git sends over SSH: one line.
    pub fn git_ssh(&self, at: i64, rng: &mut Rng, repository: &Repository, op: Op, size: u64) -> Request {
        let service = if op == Op::Push { "git-receive-pack" } else { "git-upload-pack" };
        let (verb, extra): (&'static str, &[&str]) = match op {
            Op::Clone => ("clone", &["cache:miss", "clone", "protocol:2"]),
            Op::Fetch => ("fetch", &["cache:hit", "fetch", "protocol:2"]),
            Op::Push => ("push", &["push"]),
            Op::List => ("refs", &["protocol:2", "refs"]),
        };
        let mut labels: Vec<String> = extra.iter().map(|text| (*text).to_owned()).collect();
        labels.extend(self.ssh_key.iter().map(|(id, _)| format!("ssh:user:id:{id}")));
        let (read, written) =
            if op == Op::Push { (size, rng.between(60, 400)) } else { (rng.between(400, 4000), size) };
        Request {
            ssh: true,
            duration: 60 + size / 20_000,
            action: format!("SSH - {service} '/{}'", clone_path(repository)),
            agent: "SSH-2.0-OpenSSH_9.6".into(),
            status: Some(0),
            read,
            written,
            labels,
            session: Some(rng.text(BASE36, 6)),
            meaning: self.meaning(repository, verb, true),
            ..self.blank(at, rng)
        }
    }
}
