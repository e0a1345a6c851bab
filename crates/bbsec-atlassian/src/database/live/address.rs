//! Where a PostgreSQL is: `postgres://USER@HOST:PORT/DATABASE`, as people and the products write it.

use std::{fmt, net::IpAddr, path::PathBuf};

use bbsec_core::SecretBytes;
use percent_encoding::percent_decode_str;
use rustls::ClientConfig;

use super::{
    LiveError,
    wire::{Login, Wire},
};

/// Where a live database is, and who asks.
pub(crate) struct Address {
    /// Host, port and database, for people and folders; no user, no password.
    pub(crate) place: String,
    /// The host; `localhost` for a socket.
    pub(crate) host: String,
    /// The database.
    pub(crate) database: String,
    user: String,
    port: u16,
    /// Folder of a local socket.
    socket: Option<PathBuf>,
    password: Option<SecretBytes>,
    mode: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("place", &self.place).finish_non_exhaustive()
    }
}

fn plain(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl Address {
    /// Reads `postgres://…`, `postgresql://…`, or a product's `jdbc:postgresql://…`. Parameters of other drivers are
    /// passed by; `sslmode`, `user`, `password`, and `host` for a folder of sockets are known.
    pub(crate) fn parse(url: &str) -> Result<Self, LiveError> {
        Self::read(url).ok_or_else(|| LiveError::Address(without_password(url)))
    }

    fn read(url: &str) -> Option<Self> {
        let text = url.trim();
        let text = text.strip_prefix("jdbc:").unwrap_or(text);
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let parameter = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, v)| plain(v))
        };
        let (authority, database) = rest.split_once('/')?;
        let database = plain(database);
        let (login, hosts) = authority.rsplit_once('@').map_or((None, authority), |(l, h)| (Some(l), h));
        let (user, password) = match login {
            Some(login) => match login.split_once(':') {
                Some((user, password)) => (plain(user), Some(plain(password))),
                None => (plain(login), None),
            },
            None => (parameter("user").unwrap_or_default(), None),
        };
        let password =
            password.or_else(|| parameter("password")).map(|text| SecretBytes::new(text.into_bytes()));
        // Of several hosts the first is the one that was written first, too.
        let first = hosts.split(',').next()?;
        let (host, port) = match first.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host.to_owned(), port.strip_prefix(':').unwrap_or_default()),
            None => first.rsplit_once(':').map_or((plain(first), ""), |(host, port)| (plain(host), port)),
        };
        let port = if port.is_empty() { 5432 } else { port.parse().ok()? };
        let host =
            if host.is_empty() { parameter("host").unwrap_or_else(|| "localhost".to_owned()) } else { host };
        let socket = host.starts_with('/').then(|| PathBuf::from(&host));
        let host = if socket.is_some() { "localhost".to_owned() } else { host };
        if database.is_empty() || database.contains('/') {
            return None;
        }
        let place = format!("{host}:{port}/{database}");
        let mode = parameter("sslmode");
        Some(Self { place, host, database, user, port, socket, password, mode })
    }

    /// Whether a password stands in the address.
    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    pub(crate) fn password(&mut self, password: SecretBytes) {
        self.password = Some(password);
    }

    fn is_local(&self) -> bool {
        self.socket.is_some()
            || self.host == "localhost"
            || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }

    /// Connects: with TLS whose certificate is checked, unless the host is this one or `sslmode=disable` was written.
    pub(crate) fn connect(&self, tls: ClientConfig) -> Result<Wire, LiveError> {
        let failed = |source| LiveError::Connect { place: self.place.clone(), source };
        let mode = self.mode.as_deref().unwrap_or("verify-full");
        let is_plain = mode == "disable" || (self.is_local() && self.mode.is_none());
        let mut wire = match &self.socket {
            Some(folder) => Wire::socket(folder, self.port),
            None => Wire::tcp(&self.host, self.port, (!is_plain).then_some(tls)),
        }
        .map_err(failed)?;
        let user = match self.user.as_str() {
            "" => std::env::var("PGUSER").or_else(|_| std::env::var("USER")).unwrap_or_default(),
            user => user.to_owned(),
        };
        let password = self.password.as_ref().map(SecretBytes::reveal);
        let login = Login { user: &user, database: &self.database, password };
        wire.login(&login).map_err(failed)?;
        Ok(wire)
    }
}

/// An address without the password in it, for people.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (base, query) = rest.split_once('?').map_or((rest, None), |(base, query)| (base, Some(query)));
    let shown = match base.rsplit_once('@') {
        Some((login, host)) => format!("{}@{host}", login.split(':').next().unwrap_or_default()),
        None => base.to_owned(),
    };
    let kept = |query: &str| {
        query.split('&').filter(|pair| !pair.starts_with("password=")).collect::<Vec<_>>().join("&")
    };
    match query.map(kept).filter(|query| !query.is_empty()) {
        Some(query) => format!("{scheme}://{shown}?{query}"),
        None => format!("{scheme}://{shown}"),
    }
}

/// The password in an address, taken out of it.
pub fn split_password(url: &str) -> (String, Option<SecretBytes>) {
    match Address::read(url).and_then(|address| address.password) {
        Some(password) => (without_password(url), Some(password)),
        None => (url.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_programs_and_of_products_are_read() {
        let read = Address::parse("jdbc:postgresql://db.example.com:5433/bitbucket?targetServerType=master")
            .unwrap();
        assert_eq!((read.place.as_str(), read.is_local()), ("db.example.com:5433/bitbucket", false));
        let read = Address::parse("postgres://bb:x%40y@127.0.0.1/bitbucket?sslmode=require").unwrap();
        assert!(read.is_local() && read.mode.as_deref() == Some("require"));
        assert_eq!(
            (read.place.as_str(), read.password.unwrap().reveal()),
            ("127.0.0.1:5432/bitbucket", b"x@y".as_slice())
        );
        let read = Address::parse("postgres://bb@[2001:db8::1]:5433/x").unwrap();
        assert_eq!((read.host.as_str(), read.port, read.user.as_str()), ("2001:db8::1", 5433, "bb"));
        let read = Address::parse("postgres://bb@/x?host=/run/postgresql").unwrap();
        assert_eq!(read.socket, Some(PathBuf::from("/run/postgresql")));
        for wrong in [
            "jdbc:mysql://db/bitbucket",
            "postgres://u:sesame@db",
            "db.example.com",
            "postgres://u:sesame@h:x/d",
        ] {
            let error = Address::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("no address") && !error.contains("sesame"), "{error}");
        }
    }

    #[test]
    fn passwords_are_taken_out_of_addresses() {
        let (url, password) = split_password("postgres://bb:p@ss@h/d?password=other&sslmode=disable");
        assert_eq!(
            (url.as_str(), password.unwrap().reveal()),
            ("postgres://bb@h/d?sslmode=disable", b"p@ss".as_slice())
        );
        assert_eq!(split_password("postgres://bb@h/d").0, "postgres://bb@h/d");
    }
}
