//! Multi-pack indexes. We read each pack by its own index; here only the list of packs is compared with what is there.
//!
//! Format: `gitformat-pack(5)`, section "multi-pack-index (MIDX) files".

use std::path::Path;

use crate::{Limits, Problem, ProblemKind, Problems, fence::Fence, idx::be32};

/// Names packs that a multi-pack index lists and that are not there.
pub(crate) fn check(
    fence: &Fence,
    path: &Path,
    limits: &Limits,
    has: &dyn Fn(&str) -> bool,
    problems: &mut Problems,
) {
    let named = match fence.read(path, limits.max_file) {
        Ok(data) => packs(&data).ok_or_else(|| "it is damaged".to_owned()),
        Err(denied) => Err(denied.why()),
    };
    match named {
        Ok(names) => {
            for name in names {
                let pack = name.strip_suffix(".idx").unwrap_or(&name).to_owned() + ".pack";
                if !has(&pack) {
                    let why = format!("it lists {pack}, which is not there");
                    problems.push(Problem::at(ProblemKind::MultiPackIndex(why), path));
                }
            }
        }
        Err(why) => problems.push(Problem::at(ProblemKind::MultiPackIndex(why), path)),
    }
}

/// The names of packs in a multi-pack index.
fn packs(data: &[u8]) -> Option<Vec<String>> {
    if !data.starts_with(b"MIDX") {
        return None;
    }
    let chunks = usize::from(*data.get(6)?);
    let count = be32(data, 8)? as usize;
    for chunk in 0..chunks {
        let at = 12 + chunk * 12;
        if data.get(at..at + 4)? == b"PNAM" {
            let low = |at: usize| be32(data, at + 8).filter(|_| be32(data, at + 4) == Some(0));
            let (start, end) = (low(at)? as usize, low(at + 12)? as usize);
            let names = data.get(start..end)?.split(|&byte| byte == 0).filter(|name| !name.is_empty());
            return Some(names.take(count).map(|name| String::from_utf8_lossy(name).into_owned()).collect());
        }
    }
    None
}
