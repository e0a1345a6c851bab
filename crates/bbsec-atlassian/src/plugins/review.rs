//! The review: every candidate is read, hashed, compared and scored.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufReader, Seek as _, SeekFrom},
};

use bbsec_core::{Finding, Gap, Progress, Scope, Sink, Subject, Unit, escape};
use serde_json::{Value, json};

use super::{
    Beside, PluginError, PluginSummary,
    baseline::{self, Baseline},
    class, jar, page,
    places::{self, Role},
    score::{self, Score},
    signs,
};
use crate::home::{Home, Node, name_of, place, shown};

/// From here on a file is called suspicious.
const SUSPICIOUS: u32 = 35;
/// From here on a file that nobody installed is a finding at all.
const WORTH_SAYING: u32 = 15;

struct Candidate {
    node: Node,
    role: Role,
    sha256: String,
}

pub(super) fn run(
    home: &Home,
    scope: &Scope,
    beside: Beside<'_>,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<PluginSummary, PluginError> {
    let baseline = beside.baseline.map(baseline::read).transpose()?;
    let (nodes, errors) = places::find(home);
    for gap in errors.iter().map(|error| error.gap("folder")).chain(home.gaps().iter().cloned()) {
        sink.gap(gap).map_err(PluginError::Sink)?;
    }
    if nodes.is_empty() {
        return Err(PluginError::Nothing { path: home.root().into() });
    }
    let mut review = Review {
        home,
        scope,
        beside,
        baseline,
        installed: BTreeSet::new(),
        keys: BTreeMap::new(),
        summary: PluginSummary {
            product: home.product(),
            examined: 0,
            installed: 0,
            leftovers: 0,
            pages: 0,
            suspicious: 0,
            baseline: 0,
            unknown: 0,
        },
    };
    review.summary.baseline = review.baseline.as_ref().map_or(0, |known| known.len() as u64);
    let candidates = review.hash(nodes, sink, progress)?;
    let task = progress.task("reviewing plugins", Unit::Items, Some(candidates.len() as u64));
    for candidate in &candidates {
        if progress.cancelled() {
            return Err(PluginError::Interrupted);
        }
        task.at(&escape::terminal(&shown(&candidate.node.path)));
        review.one(candidate, sink)?;
        task.advance(1);
    }
    review.missing(sink)?;
    Ok(review.summary)
}

struct Review<'a> {
    home: &'a Home,
    scope: &'a Scope,
    beside: Beside<'a>,
    baseline: Option<Baseline>,
    /// Digests of installed plugins.
    installed: BTreeSet<String>,
    /// Keys of plugins that lie somewhere.
    keys: BTreeMap<String, String>,
    summary: PluginSummary,
}

