//! `collect home`: logs, configuration, plugins and audit files are copied into the case; repositories and attachments
//! are registered in place. Logs go first, because they rotate away.

use std::{
    collections::HashMap,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use bbsec_core::{
    Action, ActionMeta, Context, Effect, EvidenceItem, Exit, Failure, Gap, Idempotency, Observed, Plan,
    Provenance, Undo, Unit, Verdict, escape,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    copy::{Stable, sha256},
    select::{Selection, select},
};
use crate::home::{Home, Product, shown};

/// What `collect home` is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
pub struct CollectHomeInput {
    /// The home, a shared home, or the mount point of a snapshot that holds one
    #[arg(long, value_name = "DIR")]
    pub home: PathBuf,
    /// What the node is called in the case: its folder below evidence/data/home
    #[arg(long, value_name = "NAME", default_value = "node")]
    #[serde(default = "node")]
    pub node: String,
    /// Copy repositories, attachments and backups too, instead of hashing them where they lie
    #[arg(long)]
    #[serde(default)]
    pub copy_repositories: bool,
    /// Only logs and audit logs, which rotate away
    #[arg(long)]
    #[serde(default)]
    pub logs_only: bool,
    /// The snapshot that the home was mounted from, for the record
    #[arg(long, value_name = "SNAPSHOT")]
    #[serde(default)]
    pub snapshot: Option<String>,
}

/// What is taken: everything, or logs alone.
fn selected(home: &Home, input: &CollectHomeInput) -> Selection {
    let mut selection = select(home);
    if input.logs_only {
        selection.copy.retain(|(_, what)| matches!(*what, "log" | "audit log"));
        selection.register.clear();
    }
    selection
}

fn node() -> String {
    "node".into()
}

/// What `collect home` hands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CollectHomeOutput {
    /// The product.
    pub product: Product,
    /// Its version, where it could be told.
    pub version: Option<String>,
    /// What told the version.
    pub version_from: Option<String>,
    /// The folder below `evidence/data/` that holds the copies.
    pub folder: String,
    /// Files in the case.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that an earlier run had copied.
    pub already: u64,
    /// Folders registered in place.
    pub registered: Vec<PathBuf>,
    /// Folders of which files were neither copied nor registered.
    pub left: Vec<String>,
    /// Paths below `evidence/data/` of everything that this home gave.
    pub items: Vec<String>,
}

/// Copies a home into the case.
#[derive(Debug, Clone, Copy, Default)]
pub struct CollectHome;

impl CollectHome {
    fn open(input: &CollectHomeInput) -> Result<Home, Failure> {
        if input.node.is_empty() || escape::path_component(&input.node) != input.node {
            let message = format!("{:?} cannot be the name of a node", input.node);
            return Err(Failure::new(Exit::Usage, message).help("use letters, digits, dots and hyphens"));
        }
        Ok(Home::open(&input.home)?)
    }
}

