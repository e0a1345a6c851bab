//! `collect rest` against a server that a client of others reads as well.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::harness::{finish, program, python, root, temporary};

const TOKEN: &str = "BBDC-MDEyMzQ1Njc4OTAxOnRlc3QtdG9rZW4tb2YtYS10ZXN0";

/// A running server; it ends when this is dropped.
struct Server {
    child: Child,
    url: String,
    log: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(python: &Path, folder: &Path, busy: &str) -> Self {
        let (ready, log) = (folder.join("url"), folder.join("questions.log"));
        let child = Command::new(python)
            .arg(root().join("tests/rest/bitbucket_rest.py"))
            .args(["--token", TOKEN, "--busy", busy, "--ready-file"])
            .arg(&ready)
            .arg("--log")
            .arg(&log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { child, url: String::new(), log };
        let begun = Instant::now();
        while !server.url.ends_with('\n') {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
            server.url = std::fs::read_to_string(&ready).unwrap_or_default();
        }
        server.url = server.url.trim().to_owned();
        server
    }

    fn questions(&self) -> Vec<String> {
        std::fs::read_to_string(&self.log).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

fn collect(case: &Path, url: &str, token: &str, more: &[&str]) -> crate::harness::Run {
    let file = case.with_extension("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let mut command = program(case.parent().unwrap());
    command
        .args(["collect", "rest", "--url", url, "--token-file"])
        .arg(&file)
        .args(["--format", "json", "--case"]);
    finish(command.arg(case).args(more))
}

fn new_case(folder: &Path) -> PathBuf {
    let case = folder.join("case");
    finish(program(folder).args(["case", "new"]).arg(&case)).ended(&[0]);
    case
}

/// The values of every page of one question.
fn values(case: &Path, output: &Value, name: &str, list: &str) -> Vec<Value> {
    let folder = case.join("evidence/data").join(output["folder"].as_str().unwrap()).join(name);
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let page = |path: &PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    pages.iter().flat_map(|path| page(path)[list].as_array().unwrap().clone()).collect()
}

#[test]
fn what_a_product_answers_is_kept_page_by_page_and_as_another_client_reads_it() {
    let Some(python) = python("collecting over REST") else { return };
    let folder = temporary();
    let server = Server::start(&python, folder.path(), "9");
    let case = new_case(folder.path());
    let run = collect(&case, &server.url, TOKEN, &["--rate", "1000"]).ended(&[4]);
    let output: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((output["product"].as_str(), output["version"].as_str()), (Some("bitbucket"), Some("8.19.4")));
    assert!(run.stderr.contains("license") && run.stderr.contains("403"), "{}", run.stderr);
    let events = values(&case, &output, "audit-events", "entities");
    assert_eq!(events.len(), 450);
    let folders = case.join("evidence/data").join(output["folder"].as_str().unwrap()).join("group-members");
    let names =
        std::fs::read_dir(folders).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let group = names.into_iter().find(|name| name.starts_with("payments___ops~")).unwrap();
    // The same through a client that others wrote.
    let script = "import json, sys\n\
        from atlassian import Bitbucket\n\
        b = Bitbucket(url=sys.argv[1], token=sys.argv[2], backoff_and_retry=True, max_backoff_seconds=1)\n\
        print(json.dumps({'users': list(b.get_users_info(limit=100)), 'groups': list(b.get_groups()),\n\
            'members': list(b.group_members('payments & ops')), 'projects': list(b.project_list()),\n\
            'repos': [r for p in b.project_list() for r in b.repo_list(p['key'])]}))\n";
    let other = finish(Command::new(&python).args(["-c", script, &server.url, TOKEN])).ended(&[0]);
    let other: Value = serde_json::from_str(&other.stdout).unwrap();
    assert_eq!(Value::from(values(&case, &output, "users", "values")), other["users"]);
    assert_eq!(Value::from(values(&case, &output, "projects", "values")), other["projects"]);
    assert_eq!(
        Value::from(values(&case, &output, &format!("group-members/{group}"), "values")),
        other["members"]
    );
    let slugs = |list: &Value| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|r| format!("{} {}", r["project"]["key"], r["slug"])).collect()
    };
    assert_eq!(slugs(&Value::from(values(&case, &output, "repos", "values"))), slugs(&other["repos"]));
    // Only questions, never changes; the token is nowhere in the case.
    let questions = server.questions();
    assert!(questions.iter().all(|line| line.starts_with("GET ")));
    assert!(questions.iter().any(|line| line.ends_with("busy")));
    let held = finish(Command::new("grep").args(["-rlF", TOKEN]).arg(&case));
    assert_eq!(held.stdout, "");
    finish(program(folder.path()).args(["verify"]).arg(&case)).ended(&[0, 4]);
}

#[test]
fn a_wrong_token_another_server_and_an_open_way_are_told_apart() {
    let Some(python) = python("refusing over REST") else { return };
    let folder = temporary();
    let server = Server::start(&python, folder.path(), "0");
    let case = new_case(folder.path());
    let run = collect(&case, &server.url, "BBDC-wrong", &[]).ended(&[1]);
    assert!(run.stderr.contains("refuses the token"), "{}", run.stderr);
    let run = collect(&case, &format!("{}/bitbucket", server.url), TOKEN, &["--rate", "1000"]).ended(&[1]);
    assert!(run.stderr.contains("context path"), "{}", run.stderr);
    let run = collect(&case, "http://bitbucket.example.com", TOKEN, &[]).ended(&[2]);
    assert!(run.stderr.contains("--allow-http"), "{}", run.stderr);
    let run = collect(&case, "https://user:sesame@bitbucket.example.com", TOKEN, &[]).ended(&[2]);
    assert!(!run.stderr.contains("sesame"), "{}", run.stderr);
}
