//! Inputs: what the responder gave, checked against what the playbook declares.

use std::net::IpAddr;

use bbsec_core::{Exit, Failure, Indicator, Time};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::{InputSpec, InputType, Period, Scalar, nearest::suggest};

/// Checks and completes the given inputs. Texts from the command line are read in the declared type.
pub fn resolve_inputs(
    declared: &IndexMap<String, InputSpec>,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        let known: Vec<&str> = declared.keys().map(String::as_str).collect();
        return Err(usage(format!("the playbook has no input `{unknown}`")).help(suggest(unknown, &known)));
    }
    let missing: Vec<String> = declared
        .iter()
        .filter(|(name, spec)| spec.default.is_none() && !given.contains_key(*name))
        .map(|(name, spec)| format!("--set {name}=…  {} ({})", spec.description, *spec.kind))
        .collect();
    if !missing.is_empty() {
        let what = if missing.len() == 1 { "an input is" } else { "inputs are" };
        return Err(usage(format!("{what} missing")).help(missing.join("\n         ")));
    }
    let mut resolved = Map::new();
    for (name, spec) in declared {
        if let Some(value) = given.get(name).or(spec.default.as_ref().map(crate::Sp::value)) {
            resolved.insert(name.clone(), checked(name, spec, value)?);
        }
    }
    Ok(resolved)
}

/// One value, in its type and within its bounds.
pub(crate) fn checked(name: &str, spec: &InputSpec, value: &Value) -> Result<Value, Failure> {
    let value = typed(name, &spec.kind, value)?;
    let items = match &value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    // A default of "" says that nothing was given.
    let unset = spec.default.as_ref().is_some_and(|default| **default == value);
    for item in items.iter().filter(|_| !unset) {
        if !spec.one_of.is_empty() && !spec.one_of.contains(item) {
            let allowed = Value::Array(spec.one_of.clone());
            return Err(usage(format!("the input `{name}` must be one of {allowed}; got {item}")));
        }
        if let (Some(pattern), Value::String(text)) = (&spec.pattern, item)
            && !regex::Regex::new(&format!("^(?:{})$", pattern.as_str()))
                .is_ok_and(|regex| regex.is_match(text))
        {
            return Err(usage(format!("the input `{name}` must match {}; got {item}", pattern.as_str())));
        }
        for (bound, least) in [(&spec.min, true), (&spec.max, false)] {
            let Some(bound) = bound else { continue };
            let outside = match (measure(&spec.kind, item), bound_of(&spec.kind, bound)) {
                (Some(value), Some(bound)) => {
                    if least {
                        value < bound
                    } else {
                        value > bound
                    }
                }
                _ => false,
            };
            if outside {
                let word = if least { "at least" } else { "at most" };
                return Err(usage(format!("the input `{name}` must be {word} {}; got {item}", **bound)));
            }
        }
    }
    Ok(value)
}

/// What `min` and `max` compare: a number, seconds, or a text's length.
fn measure(kind: &InputType, value: &Value) -> Option<i128> {
    match (kind.item, value) {
        (Scalar::Duration, Value::String(text)) => Some(i128::from(text.parse::<Period>().ok()?.0)),
        (Scalar::Timestamp, Value::String(text)) => {
            Some(i128::from(text.parse::<Time>().ok()?.to_chrono().timestamp_micros()))
        }
        (_, Value::Number(number)) => number.as_i64().map(i128::from),
        (_, Value::String(text)) => Some(text.chars().count() as i128),
        _ => None,
    }
}

/// A bound, in the measure of its type; `None` when it is none.
pub(crate) fn bound_of(kind: &InputType, bound: &Value) -> Option<i128> {
    match (kind.item, bound) {
        (Scalar::Duration, Value::Number(seconds)) => seconds.as_u64().map(i128::from),
        (Scalar::Duration | Scalar::Timestamp, Value::String(_)) => measure(kind, bound),
        (Scalar::Duration | Scalar::Timestamp | Scalar::Bool, _) | (_, Value::String(_)) => None,
        (_, Value::Number(number)) => number.as_i64().map(i128::from),
        _ => None,
    }
}

/// Checks one value against a type; lists accept a text divided by commas.
pub(crate) fn typed(name: &str, kind: &InputType, value: &Value) -> Result<Value, Failure> {
    if !kind.list {
        return scalar_value(name, kind, value);
    }
    let items: Vec<Value> = match value {
        Value::Array(items) => items.clone(),
        Value::String(text) => text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Value::String(part.to_owned()))
            .collect(),
        _ => return Err(bad(name, "a list", value)),
    };
    Ok(Value::Array(items.iter().map(|part| scalar_value(name, kind, part)).collect::<Result<_, _>>()?))
}

