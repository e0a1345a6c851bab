//! Ordinary traffic: people at work, build servers, the load balancer's probes.

use chrono::{Datelike, NaiveTime, Weekday};

use super::{
    people::Person,
    request::{Client, Op, Request, web_path},
    rng::{BASE36, Rng},
    spec::{Repository, Spec},
};

/// Requests until they would fill the wanted number of lines (two lines each).
pub fn ordinary(spec: &Spec, people: &[Person], repositories: &[Repository]) -> Vec<Request> {
    let mut rng = Rng::new(spec.seed, "traffic");
    let build = build_server(&mut rng);
    let mut out = Vec::with_capacity(spec.logs.access_lines / 2 + 16);
    while out.len() * 2 < spec.logs.access_lines {
        let at = moment(spec, &mut rng);
        let repository = rng.pick(repositories).clone();
        match rng.below(100) {
            0..=14 => out.push(probe(spec, at, &mut rng)),
            15..=39 => build_run(&build, at, &mut rng, &repository, &mut out),
            40..=64 => git_work(spec, people, at, &mut rng, &repository, &mut out),
            _ => browsing(spec, people, at, &mut rng, &repository, &mut out),
        }
    }
    out.truncate(spec.logs.access_lines / 2);
    out
}

/// A moment within the logs' days, more often in working hours.
fn moment(spec: &Spec, rng: &mut Rng) -> i64 {
    loop {
        let day = spec.logs.from + chrono::Days::new(rng.below(u64::from(spec.logs.days)));
        let second = rng.below(86_400);
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let working = (6 * 3600..18 * 3600).contains(&second);
        let weight = if weekend {
            12
        } else if working {
            100
        } else {
            20
        };
        if rng.chance(weight) {
            let start = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
            return start + (second * 1000 + rng.below(1000)) as i64;
        }
    }
}

fn probe(spec: &Spec, at: i64, rng: &mut Rng) -> Request {
    let balancer = Client {
        user: None,
        address: spec.aws.balancer_address.clone(),
        token: None,
        ssh_key: None,
        session: Some(rng.text(BASE36, 7)),
        agent: "ELB-HealthChecker/2.0".into(),
        git: String::new(),
        kept: false,
        actor: false,
    };
    balancer.call(at, rng, "GET /status", 200, 0, 19)
}

fn build_server(rng: &mut Rng) -> Client {
    Client {
        user: Some("ci_builder".into()),
        address: "10.30.90.5".into(),
        token: Some(rng.digits(12)),
        ssh_key: Some((610, "https://build.int.example.com".into())),
        session: None,
        agent: "Jenkins/2.462.3".into(),
        git: "git/2.43.0".into(),
        kept: false,
        actor: false,
    }
}

fn build_run(build: &Client, at: i64, rng: &mut Rng, repository: &Repository, out: &mut Vec<Request>) {
    let op = if rng.chance(70) { Op::List } else { *rng.pick(&[Op::Fetch, Op::Fetch, Op::Clone]) };
    let size = rng.skewed(90_000);
    if rng.chance(60) {
        out.extend(build.git_https(at, rng, repository, op, size));
    } else {
        out.push(build.git_ssh(at, rng, repository, op, size));
    }
    if rng.chance(30) {
        let uri = format!("POST /rest/build-status/1.0/commits/{}", rng.text(super::rng::HEX, 40));
        out.push(build.call(at + 900, rng, &uri, 204, 310, 0));
    }
}

/// A colleague as a client; the stolen account's own work is kept apart in the truth.
fn colleague<'a>(spec: &Spec, people: &'a [Person], rng: &mut Rng) -> (&'a Person, Client) {
    let person = rng.pick(people);
    let kept = person.user == spec.attack.stolen_account;
    (person, Client { kept, ..Client::from(person) })
}

fn git_work(
    spec: &Spec,
    people: &[Person],
    at: i64,
    rng: &mut Rng,
    repository: &Repository,
    out: &mut Vec<Request>,
) {
    let (person, client) = colleague(spec, people, rng);
    let op = *rng.pick(&[Op::Fetch, Op::Fetch, Op::Fetch, Op::List, Op::Push, Op::Clone]);
    let size = match op {
        Op::Clone => rng.skewed(u64::from(repository.commits) * 30_000),
        _ => rng.skewed(12_000),
    };
    if person.ssh_key.is_some() && rng.chance(60) {
        out.push(client.git_ssh(at, rng, repository, op, size));
    } else {
        out.extend(client.git_https(at, rng, repository, op, size));
    }
}

fn browsing(
    spec: &Spec,
    people: &[Person],
    at: i64,
    rng: &mut Rng,
    repository: &Repository,
    out: &mut Vec<Request>,
) {
    let (_, client) = colleague(spec, people, rng);
    // A browser shows its cookie, not a token.
    let client = Client { token: None, ..client };
    let path = web_path(repository);
    let referer = format!("{}/{path}/browse", spec.base_url);
    for step in 0..rng.between(1, 6) {
        let at = at + (step * rng.between(1500, 30_000)) as i64;
        let (uri, verb) = match rng.below(7) {
            0 => (format!("GET /{path}/browse/src?at=refs%2Fheads%2Fmaster"), Some("browse")),
            1 => (format!("GET /{path}/browse"), Some("browse")),
            2 => (format!("GET /{path}/pull-requests?state=OPEN"), None),
            3 => ("GET /dashboard".to_owned(), None),
            4 => ("GET /rest/api/latest/inbox/pull-requests/count".to_owned(), None),
            5 => ("GET /s/-1051105741/0c6a1d2/1/1.0/_/download/batch/main.js".to_owned(), None),
            _ => ("GET /rest/api/latest/dashboard/pull-requests?state=OPEN&role=REVIEWER".to_owned(), None),
        };
        let size = rng.skewed(9000);
        let request = match verb {
            Some(verb) => client.touch(at, rng, repository, verb, &uri, size),
            None => client.call(at, rng, &uri, 200, 0, size),
        };
        out.push(Request { referer: referer.clone(), ..request });
    }
}
