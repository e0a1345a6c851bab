//! Digests of a clean installation: a folder, the vendor's archive, or a list that `sha256sum` wrote.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead as _, BufReader, Read},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::{PluginError, places::role};
use crate::home::{Kind, Tree, name_of};

/// Digests that are known to be the vendor's.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    digests: BTreeSet<String>,
    names: BTreeMap<String, u64>,
}

impl Baseline {
    pub(super) fn knows(&self, sha256: &str) -> bool {
        self.digests.contains(sha256)
    }

    /// Whether a file of that name is part of a clean installation.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub(super) fn len(&self) -> usize {
        self.digests.len()
    }

    fn add(&mut self, name: &str, sha256: String) {
        self.digests.insert(sha256);
        *self.names.entry(name.to_owned()).or_default() += 1;
    }
}

pub(super) fn sha256(reader: &mut dyn Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(bbsec_core::hex::encode(hash.finalize())),
            Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn read(path: &Path) -> Result<Baseline, PluginError> {
    let failed = |source| PluginError::Baseline { path: path.into(), source };
    let found = std::fs::metadata(path).map_err(failed)?;
    let mut out = Baseline::default();
    if found.is_dir() {
        let tree = Tree::new(path).map_err(failed)?;
        for entry in tree.walk(Path::new(""), |_| true) {
            let node = entry.map_err(|error| failed(std::io::Error::other(error)))?;
            if node.kind == Kind::File && role(&node.path).is_some() {
                let (mut file, _) =
                    tree.open(&node.path).map_err(|error| failed(std::io::Error::other(error)))?;
                out.add(&name_of(&node.path), sha256(&mut file).map_err(failed)?);
            }
        }
    } else {
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        if file.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]) {
            archive(file, &mut out).map_err(failed)?;
        } else {
            list(file, &mut out).map_err(failed)?;
        }
    }
    if out.digests.is_empty() {
        return Err(PluginError::EmptyBaseline { path: path.into() });
    }
    Ok(out)
}

fn archive(file: impl Read, out: &mut Baseline) -> std::io::Result<()> {
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if entry.header().entry_type().is_file() && role(&path).is_some() {
            let digest = sha256(&mut entry)?;
            out.add(&name_of(&path), digest);
        }
    }
    Ok(())
}

/// `<64 hex digits>  <name>` per line.
fn list(file: impl std::io::BufRead, out: &mut Baseline) -> std::io::Result<()> {
    for line in file.lines() {
        let line = line?;
        let Some((digest, name)) = line.trim_start_matches('\\').split_once([' ', '\t']) else { continue };
        if digest.len() == 64 && bbsec_core::hex::decode(digest).is_some() {
            let name = name.trim_start_matches([' ', '*']);
            out.add(&name_of(Path::new(name)), digest.to_ascii_lowercase());
        }
    }
    Ok(())
}
