//! Every JSON document that the program prints or reads, with its JSON Schema: the one list of them.
//!
//! A document names its schema as `bbsec-ir.<name>/v1`; `<name>` is what `bbsec-ir schema` takes.

use std::collections::BTreeMap;

use bbsec_core::Failure;
use bbsec_playbook::{Capability, Registry};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    cli::AwsFlags,
    commands::{
        approve::Open, case::CaseShow, pivot, playbook, reference::Schema, rotate::RotationStatus,
        rules::CheckedRule, run::Undone, scan::Access,
    },
    registry,
    settings::Setting,
};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One row of JSON Lines, or a file of its own.
    Row,
    /// A document with a `schema` member.
    Document,
    /// `{"schema": …, "rows": […]}`.
    Listing,
}

/// A document of ours.
struct Known {
    name: &'static str,
    about: &'static str,
    kind: Kind,
    schema: fn(&mut SchemaGenerator) -> schemars::Schema,
}

const fn row<T: JsonSchema>(name: &'static str, about: &'static str) -> Known {
    Known { name, about, kind: Kind::Row, schema: |generator| generator.subschema_for::<T>() }
}

const fn document<T: JsonSchema>(name: &'static str, about: &'static str) -> Known {
    Known { name, about, kind: Kind::Document, schema: |generator| generator.subschema_for::<T>() }
}

const fn listing<T: JsonSchema>(name: &'static str, about: &'static str) -> Known {
    Known { name, about, kind: Kind::Listing, schema: |generator| generator.subschema_for::<T>() }
}

const KNOWN: [Known; 30] = [
    document::<bbsec_playbook::Playbook>("playbook", "a playbook file"),
    row::<bbsec_core::Finding>(
        "finding",
        "a row of scan accounts, plugins, config, cloudtrail; findings show",
    ),
    row::<bbsec_core::ExposedSecret>("secret", "a row of scan secrets"),
    row::<bbsec_core::Touch>("touch", "a row of scan access"),
    row::<bbsec_core::Event>("event", "a row of timeline"),
    row::<bbsec_core::Gap>("gap", "what could not be read, in a run's folder"),
    row::<bbsec_case::Entry>("journal", "a line of journal.jsonl"),
    document::<bbsec_case::CaseToml>("case", "case.toml"),
    document::<CaseShow>("case-show", "case show"),
    listing::<Setting>("settings", "case show --origin"),
    listing::<bbsec_core::ExposedSecret>("secrets", "scan secrets"),
    document::<Access>("access", "scan access"),
    listing::<bbsec_core::Finding>("findings", "the other scans; findings list"),
    listing::<bbsec_core::Event>("timeline", "timeline"),
    listing::<pivot::Row>("pivot", "pivot"),
    listing::<bbsec_report::RotationItem>("rotation", "rotate list"),
    document::<RotationStatus>("rotation-status", "rotate status"),
    listing::<CheckedRule>("rules", "rules check"),
    listing::<playbook::Named>("playbook-list", "playbook list"),
    document::<bbsec_playbook::RunPlan>("plan", "run --plan"),
    listing::<playbook::Diagnosed>("playbook-diagnostics", "playbook validate"),
    listing::<bbsec_playbook::PersonalTask>("tasks", "tasks list"),
    listing::<Open>("approvals", "approve"),
    listing::<bbsec_playbook::Step>("playbook-steps", "playbook show"),
    document::<bbsec_core::Plan>("step-plan", "isolate and collect with --dry-run"),
    document::<bbsec_playbook::RunReport>("run", "run"),
    listing::<Undone>("undo", "undo"),
    listing::<Schema>("schemas", "schema"),
    document::<bbsec_case::VerifyReport>("verify", "verify"),
    document::<bbsec_report::Report>("report", "report --format json"),
];

/// Outputs of actions whose documents have names of their own; the others are named after the action, with a dash.
const OUTPUTS: [(&str, &str); 5] = [
    ("isolate", "isolation"),
    ("collect.volumes", "volumes"),
    ("collect.vault", "vault"),
    ("collect.cloudtrail", "cloudtrail"),
    ("collect.credentials-use", "credentials-use"),
];

/// The name of the document that an action hands over.
pub(crate) fn of_action(action: &str) -> String {
    let own = OUTPUTS.iter().find(|(known, _)| *known == action).map(|(_, name)| (*name).to_owned());
    own.unwrap_or_else(|| match action.split_once('.') {
        Some(_) => action.replace('.', "-"),
        None => format!("{action}-output"),
    })
}

