//! Formats that other programs read.

mod gitleaks;
mod sarif;
mod stix;
mod timesketch;

pub use gitleaks::gitleaks_json;
pub use sarif::sarif;
pub use stix::stix;
pub use timesketch::{Timesketch, timesketch};

#[cfg(test)]
mod tests;
