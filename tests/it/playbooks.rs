//! The playbooks that come with the program: valid, complete, and understood by programs that others wrote.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::harness::{bbsec_ir, finish, program, python, root, temporary};

/// Every playbook in the folder, with its text.
fn playbooks() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(root().join("playbooks")).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn they_validate_without_a_warning_and_their_own_tests_hold() {
    let names: Vec<String> = playbooks().into_keys().collect();
    assert_eq!(names.len(), 7, "{names:?}");
    let files: Vec<String> = names
        .iter()
        .map(|name| root().join(format!("playbooks/{name}.yaml")).display().to_string())
        .collect();
    let run = finish(program(&root()).args(["playbook", "validate", "--strict"]).args(&files));
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in run.stdout.lines() {
        let tests: u32 =
            line.rsplit(", ").next().and_then(|end| end.split(' ').next()).unwrap().parse().unwrap();
        assert!(tests >= 3, "{line}");
    }
    // They also come with the program: by name, where no file is at hand.
    let folder = temporary();
    for name in &names {
        let shown = bbsec_ir(folder.path(), ["playbook", "show", name]).ended(&[0]);
        assert_eq!(shown.stdout, playbooks()[name], "{name} is another one in the program");
        bbsec_ir(folder.path(), ["playbook", "validate", name]).ended(&[0]);
    }
}

/// The ids of the coverage table: the first column, without headings.
fn table() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs/coverage.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(" | ").next())
        .flat_map(|ids| ids.split(", "))
        .map(|id| id.trim().to_owned())
        .filter(|id| id.starts_with("P-") || id.starts_with('C') && id.contains('.'))
        .collect()
}

#[test]
fn every_id_of_the_coverage_table_is_carried_by_a_step() {
    let table = table();
    assert!(table.len() > 60, "only {} ids were read", table.len());
    let mut carried: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in playbooks() {
        let playbook = bbsec_playbook::parse(&text).unwrap();
        for (id, steps) in playbook.coverage() {
            carried
                .entry(id.to_owned())
                .or_default()
                .extend(steps.iter().map(|step| format!("{name}/{step}")));
        }
    }
    let under = |id: &str, group: &str| group.strip_suffix('*').is_some_and(|prefix| id.starts_with(prefix));
    let missing: Vec<&String> = table
        .iter()
        .filter(|id| !carried.keys().any(|carried| carried == *id || under(carried, id)))
        .collect();
    assert!(missing.is_empty(), "nothing carries {missing:?}");
    let unknown: Vec<_> = carried
        .iter()
        .filter(|(id, _)| !table.contains(*id) && !table.iter().any(|group| under(id, group)))
        .collect();
    assert!(unknown.is_empty(), "docs/coverage.md does not know {unknown:?}");
}

