//! A PostgreSQL of our own: made, filled, and gone when it is dropped.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::shell;

/// A running server on a free port of this machine, reached over TCP and a socket.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    /// The port.
    pub port: u16,
    /// PostgreSQL does not run as root: the account that owns it then.
    account: Option<&'static str>,
}

/// The server programs of the newest version that is installed.
pub fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(_, path)| path.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

impl Postgres {
    /// Makes and starts a server below `folder`, whose superuser `owner` has this password. `certificate` is a pair of
    /// certificate and key, in PEM.
    pub fn start(
        programs: PathBuf,
        folder: &Path,
        password: &str,
        certificate: Option<(&Path, &Path)>,
    ) -> Result<Self> {
        let is_root = std::fs::metadata("/proc/self")?.uid() == 0;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server =
            Self { programs, folder: folder.join("postgres"), port, account: is_root.then_some("postgres") };
        std::fs::create_dir(&server.folder)?;
        std::fs::write(server.folder.join("password"), password)?;
        for (path, name) in
            certificate.iter().flat_map(|(one, two)| [(one, "server.crt"), (two, "server.key")])
        {
            std::fs::copy(path, server.folder.join(name))?;
            shell::capture(Command::new("chmod").arg("600").arg(server.folder.join(name)))?;
        }
        if let Some(account) = server.account {
            // The way down to the folder must be open for that account.
            shell::capture(Command::new("chmod").arg("755").arg(folder))?;
            shell::capture(Command::new("chown").args(["-R", account]).arg(&server.folder))?;
        }
        let data = server.folder.join("data");
        let mut make = server.command("initdb");
        make.args(["--no-sync", "--encoding=UTF8", "--locale=C", "--username=owner", "--auth=scram-sha-256"]);
        shell::capture(make.arg("--pwfile").arg(server.folder.join("password")).arg("-D").arg(&data))?;
        let tls = match certificate {
            Some(_) => format!(
                " -c ssl=on -c ssl_cert_file={0}/server.crt -c ssl_key_file={0}/server.key",
                server.folder.display()
            ),
            None => String::new(),
        };
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c fsync=off{tls}",
            server.folder.display()
        );
        let mut start = server.command("pg_ctl");
        start.args(["-w", "-t", "60", "-s", "-o", &options, "-l"]).arg(server.folder.join("log"));
        let started = shell::capture(start.arg("-D").arg(&data).arg("start"));
        started.with_context(|| std::fs::read_to_string(server.folder.join("log")).unwrap_or_default())?;
        Ok(server)
    }

    /// One of PostgreSQL's programs, as the account that owns the server.
    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = match self.account {
            Some(account) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", account, "--regid", account, "--clear-groups"]).arg(path);
                command
            }
            None => Command::new(path),
        };
        command.current_dir(&self.folder).env("LC_ALL", "C");
        command
    }

    /// One of PostgreSQL's clients, logged in as a role.
    pub fn client(&self, program: &str, role: &str, password: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env("PGPASSWORD", password).args(["-h", "127.0.0.1", "-U", role, "-p"]);
        command.arg(self.port.to_string());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        let _ = shell::capture(
            stop.args(["-m", "immediate", "-s", "-D"]).arg(self.folder.join("data")).arg("stop"),
        );
    }
}
