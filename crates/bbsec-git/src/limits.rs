//! How much a repository may ask of us. Whatever goes beyond a limit is named, never dropped in silence.

/// Bounds on one walk or one read.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest object that is decoded. Never more than 4 GiB less one byte counts.
    pub max_object: u64,
    /// The longest chain of deltas that a single read follows.
    pub max_chain: usize,
    /// Decoded bytes for each byte of packs and loose files, beyond [`Limits::free_decoded`]: what lies above is a bomb.
    pub max_expansion: u64,
    /// Decoded bytes that are allowed whatever the size of the packs.
    pub free_decoded: u64,
    /// The largest plain file (packed-refs, a reflog, an index) that is read whole.
    pub max_file: u64,
    /// How many refs, reflog entries and files are read from one repository.
    pub max_names: usize,
    /// Whether the content of packed objects is hashed and compared with their names. Costs about as much as decoding;
    /// loose objects, which have no other checksum of their own, are always compared.
    pub verify: bool,
    /// How many problems a report keeps word for word; all are counted.
    pub max_problems: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_object: 1 << 30,
            max_chain: 1 << 16,
            max_expansion: 4096,
            free_decoded: 16 << 30,
            max_file: 256 << 20,
            max_names: 4_000_000,
            verify: false,
            max_problems: 10_000,
        }
    }
}

impl Limits {
    /// The largest object, such that offsets in it fit 32 bits.
    pub(crate) fn object(&self) -> u64 {
        self.max_object.min(u64::from(u32::MAX))
    }
}
