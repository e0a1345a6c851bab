//! From what a piece of code is, can do, and where it lies, to a score of 0 to 100 with its reasons.

use std::collections::BTreeSet;

use bbsec_core::{Confidence, Severity};
use regex::Regex;

use super::{jar::Jar, places::Role, signs::Sign};

/// Plugin keys of published web shells.
const BAD_KEYS: [&str; 3] = ["web.shell.Plugin", "com.jsos.shell", "com.atlassian.confluence.atlplug"];

/// SHA-256 of files that were published as malicious.
const BAD_DIGESTS: [(&str, &str); 1] = [(
    "48d9f0ba572f5c45ff8e9f8648d214a673c66c4607b3bced7ab36bff4bb2c6f4",
    "the web shell plugin `shellplug` that was uploaded after CVE-2023-22518",
)];

/// Apps that are what they say and give whoever administers the product a shell.
const POWERFUL: [(&str, &str); 7] = [
    (
        "com.onresolve.",
        "ScriptRunner: a Groovy console; look for /rest/scriptrunner and /plugins/servlet/scriptrunner",
    ),
    ("com.ngs.stash.externalhooks", "External Hooks: runs programs of an administrator's choice on push"),
    ("org.swift.jira.cot", "Create on Transition: runs scripts"),
    ("org.swift.confluence.cli", "Bob Swift CLI: runs commands"),
    ("com.atlassian.labs.rest-api-browser", "REST API Browser: calls any REST resource"),
    ("com.keplerrominfo", "Power Scripts: runs scripts"),
    ("com.atlassian.activeobjects.confluence.sql", "runs SQL"),
];

/// A score with its reasons.
#[derive(Debug, Clone, Default)]
pub(super) struct Score {
    pub(super) points: u32,
    pub(super) reasons: Vec<(u32, String)>,
}

impl Score {
    pub(super) fn add(&mut self, points: u32, why: impl Into<String>) {
        self.points = self.points.saturating_add(points).min(100);
        self.reasons.push((points, why.into()));
    }

    /// The reasons, the weightiest first.
    pub(super) fn sorted(mut self) -> Vec<String> {
        self.reasons.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
        self.reasons.into_iter().map(|(points, why)| format!("{why} (+{points})")).collect()
    }

    pub(super) const fn severity(&self) -> Severity {
        match self.points {
            75.. => Severity::Critical,
            55..=74 => Severity::High,
            35..=54 => Severity::Medium,
            15..=34 => Severity::Low,
            _ => Severity::Info,
        }
    }

    pub(super) const fn confidence(&self) -> Confidence {
        match self.points {
            75.. => Confidence::High,
            35..=74 => Confidence::Medium,
            _ => Confidence::Low,
        }
    }
}

/// Names that web shells are given.
fn shell_name(text: &str) -> bool {
    thread_local! {
        static NAMES: Option<Regex> = Regex::new(
            r"(?i)web\.?_?shell|shellz|shell_?plug|atlplug|godzilla|behinder|(?:^|[^a-z])(?:cmd|shell)(?:servlet|plugin)?(?:$|[^a-z])|cmd_?servlet|backdoor|reverse.?shell"
        )
        .ok();
    }
    NAMES.with(|names| names.as_ref().is_some_and(|names| names.is_match(text)))
}

/// The reasons that lie in what code is able to do.
pub(super) fn abilities(name: &str, signs: &BTreeSet<Sign>, score: &mut Score) {
    let has = |wanted: &[Sign]| wanted.iter().all(|sign| signs.contains(sign));
    if has(&[Sign::Request, Sign::Exec]) {
        score.add(70, format!("{name} reads a request and starts processes"));
    } else if has(&[Sign::Request, Sign::Define]) {
        score.add(60, format!("{name} reads a request and makes classes out of bytes"));
    } else if has(&[Sign::Request, Sign::Script]) {
        score.add(50, format!("{name} reads a request and evaluates scripts"));
    }
    if has(&[Sign::Define, Sign::Cipher]) && signs.contains(&Sign::Base64) {
        score.add(30, format!("{name} decodes, decrypts and loads classes"));
    }
    if has(&[Sign::Tomcat]) && (has(&[Sign::Request]) || has(&[Sign::Define]) || has(&[Sign::Exec])) {
        score.add(45, format!("{name} hangs filters or valves into Tomcat: a shell that lives in memory"));
    }
    if has(&[Sign::Request, Sign::Shell]) || has(&[Sign::Servlet, Sign::Shell]) {
        score.add(15, format!("{name} names a command shell"));
    }
    if has(&[Sign::Request, Sign::Known])
        || has(&[Sign::Exec, Sign::Known])
        || has(&[Sign::Servlet, Sign::Known])
    {
        score.add(25, format!("{name} carries names that published web shells carry"));
    }
    if has(&[Sign::Exec, Sign::Socket, Sign::Shell]) {
        score.add(40, format!("{name} opens a socket and starts a command shell"));
    }
}

