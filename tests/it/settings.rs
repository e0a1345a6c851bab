//! Settings through the program: flag before environment, before case, before the user's file, before the default.

use std::{fs, path::Path};

use serde_json::Value;

use crate::harness::{bbsec_ir, finish, program, temporary};

fn settings(at: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Vec<Value> {
    let mut command = program(at);
    command.args(["case", "show", "--origin", "--format", "jsonl", "--case", "case"]).args(arguments);
    finish(command.envs(environment.iter().copied())).ended(&[0]).rows()
}

fn one<'a>(rows: &'a [Value], name: &str) -> (&'a str, &'a str) {
    let row = rows.iter().find(|row| row["setting"] == name).unwrap_or_else(|| panic!("{name} is not there"));
    (row["value"].as_str().unwrap(), row["origin"].as_str().unwrap())
}

fn user_file(at: &Path, text: &str) {
    fs::create_dir_all(at.join(".config/bbsec-ir")).unwrap();
    fs::write(at.join(".config/bbsec-ir/config.toml"), text).unwrap();
}

#[test]
fn each_place_goes_before_the_next_and_the_program_says_which() {
    let folder = temporary();
    let at = folder.path();
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    assert_eq!(one(&settings(at, &[], &[]), "region").1, "default");
    user_file(
        at,
        "region = \"eu-north-1\"\nresponder = \"jo\"\n[report]\ntlp = \"amber\"\nsen = \"SEN-1\"\n",
    );
    assert_eq!(one(&settings(at, &[], &[]), "region"), ("eu-north-1", "user-file"));
    bbsec_ir(at, ["case", "set", "region=eu-west-1", "tlp=red", "--case", "case"]).ended(&[0]);
    assert_eq!(one(&settings(at, &[], &[]), "region"), ("eu-west-1", "case"));
    let environment = [("AWS_REGION", "us-east-1")];
    assert_eq!(one(&settings(at, &[], &environment), "region"), ("us-east-1", "environment"));
    let rows = settings(at, &["--region", "ap-south-1"], &environment);
    assert_eq!(one(&rows, "region"), ("ap-south-1", "flag"));
    let hidden = rows.iter().find(|row| row["setting"] == "region").unwrap()["hidden"].as_array().unwrap();
    let origins: Vec<_> = hidden.iter().map(|said| said["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["environment", "case", "user-file"]);
    assert_eq!(one(&rows, "tlp"), ("red", "case"));
    assert_eq!(one(&rows, "sen"), ("SEN-1", "user-file"));
    assert_eq!(one(&rows, "responder"), ("jo", "user-file"));
    // What the report is told is what `--origin` says.
    let report = bbsec_ir(at, ["report", "--format", "json", "--case", "case"]).ended(&[0]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let field = |key: &str| {
        let fields = report["fields"].as_array().unwrap();
        fields.iter().find(|field| field["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!((field("tlp"), field("sen")), ("red".into(), "SEN-1".into()));
    bbsec_ir(at, ["case", "set", "tlp=", "--case", "case"]).ended(&[0]);
    assert_eq!(one(&settings(at, &[], &[]), "tlp"), ("amber", "user-file"));
}

#[test]
fn who_works_here_stands_in_a_new_case() {
    let folder = temporary();
    let at = folder.path();
    user_file(at, "responder = \"Jo Doe <jo@example.org>\"\n");
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    let text = fs::read_to_string(at.join("case/case.toml")).unwrap();
    assert!(text.contains("Jo Doe <jo@example.org>"), "{text}");
    let run = bbsec_ir(at, ["case", "set", "responder=me", "--case", "case"]).ended(&[2]);
    assert!(run.stderr.contains("custody --to"), "{}", run.stderr);
}

#[test]
fn the_profile_of_the_users_file_reaches_aws() {
    let folder = temporary();
    let at = folder.path();
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    user_file(at, "profile = \"incident\"\nregion = \"eu-west-1\"\n");
    // The SDK asks the profile's program for credentials: that it ran says which profile was taken.
    fs::create_dir(at.join(".aws")).unwrap();
    let asked = at.join("asked");
    let config = format!("[profile incident]\ncredential_process = /usr/bin/touch {}\n", asked.display());
    fs::write(at.join(".aws/config"), config).unwrap();
    let words = ["collect", "instance", "--instance", "i-0123456789abcdef0", "--case", "case"];
    finish(program(at).args(words).args(["--profile", "another"])).ended(&[1]);
    assert!(!asked.exists(), "a flag goes before the file");
    finish(program(at).args(words)).ended(&[1]);
    assert!(asked.exists(), "the profile of the file was not asked");
}

#[test]
fn a_settings_file_that_cannot_be_used_is_named_with_its_line() {
    let folder = temporary();
    let at = folder.path();
    user_file(at, "color = \"auto\"\nregoin = \"eu-west-1\"\n");
    let run = bbsec_ir(at, ["playbook", "list"]).ended(&[2]);
    for part in ["config.toml", "line 2", "regoin", "help"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    user_file(at, "color = \"purple\"\n");
    let run = finish(program(at).args(["playbook", "list"]).env_remove("NO_COLOR")).ended(&[2]);
    assert!(run.stderr.contains("purple") && run.stderr.contains("config.toml"), "{}", run.stderr);
    // Another file, or none.
    finish(program(at).args(["playbook", "list"]).env("BBSEC_IR_CONFIG", "/dev/null")).ended(&[0]);
    finish(program(at).args(["playbook", "list"]).env("BBSEC_IR_CONFIG", "absent.toml")).ended(&[2]);
}
