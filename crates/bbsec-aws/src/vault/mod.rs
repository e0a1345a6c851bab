//! `collect.vault`: the evidence bag in S3, where an administrator of the compromised account cannot alter it.
//!
//! Every object goes with its SHA-256, is written once, is retained, and is asked for and compared afterwards. The bag's
//! manifests go last: a vault with a manifest holds everything that the manifest names.

mod copy;
mod preflight;
mod upload;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_sdk_s3::{primitives::DateTime, types::ObjectLockMode};
use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Idempotency, Observed, Plan, Time, Undo, Unit,
    Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::preflight::Check;
use self::{
    copy::{Copy, File},
    upload::{Local, Terms},
};
use crate::{client::Aws, journal::planned};

/// Copies the evidence bag into a vault.
#[derive(Debug, Clone)]
pub struct Vault(pub Arc<Aws>);

/// How objects are retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VaultMode {
    /// Who has the permission can shorten it.
    #[default]
    Governance,
    /// Nobody can shorten it.
    Compliance,
    /// Not at all.
    None,
}

/// Copy the case's evidence into an S3 bucket with Object Lock.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VaultInput {
    /// The bucket
    #[arg(long, value_name = "NAME")]
    pub bucket: String,
    /// What keys begin with; the case id follows
    #[arg(long, value_name = "PREFIX", default_value = "")]
    pub prefix: String,
    /// How objects are retained
    #[arg(long, value_enum, default_value_t)]
    pub mode: VaultMode,
    /// For how many days
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    pub retain_days: u32,
    /// Use the bucket although the preflight found something against it
    #[arg(long)]
    pub accept_weak_vault: bool,
}

impl Default for VaultInput {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            prefix: String::new(),
            mode: VaultMode::default(),
            retain_days: 365,
            accept_weak_vault: false,
        }
    }
}

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VaultOutput {
    /// `bbsec-ir.vault/v1`.
    pub schema: String,
    /// Bucket.
    pub bucket: String,
    /// What every key begins with.
    pub prefix: String,
    /// What the preflight found.
    pub preflight: Vec<Check>,
    /// Objects put.
    pub put: u64,
    /// Objects that were there with the same bytes.
    pub already: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Keys under which something else stands, and what.
    pub differing: Vec<String>,
    /// Files that could not be copied.
    pub failed: Vec<String>,
}

/// Files of a bag in the order in which they go: payload first, manifests of payload and of tags last.
fn files(bag: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut to_do = vec![bag.to_owned()];
    while let Some(folder) = to_do.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                to_do.push(entry.path());
            } else if kind.is_file() {
                all.push(entry.path());
            }
        }
    }
    let rank = |path: &Path| {
        let name = path.strip_prefix(bag).unwrap_or(path).to_string_lossy().into_owned();
        let order = if name.starts_with("data/") {
            0
        } else if name.starts_with("tagmanifest-") {
            3
        } else if name.starts_with("manifest-") {
            2
        } else {
            1
        };
        (order, name)
    };
    all.sort_by_key(|p| rank(p));
    Ok(all)
}

impl Vault {
    fn terms(input: &VaultInput, case: &str) -> Terms {
        let until =
            Time::now().micros().div_euclid(1_000_000).saturating_add(i64::from(input.retain_days) * 86_400);
        let lock = match input.mode {
            VaultMode::Governance => Some(ObjectLockMode::Governance),
            VaultMode::Compliance => Some(ObjectLockMode::Compliance),
            VaultMode::None => None,
        };
        Terms {
            bucket: input.bucket.clone(),
            case: case.to_owned(),
            lock: lock.map(|mode| (mode, DateTime::from_secs(until))),
            once: true,
        }
    }

    fn prefix(input: &VaultInput, case: &str) -> String {
        let head = input.prefix.trim_matches('/');
        if head.is_empty() { format!("{case}/evidence") } else { format!("{head}/{case}/evidence") }
    }

    fn checked(&self, input: &VaultInput) -> Result<Vec<Check>, Failure> {
        if input.bucket.is_empty() {
            return Err(Failure::new(Exit::Usage, "no bucket is given").help("name it with --bucket"));
        }
        Ok(preflight::preflight(&self.0, &input.bucket)?)
    }

    fn refuse(input: &VaultInput, checks: &[Check]) -> Result<(), Failure> {
        let bad: Vec<String> = checks
            .iter()
            .filter(|c| !c.holds)
            .map(|c| format!("{}: {} ({})", c.name, c.found, c.help))
            .collect();
        if bad.is_empty() || input.accept_weak_vault {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Failed,
            format!("the bucket {} cannot keep evidence safe: {}", input.bucket, bad.join("; ")),
        )
        .help("use another bucket, mend this one, or say --accept-weak-vault and have it in the journal"))
    }
}

