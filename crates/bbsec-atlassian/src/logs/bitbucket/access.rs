//! The access log of Bitbucket and Stash into events.

use std::{borrow::Cow, sync::Arc};

use bbsec_core::{Event, Failure, Target, Time, Verb};
use hashbrown::HashMap;

use super::{
    action::{self, GitLabel, git_label},
    line::{AccessLine, Side, parse},
    pairs::{Open, Pairs},
};
use crate::{
    logs::{
        parser::{Bad, Emit, LineParser, Raw, addresses, number, text},
        refill::{self, Spare, blank},
        uri::request_line,
    },
    read::{Clock, StampReader},
};

/// The source name of these events.
pub(crate) const SOURCE: &str = "bitbucket.access";
const DATA_TYPE: &str = "atlassian:bitbucket:access";

/// Reads access lines and pairs requests with their responses.
#[derive(Debug)]
pub(crate) struct AccessLog {
    stamps: StampReader,
    pairs: Pairs,
    last: Time,
    filler: Filler,
}

impl Default for AccessLog {
    fn default() -> Self {
        let filler = Filler { event: blank(), spare: Spare::default(), known: Known::default() };
        Self { stamps: StampReader::default(), pairs: Pairs::default(), last: Time::default(), filler }
    }
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
        self.filler.fill(&line, time, raw.file, raw.offset, raw.bytes.len());
        emit(&mut self.filler.event)?;
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
        self.filler.fill(&line, open.time, &open.file, open.offset, open.line.len());
        let event = &mut self.filler.event;
        event.status = None;
        event.extra.insert("unanswered".into(), why.into());
        emit(event)
    }
}

/// Makes the events that lines tell of, one in the place of the other.
#[derive(Debug)]
struct Filler {
    event: Event,
    spare: Spare,
    known: Known,
}

impl Filler {
    fn fill(&mut self, line: &AccessLine<'_>, time: Time, file: &Arc<str>, offset: u64, length: usize) {
        let Self { event, spare, known } = self;
        let (action, referer, agent) = line.middle();
        event.time = time;
        event.source = Cow::Borrowed(SOURCE);
        event.data_type = Cow::Borrowed(DATA_TYPE);
        spare.set(&mut event.user, line.user);
        if line.addresses.iter().any(|byte| matches!(byte, b':' | b'[')) {
            event.ips = addresses(line.addresses);
        } else {
            let chain = line.addresses.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            spare.set_list(&mut event.ips, chain.filter(|ip| !ip.is_empty() && *ip != b"-"));
        }
        spare.set(&mut event.session, line.session);
        spare.set(&mut event.user_agent, agent);
        spare.set(&mut event.request, line.request);
        refill::set(&mut event.action, action);
        let git = labels(event, line.labels, spare);
        let (verb, target) = known.what(&event.action, line.protocol, git);
        event.verb = *verb;
        refill::set_target(&mut event.target, target.as_ref());
        event.status = status(line.status);
        event.bytes_in = number(line.bytes_in);
        event.bytes_out = number(line.bytes_out);
        // Mesh counts nanoseconds, everything else milliseconds.
        event.duration = number(line.duration).map(|value| match line.protocol {
            b"grpc" => value / 1000,
            _ => value.saturating_mul(1000),
        });
        let referer = if referer == b"-" { b"" } else { referer };
        let extra = [
            ("protocol", line.protocol),
            ("http_request_referer", referer),
            ("mesh_execution_id", line.mesh),
        ];
        refill::set_extra(&mut event.extra, extra);
        if !Arc::ptr_eq(&event.at.file, file) {
            event.at.file = Arc::clone(file);
        }
        event.at.offset = offset;
        event.at.length = u32::try_from(length).unwrap_or(u32::MAX);
    }
}

fn status(column: &[u8]) -> Option<i32> {
    match column.strip_prefix(b"-") {
        Some(rest) => number(rest).and_then(|value| i32::try_from(value).ok()).map(|value| -value),
        None => number(column).and_then(|value| i32::try_from(value).ok()),
    }
}

type What = (Verb, Option<Target>);

/// What requests mean that came before: most lines ask for the same addresses again.
#[derive(Debug, Default)]
struct Known {
    meanings: HashMap<Vec<u8>, What>,
    key: Vec<u8>,
    /// Of an address that is too long to be kept.
    other: Option<What>,
}

/// Meanings that are kept, and how long an address is that has one; then all are forgotten.
const MEANINGS: usize = 8192;
const ADDRESS: usize = 512;

impl Known {
    fn what(&mut self, action: &str, protocol: &[u8], label: GitLabel) -> &What {
        // The query says nothing about what was done to what.
        let end = memchr::memchr(b'?', action.as_bytes()).unwrap_or(action.len());
        let meaning = || match protocol {
            b"ssh" => action::ssh(action, label),
            b"grpc" => (Verb::Other, None),
            _ => {
                let (method, uri) = request_line(action);
                action::http(method, uri, label)
            }
        };
        if end > ADDRESS {
            return self.other.insert(meaning());
        }
        self.key.clear();
        self.key.extend_from_slice(&[label as u8, protocol.len() as u8]);
        self.key.extend_from_slice(action.as_bytes().get(..end).unwrap_or_default());
        if self.meanings.len() >= MEANINGS {
            self.meanings.clear();
        }
        self.meanings.entry_ref(self.key.as_slice()).or_insert_with(meaning)
    }
}

/// Takes the labels column apart.
fn labels(event: &mut Event, column: &[u8], spare: &mut Spare) -> GitLabel {
    let lossy;
    let mut rest = if let Ok(text) = std::str::from_utf8(column) {
        text
    } else {
        lossy = text(column);
        lossy.as_str()
    };
    let (mut git, mut token, mut key) = (GitLabel::None, "", "");
    let found = std::iter::from_fn(|| {
        while !rest.is_empty() {
            let (label, after) = next_label(rest);
            rest = after;
            if label.is_empty() {
                continue;
            }
            git = git_label(label, git);
            if let Some(id) = label.strip_prefix("access-token:id:") {
                token = id;
            } else if label.starts_with("ssh:")
                && !label.starts_with("ssh:label:")
                && let Some((_, id)) = label.rsplit_once("id:")
            {
                key = id;
            }
            return Some(label.as_bytes());
        }
        None
    });
    spare.set_list(&mut event.labels, found);
    spare.set(&mut event.token, token.as_bytes());
    spare.set(&mut event.ssh_key, key.as_bytes());
    git
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
        let mut emit = |event: &mut Event| {
            events.push(event.clone());
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
