//! Lines that are no part of any event, kept with their place and the reason.

use bbsec_core::Failure;

/// Takes the lines that could not be read.
pub trait Quarantine {
    /// One line: the file (as in a [`bbsec_core::Place`]), where it stands, its bytes (of a line that was too long to
    /// keep only the first), its length, and why.
    fn line(&mut self, file: &str, offset: u64, bytes: &[u8], length: u64, why: &str) -> Result<(), Failure>;
}

/// Keeps nothing; the counts and places are still in the summary and the gaps.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoQuarantine;

impl Quarantine for NoQuarantine {
    fn line(&mut self, _: &str, _: u64, _: &[u8], _: u64, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}
