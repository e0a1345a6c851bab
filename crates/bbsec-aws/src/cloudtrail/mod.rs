//! `collect.cloudtrail`: what CloudTrail knows, from its API and from the trails' buckets, and a statement of what is
//! missing.

mod logs;
mod lookup;
mod model;
mod pacer;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, mpsc::sync_channel},
    thread,
};

use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Plan, Time, Undo, Unit,
    Verdict,
};
use serde_json::json;

pub(crate) use self::logs::copy_days;
use self::lookup::{Task, Told};
pub use self::{
    logs::TrailLogs,
    model::{CloudtrailInput, CloudtrailOutput, Completeness, Missing},
};
use crate::{client::Aws, collect_instance::store};

/// Collects CloudTrail.
#[derive(Debug, Clone)]
pub struct CollectCloudtrail(pub Arc<Aws>);

const WINDOW: &str = "window";
const NINETY_DAYS: i64 = 90 * 86_400 * 1_000_000;
const DELIVERY: i64 = 15 * 60 * 1_000_000;

/// The window, fixed at the first try so that a resumed run asks for the same: what is given, else the case's, else the last
/// `default` microseconds.
pub(crate) fn window(
    from: Option<Time>,
    to: Option<Time>,
    default: i64,
    context: &mut Context<'_>,
) -> Result<(Time, Time), Failure> {
    if let Some(note) = context.changes.last_note(WINDOW)?
        && let Ok(window) = serde_json::from_value::<(Time, Time)>(note)
    {
        return Ok(window);
    }
    let now = Time::now();
    let to = to.or(context.case.scope().to).unwrap_or(now).min(now);
    let earliest = Time::from_micros(now.micros().saturating_sub(default));
    let from = from.or(context.case.scope().from).unwrap_or(earliest);
    if from >= to {
        return Err(Failure::new(Exit::Usage, format!("the window from {from} to {to} is empty")));
    }
    context.changes.note(WINDOW, json!([from, to]))?;
    Ok((from, to))
}

impl CollectCloudtrail {
    fn regions(&self, input: &CloudtrailInput) -> Result<Vec<String>, Failure> {
        let own = self.0.region()?;
        if input.region.iter().any(|r| r == "all") {
            let answer =
                self.0.run("ec2:DescribeRegions", "regions", self.0.ec2()?.describe_regions().send())?;
            return Ok(answer.regions().iter().filter_map(|r| r.region_name().map(str::to_owned)).collect());
        }
        let mut all: BTreeSet<String> = input.region.iter().cloned().collect();
        if all.is_empty() {
            // Global services such as IAM write their events there.
            all.insert("us-east-1".to_owned());
            all.insert(own);
        }
        Ok(all.into_iter().collect())
    }

    fn folder(account: &str, region: &str, window: (Time, Time)) -> String {
        let mark = |t: Time| t.to_chrono().format("%Y%m%dT%H%M%SZ").to_string();
        format!("aws/{account}/{region}/cloudtrail-lookup/{}-{}", mark(window.0), mark(window.1))
    }

    /// Where an earlier try stopped: the pages in the case tell.
    fn resume(
        account: &str,
        region: &str,
        window: (Time, Time),
        context: &Context<'_>,
    ) -> Result<(Task, Completeness), Failure> {
        let mut task = Task {
            region: region.to_owned(),
            from: window.0,
            to: window.1,
            pages: 0,
            token: None,
            oldest: None,
            done: false,
        };
        let mut found = Completeness {
            region: region.to_owned(),
            from: window.0,
            to: window.1,
            ..Completeness::default()
        };
        let folder = format!("{}/page-", Self::folder(account, region, window));
        let mut items: Vec<_> =
            context.case.evidence()?.into_iter().filter(|i| i.path.starts_with(&folder)).collect();
        items.sort_by(|a, b| a.path.cmp(&b.path));
        for item in items {
            let body = std::fs::read(context.case.evidence_path(&item)).map_err(|e| {
                Failure::because(format!("the stored page {} cannot be read", item.path), e)
                    .exit(Exit::Integrity)
            })?;
            let Some(page) = lookup::page(&body) else { break };
            task.pages += 1;
            task.oldest = page.oldest.or(task.oldest);
            task.done = page.token.is_none();
            task.token.clone_from(&page.token);
            count(&mut found, &page);
        }
        found.complete = task.done;
        Ok((task, found))
    }

