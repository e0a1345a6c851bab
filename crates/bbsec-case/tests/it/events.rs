//! Events: they come back as they were, in order, in bounded memory; and DuckDB reads the same files.

use std::{ops::ControlFlow, process::Command};

use bbsec_case::{Access, Case, EventFilter};
use bbsec_core::{Event, Indicator, Sink as _, Time};

use crate::support::{empty, event, filled, python, text};

fn all(case: &Case, filter: &EventFilter) -> Vec<Event> {
    let mut events = Vec::new();
    case.events(filter, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })
    .unwrap();
    events
}

#[test]
fn events_come_back_whole_and_in_order_of_time_whatever_order_they_came_in() {
    let (_folder, _dir, case) = empty();
    let run = case.start_run("scan").unwrap();
    let mut sink = case.sink(&run, "s", "scan.access").unwrap();
    // More than the buffer, over 30 days, in an order in which neighbours are far apart.
    let count = 70_001_u64;
    let at = |number: u64| {
        let mut event = event(number);
        event.time = Time::from_micros(1_790_000_000_000_000 + i64::try_from(number).unwrap() * 37_000_000);
        event.source = if number.is_multiple_of(3) { "bitbucket.audit" } else { "bitbucket.access" }.into();
        event
    };
    for number in 0..count {
        sink.event(&at(number * 7919 % count)).unwrap();
    }
    let summary = sink.finish().unwrap();
    assert_eq!(summary.events, count);
    assert_eq!(summary.event_files.iter().map(|file| file.rows).sum::<u64>(), count);
    let folders: std::collections::BTreeSet<_> =
        summary.event_files.iter().map(|file| file.path.rsplit_once('/').unwrap().0).collect();
    assert_eq!(folders.len(), summary.event_files.len(), "one file per source and day");
    let back = all(&case, &EventFilter::default());
    assert!(back.into_iter().eq((0..count).map(at)));
}

#[test]
fn filters_choose_by_time_indicator_request_source_and_target() {
    let (_folder, dir) = filled();
    let case = Case::open(&dir, Access::Read).unwrap();
    let expect = |filter: EventFilter| {
        let wanted: Vec<Event> = (0..50).map(event).filter(|event| filter.wants(event)).collect();
        assert!(!wanted.is_empty() && wanted.len() < 50, "{filter:?}");
        assert_eq!(all(&case, &filter), wanted, "{filter:?}");
    };
    let indicator = |text: &str| text.parse::<Indicator>().unwrap();
    expect(EventFilter { from: Some(event(10).time), to: Some(event(12).time), ..EventFilter::default() });
    expect(EventFilter { indicators: vec![indicator("ip:10.0.0.3")], ..EventFilter::default() });
    expect(EventFilter {
        indicators: vec![indicator("ip:10.0.0.3"), indicator("user:user2")],
        ..EventFilter::default()
    });
    expect(EventFilter { indicators: vec![indicator("ip:2001:db8::7")], ..EventFilter::default() });
    expect(EventFilter { request: Some("@4x".into()), ..EventFilter::default() });
    expect(EventFilter { target: event(0).target, ..EventFilter::default() });
    let none = EventFilter { sources: vec!["jira.*".into()], ..EventFilter::default() };
    assert!(all(&case, &none).is_empty());
    let some = EventFilter { sources: vec!["bitbucket*".into()], ..EventFilter::default() };
    assert_eq!(all(&case, &some).len(), 50);
    assert_eq!(case.events_sorted(&EventFilter::default(), 3).unwrap(), [event(0), event(1), event(2)]);
}

#[test]
fn hostile_sources_and_times_stay_in_their_folder_and_come_back() {
    let (_folder, dir, case) = empty();
    let run = case.start_run("scan").unwrap();
    let mut sink = case.sink(&run, "s", "scan.x").unwrap();
    let mut events = Vec::new();
    for (number, source) in ["../../../etc", "a/b=c", "", "x\u{0}y"].into_iter().enumerate() {
        let mut one = event(number as u64);
        one.source = source.to_owned().into();
        one.time = Time::from_micros([i64::MIN, -1, i64::MAX, 0][number]);
        sink.event(&one).unwrap();
        events.push(one);
    }
    sink.finish().unwrap();
    let mut back = all(&case, &EventFilter::default());
    back.sort_by_key(|event| event.at.offset);
    assert_eq!(back, events);
    assert!(bbsec_case::verify(&dir, false, &bbsec_core::Silent).unwrap().ok);
}

