//! One product over HTTP: GET only, at a pace, to one host, with answers of bounded size.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bbsec_core::{Exit, Failure, Progress, SecretBytes};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, Uri, header, http::uri::PathAndQuery};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::super::tls;

/// The largest answer that is taken.
const MAX_BODY: usize = 64 << 20;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a question is asked before it is given up.
const TRIES: u32 = 5;

/// Why the product did not answer.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// The address is none.
    #[error("{0:?} is no address of a product")]
    Address(String),
    /// The token would travel in the clear.
    #[error("{0} is not encrypted")]
    Clear(String),
    /// Nobody answered.
    #[error("no answer from {url}")]
    Connect {
        /// The address.
        url: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No answer in time.
    #[error("no answer from {0} within a minute")]
    Slow(String),
    /// The answer could not be read to its end.
    #[error("the answer of {url} could not be read")]
    Body {
        /// The address.
        url: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The runtime could not be started.
    #[error("the connection cannot be set up")]
    Runtime(#[source] std::io::Error),
    /// The person asked to stop.
    #[error("stopped on request")]
    Stopped,
}

impl From<RestError> for Failure {
    fn from(error: RestError) -> Self {
        let (exit, help) = match &error {
            RestError::Address(_) => (Exit::Usage, "write https://HOST or https://HOST/CONTEXT"),
            RestError::Clear(_) => (
                Exit::Usage,
                "use https://, or say --allow-http where the way to the host is trusted (the token travels in the clear)",
            ),
            RestError::Connect { source, .. } if said(source.as_ref()).contains("certificate") => {
                (Exit::Failed, "name the authority that signed the host's certificate with --ca FILE")
            }
            RestError::Stopped => {
                (Exit::Interrupted, "resume the run: answers that are stored are not asked for again")
            }
            _ => (Exit::Failed, "is the host reached from here? run it again: it goes on where it stopped"),
        };
        Self::because(error.to_string(), error).exit(exit).help(help)
    }
}

fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

/// An answer of any status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// A product.
pub(super) struct Product {
    base: Uri,
    /// Scheme, host, port and context, for people.
    pub(super) shown: String,
    /// Host, and port where one was written, for folders.
    pub(super) host: String,
    login: Option<SecretBytes>,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    runtime: tokio::runtime::Runtime,
    step: Duration,
    next: Instant,
}

/// How a product is asked.
pub(super) struct Manner<'a> {
    /// For a password instead of a token.
    pub(super) user: Option<&'a str>,
    pub(super) secret: Option<&'a SecretBytes>,
    pub(super) ca: Option<&'a Path>,
    pub(super) allow_http: bool,
    /// Questions a second.
    pub(super) rate: u32,
}

/// Reads a product's address: no login in it, no question.
pub(super) fn address(url: &str) -> Result<Uri, RestError> {
    let bad = || RestError::Address(crate::database::without_password(url));
    let base: Uri = url.trim().trim_end_matches('/').parse().map_err(|_| bad())?;
    let authority = base.authority().ok_or_else(bad)?;
    let is_web = matches!(base.scheme_str(), Some("http" | "https"));
    if !is_web || authority.as_str().contains('@') || base.query().is_some() {
        return Err(bad());
    }
    Ok(base)
}

impl Product {
    pub(super) fn new(url: &str, manner: &Manner<'_>) -> Result<Self, Failure> {
        let base = address(url)?;
        let (Some(scheme), Some(authority)) = (base.scheme_str(), base.authority()) else {
            return Err(RestError::Address(url.to_owned()).into());
        };
        let host = authority.host();
        let is_local = host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        if scheme == "http" && !is_local && !manner.allow_http {
            return Err(RestError::Clear(url.to_owned()).into());
        }
        let login = manner.secret.map(|secret| {
            let mut value = match manner.user {
                Some(user) => {
                    let pair = [user.as_bytes(), b":", secret.reveal()].concat();
                    format!("Basic {}", BASE64_STANDARD.encode(pair)).into_bytes()
                }
                None => b"Bearer ".to_vec(),
            };
            if manner.user.is_none() {
                value.extend_from_slice(secret.reveal());
            }
            SecretBytes::new(value)
        });
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RestError::Runtime)?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client(manner.ca)?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            shown: base.to_string().trim_end_matches('/').to_owned(),
            host: authority.as_str().to_owned(),
            base,
            login,
            client: Client::builder(TokioExecutor::new()).build(connector),
            runtime,
            step: Duration::from_secs(1) / manner.rate.max(1),
            next: Instant::now(),
        })
    }

    /// Asks, and asks again while the product says that it is too much or that it is busy.
    pub(super) fn get(
        &mut self,
        path: &str,
        accept: &str,
        progress: &dyn Progress,
    ) -> Result<Answer, RestError> {
        let mut pause = Duration::from_secs(1);
        let mut tried = 0;
        loop {
            self.wait(progress)?;
            tried += 1;
            let (answer, later) = match self.once(path, accept) {
                Ok((answer, later)) => (Ok(answer), later),
                Err(error) => (Err(error), None),
            };
            let again = match &answer {
                Ok(answer) => matches!(answer.status, 429 | 502..=504),
                Err(RestError::Connect { .. } | RestError::Slow(_) | RestError::Body { .. }) => true,
                Err(_) => false,
            };
            if !again || tried >= TRIES {
                return answer;
            }
            let wanted = later.unwrap_or(pause).min(Duration::from_mins(2));
            self.next = self.next.max(Instant::now().checked_add(wanted).unwrap_or(self.next));
            pause = pause.saturating_mul(2);
        }
    }

    fn wait(&mut self, progress: &dyn Progress) -> Result<(), RestError> {
        loop {
            if progress.cancelled() {
                return Err(RestError::Stopped);
            }
            let left = self.next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(Duration::from_millis(200)));
        }
        self.next = Instant::now().checked_add(self.step).unwrap_or(self.next);
        Ok(())
    }

    fn once(&self, path: &str, accept: &str) -> Result<(Answer, Option<Duration>), RestError> {
        let url = format!("{}{path}", self.shown);
        let bad = || RestError::Address(url.clone());
        let mut parts = self.base.clone().into_parts();
        let full = format!("{}{path}", self.base.path().trim_end_matches('/'));
        parts.path_and_query = Some(PathAndQuery::try_from(full).map_err(|_| bad())?);
        let uri = Uri::from_parts(parts).map_err(|_| bad())?;
        let mut request = Request::get(uri)
            .header(header::ACCEPT, accept)
            .header(header::USER_AGENT, concat!("bbsec-ir/", env!("CARGO_PKG_VERSION")))
            .header("X-Atlassian-Token", "no-check");
        if let Some(login) = &self.login {
            let mut value = header::HeaderValue::from_bytes(login.reveal()).map_err(|_| bad())?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.body(Empty::new()).map_err(|_| bad())?;
        self.runtime.block_on(async {
            let work = async {
                let answer = self
                    .client
                    .request(request)
                    .await
                    .map_err(|source| RestError::Connect { url: url.clone(), source: Box::new(source) })?;
                let status = answer.status().as_u16();
                let later = answer
                    .headers()
                    .get(header::RETRY_AFTER)
                    .and_then(|v| v.to_str().ok()?.trim().parse().ok());
                let body = Limited::new(answer.into_body(), MAX_BODY)
                    .collect()
                    .await
                    .map_err(|source| RestError::Body { url: url.clone(), source })?
                    .to_bytes();
                Ok((Answer { status, body }, later.map(Duration::from_secs)))
            };
            tokio::time::timeout(PATIENCE, work).await.map_err(|_| RestError::Slow(url.clone()))?
        })
    }
}
