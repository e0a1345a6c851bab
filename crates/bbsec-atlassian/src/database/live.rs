//! A live PostgreSQL: one read-only transaction in which every wanted table is copied out as it is.

mod address;
mod wire;

use std::io;

use bbsec_core::{Exit, Failure};

pub(crate) use self::address::Address;
use self::wire::Wire;
pub use self::{
    address::{split_password, without_password},
    wire::WireError,
};
use super::{
    copy::{Block, quoted},
    wanted::{Keep, is_wanted},
};

/// Why a live database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The address is none.
    #[error("{0:?} is no address of a PostgreSQL database")]
    Address(String),
    /// Nobody answered, or the login was refused.
    #[error("cannot connect to {place}")]
    Connect {
        /// Host, port and database.
        place: String,
        /// The cause.
        #[source]
        source: WireError,
    },
    /// A question failed.
    #[error("{place} did not answer {question:?}")]
    Query {
        /// Host, port and database.
        place: String,
        /// What was asked.
        question: String,
        /// The cause.
        #[source]
        source: WireError,
    },
    /// The server would have let us write.
    #[error("{0} does not keep the transaction read-only")]
    Writable(String),
}

impl LiveError {
    /// Whether the conversation can go on.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Query { source: WireError::Server { .. }, .. })
    }

    /// The cause, in the server's words.
    pub(crate) fn cause(&self) -> String {
        match self {
            Self::Connect { source, .. } | Self::Query { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        let (exit, help) = match &error {
            LiveError::Address(_) => (
                Exit::Usage,
                "write postgres://USER@HOST:5432/DATABASE; of other databases make a dump and read the product over REST",
            ),
            LiveError::Connect { source, .. } => (Exit::Failed, connect_help(source)),
            LiveError::Query { .. } => (
                Exit::Failed,
                "run it again: it begins with a transaction of its own, and nothing was changed",
            ),
            LiveError::Writable(_) => (
                Exit::Failed,
                "use a role that may only read: CREATE ROLE responder LOGIN; GRANT pg_read_all_data TO responder",
            ),
        };
        Self::because(error.to_string(), error).exit(exit).help(help)
    }
}

fn connect_help(error: &WireError) -> &'static str {
    match error {
        WireError::NoPassword => {
            "give the password with --password-file FILE or PGPASSWORD, or answer the question"
        }
        WireError::NoTls => "where the way is trusted, end the address with ?sslmode=disable",
        WireError::Login(_) => "use a role that logs in with a password",
        WireError::Server { code, .. } => match code.as_str() {
            "28P01" | "28000" => {
                "check the user and the password: --password-file FILE, PGPASSWORD, or answer the question"
            }
            "3D000" => "check the name of the database at the end of the address",
            _ => "the server is there but refuses; its own log says more",
        },
        WireError::Io(error) if error.to_string().contains("certificate") => {
            "name the authority that signed the server's certificate with --ca FILE (for RDS its global-bundle.pem), or, \
             where the way is trusted, end the address with ?sslmode=disable"
        }
        _ => "is the host reached from here? a database often answers only from within its VPC",
    }
}

/// A wanted table of a live database.
#[derive(Debug, Clone)]
pub(crate) struct LiveTable {
    block: Block,
    keep: Keep,
    /// Whether our role may read the kept columns.
    pub(crate) readable: bool,
}

impl LiveTable {
    /// Lower case.
    pub(crate) fn name(&self) -> String {
        self.block.name()
    }

    /// What was left out, in words.
    pub(crate) fn left_out(&self) -> Vec<String> {
        self.keep.said()
    }

    /// The kept columns.
    pub(crate) fn columns(&self) -> &[String] {
        &self.keep.columns
    }

    /// The line that begins the block of kept columns.
    pub(crate) fn head(&self) -> String {
        Block { columns: self.keep.columns.clone(), ..self.block.clone() }.head()
    }