#[test]
fn duckdb_reads_the_same_rows() {
    let (_folder, dir) = filled();
    let Some(python) = python("duckdb") else { return };
    let script = r#"
import duckdb, sys
db = duckdb.connect()
db.execute("set timezone='UTC'")
t = f"read_parquet('{sys.argv[1]}/events/**/*.parquet', hive_partitioning=true)"
one = lambda q: db.execute(q).fetchall()
print(one(f"select count(*), count(distinct date), any_value(source) from {t}"))
print(one(f"select max(bytes_out), min(status), count(\"user\") from {t}"))
print(one(f"select count(*) from {t} where list_contains(ips, '10.0.0.3')"))
print(one(f"select distinct extra->>'protocol' from {t} where extra is not null"))
print(one(f"select strftime(min(time), '%Y-%m-%dT%H:%M:%S.%f'), typeof(min(time)) from {t}"))
print(one(f"select count(*) from {t} where time <> epoch_ms(0) and date = strftime(time, '%Y-%m-%d')::date"))
"#;
    let output = Command::new(python).args(["-c", script]).arg(&dir).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let first = event(0).time.to_string();
    let expected = format!(
        "[(50, 3, 'bitbucket.access')]\n[({}, -1, 25)]\n[(10,)]\n[('HTTP/1.1 \"quoted\" \\x1b',)]\n[('{}', 'TIMESTAMP WITH TIME ZONE')]\n[(50,)]\n",
        u64::MAX,
        first.trim_end_matches('Z'),
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

/// `cargo test -p bbsec-case --release -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement, not a test"]
fn speed() {
    let (_folder, dir, case) = empty();
    let count = 1_000_000_u64;
    let run = case.start_run("scan").unwrap();
    let started = std::time::Instant::now();
    let mut sink = case.sink(&run, "s", "scan.access").unwrap();
    for number in 0..count {
        let mut one = event(number % 5000);
        one.time = Time::from_micros(1_790_000_000_000_000 + i64::try_from(number).unwrap() * 1_000_000);
        one.request = Some(format!("@{number}x"));
        sink.event(&one).unwrap();
    }
    let summary = sink.finish().unwrap();
    let bytes: u64 = summary.event_files.iter().map(|file| file.size).sum();
    println!(
        "{count} events written in {:?}, {bytes} bytes in {} files",
        started.elapsed(),
        summary.event_files.len()
    );
    let started = std::time::Instant::now();
    assert_eq!(case.events(&EventFilter::default(), &mut |_| ControlFlow::Continue(())).unwrap(), count);
    println!("read back in order in {:?}", started.elapsed());
    for indicator in ["ip:10.0.0.3", "user:user2", "request:@777777x"] {
        let started = std::time::Instant::now();
        let filter = EventFilter { indicators: vec![indicator.parse().unwrap()], ..EventFilter::default() };
        let found = case.events(&filter, &mut |_| ControlFlow::Continue(())).unwrap();
        println!("{indicator}: {found} in {:?}", started.elapsed());
    }
    let started = std::time::Instant::now();
    assert!(bbsec_case::verify(&dir, false, &bbsec_core::Silent).unwrap().ok);
    println!("verified in {:?}", started.elapsed());
    drop(case);
    let mut case = Case::open(&dir, Access::Write).unwrap();
    let started = std::time::Instant::now();
    for number in 0..1000 {
        let bytes = format!("{number}").repeat(1000);
        bbsec_core::CaseStore::put(
            &mut case,
            &format!("{number}"),
            crate::support::provenance("x"),
            &mut bytes.as_bytes(),
        )
        .unwrap();
    }
    println!("1,000 items of evidence in {:?}", started.elapsed());
    let started = std::time::Instant::now();
    for number in 0..1000 {
        case.journal().append("note", None, None, number.into()).unwrap();
    }
    println!("1,000 journal lines in {:?}", started.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap());
}
