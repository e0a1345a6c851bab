//! The audit log that all Data Center products share since 2020 (Bitbucket 7.0): a JSON object per line in
//! `log/audit/YYYYMMDD.NNNNN.audit.log`, and the answers of `/rest/audit/…/events`, whose fields differ a little.

mod event;
mod shape;
mod table;

use bbsec_core::Time;
use memchr::memmem;

use super::{
    format::Product,
    parser::{Bad, Emit, LineParser, Raw},
};
use crate::read::Clock;
use event::event;
use shape::{Page, Record};
pub(crate) use table::{AuditTable, is_head};

/// Whether a line that begins with `{` looks like an audit event or a page of them.
pub(crate) fn is_line(line: &[u8]) -> bool {
    let has = |word: &[u8]| memmem::find(line, word).is_some();
    (has(b"\"auditType\"") && has(b"\"timestamp\""))
        || (has(b"\"author\"") && has(b"\"timestamp\"") && has(b"\"type\"") && has(b"\"action"))
        || is_page(line)
}

fn is_page(line: &[u8]) -> bool {
    memmem::find(line, b"\"entities\"").is_some_and(|at| at < 4096)
        && memmem::find(line, b"\"author\"").is_some()
}

/// Whether a file is one JSON document with audit events.
pub(crate) fn is_rest_document(head: &[u8]) -> bool {
    let start = head.trim_ascii_start();
    let mut lines = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.next().unwrap_or_default();
    // An answer as the server sends it is one line; several pages one below the other are read line by line.
    if first.starts_with(b"{") && is_page(first) && lines.all(<[u8]>::is_empty) {
        return true;
    }
    matches!(start.first(), Some(b'{' | b'['))
        && matches!(first, b"{" | b"[" | b"[{")
        && memmem::find(head, b"\"author\"").is_some()
        && memmem::find(head, b"\"timestamp\"").is_some()
}

/// Reads audit events.
#[derive(Debug)]
pub(crate) struct AuditLog {
    product: Option<Product>,
}

impl AuditLog {
    /// `product` is used where an event does not say it itself.
    pub(crate) fn new(product: Option<Product>) -> Self {
        Self { product }
    }

    /// One event out of its JSON text.
    fn record(&mut self, raw: Raw<'_>, json: &str, emit: Emit<'_>) -> Result<Time, Bad> {
        let record: Record<'_> =
            serde_json::from_str(json).map_err(|_| Bad::Line("not the JSON of an audit event"))?;
        let (mut event, product) = event(&record, self.product, raw.place())
            .ok_or("an audit event without a time that can be read")?;
        // What one event of a file says holds for those that do not say it.
        self.product = self.product.or(product);
        let time = event.time;
        emit(&mut event)?;
        Ok(time)
    }

    /// All events of a document: `{"entities": […]}` or `[…]`. Gives how many were read and how many not.
    pub(crate) fn document(&mut self, raw: Raw<'_>, json: &str, emit: Emit<'_>) -> Result<(u64, u64), Bad> {
        let page: Page<'_> = serde_json::from_str(json)
            .or_else(|_| serde_json::from_str(json).map(|entities| Page { entities }))
            .map_err(|_| Bad::Line("not a JSON document with audit events"))?;
        let (mut parsed, mut bad) = (0_u64, 0_u64);
        for entity in &page.entities {
            let text = entity.get();
            let from = (text.as_ptr() as usize).saturating_sub(json.as_ptr() as usize);
            let part = Raw {
                bytes: text.as_bytes(),
                file: raw.file,
                offset: raw.offset.saturating_add(from as u64),
            };
            match self.record(part, text, &mut *emit) {
                Ok(_) => parsed += 1,
                Err(Bad::Line(_)) => bad += 1,
                Err(stop) => return Err(stop),
            }
        }
        Ok((parsed, bad))
    }
}

