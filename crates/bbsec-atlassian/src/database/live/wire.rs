//! A conversation with a PostgreSQL server: login, plain questions, `COPY … TO STDOUT` (PostgreSQL manual, "Message Flow").
//!
//! Messages and login are `postgres-protocol`'s. The whole client `postgres` runs on tokio and changes features that the
//! AWS SDK shares, which then compiles anew; four kinds of message are all that reading needs.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::{
    authentication::{
        md5_hash,
        sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256},
    },
    message::{
        backend::{ErrorResponseBody, Header, Message},
        frontend,
    },
};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};

/// The longest message that is taken: one row.
const MAX_MESSAGE: usize = 256 << 20;
/// How long the server may keep silent. Sorting or locks on its side take time; a dead peer does not answer at all.
const SILENCE: Duration = Duration::from_mins(2);

/// Why a conversation failed.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The network or TLS.
    #[error("the connection failed")]
    Io(#[from] io::Error),
    /// The server refused.
    #[error("the server answered {code}: {message}")]
    Server {
        /// SQLSTATE.
        code: String,
        /// The server's words.
        message: String,
    },
    /// It does not speak TLS.
    #[error("the server does not offer TLS")]
    NoTls,
    /// It wants a login that is not supported.
    #[error("the server wants to log in by {0}, which is not supported")]
    Login(&'static str),
    /// No password was given.
    #[error("the server asks for a password")]
    NoPassword,
    /// It answers something else.
    #[error("the server answered out of turn: {0}")]
    Strange(&'static str),
}

impl WireError {
    /// From an error message.
    fn server(body: &ErrorResponseBody) -> Self {
        let (mut code, mut message) = (String::new(), String::new());
        let mut fields = body.fields();
        while let Ok(Some(field)) = fields.next() {
            let text = || String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'C' => code = text(),
                b'M' => message = text(),
                _ => {}
            }
        }
        Self::Server { code, message }
    }

    /// SQLSTATE, when the server said one.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Server { code, .. } => Some(code),
            _ => None,
        }
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Whom to log in as, to what.
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) database: &'a str,
    pub(super) password: Option<&'a [u8]>,
}

/// An open connection.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    came: BytesMut,
}

