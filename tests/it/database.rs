//! `collect database` from a PostgreSQL that the tests start, and from what `pg_dump` writes of it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use bbsec_core::Silent;
use serde_json::Value;
use xtask::{
    postgres::{Postgres, programs},
    shell::capture,
};

use crate::harness::{Run, finish, needs, not_run, program, root, temporary};

const PASSWORD: &str = "owner-sesame-42";
/// Values of secret columns and keys in the fixture: none may reach a case.
const SECRETS: [&str; 8] = [
    "hash-of-tadmin",
    "hashed-token-value",
    "client-secret-value",
    "directory-password-value",
    "applink-password-value",
    "attribute-token-value",
    "licence-text-value",
    PASSWORD,
];

/// A server with the fixture, its own authority, and roles that may read all or less.
fn server(folder: &Path) -> Option<Postgres> {
    let Some(programs) = programs() else {
        not_run("collecting from a database (no PostgreSQL server programs)");
        return None;
    };
    if !needs("openssl", "collecting from a database with TLS") {
        return None;
    }
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        capture(command.args(arguments.split(' ')).current_dir(folder)).unwrap();
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj /CN=authority");
    openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost");
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
    openssl(
        "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out server.pem",
    );
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
    let server = Postgres::start(programs, folder, PASSWORD, Some((&certificate, &key))).unwrap();
    capture(server.client("createdb", "owner", PASSWORD).arg("bitbucket")).unwrap();
    let mut fill = server.client("psql", "owner", PASSWORD);
    fill.args(["-q", "-v", "ON_ERROR_STOP=1", "-d", "bitbucket", "-f"]);
    capture(fill.arg(root().join("fixtures/database/bitbucket.sql"))).unwrap();
    let roles = "CREATE ROLE reader LOGIN PASSWORD 'reader-sesame-42'; GRANT pg_read_all_data TO reader;\
        CREATE ROLE less LOGIN PASSWORD 'reader-sesame-42'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO less;\
        REVOKE SELECT ON repository_access FROM less;";
    capture(server.client("psql", "owner", PASSWORD).args(["-q", "-d", "bitbucket", "-c", roles])).unwrap();
    Some(server)
}

fn case(folder: &Path, name: &str) -> PathBuf {
    let case = folder.join(name);
    finish(program(folder).args(["case", "new"]).arg(&case)).ended(&[0]);
    case
}

fn collect(case: &Path, password: Option<&str>, arguments: &[&str]) -> Run {
    let mut command = program(case.parent().unwrap());
    command.args(["collect", "database", "--format", "json", "--case"]).arg(case).args(arguments);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    finish(&mut command)
}

fn output(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// Bytes of every collected table by name.
fn tables(case: &Path, output: &Value) -> Vec<(String, Vec<u8>)> {
    let folder = case.join("evidence/data").join(output["folder"].as_str().unwrap());
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "copy"))
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

fn holds_no_secret(case: &Path) {
    for secret in SECRETS {
        let held = finish(Command::new("grep").args(["-rlF", "-e", secret]).arg(case));
        assert_eq!(held.stdout, "", "{secret} is in the case");
    }
}

fn dump(server: &Postgres, to: &Path, more: &[&str]) {
    let mut command = server.client("pg_dump", "owner", PASSWORD);
    capture(command.args(more).args(["-d", "bitbucket", "-f"]).arg(to)).unwrap();
}

