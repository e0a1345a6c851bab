//! A second opinion on what a finding rests on: the commits and objects that it names must decode alike in libgit2.
//!
//! libgit2 refuses damaged, foreign and unusual repositories, so its refusal says nothing; a difference does.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{ExposedSecret, Failure, Gap, Sink};
use bbsec_git::{Limits, Oid, Problems, Store};
use bbsec_secrets::RepoInput;

/// Objects per repository that are compared.
const SAMPLE: usize = 64;

/// Passes everything on, and remembers what the findings rest on.
pub(crate) struct Remembering<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) objects: BTreeMap<String, BTreeSet<String>>,
}

impl Sink for Remembering<'_> {
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        Some(self.sink)
    }
    fn secret(&mut self, secret: ExposedSecret) -> Result<(), Failure> {
        if let Some(repo) = &secret.repo {
            let objects = self.objects.entry(repo.clone()).or_default();
            let named = [Some(&secret.object.id), secret.commit.as_ref()];
            for id in
                named.into_iter().flatten().filter(|_| objects.len() < SAMPLE).cloned().collect::<Vec<_>>()
            {
                objects.insert(id);
            }
        }
        self.sink.secret(secret)
    }
}

/// Compares; returns how many objects both read, and names every difference as a gap.
pub(crate) fn compare(
    repos: &[RepoInput],
    objects: &BTreeMap<String, BTreeSet<String>>,
    sink: &mut dyn Sink,
) -> Result<u64, Failure> {
    let mut compared = 0;
    for repo in repos {
        let sample: Vec<Oid> =
            objects.get(&repo.shown_as).into_iter().flatten().filter_map(|id| id.parse().ok()).collect();
        // What could not be opened was named by the scan itself.
        let Ok(store) = Store::open(&repo.git_dir, repo.within.as_deref(), &mut Problems::default()) else {
            continue;
        };
        let Ok(agreement) = bbsec_git::second_opinion(&store, &sample, &Limits::default()) else { continue };
        compared += agreement.compared;
        for (ids, why) in [
            (&agreement.differ, "libgit2 decodes it to other bytes; look at this object by hand"),
            (&agreement.only_theirs, "libgit2 reads it and this program does not"),
        ] {
            for id in ids {
                sink.gap(Gap::unread("object", format!("{} {id}", repo.shown_as), why, 1))?;
            }
        }
    }
    Ok(compared)
}
