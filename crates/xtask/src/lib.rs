//! What people and tests need while developing bbsec-ir; shipped in nothing.

pub mod scenario;
