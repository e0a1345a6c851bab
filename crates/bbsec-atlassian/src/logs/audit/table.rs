//! Rows of the audit table that all Data Center products keep in their database, `AO_C77861_AUDIT_ENTITY`, as
//! PostgreSQL's `COPY` writes them and `collect database` keeps them.

use std::borrow::Cow;

use bbsec_core::Time;
use memchr::memmem;
use serde::Deserialize;

use super::{
    event::event,
    shape::{Author, Kind, Record},
};
use crate::{
    logs::{
        format::Product,
        parser::{Bad, Emit, LineParser, Raw},
    },
    read::Clock,
};

const TABLE: &[u8] = b"AO_C77861_AUDIT_ENTITY";

/// Whether a line begins a block of rows of the audit table.
pub(crate) fn is_head(line: &[u8]) -> bool {
    line.starts_with(b"COPY ")
        && memmem::find(line.to_ascii_uppercase().as_slice(), TABLE).is_some()
        && memmem::find(line, b" FROM stdin").is_some()
}

/// Reads rows, once it has seen the head of their block.
#[derive(Debug)]
pub(crate) struct AuditTable {
    product: Option<Product>,
    columns: Vec<String>,
}

impl AuditTable {
    pub(crate) fn new(product: Option<Product>) -> Self {
        Self { product, columns: Vec::new() }
    }

    fn head(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let names = text.split_once(" (").and_then(|(_, rest)| rest.rsplit_once(") "));
        let names = names.map_or("", |(names, _)| names);
        self.columns =
            names.split(',').map(|name| name.trim().trim_matches('"').to_ascii_uppercase()).collect();
    }
}

/// A row's values by column; NULL and nothing are the same.
struct Row<'a> {
    columns: &'a [String],
    fields: Vec<&'a [u8]>,
}

impl Row<'_> {
    fn text(&self, column: &str) -> Option<Cow<'static, str>> {
        let at = self.columns.iter().position(|name| name == column)?;
        let field = self.fields.get(at).filter(|field| **field != b"\\N" && !field.is_empty())?;
        Some(Cow::Owned(crate::database::unescape(field)))
    }
}

/// Lists are kept as JSON.
fn list<'t, T: Deserialize<'t>>(text: Option<&'t str>) -> Option<Vec<T>> {
    serde_json::from_str(text?).ok()
}

impl LineParser for AuditTable {
    fn line(&mut self, raw: Raw<'_>, _: &mut Clock, emit: Emit<'_>) -> Result<Option<Time>, Bad> {
        let line = raw.bytes;
        if is_head(line) {
            self.head(line);
            return Ok(None);
        }
        if line == b"\\." {
            self.columns.clear();
            return Ok(None);
        }
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
        if self.columns.is_empty() {
            return Err(Bad::Line("a row before the line that names the table's columns"));
        }
        if fields.len() != self.columns.len() {
            return Err(Bad::Line("a row with a wrong number of columns"));
        }
        let row = Row { columns: &self.columns, fields };
        let (resources, changes) = (row.text("RESOURCES"), row.text("CHANGE_VALUES"));
        let attributes = row.text("ATTRIBUTES");
        let millis = row.text("ENTITY_TIMESTAMP").and_then(|millis| millis.parse().ok());
        let record = Record {
            audit_type: Some(Kind {
                action: row.text("ACTION"),
                action_i18n_key: row.text("ACTION_T_KEY"),
                area: row.text("AREA"),
                category: row.text("CATEGORY"),
                category_i18n_key: row.text("CATEGORY_T_KEY"),
                level: row.text("LEVEL"),
            }),
            author: Some(Author {
                id: row.text("USER_ID"),
                name: row.text("USER_NAME"),
                kind: row.text("USER_TYPE"),
            }),
            affected_objects: list(resources.as_deref()),
            changed_values: list(changes.as_deref()),
            extra_attributes: list(attributes.as_deref()),
            method: row.text("METHOD"),
            node: row.text("NODE"),
            source: row.text("SOURCE"),
            system: row.text("SYSTEM_INFO"),
            ..Record::at(millis.ok_or("a row of the audit table without a time")?)
        };
        let (mut event, product) =
            event(&record, self.product, raw.place()).ok_or("a row of the audit table without a time")?;
        if let Some(id) = row.text("ID") {
            event.extra.insert("audit_row".into(), id.into_owned());
        }
        self.product = self.product.or(product);
        let time = event.time;
        emit(&mut event)?;
        Ok(Some(time))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bbsec_core::{Event, Verb};

    use super::*;
    use crate::read::Zone;

    #[test]
    fn a_row_tells_what_a_line_of_the_file_tells() {
        let lines = [
            r#"COPY public."AO_C77861_AUDIT_ENTITY" ("ACTION", "ACTION_T_KEY", "ATTRIBUTES", "CATEGORY_T_KEY", "CHANGE_VALUES", "ENTITY_TIMESTAMP", "ID", "LEVEL", "METHOD", "RESOURCES", "SOURCE", "USER_ID", "USER_NAME") FROM stdin;"#.to_owned(),
            [
                "Repository accessed by user",
                "bitbucket.service.repository.audit.action.repositoryaccessed",
                r#"[{"name":"target","nameI18nKey":"bitbucket.audit.attribute.legacy.target","value":"SEC/keys"}]"#,
                "bitbucket.service.audit.category.repositories",
                "[]",
                "1638036101063",
                "77",
                "BASE",
                "Browser",
                r#"[{"id":"7","name":"SEC","type":"PROJECT"},{"id":"9","name":"ke\\"ys","type":"REPOSITORY"}]"#,
                "10.1.2.3",
                "2",
                r"an\tn",
            ]
            .join("\t"),
            r"\.".to_owned(),
        ];
        let mut table = AuditTable::new(None);
        let file: Arc<str> = "ao_c77861_audit_entity.copy".into();
        let mut events: Vec<Event> = Vec::new();
        for line in &lines {
            let raw = Raw { bytes: line.as_bytes(), file: &file, offset: 0 };
            table
                .line(raw, &mut Clock::new(Zone::UTC), &mut |event| {
                    events.push(event.clone());
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(events.len(), 1);
        let event = &events[0];
        assert_eq!(event.time.to_string(), "2021-11-27T18:01:41.063000Z");
        assert_eq!((event.source.as_ref(), event.verb), ("bitbucket.audit", Verb::Browse));
        assert_eq!(
            (event.user.as_deref(), event.ips.as_slice()),
            (Some("an\tn"), &["10.1.2.3".to_owned()][..])
        );
        assert_eq!(event.target.as_ref().unwrap().id, "SEC/keys");
        assert_eq!(
            (event.extra["audit_row"].as_str(), event.extra["object:REPOSITORY"].as_str()),
            ("77", "ke\"ys (9)")
        );
    }
}
