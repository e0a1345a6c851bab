//! The case on disk: journal, evidence bag, events in Parquet, findings.
//!
//! A case is a folder that another expert can check with tools that are not ours: `sha256sum` and any BagIt tool for
//! the evidence, a dozen lines of Python for the journal, `ssh-keygen -Y verify` for the signatures, any Parquet
//! reader for the events. The journal is the truth: it names the SHA-256 of everything else, and everything that a
//! crash leaves half done can be finished, or told to be unfinished, from it.

pub mod canonical;
mod case;
mod error;
mod events;
mod evidence;
mod files;
mod journal;
mod key;
pub mod layout;
mod lock;
mod meta;
mod results;
mod runs;
mod sign;
mod sink;
mod verify;

pub use case::{Access, Case};
pub use error::CaseError;
pub use events::{EventFilter, event_schema, names, part::FileDigest};
pub use evidence::registered::Other;
pub use journal::{Entry, Fault, Journal, JournalChanges, MAX_LINE, Scan, Torn, scan::scan as scan_journal};
pub use lock::{Holder, holder};
pub use meta::{CaseToml, NewCase};
pub use results::Dismissal;
pub use runs::{RunId, RunInfo};
pub use sign::{
    NAMESPACE as SIGNATURE_NAMESPACE, SignatureInfo, Signer,
    detached::{Signatory, sign_bytes, signatory},
};
pub use sink::{CaseSink, SinkSummary};
pub use verify::{Checked, Problem, Signed, VerifyOptions, VerifyReport, verify, verify_with};
