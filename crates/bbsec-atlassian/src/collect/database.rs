//! `collect database`: the tables that an investigation asks, out of a live PostgreSQL or a dump, into the case.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Plan, Progress,
    Provenance, Task, Time, Undo, Unit, Verdict, escape,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    check::stands,
    login::{self, Login},
    tls,
};
use crate::database::{
    Address, Copied, FOLDER, LiveTable, SUMMARY, Session, TABLE, copy_dump, elsewhere, required,
    without_password,
};

/// What `collect database` is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseInput {
    /// The live database: postgres://USER@HOST:5432/DATABASE, or the product's jdbc:postgresql://… (read-only)
    #[arg(long, value_name = "URL", conflicts_with = "dump", required_unless_present = "dump")]
    pub url: Option<String>,
    /// A pg_dump in plain SQL, packed or not
    #[arg(long, value_name = "FILE")]
    pub dump: Option<PathBuf>,
    /// The database's password is in this file; else PGPASSWORD, else it is asked for
    #[arg(long, value_name = "FILE", requires = "url")]
    pub password_file: Option<PathBuf>,
    /// Authorities that signed the server's certificate, in PEM, beside the system's
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca: Option<PathBuf>,
    /// What the database is called in the case: its folder below evidence/data/database
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// One table in the case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TableOutput {
    /// Lower case.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Columns, as the database spells them.
    pub columns: Vec<String>,
    /// What holds secrets and was left out.
    pub left_out: Vec<String>,
}

/// What `collect database` hands on; `database.json` in the case says the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DatabaseOutput {
    /// `bbsec-ir.database/v1`.
    pub schema: String,
    /// Host, port and database, or the dump's path.
    pub source: String,
    /// The server's version.
    pub server: Option<String>,
    /// `bitbucket`, `jira`, `confluence`, or nothing where the tables do not tell.
    pub product: Option<String>,
    /// When reading began; a live database was read as of this moment.
    pub taken: Option<Time>,
    /// The folder below `evidence/data/`.
    pub folder: String,
    /// Tables.
    pub tables: Vec<TableOutput>,
    /// Rows of all tables.
    pub rows: u64,
    /// Tables that this product should have and that could not be read.
    pub missing: Vec<String>,
    /// Hex SHA-256 of the dump, as it lies there.
    pub dump_sha256: Option<String>,
}

/// Copies the tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct CollectDatabase;

/// The address with its password, which neither input nor journal holds.
fn address(input: &DatabaseInput, url: &str) -> Result<Address, Failure> {
    let mut address = Address::parse(url)?;
    if address.has_password() {
        return Err(Failure::new(
            Exit::Usage,
            format!("a password stands in the address {}", without_password(url)),
        )
        .help("playbooks and journals are read by many: leave it out, and use password_file or PGPASSWORD"));
    }
    if let Some(password) = login::secret(Login::Database, input.password_file.as_deref())? {
        address.password(password);
    }
    Ok(address)
}

fn folder(input: &DatabaseInput, natural: &str, at: Time) -> String {
    let name = input.name.as_deref().unwrap_or(natural);
    let stamp = at.to_chrono().format("%Y%m%dT%H%M%S%3fZ");
    format!("{FOLDER}/{}/{stamp}", escape::path_component(name))
}

/// Passes bytes on while it counts rows and watches for the wish to stop.
struct Counted<'a> {
    from: &'a mut dyn Read,
    rows: u64,
    task: &'a dyn Task,
    progress: &'a dyn Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.cancelled() {
            return Err(io::Error::other("stopped on request"));
        }
        let count = self.from.read(buffer)?;
        let rows = memchr::memchr_iter(b'\n', buffer.get(..count).unwrap_or_default()).count() as u64;
        self.rows += rows;
        self.task.advance(rows);
        Ok(count)
    }
}

fn provenance(source: &str, how: &str, what: &str) -> Provenance {
    Provenance { source: source.to_owned(), how: how.to_owned(), what: what.to_owned() }
}