fn scalar_value(name: &str, kind: &InputType, value: &Value) -> Result<Value, Failure> {
    match (kind.item, value) {
        (Scalar::Int, Value::Number(number)) if number.is_i64() => Ok(value.clone()),
        (Scalar::Int, Value::String(text)) => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| bad(name, "a whole number", value))
        }
        (Scalar::Bool, Value::Bool(_)) => Ok(value.clone()),
        (Scalar::Bool, Value::String(text)) if text == "true" || text == "false" => {
            Ok(Value::from(text == "true"))
        }
        (Scalar::Duration, Value::Number(number)) if number.is_u64() => Ok(Value::from(number.to_string())),
        (Scalar::SecretRef, Value::String(text)) if wrong_text(kind, text).is_some() => {
            // Whatever stands there may be the secret itself: it is not repeated.
            Err(usage(format!("the input `{name}` must name where the secret is kept, not be it"))
                .help("write env:NAME or file:/path"))
        }
        (_, Value::String(text)) => match wrong_text(kind, text) {
            None => Ok(value.clone()),
            Some(wanted) => Err(bad(name, &wanted, value)),
        },
        (Scalar::Int, _) => Err(bad(name, "a whole number", value)),
        (Scalar::Bool, _) => Err(bad(name, "true or false", value)),
        _ => Err(bad(name, "a text", value)),
    }
}

/// What a text should have been, when it is not that.
fn wrong_text(kind: &InputType, text: &str) -> Option<String> {
    if !kind.choices.is_empty() {
        let wrong = !kind.choices.iter().any(|choice| choice == text);
        return wrong.then(|| format!("one of {}", kind.choices.join(", ")));
    }
    let (fits, wanted) = match kind.item {
        Scalar::Bool => (false, "true or false"),
        Scalar::Duration => (
            !text.trim().is_empty() && text.parse::<Period>().is_ok(),
            "a length of time such as 90s, 15m or 2h",
        ),
        Scalar::Timestamp => (text.parse::<Time>().is_ok(), "a time such as 2026-11-20T03:00Z"),
        Scalar::SecretRef => (is_secret_ref(text), "env:NAME or file:/path"),
        Scalar::Regex => (regex::Regex::new(text).is_ok(), "a regular expression"),
        Scalar::Cidr => (is_cidr(text), "a network such as 203.0.113.0/24"),
        Scalar::AwsRegion => (is_region(text), "an AWS region such as eu-central-1"),
        Scalar::InstanceId => (has_id(text, "i-"), "an instance id such as i-0123456789abcdef0"),
        Scalar::VolumeId => (has_id(text, "vol-"), "a volume id such as vol-0123456789abcdef0"),
        Scalar::Arn => (is_arn(text), "an ARN such as arn:aws:iam::123456789012:role/name"),
        Scalar::Hostname => (is_hostname(text), "a host name such as bitbucket.example.org"),
        Scalar::Uuid => (is_uuid(text), "a UUID such as 123e4567-e89b-12d3-a456-426614174000"),
        Scalar::Indicator => (text.parse::<Indicator>().is_ok(), "an indicator such as ip:203.0.113.7"),
        Scalar::String | Scalar::Int | Scalar::Path => (!text.contains('\0'), "a text without NUL"),
    };
    (!fits).then(|| wanted.to_owned())
}

fn has_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|id| matches!(id.len(), 8 | 17) && id.chars().all(|c| c.is_ascii_hexdigit()))
}

fn is_cidr(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, bits)| {
        match (address.parse::<IpAddr>(), bits.parse::<u8>()) {
            (Ok(IpAddr::V4(_)), Ok(bits)) => bits <= 32,
            (Ok(IpAddr::V6(_)), Ok(bits)) => bits <= 128,
            _ => false,
        }
    })
}

fn is_secret_ref(text: &str) -> bool {
    match text.split_once(':') {
        Some(("env", name)) => {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        }
        Some(("file", path)) => path.starts_with('/'),
        _ => false,
    }
}

/// `eu-central-1`, `us-gov-west-1`: letters, more letters, a number.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    words.len() >= 2
        && words.iter().all(|word| word.len() >= 2 && word.chars().all(|c| c.is_ascii_lowercase()))
        && matches!(number.len(), 1 | 2)
        && number.chars().all(|c| c.is_ascii_digit())
}

