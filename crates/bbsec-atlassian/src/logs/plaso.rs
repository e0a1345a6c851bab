//! Held against plaso: on its own sample lines, what it reads we read alike, and what it drops we read as well.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use bbsec_core::{Collected, Event, Silent};
use serde_json::Value;

use super::*;

/// A Python that has plaso.
fn python() -> Option<PathBuf> {
    let given = std::env::var_os("BBSEC_TEST_PYTHON").map(PathBuf::from);
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python");
    [given, Some(ours)].into_iter().flatten().find(|python| {
        let import = Command::new(python).args(["-c", "import plaso.parsers.text_parser"]).output();
        import.is_ok_and(|output| output.status.success())
    })
}

/// Runs plaso over a folder; its events as JSON.
fn plaso(python: &Path, folder: &Path) -> Option<Vec<Value>> {
    let work = tempfile::tempdir().unwrap();
    let bin = python.parent().unwrap();
    let tool =
        |name: &str| [bin.join(name), bin.join(format!("{name}.py"))].into_iter().find(|path| path.exists());
    let (collect, sort) = (tool("log2timeline")?, tool("psort")?);
    let (store, lines) = (work.path().join("x.plaso"), work.path().join("x.jsonl"));
    let run = |tool: &Path, args: &[&std::ffi::OsStr]| {
        let output = Command::new(python).arg(tool).args(args).current_dir(work.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let s = std::ffi::OsStr::new;
    run(
        &collect,
        &[
            s("--status_view"),
            s("none"),
            s("-q"),
            s("-u"),
            s("--parsers"),
            s("text"),
            s("--storage-file"),
            store.as_os_str(),
            folder.as_os_str(),
        ],
    );
    run(
        &sort,
        &[
            s("--status_view"),
            s("none"),
            s("-q"),
            s("-u"),
            s("-o"),
            s("json_line"),
            s("-w"),
            lines.as_os_str(),
            store.as_os_str(),
        ],
    );
    let text = std::fs::read_to_string(lines).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Products write the same lines; plaso goes by the first parser that fits, and takes some of one for another's.
fn kind(data_type: &str) -> String {
    match data_type {
        "jira:access" | "confluence:access" => "access".into(),
        line if line.ends_with(":line") => "line".into(),
        other => other.into(),
    }
}

/// Products and versions print the same thing in several ways; nothing and `-` are the same.
fn bare(text: &str) -> String {
    let text = text.trim();
    if text == "-" { String::new() } else { text.to_owned() }
}

/// What of an event plaso says as well: type, status, bytes sent, time, user and agent.
fn ours(event: &Event) -> Vec<String> {
    let or = |text: Option<String>| text.unwrap_or_default();
    // plaso's grammars for application logs of Jira and Confluence know no user.
    let named = !matches!(&*event.data_type, "atlassian:jira:line" | "atlassian:confluence:line");
    // An SSH client's version is no user agent to plaso.
    let agent = event.user_agent.clone().filter(|agent| !agent.starts_with("SSH-2.0-"));
    vec![
        kind(&event.data_type),
        or(event.status.map(|status| status.to_string())),
        or(event.bytes_out.map(|bytes| bytes.to_string())).trim_start_matches('0').to_owned(),
        event.time.micros().to_string(),
        bare(&or(event.user.clone().filter(|_| named))),
        bare(&or(agent)),
    ]
}

fn theirs(event: &Value) -> Vec<String> {
    let field = |names: &[&str]| {
        let found = names.iter().find_map(|name| event.get(*name).filter(|value| !value.is_null()));
        found.map_or(String::new(), |value| value.as_str().map_or(value.to_string(), str::to_owned))
    };
    vec![
        kind(&field(&["data_type"])),
        field(&["http_response_code"]),
        field(&["http_response_bytes_written", "http_response_bytes"])
            .trim_start_matches(['0', '-'])
            .to_owned(),
        field(&["timestamp"]),
        bare(&field(&["username"])),
        bare(&field(&["http_request_user_agent"])),
    ]
}

#[test]
fn on_its_sample_files_plaso_reads_nothing_that_we_do_not_read_alike() {
    let Some(python) = python() else {
        println!("not run: no Python with plaso (BBSEC_TEST_PYTHON or target/venv)");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/logs/plaso");
    let Some(events) = plaso(&python, &folder) else {
        println!("not run: plaso's programs are not beside {}", python.display());
        return;
    };
    // plaso does not infer zones.
    let utc = Zones::new([("default".to_owned(), "UTC".to_owned())].into());
    let mut sink = Collected::default();
    read(&[LogInput::given(&folder)], &utc, &mut sink, &Silent).unwrap();
    let mut left: Vec<Vec<String>> = sink.events.iter().map(ours).collect();
    let known = ["atlassian:", "jira:", "confluence:"];
    let events: Vec<&Value> = events
        .iter()
        .filter(|event| {
            event["data_type"].as_str().is_some_and(|name| known.iter().any(|known| name.starts_with(known)))
        })
        .collect();
    println!("plaso reads {} events, we read {}", events.len(), left.len());
    assert!(events.len() > 20 && left.len() >= events.len());
    for event in events {
        let wanted = theirs(event);
        let found = left.iter().position(|ours| *ours == wanted);
        assert!(found.is_some(), "plaso reads {wanted:?}, we do not; left: {left:#?}");
        left.remove(found.unwrap());
    }
}
