//! The access log of Bitbucket and Stash into events.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use bbsec_core::{Event, Failure, Place, Target, Time, Verb};

use super::{
    action::{self, GitLabel, git_label},
    line::{AccessLine, Side, parse},
    pairs::{Open, Pairs},
};
use crate::{
    logs::{
        parser::{Bad, Emit, LineParser, Raw, addresses, number, some_text, text},
        uri::request_line,
    },
    read::{Clock, StampReader},
};

/// The source name of these events.
pub(crate) const SOURCE: &str = "bitbucket.access";
const DATA_TYPE: &str = "atlassian:bitbucket:access";

/// Reads access lines and pairs requests with their responses.
#[derive(Debug, Default)]
pub(crate) struct AccessLog {
    stamps: StampReader,
    pairs: Pairs,
    last: Time,
}

impl LineParser for AccessLog {
    fn line(&mut self, raw: Raw<'_>, clock: &mut Clock, emit: Emit<'_>) -> Result<Option<Time>, Bad> {
        let line = parse(raw.bytes, &mut self.stamps)?;
        let time = clock.utc(line.stamp);
        self.last = self.last.max(time);
        if line.side == Side::In && !line.request.is_empty() {
            if let Some(old) = self.pairs.request(line.request, raw.bytes, raw.file, raw.offset, time) {
                self.unanswered(&old, "its id came again", emit)?;
            }
            for old in self.pairs.overflow() {
                self.unanswered(&old, "too many requests were open", emit)?;
            }
            return Ok(Some(time));
        }
        if !line.request.is_empty() {
            self.pairs.response(line.request);
        }
        emit(event(&line, time, raw.place()))?;
        Ok(Some(time))
    }

    fn finish(&mut self, emit: Emit<'_>) -> Result<(), Failure> {
        const STILL_RUNNING: i64 = 60 * 1_000_000;
        for open in self.pairs.rest() {
            let why = if open.time.until(self.last) < STILL_RUNNING {
                "no response before the log ends"
            } else {
                "no response"
            };
            self.unanswered(&open, why, emit)?;
        }
        Ok(())
    }
}

impl AccessLog {
    fn unanswered(&mut self, open: &Open, why: &str, emit: Emit<'_>) -> Result<(), Failure> {
        let Ok(line) = parse(&open.line, &mut self.stamps) else { return Ok(()) };
        let place = Place {
            file: Arc::clone(&open.file),
            offset: open.offset,
            length: u32::try_from(open.line.len()).unwrap_or(u32::MAX),
        };
        let mut event = event(&line, open.time, place);
        event.status = None;
        event.extra.insert("unanswered".into(), why.into());
        emit(event)
    }
}

/// The event that one line tells of.
fn event(line: &AccessLine<'_>, time: Time, at: Place) -> Event {
    let (action, referer, agent) = line.middle();
    let action = text(action);
    let mut extra = BTreeMap::new();
    extra.insert("protocol".to_owned(), text(line.protocol));
    if !referer.is_empty() && referer != b"-" {
        extra.insert("http_request_referer".to_owned(), text(referer));
    }
    if !line.mesh.is_empty() {
        extra.insert("mesh_execution_id".to_owned(), text(line.mesh));
    }
    let labels = Labels::of(line.labels);
    let (verb, target) = what(&action, line.protocol, labels.git);
    let unit = if line.protocol == b"grpc" { 0 } else { 1000 };
    Event {
        time,
        source: Cow::Borrowed(SOURCE),
        data_type: Cow::Borrowed(DATA_TYPE),
        user: some_text(line.user),
        ips: addresses(line.addresses),
        session: some_text(line.session),
        token: labels.token,
        ssh_key: labels.ssh_key,
        user_agent: some_text(agent),
        request: some_text(line.request),
        verb,
        action,
        target,
        status: status(line.status),
        bytes_in: number(line.bytes_in),
        bytes_out: number(line.bytes_out),
        duration: number(line.duration)
            .map(|value| if unit == 0 { value / 1000 } else { value.saturating_mul(unit) }),
        labels: labels.all,
        extra,
        at,
    }
}

