//! What the product's database and its REST interface say, out of dumps that are given or out of the case.

use std::{collections::BTreeMap, path::PathBuf};

use bbsec_atlassian::database::{Database, RestAnswer, collected, from_answers, read_dump};
use bbsec_core::{CaseStore, Failure, Progress, Sink};

/// What `collect rest` calls an answer.
const ANSWER: &str = "REST answer";

/// The rows of every given dump; without one, those that the case holds. Their gaps are told.
pub(crate) fn rows(
    given: &[PathBuf],
    case: Option<&dyn CaseStore>,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Vec<Database>, Failure> {
    let mut all = Vec::new();
    for path in given {
        all.push(read_dump(path, progress)?);
    }
    if let Some(case) = case.filter(|_| given.is_empty()) {
        all.extend(collected(case, progress)?);
        all.extend(answers(case)?);
    }
    for database in &all {
        super::gaps(database.gaps.clone(), sink)?;
    }
    Ok(all)
}

/// One [`Database`] for each host that was asked: `rest/HOST/STAMP/QUESTION/…`, the newest stamp of each.
fn answers(case: &dyn CaseStore) -> Result<Vec<Database>, Failure> {
    let items = case.evidence()?;
    let mut newest: BTreeMap<String, String> = BTreeMap::new();
    let mut parts: Vec<(String, String, Vec<String>, usize)> = Vec::new();
    for (at, item) in items.iter().enumerate().filter(|(_, item)| item.provenance.what == ANSWER) {
        let mut names = item.path.split('/').map(str::to_owned);
        let (Some(_), Some(host), Some(stamp)) = (names.next(), names.next(), names.next()) else { continue };
        let known = newest.entry(host.clone()).or_default();
        if *known < stamp {
            known.clone_from(&stamp);
        }
        parts.push((host, stamp, names.collect(), at));
    }
    let mut by_host: BTreeMap<String, Vec<RestAnswer>> = BTreeMap::new();
    for (host, stamp, names, at) in parts {
        let Some(item) = items.get(at).filter(|_| newest.get(&host) == Some(&stamp)) else { continue };
        let Some((question, rest)) = names.split_first() else { continue };
        let about = rest.split_last().map(|(_, about)| about.join("/")).unwrap_or_default();
        let path = case.evidence_path(item);
        let bytes = std::fs::read(&path)
            .map_err(|error| Failure::because(format!("cannot read {}", path.display()), error))?;
        let question = question.trim_end_matches(".json").to_owned();
        by_host.entry(host).or_default().push(RestAnswer {
            question,
            about,
            file: item.path.as_str().into(),
            bytes,
        });
    }
    Ok(by_host.values().map(from_answers).collect())
}