/// The name of the document that a single command prints.
pub(crate) fn of_step(action: &str, dry_run: bool) -> String {
    if dry_run { "step-plan".into() } else { of_action(action) }
}

/// A value as a document that names its schema first.
pub(crate) fn named(name: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) if !fields.contains_key("schema") => {
            let mut document = Map::new();
            document.insert("schema".into(), Value::String(format!("bbsec-ir.{name}/v1")));
            document.extend(fields);
            Value::Object(document)
        }
        other => other,
    }
}

/// Every name that has a schema, and what it is the schema of.
pub(crate) fn names() -> Result<BTreeMap<String, String>, Failure> {
    let registry = all()?;
    let mut names: BTreeMap<String, String> =
        KNOWN.iter().map(|known| (known.name.to_owned(), known.about.to_owned())).collect();
    for capability in registry.all() {
        names.insert(capability.id().to_owned(), format!("`with:` of {}", capability.id()));
        if let Capability::Action(action) = capability {
            let id = action.meta().id;
            names.insert(of_action(id), format!("what {id} hands over"));
        }
    }
    Ok(names)
}

fn all() -> Result<Registry, Failure> {
    registry::all(&AwsFlags::default(), "schema")
}

/// The JSON Schema (draft 2020-12) of a name.
pub(crate) fn schema(name: &str) -> Result<Option<Value>, Failure> {
    let registry = all()?;
    // For editors it also knows what each step's `with:` takes.
    if name == "playbook" {
        return Ok(Some(bbsec_playbook::json_schema(&registry)));
    }
    if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
        return Ok(Some(of_known(known)));
    }
    if let Some(capability) = registry.get(name) {
        return Ok(Some(capability.input_schema().to_value()));
    }
    let output = registry.all().find_map(|capability| match capability {
        Capability::Action(action) if of_action(action.meta().id) == name => Some(action.output_schema()),
        _ => None,
    });
    Ok(output.map(|schema| {
        let mut schema = schema.to_value();
        if let Some(fields) = schema.as_object_mut() {
            names_itself(name, fields);
        }
        schema
    }))
}

fn of_known(known: &Known) -> Value {
    let name = known.name;
    // As it is written, not as it is read: what is always written is required. A journal line's own
    // digest is no part of it.
    let settings = match name {
        "journal" => SchemaSettings::draft2020_12(),
        _ => SchemaSettings::draft2020_12().for_serialize(),
    };
    let mut generator = settings.into_generator();
    let item = (known.schema)(&mut generator).to_value();
    let definitions = generator.take_definitions(true);
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("$id".into(), format!("bbsec-ir.{name}/v1").into());
    schema.insert("title".into(), format!("bbsec-ir {name}: {}", known.about).into());
    if known.kind == Kind::Listing {
        schema.insert("type".into(), "object".into());
        schema.insert("required".into(), json!(["rows"]));
        schema.insert("properties".into(), json!({"rows": {"type": "array", "items": item}}));
    } else {
        // The item is a reference to its own definition: that one is the document.
        let reference = item.get("$ref").and_then(Value::as_str).and_then(|place| place.rsplit('/').next());
        let whole = reference.and_then(|place| definitions.get(place)).cloned().unwrap_or(item);
        let title = schema.get("title").cloned();
        schema.extend(whole.as_object().cloned().unwrap_or_default());
        schema.extend(title.map(|title| ("title".to_owned(), title)));
    }
    if known.kind != Kind::Row {
        names_itself(name, &mut schema);
    }
    if !definitions.is_empty() {
        schema.insert("$defs".into(), Value::Object(definitions));
    }
    Value::Object(schema)
}

/// Adds the member that says which schema it is.
fn names_itself(name: &str, schema: &mut Map<String, Value>) {
    let id = format!("bbsec-ir.{name}/v1");
    if let Value::Object(properties) = schema.entry("properties").or_insert_with(|| json!({})) {
        properties.insert("schema".into(), json!({"const": id}));
    }
    if let Value::Array(required) = schema.entry("required").or_insert_with(|| json!([]))
        && !required.iter().any(|name| name == "schema")
    {
        required.insert(0, "schema".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_schema_that_is_one() {
        for (name, about) in names().unwrap() {
            let schema = schema(&name).unwrap().unwrap_or_else(|| panic!("{name} ({about}) has none"));
            assert!(jsonschema::validator_for(&schema).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_document_names_its_schema_first_and_once() {
        let named_once = named("x", named("x", json!({"a": 1})));
        assert_eq!(named_once.to_string(), r#"{"schema":"bbsec-ir.x/v1","a":1}"#);
    }
}
