//! The whole way from files to events.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use bbsec_core::{Collected, Failure, Silent};
use proptest::prelude::*;

use super::*;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/logs")
}

fn read_all(inputs: &[LogInput]) -> (Collected, LogSummary) {
    let mut sink = Collected::default();
    let summary = read(inputs, &Zones::default(), &mut sink, &Silent).unwrap();
    (sink, summary)
}

fn read_text(name: &str, text: &[u8]) -> (Collected, FileSummary) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let (sink, mut summary) = read_all(&[LogInput::given(path)]);
    (sink, summary.files.remove(0))
}

const LINE: &str = r#"10.229.31.195 | https | o@2CM38K4Fx339x113x2 | admin | 2022-04-12 05:39:57,408 | "GET /projects/TEST/repos/test/browse HTTP/1.1" | "" "Mozilla/5.0" | 200 | 832 | 1204 | - | 383 | eyoqcd | "#;

#[test]
fn every_real_line_is_read() {
    let (_, summary) = read_all(&[LogInput::given(fixtures())]);
    let rows: Vec<String> = summary
        .files
        .iter()
        .map(|file| {
            let format =
                file.format.map(|format| serde_json::to_value(format).unwrap().as_str().unwrap().to_owned());
            format!(
                "{:42} {:22} read {:2} parsed {:2} quarantined {} events {}",
                file.file,
                format.unwrap_or_default(),
                file.read,
                file.parsed,
                file.quarantined,
                file.events
            )
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    plaso/atlassian-bitbucket-access.log       bitbucket-access       read  8 parsed  8 quarantined 0 events 8
    plaso/atlassian-bitbucket.log              bitbucket-application  read  6 parsed  6 quarantined 0 events 6
    plaso/atlassian-bitbucket-audit.log        bitbucket-pipe-audit   read  5 parsed  5 quarantined 0 events 5
    plaso/jira_access_months.log               jira-access            read 12 parsed 12 quarantined 0 events 12
    plaso/jira_access.log                      jira-access            read  4 parsed  4 quarantined 0 events 4
    plaso/jira_access_post9.4.log              jira-access            read  2 parsed  2 quarantined 0 events 2
    plaso/confluence_access.log                confluence-access      read  3 parsed  3 quarantined 0 events 3
    plaso/confluence_access_post7.11.log       confluence-access      read  1 parsed  1 quarantined 0 events 1
    plaso/atlassian-jira.log                   jira-application       read  7 parsed  7 quarantined 0 events 7
    plaso/atlassian-confluence.log             confluence-application read  4 parsed  4 quarantined 0 events 4
    stash/stash-access-lines.log               bitbucket-access       read 40 parsed 40 quarantined 0 events 37
    ");
}

#[test]
fn lines_that_are_none_are_counted_and_told_with_their_place() {
    let text = format!(
        "{LINE}\r\nwhat is this | and that\n\n{LINE}\n\u{0}\u{0}\u{0}{LINE}\n1.2.3.4 | https | o@x | cut off"
    );
    let (sink, file) = read_text("atlassian-bitbucket-access.log", text.as_bytes());
    assert_eq!((file.read, file.parsed, file.quarantined, file.blank, file.events), (5, 3, 2, 1, 3));
    let gap = sink.gaps.iter().find(|gap| gap.kind == "log lines").unwrap();
    assert!(gap.unread && gap.at.as_ref().unwrap().offset == LINE.len() as u64 + 2);
    for event in &sink.events {
        let from = event.at.offset as usize;
        assert_eq!(&text[from..from + event.at.length as usize], LINE);
    }
}

#[test]
fn packed_files_and_zips_give_the_same_events() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{LINE}\n").repeat(500);
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.path().join(name), bytes).unwrap();
    write("atlassian-bitbucket-access-1.log", text.clone().into_bytes());
    let gzip = |text: &str| {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(text.as_bytes()).unwrap();
        to.finish().unwrap()
    };
    // Two members, as `cat a.gz b.gz` makes them.
    let half = format!("{LINE}\n").repeat(250);
    write("atlassian-bitbucket-access-2.log.gz", [gzip(&half), gzip(&half)].concat());
    let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    to.write_all(text.as_bytes()).unwrap();
    write("atlassian-stash-access-2012-01-01.log.bz2", to.finish().unwrap());
    write("atlassian-bitbucket-access-4.log.zst", zstd::encode_all(text.as_bytes(), 1).unwrap());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("application-logs/atlassian-bitbucket-access.log", options).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.start_file("thread-dump/picture.png", options).unwrap();
    zip.write_all(b"\x89PNG\0\0").unwrap();
    write("support.zip", zip.finish().unwrap().into_inner());
    let (sink, summary) = read_all(&[LogInput::given(folder.path())]);
    assert_eq!(summary.totals(), (2500, 2500, 0), "{summary:#?}");
    assert_eq!(summary.skipped, ["support.zip!thread-dump/picture.png"]);
    assert!(
        sink.events
            .iter()
            .any(|event| &*event.at.file == "support.zip!application-logs/atlassian-bitbucket-access.log")
    );
}

