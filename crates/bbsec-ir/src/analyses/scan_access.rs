//! `scan.access`: who touched what.

use std::path::PathBuf;

use bbsec_atlassian::{access::AccessBuilder, logs};
use bbsec_core::{
    Analysis, AnalysisMeta, CaseStore, Event, Exit, Failure, Indicator, Progress, QuarantinedLine, Scope,
    Sink, Time,
};
use bbsec_report::Redactor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::{collected_logs::collected_logs, home, web_rules::WebRules};

/// Where the logs are, and what is already suspected.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccessInput {
    /// Home of the product
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Log file, folder of logs, or support zip; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
    /// Time zone of logs that print none, such as Europe/Berlin or +02:00
    #[arg(long, value_name = "ZONE")]
    pub(crate) log_tz: Option<String>,
    /// KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent
    #[arg(long, value_name = "KIND:VALUE")]
    pub(crate) suspect: Vec<Indicator>,
    /// First moment that matters
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Time>,
    /// Last moment that matters
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Time>,
    /// Sigma rules of your own, beside those that come with the program
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
}

impl AccessInput {
    /// The scope: the case's, with what is given here before it.
    pub(crate) fn scope(&self, case: Option<&dyn CaseStore>) -> Scope {
        let mut scope = case.map(|case| case.scope().clone()).unwrap_or_default();
        scope.from = self.from.or(scope.from);
        scope.to = self.to.or(scope.to);
        for suspect in &self.suspect {
            if !scope.suspects.contains(suspect) {
                scope.suspects.push(suspect.clone());
            }
        }
        if let Some(zone) = &self.log_tz {
            scope.time_zones.insert("default".into(), zone.clone());
        }
        scope
    }
}

/// What was read and found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccessOutput {
    /// Files, with lines read, parsed and quarantined, and the zone that was assumed.
    logs: serde_json::Value,
    /// Listing.
    touches: usize,
    /// Listing that tie to a suspect.
    suspect: usize,
    /// Indicators that tie to the given ones, with the proof of each hop.
    indicators: serde_json::Value,
}

/// The analysis.
pub(crate) struct ScanAccess;

impl Analysis for ScanAccess {
    type Input = AccessInput;
    type Output = AccessOutput;

    fn meta(&self) -> AnalysisMeta {
        AnalysisMeta {
            id: "scan.access",
            summary: "Which repositories, pages and tickets each actor touched, and how much left",
            version: 1,
        }
    }

    fn run(
        &self,
        input: &AccessInput,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<AccessOutput, Failure> {
        let scope = input.scope(case);
        let inputs = log_inputs(&input.log, input.home.as_deref(), case)?;
        let zones = logs::Zones::new(scope.time_zones.clone());
        let builder = AccessBuilder::new(scope.suspects.clone(), &scope);
        let rules = WebRules::new(&input.rules, sink)?;
        let mut reading = Reading { sink, builder, rules, scope: &scope, shapes: Redactor::shapes_only() };
        let summary = logs::read(&inputs, &zones, &mut reading, progress)?;
        let detected = reading.rules.finish();
        let access = reading.builder.finish();
        let suspect = access.touches.iter().filter(|touch| touch.suspect).count();
        let output = AccessOutput {
            logs: serde_json::json!(summary),
            touches: access.touches.len(),
            suspect,
            indicators: serde_json::json!(access.indicators),
        };
        access.touches.into_iter().try_for_each(|touch| sink.touch(touch))?;
        access.findings.into_iter().chain(detected).try_for_each(|finding| sink.finding(finding))?;
        Ok(output)
    }
}

/// The logs that are meant: given ones, else those of the home.
pub(crate) fn log_inputs(
    given: &[PathBuf],
    home_given: Option<&std::path::Path>,
    case: Option<&dyn CaseStore>,
) -> Result<Vec<logs::LogInput>, Failure> {
    if !given.is_empty() {
        return Ok(given.iter().map(logs::LogInput::given).collect());
    }
    let brought = case.map(collected_logs).transpose()?.unwrap_or_default();
    let home = match home(home_given, case) {
        Err(_) if home_given.is_none() && !brought.is_empty() => return Ok(brought),
        found => found?,
    };
    let mut found = logs::find(home.root());
    found.extend(brought);
    if found.is_empty() {
        return Err(Failure::new(Exit::Nothing, format!("no logs in {}", home.root().display()))
            .help("name them with --log, if they lie elsewhere"));
    }
    Ok(found)
}

/// Hands events on to the sink and to the builder.
struct Reading<'a> {
    sink: &'a mut dyn Sink,
    builder: AccessBuilder,
    rules: WebRules,
    scope: &'a Scope,
    shapes: Redactor,
}

impl Sink for Reading<'_> {
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        Some(self.sink)
    }
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        if self.scope.contains(event.time) {
            self.builder.add(event);
            self.rules.add(event);
        }
        self.sink.event(event)
    }
    fn quarantined(&mut self, mut line: QuarantinedLine) -> Result<(), Failure> {
        // A broken line may hold a header with a credential in it.
        self.shapes.clean(&mut line.text);
        self.sink.quarantined(line)
    }
}
