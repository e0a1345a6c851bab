//! Audit logs: one JSON object per line, as all three products write them.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use serde_json::{Value, json};

use super::spec::{Audit, Product, Script};

/// Writes `log/audit/` below a home.
pub fn write(script: &Script, home: &Path, product: Product) -> Result<()> {
    let folder = home.join("log/audit");
    std::fs::create_dir_all(&folder)?;
    let mut events: Vec<&Audit> = script.audit.iter().filter(|event| event.on == product).collect();
    events.sort_by_key(|event| event.at);
    let mut days: BTreeMap<String, String> = BTreeMap::new();
    for event in events {
        let text = days.entry(event.at.format("%Y%m%d").to_string()).or_default();
        text.push_str(&line(event, product).to_string());
        text.push('\n');
    }
    for (day, text) in days {
        std::fs::write(folder.join(format!("{day}.00000.audit.log")), text)?;
    }
    Ok(())
}

fn line(event: &Audit, product: Product) -> Value {
    let author = event.author.as_ref().map_or_else(
        || json!({"id": "-2", "name": "Anonymous", "type": "user"}),
        |name| json!({"id": format!("{}", name.len() * 7), "name": name, "type": "NORMAL"}),
    );
    let objects: Vec<Value> = event
        .objects
        .iter()
        .map(|object| json!({"id": object.id, "name": object.name, "type": object.r#type}))
        .collect();
    let changed: Vec<Value> = event
        .changed
        .iter()
        .map(|value| json!({"key": value.key, "from": value.from, "to": value.to}))
        .collect();
    let attributes: Vec<Value> = event
        .attributes
        .iter()
        .map(|value| json!({"name": value.name, "nameI18nKey": value.key, "value": value.value}))
        .collect();
    json!({
        "affectedObjects": objects,
        "auditType": {
            "action": event.action,
            "actionI18nKey": event.key,
            "area": "USER_MANAGEMENT",
            "category": event.category,
            "level": "BASE"
        },
        "author": author,
        "changedValues": changed,
        "extraAttributes": attributes,
        "method": "Browser",
        "source": event.source,
        "system": format!("https://{}.meridian.example", product.name()),
        "timestamp": {"epochSecond": event.at.timestamp(), "nano": event.at.timestamp_subsec_nanos()},
        "version": "1.0"
    })
}
