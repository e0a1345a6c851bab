//! The generator itself, judged by programs of others: git, plaso, javap, ssh-keygen.

use std::process::Command;

use crate::harness::{finish, needs, python, root, scenario, temporary};

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let kept = scenario("bitbucket-node");
    let folder = temporary();
    let description = root().join("fixtures/scenarios/bitbucket-node.toml");
    let again = folder.path().join("again");
    xtask::scenario::generate(&description, &again).unwrap();
    let hash = |path| xtask::scenario::tree_hash(path).unwrap();
    assert_eq!(hash(&kept.folder), hash(&again));
}

#[test]
fn git_finds_nothing_wrong_with_any_repository() {
    let scenario = scenario("bitbucket-node");
    let repositories = scenario.home.join("shared/data/repositories");
    let mut count = 0;
    for entry in std::fs::read_dir(repositories).unwrap() {
        let path = entry.unwrap().path();
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.args(["-c", "safe.directory=*", "fsck", "--full", "--strict", "--no-progress"])
            .current_dir(&path);
        let run = finish(&mut git);
        assert_eq!(run.code, 0, "{}: {}", path.display(), run.stderr);
        count += 1;
    }
    assert_eq!(count, scenario.truth.counts["repositories"]);
}

#[test]
fn every_line_that_plasos_grammar_covers_parses_in_plaso() {
    let Some(python) = python("plaso on the scenario's logs") else { return };
    let scenario = scenario("bitbucket-node");
    let mut command = Command::new(python);
    command.arg(root().join("tests/it/plaso_lines.py")).arg(&scenario.home);
    let run = finish(&mut command);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    // SSH lines of the older form are not in plaso's grammar; everything else is.
    insta::assert_snapshot!(run.stdout, @r"
    access log, older SSH form: not covered: 2566
    access log: parsed: 97597
    application log, stack trace: not covered: 1250
    application log: parsed: 2011
    ");
}

#[test]
fn every_credential_stands_where_the_truth_says() {
    if !needs("python3", "looking for the truth's credentials with git and Python's decoders") {
        return;
    }
    let scenario = scenario("bitbucket-node");
    let mut python = Command::new("python3");
    let run = finish(python.arg(root().join("tests/it/truth_stands.py")).arg(&scenario.folder));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn java_reads_the_planted_class() {
    if !needs("javap", "reading the planted plugin's class with javap") || !needs("unzip", "unpacking a jar")
    {
        return;
    }
    let scenario = scenario("bitbucket-node");
    let planted = scenario.truth.plugins.iter().find(|plugin| plugin.bad).unwrap();
    let folder = temporary();
    let mut unzip = Command::new("unzip");
    unzip.arg("-q").arg(scenario.home.join(&planted.file)).current_dir(folder.path());
    assert_eq!(finish(&mut unzip).code, 0);
    let mut javap = Command::new("javap");
    javap.args(["-c", "-p", "com/nodehealth/probe/ProbeServlet.class"]).current_dir(folder.path());
    let run = finish(&mut javap);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("java/lang/Runtime.exec:(Ljava/lang/String;)"), "{}", run.stdout);
}

#[test]
fn ssh_keygen_reads_committed_keys_and_agrees_on_their_fingerprint() {
    if !needs("ssh-keygen", "reading a committed SSH key with ssh-keygen") {
        return;
    }
    let scenario = scenario("bitbucket-node");
    let exposed = scenario.truth.exposed.iter().find(|exposed| exposed.name == "deploy-key").unwrap();
    let (commit, path) = (exposed.commit.as_deref().unwrap(), exposed.path.as_deref().unwrap());
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "show", &format!("{commit}:{path}")]);
    let key = finish(git.current_dir(scenario.home.join(&exposed.folder))).stdout;
    let folder = temporary();
    let file = folder.path().join("key");
    std::fs::write(&file, key).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut keygen = Command::new("ssh-keygen");
    let run = finish(keygen.args(["-y", "-f"]).arg(&file));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut keygen = Command::new("ssh-keygen");
    let run = finish(keygen.args(["-l", "-f"]).arg(&file));
    assert!(run.stdout.contains(exposed.public_id.as_deref().unwrap()), "{}", run.stdout);
}

#[test]
fn the_truth_holds_no_secret_in_the_clear() {
    let scenario = scenario("bitbucket-node");
    let text = std::fs::read_to_string(scenario.folder.join("truth.json")).unwrap();
    for prefix in
        ["ghp_", "npm_", "glpat-", "xoxb-", "sk_live_", "BEGIN OPENSSH", "SG.", "dop_v1_", "ATATT", "BBDC-"]
    {
        assert!(!text.contains(prefix), "{prefix} stands in truth.json");
    }
}
