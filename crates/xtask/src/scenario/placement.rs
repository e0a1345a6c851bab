//! Where a credential stands in a repository, and how it came there.

use std::io::{Cursor, Write as _};

use anyhow::{Context, Result};
use serde::Deserialize;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    base64, content,
    credentials::{Secret, hex},
    history::{History, Mark},
    people::Person,
    rng::Rng,
};

/// A place in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// In a file that is still there.
    Head,
    /// In a file that was deleted later.
    Deleted,
    /// In a line that was removed later.
    LineRemoved,
    /// In a commit that a force push replaced: no ref reaches it.
    ForcePushed,
    /// In an open pull request only.
    PullRequest,
    /// In a declined pull request: only `stash-refs` reaches it.
    DeclinedPullRequest,
    /// In a commit that only a tag reaches.
    TagOnly,
    /// Changed in by a merge commit, in neither of its parents.
    EvilMerge,
    /// In the message of an empty-looking commit.
    CommitMessage,
    /// In the message of an annotated tag.
    TagMessage,
    /// In a note on a commit.
    Note,
    /// In a blob that an aborted push left: no commit contains it.
    DanglingBlob,
    /// The file's text in base64.
    Base64,
    /// In base64 in a Kubernetes secret.
    KubernetesSecret,
    /// The line in hex.
    Hex,
    /// In a file of a zip.
    Zip,
    /// In a properties file of a jar.
    Jar,
    /// In a gzipped dump.
    Gzip,
    /// In UTF-16 with a byte order mark.
    Utf16,
    /// Between NUL bytes of a binary file.
    Binary,
}

/// A credential in its place.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The commit that brought it in.
    pub commit: Option<Mark>,
    /// What kind of object holds it.
    pub object: &'static str,
    /// The file that holds it.
    pub path: Option<String>,
    /// Whether it still stands at a branch's tip.
    pub at_head: bool,
    /// The ref that is written by hand afterwards: number of a pull request and whether it is open.
    pub pull_request: Option<(u32, bool, Mark)>,
    /// Content of a blob that is written without a commit.
    pub dangling: Option<Vec<u8>>,
}

impl Placed {
    fn new(commit: Mark, object: &'static str, path: Option<String>, at_head: bool) -> Self {
        Self { commit: Some(commit), object, path, at_head, pull_request: None, dangling: None }
    }
}

/// What is needed to put credentials into one history.
#[derive(Debug)]
pub struct Writer<'a> {
    /// The history.
    pub history: &'a mut History,
    /// Choices.
    pub rng: &'a mut Rng,
    /// Who commits.
    pub people: &'a [Person],
    /// Tip of the main branch.
    pub tip: Mark,
    /// Number of the next pull request.
    pub next_pull_request: u32,
}

