//! What collections answer when they are asked whether they hold, and what their undo does.

use bbsec_core::{Context, Failure, Verdict};

use super::copy::sha256;

/// Whether the case holds `count` items below a folder, each with the bytes that were written.
pub(super) fn stands(folder: &str, count: usize, context: &mut Context<'_>) -> Result<Verdict, Failure> {
    let items: Vec<_> =
        context.case.evidence()?.into_iter().filter(|item| item.path.starts_with(folder)).collect();
    let mut verdict = Verdict::default();
    for item in &items {
        let read =
            std::fs::File::open(context.case.evidence_path(item)).and_then(|mut file| sha256(&mut file));
        if !read.is_ok_and(|now| now == item.sha256) {
            verdict.violated.push(format!("{} is not what was collected", item.path));
        }
    }
    if items.len() < count {
        verdict.violated.push(format!("{folder} holds {} items instead of {count}", items.len()));
    }
    verdict.checked.push(format!("{} files read again and hashed", items.len()));
    verdict.holds = verdict.violated.is_empty();
    Ok(verdict)
}

/// Evidence stays.
pub(super) fn kept() -> Verdict {
    Verdict {
        holds: true,
        checked: vec!["evidence stays; nothing else was changed".into()],
        violated: Vec::new(),
    }
}