/// The strongest class counts whole; how code that is spread over classes hangs together is judged with care.
pub(super) fn code(jar: &Jar, size: u64, score: &mut Score) {
    let mut best = Score::default();
    let classes = jar.classes.iter().map(|(name, signs)| (name.replace('/', "."), signs));
    for (name, signs) in classes.chain(jar.pages.iter().map(|(name, signs)| (name.clone(), signs))) {
        let mut one = Score::default();
        abilities(&name, signs, &mut one);
        if one.points > best.points {
            best = one;
        }
    }
    let alone = best.points;
    for (points, why) in best.reasons {
        score.add(points, why);
    }
    let all = jar.all();
    let has = |wanted: &[Sign]| wanted.iter().all(|sign| all.contains(sign));
    let small = size < 64 << 10;
    if alone == 0 && has(&[Sign::Exec, Sign::Servlet]) {
        let points = if small { 40 } else { 8 };
        score.add(points, "one class answers requests, another one starts processes");
    } else if alone == 0 && has(&[Sign::Define, Sign::Servlet]) && small {
        score.add(40, "one class answers requests, another one makes classes out of bytes");
    } else if alone == 0 && has(&[Sign::Exec]) {
        score.add(4, "starts processes");
    }
    let answers = jar.descriptor.as_ref().is_some_and(|descriptor| {
        descriptor
            .modules
            .iter()
            .any(|module| matches!(module.kind.as_str(), "servlet" | "servlet-filter" | "rest"))
    });
    if small && answers && jar.count > 0 && jar.count <= 6 {
        score.add(10, format!("a small archive ({size} bytes, {} classes) that answers requests", jar.count));
    }
}

/// The reasons that lie in what a plugin says about itself.
pub(super) fn identity(jar: &Jar, file_name: &str, sha256: &str, score: &mut Score) -> Option<&'static str> {
    if let Some((_, what)) = BAD_DIGESTS.iter().find(|(digest, _)| *digest == sha256) {
        score.add(100, format!("the file is {what}"));
    }
    let key = jar.descriptor.as_ref().map(|descriptor| descriptor.key.as_str()).unwrap_or_default();
    let name = jar.descriptor.as_ref().map(|descriptor| descriptor.name.as_str()).unwrap_or_default();
    if BAD_KEYS.iter().any(|bad| key == *bad || key.starts_with(&format!("{bad}."))) {
        score.add(90, format!("the plugin key {key} is that of a published web shell"));
    } else if [key, name, file_name].iter().any(|text| shell_name(text)) {
        score.add(25, "it is named like a web shell");
    }
    let Some(descriptor) = &jar.descriptor else { return None };
    if jar.predefined_password {
        score.add(60, "it brings an account with a password of its own (CVE-2022-26138)");
    }
    if descriptor.vendor_url.is_empty() && !key.is_empty() {
        score.add(5, "no vendor with a page is named");
    }
    if !descriptor.whole {
        score.add(5, "its descriptor is no well-formed XML");
    }
    let everywhere = |module: &super::descriptor::Module| {
        module.kind == "servlet-filter"
            && module.patterns.iter().any(|pattern| pattern == "/*" || pattern == "/**")
    };
    if jar.count <= 20 && descriptor.modules.iter().any(everywhere) {
        score.add(10, "a filter sees every request");
    }
    if jar.manifest.get("Built-By").is_some_and(|who| who.eq_ignore_ascii_case("root")) {
        score.add(3, "it was built by root");
    }
    POWERFUL.iter().find(|(prefix, _)| key.starts_with(prefix)).map(|(_, what)| *what)
}

/// The reasons that lie in the place.
pub(super) fn place(role: Role, copies: usize, score: &mut Score) {
    match role {
        Role::Leftover if copies == 0 => {
            score.add(30, "an upload's temporary copy of a plugin that is not installed any more");
        }
        Role::Leftover => score.add(3, "an upload's temporary copy; the plugin is installed"),
        Role::Elsewhere => score.add(5, "code at a place where the product keeps none"),
        _ => {}
    }
}