/// Which product the tables are of.
fn product(tables: &[TableOutput]) -> Option<&'static str> {
    let has = |name: &str| tables.iter().any(|table| table.name == name);
    if has("sta_normal_user") || has("repository") {
        Some("bitbucket")
    } else if has("jiraissue") {
        Some("jira")
    } else if has("content") || has("spaces") {
        Some("confluence")
    } else {
        None
    }
}

impl CollectDatabase {
    fn live(
        input: &DatabaseInput,
        url: &str,
        output: &mut DatabaseOutput,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let address = address(input, url)?;
        let wire = address.connect(tls::client(input.ca.as_deref())?)?;
        let now = Time::now();
        output.source = format!("postgresql://{}", address.place);
        output.taken = Some(now);
        output.folder = folder(input, &format!("{}-{}", address.host, address.database), now);
        let mut session = Session::begin(wire, &address.place)?;
        output.server = Some(session.version()?);
        let tables = session.tables()?;
        if tables.is_empty() {
            return Err(Failure::new(
                Exit::Nothing,
                format!("{} holds none of the product's tables", address.place),
            )
            .help("is it the product's database? the user must be allowed to see its schema"));
        }
        let progress = context.progress;
        let task = progress.task("reading the database", Unit::Items, None);
        for table in tables {
            if progress.cancelled() {
                return Err(interrupted());
            }
            task.at(&escape::terminal(&table.name()));
            Self::table(&table, &mut session, output, &*task, context)?;
        }
        Ok(())
    }

