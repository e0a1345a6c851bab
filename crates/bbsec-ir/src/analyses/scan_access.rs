//! `scan.access`: who touched what.

use std::path::PathBuf;

use bbsec_atlassian::{
    access::{Access, AccessBuilder},
    logs,
};
use bbsec_core::{
    Analysis, AnalysisMeta, CaseStore, Event, Exit, Failure, Finding, Indicator, Progress, Scope, Sink, Time,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::{
    collected_logs::collected_logs, database, home, watching::Watching, web_rules::WebRules,
};

/// Where the logs are, and what is already suspected.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccessInput {
    /// Home of the product
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Log file, folder of logs, or support zip; may be repeated
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) log: Vec<PathBuf>,
    /// Time zone of logs that print none, such as Europe/Berlin or +02:00
    #[arg(long, value_name = "ZONE")]
    pub(crate) log_tz: Option<String>,
    /// KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent
    #[arg(long, value_name = "KIND:VALUE", num_args = 1..)]
    pub(crate) suspect: Vec<Indicator>,
    /// First moment that matters
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Time>,
    /// Last moment that matters
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Time>,
    /// Sigma rules of your own, beside those that come with the program
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub(crate) rules: Vec<PathBuf>,
    /// Plain pg_dump of the product's database, or a folder that `collect database` or `collect rest` wrote; by default
    /// what the case holds
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Vec<PathBuf>,
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
        let rows = database::rows(&input.database, case, sink, progress)?;
        let (summary, access, detected) = pass(&inputs, &scope, &input.rules, &rows, sink, progress, None)?;
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

/// Reads logs once: who touched what, what rules detect, and, for `each`, every event. Without `each` the events go into
/// the sink as well.
pub(crate) fn pass(
    inputs: &[logs::LogInput],
    scope: &Scope,
    rules: &[PathBuf],
    rows: &[bbsec_atlassian::database::Database],
    sink: &mut dyn Sink,
    progress: &dyn Progress,
    each: Option<&mut dyn FnMut(&Event)>,
) -> Result<(logs::LogSummary, Access, Vec<Finding>), Failure> {
    let zones = logs::Zones::new(scope.time_zones.clone());
    let mut builder = AccessBuilder::new(scope.suspects.clone(), scope);
    let mut rules = WebRules::new(rules, sink)?;
    let keep = each.is_none();
    let mut nobody = |_: &Event| {};
    let each: &mut dyn FnMut(&Event) = each.unwrap_or(&mut nobody);
    let mut take = |event: &Event| {
        // What came before the window tells who worked from where before the trouble; it makes no row and no finding.
        let exploit = if scope.contains(event.time) { rules.add(event) } else { None };
        match exploit {
            Some(title) => builder.add_exploit(event, &title),
            None => builder.add(event),
        }
        each(event);
    };
    let summary = logs::read(inputs, &zones, &mut Watching::new(sink, keep, &mut take), progress)?;
    for event in rows.iter().flat_map(bbsec_atlassian::database::visits) {
        builder.add(&event);
    }
    let detected = rules.finish();
    Ok((summary, builder.finish(), detected))
}