impl Writer<'_> {
    /// Somebody.
    pub fn someone(&mut self) -> Person {
        self.rng.pick(self.people).clone()
    }

    fn main(&mut self, message: &str, path: &str, bytes: Option<&[u8]>) -> Mark {
        let wait = self.rng.between(30, 4000);
        self.history.wait(wait);
        let by = self.someone();
        self.tip = self.history.commit("master", &by, message, &[self.tip], &[(path, bytes)]);
        self.tip
    }

    /// An ordinary commit on the main branch.
    pub fn ordinary(&mut self) -> Mark {
        let (path, bytes) = content::file(self.rng);
        let message = content::message(self.rng);
        self.main(&message, &path, Some(&bytes))
    }

    /// A commit beside the main branch.
    fn aside(&mut self, stage: &str, parents: &[Mark], path: &str, bytes: &[u8]) -> Mark {
        let wait = self.rng.between(30, 900);
        self.history.wait(wait);
        let by = self.someone();
        let message = content::message(self.rng);
        self.history.commit(stage, &by, &message, parents, &[(path, Some(bytes))])
    }

    /// Puts a credential in its place.
    pub fn place(&mut self, name: &str, secret: &Secret, placement: Placement) -> Result<Placed> {
        let plain = secret.text.as_bytes();
        Ok(match placement {
            Placement::Head => self.at_head(secret.file, plain),
            Placement::Deleted => self.deleted(secret.file, plain),
            Placement::LineRemoved => self.line_removed(secret.file, plain),
            Placement::Base64 => {
                let coded = format!("payload: {}\n", base64::encode(plain));
                self.at_head("k8s/payload.yaml", coded.as_bytes())
            }
            Placement::KubernetesSecret => {
                let value = base64::encode(secret.text.trim_end().as_bytes());
                let text = format!(
                    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\ntype: Opaque\ndata:\n  env: {value}\n"
                );
                self.deleted(&format!("k8s/{name}-secret.yaml"), text.as_bytes())
            }
            Placement::Hex => self.deleted(&format!("tools/{name}.hex"), hex(plain).as_bytes()),
            Placement::Zip => self.deleted("backup/settings.zip", &zip(&[(secret.file, plain)])?),
            Placement::Jar => {
                let manifest: &[u8] = b"Manifest-Version: 1.0\r\nCreated-By: Maven\r\n\r\n";
                let jar = zip(&[("META-INF/MANIFEST.MF", manifest), ("application.properties", plain)])?;
                self.at_head("lib/client.jar", &jar)
            }
            Placement::Gzip => self.deleted("dump/env.sql.gz", &gzip(plain)?),
            Placement::Utf16 => {
                let text = format!("\u{feff}{}", secret.text.replace('\n', "\r\n"));
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                self.at_head("windows/install.ps1", &bytes)
            }
            Placement::Binary => {
                let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0".to_vec();
                bytes.extend_from_slice(&self.rng.bytes::<64>().map(|byte| byte & 0x1f));
                bytes.extend_from_slice(secret.text.trim_end().as_bytes());
                bytes.extend_from_slice(&[0; 32]);
                self.deleted("bin/agent", &bytes)
            }
            Placement::CommitMessage => {
                let message = format!("Rotate the deployment\n\nold value was\n{}", secret.text);
                let (path, bytes) = content::file(self.rng);
                Placed::new(self.main(&message, &path, Some(&bytes)), "commit", None, false)
            }
            Placement::TagMessage => self.tag_message(name, secret),
            Placement::Note => {
                let by = self.someone();
                let mark = self.history.note(self.tip, &by, &format!("deployed with\n{}", secret.text));
                let stage = self.history.stage("notes");
                self.history.push(&format!("{stage}:refs/notes/commits"));
                Placed::new(mark, "blob", None, false)
            }
            Placement::DanglingBlob => Placed {
                commit: None,
                object: "blob",
                path: None,
                at_head: false,
                pull_request: None,
                dangling: Some(plain.to_vec()),
            },
            Placement::ForcePushed => self.force_pushed(name, secret),
            Placement::PullRequest => self.pull_request(secret, true),
            Placement::DeclinedPullRequest => self.pull_request(secret, false),
            Placement::TagOnly => {
                let stage = format!("hotfix-{name}");
                let mark = self.aside(&stage, &[self.tip], secret.file, plain);
                let from = self.history.stage(&stage);
                self.history.push(&format!("{from}:refs/tags/hotfix-{name}"));
                Placed::new(mark, "blob", Some(secret.file.into()), false)
            }
            Placement::EvilMerge => self.evil_merge(name, secret),
        })
    }

    fn at_head(&mut self, path: &str, bytes: &[u8]) -> Placed {
        let mark = self.main("Add what the deployment needs\n", path, Some(bytes));
        Placed::new(mark, "blob", Some(path.into()), true)
    }

    fn deleted(&mut self, path: &str, bytes: &[u8]) -> Placed {
        let mark = self.main("Make it work on staging\n", path, Some(bytes));
        self.ordinary();
        self.main("Remove what should not be here\n", path, None);
        Placed::new(mark, "blob", Some(path.into()), false)
    }

    fn line_removed(&mut self, path: &str, bytes: &[u8]) -> Placed {
        let clean: &[u8] = b"# settings for the service\nlog.level=info\nport=8443\n";
        self.main("Add settings\n", path, Some(clean));
        let mut with = clean.to_vec();
        with.extend_from_slice(bytes);
        let mark = self.main("Add what was missing\n", path, Some(&with));
        self.ordinary();
        self.main("Read it from the environment\n", path, Some(clean));
        Placed::new(mark, "blob", Some(path.into()), false)
    }

    fn tag_message(&mut self, name: &str, secret: &Secret) -> Placed {
        let by = self.someone();
        let message = format!("Release\n\nPublished with\n{}", secret.text);
        self.history.tag(&format!("release-{name}"), self.tip, &by, &message);
        Placed { commit: None, ..Placed::new(self.tip, "tag", None, false) }
    }

    fn force_pushed(&mut self, name: &str, secret: &Secret) -> Placed {
        let branch = format!("feature/{name}");
        let (old, new) = (format!("old-{name}"), format!("new-{name}"));
        let mark = self.aside(&old, &[self.tip], secret.file, secret.text.as_bytes());
        let from = self.history.stage(&old);
        self.history.push(&format!("+{from}:refs/heads/{branch}"));
        self.history.next_round();
        self.aside(&new, &[self.tip], secret.file, b"# read from the vault\n");
        let from = self.history.stage(&new);
        self.history.push(&format!("+{from}:refs/heads/{branch}"));
        Placed::new(mark, "blob", Some(secret.file.into()), false)
    }

    fn pull_request(&mut self, secret: &Secret, open: bool) -> Placed {
        let number = self.next_pull_request;
        self.next_pull_request += 1;
        let stage = format!("pull-{number}");
        let mark = self.aside(&stage, &[self.tip], secret.file, secret.text.as_bytes());
        let from = self.history.stage(&stage);
        self.history.push(&format!("{from}:refs/pull-requests/{number}/from"));
        if !open {
            self.history.next_round();
            self.history.push(&format!(":refs/pull-requests/{number}/from"));
        }
        let placed = Placed::new(mark, "blob", Some(secret.file.into()), false);
        Placed { pull_request: Some((number, open, self.tip)), ..placed }
    }

    fn evil_merge(&mut self, name: &str, secret: &Secret) -> Placed {
        let stage = format!("side-{name}");
        let (path, bytes) = content::file(self.rng);
        let side = self.aside(&stage, &[self.tip], &format!("side/{path}"), &bytes);
        self.ordinary();
        let by = self.someone();
        let files = [(secret.file, Some(secret.text.as_bytes()))];
        let message = format!("Merge branch 'side-{name}'\n");
        self.tip = self.history.commit("master", &by, &message, &[self.tip, side], &files);
        let mark = self.tip;
        self.main("Remove what the merge brought\n", secret.file, None);
        Placed::new(mark, "blob", Some(secret.file.into()), false)
    }
}

/// A zip whose bytes depend on nothing but its files.
pub fn zip(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::from_date_and_time(2026, 3, 2, 10, 0, 0).context("bad date")?)
        .unix_permissions(0o644);
    for (name, bytes) in files {
        writer.start_file(*name, options).context("cannot write a zip entry")?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish().context("cannot finish a zip")?.into_inner())
}

/// A gzip member without name and time.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}