    fn table(
        table: &LiveTable,
        session: &mut Session,
        output: &mut DatabaseOutput,
        task: &dyn Task,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let name = table.name();
        if !table.readable {
            let why = "our user may not read it; GRANT pg_read_all_data TO it, or use the product's own user";
            context.gaps.push(Gap::unread("database table", &name, why, 1));
            output.missing.push(name);
            return Ok(());
        }
        let path = format!("{}/{}.copy", output.folder, escape::path_component(&name));
        let origin = provenance(&output.source, &table.select(), TABLE);
        let (case, progress) = (&mut *context.case, context.progress);
        let copied = session.copy(table, |rows| {
            let mut counted = Counted { from: rows, rows: 0, task, progress };
            let head = table.head();
            let stored = {
                let mut block = head.as_bytes().chain(&mut counted).chain(b"\\.\n".as_slice());
                case.put(&path, origin, &mut block)
            };
            stored.map(|_| counted.rows)
        });
        match copied {
            Ok(Ok(rows)) => {
                output.rows = output.rows.saturating_add(rows);
                let (columns, left_out) = (table.columns().to_vec(), table.left_out());
                output.tables.push(TableOutput { name, rows, columns, left_out });
            }
            Ok(Err(_)) if context.progress.cancelled() => return Err(interrupted()),
            Ok(Err(failure)) => return Err(failure),
            Err(error) if error.is_refusal() => {
                let why = error.cause();
                context.gaps.push(Gap::unread("database table", &name, escape::terminal(&why), 1));
                output.missing.push(name);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn dump(
        input: &DatabaseInput,
        path: &Path,
        output: &mut DatabaseOutput,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let now = Time::now();
        let stem = path.file_name().map_or_else(|| "dump".into(), |name| name.to_string_lossy().into_owned());
        output.source = path.display().to_string();
        output.taken = Some(now);
        output.folder = folder(input, &stem, now);
        let (case, progress) = (&mut *context.case, context.progress);
        let (source, folder) = (output.source.clone(), output.folder.clone());
        let copied = copy_dump(path, progress, &mut |name, block| {
            let target = format!("{folder}/{}.copy", escape::path_component(name));
            case.put(&target, provenance(&source, "its COPY block in the dump", TABLE), block).map(|_| ())
        });
        let (tables, said) = copied?;
        context.gaps.extend(said.gaps);
        output.server = said.server;
        for Copied { name, rows, columns, left_out } in tables {
            output.rows = output.rows.saturating_add(rows);
            output.tables.push(TableOutput { name, rows, columns, left_out });
        }
        let hashed = std::fs::File::open(path).and_then(|mut file| super::copy::sha256(&mut file));
        output.dump_sha256 = hashed.ok();
        Ok(())
    }

    /// Names what this product should have, and writes the summary.
    fn finish(output: &mut DatabaseOutput, context: &mut Context<'_>) -> Result<(), Failure> {
        output.product = product(&output.tables).map(str::to_owned);
        for name in required(output.product.as_deref()) {
            if output.tables.iter().all(|table| table.name != *name)
                && !output.missing.iter().any(|m| m == name)
            {
                let why = "the table is not there: another version of the product, or a dump of a part";
                context.gaps.push(Gap::unread("database table", *name, why, 1));
                output.missing.push((*name).to_owned());
            }
        }
        context.gaps.extend(elsewhere(context.case, &output.folder)?);
        if let Some(name) = rds(&output.source) {
            let why = format!(
                "the database is on RDS and no snapshot of it was made here: aws rds create-db-snapshot \
                 --db-instance-identifier {name} --db-snapshot-identifier {name}-evidence"
            );
            context.gaps.push(Gap::unknown("database snapshot", &name, why));
        }
        let text = serde_json::to_vec_pretty(&*output)
            .map_err(|error| Failure::because("the summary cannot be written as JSON", error))?;
        let origin = provenance(&output.source, "computed", SUMMARY);
        context.case.put(&format!("{}/database.json", output.folder), origin, &mut text.as_slice())?;
        Ok(())
    }
}

/// The instance or cluster in an RDS host name: `NAME.HASH.REGION.rds.amazonaws.com`.
fn rds(source: &str) -> Option<String> {
    let host = source.split("://").nth(1)?.split([':', '/']).next()?;
    let rest =
        host.strip_suffix(".rds.amazonaws.com").or_else(|| host.strip_suffix(".rds.amazonaws.com.cn"))?;
    rest.split('.').next().map(str::to_owned)
}

fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "stopped before the database was read").help("run it again")
}

impl Action for CollectDatabase {
    type Input = DatabaseInput;
    type Output = DatabaseOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.database",
            summary: "Copy the product's tables of accounts, keys, grants, plugins and audit into the case, read-only",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::Natural,
            permissions: &[],
        }
    }

    fn plan(&self, input: &DatabaseInput, _: &mut Context<'_>) -> Result<Plan, Failure> {
        let summary = match (&input.url, &input.dump) {
            (Some(url), _) => {
                let address = address(input, url)?;
                let wire = address.connect(tls::client(input.ca.as_deref())?)?;
                let mut session = Session::begin(wire, &address.place)?;
                format!(
                    "read {} tables of {} in one read-only transaction",
                    session.tables()?.len(),
                    address.place
                )
            }
            (None, Some(dump)) => format!("copy the product's tables out of {}", dump.display()),
            (None, None) => return Err(nothing_given()),
        };
        Ok(Plan { summary, ..Plan::default() })
    }

    fn observe(&self, _: &DatabaseInput, _: &mut Context<'_>) -> Result<Observed<DatabaseOutput>, Failure> {
        // A transaction that was cut off cannot be continued: the tables would not agree with one another.
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &DatabaseInput, context: &mut Context<'_>) -> Result<DatabaseOutput, Failure> {
        let mut output =
            DatabaseOutput { schema: "bbsec-ir.database/v1".to_owned(), ..DatabaseOutput::default() };
        match (&input.url, &input.dump) {
            (Some(url), _) => Self::live(input, url, &mut output, context)?,
            (None, Some(dump)) => Self::dump(input, dump, &mut output, context)?,
            (None, None) => return Err(nothing_given()),
        }
        Self::finish(&mut output, context)?;
        Ok(output)
    }

    fn verify(
        &self,
        _: &DatabaseInput,
        output: &DatabaseOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        stands(&format!("{}/", output.folder), output.tables.len() + 1, context)
    }

    fn undo(&self, _: &DatabaseInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(super::check::kept())
    }

    fn violation_exit(&self) -> Exit {
        Exit::Integrity
    }
}

fn nothing_given() -> Failure {
    Failure::new(Exit::Usage, "neither a database nor a dump is given").help("give --url or --dump")
}
