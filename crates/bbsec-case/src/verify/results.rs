//! Files of runs and events against the digests in the journal.

use std::collections::HashSet;

use bbsec_core::{Unit, escape};
use serde_json::Value;
use walkdir::WalkDir;

use super::{Check, bag::relative, inside};
use crate::{CaseError, Entry, SinkSummary, events::tidy, layout};

impl Check<'_> {
    pub(super) fn results(&mut self, entries: &[Entry]) -> Result<(), CaseError> {
        let mut known = HashSet::new();
        let moves = tidy::moves(entries);
        let task = self.progress.task("results", Unit::Bytes, None);
        for entry in entries {
            match entry.kind.as_str() {
                "results" => {
                    let Ok(summary) = serde_json::from_value::<SinkSummary>(entry.body.clone()) else {
                        let why = format!("line {} does not describe results", entry.seq);
                        self.problem("journal", layout::JOURNAL, why);
                        continue;
                    };
                    for file in summary.files {
                        self.file("results", &file.path, &file.sha256, &*task)?;
                        self.report.checked.result_files += 1;
                        known.insert(file.path);
                    }
                    for file in summary.event_files {
                        // A replaced result's files are in its run's folder, unless their mover was stopped.
                        let now = moves.get(&file.path).filter(|to| inside(self.root, to).exists());
                        let path = now.unwrap_or(&file.path).clone();
                        self.file("events", &path, &file.sha256, &*task)?;
                        self.report.checked.event_files += 1;
                        known.insert(path);
                    }
                }
                "file" => {
                    let member = |name: &str| entry.body.get(name).and_then(Value::as_str);
                    if let (Some(run), Some(path), Some(sha256)) =
                        (&entry.run, member("path"), member("sha256"))
                    {
                        let path = format!("{}/{}/{path}", layout::RUNS, escape::path_component(run));
                        self.file("results", &path, sha256, &*task)?;
                        self.report.checked.result_files += 1;
                        known.insert(path);
                    }
                }
                _ => {}
            }
        }
        self.unknown_files(&known);
        Ok(())
    }

    /// Files of runs that no journal line names: what a stopped writer left. No reader looks at them.
    fn unknown_files(&mut self, known: &HashSet<String>) {
        for folder in [layout::RUNS, layout::EVENTS] {
            for entry in
                WalkDir::new(self.root.join(folder)).min_depth(1).sort_by_file_name().into_iter().flatten()
            {
                let file = relative(self.root, entry.path());
                let claim = file.ends_with(".claimed");
                if !entry.file_type().is_dir() && !claim && !known.contains(&file) {
                    self.note(
                        "results",
                        file,
                        "no journal line names it: its writer was stopped; it is not read",
                    );
                }
            }
        }
    }
}
