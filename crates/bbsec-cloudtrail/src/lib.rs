//! CloudTrail, pure: records out of files, what each credential did, and what an attacker's use looks like.
//!
//! Nothing here calls AWS. The shape of a record is AWS's "CloudTrail record contents" (user guide, event reference).

mod bursts;
mod compare;
mod conclude;
pub mod digest;
mod error;
mod read;
mod record;
mod regions;
mod uses;

pub use compare::{Compared, compare};
pub use conclude::Conclusions;
pub use error::CloudtrailError;
pub use read::{ReadSummary, read};
pub use record::Record;
pub use uses::{CredentialUse, CredentialUses};
