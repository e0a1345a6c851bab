//! What a repository holds beside its objects: configuration, hooks, reflogs, ref names, the index, large file storage.

use bbsec_core::Gap;
use bbsec_git::{FileRole, PlainFile, Problems, Ref, other_files};

use crate::{
    engine::{Engine, resolve},
    scan::{
        Options, RepoInput, Summary,
        collect::{Collector, Where},
        files::{container_gaps, position, read_whole},
    },
};

/// Scans the files and the names of the refs.
pub(super) fn scan(
    repo: &RepoInput,
    options: &Options,
    refs: &[Ref],
    collector: &mut Collector<'_>,
    problems: &mut Problems,
    summary: &mut Summary,
) -> Vec<Gap> {
    let mut engine = Engine::new(options.rules.clone(), options.limits);
    let mut gaps = Vec::new();
    for name in refs {
        text(&mut engine, collector, name.name.as_bytes(), "ref", &name.name.to_string(), None);
    }
    for file in other_files(&repo.git_dir, repo.within.as_deref(), problems) {
        summary.objects += 1;
        let shown = file.relative.display().to_string();
        text(&mut engine, collector, shown.as_bytes(), "file", &shown, None);
        let scanned = read_whole(&file.path, |piece, lines| {
            text(&mut engine, collector, piece, kind(&file), &shown, Some(lines));
        });
        if let Err(error) = scanned {
            gaps.push(Gap::unread("repository files", shown, format!("could not be read: {error}"), 1));
        }
    }
    summary.bytes_scanned += engine.stats.scanned;
    gaps.extend(container_gaps(&repo.shown_as, engine.stats.damaged, engine.stats.not_decoded));
    gaps
}

fn kind(file: &PlainFile) -> &'static str {
    match file.role {
        FileRole::Config => "config",
        FileRole::Refs => "ref",
        FileRole::Reflog => "reflog",
        FileRole::Index => "index",
        _ => "file",
    }
}

/// `lines`: how many lines stand before this piece of a file; `None` for a name.
fn text(
    engine: &mut Engine,
    collector: &mut Collector<'_>,
    data: &[u8],
    kind: &str,
    shown: &str,
    lines: Option<u64>,
) {
    let marks = engine.full(data);
    let rules = engine.rules.clone();
    for hit in resolve(&rules, &engine.found, &marks.hits) {
        let Some(found) = engine.found.get(hit.found as usize) else { continue };
        let wanted = rules.at(found.rule).and_then(|rule| rule.path.as_ref());
        if wanted.is_some_and(|path| !path.is_match(shown.as_bytes())) {
            continue;
        }
        let mut place = Where::plain(kind, shown.to_owned(), Some(shown.to_owned()));
        if let Some(lines) = lines {
            let (line, column) = position(data, hit.secret.0);
            place.line = Some(line + lines);
            place.column = Some(column);
        }
        collector.add(found, place);
    }
}
