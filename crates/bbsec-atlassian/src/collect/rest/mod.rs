//! `collect rest`: what an administrator may ask a running product, answer by answer as it came.
//!
//! Reads only. Answers are kept unchanged; questions that were answered are not asked again when a run is resumed.

mod client;
mod endpoints;
mod pages;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Plan, Provenance, Task,
    Time, Undo, Unit, Verdict, escape,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::client::RestError;
use self::{
    client::{Manner, Product},
    endpoints::{Endpoint, Names, PROBES},
    pages::encoded,
};
use super::{
    check,
    copy::sha256,
    login::{self, Login},
};
use crate::home;

/// What an answer is called in the list of evidence.
const ANSWER: &str = "REST answer";
/// The note that keeps a run's folder over a restart.
const STAMP: &str = "rest-stamp";
/// More names than these are asked for one by one only on request.
const MANY: usize = 2_000;

/// What `collect rest` is given.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestInput {
    /// The product's address: https://HOST or https://HOST/CONTEXT
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// An administrator's HTTP access token is in this file; else BBSEC_IR_REST_TOKEN, else it is asked for
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The secret is the password of this user, not a token
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Authorities that signed the host's certificate, in PEM, beside the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Send the token over an unencrypted connection
    #[arg(long)]
    pub allow_http: bool,
    /// Questions a second
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub rate: u32,
    /// Ask about every user, group, project and repository even where there are thousands
    #[arg(long)]
    pub everything: bool,
}

impl Default for RestInput {
    fn default() -> Self {
        Self {
            url: String::new(),
            token_file: None,
            user: None,
            ca: None,
            allow_http: false,
            rate: 5,
            everything: false,
        }
    }
}

/// What came of one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EndpointOutput {
    /// The folder of its answers.
    pub name: String,
    /// The path as it was asked, `{}` for a name.
    pub path: String,
    /// How many times it was asked, for one name each.
    pub asked: u64,
    /// Pages that are stored.
    pub pages: u64,
    /// Things on them.
    pub items: u64,
    /// Answers that were no page, by status.
    pub refused: BTreeMap<u16, u64>,
}

/// What `collect rest` hands on; `rest.json` in the case says the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RestOutput {
    /// `bbsec-ir.rest/v1`.
    pub schema: String,
    /// The address.
    pub url: String,
    /// The product.
    pub product: Option<home::Product>,
    /// Its version.
    pub version: Option<String>,
    /// When asking began.
    pub taken: Option<Time>,
    /// The folder below `evidence/data/`.
    pub folder: String,
    /// Questions.
    pub endpoints: Vec<EndpointOutput>,
    /// Pages of all of them.
    pub pages: u64,
}

/// Asks the product.
#[derive(Debug, Clone, Copy, Default)]
pub struct CollectRest;

fn product(input: &RestInput) -> Result<Product, Failure> {
    if input.url.is_empty() {
        return Err(Failure::new(Exit::Usage, "no address is given").help("name the product with --url"));
    }
    let secret = login::secret(Login::Rest, input.token_file.as_deref())?;
    let manner = Manner {
        user: input.user.as_deref(),
        secret: secret.as_ref(),
        ca: input.ca.as_deref(),
        allow_http: input.allow_http,
        rate: input.rate,
    };
    Product::new(&input.url, &manner)
}

/// Refuses an address that is none, or that holds a login, before anything is written down.
pub fn check_address(url: &str) -> Result<(), Failure> {
    Ok(client::address(url).map(|_| ())?)
}

