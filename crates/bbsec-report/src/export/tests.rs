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
      "username": "svc-ci",
      "remote_address": "203.0.113.7",
      "request_identifier": "@1ABCDEFx194x52x0",
      "http_request_user_agent": "git/2.39.2",
      "access_token_identifier": "412",
      "target": "PAY/ledger",
      "http_response_code": 200,
      "http_response_bytes_written": 812000000,
      "labels": "clone, access-token:id:412",
      "verb": "clone",
      "action": "POST /scm/pay/ledger.git/git-upload-pack HTTP/1.1",
      "source_file": "logs/atlassian-bitbucket-access-2026-11-18.0.log",
      "source_offset": 116000000,
      "source_length": 240,
      "parser": "bitbucket.access"
    }
    "#);
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
