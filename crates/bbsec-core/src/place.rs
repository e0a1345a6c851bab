//! Where in the evidence something stands.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes in an evidence file: enough for another person to look at the same bytes with `dd`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, relative to the source that was read (home, evidence bag, given path). For a compressed file this is
    /// the compressed file's name; for a member of an archive `archive!member`.
    #[schemars(with = "String")]
    pub file: Arc<str>,
    /// Byte offset of the first byte; in a compressed file, in the decompressed stream.
    pub offset: u64,
    /// How many bytes; 0 when the whole file is meant.
    #[serde(default)]
    pub length: u32,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), offset: 0, length: 0 }
    }

    /// A stretch of a file.
    pub fn new(file: impl Into<Arc<str>>, offset: u64, length: u32) -> Self {
        Self { file: file.into(), offset, length }
    }
}
