//! Actions of the binary itself: those that need the whole case.

pub(crate) mod collect_cloudtrail;
pub(crate) mod report;
