//! The exports: their fields, and that nothing in them is lost or acts.

use bbsec_core::Time;
use serde_json::Value;

use super::*;
use crate::{CaseData, Redactor, example};

fn redactor(data: &CaseData) -> Redactor {
    Redactor::new(data.fingerprinter.clone(), &data.secrets)
}

fn lines(data: &CaseData) -> Vec<Value> {
    let mut out = Vec::new();
    timesketch(&data.timeline, &redactor(data), &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_timesketch_line_has_what_the_importer_asks_for() {
    for data in [example::incident(), example::hostile()] {
        let lines = lines(&data);
        assert_eq!(lines.len(), data.timeline.len());
        for line in lines {
            for field in ["message", "datetime", "timestamp_desc", "data_type"] {
                assert!(!line[field].as_str().unwrap().is_empty(), "{field}");
            }
            assert!(line["datetime"].as_str().unwrap().parse::<Time>().is_ok());
            for (name, value) in line.as_object().unwrap() {
                let text = value.as_str().unwrap_or_default();
                assert!(text.len() < 32_766 && name.len() <= 130, "keyword fields are bounded");
                assert!(!text.contains(['\u{1b}', '\u{202e}']));
            }
        }
    }
}

#[test]
fn an_access_event_has_plasos_names() {
    let line = lines(&example::incident()).remove(0);
    insta::assert_snapshot!(serde_json::to_string_pretty(&line).unwrap(), @r#"
    {
      "message": "svc-ci 203.0.113.7 clone: POST /scm/pay/ledger.git/git-upload-pack HTTP/1.1 [200]",
      "datetime": "2026-11-18T03:14:05.000000Z",
      "timestamp": 1794971645000000,
      "timestamp_desc": "Recorded Time",
      "data_type": "atlassian:bitbucket:access",
      "http_request_method": "POST",
      "http_request_uri": "/scm/pay/ledger.git/git-upload-pack",
      "http_version": "HTTP/1.1",
      "http_request_user_agent": "git/2.39.2",
      "http_response_code": 200,
      "remote_address": "203.0.113.7,10.0.0.2",
      "http_response_bytes_written": 812000000,
      "username": "svc-ci",
      "request_identifier": "@1ABCDEFx194x52x0",
      "access_token_identifier": "412",
      "target": "PAY/ledger",
      "labels": "clone, access-token:id:412",
      "verb": "clone",
      "source_file": "logs/atlassian-bitbucket-access-2026-11-18.0.log",
      "source_offset": 116000000,
      "source_length": 240,
      "parser": "bitbucket.access"
    }
    "#);
}

/// How much the programs of others read in each of our files; `None` where set-up has not brought them.
fn judged(kind: &str, texts: &[String]) -> Option<Vec<usize>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("BBSEC_PYTHON")
        .map_or_else(|| root.join("../../target/venv/bin/python"), Into::into);
    let asked = |arguments: &[std::ffi::OsString]| {
        std::process::Command::new(&python)
            .arg(root.join("src/export/judge.py"))
            .arg(kind)
            .args(arguments)
            .output()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        let file = folder.path().join(format!("{n}.jsonl"));
        std::fs::write(&file, text).unwrap();
        files.push(file.into_os_string());
    }
    let output = asked(&files);
    let told = |output: &std::process::Output| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    match output {
        Ok(output) if output.status.success() => {
            let told = String::from_utf8(output.stdout).unwrap();
            Some(told.lines().map(|line| line.parse().unwrap()).collect())
        }
        Ok(output) if told(&output).contains("ModuleNotFoundError") => {
            println!("not run: the judge of {kind} (cargo xtask setup)");
            None
        }
        Ok(output) => panic!("{kind}: {}", told(&output)),
        Err(_) => {
            println!("not run: the judge of {kind} (no Python environment: cargo xtask setup)");
            None
        }
    }
}

#[test]
fn timesketchs_own_server_reads_every_line() {
    let mut files = Vec::new();
    let mut written = Vec::new();
    for data in [example::incident(), example::hostile()] {
        let mut out = Vec::new();
        let count = timesketch(&data.timeline, &redactor(&data), &mut out).unwrap();
        written.push(usize::try_from(count).unwrap());
        files.push(String::from_utf8(out).unwrap());
    }
    if let Some(read) = judged("timesketch", &files) {
        assert_eq!(read, written);
    }
}

#[test]
fn a_model_of_sarif_by_others_takes_the_log() {
    let cases = [example::incident(), example::hostile()];
    let log =
        |data: &CaseData| sarif(&data.secrets, &data.findings, "bbsec-ir 0.1.0", &redactor(data)).unwrap();
    if let Some(results) = judged("sarif", &cases.each_ref().map(log)) {
        assert_eq!(results, cases.map(|data| data.secrets.len() + data.findings.len()));
    }
}

#[test]
fn the_stix_library_of_oasis_takes_every_object() {
    let mut untold = example::incident();
    untold.settings.clear();
    let cases = [example::incident(), untold, example::hostile(), CaseData::default()];
    let bundles = cases.map(|data| {
        let bundle = stix(&crate::model(&data)).unwrap();
        assert_eq!(bundle, stix(&crate::model(&data)).unwrap(), "the same case gives the same ids");
        assert!(!bundle.contains(['\u{1b}', '\u{202e}']));
        bundle
    });
    if let Some(objects) = judged("stix", &bundles) {
        assert!(objects.iter().zip([9, 8, 9, 2]).all(|(found, least)| *found >= least), "{objects:?}");
    }
}

#[test]
fn plasos_names_are_used_for_each_of_its_parsers() {
    let base = || example::incident().timeline.remove(0);
    let row = |change: &dyn Fn(&mut bbsec_core::Event)| {
        let mut event = base();
        change(&mut event);
        let mut out = Vec::new();
        timesketch([&event], &Redactor::shapes_only(), &mut out).unwrap();
        serde_json::from_slice::<Value>(&out).unwrap()
    };
    let ssh = row(&|event| {
        event.action = "SSH - git-upload-pack '/pay/ledger.git'".into();
        event.duration = Some(1_500_000);
    });
    assert_eq!(ssh["http_request_method"], "SSH");
    assert_eq!(ssh["ssh_repository_path"], "/pay/ledger.git");
    assert_eq!(ssh["request_time"], 1500, "milliseconds");
    let tomcat = row(&|event| {
        event.data_type = "confluence:access".into();
        event.action = "GET /pages/viewpage.action?pageId=7 HTTP/1.1".into();
        event.duration = Some(12_000);
    });
    assert_eq!(tomcat["forwarded_for"], "203.0.113.7");
    assert_eq!(tomcat["remote_name"], "10.0.0.2");
    assert_eq!(tomcat["http_response_bytes"], 812_000_000);
    assert_eq!(tomcat["process_duration"], 12);
    assert_eq!(tomcat["http_request_uri"], "/pages/viewpage.action?pageId=7");
    let line = row(&|event| event.data_type = "atlassian:jira:line".into());
    assert_eq!(
        (&line["message_body"], &line["timestamp_desc"]),
        (&Value::from(base().action), &Value::from("Written Time"))
    );
    let audit = row(&|event| event.data_type = "atlassian:bitbucket:audit".into());
    assert_eq!(audit["event_name"], base().action.as_str());
    let secret = row(&|event| event.action = "GET /x?access_token=abcdefgh12345 HTTP/1.1".into());
    assert_eq!(secret["http_request_uri"], "/x?access_token=[redacted]");
}

#[test]
fn sarif_has_the_shape_of_its_standard() {
    for data in [example::incident(), example::hostile()] {
        let log: Value =
            serde_json::from_str(&sarif(&data.secrets, &data.findings, "0.1.0", &redactor(&data)).unwrap())
                .unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), data.secrets.len() + data.findings.len());
        for result in results {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            for location in result["locations"].as_array().unwrap() {
                let physical = &location["physicalLocation"];
                let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
                assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~%".contains(&b)), "{uri}");
                if let Some(line) = physical["region"].get("startLine") {
                    assert!(line.as_u64().unwrap() >= 1);
                }
            }
        }
    }
}

#[test]
fn gitleaks_readers_find_every_field_and_no_value() {
    let data = example::incident();
    let report: Value =
        serde_json::from_str(&gitleaks_json(&data.secrets, &redactor(&data)).unwrap()).unwrap();
    let entries = report.as_array().unwrap();
    assert_eq!(entries.len(), data.secrets.len());
    for entry in entries {
        for field in [
            "RuleID",
            "Description",
            "StartLine",
            "EndLine",
            "StartColumn",
            "EndColumn",
            "Match",
            "Secret",
            "File",
            "SymlinkFile",
            "Commit",
            "Entropy",
            "Author",
            "Email",
            "Date",
            "Message",
            "Tags",
            "Fingerprint",
        ] {
            assert!(entry.get(field).is_some(), "{field}");
        }
        assert!(entry["Secret"].as_str().unwrap().contains('…'));
    }
}