impl Review<'_> {
    fn hash(
        &mut self,
        nodes: Vec<(Node, Role)>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<Vec<Candidate>, PluginError> {
        let total = nodes.iter().map(|(node, _)| node.size).sum();
        let task = progress.task("hashing plugins", Unit::Bytes, Some(total));
        let mut candidates = Vec::with_capacity(nodes.len());
        for (node, role) in nodes {
            if progress.cancelled() {
                return Err(PluginError::Interrupted);
            }
            let read = self.home.tree().open(&node.path).map_err(|error| error.gap("plugin")).and_then(
                |(mut file, _)| {
                    baseline::sha256(&mut file)
                        .map_err(|error| Gap::unread("plugin", shown(&node.path), error.to_string(), 1))
                },
            );
            task.advance(node.size);
            match read {
                Ok(sha256) => {
                    if role == Role::Installed {
                        self.installed.insert(sha256.clone());
                    }
                    candidates.push(Candidate { node, role, sha256 });
                }
                Err(gap) => sink.gap(gap).map_err(PluginError::Sink)?,
            }
        }
        Ok(candidates)
    }

    fn one(&mut self, candidate: &Candidate, sink: &mut dyn Sink) -> Result<(), PluginError> {
        let Candidate { node, role, sha256 } = candidate;
        self.summary.examined += 1;
        match role {
            Role::Installed => self.summary.installed += 1,
            Role::Leftover => self.summary.leftovers += 1,
            Role::Page => self.summary.pages += 1,
            _ => {}
        }
        let jar = match self.read(candidate) {
            Ok(jar) => jar,
            Err(gap) => return sink.gap(gap).map_err(PluginError::Sink),
        };
        if let Some(first) = jar.unread.first() {
            let why = format!("parts could not be read, the first: {}", escape::terminal(first));
            let gap = Gap::unread("plugin", shown(&node.path), why, jar.unread.len() as u64);
            sink.gap(gap).map_err(PluginError::Sink)?;
        }
        if let Some(descriptor) = &jar.descriptor {
            self.keys.insert(descriptor.key.clone(), shown(&node.path));
        }
        let known = self.baseline.as_ref().is_some_and(|baseline| baseline.knows(sha256));
        let mut score = Score::default();
        let powerful = score::identity(&jar, &name_of(&node.path), sha256, &mut score);
        if !known {
            score::code(&jar, node.size, &mut score);
            self.around(candidate, &jar, &mut score);
        }
        let suspicious = score.points >= SUSPICIOUS;
        if suspicious {
            self.summary.suspicious += 1;
        }
        let worth = suspicious
            || matches!(role, Role::Installed | Role::Leftover)
            || powerful.is_some()
            || (score.points >= WORTH_SAYING && !known);
        if !worth {
            return Ok(());
        }
        sink.finding(finding(candidate, &jar, score, powerful, known)).map_err(PluginError::Sink)
    }

    fn read(&self, candidate: &Candidate) -> Result<jar::Jar, Gap> {
        let (tree, path) = (self.home.tree(), &candidate.node.path);
        if candidate.role == Role::Page {
            return page::read(tree, path).map_err(|error| error.gap("page"));
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("class")) {
            let bytes = tree.read(path, class::MAX_CLASS).map_err(|error| error.gap("class"))?;
            let class = class::parse(&bytes)
                .ok_or_else(|| Gap::unread("class", shown(path), "not a readable class file", 1))?;
            let mut jar = jar::Jar { count: 1, ..jar::Jar::default() };
            jar.classes.insert(class.name.clone(), signs::of_class(&class));
            return Ok(jar);
        }
        let (mut file, _) = tree.open(path).map_err(|error| error.gap("plugin"))?;
        let rewound = file.seek(SeekFrom::Start(0));
        rewound.map_err(|error| Gap::unread("plugin", shown(path), error.to_string(), 1))?;
        Ok(jar::read(BufReader::new(file)))
    }

    /// The reasons that lie around the file: its place, its time, the baseline, the database.
    fn around(&mut self, candidate: &Candidate, jar: &jar::Jar, score: &mut Score) {
        let Candidate { node, role, sha256 } = candidate;
        score::place(*role, usize::from(self.installed.contains(sha256)), score);
        if *role == Role::Page {
            page::place(&node.path, score);
        }
        let windowed = self.scope.from.is_some() || self.scope.to.is_some();
        if windowed && self.scope.contains(node.modified) {
            score.add(15, format!("the file was written in the window, at {}", node.modified.short()));
        }
        let product_own = matches!(role, Role::Bundled | Role::Webapp | Role::Page);
        if let Some(baseline) = &self.baseline
            && product_own
        {
            self.summary.unknown += 1;
            if baseline.has_name(&name_of(&node.path)) {
                score.add(50, "the clean installation has a file of this name with other content");
            } else {
                score.add(40, "the clean installation has no such file");
            }
        }
        if let Some(descriptor) = jar.descriptor.as_ref().filter(|_| *role == Role::Installed) {
            let state = self.beside.state.iter().find(|state| state.name == descriptor.key);
            if let Some(at) =
                state.and_then(|state| state.updated).filter(|at| windowed && self.scope.contains(*at))
            {
                score.add(10, format!("the database says that it was enabled or disabled at {}", at.short()));
            }
        }
    }

    /// Plugins that the database switched on in the window and of which no file is left.
    fn missing(&self, sink: &mut dyn Sink) -> Result<(), PluginError> {
        for state in self.beside.state.iter().filter(|state| !self.keys.contains_key(&state.name)) {
            // Modules have keys of the form `plugin:module`.
            let Some(at) = state.updated.filter(|at| self.scope.contains(*at)) else { continue };
            if state.name.contains(':') || self.scope.from.is_none() {
                continue;
            }
            let title = format!("The database knows a plugin {}, of which no file is left", state.name);
            let finding = Finding::new(
                "plugins",
                "plugin.removed",
                title,
                bbsec_core::Severity::High,
                bbsec_core::Confidence::Medium,
                Subject::new("plugin", state.name.clone()),
                Some(at),
            )
            .because("its state changed in the window, and it lies in no folder of plugins")
            .seen_at(state.at.clone());
            sink.finding(finding).map_err(PluginError::Sink)?;
        }
        Ok(())
    }
}

