//! Which format a log has: told by its lines, with its name as a hint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{application, audit, bitbucket};
use crate::read::{Stamp, clf, iso};

/// A log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `atlassian-bitbucket-access.log`, `atlassian-stash-access.log`.
    BitbucketAccess,
    /// `atlassian-bitbucket.log`.
    BitbucketApplication,
    /// `atlassian-bitbucket-audit.log` of versions before 7.0.
    BitbucketPipeAudit,
    /// `*.audit.log`: one JSON object per line, of any product.
    JsonAudit,
    /// An answer of `/rest/audit/…/events`: one JSON document.
    RestAudit,
    /// Rows of the table `AO_C77861_AUDIT_ENTITY`, as `COPY` writes them.
    AuditTable,
    /// Jira's access log.
    JiraAccess,
    /// Confluence's access log.
    ConfluenceAccess,
    /// `atlassian-jira.log` and what else Jira writes with log4j.
    JiraApplication,
    /// `atlassian-jira-security.log`.
    JiraSecurity,
    /// `atlassian-confluence.log` and what else Confluence writes with log4j.
    ConfluenceApplication,
    /// `atlassian-confluence-security.log`.
    ConfluenceSecurity,
}

/// The product that a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Bitbucket,
    Jira,
    Confluence,
}

/// Which product a path names, if it names one. The name goes before the folders.
pub(crate) fn product(path: &str) -> Option<Product> {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once(['/', '!']).unwrap_or(("", &path));
    [name, folders].into_iter().find_map(|part| {
        [
            ("bitbucket", Product::Bitbucket),
            ("stash", Product::Bitbucket),
            ("confluence", Product::Confluence),
            ("conf_access", Product::Confluence),
            ("jira", Product::Jira),
        ]
        .into_iter()
        .find(|(word, _)| part.contains(word))
        .map(|(_, product)| product)
    })
}

/// What the first lines of a file tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sniffed {
    pub format: Option<Format>,
    /// The first time that could be read, in local microseconds: brings rotated files into order.
    pub first: Option<i64>,
    /// The offset that this time prints.
    pub offset: Option<i32>,
    /// Holds bytes that no text has.
    pub binary: bool,
    /// Its users and addresses are a redacted support zip's pseudonyms.
    pub redacted: bool,
}

/// Looks at the beginning of a file. A line that fits no format does not matter as long as others fit one.
pub(crate) fn sniff(path: &str, head: &[u8]) -> Sniffed {
    let product = product(path);
    let name = path.rsplit(['/', '!']).next().unwrap_or(path).to_ascii_lowercase();
    let mut counts: Vec<(Format, u32)> = Vec::new();
    let mut first = None::<Stamp>;
    let mut pseudonyms = 0_u32;
    if audit::is_rest_document(head) {
        return Sniffed { format: Some(Format::RestAudit), ..Sniffed::default() };
    }
    if head.split(|byte| *byte == b'\n').take(64).any(audit::is_head) {
        return Sniffed { format: Some(Format::AuditTable), ..Sniffed::default() };
    }
    for line in head.split(|byte| *byte == b'\n').take(400) {
        let line = line.trim_ascii().trim_ascii_start();
        let Some((format, stamp)) = of_line(line, product, &name) else { continue };
        first = first.or(stamp);
        pseudonyms += u32::from(has_pseudonym(line));
        match counts.iter_mut().find(|(known, _)| *known == format) {
            Some((_, count)) => *count += 1,
            None => counts.push((format, 1)),
        }
    }
    let format = counts.iter().max_by_key(|(_, count)| *count).map(|(format, _)| *format);
    let lines: u32 = counts.iter().map(|(_, count)| *count).sum();
    let nuls = memchr::memchr_iter(0, head).count();
    let binary = format.is_none() && nuls > 0;
    Sniffed {
        format,
        first: first.map(|stamp| stamp.local),
        offset: first.and_then(|stamp| stamp.offset),
        binary,
        redacted: pseudonyms >= MANY && pseudonyms > lines / 2,
    }
}

/// A redacted support zip's values are `redacted-{pseudonym}` (Atlassian, "Redacting data in support zip"). Only what
/// stands before the request counts, since the rest is the client's to write, and only when most lines have it.
fn has_pseudonym(line: &[u8]) -> bool {
    let request = memchr::memmem::find(line, b" /").into_iter().chain(memchr::memchr(b'"', line)).min();
    let before = line.get(..request.unwrap_or(line.len())).unwrap_or_default();
    memchr::memmem::find(before, b"redacted-").is_some()
}