/// Which product it is, and its version.
fn identify(to: &mut Product, context: &Context<'_>) -> Result<(home::Product, Option<String>), Failure> {
    for (product, path, version) in PROBES {
        let answer = to.get(path, "application/json", context.progress)?;
        if matches!(answer.status, 401) {
            return Err(refused(to));
        }
        if answer.status != 200 {
            continue;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { continue };
        if product == home::Product::Confluence
            && body.get("typeId").and_then(Value::as_str).is_some_and(|kind| kind != "confluence")
        {
            continue;
        }
        let version = body.pointer(version).and_then(Value::as_str).map(str::to_owned);
        let is_stash = body.get("displayName").and_then(Value::as_str) == Some("Stash");
        let product = if is_stash { home::Product::Stash } else { product };
        if version.is_some() || product == home::Product::Confluence {
            return Ok((product, version));
        }
    }
    Err(Failure::new(Exit::Failed, format!("{} does not answer as Bitbucket, Jira or Confluence", to.shown))
        .help("is a context path missing, such as https://HOST/bitbucket?"))
}

/// A name as a folder; a digest keeps different names different.
fn component(name: &str) -> String {
    let safe = escape::path_component(name);
    if safe == name {
        return safe;
    }
    let digest = sha256(&mut name.as_bytes()).unwrap_or_default();
    format!("{safe}~{}", digest.get(..8).unwrap_or_default())
}

fn refused(to: &Product) -> Failure {
    Failure::new(Exit::Failed, format!("{} refuses the token", to.shown)).help(
        "use the HTTP access token of an administrator that is not expired; for a password say --user NAME",
    )
}

/// One collection as it goes on.
struct Run<'a, 'c> {
    to: Product,
    context: &'a mut Context<'c>,
    /// Answers that an earlier try stored.
    stored: BTreeSet<String>,
    names: BTreeMap<Names, BTreeSet<String>>,
    output: RestOutput,
    everything: bool,
}

impl Run<'_, '_> {
    fn all(&mut self, product: home::Product) -> Result<(), Failure> {
        let task = self.context.progress.task("asking the product", Unit::Items, None);
        for endpoint in endpoints::of(product) {
            let mut said = EndpointOutput {
                name: endpoint.name.to_owned(),
                path: endpoint.path.to_owned(),
                ..EndpointOutput::default()
            };
            let names: Vec<Option<String>> = match endpoint.each {
                None => vec![None],
                Some(kind) => self.names.get(&kind).into_iter().flatten().cloned().map(Some).collect(),
            };
            if names.len() > MANY && !self.everything {
                let why = format!("{} names to ask for one by one; say --everything", names.len());
                self.context.gaps.push(Gap::unread(ANSWER, endpoint.name, why, names.len() as u64));
                self.output.endpoints.push(said);
                continue;
            }
            for name in names {
                self.one(endpoint, name.as_deref(), &mut said, &*task)?;
            }
            self.say(endpoint, &said);
            self.output.pages = self.output.pages.saturating_add(said.pages);
            self.output.endpoints.push(said);
        }
        Ok(())
    }

    /// All pages of one question.
    fn one(
        &mut self,
        endpoint: &Endpoint,
        name: Option<&str>,
        said: &mut EndpointOutput,
        task: &dyn Task,
    ) -> Result<(), Failure> {
        said.asked += 1;
        let path = match name {
            Some(name) => {
                let (project, repository) = name.split_once('/').unwrap_or((name, ""));
                endpoint
                    .path
                    .replace("{}", &encoded(name))
                    .replace("{project}", &encoded(project))
                    .replace("{repository}", &encoded(repository))
            }
            None => endpoint.path.to_owned(),
        };
        let folder = match name {
            Some(name) => {
                let part = name.split('/').map(component).collect::<Vec<_>>().join("/");
                format!("{}/{}/{part}", self.output.folder, endpoint.name)
            }
            None => format!("{}/{}", self.output.folder, endpoint.name),
        };
        let mut mark: Option<String> = None;
        for number in 0_u64.. {
            let file = format!("{folder}/page-{number:06}.json");
            let query = endpoint.paging.query(mark.as_deref());
            let joint = if query.is_empty() {
                ""
            } else if path.contains('?') {
                "&"
            } else {
                "?"
            };
            let asked = format!("{path}{joint}{query}");
            task.at(&escape::terminal(&asked));
            let Some(body) = self.page(&asked, &file, endpoint, said)? else { break };
            said.pages += 1;
            task.advance(1);
            let Ok(json) = serde_json::from_slice::<Value>(&body) else {
                self.context.gaps.push(Gap::unread(ANSWER, &file, "the answer is not JSON", 1));
                break;
            };
            said.items = said.items.saturating_add(endpoint.paging.items(&json));
            self.harvest(endpoint, &json);
            match endpoint.paging.next(&json, mark.as_deref()) {
                Some(next) => mark = Some(next),
                None => break,
            }
        }
        Ok(())
    }

    /// One page: what is stored, or what the product answers; nothing when it refuses.
    fn page(
        &mut self,
        asked: &str,
        file: &str,
        endpoint: &Endpoint,
        said: &mut EndpointOutput,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if self.stored.contains(file) {
            let path = self.context.case.root().join("evidence/data").join(file);
            let bytes = std::fs::read(&path).map_err(|error| {
                Failure::because(format!("the stored answer {file} cannot be read"), error)
            })?;
            return Ok(Some(bytes));
        }
        let answer = match self.to.get(asked, endpoint.accept(), self.context.progress) {
            Ok(answer) => answer,
            Err(error @ (RestError::Body { .. } | RestError::Slow(_))) => {
                self.context.gaps.push(Gap::unread(ANSWER, asked, error.to_string(), 1));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        match answer.status {
            200 => {}
            401 => return Err(refused(&self.to)),
            other => {
                *said.refused.entry(other).or_default() += 1;
                return Ok(None);
            }
        }
        let origin = Provenance {
            source: format!("{}{asked}", self.to.shown),
            how: format!("GET {asked}"),
            what: ANSWER.to_owned(),
        };
        self.context.case.put(file, origin, &mut &*answer.body)?;
        Ok(Some(answer.body.to_vec()))
    }

    fn harvest(&mut self, endpoint: &Endpoint, body: &Value) {
        let Some((kind, fields)) = endpoint.gives else { return };
        let into = self.names.entry(kind).or_default();
        for item in pages::items(body).into_iter().flatten() {
            let part = |field: &&str| field.split('.').try_fold(item, |value, key| value.get(key))?.as_str();
            let parts: Option<Vec<&str>> = fields.iter().map(part).collect();
            into.extend(parts.map(|parts| parts.join("/")));
        }
    }

    /// What was refused, once per question.
    fn say(&mut self, endpoint: &Endpoint, said: &EndpointOutput) {
        for (status, count) in &said.refused {
            let why = match status {
                403 => "the token may not ask this; use an administrator's",
                404 if !endpoint.needed => "this version does not have it",
                404 => "the product does not know it",
                429 => "the product still says that it is asked too often; lower --rate and run it again",
                500..=599 => "the product fails",
                _ => "the product answers otherwise",
            };
            let why = format!("{why} (HTTP {status}, {count} of {})", said.asked);
            let gap = if *status == 404 && !endpoint.needed {
                Gap::unknown(ANSWER, endpoint.name, why)
            } else {
                Gap::unread(ANSWER, endpoint.name, why, *count)
            };
            self.context.gaps.push(gap);
        }
    }
}

impl Action for CollectRest {
    type Input = RestInput;
    type Output = RestOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.rest",
            summary: "Ask a running product for accounts, groups, grants, tokens, keys, plugins and audit events, read-only",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::LooksFirst,
            permissions: &[],
        }
    }

    fn plan(&self, input: &RestInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let mut to = product(input)?;
        let (product, version) = identify(&mut to, context)?;
        let count = endpoints::of(product).len();
        let version = version.unwrap_or_else(|| "of unknown version".to_owned());
        let summary = format!(
            "ask {} ({} {version}) {count} kinds of questions, {} a second",
            to.shown,
            product.name(),
            input.rate
        );
        Ok(Plan { summary, ..Plan::default() })
    }

    fn observe(&self, _: &RestInput, _: &mut Context<'_>) -> Result<Observed<RestOutput>, Failure> {
        // Applying again reads the stored answers and goes on where they end.
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &RestInput, context: &mut Context<'_>) -> Result<RestOutput, Failure> {
        let mut to = product(input)?;
        let (product, version) = identify(&mut to, context)?;
        let noted: Option<Time> =
            context.changes.last_note(STAMP)?.and_then(|note| serde_json::from_value(note).ok());
        let taken = noted.unwrap_or_else(Time::now);
        if noted.is_none() {
            context.changes.note(STAMP, json!(taken))?;
        }
        let stamp = taken.to_chrono().format("%Y%m%dT%H%M%S%3fZ");
        let folder = format!("rest/{}/{stamp}", escape::path_component(&to.host));
        let stored = context
            .case
            .evidence()?
            .into_iter()
            .map(|item| item.path)
            .filter(|p| p.starts_with(&folder))
            .collect();
        let output = RestOutput {
            schema: "bbsec-ir.rest/v1".to_owned(),
            url: to.shown.clone(),
            product: Some(product),
            version,
            taken: Some(taken),
            folder,
            ..RestOutput::default()
        };
        let mut run =
            Run { to, context, stored, names: BTreeMap::new(), output, everything: input.everything };
        run.all(product)?;
        let output = run.output;
        let text = serde_json::to_vec_pretty(&output)
            .map_err(|error| Failure::because("the summary cannot be written as JSON", error))?;
        let origin =
            Provenance { source: output.url.clone(), how: "computed".into(), what: "REST summary".into() };
        context.case.put(&format!("{}/rest.json", output.folder), origin, &mut text.as_slice())?;
        Ok(output)
    }

    fn verify(
        &self,
        _: &RestInput,
        output: &RestOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let pages = usize::try_from(output.pages).unwrap_or(usize::MAX);
        check::stands(&format!("{}/", output.folder), pages.saturating_add(1), context)
    }

    fn undo(&self, _: &RestInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(check::kept())
    }

    fn violation_exit(&self) -> Exit {
        Exit::Integrity
    }
}