impl Action for CollectHome {
    type Input = CollectHomeInput;
    type Output = CollectHomeOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.home",
            summary: "Copy logs, configuration and plugins of a home; register repositories and attachments in place",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::LooksFirst,
            permissions: &[],
        }
    }

    fn plan(&self, input: &CollectHomeInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let home = Self::open(input)?;
        let selection = selected(&home, input);
        let bytes: u64 = selection.copy.iter().map(|(node, _)| node.size).sum();
        context.gaps.extend(home.gaps().iter().cloned());
        let verb = if input.copy_repositories { "copy" } else { "hash in place" };
        Ok(Plan {
            summary: format!(
                "copy {} files ({bytes} bytes) of a {} home, {verb} {} folders",
                selection.copy.len(),
                home.product().name(),
                selection.register.len()
            ),
            changes: Vec::new(),
            warnings: home.gaps().iter().map(|gap| gap.why.clone()).collect(),
            ..Plan::default()
        })
    }

    fn observe(
        &self,
        _: &CollectHomeInput,
        _: &mut Context<'_>,
    ) -> Result<Observed<CollectHomeOutput>, Failure> {
        Ok(Observed::NotDone)
    }

    fn apply(
        &self,
        input: &CollectHomeInput,
        context: &mut Context<'_>,
    ) -> Result<CollectHomeOutput, Failure> {
        let home = Self::open(input)?;
        let selection = selected(&home, input);
        context.gaps.extend(home.gaps().iter().cloned());
        context.gaps.extend(crate::home::outside(&home));
        let mut run = Run::new(&home, input, context)?;
        run.say(&selection, context);
        run.copies(&selection, context)?;
        run.folders(&selection, context)?;
        if home.product().keeps_repositories() && !input.logs_only {
            let (_, gaps) = home.repositories()?;
            let known = context.gaps.clone();
            context.gaps.extend(gaps.into_iter().filter(|gap| !known.contains(gap)));
        }
        if run.output.files == 0 && run.output.registered.is_empty() {
            let message = format!("nothing in {} could be collected", shown(&input.home));
            return Err(Failure::new(Exit::Partial, message).help("run as a user that may read the home"));
        }
        Ok(run.output)
    }

    fn verify(
        &self,
        _: &CollectHomeInput,
        output: &CollectHomeOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let items: HashMap<String, EvidenceItem> =
            context.case.evidence()?.into_iter().map(|item| (item.path.clone(), item)).collect();
        let mut verdict = Verdict { holds: true, ..Verdict::default() };
        for path in &output.items {
            let read = items.get(path).map(|item| {
                std::fs::File::open(context.case.evidence_path(item))
                    .and_then(|mut file| sha256(&mut file))
                    .map(|found| found == item.sha256)
            });
            if !matches!(read, Some(Ok(true))) {
                verdict.holds = false;
                verdict.violated.push(format!("{path} is not what was copied"));
            }
        }
        verdict.checked.push(format!("{} files read again and hashed", output.items.len()));
        Ok(verdict)
    }

    fn undo(&self, _: &CollectHomeInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict {
            holds: true,
            checked: vec!["evidence stays; nothing else was changed".into()],
            violated: Vec::new(),
        })
    }

    fn violation_exit(&self) -> Exit {
        Exit::Integrity
    }
}

/// One collection as it goes on.
struct Run<'a> {
    home: &'a Home,
    input: &'a CollectHomeInput,
    known: HashMap<String, String>,
    output: CollectHomeOutput,
}

impl<'a> Run<'a> {
    fn new(home: &'a Home, input: &'a CollectHomeInput, context: &Context<'_>) -> Result<Self, Failure> {
        let known = context.case.evidence()?.into_iter().map(|item| (item.path, item.sha256)).collect();
        let output = CollectHomeOutput {
            product: home.product(),
            version: home.version().map(|(version, _)| version.to_owned()),
            version_from: home.version().map(|(_, how)| how.to_owned()),
            folder: format!("home/{}", input.node),
            files: 0,
            bytes: 0,
            already: 0,
            registered: Vec::new(),
            left: Vec::new(),
            items: Vec::new(),
        };
        Ok(Self { home, input, known, output })
    }

    /// Names what is not taken.
    fn say(&mut self, selection: &Selection, context: &mut Context<'_>) {
        context.gaps.extend(selection.errors.iter().map(|error| error.gap("folder")));
        for (link, target) in &selection.links {
            let target = escape::terminal(&shown(target)).into_owned();
            context.gaps.push(Gap::unknown("link", shown(link), format!("a link to {target}; not followed")));
        }
        for path in &selection.special {
            context.gaps.push(Gap::unknown("file", shown(path), "a device, pipe or socket; not opened"));
        }
        for (folder, count) in &selection.left {
            let mut gap = Gap::unknown(
                "not collected",
                shown(folder),
                "caches, indexes and other files that are in the volume's snapshot only",
            );
            gap.count = *count;
            context.gaps.push(gap);
            self.output.left.push(shown(folder));
        }
    }

    fn copies(&mut self, selection: &Selection, context: &mut Context<'_>) -> Result<(), Failure> {
        let total = selection.copy.iter().map(|(node, _)| node.size).sum();
        let task = context.progress.task("copying the home", Unit::Bytes, Some(total));
        for (node, what) in &selection.copy {
            stop(context)?;
            task.at(&escape::terminal(&shown(&node.path)));
            self.file(&node.path, what, &*task, context)?;
        }
        Ok(())
    }