/// How many lines with a pseudonym make a redacted log.
const MANY: u32 = 3;

fn of_line(line: &[u8], product: Option<Product>, name: &str) -> Option<(Format, Option<Stamp>)> {
    if line.starts_with(b"{") {
        return audit::is_line(line).then_some((Format::JsonAudit, None));
    }
    let may_be_valve = line.starts_with(b"[") || product != Some(Product::Bitbucket);
    if let Some(stamp) = may_be_valve.then(|| valve_stamp(line)).flatten() {
        let jira = product == Some(Product::Jira) || product.is_none() && is_jira_access(line, name);
        let access = if jira { Format::JiraAccess } else { Format::ConfluenceAccess };
        return Some((access, Some(stamp)));
    }
    if bitbucket::is_access_line(line) {
        let stamp = line.windows(3).position(|window| window == b" | ").and_then(|_| first_iso(line));
        return Some((Format::BitbucketAccess, stamp));
    }
    if bitbucket::is_audit_line(line) {
        return Some((Format::BitbucketPipeAudit, None));
    }
    let (stamp, _) = iso(line)?;
    let shape = application::shape(line)?;
    let format = match (shape, product) {
        (application::Shape::Bare, Some(Product::Jira)) => Format::JiraSecurity,
        (application::Shape::Bare, _) => return None,
        (_, Some(Product::Jira)) if name.contains("security") => Format::JiraSecurity,
        (_, Some(Product::Confluence)) if name.contains("security") => Format::ConfluenceSecurity,
        (_, Some(Product::Jira)) => Format::JiraApplication,
        (_, Some(Product::Confluence)) | (application::Shape::BracketedLogger, _) => {
            Format::ConfluenceApplication
        }
        (application::Shape::PlainLogger, _) => Format::BitbucketApplication,
    };
    Some((format, Some(stamp)))
}

fn first_iso(line: &[u8]) -> Option<Stamp> {
    memchr::memchr_iter(b'|', line).take(8).find_map(|at| iso(line.get(at + 2..)?)).map(|(stamp, _)| stamp)
}

/// Where no folder names the product: Jira's access logs are called `access_log.DATE` (Confluence's `conf_access_log`),
/// and their second field is a request id like `1439x7120x1`.
fn is_jira_access(line: &[u8], name: &str) -> bool {
    let id = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let mut parts = id.split(|byte| *byte == b'x');
    let number = |part: Option<&[u8]>| {
        part.is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    };
    let request =
        number(parts.next()) && number(parts.next()) && number(parts.next()) && parts.next().is_none();
    request || name.starts_with("access_log")
}

/// A line of Tomcat's access log holds `[17/Jun/2021:12:57:26 +0200]` near its beginning.
fn valve_stamp(line: &[u8]) -> Option<Stamp> {
    memchr::memchr_iter(b'[', line.get(..line.len().min(400))?)
        .find_map(|at| clf(line.get(at + 1..)?))
        .map(|(stamp, _)| stamp)
}

impl Format {
    /// True when its lines print no time zone.
    pub(crate) fn needs_zone(self) -> bool {
        matches!(
            self,
            Self::BitbucketAccess
                | Self::BitbucketApplication
                | Self::JiraApplication
                | Self::JiraSecurity
                | Self::ConfluenceApplication
                | Self::ConfluenceSecurity
        )
    }

    /// True when another log tells the same: what it has told already is not told again.
    pub(crate) fn is_second_hand(self) -> bool {
        matches!(self, Self::RestAudit | Self::AuditTable)
    }

    /// The source of its events.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::BitbucketAccess => "bitbucket.access",
            Self::BitbucketApplication => "bitbucket.application",
            Self::BitbucketPipeAudit => "bitbucket.audit",
            Self::JsonAudit | Self::RestAudit | Self::AuditTable => "atlassian.audit",
            Self::JiraAccess => "jira.access",
            Self::JiraApplication => "jira.application",
            Self::JiraSecurity => "jira.security",
            Self::ConfluenceAccess => "confluence.access",
            Self::ConfluenceApplication => "confluence.application",
            Self::ConfluenceSecurity => "confluence.security",
        }
    }
}
