//! Addresses and connection strings with a password inside: user, host and database are the public name.

use base64::Engine as _;
use bbsec_core::Confidence;

use super::{Said, placeholder};

/// `scheme://user:password@host:port/path?…`
pub(super) fn address(text: &[u8], password: &[u8]) -> Said {
    let Some(scheme_end) = memchr::memmem::find(text, b"://") else { return Said::default() };
    let rest = text.get(scheme_end + 3..).unwrap_or_default();
    let Some(at) = memchr::memrchr(b'@', rest) else { return Said::default() };
    let user = rest.get(..at).unwrap_or_default().split(|b| *b == b':').next().unwrap_or_default();
    let host_and_path = rest.get(at + 1..).unwrap_or_default();
    let end = host_and_path
        .iter()
        .position(|b| matches!(b, b'?' | b'#' | b'"' | b'\'' | b' '))
        .unwrap_or(host_and_path.len());
    let place = String::from_utf8_lossy(host_and_path.get(..end).unwrap_or_default());
    let name = format!("{}@{}", String::from_utf8_lossy(user), without_port(&place).trim_end_matches('/'));
    if placeholder(password).is_some_and(super::Placeholder::expression) {
        return Said::refuse();
    }
    let host = place.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let said = Said { public_id: Some(name.chars().take(200).collect()), ..Said::default() };
    weigh(said, password, user, &host)
}

/// `host/database`: the port says nothing about whose credential it is, and configuration often leaves it out.
fn without_port(place: &str) -> String {
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let is_port = |(_, port): &(&str, &str)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let host = host.rsplit_once(':').filter(is_port).map_or(host, |(host, _)| host);
    format!("{host}{path}")
}

/// `Server=…;Database=…;User ID=…;Password=…` in any order.
pub(super) fn pairs(text: &[u8], password: &[u8]) -> Said {
    if placeholder(password).is_some_and(super::Placeholder::expression) {
        return Said::refuse();
    }
    let whole = String::from_utf8_lossy(text);
    let find = |names: &[&str]| {
        whole.split([';', ' ', '"', '\'']).find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            let key = key.trim().to_ascii_lowercase();
            names.contains(&key.as_str()).then(|| value.trim().to_owned())
        })
    };
    let user = find(&["user id", "user", "uid", "username", "id", "accountname", "sharedaccesskeyname"]);
    let host = find(&["server", "data source", "host", "address", "addr", "endpoint", "endpointsuffix"]);
    let database = find(&["database", "initial catalog", "dbname"]);
    let name = match (user, host, database) {
        (Some(user), Some(host), Some(database)) => Some(format!("{user}@{host}/{database}")),
        (Some(user), Some(host), None) => Some(format!("{user}@{host}")),
        (Some(user), None, _) => Some(user),
        _ => None,
    };
    weigh(
        Said { public_id: name.map(|name| name.chars().take(200).collect()), ..Said::default() },
        password,
        b"",
        "",
    )
}

/// `Basic` credentials: base64 of `user:password`.
pub(super) fn basic(value: &[u8]) -> Said {
    let trimmed: Vec<u8> = value.iter().copied().filter(|b| *b != b'=').collect();
    let Ok(text) = base64::engine::general_purpose::STANDARD_NO_PAD.decode(trimmed) else {
        return Said::refuse();
    };
    let Some(colon) = memchr::memchr(b':', &text) else { return Said::refuse() };
    let (user, password) = (text.get(..colon).unwrap_or_default(), text.get(colon + 1..).unwrap_or_default());
    if password.is_empty() || !text.iter().all(|b| (32..127).contains(b)) {
        return Said::refuse();
    }
    let said = Said { public_id: Some(String::from_utf8_lossy(user).into_owned()), ..Said::default() };
    weigh(said, password, user, "")
}

/// `user:password`, or a password alone, as `curl -u` takes it.
pub(super) fn user_password(value: &[u8]) -> Said {
    let colon = memchr::memchr(b':', value);
    let (user, password) = match colon.and_then(|at| value.split_at_checked(at)) {
        Some((user, rest)) => (user, rest.get(1..).unwrap_or_default()),
        None => (&[][..], value),
    };
    let password = password.strip_prefix(b"'").or(password.strip_prefix(b"\"")).unwrap_or(password);
    // What a shell or template fills in, and the `[PASSWORD]` of instructions.
    let filled = matches!(password.first(), Some(b'$' | b'{' | b'[' | b'<' | b'*' | b'`'));
    if filled || password.is_empty() || placeholder(password).is_some_and(super::Placeholder::expression) {
        return Said::refuse();
    }
    let public_id = (!user.is_empty()).then(|| String::from_utf8_lossy(user).into_owned());
    let repeated = password.iter().all(|byte| Some(byte) == password.first());
    let said = weigh(Said { public_id, ..Said::default() }, password, user, "");
    if repeated { Said { cap: Some(Confidence::Low), ..said } } else { said }
}

/// Passwords that are words of an example are worth less.
fn weigh(said: Said, password: &[u8], user: &[u8], host: &str) -> Said {
    const COMMON: &[&str] = &[
        "password", "passwd", "pass", "secret", "pwd", "user", "username", "test", "admin", "root",
        "postgres", "mysql", "guest", "foo", "bar", "hunter2", "pw", "p4ssw0rd", "passw0rd", "token", "xxx",
        "changeit",
    ];
    let lower = String::from_utf8_lossy(password).to_ascii_lowercase();
    let local =
        matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "host" | "hostname" | "server" | "proxy")
            || host.starts_with("example.")
            || host.ends_with(".example")
            || host.contains("example.com")
            || host.contains("example.org");
    if placeholder(password).is_some() {
        return Said { cap: Some(Confidence::Low), ..said };
    }
    if COMMON.contains(&lower.as_str()) || password == user {
        return Said { cap: Some(Confidence::Low), ..said }.note("the password is a word that examples use");
    }
    if local {
        return Said { cap: Some(Confidence::Low), ..said }.note("the host is this machine or an example's");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_name_is_user_host_and_database() {
        let said = address(b"postgres://app:Gh7!kd92@db.corp:5432/orders?ssl=1", b"Gh7!kd92");
        assert_eq!(said.public_id.as_deref(), Some("app@db.corp/orders"));
        assert_eq!(said.cap, None);
        assert_eq!(address(b"http://u:password@example.com/", b"password").cap, Some(Confidence::Low));
        assert!(address(b"http://u:${PW}@host/", b"${PW}").refuse);
        let text = b"Server=db1,1433;Database=B2B;User ID=b2b;Password=#gets0m3;";
        assert_eq!(pairs(text, b"#gets0m3").public_id.as_deref(), Some("b2b@db1,1433/B2B"));
        assert_eq!(user_password(b"test:test").cap, Some(Confidence::Low));
        assert_eq!(user_password(b"johns:h0pk1ns~21s").public_id.as_deref(), Some("johns"));
        assert!(user_password(b"neo4j:[PASSWORD]").refuse);
        assert_eq!(basic(b"QWxhZGRpbjpvcGVuIHNlc2FtZQ==").public_id.as_deref(), Some("Aladdin"));
    }
}
