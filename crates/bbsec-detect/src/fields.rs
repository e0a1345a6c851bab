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