/// `arn:partition:service:region:account:resource` (AWS: Amazon Resource Names).
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, account, resource]
        if partition.starts_with("aws") && !service.is_empty() && !resource.is_empty()
            && account.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// RFC 1123: labels of letters, digits and inner hyphens.
fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        matches!(label.len(), 1..=63)
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn bad(name: &str, wanted: &str, value: &Value) -> Failure {
    usage(format!("the input `{name}` must be {wanted}; got {value}"))
}

fn usage(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sp;
    use serde_json::json;

    #[test]
    fn every_type_takes_what_it_names_and_refuses_the_rest() {
        for (kind, good, wrong) in [
            ("string", json!("x"), json!(1)),
            ("int", json!("7"), json!("7.5")),
            ("bool", json!("true"), json!("yes")),
            ("duration", json!("15m"), json!("soon")),
            ("timestamp", json!("2026-11-20T03:00Z"), json!("soon")),
            ("path", json!("/mnt/home"), json!(1)),
            ("secret-ref", json!("env:DB_PASSWORD"), json!("hunter2")),
            ("regex", json!("^a+$"), json!("(")),
            ("cidr", json!("2001:db8::/32"), json!("10.0.0.0/33")),
            ("aws-region", json!("us-gov-west-1"), json!("frankfurt")),
            ("ec2-instance-id", json!("i-0123456789abcdef0"), json!("vol-0123456789abcdef0")),
            ("ebs-volume-id", json!("vol-0123456789abcdef0"), json!("i-0123456789abcdef0")),
            ("arn", json!("arn:aws:s3:::bucket/key"), json!("aws:s3:bucket")),
            ("hostname", json!("git.example.org"), json!("-x.example.org")),
            ("uuid", json!("123e4567-e89b-12d3-a456-426614174000"), json!("123e4567")),
            ("indicator", json!("ip:::1"), json!("nothing")),
            ("enum[low, high]", json!("low"), json!("middle")),
            ("list<cidr>", json!("10.0.0.0/8, 2001:db8::/32"), json!("10.0.0.0/8,x")),
            ("list<enum[a, b]>", json!("a,b"), json!("a,c")),
        ] {
            let kind: InputType = kind.parse().unwrap();
            assert!(typed("x", &kind, &good).is_ok(), "{kind} refuses {good}");
            let failure = typed("x", &kind, &wrong).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(kind.item != Scalar::SecretRef || !failure.message.contains("hunter2"));
        }
        for none in ["", "integer", "list<list<int>>", "enum[]", "list<"] {
            assert!(none.parse::<InputType>().is_err(), "{none}");
        }
    }

    #[test]
    fn constraints_bound_values() {
        let spec = |kind: &str, field: &str, value: Value| {
            let mut spec = InputSpec {
                kind: Sp::unplaced(kind.parse().unwrap()),
                description: String::new(),
                default: None,
                one_of: Vec::new(),
                pattern: None,
                min: None,
                max: None,
            };
            match field {
                "one_of" => spec.one_of = value.as_array().unwrap().clone(),
                "pattern" => spec.pattern = Some(Sp::unplaced(value.as_str().unwrap().to_owned())),
                "min" => spec.min = Some(Sp::unplaced(value)),
                _ => spec.max = Some(Sp::unplaced(value)),
            }
            spec
        };
        for (kind, field, bound, good, wrong) in [
            ("int", "min", json!(1), "1", "0"),
            ("int", "max", json!(90), "90", "91"),
            ("duration", "max", json!("2h"), "120m", "3h"),
            ("timestamp", "min", json!("2026-11-20T00:00Z"), "2026-11-20T00:00Z", "2026-11-19T23:59Z"),
            ("string", "max", json!(3), "abc", "abcd"),
            ("string", "pattern", json!("[a-z]+"), "abc", "abc1"),
            ("string", "one_of", json!(["a", "b"]), "a", "c"),
            ("list<string>", "one_of", json!(["a", "b"]), "a,b", "a,c"),
        ] {
            let spec = spec(kind, field, bound.clone());
            assert!(checked("x", &spec, &json!(good)).is_ok(), "{kind} {field} {bound} refuses {good}");
            assert!(checked("x", &spec, &json!(wrong)).is_err(), "{kind} {field} {bound} takes {wrong}");
        }
    }
}
