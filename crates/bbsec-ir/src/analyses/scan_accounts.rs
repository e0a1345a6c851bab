//! `scan.accounts`: new, changed and privileged accounts, tokens and keys.

use std::path::PathBuf;

use bbsec_atlassian::{accounts::AccountsBuilder, logs};
use bbsec_core::{Analysis, AnalysisMeta, CaseStore, Event, Failure, Gap, Progress, QuarantinedLine, Sink};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::scan_access::log_inputs;

/// Where the audit logs are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountsInput {
    /// Home of the product
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Log file, folder of logs, or support zip; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
    /// Time zone of logs that print none
    #[arg(long, value_name = "ZONE")]
    pub(crate) log_tz: Option<String>,
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
        let mut inputs = log_inputs(&input.log, input.home.as_deref(), case)?;
        if input.log.is_empty() {
            // The access logs beside them are `scan.access`' to read, and far larger.
            for input in &mut inputs {
                input.path.push("audit");
            }
            inputs.retain(|input| std::fs::symlink_metadata(&input.path).is_ok_and(|meta| meta.is_dir()));
            if inputs.is_empty() {
                let why =
                    "no audit log folder; what was done to accounts is known from elsewhere or not at all";
                sink.gap(Gap::unknown("audit log", "log/audit", why))?;
                return Ok(AccountsOutput { audit_events: 0, findings: 0 });
            }
        }
        let zones = logs::Zones::new(scope.time_zones.clone());
        let mut reading = AuditOnly { sink, builder: AccountsBuilder::new(scope.clone()), events: 0 };
        logs::read(&inputs, &zones, &mut reading, progress)?;
        let events = reading.events;
        let found = reading.builder.finish();
        let output = AccountsOutput { audit_events: events, findings: found.len() };
        found.into_iter().try_for_each(|finding| sink.finding(finding))?;
        Ok(output)
    }
}

/// Takes audit events; the events themselves are `scan.access`' to keep.
struct AuditOnly<'a> {
    sink: &'a mut dyn Sink,
    builder: AccountsBuilder,
    events: u64,
}

impl Sink for AuditOnly<'_> {
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        Some(self.sink)
    }
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.events += 1;
        self.builder.add(event);
        Ok(())
    }
    // `scan.access` keeps them.
    fn quarantined(&mut self, _: QuarantinedLine) -> Result<(), Failure> {
        Ok(())
    }
}
