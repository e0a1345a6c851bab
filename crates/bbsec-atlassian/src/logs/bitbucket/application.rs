//! `atlassian-bitbucket.log`: logback's `%date %-5level [%thread] %request %logger{36} %m%n%eThrowable`. `%request` is
//! user, request id, session id, address and the quoted action; any of them may be missing.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use crate::logs::application::{Context, Dialect, Reader, is_logger};

/// A reader of Bitbucket's application log.
pub(crate) struct ApplicationLog;

impl ApplicationLog {
    /// See [`Reader::new`].
    pub(crate) fn reader(versions: Arc<Mutex<BTreeSet<String>>>) -> Reader {
        let dialect = Dialect {
            source: "bitbucket.application",
            data_type: "atlassian:bitbucket:line",
            context,
            bare: None,
            version,
        };
        Reader::new(dialect, versions)
    }
}

/// `9K7Z3NNx6x3112x1`, with or without a mark in front.
fn is_request_id(word: &str) -> bool {
    let word = word.strip_prefix(['@', '*']).unwrap_or(word);
    let mut parts = word.rsplitn(4, 'x');
    let numeric = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    numeric(parts.next())
        && numeric(parts.next())
        && numeric(parts.next())
        && parts
            .next()
            .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn context(after: &str) -> Option<Context> {
    let mut context = Context::default();
    let rest = match request(after, &mut context) {
        Some(rest) => rest,
        None => without_request(after, &mut context)?,
    };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("!!! ").unwrap_or(rest).trim_start();
    let (logger, message) = rest.split_once(' ').unwrap_or((rest, ""));
    if !is_logger(logger) {
        return None;
    }
    context.logger = logger.to_owned();
    context.message = message.trim().to_owned();
    Some(context)
}

/// Reads user, ids, address and action; gives what comes after them.
fn request<'a>(after: &'a str, context: &mut Context) -> Option<&'a str> {
    let mut at = 0;
    let mut id = None;
    // Names have blanks; the id is among the first words or not there at all.
    for word in after.split(' ').take(8) {
        if is_request_id(word) {
            id = Some((at, word));
            break;
        }
        at += word.len() + 1;
    }
    let (at, word) = id?;
    let user = after.get(..at)?.trim();
    context.user = (!user.is_empty() && user != "-").then(|| user.to_owned());
    context.request = Some(word.trim_start_matches(['@', '*']).to_owned());
    let mut rest = after.get(at + word.len()..)?.trim_start();
    let next = |rest: &'a str| rest.split_once(' ').unwrap_or((rest, ""));
    let (first, behind) = next(rest);
    let is_address = |word: &str| word.split(',').all(|part| part.parse::<std::net::IpAddr>().is_ok());
    if !is_address(first) && !first.starts_with('"') && !is_logger(first) && !first.starts_with("!!!") {
        context.session = (first != "-").then(|| first.to_owned());
        rest = behind.trim_start();
    }
    let (first, behind) = next(rest);
    if is_address(first) {
        context.address = Some(first.to_owned());
        rest = behind.trim_start();
    }
    if let Some(inside) = rest.strip_prefix('"') {
        let end = end_of_action(inside)?;
        context.action = inside.get(..end).map(str::to_owned);
        rest = inside.get(end + 2..)?;
    }
    Some(rest)
}

/// The action is the client's to write: it ends with its protocol version where it has one, and a logger follows.
fn end_of_action(inside: &str) -> Option<usize> {
    let mut ends = inside.match_indices("\" ").map(|(end, _)| end).filter(|end| {
        let behind = inside.get(end + 2..).unwrap_or_default().trim_start();
        let behind = behind.strip_prefix("!!! ").unwrap_or(behind).trim_start();
        is_logger(behind.split(' ').next().unwrap_or(""))
    });
    let has_version = |end: &usize| {
        let action = inside.get(..*end).unwrap_or_default();
        action.rsplit_once(" HTTP/").is_some_and(|(_, version)| version.len() <= 3)
    };
    ends.clone().find(has_version).or_else(|| ends.next())
}

/// No request: the logger comes at once, or after a user's name.
fn without_request<'a>(after: &'a str, context: &mut Context) -> Option<&'a str> {
    let bare = after.strip_prefix("!!! ").unwrap_or(after).trim_start();
    if is_logger(bare.split(' ').next().unwrap_or("")) {
        return Some(bare);
    }
    let (user, rest) = after.split_once(' ')?;
    is_logger(rest.trim_start().split(' ').next().unwrap_or("")).then(|| {
        context.user = (user != "-").then(|| user.to_owned());
        rest
    })
}

/// `Starting Bitbucket 7.4.0 (204e35a built on …)`
fn version(context: &Context) -> Option<String> {
    let rest = context.message.strip_prefix("Starting ")?;
    let (product, rest) = rest.split_once(' ')?;
    let version = rest.split(' ').next()?;
    (matches!(product, "Bitbucket" | "Stash") && version.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| format!("{product} {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_request_may_be_missing() {
        let shown = |text: &str| {
            let c = context(text).unwrap();
            format!(
                "{:?} {:?} {:?} {:?} {:?} {} | {}",
                c.user, c.request, c.session, c.address, c.action, c.logger, c.message
            )
        };
        insta::assert_snapshot!(
            [
                r#"admin 2CM38K4Fx339x113x2 @5XDWX5x339x568x0,4SJOMSOBx339x40x2 10.229.31.195 "TransactionService/Transact" c.a.b.m.r.DefaultRepositoryManager Repository 0030 has been created"#,
                r#"john.doe @1ABCDEx600x123x0 1a2b3c 10.0.0.1,10.0.0.2 "GET /x?a=" c.x HTTP/1.1" c.a.s.i.w.Filter refused"#,
                "com.atlassian.bitbucket.internal.boot.log.BuildInfoLogger Starting Bitbucket 7.4.0 (204e35a)",
                "!!! c.a.s.i.r.DefaultRepositorySizeCache Size calculation failed",
                "Jörg Müller @1ABCDEx600x123x0 c.a.X done",
                "org.hibernate.SQL delete x",
            ]
            .map(shown)
            .join("\n"),
            @r#"
        Some("admin") Some("2CM38K4Fx339x113x2") Some("@5XDWX5x339x568x0,4SJOMSOBx339x40x2") Some("10.229.31.195") Some("TransactionService/Transact") c.a.b.m.r.DefaultRepositoryManager | Repository 0030 has been created
        Some("john.doe") Some("1ABCDEx600x123x0") Some("1a2b3c") Some("10.0.0.1,10.0.0.2") Some("GET /x?a=\" c.x HTTP/1.1") c.a.s.i.w.Filter | refused
        None None None None None com.atlassian.bitbucket.internal.boot.log.BuildInfoLogger | Starting Bitbucket 7.4.0 (204e35a)
        None None None None None c.a.s.i.r.DefaultRepositorySizeCache | Size calculation failed
        Some("Jörg Müller") Some("1ABCDEx600x123x0") None None None c.a.X | done
        None None None None None org.hibernate.SQL | delete x
        "#
        );
    }

    #[test]
    fn the_start_up_line_names_the_version() {
        let context = context("com.x.BuildInfoLogger Starting Bitbucket 7.4.0 (204e35a built on x)").unwrap();
        assert_eq!(version(&context).as_deref(), Some("Bitbucket 7.4.0"));
    }
}