impl LineParser for AuditLog {
    fn line(&mut self, raw: Raw<'_>, _: &mut Clock, emit: Emit<'_>) -> Result<Option<Time>, Bad> {
        let bytes = raw.bytes.trim_ascii();
        let skipped = raw.bytes.len() - raw.bytes.trim_ascii_start().len();
        let json = String::from_utf8_lossy(bytes);
        let raw = Raw { bytes, file: raw.file, offset: raw.offset.saturating_add(skipped as u64) };
        if is_page(bytes) && serde_json::from_str::<Record<'_>>(&json).is_ok_and(|record| !record.has_time())
        {
            return match self.document(raw, &json, emit)? {
                (_, 0) => Ok(None),
                _ => Err(Bad::Line("a page of audit events, of which some could not be read")),
            };
        }
        self.record(raw, &json, emit).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bbsec_core::{Event, Verb};

    use super::*;
    use crate::read::Zone;

    fn read(line: &str) -> Vec<Event> {
        let mut events = Vec::new();
        let file: Arc<str> = "20260101.00000.audit.log".into();
        AuditLog::new(None)
            .line(
                Raw { bytes: line.as_bytes(), file: &file, offset: 0 },
                &mut Clock::new(Zone::UTC),
                &mut |event| {
                    events.push(event.clone());
                    Ok(())
                },
            )
            .unwrap();
        events
    }

    const FILE_SHAPE: &str = r#"{"affectedObjects":[{"id":"7","name":"SEC","type":"PROJECT"},{"id":"9","name":"keys","type":"REPOSITORY"}],"auditType":{"action":"Zugriff","actionI18nKey":"bitbucket.service.repository.audit.action.repositoryaccessed","area":"END_USER_ACTIVITY","category":"Repos","categoryI18nKey":"bitbucket.service.audit.category.repositories","level":"BASE"},"author":{"id":"2","name":"ann","type":"NORMAL"},"changedValues":[{"key":"Coverage Level","i18nKey":"x.level","from":"FULL","to":"OFF"}],"extraAttributes":[{"name":"target","nameI18nKey":"bitbucket.audit.attribute.legacy.target","value":"SEC/keys"}],"method":"Browser","node":"n1","source":"10.1.2.3,10.0.0.1","system":"http://b:7990","timestamp":{"epochSecond":1638036101,"nano":63000000},"version":"1.0"}"#;
    const REST_SHAPE: &str = r#"{"timestamp":"2021-11-27T18:01:41.063Z","author":{"name":"Anonymous","type":"user","id":"-2","uri":"","avatarUri":""},"type":{"categoryI18nKey":"bitbucket.service.audit.category.usersandgroups","category":"Users","actionI18nKey":"bitbucket.service.user.audit.action.authenticationfailure","action":"User login failed"},"affectedObjects":[],"changedValues":[],"source":"10.1.2.3","system":"http://b","node":"n1","method":"Browser","extraAttributes":[{"name":"target","nameI18nKey":"x","value":"root"}]}"#;

    #[test]
    fn the_file_shape_is_read_to_the_nanosecond() {
        let event = read(FILE_SHAPE).remove(0);
        assert_eq!(event.time.to_string(), "2021-11-27T18:01:41.063000Z");
        assert_eq!((event.source.as_ref(), event.verb), ("bitbucket.audit", Verb::Browse));
        assert_eq!(event.action, "bitbucket.service.repository.audit.action.repositoryaccessed");
        assert_eq!(event.target.unwrap().id, "SEC/keys");
        assert_eq!(event.ips, ["10.1.2.3", "10.0.0.1"]);
        insta::assert_json_snapshot!(event.extra, @r#"
        {
          "area": "END_USER_ACTIVITY",
          "attribute:target": "SEC/keys",
          "author_id": "2",
          "category": "bitbucket.service.audit.category.repositories",
          "category_text": "Repos",
          "change:Coverage Level": "FULL → OFF",
          "level": "BASE",
          "method": "Browser",
          "node": "n1",
          "object:PROJECT": "SEC (7)",
          "object:REPOSITORY": "keys (9)",
          "system": "http://b:7990",
          "text": "Zugriff"
        }
        "#);
    }

    #[test]
    fn the_rest_shape_gives_the_same_words() {
        let event = read(REST_SHAPE).remove(0);
        assert_eq!((event.time.to_string().as_str(), event.user), ("2021-11-27T18:01:41.063000Z", None));
        assert_eq!(event.action, "bitbucket.service.user.audit.action.authenticationfailure");
        assert_eq!((event.verb, event.extra["text"].as_str()), (Verb::Login, "User login failed"));
    }

    #[test]
    fn a_page_gives_each_event_its_own_place() {
        let page =
            format!("{{\"pagingInfo\":{{}},\"entities\":[{REST_SHAPE},\n{REST_SHAPE}]}}").replace('\n', " ");
        let events = read(&page);
        assert_eq!(events.len(), 2);
        for event in events {
            let from = event.at.offset as usize;
            assert_eq!(&page[from..from + event.at.length as usize], REST_SHAPE);
        }
    }

    #[test]
    fn a_line_that_is_cut_off_says_so() {
        let file: Arc<str> = "x".into();
        let half = &FILE_SHAPE.as_bytes()[..FILE_SHAPE.len() / 2];
        let bad = AuditLog::new(None).line(
            Raw { bytes: half, file: &file, offset: 0 },
            &mut Clock::new(Zone::UTC),
            &mut |_| Ok(()),
        );
        assert!(matches!(bad, Err(Bad::Line(_))));
    }
}