fn finding(
    candidate: &Candidate,
    jar: &jar::Jar,
    score: Score,
    powerful: Option<&'static str>,
    known: bool,
) -> Finding {
    let Candidate { node, role, sha256 } = candidate;
    let file = shown(&node.path);
    let descriptor = jar.descriptor.as_ref();
    let key = descriptor.map(|descriptor| descriptor.key.clone()).filter(|key| !key.is_empty());
    let called = key.clone().unwrap_or_else(|| name_of(&node.path));
    let (rule, title) = match role {
        _ if score.points >= SUSPICIOUS => {
            ("plugin.suspicious", format!("{called} looks malicious (score {})", score.points))
        }
        Role::Leftover => ("plugin.leftover", format!("An upload left a copy of {called}")),
        Role::Installed => ("plugin.installed", format!("{called} was installed by a person")),
        _ => ("plugin.unexpected", format!("{called} is unusual (score {})", score.points)),
    };
    let mut subject = Subject::new("plugin", file.clone());
    subject.name.clone_from(&key);
    let mut finding = Finding::new(
        "plugins",
        rule,
        title,
        score.severity(),
        score.confidence(),
        subject,
        Some(node.modified),
    );
    let points = score.points;
    finding.why = score.sorted();
    finding.why.extend(powerful.map(|what| format!("it is legitimate and powerful: {what}")));
    if known {
        finding.why.push("the file is part of the clean installation".into());
    }
    finding.evidence.push(place(&node.path));
    if points >= SUSPICIOUS {
        finding.fix = Some(format!(
            "keep the file as evidence, rebuild the node from a clean installation, and look for requests to {}",
            patterns(jar)
        ));
    }
    let mut put = |name: &str, value: Value| finding.data.insert(name.into(), value);
    put("score", json!(points));
    put("role", json!(role.name()));
    put("sha256", json!(sha256));
    put("size", json!(node.size));
    put("classes", json!(jar.count));
    put("known", json!(known));
    if let Some(key) = key {
        put("key", json!(key));
    }
    if let Some(descriptor) = descriptor {
        put("name", json!(descriptor.name));
        put("version", json!(descriptor.version));
        put("vendor", json!(descriptor.vendor));
        put("modules", json!(descriptor.modules.iter().take(100).collect::<Vec<_>>()));
    }
    for name in
        ["Bundle-SymbolicName", "Atlassian-Plugin-Key", "Built-By", "Build-Jdk", "DynamicImport-Package"]
    {
        if let Some(value) = jar.manifest.get(name) {
            put(name, json!(value));
        }
    }
    if jar.times.len() == 1 && jar.entries > 1 {
        put(
            "entry_time",
            json!(
                jar.times
                    .first()
                    .map(|t| format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", t.0, t.1, t.2, t.3, t.4, t.5))
            ),
        );
    }
    finding
}

fn patterns(jar: &jar::Jar) -> String {
    let modules = jar.descriptor.iter().flat_map(|descriptor| &descriptor.modules);
    let urls: Vec<String> = modules
        .flat_map(|module| module.patterns.iter().map(move |pattern| (module.kind.as_str(), pattern)))
        .map(|(kind, pattern)| match kind {
            "servlet" => format!("/plugins/servlet{pattern}"),
            "rest" => format!("/rest{pattern}"),
            _ => pattern.clone(),
        })
        .take(5)
        .collect();
    if urls.is_empty() { "its servlets".into() } else { urls.join(", ") }
}
