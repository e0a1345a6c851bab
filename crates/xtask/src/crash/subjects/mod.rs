//! What is cut short: one file each.

mod isolate;

use super::Subject;
pub use isolate::{Isolate, Release};

/// Every subject, in the order of the table.
pub fn all() -> Vec<Box<dyn Subject>> {
    vec![Box::new(Isolate), Box::new(Release)]
}
