//! Inputs: what the responder gave, checked against what the playbook declares.

use std::net::IpAddr;

use bbsec_core::{Exit, Failure, Indicator, Time};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::{InputSpec, InputType};

/// Checks and completes the given inputs. Texts from the command line are read in the declared type.
pub fn resolve_inputs(
    declared: &IndexMap<String, InputSpec>,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        let known: Vec<&str> = declared.keys().map(String::as_str).collect();
        return Err(usage(format!("the playbook has no input `{unknown}`"))
            .help(format!("its inputs are: {}", known.join(", "))));
    }
    let mut resolved = Map::new();
    for (name, spec) in declared {
        let value = match given.get(name).or(spec.default.as_ref()) {
            Some(value) => typed(name, *spec.kind.value(), value)?,
            None => {
                return Err(usage(format!("the input `{name}` is missing: {}", spec.description))
                    .help(format!("give it with --set {name}=…")));
            }
        };
        if !spec.one_of.is_empty() && !spec.one_of.contains(&value) {
            let allowed = Value::Array(spec.one_of.clone());
            return Err(usage(format!("the input `{name}` must be one of {allowed}")));
        }
        resolved.insert(name.clone(), value);
    }
    Ok(resolved)
}

/// Checks one value against a type; lists accept a text divided by commas.
pub(crate) fn typed(name: &str, kind: InputType, value: &Value) -> Result<Value, Failure> {
    let item = match kind {
        InputType::Strings => InputType::String,
        InputType::InstanceIds => InputType::InstanceId,
        InputType::Cidrs => InputType::Cidr,
        InputType::Indicators => InputType::Indicator,
        scalar => return scalar_value(name, scalar, value),
    };
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
    Ok(Value::Array(items.iter().map(|part| scalar_value(name, item, part)).collect::<Result<_, _>>()?))
}

fn scalar_value(name: &str, kind: InputType, value: &Value) -> Result<Value, Failure> {
    match (kind, value) {
        (InputType::Int, Value::Number(number)) if number.is_i64() => Ok(value.clone()),
        (InputType::Int, Value::String(text)) => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| bad(name, "a whole number", value))
        }
        (InputType::Bool, Value::Bool(_)) => Ok(value.clone()),
        (InputType::Bool, Value::String(text)) if text == "true" || text == "false" => {
            Ok(Value::from(text == "true"))
        }
        (_, Value::String(text)) => match wrong_text(kind, text) {
            None => Ok(value.clone()),
            Some(wanted) => Err(bad(name, wanted, value)),
        },
        (InputType::Int, _) => Err(bad(name, "a whole number", value)),
        (InputType::Bool, _) => Err(bad(name, "true or false", value)),
        _ => Err(bad(name, "a text", value)),
    }
}

/// What a text should have been, when it is not that.
fn wrong_text(kind: InputType, text: &str) -> Option<&'static str> {
    let (fits, wanted) = match kind {
        InputType::Bool => (false, "true or false"),
        InputType::Timestamp => (text.parse::<Time>().is_ok(), "a time such as 2026-11-20T03:00Z"),
        InputType::InstanceId => (
            text.strip_prefix("i-")
                .is_some_and(|id| matches!(id.len(), 8 | 17) && id.chars().all(|c| c.is_ascii_hexdigit())),
            "an instance id such as i-0123456789abcdef0",
        ),
        InputType::Cidr => (is_cidr(text), "a network such as 203.0.113.0/24"),
        InputType::Indicator => (text.parse::<Indicator>().is_ok(), "an indicator such as ip:203.0.113.7"),
        _ => (true, ""),
    };
    (!fits).then_some(wanted)
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

fn bad(name: &str, wanted: &str, value: &Value) -> Failure {
    usage(format!("the input `{name}` must be {wanted}; got {value}"))
}

fn usage(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_read_in_the_declared_type() {
        for (kind, given, wanted) in [
            (InputType::Int, json!("7"), Some(json!(7))),
            (InputType::Bool, json!("yes"), None),
            (InputType::InstanceId, json!("i-0123456789abcdef0"), Some(json!("i-0123456789abcdef0"))),
            (InputType::InstanceId, json!("vol-1"), None),
            (
                InputType::Cidrs,
                json!("10.0.0.0/8, 2001:db8::/32"),
                Some(json!(["10.0.0.0/8", "2001:db8::/32"])),
            ),
            (InputType::Cidrs, json!("10.0.0.0/33"), None),
            (InputType::Indicators, json!("ip:::1"), Some(json!(["ip:::1"]))),
            (InputType::Timestamp, json!("soon"), None),
        ] {
            assert_eq!(typed("x", kind, &given).ok(), wanted, "{kind:?} {given}");
        }
    }
}