    fn lookups(
        &self,
        regions: &[String],
        account: &str,
        window: (Time, Time),
        context: &mut Context<'_>,
    ) -> Result<Vec<Completeness>, Failure> {
        let mut states: BTreeMap<String, Completeness> = BTreeMap::new();
        let mut tasks = Vec::new();
        for region in regions {
            let (task, found) = Self::resume(account, region, window, context)?;
            states.insert(region.clone(), found);
            tasks.push(task);
        }
        let progress = context.progress;
        let bar = progress.task("CloudTrail events", Unit::Items, None);
        let (sender, receiver) = sync_channel::<Told>(16);
        let stop = || progress.cancelled();
        let aws: &Aws = &self.0;
        thread::scope(|scope| -> Result<(), Failure> {
            for task in tasks {
                let sender = sender.clone();
                let stop = &stop;
                scope.spawn(move || lookup::region(aws, account, task, &sender, stop));
            }
            drop(sender);
            for told in receiver {
                self.take(told, account, window, &mut states, context, &*bar)?;
            }
            Ok(())
        })?;
        Ok(states.into_values().collect())
    }

    fn take(
        &self,
        told: Told,
        account: &str,
        window: (Time, Time),
        states: &mut BTreeMap<String, Completeness>,
        context: &mut Context<'_>,
        bar: &dyn bbsec_core::Task,
    ) -> Result<(), Failure> {
        match told {
            Told::Page { region, number, body, summary } => {
                let path = format!("{}/page-{number:06}.json", Self::folder(account, &region, window));
                store(context, &path, &region, "cloudtrail:LookupEvents", "CloudTrail events", &body)?;
                bar.advance(summary.events);
                bar.at(&region);
                if let Some(state) = states.get_mut(&region) {
                    count(state, &summary);
                }
            }
            Told::Throttled { region } => {
                if let Some(state) = states.get_mut(&region) {
                    state.throttled += 1;
                }
            }
            Told::Done { region } => {
                if let Some(state) = states.get_mut(&region) {
                    state.complete = true;
                }
            }
            Told::Failed { region, why } => {
                if let Some(state) = states.get_mut(&region) {
                    let to = state.oldest.unwrap_or(state.to);
                    state.complete = false;
                    let span = format!("{region}, {} to {to}", state.from);
                    context.gaps.push(Gap::unread("CloudTrail events", span, why.clone(), 1));
                    state.missing.push(Missing { from: state.from, to, why });
                }
            }
        }
        Ok(())
    }

    fn keys(
        &self,
        regions: &[String],
        account: &str,
        window: (Time, Time),
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        for region in regions {
            match logs::public_keys(&self.0, region, window.0, window.1) {
                Ok(bodies) => {
                    let stamp = Time::now().to_chrono().format("%Y%m%dT%H%M%S%.6fZ").to_string();
                    for (number, body) in bodies.iter().enumerate() {
                        let path =
                            format!("aws/{account}/{region}/cloudtrail-public-keys/{stamp}-{number:03}.json");
                        store(
                            context,
                            &path,
                            region,
                            "cloudtrail:ListPublicKeys",
                            "CloudTrail public keys",
                            body,
                        )?;
                    }
                }
                Err(error) => {
                    context.gaps.push(Gap::unread("CloudTrail public keys", region, error.chain(), 1));
                }
            }
        }
        Ok(())
    }

