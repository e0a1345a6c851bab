//! `atlassian-jira.log`: `time thread LEVEL user request session address url [logger] message`, or with thread and
//! logger in brackets and a method; and `atlassian-jira-security.log`, which has no level and no logger.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use crate::logs::application::{Context, Dialect, Reader, bracketed};

/// A reader of Jira's application log.
pub(crate) fn reader(versions: Arc<Mutex<BTreeSet<String>>>) -> Reader {
    let dialect = Dialect {
        source: "jira.application",
        data_type: "atlassian:jira:line",
        context,
        bare: None,
        version,
    };
    Reader::new(dialect, versions)
}

/// A reader of Jira's security log.
pub(crate) fn security_reader(versions: Arc<Mutex<BTreeSet<String>>>) -> Reader {
    let dialect = Dialect {
        source: "jira.security",
        data_type: "bbsec:jira:security",
        context,
        bare: Some(security),
        version,
    };
    Reader::new(dialect, versions)
}

/// `600x12x1`: minute of the day, requests since the start, requests at once.
fn is_request_id(word: &str) -> bool {
    let parts: Vec<&str> = word.split('x').collect();
    parts.len() == 3
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads `user request session address url`; gives what comes after.
fn request<'a>(text: &'a str, context: &mut Context) -> Option<&'a str> {
    let mut at = 0;
    let mut found = None;
    for word in text.split(' ') {
        if is_request_id(word) {
            found = Some((at, word));
            break;
        }
        at += word.len() + 1;
    }
    let (at, id) = found?;
    let user = text.get(..at)?.trim();
    // The thread's decoration `url: …; user: …` may stand before the name.
    let user = user.rsplit(' ').next().unwrap_or(user);
    context.user = (!matches!(user, "" | "-" | "anonymous")).then(|| user.to_owned());
    context.request = Some(id.to_owned());
    let mut rest = text.get(at + id.len()..)?.trim_start();
    for slot in 0..3 {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let taken = match slot {
            0 => {
                context.session = (word != "-").then(|| word.to_owned());
                true
            }
            1 => {
                let address = word.split(',').all(|part| part.parse::<std::net::IpAddr>().is_ok());
                if address {
                    context.address = Some(word.to_owned());
                }
                address || word == "-"
            }
            _ => {
                let url = word.starts_with('/') || word.starts_with("http");
                if url {
                    context.action = Some(word.to_owned());
                }
                url || word == "-"
            }
        };
        if !taken {
            break;
        }
        rest = after.trim_start();
    }
    Some(rest)
}

fn context(after: &str) -> Option<Context> {
    let (before, mut context) = bracketed(after)?;
    if before.is_empty() {
        return Some(context);
    }
    // With the request in front, the logger is followed by the message at once.
    let method = context.method.take().unwrap_or_default();
    let message = format!("{method} {}", context.message);
    message.trim().clone_into(&mut context.message);
    let mut read = Context::default();
    if request(&before, &mut read).is_some() {
        context.user = read.user;
        context.request = read.request;
        context.session = read.session;
        context.address = read.address;
        context.action = read.action;
    }
    Some(context)
}

/// `thread user request session address url message`
fn security(rest: &str) -> Option<Context> {
    let mut context = Context::default();
    let message = request(rest, &mut context).unwrap_or(rest);
    context.message = message.trim().to_owned();
    if context.message.is_empty() {
        return None;
    }
    let login = ["authentication", "login", "log in", "LoginManager", "HttpSession", "websudo"];
    if login.iter().any(|word| context.message.contains(word)) {
        context.extra.insert("login".into(), "true".into());
    }
    if context.user.is_none()
        && let Some((_, after)) = context.message.split_once("user '")
        && let Some((name, _)) = after.split_once('\'')
        && name != "anonymous"
    {
        context.user = Some(name.to_owned());
    }
    Some(context)
}

/// `Jira starting up. Version : 9.2.0, Mode : EAR`
fn version(context: &Context) -> Option<String> {
    let at = context.message.find("Version")?;
    if !context.message.to_ascii_lowercase().contains("jira") {
        return None;
    }
    let after = context.message.get(at + "Version".len()..)?.trim_start_matches([' ', ':']);
    let version = after.split([',', ' ']).next()?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("Jira {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_before_the_logger_is_read() {
        let context =
            context("admin 600x12x1 1abcdef 192.168.1.10,10.0.0.1 /secure/Dashboard.jspa [c.a.j.web.Filter] it is slow")
                .unwrap();
        insta::assert_snapshot!(
            format!("{context:?}"),
            @r#"Context { user: Some("admin"), request: Some("600x12x1"), session: Some("1abcdef"), address: Some("192.168.1.10,10.0.0.1"), action: Some("/secure/Dashboard.jspa"), logger: "c.a.j.web.Filter", method: None, message: "it is slow", extra: {} }"#
        );
    }

    #[test]
    fn the_security_log_says_who_logged_in() {
        let context = security(
            "http-nio-8080-exec-1 url: /rest/gadget/1.0/login anonymous 600x12x1 1abcdef 192.168.1.10 /rest/gadget/1.0/login The user 'admin' has PASSED authentication.",
        )
        .unwrap();
        assert_eq!(
            (context.user.as_deref(), context.address.as_deref()),
            (Some("admin"), Some("192.168.1.10"))
        );
        assert_eq!(context.message, "The user 'admin' has PASSED authentication.");
    }
}
