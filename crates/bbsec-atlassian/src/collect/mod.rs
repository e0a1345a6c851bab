//! Acquires evidence from the product itself: its home, its database, its REST interface.

mod copy;
mod home;
mod select;

pub use home::{CollectHome, CollectHomeInput, CollectHomeOutput};
