//! What `scan commits` needs: who pushed when, which commits came, and what is odd about them.

pub(crate) mod changes;
pub(crate) mod people;
pub(crate) mod pushes;
pub(crate) mod repository;
pub(crate) mod review;