impl Wire {
    /// Connects to a host, with TLS where `tls` is given.
    pub(super) fn tcp(host: &str, port: u16, tls: Option<ClientConfig>) -> Result<Self, WireError> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, Duration::from_secs(10)) {
                Ok(stream) => return Self::begin(stream, host, tls),
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    fn begin(mut stream: TcpStream, host: &str, tls: Option<ClientConfig>) -> Result<Self, WireError> {
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        let Some(tls) = tls else { return Ok(Self::over(stream)) };
        let mut ask = BytesMut::new();
        frontend::ssl_request(&mut ask);
        stream.write_all(&ask)?;
        let mut answer = [0_u8];
        stream.read_exact(&mut answer)?;
        if answer != *b"S" {
            return Err(WireError::NoTls);
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let session = ClientConnection::new(Arc::new(tls), name).map_err(io::Error::other)?;
        Ok(Self::over(StreamOwned::new(session, stream)))
    }

    /// Connects to a socket in a folder.
    pub(super) fn socket(folder: &Path, port: u16) -> Result<Self, WireError> {
        let stream = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}")))?;
        stream.set_read_timeout(Some(SILENCE))?;
        Ok(Self::over(stream))
    }

    fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), came: BytesMut::new() }
    }

    fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), WireError> {
        let mut out = BytesMut::new();
        write(&mut out)?;
        self.stream.write_all(&out)?;
        self.stream.flush()?;
        Ok(())
    }

    /// The next message that is no notice.
    fn next(&mut self) -> Result<Message, WireError> {
        loop {
            if let Some(header) = Header::parse(&self.came)?
                && usize::try_from(header.len()).is_ok_and(|length| length > MAX_MESSAGE)
            {
                return Err(WireError::Strange("a message of more than 256 MiB"));
            }
            match Message::parse(&mut self.came)? {
                Some(
                    Message::NoticeResponse(_)
                    | Message::ParameterStatus(_)
                    | Message::NotificationResponse(_),
                ) => {}
                Some(Message::ErrorResponse(body)) => return Err(WireError::server(&body)),
                Some(message) => return Ok(message),
                None => {
                    let mut piece = [0_u8; 16 << 10];
                    let count = self.stream.read(&mut piece)?;
                    if count == 0 {
                        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                    }
                    self.came.extend_from_slice(piece.get(..count).unwrap_or_default());
                }
            }
        }
    }

    /// Logs in.
    pub(super) fn login(&mut self, login: &Login<'_>) -> Result<(), WireError> {
        let parameters = [
            ("user", login.user),
            ("database", login.database),
            ("client_encoding", "UTF8"),
            ("application_name", "bbsec-ir"),
        ];
        self.send(|out| frontend::startup_message(parameters, out))?;
        let password = || login.password.ok_or(WireError::NoPassword);
        loop {
            match self.next()? {
                Message::AuthenticationOk | Message::BackendKeyData(_) => {}
                Message::ReadyForQuery(_) => return Ok(()),
                Message::AuthenticationCleartextPassword => {
                    let password = password()?;
                    self.send(|out| frontend::password_message(password, out))?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = md5_hash(login.user.as_bytes(), password()?, body.salt());
                    self.send(|out| frontend::password_message(hash.as_bytes(), out))?;
                }
                Message::AuthenticationSasl(body) => {
                    let mut offered = body.mechanisms();
                    let mut is_known = false;
                    while let Some(name) = offered.next()? {
                        is_known |= name == SCRAM_SHA_256;
                    }
                    if !is_known {
                        return Err(WireError::Login("another mechanism than SCRAM-SHA-256"));
                    }
                    self.scram(password()?)?;
                }
                Message::AuthenticationGss | Message::AuthenticationKerberosV5 => {
                    return Err(WireError::Login("Kerberos"));
                }
                _ => return Err(WireError::Strange("during the login")),
            }
        }
    }

    fn scram(&mut self, password: &[u8]) -> Result<(), WireError> {
        let mut scram = ScramSha256::new(password, ChannelBinding::unsupported());
        self.send(|out| frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), out))?;
        let Message::AuthenticationSaslContinue(body) = self.next()? else {
            return Err(WireError::Strange("during the login"));
        };
        scram.update(body.data())?;
        self.send(|out| frontend::sasl_response(scram.message(), out))?;
        let Message::AuthenticationSaslFinal(body) = self.next()? else {
            return Err(WireError::Strange("during the login"));
        };
        Ok(scram.finish(body.data())?)
    }

    /// Rows of a question, as text; NULL is nothing. After an error the conversation can go on.
    pub(super) fn ask(&mut self, question: &str) -> Result<Vec<Vec<Option<String>>>, WireError> {
        self.send(|out| frontend::query(question, out))?;
        let mut rows = Vec::new();
        loop {
            match self.next() {
                Ok(Message::DataRow(body)) => {
                    let mut row = Vec::new();
                    let mut ranges = body.ranges();
                    while let Some(range) = ranges.next()? {
                        let text =
                            |range| String::from_utf8_lossy(body.buffer().get(range).unwrap_or_default());
                        row.push(range.map(|range| text(range).into_owned()));
                    }
                    rows.push(row);
                }
                Ok(
                    Message::RowDescription(_) | Message::CommandComplete(_) | Message::EmptyQueryResponse,
                ) => {}
                Ok(Message::ReadyForQuery(_)) => return Ok(rows),
                Ok(_) => return Err(WireError::Strange("to a question")),
                Err(error) => return Err(self.settle(error)),
            }
        }
    }

    /// After the server refused something: waits until it listens again.
    fn settle(&mut self, error: WireError) -> WireError {
        if error.code().is_some() {
            while !matches!(self.next(), Ok(Message::ReadyForQuery(_)) | Err(WireError::Io(_))) {}
        }
        error
    }

    /// Begins a `COPY … TO STDOUT`; the answer must be read to its end.
    pub(super) fn copy_out(&mut self, question: &str) -> Result<CopyOut<'_>, WireError> {
        self.send(|out| frontend::query(question, out))?;
        match self.next() {
            Ok(Message::CopyOutResponse(_)) => {
                Ok(CopyOut { wire: self, piece: Bytes::new(), ended: false, error: None })
            }
            Ok(_) => Err(WireError::Strange("to COPY")),
            Err(error) => Err(self.settle(error)),
        }
    }
}

/// Rows on their way, in `COPY`'s text format.
pub(super) struct CopyOut<'a> {
    wire: &'a mut Wire,
    piece: Bytes,
    ended: bool,
    /// What ended it early.
    pub(super) error: Option<WireError>,
}

impl CopyOut<'_> {
    fn more(&mut self) -> Result<(), WireError> {
        match self.wire.next() {
            Ok(Message::CopyData(body)) => self.piece = body.into_bytes(),
            Ok(Message::CopyDone | Message::CommandComplete(_)) => {}
            Ok(Message::ReadyForQuery(_)) => self.ended = true,
            Ok(_) => return Err(WireError::Strange("to COPY")),
            Err(error) => {
                self.ended = true;
                return Err(self.wire.settle(error));
            }
        }
        Ok(())
    }
}

impl Read for CopyOut<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            if let Err(error) = self.more() {
                let shown = error.to_string();
                self.error = Some(error);
                return Err(io::Error::other(shown));
            }
        }
        let count = self.piece.len().min(buffer.len());
        if let Some(to) = buffer.get_mut(..count) {
            self.piece.copy_to_slice(to);
        }
        Ok(count)
    }
}