fn status(column: &[u8]) -> Option<i32> {
    match column.strip_prefix(b"-") {
        Some(rest) => number(rest).and_then(|value| i32::try_from(value).ok()).map(|value| -value),
        None => number(column).and_then(|value| i32::try_from(value).ok()),
    }
}

fn what(action: &str, protocol: &[u8], label: GitLabel) -> (Verb, Option<Target>) {
    match protocol {
        b"ssh" => action::ssh(action, label),
        b"grpc" => (Verb::Other, None),
        _ => {
            let (method, uri) = request_line(action);
            action::http(method, uri, label)
        }
    }
}

/// The labels column, taken apart.
struct Labels {
    all: Vec<String>,
    git: GitLabel,
    token: Option<String>,
    ssh_key: Option<String>,
}

impl Labels {
    fn of(column: &[u8]) -> Self {
        let mut labels = Self { all: Vec::new(), git: GitLabel::None, token: None, ssh_key: None };
        if column.is_empty() {
            return labels;
        }
        let column = text(column);
        let mut rest = column.as_str();
        while !rest.is_empty() {
            let (label, after) = next_label(rest);
            labels.take(label);
            rest = after;
        }
        labels
    }

    fn take(&mut self, label: &str) {
        if label.is_empty() {
            return;
        }
        self.git = git_label(label, self.git);
        if let Some(id) = label.strip_prefix("access-token:id:") {
            self.token = Some(id.to_owned());
        } else if label.starts_with("ssh:")
            && !label.starts_with("ssh:label:")
            && let Some((_, id)) = label.rsplit_once("id:")
        {
            self.ssh_key = Some(id.to_owned());
        }
        self.all.push(label.to_owned());
    }
}