/// A step that claims posture checks is a person's, or uses an analysis that has each of them.
#[test]
fn automatic_posture_checks_are_really_there() {
    let commits = root().join("crates/bbsec-ir/src/analyses/commits/review.rs");
    let mut source = std::fs::read_to_string(commits).unwrap();
    for file in std::fs::read_dir(root().join("crates/bbsec-atlassian/src/config")).unwrap() {
        let path = file.unwrap().path();
        // A question is no check.
        if !path.ends_with("questions.rs") {
            source.push_str(&std::fs::read_to_string(path).unwrap_or_default());
        }
    }
    let mut tried = 0;
    for (name, text) in playbooks() {
        for step in bbsec_playbook::parse(&text).unwrap().steps {
            for id in step.covers.iter().filter(|id| id.starts_with("P-") && step.manual.is_none()) {
                assert!(
                    source.contains(&format!("\"{}\"", id.as_str())),
                    "{name}/{}: no check {}",
                    *step.id,
                    **id
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 20);
}

/// Tasks of people say who, what, and what to attach.
#[test]
fn manual_steps_say_whose_they_are_and_what_they_ask_for() {
    let mut tasks = 0;
    for (name, text) in playbooks() {
        for step in bbsec_playbook::parse(&text).unwrap().steps {
            let Some(manual) = step.manual else { continue };
            assert!(manual.text.len() > 60, "{name}/{} says too little", *step.id);
            assert!(manual.owner.is_some() && manual.evidence.is_some(), "{name}/{}", *step.id);
            assert!(!step.covers.is_empty(), "{name}/{} carries no id", *step.id);
            tasks += 1;
        }
    }
    assert!(tasks > 25, "{tasks}");
}

/// Python's jsonschema and PyYAML, which nobody here wrote, read the playbooks as the published schema says.
#[test]
fn the_json_schema_accepts_them_and_refuses_what_is_wrong() {
    let Some(python) = python("the playbooks against their JSON Schema") else { return };
    let folder = temporary();
    let schema = bbsec_ir(folder.path(), ["schema", "playbook"]).ended(&[0]).stdout;
    std::fs::write(folder.path().join("schema.json"), &schema).unwrap();
    let published = std::fs::read_to_string(root().join("docs/playbook.schema.json")).unwrap();
    assert!(published == schema, "docs/playbook.schema.json is not what the program says: cargo xtask gen");
    let script = "\
import json, sys, yaml, jsonschema
schema = json.load(open('schema.json'))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
bad = 0
for path in sys.argv[1:]:
    text = open(path).read()
    for error in validator.iter_errors(yaml.safe_load(text)):
        print(path, list(error.absolute_path), error.message[:200]); bad += 1
    for old, new in [('uses: report', 'uses: repport'), ('    needs: [', '    need: ['), ('  type: path', '  type: pth'),
                     ('name: ', 'nam: ')]:
        if old in text and not list(validator.iter_errors(yaml.safe_load(text.replace(old, new, 1)))):
            print(path, 'accepted with', new); bad += 1
sys.exit(bad)
";
    let files = playbooks().into_keys().map(|name| root().join(format!("playbooks/{name}.yaml")));
    let run = finish(Command::new(python).current_dir(folder.path()).args(["-c", script]).args(files));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

/// Hostile files through the program itself: a message with its place, exit code 2, within 200 MB.
#[test]
fn hostile_playbooks_end_in_a_message_within_bounds() {
    let Some(python) = python("memory of hostile playbooks") else { return };
    let folder = temporary();
    let at = folder.path();
    let step = "schema: bbsec-ir.playbook/v1\nname: x\nsteps:\n  - id: a\n";
    let bomb: String = std::iter::once("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned())
        .chain((1..9).map(|n| {
            let before = format!("*a{}", n - 1);
            format!("a{n}: &a{n} [{}]\n", [before.as_str(); 10].join(","))
        }))
        .collect();
    for (name, text) in [
        ("bomb", bomb),
        ("large", format!("{step}    with:\n      x: {}\n", "y".repeat(10_000_000))),
        ("duplicate", format!("{step}    id: b\n")),
        (
            "boolean",
            "schema: bbsec-ir.playbook/v1\nname: x\ninputs:\n  a: { type: bool, default: yes }\nsteps: []\n"
                .into(),
        ),
        ("tab", format!("{step}\tuses: report\n")),
        ("deep", format!("{step}    with: {}\n", "[".repeat(100_000))),
        ("endless", format!("{step}    uses: report\n    when: \"[1] * 999999999 | length\"\n")),
        ("flow", format!("{step}    with: {{ x: ${{{{ y }}}} }}\n")),
    ] {
        std::fs::write(at.join(format!("{name}.yaml")), text).unwrap();
    }
    let script = "\
import glob, json, os, resource, subprocess, sys, time
for path in sorted(glob.glob('*.yaml')):
    begun = time.time()
    run = subprocess.Popen([sys.argv[1], 'playbook', 'validate', path, '--format', 'json'], stdout=subprocess.PIPE)
    out = run.stdout.read()
    _, status, usage = os.wait4(run.pid, 0)
    print(json.dumps({'file': path, 'code': os.waitstatus_to_exitcode(status), 'kib': usage.ru_maxrss,
                      'seconds': round(time.time() - begun, 2), 'rows': json.loads(out)['rows'][:3]}))
";
    let mut command = Command::new(python);
    let binary = program(at).get_program().to_owned();
    let run = finish(command.current_dir(at).args(["-c", script]).arg(binary)).ended(&[0]);
    for row in run.rows() {
        println!("{row}");
        assert_eq!(row["code"], 2, "{row}");
        let first = &row["rows"][0];
        assert!(
            first["line"].as_u64().unwrap() >= 1 && !first["message"].as_str().unwrap().is_empty(),
            "{row}"
        );
        assert!(row["kib"].as_u64().unwrap() < 200 * 1024, "{row}");
        assert!(row["seconds"].as_f64().unwrap() < 20.0, "{row}");
    }
    assert_eq!(run.rows().len(), 8);
}

const SMALL: &str = "\
schema: bbsec-ir.playbook/v1
name: small
steps:
  - id: think
    approve: { message: Go on? }
  - id: write
    uses: report
    needs: [think]
  - id: call
    manual: { text: Call somebody., owner: lead, evidence: a note }
outputs:
  page: ${{ steps.write.outputs.html }}
";

#[test]
fn json_events_tell_a_run_as_it_goes() {
    let folder = temporary();
    let at = folder.path();
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    std::fs::write(at.join("small.yaml"), SMALL).unwrap();
    let refused = bbsec_ir(at, ["run", "small.yaml", "--case", "case", "--format", "jsonl"]).ended(&[5]);
    assert_eq!(refused.rows().last().unwrap()["exit"], 5);
    assert!(refused.rows().iter().any(|row| row["event"] == "step-waits" && row["for"] == "a person"));
    let run = bbsec_ir(at, ["run", "small.yaml", "--case", "case", "--format", "jsonl", "--yes-to", "think"])
        .ended(&[0]);
    let events: Vec<(String, String)> = run
        .rows()
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            (text("event"), text("step"))
        })
        .collect();
    for event in [
        ("run-started", ""),
        ("step-started", "think"),
        ("step-ended", "write"),
        ("step-ended", "call"),
        ("run-ended", ""),
    ] {
        assert!(events.contains(&(event.0.into(), event.1.into())), "{event:?} is not in {events:?}");
    }
    let end = run.rows().pop().unwrap();
    assert!(end["outputs"]["page"].as_str().unwrap().ends_with("report.html"), "{end}");
    assert!(run.stderr.contains("tasks list"), "{}", run.stderr);
}

#[test]
fn tasks_are_done_with_evidence_or_left_out_with_a_reason() {
    let folder = temporary();
    let at = folder.path();
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    bbsec_ir(at, ["tasks", "list", "--case", "case"]).ended(&[3]);
    std::fs::write(at.join("small.yaml"), SMALL).unwrap();
    bbsec_ir(at, ["run", "small.yaml", "--case", "case", "--yes-to", "think"]).ended(&[0]);
    let listed = bbsec_ir(at, ["tasks", "list", "--case", "case"]).ended(&[0]).stdout;
    assert!(listed.contains("Call somebody.") && listed.contains("attach: a note"), "{listed}");
    std::fs::write(at.join("note.txt"), "called").unwrap();
    let done = [
        "tasks", "done", "call", "--case", "case", "--by", "jo", "--result", "agreed", "--attach", "note.txt",
    ];
    bbsec_ir(at, done).ended(&[0]);
    bbsec_ir(at, ["tasks", "list", "--case", "case"]).ended(&[3]);
    let all = bbsec_ir(at, ["tasks", "list", "--all", "--case", "case", "--format", "json"]).ended(&[0]);
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(all["rows"][0]["result"], "agreed");
    let attached = all["rows"][0]["attached"][0].as_str().unwrap().to_owned();
    assert_eq!(std::fs::read_to_string(at.join("case/evidence/data").join(attached)).unwrap(), "called");
    bbsec_ir(at, ["tasks", "skip", "cal", "--case", "case", "--why", "x"]).ended(&[2]);
    bbsec_ir(at, ["verify", "case"]).ended(&[0]);
}

#[test]
fn no_flag_answers_for_a_person_who_is_named() {
    let folder = temporary();
    let at = folder.path();
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    let named = SMALL.replace("{ message: Go on? }", "{ message: Go on?, by: [ir-lead] }");
    std::fs::write(at.join("named.yaml"), named).unwrap();
    let run = |more: &[&str]| bbsec_ir(at, [&["run", "named.yaml", "--case", "case"], more].concat());
    assert!(run(&[]).ended(&[5]).stderr.contains("ir-lead"));
    assert!(run(&["--yes-to", "think"]).ended(&[5]).stderr.contains("takes a signature of ir-lead"));
    // There is no flag that says yes to everything.
    assert!(run(&["--yes"]).ended(&[2]).stderr.contains("--yes"));
    run(&["--yes-to", "nobody"]).ended(&[2]);
}