#[test]
fn a_truncated_archive_gives_what_it_still_holds_and_a_gap() {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for at in 0..2000 {
        writeln!(to, "{}", LINE.replace("832", &(at * 7919).to_string())).unwrap();
    }
    let whole = to.finish().unwrap();
    let (sink, file) = read_text("atlassian-bitbucket-access.log.gz", &whole[..whole.len() / 2]);
    assert!(file.parsed > 100 && file.broken.is_some(), "{file:?}");
    assert!(sink.gaps.iter().any(|gap| gap.unread && gap.kind == "log file"));
}

#[test]
fn a_redacted_support_zip_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("redacted-support-zip-1.zip");
    fs::write(&path, b"PK\x03\x04").unwrap();
    let refused = read(&[LogInput::given(path)], &Zones::default(), &mut Collected::default(), &Silent);
    assert!(matches!(refused, Err(LogError::Redacted { .. })));
    let (sink, _) = read_all(&[LogInput::given(folder.path())]);
    assert!(sink.gaps[0].why.contains("redacted"));
}

#[test]
fn a_redacted_zip_with_another_name_is_known_by_its_pseudonyms() {
    let folder = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(
        "application-logs/atlassian-bitbucket-access.log",
        zip::write::SimpleFileOptions::default(),
    )
    .unwrap();
    let line = LINE.replace("admin", "redacted-7f3a").replace("10.229.31.195", "redacted-11");
    zip.write_all(format!("{line}\n").repeat(8).as_bytes()).unwrap();
    let path = folder.path().join("support.zip");
    fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
    let refused = read(&[LogInput::given(&path)], &Zones::default(), &mut Collected::default(), &Silent);
    assert!(matches!(refused, Err(LogError::Redacted { .. })));
    let (sink, summary) = read_all(&[LogInput::given(folder.path())]);
    assert!(sink.gaps[0].unread && sink.gaps[0].why.contains("redacted") && summary.files.is_empty());
    // A client that writes the word does not make a log unreadable.
    let line = LINE.replace("Mozilla", "redacted-").replace("/projects", "/redacted-");
    let (sink, _) = read_text("atlassian-bitbucket-access.log", format!("{line}\n").repeat(8).as_bytes());
    assert_eq!(sink.events.len(), 8);
}

