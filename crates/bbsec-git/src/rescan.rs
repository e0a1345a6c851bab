//! Indexing a pack whose index is missing or cannot be used, by reading it from start to end.

use std::path::Path;

use crate::{Damage, Limits, idx::Index};

/// An index of the entries that can be found, and how many bytes belong to none.
pub(crate) fn index(_path: &Path, _len: u64, _limits: &Limits) -> Result<(Index, u64), Damage> {
    Err(Damage::Io("its index cannot be used".to_owned()))
}