    fn file(
        &mut self,
        path: &Path,
        what: &str,
        task: &dyn bbsec_core::Task,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let mut target = format!("{}/{}", self.output.folder, portable(path));
        let tree = self.home.tree();
        if let Some(there) = self.known.get(&target) {
            let now = Stable::open(tree, path, None).map(|mut file| sha256(&mut file));
            match now {
                Ok(Ok(now)) if now == *there => {
                    self.output.already += 1;
                    self.output.items.push(target);
                    return Ok(());
                }
                _ => target = self.later(&target),
            }
        }
        let mut source = match Stable::open(tree, path, Some(task)) {
            Ok(source) => source,
            Err(error) => {
                let why = if error.missing() { "it vanished before it was read" } else { "" };
                let mut gap = error.gap("file");
                if !why.is_empty() {
                    gap.why = why.into();
                }
                context.gaps.push(gap);
                return Ok(());
            }
        };
        let item = context.case.put(&target, self.provenance(path, what), &mut source)?;
        context.gaps.extend(source.gap());
        self.output.files += 1;
        self.output.bytes = self.output.bytes.saturating_add(item.size);
        self.known.insert(item.path.clone(), item.sha256);
        self.output.items.push(item.path);
        Ok(())
    }

    /// A file that changed since it was first collected is kept beside the first copy.
    fn later(&self, target: &str) -> String {
        let taken = self.known.keys().filter(|name| name.starts_with(&format!("{target}.later-"))).count();
        format!("{target}.later-{}", taken.saturating_add(2))
    }

    fn provenance(&self, path: &Path, what: &str) -> Provenance {
        let source = self.home.tree().root().join(path);
        let how = match &self.input.snapshot {
            Some(snapshot) => format!("copied from a volume of {snapshot}"),
            None => "copied".into(),
        };
        Provenance { source: shown(&source), how, what: what.into() }
    }

    fn folders(&mut self, selection: &Selection, context: &mut Context<'_>) -> Result<(), Failure> {
        for (path, what) in &selection.register {
            stop(context)?;
            if self.input.copy_repositories {
                self.whole(path, what, context)?;
                continue;
            }
            let name = format!("home-{}-{}", self.input.node, portable(path).replace('/', "-"));
            if self.known.contains_key(&format!("registered/{name}.sha256")) {
                self.output.registered.push(path.clone());
                continue;
            }
            let real = match self.home.tree().resolve(path) {
                Ok(real) => real,
                Err(error) => {
                    context.gaps.push(error.gap("folder"));
                    continue;
                }
            };
            let mut provenance = self.provenance(path, what);
            provenance.how = provenance.how.replace("copied", "hashed in place");
            context.case.register(&name, provenance, &real, context.progress)?;
            self.output.registered.push(path.clone());
        }
        Ok(())
    }

    fn whole(&mut self, path: &Path, what: &str, context: &mut Context<'_>) -> Result<(), Failure> {
        let task = context.progress.task("copying a folder", Unit::Bytes, None);
        let tree = self.home.tree();
        for entry in tree.walk(path, |_| true) {
            stop(context)?;
            match entry {
                Ok(node) if node.kind == crate::home::Kind::File => {
                    self.file(&node.path, what, &*task, context)?;
                }
                Ok(node) if node.kind == crate::home::Kind::Folder => {}
                Ok(node) => {
                    context.gaps.push(Gap::unknown(
                        "link",
                        shown(&node.path),
                        "a link or device; not copied",
                    ));
                }
                Err(error) => context.gaps.push(error.gap("folder")),
            }
        }
        Ok(())
    }
}

fn stop(context: &Context<'_>) -> Result<(), Failure> {
    if context.progress.cancelled() {
        return Err(Failure::new(Exit::Interrupted, "collecting the home was interrupted")
            .help("run it again: files that are in the case already are not copied twice"));
    }
    Ok(())
}

/// A path that every program can name; a digest keeps different names different.
fn portable(path: &Path) -> String {
    let text = shown(path);
    let odd = |c: char| c == '%' || c == '\\' || c.is_control() || c == '\u{fffd}';
    if !text.contains(odd) && text.len() < 2000 {
        return text;
    }
    let digest = sha256(&mut path.as_os_str().as_bytes()).unwrap_or_default();
    let short: String = text.replace(odd, "_").chars().take(400).collect();
    format!("{short}~{}", digest.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests;
