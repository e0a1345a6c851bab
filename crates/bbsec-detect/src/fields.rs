//! Field names: our events in the names that Sigma's rules for web servers use.

use bbsec_core::Event;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Method and URI of a request line `GET /x HTTP/1.1`; a line of SSH is none.
fn request_line(action: &str) -> Option<(&str, &str)> {
    let (method, rest) = action.split_once(' ')?;
    let named =
        !method.is_empty() && method.len() <= 16 && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if !named || method == "SSH" {
        return None;
    }
    let uri = match rest.rsplit_once(' ') {
        Some((uri, version)) if version.starts_with("HTTP/") => uri,
        _ => rest,
    };
    Some((method, uri))
}

/// An access log event as Sigma's `webserver` and `proxy` rules see it (W3C extended log names). The fields of the URI
/// hold it raw, and decoded once and twice, since rules are written for either.
pub fn web_fields(event: &Event) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            fields.insert(name.into(), Value::String(value));
        }
    };
    if let Some((method, uri)) = request_line(&event.action) {
        let once = decode(uri);
        let twice = decode(&once);
        let stem = once.split('?').next().unwrap_or_default().to_owned();
        let extension = stem.rsplit('/').next().and_then(|file| file.rsplit_once('.'));
        let mut all = uri.to_owned();
        for more in [&once, &twice] {
            if *more != all && all.lines().last() != Some(more) {
                all.push('\n');
                all.push_str(more);
            }
        }
        put("cs-method", Some(method.to_owned()));
        put("c-uri-extension", extension.map(|(_, extension)| extension.to_owned()));
        for name in ["cs-uri-query", "cs-uri", "c-uri", "c-uri-query"] {
            put(name, Some(all.clone()));
        }
        for name in ["cs-uri-stem", "c-uri-stem", "c-uri-path"] {
            put(name, Some(stem.clone()));
        }
    }
    put("c-ip", event.ips.first().cloned());
    put("cs-username", Some(event.user.clone().unwrap_or_else(|| "anonymous".into())));
    for name in ["cs-user-agent", "c-useragent"] {
        put(name, event.user_agent.clone());
    }
    for name in ["cs-referer", "cs-referrer"] {
        put(name, event.extra.get("http_request_referer").cloned());
    }
    for (names, value) in [
        (["sc-status", "status"], event.status.map(i64::from)),
        (["sc-bytes", "bytes"], event.bytes_out.and_then(|bytes| i64::try_from(bytes).ok())),
        (["cs-bytes", "bytes-in"], event.bytes_in.and_then(|bytes| i64::try_from(bytes).ok())),
    ] {
        for name in names.into_iter().filter(|_| value.is_some()) {
            fields.insert(name.into(), Value::from(value));
        }
    }
    Value::Object(fields)
}

/// An event of the audit log in the names of the file that the products write, which Sigma's rules use. A record of the
/// REST interface says `type` for `auditType`; both names are there.
pub fn audit_fields(event: &Event) -> Value {
    let extra = |name: &str| event.extra.get(name).cloned().map_or(Value::Null, Value::String);
    let text = |value: Option<&String>| value.cloned().map_or(Value::Null, Value::String);
    // The reader keeps the key as the action where there is one, and the words beside it.
    let words = event.extra.get("text").unwrap_or(&event.action);
    let category = event.extra.get("category_text").or_else(|| event.extra.get("category"));
    let kind = serde_json::json!({
        "action": words,
        "actionI18nKey": event.action,
        "category": text(category),
        "categoryI18nKey": extra("category"),
        "area": extra("area"),
        "level": extra("level"),
    });
    let list = |prefix: &str, name: &str, value: &str| -> Value {
        event
            .extra
            .iter()
            .filter_map(|(key, text)| {
                let key = key.strip_prefix(prefix)?;
                Some(serde_json::json!({name: key, value: text}))
            })
            .collect()
    };
    serde_json::json!({
        "auditType": kind,
        "type": kind,
        "author": {"name": text(event.user.as_ref().or_else(|| event.extra.get("author"))), "id": extra("author_id")},
        "affectedObjects": list("object:", "type", "name"),
        "changedValues": list("change:", "key", "to"),
        "extraAttributes": list("attribute:", "name", "value"),
        "source": event.ips.join(","),
        "method": extra("method"),
        "node": extra("node"),
        "system": extra("system"),
    })
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Fields as the engine takes them.
pub(crate) fn sigma_event(fields: &Value) -> Option<sigma_rust::Event> {
    serde_json::from_value(any_element(fields.clone(), 0)).ok()
}

/// Lists below this are left as they are.
const MAX_DEPTH: usize = 32;

/// A rule that names a field of a list means any of its elements; the engine looks into no list. So the fields of
/// listed objects are put side by side, and listed words stand one a line, as the raw list does under `NAME[]`.
pub(crate) fn any_element(value: Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return value;
    }
    match value {
        Value::Object(fields) => {
            let mut out = Map::new();
            for (name, value) in fields {
                if value.as_array().is_some_and(|list| list.len() > 1) {
                    out.insert(format!("{name}[]"), value.clone());
                }
                out.insert(name, any_element(value, depth + 1));
            }
            Value::Object(out)
        }
        Value::Array(list) => merged(list, depth),
        other => other,
    }
}

fn merged(mut list: Vec<Value>, depth: usize) -> Value {
    if list.len() <= 1 {
        return list.pop().map_or(Value::Null, |only| any_element(only, depth + 1));
    }
    if list.iter().any(Value::is_object) {
        let mut together: Map<String, Value> = Map::new();
        for (name, value) in list
            .into_iter()
            .filter_map(|item| match item {
                Value::Object(fields) => Some(fields),
                _ => None,
            })
            .flatten()
        {
            match together.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(values) => values.push(value),
                other => *other = value,
            }
        }
        return any_element(Value::Object(together), depth + 1);
    }
    let words: Vec<String> =
        list.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
    Value::String(words.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_of_listed_objects_is_found_in_any_of_them() {
        let event =
            json!({"add": {"items": [{"userId": "1"}, {"group": "all"}]}, "names": ["a", "b"], "one": ["x"]});
        let flat = any_element(event, 0);
        assert_eq!(flat.pointer("/add/items/group"), Some(&json!("all")));
        assert_eq!(flat.pointer("/names"), Some(&json!("a\nb")));
        assert_eq!(flat.pointer("/names[]"), Some(&json!(["a", "b"])));
        assert_eq!(flat.pointer("/one"), Some(&json!("x")));
    }
}