#[test]
fn what_database_and_rest_repeat_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let event = |second: u32, shape: &str| {
        let (kind, time) = match shape {
            "file" => ("auditType", format!(r#"{{"epochSecond":16380361{second:02},"nano":63000000}}"#)),
            _ => ("type", format!(r#""2021-11-27T18:01:{:02}.063Z""#, second + 40)),
        };
        format!(
            r#"{{"{kind}":{{"action":"x","actionI18nKey":"bitbucket.x"}},"author":{{"id":"2","name":"ann"}},"source":"10.1.2.3","timestamp":{time}}}"#
        )
    };
    fs::write(folder.path().join("20211127.00000.audit.log"), event(0, "file") + "\n").unwrap();
    let page = format!(r#"{{"entities":[{},{}]}}"#, event(0, "rest"), event(1, "rest"));
    fs::write(folder.path().join("page-000000.json"), page).unwrap();
    let table = "COPY public.\"AO_C77861_AUDIT_ENTITY\" (\"ACTION_T_KEY\", \"ENTITY_TIMESTAMP\", \"SOURCE\", \"USER_ID\", \"USER_NAME\") FROM stdin;\n\
        bitbucket.x\t1638036100063\t10.1.2.3\t2\tann\nbitbucket.x\t1638036109063\t10.1.2.3\t2\tann\n\\.\n";
    fs::write(folder.path().join("ao_c77861_audit_entity.copy"), table).unwrap();
    let (sink, summary) = read_all(&[LogInput::given(folder.path())]);
    let (read, parsed, quarantined) = summary.totals();
    assert_eq!((read, parsed, quarantined), (7, 7, 0), "{summary:#?}");
    assert_eq!(summary.files.iter().map(|file| file.repeated).sum::<u64>(), 2);
    let mut seconds: Vec<String> = sink.events.iter().map(|event| event.time.short()).collect();
    seconds.sort();
    assert_eq!(seconds, ["2021-11-27 18:01:40Z", "2021-11-27 18:01:41Z", "2021-11-27 18:01:49Z"]);
}

#[test]
fn a_line_of_a_gigabyte_is_counted_and_the_next_one_read() {
    use std::os::unix::fs::FileExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("atlassian-bitbucket-access.log");
    let file = fs::File::create(&path).unwrap();
    // A file with a hole: a gigabyte of zeros costs no disk.
    let hole = 1 << 30;
    file.write_all_at(format!("{LINE}\n10.0.0.1 | https | ").as_bytes(), 0).unwrap();
    file.write_all_at(format!("x\n{LINE}\n").as_bytes(), hole).unwrap();
    drop(file);
    let (sink, summary) = read_all(&[LogInput::given(&path)]);
    let file = &summary.files[0];
    assert_eq!((file.read, file.parsed, file.quarantined), (3, 2, 1));
    assert_eq!(sink.quarantined[0].bytes, hole - LINE.len() as u64);
    assert!(sink.gaps.iter().any(|gap| gap.unread && gap.why.contains("longer than any log line")));
}

#[test]
fn stack_traces_belong_to_their_event() {
    let text = "2022-06-24 08:01:19,381 ERROR [http-1] c.a.s.Foo it broke\njava.lang.IllegalStateException: x\n\tat a.b.C(D.java:1)\n2022-06-24 08:01:20,000 INFO [http-1] c.a.s.Foo fine\n";
    let (sink, file) = read_text("atlassian-bitbucket.log", text.as_bytes());
    assert_eq!((file.read, file.parsed, file.events), (4, 4, 2));
    let event = &sink.events[0];
    assert_eq!(event.extra["stack_trace"], "java.lang.IllegalStateException: x\n\tat a.b.C(D.java:1)");
    let at = &event.at;
    assert!(text[at.offset as usize..at.offset as usize + at.length as usize].ends_with("(D.java:1)"));
}

#[test]
fn the_zone_is_inferred_from_the_audit_log_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (mut access, mut audit) = (String::new(), String::new());
    for at in 0..20_i64 {
        // 05:39:57 local is 03:39:57 UTC.
        access += &LINE.replace("05:39", &format!("05:{:02}", 10 + at));
        access.push('\n');
        let second = 1_649_734_797 + (at - 29) * 60;
        audit += &format!(
            r#"{{"auditType":{{"actionI18nKey":"bitbucket.x"}},"author":{{"id":"2","name":"admin"}},"source":"10.229.31.195","timestamp":{{"epochSecond":{second},"nano":900000000}}}}"#
        );
        audit.push('\n');
    }
    fs::write(folder.path().join("atlassian-bitbucket-access.log"), access).unwrap();
    fs::write(folder.path().join("20220412.00000.audit.log"), audit).unwrap();
    let (sink, summary) = read_all(&[LogInput::given(folder.path())]);
    let file = summary.files.iter().find(|file| file.format == Some(Format::BitbucketAccess)).unwrap();
    assert_eq!(file.zone.as_deref(), Some("UTC+02:00"));
    assert!(file.zone_how.as_deref().unwrap().contains("20 audit events"), "{file:?}");
    assert!(sink.gaps.is_empty());
    let first = sink.events.iter().find(|event| event.source == "bitbucket.access").unwrap();
    assert_eq!(first.time.to_string(), "2022-04-12T03:10:57.408000Z");
}

#[test]
fn the_zone_of_an_application_log_is_that_of_the_access_log_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["jira_access.log", "atlassian-jira.log"] {
        fs::copy(fixtures().join("plaso").join(name), folder.path().join(name)).unwrap();
    }
    let (_, summary) = read_all(&[LogInput::given(folder.path())]);
    let file = summary.files.iter().find(|file| file.format == Some(Format::JiraApplication)).unwrap();
    assert!(file.zone_how.as_deref().unwrap().contains("jira_access.log"), "{file:?}");
}

#[test]
fn a_sink_that_refuses_stops_the_reading() {
    struct Full;
    impl bbsec_core::Sink for Full {
        fn event(&mut self, _: &bbsec_core::Event) -> Result<(), Failure> {
            Err(Failure::new(bbsec_core::Exit::Failed, "disk full"))
        }
    }
    let stopped = read(&[LogInput::given(fixtures().join("stash"))], &Zones::default(), &mut Full, &Silent);
    assert!(matches!(stopped, Err(LogError::Sink(_))));
}

/// Pieces that hostile and damaged logs are made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(LINE.as_bytes().to_vec()),
        1 => Just(LINE.replace("o@", "i@").into_bytes()),
        1 => Just(br#"{"auditType":{"actionI18nKey":"bitbucket.x"},"author":{"id":"1","name":"a"},"timestamp":{"epochSecond":1,"nano":2}}"#.to_vec()),
        1 => Just(b"2022-06-24 08:01:19,381 WARN [git:gc:thread-1] !!! c.a.s.i.r.DefaultRepositorySizeCache failed".to_vec()),
        1 => Just(b"10.1.1.100 | UserCreatedEvent | admin | 1400681400000 | - | - | - | -".to_vec()),
        1 => Just(b"[17/Jun/2021:13:02:20 +0200] user http-nio-8080-exec-5 0:0:0:0:0:0:0:1 GET /x HTTP/1.1 200 12ms 152 - Mozilla/5.0 (x)".to_vec()),
        2 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b" | ".to_vec()),
        1 => Just(b"\"".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_line_is_ever_lost(pieces in proptest::collection::vec(piece(), 0..30), name in 0..6_usize) {
        let names = ["atlassian-bitbucket-access.log", "20260101.00000.audit.log", "atlassian-bitbucket.log", "atlassian-bitbucket-audit.log", "conf_access_log.2021-06-17.log", "atlassian-jira.log"];
        let text = pieces.concat();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(names[name]);
        fs::write(&path, &text).unwrap();
        let mut sink = Collected::default();
        let summary = read(&[LogInput::given(path)], &Zones::default(), &mut sink, &Silent).unwrap();
        let file = &summary.files[0];
        let lines = text.split(|byte| *byte == b'\n').count() - usize::from(text.is_empty() || text.ends_with(b"\n"));
        prop_assert_eq!(file.parsed + file.quarantined, file.read);
        if file.format != Some(Format::RestAudit) {
            prop_assert_eq!(file.read + file.blank, lines as u64);
        }
        prop_assert_eq!(sink.quarantined.len() as u64, file.quarantined);
        for line in &sink.quarantined {
            let from = line.at.offset as usize;
            let there = String::from_utf8_lossy(&text[from..from + line.bytes as usize]);
            let shown: String = line.text.chars().take(100).collect();
            let cut = shown.trim_end_matches(char::REPLACEMENT_CHARACTER);
            prop_assert!(there.starts_with(cut));
        }
        prop_assert_eq!(sink.events.len() as u64, file.events);
    }
}
