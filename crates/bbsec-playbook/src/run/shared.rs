//! One case for many threads: one writer at a time, and readers that need not wait for a long write.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use bbsec_case::{Case, layout};
use bbsec_core::{CaseStore, EvidenceItem, Failure, Fingerprinter, Progress, Provenance, Scope};

/// The case of a run.
pub(crate) struct Shared<'c> {
    case: RwLock<&'c mut Case>,
    /// What is in the bag. Apart, because hashing a registered folder holds the case for minutes.
    items: RwLock<Vec<EvidenceItem>>,
    root: PathBuf,
    id: String,
    scope: Scope,
    fingerprinter: Fingerprinter,
}

impl<'c> Shared<'c> {
    pub(crate) fn new(case: &'c mut Case) -> Result<Self, Failure> {
        let store: &dyn CaseStore = case;
        let (root, id, scope) = (store.root().to_owned(), store.id().to_owned(), store.scope().clone());
        let (fingerprinter, items) = (store.fingerprinter(), RwLock::new(store.evidence()?));
        Ok(Self { items, root, id, scope, fingerprinter, case: RwLock::new(case) })
    }

    /// The case, for what only reads it.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, &'c mut Case> {
        self.case.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, &'c mut Case> {
        // A panic elsewhere leaves the bag as its journal says; the next write finishes what was begun.
        self.case.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread's own access to the case.
    pub(crate) fn handle(&self) -> Handle<'_, 'c> {
        Handle(self)
    }

    fn taken(&self, case: &Case) {
        let mut items = self.items.write().unwrap_or_else(PoisonError::into_inner);
        // Nothing is ever taken out of the bag.
        let known = items.len();
        items.extend(case.items().iter().skip(known).cloned());
    }
}

/// A thread's own access to the case.
pub(crate) struct Handle<'s, 'c>(&'s Shared<'c>);

impl CaseStore for Handle<'_, '_> {
    fn root(&self) -> &Path {
        &self.0.root
    }
    fn id(&self) -> &str {
        &self.0.id
    }
    fn scope(&self) -> &Scope {
        &self.0.scope
    }
    fn fingerprinter(&self) -> Fingerprinter {
        self.0.fingerprinter.clone()
    }
    fn evidence(&self) -> Result<Vec<EvidenceItem>, Failure> {
        Ok(self.0.items.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
    fn evidence_path(&self, item: &EvidenceItem) -> PathBuf {
        self.0.root.join(layout::EVIDENCE).join("data").join(&item.path)
    }
    fn put(
        &mut self,
        path: &str,
        provenance: Provenance,
        bytes: &mut dyn Read,
    ) -> Result<EvidenceItem, Failure> {
        let mut case = self.0.write();
        let item = case.put_evidence(path, provenance, bytes)?;
        self.0.taken(&case);
        Ok(item)
    }
    fn register(
        &mut self,
        name: &str,
        provenance: Provenance,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<EvidenceItem, Failure> {
        let mut case = self.0.write();
        let item = case.register_folder(name, provenance, folder, progress)?;
        self.0.taken(&case);
        Ok(item)
    }
}
