//! `scan.accounts`: new, changed and privileged accounts, tokens and keys.

use std::{ops::ControlFlow, path::PathBuf};

use bbsec_atlassian::{accounts::AccountsBuilder, logs};
use bbsec_case::{Access, Case, EventFilter};
use bbsec_core::{Analysis, AnalysisMeta, CaseStore, Event, Exit, Failure, Gap, Progress, Scope, Sink};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::{audit_rules::AuditRules, database, scan_access::log_inputs, watching::Watching};

/// Sources of audit events in the store.
const AUDIT: [&str; 4] = ["bitbucket.audit", "confluence.audit", "jira.audit", "atlassian.audit"];

/// Where the audit logs are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountsInput {
    /// Home of the product
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Log file, folder of logs, or support zip; may be repeated
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) log: Vec<PathBuf>,
    /// Time zone of logs that print none
    #[arg(long, value_name = "ZONE")]
    pub(crate) log_tz: Option<String>,
    /// Plain pg_dump of the product's database; by default what the case holds
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Vec<PathBuf>,
    /// Sigma rules of your own for the audit log
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
}

/// Counts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccountsOutput {
    /// Audit events that were read.
    audit_events: u64,
    /// Findings.
    findings: usize,
}

/// The analysis.
pub(crate) struct ScanAccounts;

impl Analysis for ScanAccounts {
    type Input = AccountsInput;
    type Output = AccountsOutput;

    fn meta(&self) -> AnalysisMeta {
        AnalysisMeta {
            id: "scan.accounts",
            summary: "New, changed and privileged accounts, tokens, keys and grants",
            version: 1,
        }
    }

    fn run(
        &self,
        input: &AccountsInput,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<AccountsOutput, Failure> {
        let mut scope = case.map(|case| case.scope().clone()).unwrap_or_default();
        if let Some(zone) = &input.log_tz {
            scope.time_zones.insert("default".into(), zone.clone());
        }
        let mut builder = AccountsBuilder::new(scope.clone());
        let rows = database::rows(&input.database, case, sink, progress)?;
        let without_rows = rows.is_empty();
        for database in rows {
            builder.add_database(database);
        }
        let mut rules = AuditRules::new(&input.rules, sink)?;
        let mut events = 0;
        let mut take = |event: &Event| {
            events += 1;
            builder.add(event);
            rules.add(event);
        };
        if !stored(input, case, &mut take)? {
            audit_logs(input, case, &scope, without_rows, sink, progress, &mut take)?;
        }
        let mut found = builder.finish();
        found.extend(rules.finish());
        let output = AccountsOutput { audit_events: events, findings: found.len() };
        found.into_iter().try_for_each(|finding| sink.finding(finding))?;
        Ok(output)
    }
}

/// Takes the audit events that `scan access` has put into the case: its lines are read once, and what could not be read
/// is counted once. False when there are none.
fn stored(
    input: &AccountsInput,
    case: Option<&dyn CaseStore>,
    take: &mut dyn FnMut(&Event),
) -> Result<bool, Failure> {
    let Some(case) = case.filter(|_| input.log.is_empty()) else { return Ok(false) };
    let filter = EventFilter { sources: AUDIT.map(str::to_owned).to_vec(), ..EventFilter::default() };
    let read = Case::open(case.root(), Access::Read)?.events(&filter, &mut |event| {
        take(&event);
        ControlFlow::Continue(())
    })?;
    Ok(read > 0)
}

/// Reads the audit logs themselves; the access logs beside them are `scan.access`' to read, and far larger.
fn audit_logs(
    input: &AccountsInput,
    case: Option<&dyn CaseStore>,
    scope: &Scope,
    alone: bool,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
    take: &mut dyn FnMut(&Event),
) -> Result<(), Failure> {
    let mut inputs = match log_inputs(&input.log, input.home.as_deref(), case) {
        // The database alone may still tell.
        Err(failure) if failure.exit == Exit::Nothing && !alone => Vec::new(),
        other => other?,
    };
    if input.log.is_empty() {
        for input in &mut inputs {
            input.path.push("audit");
        }
        inputs.retain(|input| std::fs::symlink_metadata(&input.path).is_ok_and(|meta| meta.is_dir()));
    }
    if inputs.is_empty() {
        let why = "no audit log folder; what was done to accounts is known from elsewhere or not at all";
        return sink.gap(Gap::unknown("audit log", "log/audit", why));
    }
    let zones = logs::Zones::new(scope.time_zones.clone());
    logs::read(&inputs, &zones, &mut Watching::new(sink, false, take), progress)?;
    Ok(())
}