#[test]
fn a_live_database_and_its_dump_give_the_same_tables_without_secrets_and_without_a_change() {
    let folder = temporary();
    let folder = folder.path();
    let Some(server) = server(folder) else { return };
    let before = folder.join("before.sql");
    dump(&server, &before, &[]);
    let live = case(folder, "live");
    let url = format!("postgres://reader@127.0.0.1:{}/bitbucket", server.port);
    let run = collect(&live, Some("reader-sesame-42"), &["--url", &url]).ended(&[4]);
    assert!(
        run.stderr.contains("/mnt/more"),
        "repositories in an extra data store are named: {}",
        run.stderr
    );
    let said = output(&run);
    assert_eq!(said["product"], "bitbucket");
    assert_eq!(said["missing"], serde_json::json!([]));
    // As many rows as PostgreSQL's own client counts.
    for table in said["tables"].as_array().unwrap() {
        let name = table["name"].as_str().unwrap();
        let shown =
            if name.starts_with("ao_") { format!("\"{}\"", name.to_uppercase()) } else { name.to_owned() };
        let mut count = server.client("psql", "owner", PASSWORD);
        count.args(["-At", "-d", "bitbucket", "-c", &format!("SELECT count(*) FROM {shown}")]);
        assert_eq!(capture(&mut count).unwrap().trim(), table["rows"].to_string(), "{name}");
    }
    let live_tables = tables(&live, &said);
    assert_eq!(live_tables.len(), 26);
    assert!(live_tables.iter().all(|(name, _)| name != "sta_pull_request.copy"));
    // The dump of the same database, packed.
    let packed = folder.join("after.sql.gz");
    let plain = folder.join("after.sql");
    dump(&server, &plain, &[]);
    assert_eq!(restrict(&before), restrict(&plain), "reading changed the database");
    finish(Command::new("gzip").arg("-k").arg(&plain)).ended(&[0]);
    let dumped = case(folder, "dumped");
    let run = collect(&dumped, None, &["--dump", packed.to_str().unwrap()]).ended(&[4]);
    let from_dump = output(&run);
    let from_dump_tables = tables(&dumped, &from_dump);
    for ((name, one), (other, two)) in live_tables.iter().zip(&from_dump_tables) {
        assert_eq!((name, String::from_utf8_lossy(one)), (other, String::from_utf8_lossy(two)));
    }
    assert_eq!(live_tables.len(), from_dump_tables.len());
    holds_no_secret(&live);
    holds_no_secret(&dumped);
    // What the readers of accounts and access make of it.
    let opened = bbsec_case::Case::open(&live, bbsec_case::Access::Read).unwrap();
    let read = bbsec_atlassian::database::collected(&opened, &Silent).unwrap();
    let [read] = read.as_slice() else { panic!("one database") };
    assert_eq!((read.users.len(), read.tokens.len(), read.ssh_keys.len()), (3, 1, 1));
    assert_eq!(read.audit_ids.len(), 1999);
    assert_eq!(read.ssh_keys[0].label, "root\tbox");
    let at = &read.repository_access[0].at;
    let bytes = std::fs::read(opened.root().join("evidence/data").join(&*at.file)).unwrap();
    let row = &bytes[at.offset as usize..][..at.length as usize];
    assert_eq!(String::from_utf8_lossy(row), "990\t10\t1794627400000");
    finish(program(folder).arg("verify").arg(&live)).ended(&[0, 4]);
}

/// A dump without the lines that differ from run to run.
fn restrict(dump: &Path) -> String {
    let text = std::fs::read_to_string(dump).unwrap();
    text.lines().filter(|line| !line.contains("restrict")).collect::<Vec<_>>().join("\n")
}

#[test]
fn refused_logins_tables_certificates_and_damaged_dumps_are_named() {
    let folder = temporary();
    let folder = folder.path();
    let Some(server) = server(folder) else { return };
    let case = case(folder, "case");
    let url = |role: &str, more: &str| format!("postgres://{role}@127.0.0.1:{}/bitbucket{more}", server.port);
    let run = collect(&case, Some("wrong-sesame"), &["--url", &url("reader", "")]).ended(&[1]);
    assert!(run.stderr.contains("check the user and the password"), "{}", run.stderr);
    let run = collect(&case, None, &["--url", &url("reader", "")]).ended(&[1]);
    assert!(run.stderr.contains("--password-file"), "{}", run.stderr);
    // A password in the address is used and written nowhere.
    let run = collect(&case, None, &["--url", &url("owner:owner-sesame-42", "")]).ended(&[4]);
    assert!(!run.stderr.contains("sesame"));
    holds_no_secret(&case);
    // One table that may not be read is named; the others are there.
    let file = folder.join("password");
    std::fs::write(&file, "reader-sesame-42\n").unwrap();
    let file = file.to_str().unwrap();
    let run = collect(&case, None, &["--url", &url("less", ""), "--password-file", file]).ended(&[4]);
    assert!(run.stderr.contains("repository_access") && run.stderr.contains("GRANT"), "{}", run.stderr);
    assert_eq!(output(&run)["missing"], serde_json::json!(["repository_access"]));
    // TLS: an authority that is not known is refused, one that is given is believed.
    let secure = url("reader", "?sslmode=require");
    let run = collect(&case, None, &["--url", &secure, "--password-file", file]).ended(&[1]);
    assert!(run.stderr.contains("--ca FILE"), "{}", run.stderr);
    let authority = folder.join("ca.pem");
    let ca = authority.to_str().unwrap();
    collect(&case, None, &["--url", &secure, "--password-file", file, "--ca", ca]).ended(&[4]);
    // Dumps: PostgreSQL's archive, one that is cut off, one without a table that belongs there.
    let archive = folder.join("dump.custom");
    dump(&server, &archive, &["--format=custom"]);
    let run = collect(&case, None, &["--dump", archive.to_str().unwrap()]).ended(&[4]);
    assert!(run.stderr.contains("pg_restore --file="), "{}", run.stderr);
    let plain = folder.join("plain.sql");
    dump(&server, &plain, &["--exclude-table=repository"]);
    let run = collect(&case, None, &["--dump", plain.to_str().unwrap()]).ended(&[4]);
    assert!(run.stderr.contains("another version of the product"), "{}", run.stderr);
    finish(Command::new("gzip").arg(&plain)).ended(&[0]);
    let packed = folder.join("plain.sql.gz");
    let bytes = std::fs::read(&packed).unwrap();
    std::fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
    let run = collect(&case, None, &["--dump", packed.to_str().unwrap()]).ended(&[4]);
    assert!(run.stderr.contains("plain.sql.gz"), "{}", run.stderr);
}