    /// The question that brings the rows.
    pub(crate) fn select(&self) -> String {
        let Block { schema, table, .. } = &self.block;
        format!("SELECT {} FROM {}.{}", self.keep.expressions(), quoted(schema), quoted(table))
    }
}

/// Tables with their columns, ours to read or not; those that the search path finds come first.
const COLUMNS: &str = "\
    SELECT n.nspname, c.relname, a.attname, \
           has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT') \
    FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    WHERE c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
    ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, n.nspname, c.relname, a.attnum";

/// One read-only transaction over the whole database, so that tables agree with one another.
pub(crate) struct Session {
    wire: Wire,
    place: String,
}

impl Session {
    /// Begins it, and asks the server whether it is read-only indeed.
    pub(crate) fn begin(wire: Wire, place: &str) -> Result<Self, LiveError> {
        let mut session = Self { wire, place: place.to_owned() };
        session.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        session.ask("SET LOCAL lock_timeout = '10s'")?;
        if session.one("SHOW transaction_read_only")? != "on" {
            return Err(LiveError::Writable(place.to_owned()));
        }
        Ok(session)
    }

    fn ask(&mut self, question: &str) -> Result<Vec<Vec<Option<String>>>, LiveError> {
        let place = &self.place;
        self.wire.ask(question).map_err(|source| LiveError::Query {
            place: place.clone(),
            question: question.to_owned(),
            source,
        })
    }

    fn one(&mut self, question: &str) -> Result<String, LiveError> {
        Ok(self.ask(question)?.into_iter().flatten().flatten().next().unwrap_or_default())
    }

    /// The server's version.
    pub(crate) fn version(&mut self) -> Result<String, LiveError> {
        self.one("SHOW server_version")
    }

    /// Wanted tables that are there; of a name that stands in several schemas the one that the search path finds first.
    pub(crate) fn tables(&mut self) -> Result<Vec<LiveTable>, LiveError> {
        let mut found: Vec<(Block, Vec<String>)> = Vec::new();
        for row in self.ask(COLUMNS)? {
            let mut fields = row.into_iter().map(Option::unwrap_or_default);
            let mut field = || fields.next().unwrap_or_default();
            let (schema, table, column, readable) = (field(), field(), field(), field() == "t");
            if !is_wanted(&table.to_ascii_lowercase()) {
                continue;
            }
            let at = found.iter().position(|(block, _)| block.table == table);
            let index = at.unwrap_or_else(|| {
                found.push((Block { schema: schema.clone(), table, columns: Vec::new() }, Vec::new()));
                found.len() - 1
            });
            let Some((block, refused)) = found.get_mut(index).filter(|(block, _)| block.schema == schema)
            else {
                continue;
            };
            if !readable {
                refused.push(column.clone());
            }
            block.columns.push(column);
        }
        let table = |(block, refused): (Block, Vec<String>)| {
            let keep = Keep::of(&block.table, &block.columns);
            let readable = keep.columns.iter().all(|column| !refused.contains(column));
            LiveTable { block, keep, readable }
        };
        Ok(found.into_iter().map(table).collect())
    }

    /// Hands the rows of a table to `take`, in `COPY`'s text format. A refusal of the server does not end the
    /// transaction.
    pub(crate) fn copy<T>(
        &mut self,
        table: &LiveTable,
        take: impl FnOnce(&mut dyn io::Read) -> T,
    ) -> Result<T, LiveError> {
        let question = format!("COPY ({}) TO STDOUT", table.select());
        self.ask("SAVEPOINT one_table")?;
        let place = self.place.clone();
        let failed = |source| LiveError::Query { place, question: question.clone(), source };
        let outcome = match self.wire.copy_out(&question) {
            Err(error) => Err(failed(error)),
            Ok(mut rows) => {
                let taken = take(&mut rows);
                match rows.error.take() {
                    Some(error) => Err(failed(error)),
                    None => Ok(taken),
                }
            }
        };
        if outcome.as_ref().is_err_and(LiveError::is_refusal) {
            self.ask("ROLLBACK TO SAVEPOINT one_table")?;
        }
        outcome
    }
}
