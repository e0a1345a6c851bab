//! Field names: our events in the names that Sigma's rules for web servers use.

use bbsec_core::Event;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// An access log event as Sigma's `webserver` and `proxy` rules see it (W3C extended log names). The query field holds
/// the whole URI raw, and decoded once and twice, since rules are written for either.
pub fn web_fields(event: &Event) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            fields.insert(name.into(), Value::String(value));
        }
    };
    let uri = event.extra.get("http_request_uri").cloned();
    let once = uri.as_deref().map(decode);
    let twice = once.as_deref().map(decode);
    let all = [&uri, &once, &twice].into_iter().flatten().cloned().collect::<Vec<_>>().join("\n");
    put("cs-method", event.extra.get("http_request_method").cloned());
    put("cs-uri-stem", once.as_deref().map(|uri| uri.split('?').next().unwrap_or_default().to_owned()));
    put("cs-uri-query", uri.is_some().then(|| all.clone()));
    put("cs-uri", uri.is_some().then_some(all));
    put("c-ip", event.ips.first().cloned());
    put("cs-username", Some(event.user.clone().unwrap_or_else(|| "anonymous".into())));
    put("cs-user-agent", event.user_agent.clone());
    put("c-useragent", event.user_agent.clone());
    put("cs-referer", event.extra.get("http_request_referer").cloned());
    if let Some(status) = event.status {
        fields.insert("sc-status".into(), Value::from(status));
    }
    Value::Object(fields)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
