//! Stories: who did what, and what must and must not be tied to whom.

use bbsec_core::{Event, Indicator, Place, Scope, Target, TargetKind, Time, Touch, Verb};

use super::*;

const DAY: i64 = 24 * 60;

/// One request, in minutes after midnight of the first day.
struct Did {
    at: i64,
    user: &'static str,
    ip: &'static str,
    token: &'static str,
    session: &'static str,
    agent: &'static str,
    verb: Verb,
    repository: &'static str,
}

impl Default for Did {
    fn default() -> Self {
        Self {
            at: 0,
            user: "ann",
            ip: "10.0.0.5",
            token: "",
            session: "",
            agent: "git/2.44.0",
            verb: Verb::Fetch,
            repository: "APP/web",
        }
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn event(did: &Did) -> Event {
    let time = Time::from_micros(1_767_225_600_000_000 + did.at * 60_000_000);
    let offset = did.at as u64;
    let mut event =
        Event::new(time, "bitbucket.access", "x", did.verb, "GET /x", Place::new("access.log", offset, 1));
    event.user = some(did.user);
    event.ips = vec![did.ip.to_owned()];
    event.token = some(did.token);
    event.session = some(did.session);
    event.user_agent = some(did.agent);
    event.target = Some(Target::new(TargetKind::Repository, did.repository));
    event.status = Some(200);
    event.bytes_out = Some(100);
    event
}

fn run(suspects: &[&str], scope: &Scope, story: &[Did]) -> Access {
    let suspects: Vec<Indicator> = suspects.iter().map(|text| text.parse().unwrap()).collect();
    let mut builder = AccessBuilder::new(suspects, scope);
    for did in story {
        builder.add(&event(did));
    }
    builder.finish()
}

/// `user credential target suspect`, one line per row.
fn rows(access: &Access) -> Vec<String> {
    access.touches.iter().map(row).collect()
}

fn row(touch: &Touch) -> String {
    let actor = &touch.actor;
    format!(
        "{} {} {} {} {}",
        actor.user.as_deref().unwrap_or("-"),
        actor.ips.join("+"),
        actor.tokens.join("+"),
        touch.target.id,
        if touch.suspect { "SUSPECT" } else { "ordinary" }
    )
}

/// Ten days of ordinary work of an account.
fn routine(user: &'static str, ip: &'static str, token: &'static str, repository: &'static str) -> Vec<Did> {
    (0..10).map(|day| Did { at: day * DAY + 540, user, ip, token, repository, ..Did::default() }).collect()
}

fn indicators(access: &Access) -> Vec<String> {
    access.indicators.iter().map(|tied| tied.indicator.to_string()).collect()
}

#[test]
fn a_stolen_account_goes_on_being_used_by_its_owner() {
    let mut story = routine("ann", "10.0.0.5", "7", "APP/web");
    for (at, repository) in [(8 * DAY + 100, "SEC/keys"), (8 * DAY + 101, "APP/web")] {
        story.push(Did {
            at,
            ip: "203.0.113.7",
            token: "7",
            verb: Verb::Clone,
            repository,
            ..Did::default()
        });
    }
    let access = run(&["ip:203.0.113.7"], &Scope::default(), &story);
    assert_eq!(
        rows(&access),
        [
            "ann 10.0.0.5 7 APP/web ordinary",
            "ann 203.0.113.7 7 APP/web SUSPECT",
            "ann 203.0.113.7 7 SEC/keys SUSPECT"
        ]
    );
    let ordinary = &access.touches[0];
    assert!(ordinary.why[0].contains("kept apart"), "{:?}", ordinary.why);
    assert_eq!(ordinary.verbs["fetch"], 10);
    assert_eq!(access.touches[2].why, ["given: ip:203.0.113.7"]);
}

#[test]
fn the_account_given_as_suspect_still_has_its_ordinary_work() {
    let mut story = routine("ann", "10.0.0.5", "7", "APP/web");
    story.push(Did { at: 8 * DAY, ip: "203.0.113.7", repository: "SEC/keys", ..Did::default() });
    for scope in [Scope::default(), Scope { from: Some("2026-01-08".parse().unwrap()), ..Scope::default() }] {
        let access = run(&["user:ann"], &scope, &story);
        assert_eq!(
            rows(&access),
            ["ann 10.0.0.5 7 APP/web ordinary", "ann 203.0.113.7  SEC/keys SUSPECT"],
            "{scope:?}"
        );
    }
    // An account with only one place has no ordinary work to keep apart.
    let access = run(&["user:eve"], &Scope::default(), &routine("eve", "10.9.9.9", "", "A/b"));
    assert_eq!(rows(&access), ["eve 10.9.9.9  A/b SUSPECT"]);
}

#[test]
fn sessions_tokens_and_addresses_lead_from_hop_to_hop() {
    let mut story = routine("ann", "10.0.0.5", "7", "APP/web");
    story.extend(routine("bob", "10.0.0.6", "8", "APP/api"));
    let late = 9 * DAY;
    // The given address steals ann's session, which moves to a second address, which uses a planted token, which is
    // used from a third one.
    story.push(Did { at: late, ip: "203.0.113.7", session: "s1", repository: "A/1", ..Did::default() });
    story.push(Did { at: late + 10, ip: "198.51.100.9", session: "s1", repository: "A/2", ..Did::default() });
    story.push(Did { at: late + 20, ip: "198.51.100.9", token: "99", repository: "A/3", ..Did::default() });
    story.push(Did { at: late + 30, ip: "192.0.2.77", token: "99", repository: "A/4", ..Did::default() });
    let access = run(&["ip:203.0.113.7"], &Scope::default(), &story);
    let suspect: Vec<&str> =
        access.touches.iter().filter(|touch| touch.suspect).map(|touch| touch.target.id.as_str()).collect();
    assert_eq!(suspect, ["A/3", "A/4", "A/2", "A/1"]);
    let last = access.touches.iter().find(|touch| touch.target.id == "A/4").unwrap();
    insta::assert_snapshot!(last.why.join("\n"), @"
    given: ip:203.0.113.7
    session s1 was also used (access.log@12970) by ann from 198.51.100.9, first at access.log@12970 [weight 0.90]
    address 198.51.100.9 was also used by ann with token 99 from 198.51.100.9, first at access.log@12980 [weight 0.85]
    token 99 was also used by ann with token 99 from 192.0.2.77, first at access.log@12990 [weight 0.77]
    ");
    let tied = indicators(&access);
    for expected in ["ip:198.51.100.9", "ip:192.0.2.77", "token:99", "session:s1", "user:ann"] {
        assert!(tied.contains(&expected.to_owned()), "{expected} in {tied:?}");
    }
    assert!(
        !tied.iter().any(|tied| tied.contains("bob") || tied.contains("10.0.0.") || tied == "token:7"),
        "{tied:?}"
    );
}

#[test]
fn an_address_that_everybody_shares_drags_nobody_in() {
    let mut story = Vec::new();
    for user in ["ann", "bob", "cem", "dee", "eli", "fay"] {
        story.extend(routine(user, "192.0.2.1", "", "APP/web"));
    }
    story.push(Did {
        at: 9 * DAY,
        user: "ann",
        ip: "192.0.2.1",
        session: "stolen",
        repository: "SEC/keys",
        ..Did::default()
    });
    let access = run(&["session:stolen"], &Scope::default(), &story);
    let suspect: Vec<String> = access.touches.iter().filter(|touch| touch.suspect).map(row).collect();
    assert_eq!(suspect, ["ann 192.0.2.1  SEC/keys SUSPECT"]);
    assert!(!indicators(&access).contains(&"ip:192.0.2.1".to_owned()));

    let access = run(&["ip:192.0.2.1"], &Scope::default(), &story);
    assert!(access.touches.iter().all(|touch| !touch.suspect && touch.why[0].contains("6 accounts")));
    assert!(access.findings.iter().any(|finding| finding.rule == "shared-indicator"));
}

#[test]
fn a_new_build_agent_beside_the_old_ones_is_no_suspect() {
    let mut story = routine("bamboo", "10.0.0.20", "9", "APP/web");
    story.push(Did {
        at: 9 * DAY,
        user: "bamboo",
        ip: "203.0.113.7",
        token: "9",
        repository: "A/1",
        ..Did::default()
    });
    story.push(Did { at: 9 * DAY + 60, user: "bamboo", ip: "10.0.0.21", token: "9", ..Did::default() });
    let access = run(&["ip:203.0.113.7"], &Scope::default(), &story);
    assert_eq!(
        rows(&access),
        ["bamboo 10.0.0.20+10.0.0.21 9 APP/web ordinary", "bamboo 203.0.113.7 9 A/1 SUSPECT"]
    );
}

#[test]
fn logs_that_begin_with_the_attack_still_keep_the_owner_apart() {
    let mut story: Vec<Did> =
        (0..20).map(|at| Did { at: at * 30 + 10, token: "7", ..Did::default() }).collect();
    story.push(Did { at: 0, ip: "203.0.113.7", token: "7", repository: "A/1", ..Did::default() });
    let access = run(&["ip:203.0.113.7"], &Scope::default(), &story);
    assert_eq!(rows(&access), ["ann 10.0.0.5 7 APP/web ordinary", "ann 203.0.113.7 7 A/1 SUSPECT"]);
}

#[test]
fn an_account_that_the_suspect_made_is_the_suspects_everywhere() {
    let mut story = routine("ann", "10.0.0.5", "7", "APP/web");
    story.push(Did {
        at: 8 * DAY,
        user: "svc-backup",
        ip: "203.0.113.7",
        repository: "A/1",
        ..Did::default()
    });
    story.push(Did {
        at: 9 * DAY,
        user: "svc-backup",
        ip: "198.51.100.9",
        repository: "A/2",
        ..Did::default()
    });
    let access = run(&["ip:203.0.113.7"], &Scope::default(), &story);
    assert_eq!(
        rows(&access),
        [
            "ann 10.0.0.5 7 APP/web ordinary",
            "svc-backup 198.51.100.9  A/2 SUSPECT",
            "svc-backup 203.0.113.7  A/1 SUSPECT"
        ]
    );
}

#[test]
fn what_the_suspect_made_is_the_suspects_wherever_it_is_used() {
    let mut story = routine("tadmin", "10.0.0.5", "", "APP/web");
    story.push(Did { at: 8 * DAY, user: "tadmin", ip: "203.0.113.7", repository: "A/1", ..Did::default() });
    let mut builder = AccessBuilder::new(vec!["ip:203.0.113.7".parse().unwrap()], &Scope::default());
    for did in &story {
        builder.add(&event(did));
    }
    let audit = |action: &str, extra: &[(&str, &str)]| {
        let mut made = event(&Did { at: 8 * DAY + 1, user: "tadmin", ip: "203.0.113.7", ..Did::default() });
        (made.source, made.action, made.target) = ("bitbucket.audit".into(), action.into(), None);
        made.extra = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        made
    };
    let user = "bitbucket.service.user.audit.action.usercreated";
    let token = "bitbucket.access.tokens.audit.action.accesstokencreated.personal";
    builder.add(&audit(user, &[("object:USER", "svc-backup (990)")]));
    builder.add(&audit(token, &[("attribute_id", "255")]));
    builder.add(&event(&Did {
        at: 9 * DAY,
        user: "svc-backup",
        ip: "192.0.2.1",
        repository: "A/2",
        ..Did::default()
    }));
    builder.add(&event(&Did {
        at: 9 * DAY,
        user: "bob",
        ip: "192.0.2.9",
        token: "255",
        repository: "A/3",
        ..Did::default()
    }));
    let access = builder.finish();
    assert_eq!(
        rows(&access),
        [
            "bob 192.0.2.9 255 A/3 SUSPECT",
            "svc-backup 192.0.2.1  A/2 SUSPECT",
            "tadmin 10.0.0.5  APP/web ordinary",
            "tadmin 203.0.113.7  A/1 SUSPECT"
        ]
    );
}

#[test]
fn a_tool_that_nobody_had_before_ties_weakly() {
    let mut story = routine("ann", "10.0.0.5", "7", "APP/web");
    for (at, ip, agent, repository) in [
        (8 * DAY - 60, "203.0.113.77", "python-requests/2.32.3", "A/1"),
        (8 * DAY, "203.0.113.7", "python-requests/2.32.3", "A/2"),
        (8 * DAY, "203.0.113.7", "git/2.44.0", "A/2"),
    ] {
        story.push(Did { at, user: "", ip, agent, repository, ..Did::default() });
    }
    let access = run(&["ip:203.0.113.7"], &Scope::default(), &story);
    assert_eq!(
        rows(&access),
        ["- 203.0.113.7  A/2 SUSPECT", "- 203.0.113.77  A/1 SUSPECT", "ann 10.0.0.5 7 APP/web ordinary"]
    );
    let scout = access.indicators.iter().find(|tied| tied.indicator.value == "203.0.113.77").unwrap();
    assert!(scout.weight <= 0.5 && scout.why[1].contains("user agent"), "{scout:?}");
}

#[test]
fn our_own_traces_are_not_the_actors() {
    let mut story = routine("ann", "10.0.0.5", "7", "APP/web");
    story.push(Did { at: 8 * DAY, user: "admin", ip: "10.0.0.99", repository: "A/1", ..Did::default() });
    let mut scope = Scope::default();
    scope.own.addresses.push("10.0.0.99".into());
    let access = run(&["user:admin"], &scope, &story);
    let own = access.touches.iter().find(|touch| touch.target.id == "A/1").unwrap();
    assert!(!own.suspect && own.why[0].contains("our own"));
}

#[test]
fn refused_requests_are_no_touch() {
    let mut builder = AccessBuilder::new(Vec::new(), &Scope::default());
    let refuse = |status: i32, user: &'static str, at: i64| {
        let mut refused = event(&Did { at, user, ..Did::default() });
        refused.status = Some(status);
        refused
    };
    for refused in [refuse(401, "", 1), refuse(404, "ann", 2), refuse(302, "", 3)] {
        builder.add(&refused);
    }
    builder.add(&refuse(200, "ann", 4));
    let access = builder.finish();
    assert_eq!(rows(&access), ["ann 10.0.0.5  APP/web ordinary"]);
    assert_eq!((access.touches[0].verbs["fetch"], access.touches[0].first), (1, access.touches[0].last));
    assert_eq!(access.touches[0].why, ["1 more requests for it were refused, failed or were never answered"]);
}

#[test]
fn the_audit_log_fills_in_what_the_access_log_lost() {
    let mut builder = AccessBuilder::new(Vec::new(), &Scope::default());
    for repository in ["APP/web", "APP/old"] {
        let mut seen = event(&Did { verb: Verb::Browse, repository, ..Did::default() });
        seen.source = "bitbucket.audit".into();
        builder.add(&seen);
    }
    builder.add(&event(&Did { at: 5, ..Did::default() }));
    let access = builder.finish();
    let filled: Vec<_> =
        access.touches.iter().map(|touch| (touch.target.id.as_str(), touch.why.len())).collect();
    assert_eq!(filled, [("APP/web", 0), ("APP/old", 1)]);
    assert!(access.touches[1].why[0].contains("from the audit log alone"));
}

/// A row of the database before the access log begins, one of a day that it covers, and one that it shows itself.
#[test]
fn last_visits_of_the_database_fill_in_and_say_so() {
    let mut builder = AccessBuilder::new(Vec::new(), &Scope::default());
    for (at, repository) in [(0, "APP/gone"), (0, "APP/web"), (9 * DAY + 30, "APP/odd")] {
        let mut row = event(&Did { at, verb: Verb::Browse, repository, ..Did::default() });
        row.source = "bitbucket.database".into();
        row.ips.clear();
        builder.add(&row);
    }
    builder.add(&event(&Did { at: 9 * DAY, ..Did::default() }));
    let access = builder.finish();
    let row = |id: &str, filled: bool| {
        let of = |touch: &&Touch| touch.target.id == id && touch.actor.ips.is_empty() == filled;
        access.touches.iter().find(of).unwrap_or_else(|| panic!("{id} {filled}"))
    };
    let gone = &row("APP/gone", true).why;
    assert!(gone[0].contains("from the database alone: the access log has no line of that day"), "{gone:?}");
    let odd = &row("APP/odd", true).why;
    assert!(odd[0].contains("has lines of that day and does not show it"), "{odd:?}");
    // Seen in the log on another day: the old visit is told beside it.
    assert_eq!(row("APP/web", false).verbs["fetch"], 1);
    assert_eq!(row("APP/web", true).verbs["browse"], 1);
}

/// A request that exploits something reaches its repository, whatever came of it; a refused one does not.
#[test]
fn an_exploit_is_a_touch_unless_it_was_refused_and_its_address_is_inferred() {
    let tried = |status: Option<i32>, repository: &'static str, ip: &'static str| {
        let mut event = event(&Did { user: "", ip, verb: Verb::Archive, repository, ..Did::default() });
        event.status = status;
        if status.is_none() {
            event.extra.insert("unanswered".into(), "no response in the log".into());
        }
        event
    };
    let mut builder = AccessBuilder::new(Vec::new(), &Scope::default());
    builder.add_exploit(&tried(Some(500), "PUB/a", "203.0.113.7"), "Injection");
    builder.add_exploit(&tried(None, "PUB/b", "203.0.113.7"), "Injection");
    builder.add_exploit(&tried(Some(404), "PUB/c", "198.51.100.9"), "Injection");
    let access = builder.finish();
    let touched: Vec<(&str, bool)> =
        access.touches.iter().map(|touch| (touch.target.id.as_str(), touch.suspect)).collect();
    assert_eq!(touched, [("PUB/a", true), ("PUB/b", true)]);
    assert!(
        access.touches[0].why.iter().any(|why| why.contains("ended in 500")),
        "{:?}",
        access.touches[0].why
    );
    assert!(
        access.touches[1].why.iter().any(|why| why.contains("never answered")),
        "{:?}",
        access.touches[1].why
    );
    let origins: Vec<(String, Origin)> =
        access.indicators.iter().map(|tied| (tied.indicator.to_string(), tied.origin)).collect();
    assert_eq!(origins, [("ip:203.0.113.7".to_owned(), Origin::Detected)]);
}

#[test]
fn many_clones_in_an_hour_stand_out_unless_they_are_routine() {
    let repositories: Vec<&'static str> = (0..15).map(|at| &*format!("APP/r{at}").leak()).collect();
    let spree = |user: &'static str, ip: &'static str, day: i64| -> Vec<Did> {
        repositories
            .iter()
            .map(|repository| Did {
                at: day * DAY + 600,
                user,
                ip,
                verb: Verb::Clone,
                repository,
                ..Did::default()
            })
            .collect()
    };
    let mut story = routine("ann", "10.0.0.5", "7", "APP/web");
    for day in 0..9 {
        story.extend(spree("bamboo", "10.0.0.20", day));
    }
    story.extend(spree("ann", "203.0.113.7", 9));
    story.sort_by_key(|did| did.at);
    let access = run(&[], &Scope::default(), &story);
    let found: Vec<&str> = access
        .findings
        .iter()
        .filter(|finding| finding.rule == "mass-clone")
        .map(|finding| finding.title.as_str())
        .collect();
    assert_eq!(found, ["ann from 203.0.113.7 cloned or downloaded 15 repositories within an hour"]);
}

#[test]
fn a_hung_archive_request_is_told() {
    let mut hung = event(&Did { user: "", ip: "203.0.113.7", verb: Verb::Archive, ..Did::default() });
    hung.status = None;
    hung.action =
        "GET /rest/api/latest/projects/A/repos/b/archive?prefix=x%00--exec=%60id%60 HTTP/1.1".into();
    hung.extra.insert("unanswered".into(), "no response".into());
    let mut builder = AccessBuilder::new(Vec::new(), &Scope::default());
    builder.add(&hung);
    let access = builder.finish();
    let rules: Vec<&str> = access.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["unanswered-request"]);
    assert_eq!(access.findings[0].evidence, [hung.at]);
    assert_eq!(access.touches, []);
}

#[test]
fn empty_hours_and_jumping_clocks_are_told() {
    let busy = |minutes: std::ops::Range<i64>| {
        minutes.step_by(20).map(|at| Did { at, ..Did::default() }).collect::<Vec<_>>()
    };
    let mut story = busy(0..2 * DAY);
    story.extend(busy(2 * DAY + 180..4 * DAY));
    story.extend(busy(4 * DAY - 60..4 * DAY));
    let scope = Scope { from: Some("2025-12-30".parse().unwrap()), ..Scope::default() };
    let titles: Vec<String> =
        run(&[], &scope, &story).findings.into_iter().map(|finding| finding.title).collect();
    insta::assert_snapshot!(titles.join("\n"), @"
    access.log goes back in time from 2026-01-04 23:40:00Z to 2026-01-04 23:00:00Z
    bitbucket.access has no line for 3 h, from 2026-01-03 00:00:00Z to 2026-01-03 03:00:00Z
    bitbucket.access begins at 2026-01-01 00:00:00Z, after the window begins at 2025-12-30 00:00:00Z
    ");
}

#[test]
fn rows_do_not_grow_with_the_number_of_requests() {
    let mut builder = AccessBuilder::new(Vec::new(), &Scope::default());
    for at in 0..200_000 {
        let mut request = event(&Did { at: at / 100, ..Did::default() });
        request.session = Some(format!("s{at}"));
        builder.add(&request);
    }
    assert_eq!((builder.cells.len(), builder.idents.all.len()), (1, 1));
    let access = builder.finish();
    assert_eq!(access.touches[0].verbs["fetch"], 200_000);
    assert!(access.touches[0].why.contains(&"more sessions than are listed".to_owned()));
}
