//! Formats that other programs read.

mod gitleaks;
mod sarif;
mod timesketch;

pub use gitleaks::gitleaks_json;
pub use sarif::sarif;
pub use timesketch::timesketch;

#[cfg(test)]
mod tests;
