//! How answers continue. A product's own links are never followed: the next question is made from numbers and marks.

use serde_json::Value;

/// How an endpoint pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paging {
    /// One answer is all.
    One,
    /// Bitbucket: `start`, `limit`; `isLastPage`, `nextPageStart`.
    Start,
    /// Jira: `startAt`, `maxResults`; `isLast` or `total`, or a bare array that is shorter than asked for.
    StartAt,
    /// Confluence: `start`, `limit`; `_links.next` is there while there is more.
    Link,
    /// The audit log of all products: `limit`, `pageCursor`; `pagingInfo.lastPage`, `nextPageCursor`.
    Cursor,
}

/// How many things one page is asked to hold.
pub(super) const LIMIT: u64 = 200;

impl Paging {
    /// The parameters of the page that begins at `mark`.
    pub(super) fn query(self, mark: Option<&str>) -> String {
        let start = mark.unwrap_or("0");
        match (self, mark) {
            (Self::One, _) => String::new(),
            (Self::Start | Self::Link, _) => format!("limit={LIMIT}&start={start}"),
            (Self::StartAt, _) => format!("maxResults={LIMIT}&startAt={start}"),
            (Self::Cursor, None) => format!("limit={LIMIT}"),
            (Self::Cursor, Some(cursor)) => format!("limit={LIMIT}&pageCursor={}", encoded(cursor)),
        }
    }

    /// Things on a page.
    pub(super) fn items(self, body: &Value) -> u64 {
        items(body).map_or(1, |list| list.len() as u64)
    }

    /// The mark of the page after this one, when there is one. `mark` is this one's.
    pub(super) fn next(self, body: &Value, mark: Option<&str>) -> Option<String> {
        let start: u64 = mark.and_then(|mark| mark.parse().ok()).unwrap_or(0);
        let count = items(body).map_or(0, |list| list.len() as u64);
        // A page without anything on it, or that leads back, would be asked for without end.
        let onward = |next: u64| (next > start).then(|| next.to_string());
        match self {
            Self::One => None,
            Self::Start => {
                if body.get("isLastPage").and_then(Value::as_bool).unwrap_or(true) {
                    return None;
                }
                onward(body.get("nextPageStart").and_then(Value::as_u64)?)
            }
            Self::StartAt => {
                let total = body.get("total").and_then(Value::as_u64);
                let more = match (body.get("isLast").and_then(Value::as_bool), total) {
                    (Some(last), _) => !last,
                    (None, Some(total)) => start.saturating_add(count) < total,
                    (None, None) => count >= LIMIT,
                };
                if more && count > 0 { onward(start.saturating_add(count)) } else { None }
            }
            Self::Link => {
                body.pointer("/_links/next")?;
                if count > 0 { onward(start.saturating_add(count)) } else { None }
            }
            Self::Cursor => {
                let paging = body.get("pagingInfo")?;
                if paging.get("lastPage").and_then(Value::as_bool).unwrap_or(true) {
                    return None;
                }
                let cursor = paging.get("nextPageCursor").and_then(Value::as_str)?;
                (Some(cursor) != mark && !cursor.is_empty()).then(|| cursor.to_owned())
            }
        }
    }
}

/// The list in an answer, whatever it is called.
pub(super) fn items(body: &Value) -> Option<&Vec<Value>> {
    if let Some(list) = body.as_array() {
        return Some(list);
    }
    ["values", "results", "entities", "records", "plugins", "groups", "users", "permissionSchemes"]
        .iter()
        .find_map(|name| body.get(name).and_then(Value::as_array))
}

/// A text as it may stand in an address.
pub(super) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_of_paging_ends() {
        let next = |paging: Paging, body: Value, mark| paging.next(&body, mark);
        let page = json!({"values": [1], "isLastPage": false, "nextPageStart": 200});
        assert_eq!(next(Paging::Start, page.clone(), None).as_deref(), Some("200"));
        assert_eq!(next(Paging::Start, page, Some("200")), None, "a page that leads to itself");
        assert_eq!(next(Paging::Start, json!({"values": [], "isLastPage": true}), None), None);
        let full: Vec<u64> = (0..LIMIT).collect();
        assert_eq!(next(Paging::StartAt, json!(full), None).as_deref(), Some("200"));
        assert_eq!(next(Paging::StartAt, json!([1]), Some("200")), None);
        assert_eq!(
            next(Paging::StartAt, json!({"values": [1], "total": 9}), Some("7")).as_deref(),
            Some("8")
        );
        assert_eq!(next(Paging::StartAt, json!({"values": [], "total": 9}), Some("7")), None);
        let link = json!({"results": [1, 2], "_links": {"next": "http://elsewhere/"}});
        assert_eq!(next(Paging::Link, link, None).as_deref(), Some("2"));
        let audit = json!({"entities": [1], "pagingInfo": {"lastPage": false, "nextPageCursor": "a,1"}});
        assert_eq!(next(Paging::Cursor, audit.clone(), None).as_deref(), Some("a,1"));
        assert_eq!(next(Paging::Cursor, audit, Some("a,1")), None);
        assert_eq!(Paging::Cursor.query(Some("a,1")), "limit=200&pageCursor=a%2C1");
    }
}