    fn trail_logs(
        &self,
        input: &CloudtrailInput,
        regions: &[String],
        account: &str,
        window: (Time, Time),
        context: &mut Context<'_>,
    ) -> Result<Vec<TrailLogs>, Failure> {
        let mut trails = match logs::trails(&self.0) {
            Ok(trails) => trails,
            Err(error) => {
                context.gaps.push(Gap::unread("CloudTrail trails", account, error.chain(), 1));
                BTreeSet::new()
            }
        };
        for given in &input.bucket {
            let (bucket, prefix) = given.split_once('/').unwrap_or((given, ""));
            trails.insert(logs::Trail {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
            });
        }
        if trails.is_empty() {
            context.gaps.push(Gap::unknown(
                "CloudTrail trails",
                account,
                "no trail delivers logs to S3 from here",
            ));
            return Ok(Vec::new());
        }
        self.keys(regions, account, window, context)?;
        let mut all = Vec::new();
        for trail in &trails {
            all.extend(logs::copy(&self.0, trail, account, regions, window, context)?);
        }
        Ok(all)
    }
}

fn count(state: &mut Completeness, page: &lookup::Page) {
    state.pages += 1;
    state.events += page.events;
    state.newest = state.newest.max(page.newest);
    state.oldest = match (state.oldest, page.oldest) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
}

fn notes(window: (Time, Time)) -> Vec<String> {
    let now = Time::now();
    let mut all = vec![
        "LookupEvents holds management events of ninety days; data events only stand in trail logs"
            .to_owned(),
    ];
    if window.1.until(now) < DELIVERY {
        all.push(
            "events of the last fifteen minutes may not have been delivered yet; collect again later"
                .to_owned(),
        );
    }
    if window.0.until(now) > NINETY_DAYS {
        all.push(
            "the window begins more than ninety days ago: LookupEvents does not reach its beginning"
                .to_owned(),
        );
    }
    all
}

impl Action for CollectCloudtrail {
    type Input = CloudtrailInput;
    type Output = CloudtrailOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.cloudtrail",
            summary: "Bring CloudTrail's events, logs, digests and keys into the case, and say what is missing",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::LooksFirst,
            permissions: &[
                "cloudtrail:DescribeTrails",
                "cloudtrail:ListPublicKeys",
                "cloudtrail:LookupEvents",
                "ec2:DescribeRegions",
                "s3:GetObject",
                "s3:ListBucket",
                "sts:GetCallerIdentity",
            ],
        }
    }

    fn plan(&self, input: &CloudtrailInput, _: &mut Context<'_>) -> Result<Plan, Failure> {
        let regions = self.regions(input)?;
        Ok(Plan { summary: format!("read CloudTrail in {}", regions.join(", ")), ..Plan::default() })
    }

    fn observe(
        &self,
        _: &CloudtrailInput,
        _: &mut Context<'_>,
    ) -> Result<Observed<CloudtrailOutput>, Failure> {
        // Applying again reads the stored pages and goes on where they end.
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &CloudtrailInput, context: &mut Context<'_>) -> Result<CloudtrailOutput, Failure> {
        let account = self.0.identity()?.account.clone();
        let window = window(input.from, input.to, NINETY_DAYS, context)?;
        let regions = self.regions(input)?;
        let mut output = CloudtrailOutput {
            schema: "bbsec-ir.cloudtrail/v1".to_owned(),
            account: account.clone(),
            notes: notes(window),
            ..CloudtrailOutput::default()
        };
        if !input.no_lookup {
            output.lookups = self.lookups(&regions, &account, window, context)?;
        }
        if !input.no_logs && !context.progress.cancelled() {
            output.logs = self.trail_logs(input, &regions, &account, window, context)?;
        }
        if context.progress.cancelled() {
            return Err(Failure::new(Exit::Interrupted, "stopped before CloudTrail was read")
                .help("resume the run: the pages that are stored are not asked for again"));
        }
        Ok(output)
    }

    fn verify(
        &self,
        _: &CloudtrailInput,
        output: &CloudtrailOutput,
        _: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::default();
        for region in &output.lookups {
            let line = format!(
                "{}: {} events on {} pages from {} to {}",
                region.region, region.events, region.pages, region.from, region.to
            );
            if region.complete { &mut verdict.checked } else { &mut verdict.violated }.push(line);
        }
        verdict.holds = verdict.violated.is_empty();
        Ok(verdict)
    }

    fn undo(&self, _: &CloudtrailInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict {
            holds: true,
            checked: vec!["nothing outside the case was changed".to_owned()],
            violated: vec![],
        })
    }

    fn violation_exit(&self) -> Exit {
        Exit::Partial
    }
}
