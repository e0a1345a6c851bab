//! The names of the files in a case folder, in one place.

/// The case's description.
pub const CASE_TOML: &str = "case.toml";
/// What was done and decided, line by line.
pub const JOURNAL: &str = "journal.jsonl";
/// Number and SHA-256 of the journal's newest line.
pub const HEAD: &str = "journal.head";
/// Signatures over journal lines, `<seq>.sig`.
pub const SIGNATURES: &str = "journal.sig";
/// The advisory lock, with its holder's name inside.
pub const LOCK: &str = "lock";
/// The key of the case's fingerprints; never leaves the case.
pub const KEY: &str = "case.key";
/// The BagIt bag.
pub const EVIDENCE: &str = "evidence";
/// The timeline in Parquet.
pub const EVENTS: &str = "events";
/// One folder per run.
pub const RUNS: &str = "runs";
/// What was rendered.
pub const REPORT: &str = "report";

/// What never leaves the case: a handover leaves these out.
pub const NEVER_HANDED_OVER: [&str; 2] = [KEY, LOCK];

/// The schema that `case.toml` names.
pub const CASE_SCHEMA: &str = "bbsec-ir.case/v1";
/// The schema that the journal's first line names.
pub const JOURNAL_SCHEMA: &str = "bbsec-ir.journal/v1";

/// `prev` of the first journal line.
pub const ZERO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Name and version of this program, as provenance and reports print it.
pub const TOOL: &str = concat!("bbsec-ir ", env!("CARGO_PKG_VERSION"));
