//! `collect cloudtrail`: what the AWS room brings, and then what it is worth: the digests verified, the two sources held
//! against each other, and all of it said in sentences.

use std::{collections::BTreeMap, path::PathBuf};

use bbsec_aws::{CloudtrailInput, CloudtrailOutput, CollectCloudtrail};
use bbsec_cloudtrail::{Compared, compare};
use bbsec_core::{
    Action, ActionMeta, Context, Exit, Failure, Gap, Observed, Plan, Provenance, Time, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::{
    LOG, TRAIL,
    digests::{self, DigestReport},
};

/// What was collected and what it is worth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Output {
    /// What is there and what is missing, in sentences.
    statement_lines: Vec<String>,
    /// What the AWS room brought.
    #[serde(flatten)]
    brought: CloudtrailOutput,
    /// What the signed digests say of the logs.
    digests: Option<DigestReport>,
    /// Whether something was altered, removed or put there.
    tampered: bool,
    /// LookupEvents and logs compared, by region.
    compared: BTreeMap<String, Compared>,
}

/// The action.
#[derive(Debug)]
pub(crate) struct Collect(pub(crate) CollectCloudtrail);

impl Collect {
    fn judge(
        input: &CloudtrailInput,
        brought: CloudtrailOutput,
        context: &mut Context<'_>,
    ) -> Result<Output, Failure> {
        let mut output = Output { brought, ..Output::default() };
        let from = input.from.or(context.case.scope().from);
        let first = from.map(|from| from.to_chrono().format("%Y%m%d").to_string());
        if let Some(found) =
            digests::check(&digests::of_case(context.case)?, first.as_deref(), context.progress)?
        {
            context.gaps.extend(found.gaps());
            output.tampered = found.is_tampered();
            output.digests = Some(found.report);
        }
        let items = context.case.evidence()?;
        let of = |what: &str| -> Vec<PathBuf> {
            let wanted = items.iter().filter(|item| item.provenance.what == what);
            wanted.map(|item| context.case.evidence_path(item)).collect()
        };
        let (lookup, logs) = (of(TRAIL), of(LOG));
        if !lookup.is_empty() && !logs.is_empty() {
            output.compared = compare(&lookup, &logs, context.progress)?;
        }
        for (region, found) in output.compared.iter().filter(|(_, found)| found.only_lookup > 0) {
            let why = format!(
                "{} events that LookupEvents has are in no log, such as {}",
                found.only_lookup,
                found.missing_from_logs.first().map_or("", String::as_str)
            );
            context.gaps.push(Gap::unread("trail logs", region, why, found.only_lookup));
        }
        output.statement_lines = sentences(&output);
        Ok(output)
    }
}

/// The completeness statement for people.
fn sentences(output: &Output) -> Vec<String> {
    let mut said = Vec::new();
    for region in &output.brought.lookups {
        let state = if region.complete { "read to its end" } else { "NOT complete" };
        let (from, to) = (region.from.short(), region.to.short());
        said.push(format!(
            "{}: LookupEvents from {from} to {to} {state}: {} events on {} pages",
            region.region, region.events, region.pages
        ));
        said.extend(region.missing.iter().map(|missing| {
            format!("  missing: {} to {}: {}", missing.from.short(), missing.to.short(), missing.why)
        }));
    }
    if output.brought.logs.is_empty() {
        said.push("no trail logs were found in S3".to_owned());
    }
    for logs in &output.brought.logs {
        let failed =
            if logs.failed > 0 { format!(", {} could NOT be read", logs.failed) } else { String::new() };
        said.push(format!("s3://{}/{}: {} objects{failed}", logs.bucket, logs.prefix, logs.objects));
    }
    match &output.digests {
        None => said.push("no digests: that logs were not altered cannot be shown".to_owned()),
        Some(found) => {
            let (digests, logs) = (found.digests, found.logs);
            said.push(format!(
                "digests: {} of {digests} valid; logs: {} of {logs} valid",
                found.digests_valid, found.logs_valid
            ));
            said.extend(found.problems.iter().map(|problem| format!("  {problem}")));
        }
    }
    for (region, found) in &output.compared {
        said.push(format!(
            "{region}: {} events in both sources, {} only in LookupEvents, {} only in the logs",
            found.both, found.only_lookup, found.only_logs
        ));
    }
    said
}

impl Action for Collect {
    type Input = CloudtrailInput;
    type Output = Output;

    fn meta(&self) -> ActionMeta {
        Action::meta(&self.0)
    }

    fn plan(&self, input: &CloudtrailInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        Action::plan(&self.0, input, context)
    }

    fn observe(&self, _: &CloudtrailInput, _: &mut Context<'_>) -> Result<Observed<Output>, Failure> {
        // Applying again reads the stored pages and goes on where they end.
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &CloudtrailInput, context: &mut Context<'_>) -> Result<Output, Failure> {
        let brought = Action::apply(&self.0, input, context)?;
        let account = brought.account.clone();
        let output = Self::judge(input, brought, context)?;
        let text = serde_json::to_vec_pretty(&output).map_err(|error| {
            Failure::because("the completeness statement cannot be written as JSON", error)
        })?;
        let stamp = Time::now().to_chrono().format("%Y%m%dT%H%M%S%.6fZ");
        let origin = Provenance {
            source: account.clone(),
            how: "computed".into(),
            what: "CloudTrail completeness statement".into(),
        };
        let path = format!("aws/{account}/cloudtrail-completeness-{stamp}.json");
        let item = context.case.put(&path, origin, &mut text.as_slice())?;
        Ok(Output { brought: CloudtrailOutput { statement: Some(item.path), ..output.brought }, ..output })
    }

    fn verify(
        &self,
        input: &CloudtrailInput,
        output: &Output,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        if output.tampered {
            let problems = output.digests.as_ref().map(|found| found.problems.join("; ")).unwrap_or_default();
            return Err(Failure::new(Exit::Integrity, format!("the trail's logs were altered: {problems}"))
                .help("everything is in the case; `scan cloudtrail` lists each object, LookupEvents holds what was removed"));
        }
        Action::verify(&self.0, input, &output.brought, context)
    }

    fn undo(&self, input: &CloudtrailInput, context: &mut Context<'_>) -> Result<Verdict, Failure> {
        Action::undo(&self.0, input, context)
    }

    fn violation_exit(&self) -> Exit {
        Action::violation_exit(&self.0)
    }
}
