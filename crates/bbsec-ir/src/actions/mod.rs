//! Actions of the binary itself: those that need the whole case.

pub(crate) mod report;
