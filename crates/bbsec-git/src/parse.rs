//! What commits, tags and trees say. Tolerant: whatever makes no sense is absent, and the rest is kept.

mod commit;
mod tree;

pub use commit::{Commit, Signature, Tag, commit, signature, tag};
pub use tree::{Mode, TreeEntries, TreeEntry, tree};