impl Action for Vault {
    type Input = VaultInput;
    type Output = VaultOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.vault",
            summary: "Copy the evidence into an S3 bucket with Object Lock, and compare every object",
            version: 1,
            effect: Effect::Changes,
            undo: Undo::Impossible("evidence in the vault is retained; that is its purpose"),
            idempotency: Idempotency::LooksFirst,
            permissions: &[
                "s3:AbortMultipartUpload",
                "s3:GetBucketObjectLockConfiguration",
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketVersioning",
                "s3:GetEncryptionConfiguration",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:ListBucketMultipartUploads",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
                "s3:PutObjectRetention",
                "sts:AssumeRole",
                "sts:GetCallerIdentity",
            ],
        }
    }

    fn plan(&self, input: &VaultInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let checks = self.checked(input)?;
        let items = context.case.evidence()?;
        let bytes: u64 = items.iter().filter(|i| i.in_place.is_none()).map(|i| i.size).sum();
        let warnings: Vec<String> = checks
            .iter()
            .filter(|c| !c.holds)
            .map(|c| format!("{}: {}; {}", c.name, c.found, c.help))
            .collect();
        let target = format!("s3://{}/{}", input.bucket, Self::prefix(input, context.case.id()));
        Ok(Plan {
            summary: format!("copy {} items of evidence ({bytes} bytes) to {target}", items.len()),
            changes: vec![planned(
                "s3:PutObject",
                target,
                json!(null),
                json!({ "items": items.len() }),
                None,
            )],
            warnings,
            ..Plan::default()
        })
    }

    fn observe(&self, _: &VaultInput, _: &mut Context<'_>) -> Result<Observed<VaultOutput>, Failure> {
        // Applying again asks for every object and puts only what is not there.
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &VaultInput, context: &mut Context<'_>) -> Result<VaultOutput, Failure> {
        let checks = self.checked(input)?;
        Self::refuse(input, &checks)?;
        let case = context.case.id().to_owned();
        let prefix = Self::prefix(input, &case);
        let output = VaultOutput {
            schema: "bbsec-ir.vault/v1".to_owned(),
            bucket: input.bucket.clone(),
            prefix: prefix.clone(),
            preflight: checks,
            ..VaultOutput::default()
        };
        let bag = context.case.root().join("evidence");
        let all = files(&bag).map_err(|e| Failure::because("the evidence folder cannot be read", e))?;
        if all.is_empty() {
            return Err(Failure::new(Exit::Nothing, "the case holds no evidence yet"));
        }
        let task = context.progress.task("vault", Unit::Items, Some(all.len() as u64));
        let known = context.case.evidence()?.into_iter().map(|item| (item.path, item.sha256)).collect();
        let mut copy = Copy { aws: &self.0, terms: Self::terms(input, &case), output, known, task: &*task };
        let name = |path: &Path| path.strip_prefix(&bag).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let files: Vec<File> = all
            .into_iter()
            .map(|path| File { key: format!("{prefix}/{}", name(&path)), name: name(&path), path })
            .collect();
        let (payload, tags): (Vec<File>, Vec<File>) =
            files.into_iter().partition(|file| file.name.starts_with("data/"));
        copy.side_by_side(payload, context)?;
        for file in tags {
            // A manifest would promise what the vault does not hold.
            if copy.is_short() {
                copy.output.failed.push(file.name);
            } else {
                copy.side_by_side(vec![file], context)?;
            }
        }
        let output = copy.output;
        Ok(output)
    }

    fn verify(
        &self,
        input: &VaultInput,
        output: &VaultOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::default();
        let case = context.case.id().to_owned();
        let terms = Self::terms(input, &case);
        let bag = context.case.root().join("evidence");
        let all = files(&bag).map_err(|e| Failure::because("the evidence folder cannot be read", e))?;
        for path in all {
            let name = path.strip_prefix(&bag).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let key = format!("{}/{name}", output.prefix);
            let local =
                Local::read(&path).map_err(|e| Failure::because(format!("{name} cannot be read"), e))?;
            match upload::compare(&self.0, &terms, &key, &local)? {
                Some(Ok(_)) => verdict.checked.push(format!("{key} has the same SHA-256")),
                Some(Err(why)) => verdict.violated.push(format!("{key}: {why}")),
                None => verdict.violated.push(format!("{key} is not in the vault")),
            }
        }
        verdict.violated.extend(output.differing.iter().cloned());
        verdict.violated.dedup();
        verdict.holds = verdict.violated.is_empty();
        Ok(verdict)
    }

    fn undo(&self, _: &VaultInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict {
            holds: false,
            checked: vec![],
            violated: vec!["evidence in the vault is retained and is not deleted".to_owned()],
        })
    }

    fn violation_exit(&self) -> Exit {
        Exit::Integrity
    }
}
