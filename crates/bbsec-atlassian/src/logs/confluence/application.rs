//! `atlassian-confluence.log` and `atlassian-confluence-security.log`:
//! `time LEVEL [thread] [logger] method message`, and after the message ` -- url: … | userName: … | traceId: …`.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use crate::logs::application::{Context, Dialect, Reader, bracketed};

/// A reader of Confluence's application or security log.
pub(crate) fn reader(security: bool, versions: Arc<Mutex<BTreeSet<String>>>) -> Reader {
    let dialect = Dialect {
        source: if security { "confluence.security" } else { "confluence.application" },
        data_type: "atlassian:confluence:line",
        context,
        bare: None,
        version,
    };
    Reader::new(dialect, versions)
}

fn context(after: &str) -> Option<Context> {
    let (_, mut context) = bracketed(after)?;
    // The request in short stands at the end; the message before it may hold the same mark.
    if let Some((_, request)) = context.message.rsplit_once(" -- ").map(|(m, r)| (m.to_owned(), r.to_owned()))
    {
        for pair in request.split(" | ") {
            let Some((key, value)) = pair.split_once(": ") else { continue };
            let value = value.trim();
            match key.trim() {
                "userName" if value != "anonymous" => context.user = Some(value.to_owned()),
                "url" => context.action = Some(value.to_owned()),
                "traceId" => context.request = Some(value.to_owned()),
                "referer" => _ = context.extra.insert("http_request_referer".into(), value.to_owned()),
                _ => {}
            }
        }
    }
    if context.logger.contains("security") || context.logger.contains("seraph") {
        let login = ["login", "Login", "authenticat", "PASSED", "FAILED"];
        if login.iter().any(|word| context.message.contains(word)) {
            context.extra.insert("login".into(), "true".into());
        }
    }
    Some(context)
}

/// `Starting Confluence 7.13.0 [build 8703 …]`
fn version(context: &Context) -> Option<String> {
    let at = context.message.find("Starting Confluence ")?;
    let version = context.message.get(at + "Starting Confluence ".len()..)?.split([' ', ',']).next()?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("Confluence {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_after_the_message_is_read() {
        let line = "[atlassian.confluence.security.LoginManager] login User ann PASSED authentication -- url: /dologin.action | traceId: 1a2b | userName: ann";
        let context = context(line).unwrap();
        assert_eq!(
            (context.user.as_deref(), context.action.as_deref(), context.request.as_deref()),
            (Some("ann"), Some("/dologin.action"), Some("1a2b"))
        );
        assert_eq!((context.method.as_deref(), context.extra.contains_key("login")), (Some("login"), true));
    }
}