/// Labels are joined with `, `; the name of an SSH key stands in quotes and may hold anything.
fn next_label(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    if memchr::memchr(b'\'', text.as_bytes()).is_none() {
        return match memchr::memchr(b',', text.as_bytes()) {
            Some(at) => {
                (text.get(..at).unwrap_or_default().trim_end(), text.get(at + 1..).unwrap_or_default())
            }
            None => (text.trim_end(), ""),
        };
    }
    let quoted = text.split_once(":'").filter(|(name, _)| !name.contains(", "));
    if let Some((name, _)) = quoted {
        let open = name.len() + 2;
        let inside = text.get(open..).unwrap_or_default();
        let end = inside.find("', ").or_else(|| inside.rfind('\'')).map_or(text.len(), |at| open + at + 1);
        let after = text.get(end..).unwrap_or_default();
        return (text.get(..end).unwrap_or(text), after.trim_start_matches([',', ' ']));
    }
    match text.split_once(", ") {
        Some((label, after)) => (label.trim_end(), after),
        None => (text.trim_end().trim_end_matches(','), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Zone;

    fn events(lines: &[&str]) -> Vec<Event> {
        let mut log = AccessLog::default();
        let mut clock = Clock::new(Zone::UTC);
        let mut events = Vec::new();
        let file: Arc<str> = "access.log".into();
        let mut emit = |event| {
            events.push(event);
            Ok(())
        };
        for line in lines {
            log.line(Raw { bytes: line.as_bytes(), file: &file, offset: 0 }, &mut clock, &mut emit)
                .unwrap_or_else(|bad| panic!("{line}: {bad:?}"));
        }
        log.finish(&mut emit).unwrap();
        events
    }

    fn one(line: &str) -> Event {
        let mut found = events(&[line]);
        assert_eq!(found.len(), 1, "{line}");
        found.remove(0)
    }

    #[test]
    fn a_modern_line_has_every_field() {
        let event = one(
            r#"10.229.31.195 | https | o@1749XX8x952x97182x0 | testuser | 2024-05-02 15:52:07,836 | "POST /scm/tb/testing-token.git/git-upload-pack HTTP/1.1" | "" "git/2.44.0" | 200 | 175 | 52 | access-token:id:263466287238, async, protocol:2, refs | 43 | eyoqcd | "#,
        );
        insta::assert_json_snapshot!(event, @r#"
        {
          "time": "2024-05-02T15:52:07.836000Z",
          "source": "bitbucket.access",
          "data_type": "atlassian:bitbucket:access",
          "user": "testuser",
          "ips": [
            "10.229.31.195"
          ],
          "session": "eyoqcd",
          "token": "263466287238",
          "ssh_key": null,
          "user_agent": "git/2.44.0",
          "request": "1749XX8x952x97182x0",
          "verb": "refs",
          "action": "POST /scm/tb/testing-token.git/git-upload-pack HTTP/1.1",
          "target": {
            "kind": "repository",
            "id": "TB/testing-token"
          },
          "status": 200,
          "bytes_in": 175,
          "bytes_out": 52,
          "duration": 43000,
          "labels": [
            "access-token:id:263466287238",
            "async",
            "protocol:2",
            "refs"
          ],
          "extra": {
            "protocol": "https"
          },
          "at": {
            "file": "access.log",
            "offset": 0,
            "length": 250
          }
        }
        "#);
    }

    #[test]
    fn the_short_ssh_lines_of_the_vendors_page_are_read() {
        let event = one(
            "172.24.36.105 | ssh | o*N65BDNx354x326903x0 | username | 2015-03-02 05:54:25,425 | SSH - git-upload-pack '/foo/bar.git' | - | 0 | 123 | 1024 | cache:miss, refs, ssh:id:610, ssh:label:'sshek@atlassian.com' | 1cl58rd |",
        );
        assert_eq!(
            (event.bytes_out, event.duration, event.session.as_deref()),
            (Some(1024), None, Some("1cl58rd"))
        );
        assert_eq!((event.verb, event.ssh_key.as_deref()), (Verb::Refs, Some("610")));
        assert_eq!(event.action, "SSH - git-upload-pack '/foo/bar.git'");
        let event = one(
            "172.24.36.105 | ssh | i*N65BDNx354x326907x0 | bamboo_user | 2015-03-02 05:54:25,733 | SSH - git-upload-pack '/bar/support-tools-base.git' | \"SSH-2.0-OpenSSH_7.2p2 Ubuntu-4ubuntu2.1\" | - | - | y3r3kf |",
        );
        assert_eq!(event.user_agent.as_deref(), Some("SSH-2.0-OpenSSH_7.2p2 Ubuntu-4ubuntu2.1"));
        assert_eq!((event.status, event.session.as_deref()), (None, Some("y3r3kf")));
        assert!(event.extra.contains_key("unanswered"));
    }

    #[test]
    fn a_mesh_line_has_its_execution_id() {
        let event = one(
            r#"10.229.31.65 | grpc | o@1GGG0Q5Kx420x106x2 | @5XDWX5x420x2768x0 | admin | 2022-04-12 07:09:18,086 | "HostingService/HttpBackend" | - | 0 | 2 | 141583 | 18951 | 3826461940 | - | 508028 |"#,
        );
        assert_eq!(event.user.as_deref(), Some("admin"));
        assert_eq!(
            (event.bytes_in, event.bytes_out, event.duration),
            (Some(2), Some(141_583), Some(3_826_461))
        );
        assert_eq!(event.extra["mesh_execution_id"], "@5XDWX5x420x2768x0");
        assert_eq!((event.action.as_str(), event.target), ("HostingService/HttpBackend", None));
    }

    #[test]
    fn what_the_client_writes_does_not_move_the_columns() {
        for (action, headers, uri, agent) in [
            (
                r#""GET /projects/A/repos/b/browse?x=1 | 200 | 0 HTTP/1.1""#,
                r#""" "curl""#,
                "/projects/A/repos/b/browse?x=1 | 200 | 0",
                "curl",
            ),
            (
                r#""GET /x HTTP/1.1""#,
                r#""a | b" "evil" | 200 | 1 | 2 | clone | 3 | forged""#,
                "/x",
                "evil\" | 200 | 1 | 2 | clone | 3 | forged",
            ),
            (
                r#""GET /x' HTTP/1.1""#,
                r#""http://r/?a=" "${jndi:ldap://x} | \u{1b}[31m""#,
                "/x'",
                "${jndi:ldap://x} | \\u{1b}[31m",
            ),
        ] {
            let event = one(&format!(
                "1.2.3.4 | https | o@1ABCDEx1x1x0 | - | 2024-05-02 15:52:07,836 | {action} | {headers} | 404 | 7 | 99 | - | 43 | s1 |"
            ));
            assert_eq!(
                event
                    .action
                    .split(' ')
                    .nth(1)
                    .map(|_| event.action.trim_start_matches("GET ").trim_end_matches(" HTTP/1.1")),
                Some(uri)
            );
            assert_eq!(event.user_agent.as_deref(), Some(agent));
            assert_eq!(
                (event.status, event.bytes_out, event.session.as_deref()),
                (Some(404), Some(99), Some("s1"))
            );
        }
    }

    #[test]
    fn names_may_hold_anything() {
        for name in ["Jörg Müller", "a@b.example", "x | y", "o'neil \"q\"", "admin/2", "-x-"] {
            let event = one(&format!(
                "1.2.3.4 | https | o@1ABCDEx1x1x0 | {name} | 2024-05-02 15:52:07,836 | \"GET /x HTTP/1.1\" | \"\" \"\" | 200 | 7 | 99 | - | 43 | s1 |"
            ));
            assert_eq!(event.user.as_deref(), Some(name));
        }
    }

    #[test]
    fn the_label_of_a_key_may_hold_separators() {
        let event = one(
            "1.2.3.4 | ssh | o@1ABCDEx1x1x0 | ann | 2024-05-02 15:52:07,836 | SSH - git-upload-pack '/foo/bar.git' | \"SSH-2.0-x\" | 0 | 7 | 99 | clone, ssh:id:7, ssh:label:'a, b | c', cache:hit | 43 | s1 |",
        );
        assert_eq!(event.labels, ["clone", "ssh:id:7", "ssh:label:'a, b | c'", "cache:hit"]);
        assert_eq!(
            (event.verb, event.bytes_out, event.ssh_key.as_deref()),
            (Verb::Clone, Some(99), Some("7"))
        );
    }

    #[test]
    fn request_and_response_are_one_event_and_a_lost_response_is_kept() {
        let line = |id: &str, status: &str, second: u32| {
            format!(
                "1.2.3.4 | https | {id} | - | 2024-05-02 15:52:{second:02},000 | \"GET /rest/api/latest/projects/A/repos/b/archive?at=x HTTP/1.1\" | \"\" \"\" | {status} | s1 |"
            )
        };
        let found = events(&[
            &line("i@AAAAAAx1x1x0", "- | - | - | - | -", 1),
            &line("i@AAAAAAx1x2x0", "- | - | - | - | -", 2),
            &line("o@AAAAAAx1x1x0", "200 | 1 | 2 | - | 4", 3),
        ]);
        let seen: Vec<_> = found
            .iter()
            .map(|event| {
                (event.request.as_deref().unwrap(), event.status, event.extra.contains_key("unanswered"))
            })
            .collect();
        assert_eq!(seen, [("AAAAAAx1x1x0", Some(200), false), ("AAAAAAx1x2x0", None, true)]);
    }

    #[test]
    fn what_is_no_access_line_says_why() {
        for line in [
            "",
            "|",
            "a | b | c |",
            "1.2.3.4 | https | o@x | u | 2024-05-02 15:52:07,836 | \"GET / HTTP/1.1\" | \"\" \"\" | 200",
            "1.2.3.4 | https | o@x | u | 2024-05-02 15:52:07,836 | x | y | z |",
        ] {
            assert!(parse(line.as_bytes(), &mut StampReader::default()).is_err(), "{line}");
        }
    }
}
