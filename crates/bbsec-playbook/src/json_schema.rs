//! The JSON Schema of playbooks, for editors: the file's own shape, and for each `uses` the shape of its `with`.

use serde_json::{Map, Value, json};

use crate::{Playbook, Registry};

/// JSON Schema (2020-12) of a playbook, with what the registry's actions and analyses take.
///
/// A value of `with` may always be an expression instead, so that types are only suggested there, and names checked.
pub fn json_schema(registry: &Registry) -> Value {
    let mut schema = schemars::schema_for!(Playbook).to_value();
    let names: Vec<&str> = registry.all().map(crate::Capability::id).collect();
    let choices: Vec<Value> = registry
        .all()
        .map(|capability| {
            let input = capability.input_schema().to_value();
            json!({
                "if": {"properties": {"uses": {"const": capability.id()}}, "required": ["uses"]},
                "then": {"properties": {"with": with(&input, capability.summary())}},
            })
        })
        .collect();
    if let Some(step) = schema.pointer_mut("/$defs/Step").and_then(Value::as_object_mut) {
        if let Some(uses) =
            step.get_mut("properties").and_then(|p| p.get_mut("uses")).and_then(Value::as_object_mut)
        {
            uses.insert("enum".into(), json!(names));
            // `uses: null` is no step, and an enum beside a type that allows null would say so.
            uses.insert("type".into(), json!("string"));
        }
        if !choices.is_empty() {
            step.insert("allOf".into(), Value::Array(choices));
        }
    }
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("title".into(), "Playbook of bbsec-ir".into());
        if let Some(name) =
            fields.get_mut("properties").and_then(|p| p.get_mut("schema")).and_then(Value::as_object_mut)
        {
            name.insert("const".into(), json!(crate::SCHEMA));
        }
    }
    schema
}

/// The names and descriptions of an input's fields; each value may be an expression.
fn with(input: &Value, summary: &str) -> Value {
    let mut properties = Map::new();
    for (name, field) in input.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let mut shape = Map::new();
        for key in ["description", "default", "examples"] {
            if let Some(value) = field.get(key) {
                shape.insert(key.into(), value.clone());
            }
        }
        let kinds = match field.get("type") {
            Some(Value::String(kind)) => vec![kind.clone()],
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        };
        if !kinds.is_empty() {
            let kinds: Vec<&str> = kinds
                .iter()
                .map(String::as_str)
                .filter(|kind| *kind != "null" && *kind != "string")
                .collect();
            let expression = json!({"type": "string", "pattern": "\\$\\{\\{.*\\}\\}"});
            let any = if kinds.is_empty() { json!({"type": "string"}) } else { json!({"type": kinds}) };
            shape.insert("anyOf".into(), json!([any, expression]));
        }
        properties.insert(name.clone(), Value::Object(shape));
    }
    let mut schema = json!({
        "type": "object", "description": summary, "properties": properties, "additionalProperties": false,
    });
    if let (Some(fields), Some(required)) = (schema.as_object_mut(), input.get("required")) {
        fields.insert("required".into(), required.clone());
    }
    schema
}
