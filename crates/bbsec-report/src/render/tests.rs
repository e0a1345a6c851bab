//! The documents: what they say, that nothing in them acts, and that they are quick.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use super::*;
use crate::{CaseData, example, model};

fn page(data: &CaseData) -> String {
    html(&model(data)).unwrap()
}

fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// What Chromium makes of a page: the document after its script ran, and what it said on its console.
fn open(chromium: &Path, page: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, page).unwrap();
    let profile = folder.path().join("profile");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let console: Vec<String> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .map(str::to_owned)
        .collect();
    (String::from_utf8_lossy(&output.stdout).into_owned(), console.join("\n"))
}

#[test]
fn the_page_is_kept_where_one_wants_to_look_at_it() {
    let Some(folder) = std::env::var_os("BBSEC_REPORT_KEEP") else { return };
    let folder = PathBuf::from(folder);
    for (name, data) in [
        ("incident", example::incident()),
        ("hostile", example::hostile()),
        ("large", example::large(50_000)),
        ("empty", CaseData::default()),
    ] {
        std::fs::write(folder.join(format!("{name}.html")), page(&data)).unwrap();
        std::fs::write(
            folder.join(format!("{name}.zip")),
            crate::bundle(&data, &model(&data), None).unwrap(),
        )
        .unwrap();
        std::fs::write(folder.join(format!("{name}.md")), markdown(&model(&data)).unwrap()).unwrap();
    }
}

#[test]
fn the_page_loads_nothing_and_answers_in_order() {
    let page = page(&example::incident());
    let at = |id: &str| page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
    let order = ["happened", "touched", "rotate", "done", "unknown", "findings", "evidence"].map(at);
    assert!(order.is_sorted());
    for word in ["src=", "url(h", "@import", "style=\"", "href=\"http", "<link", "<iframe", "<form"] {
        assert!(!page.contains(word), "{word}");
    }
}

/// Markdown without its inline code, in which nothing acts.
fn outside_code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        out.push_str(&rest[..start]);
        let fence: String = rest[start..].chars().take_while(|c| *c == '`').collect();
        let inside = &rest[start + fence.len()..];
        match inside.find(&fence) {
            Some(_) if rest[..start].ends_with('\\') => {
                out.push('`');
                rest = &rest[start + 1..];
            }
            Some(end) => rest = &inside[end + fence.len()..],
            None => {
                out.push_str(&fence);
                rest = inside;
            }
        }
    }
    out + rest
}

#[test]
fn nothing_hostile_reaches_a_document_as_markup() {
    let report = model(&example::hostile());
    let page = html(&report).unwrap();
    assert_eq!(page.matches("<script").count(), 4, "three tables and the page's own");
    assert_eq!(page.matches("</script").count(), 4);
    for text in ["<img", "onerror=\"", "\u{202e}", "\u{1b}", "href=\"javascript"] {
        assert!(!page.contains(text), "{text:?}");
    }
    assert!(page.len() < 8 << 20, "a field of 5 MB is cut: {}", page.len());
    let text = outside_code(&markdown(&report).unwrap());
    for hostile in ["<script", "<img", "](javascript", "\u{202e}", "\u{1b}", "\n# heading"] {
        assert!(!text.contains(hostile), "{hostile:?}");
    }
    assert!(!json(&report).unwrap().contains(&"A".repeat(6000)));
}

#[test]
fn chromium_runs_the_pages_own_script_and_no_other() {
    let Some(chromium) = chromium() else {
        println!("not run: no Chromium on the path");
        return;
    };
    for data in [example::incident(), example::hostile(), CaseData::default()] {
        let (dom, console) = open(&chromium, &page(&data));
        assert!(dom.contains("data-ready=\"yes\""), "the page's script ran to its end: {console}");
        assert!(!dom.contains("<title>owned"), "a script of the attacker ran");
        assert_eq!(console, "", "the console is silent");
        assert!(!dom.contains("<img"));
    }
}

#[test]
fn fifty_thousand_findings_are_rendered_in_time() {
    let data = example::large(50_000);
    let start = Instant::now();
    let report = model(&data);
    let joined = start.elapsed();
    let page = html(&report).unwrap();
    let took = start.elapsed();
    // And the events, which no document holds all of, one by one.
    let event = data.timeline.first().unwrap();
    let events = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let redactor = crate::Redactor::new(data.fingerprinter.clone(), &data.secrets);
    let many = std::iter::repeat_n(event, events);
    assert_eq!(crate::export::timesketch(many, &redactor, &mut std::io::sink()).unwrap(), events as u64);
    println!("{events} events for Timesketch after {:?}", start.elapsed());
    println!("50,000 findings: joined in {joined:?}, page of {} bytes after {took:?}", page.len());
    // Without optimisation everything takes several times as long.
    let limit = if cfg!(debug_assertions) { 25 } else { 5 };
    assert!(took.as_secs() < limit, "{took:?}");
}
