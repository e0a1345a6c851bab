//! The scenario generator: a compromised Bitbucket home, the actor's trail in AWS, and the truth about both.
//!
//! The same description gives the same bytes (with the same git). Formats are those that Atlassian's pages and real
//! logs show; this code shares nothing with the parsers.

pub mod access_log;
pub mod app_log;
pub mod attack;
pub mod audit_log;
pub mod base64;
pub mod class_file;
pub mod cloudtrail;
pub mod content;
pub mod credentials;
pub mod git;
pub mod history;
pub mod oddities;
pub mod people;
pub mod placement;
pub mod plugins;
pub mod properties;
pub mod repositories;
pub mod request;
pub mod rng;
pub mod spec;
pub mod traffic;
pub mod truth;

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use spec::Spec;
use truth::Truth;

/// Where everything of a scenario lies.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The Bitbucket home.
    pub home: PathBuf,
    /// The truth.
    pub truth: Truth,
    /// CloudTrail events, as the lab is seeded with them.
    pub cloudtrail: PathBuf,
}

/// Makes a scenario in `out`, which must not exist or be empty.
pub fn generate(description: &Path, out: &Path) -> Result<Scenario> {
    let spec = Spec::read(description)?;
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    ensure!(std::fs::read_dir(out)?.next().is_none(), "{} is not empty", out.display());
    let out = out.canonicalize()?;
    let home = out.join("home");
    let scratch = out.join(".scratch");
    std::fs::create_dir_all(&scratch)?;

    let attack = &spec.attack;
    let named =
        [(attack.stolen_account.as_str(), "Marta Kovacs"), (attack.stolen_admin.as_str(), "Tomas Admin")];
    let people = people::people(spec.seed, spec.logs.users, &named);
    let repositories = repositories::write(&spec, &home, &scratch, &people)?;
    let facts = attack::facts(&spec)?;
    let mut requests = traffic::ordinary(&spec, &people, &repositories::all(&spec));
    requests.extend(attack::requests(&spec, &facts));
    let access = access_log::write(&spec, &home, &mut requests)?;
    repositories::finish_alternates(&spec, &home)?;
    let all = repositories::all(&spec);
    let audit = audit_log::write(&spec, &home, &people, &all, &facts)?;
    let messages = app_log::write(&spec, &home, &people, &access.marks)?;

    let mut truth = truth::base(&spec, &facts);
    truth.touched = truth::rows(&requests, true);
    truth.innocent = truth::rows(&requests, false);
    truth.exploit_requests = access
        .marks
        .iter()
        .filter(|(mark, _)| mark.starts_with("exploit"))
        .map(|(_, (id, _))| id.clone())
        .collect();
    truth.exposed = repositories.exposed;
    truth.plugins = plugins::write(&spec, &home)?;
    truth.configuration = properties::write(&spec, &home)?;
    truth.cloudtrail = cloudtrail::write(&spec, &out, &repositories.secrets)?;
    truth.pushed = repositories.pushed;
    truth.audit_lowered = Some(audit_log::lowered_at(&facts));
    truth.rotation = truth.ranked();
    truth.counts.insert("access_log_lines".into(), access.lines as u64);
    truth.counts.insert("audit_log_lines".into(), audit as u64);
    truth.counts.insert("application_log_entries".into(), messages as u64);
    truth.counts.insert("repositories".into(), all.len() as u64);
    oddities::write(&spec, &home)?;
    std::fs::remove_dir_all(&scratch)?;
    let text = serde_json::to_string_pretty(&truth)? + "\n";
    std::fs::write(out.join("truth.json"), text)?;
    Ok(Scenario { home, truth, cloudtrail: out.join("cloudtrail-events.json") })
}

/// SHA-256 over every file's path and content and every link's target, in order: the identity of a tree.
pub fn tree_hash(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
        {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.strip_prefix(root)?.as_os_str().as_encoded_bytes());
        hash.update([0]);
        if file.is_symlink() {
            hash.update(std::fs::read_link(&file)?.as_os_str().as_encoded_bytes());
        } else if file.is_file() {
            let mut bytes = Vec::new();
            std::fs::File::open(&file)?.read_to_end(&mut bytes)?;
            hash.update(Sha256::digest(&bytes));
        }
    }
    Ok(credentials::hex(&hash.finalize()))
}
