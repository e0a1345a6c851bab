//! Acquires evidence from the product itself: its home, its database, its REST interface.

mod check;
mod copy;
mod database;
mod home;
mod login;
mod rest;
mod select;
mod tls;

pub use database::{CollectDatabase, DatabaseInput, DatabaseOutput, TableOutput};
pub use home::{CollectHome, CollectHomeInput, CollectHomeOutput};
pub use login::{Login, hold, secret};
pub use rest::{CollectRest, EndpointOutput, RestError, RestInput, RestOutput, check_address};
