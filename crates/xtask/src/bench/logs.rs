//! Access logs into Parquet, beside programs that others wrote: DuckDB's CSV reader, plaso, and `grep` as the floor.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    log_lines::{ADDRESS, Log, write},
    measure::{Measured, measure},
};
use crate::{setup, shell};

/// Lines that plaso gets, and that are packed: it is slow, and gzip too.
const FEW: u64 = 20_000;
const PACKED: u64 = 2_000_000;

struct Bench {
    folder: PathBuf,
    log: Log,
    rows: u32,
}

/// Makes the logs, builds what is measured, prints a table.
pub(super) fn run(lines: u64, reader_only: bool) -> Result<()> {
    let root = shell::root()?;
    let release =
        |words: &[&str]| shell::run(shell::cargo().args(["build", "--release", "--locked"]).args(words));
    release(&["--package", "xtask", "--example", "store_logs"])?;
    if !reader_only {
        release(&["--package", "bbsec-ir"])?;
    }
    let folder = root.join("target/bench/logs");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let log = write(&folder, lines)?;
    println!("{} lines, {} MB, {} of them an attacker's\n", log.lines, log.bytes / 1_000_000, log.hostile);
    println!("| what | MB/s | MB per CPU second | seconds | peak MiB | lines kept | of the attacker's |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let mut bench = Bench { folder, log, rows: 0 };
    bench.grep()?;
    let store = root.join("target/release/examples/store_logs");
    for cores in ["0", "0,1"] {
        bench.store(&store, cores)?;
    }
    bench.packed(&store)?;
    if !reader_only {
        bench.program(&root.join("target/release/bbsec-ir"))?;
    }
    if let Some(python) = setup::prepare(&root)?.python {
        bench.duckdb(&python)?;
        bench.plaso(&python)?;
    } else {
        println!("\nnot run: DuckDB and plaso, for want of target/venv");
    }
    Ok(())
}

/// Keeps to these cores, where there is a program for it.
fn pinned(program: &Path, cores: &str) -> Command {
    if !shell::has("taskset") {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", cores]).arg(program);
    command
}

impl Bench {
    fn row(&mut self, what: &str, bytes: u64, run: Measured, kept: &str, hostile: &str) {
        let rate = |seconds: f64| bytes as f64 / 1e6 / seconds.max(0.001);
        let (wall, cpu) = (run.wall.as_secs_f64(), run.cpu.as_secs_f64());
        let peak = run.peak_kib / 1024;
        println!(
            "| {what} | {:.0} | {:.0} | {wall:.1} | {peak} | {kept} | {hostile} |",
            rate(wall),
            rate(cpu)
        );
        self.rows += 1;
    }

    fn out(&self) -> PathBuf {
        self.folder.join(format!("out-{}", self.rows))
    }

    fn grep(&mut self) -> Result<()> {
        let mut command = Command::new("grep");
        command.env("LC_ALL", "C").args(["-c", "-F", " | 401 | "]).arg(&self.log.path);
        let run = measure(&mut command, &self.out())?;
        self.row("`grep -c -F`, C locale", self.log.bytes, run, "", "");
        Ok(())
    }

    fn stored(&mut self, what: &str, command: &mut Command, bytes: u64) -> Result<()> {
        let out = self.out();
        let run = measure(command, &out)?;
        ensure!(run.code == 0, "{what} ended with {}: see {}", run.code, out.with_extension("err").display());
        let said: Value = serde_json::from_str(&std::fs::read_to_string(&out)?)?;
        let number = |name: &str| said.get(name).and_then(Value::as_u64).unwrap_or_default();
        let kept = format!("{} parsed, {} quarantined", number("parsed"), number("quarantined"));
        ensure!(number("parsed") + number("quarantined") == number("read"), "lines are missing: {said}");
        self.row(what, bytes, run, &kept, "all");
        Ok(())
    }

    fn store(&mut self, program: &Path, cores: &str) -> Result<()> {
        let case = self.folder.join(format!("case-{}", self.rows));
        let count = cores.split(',').count();
        let (log, bytes) = (self.log.path.clone(), self.log.bytes);
        let what = format!("read and stored, {count} core{}", if count == 1 { "" } else { "s" });
        self.stored(&what, pinned(program, cores).arg(&case).arg(log), bytes)?;
        std::fs::remove_dir_all(case)?;
        Ok(())
    }

    fn packed(&mut self, program: &Path) -> Result<()> {
        let (packed, bytes) = self.log.packed(PACKED)?;
        for (cores, what) in [("0", "the same from gzip, 1 core"), ("0,1", "the same from gzip, 2 cores")] {
            let case = self.folder.join(format!("case-{}", self.rows));
            self.stored(what, pinned(program, cores).arg(&case).arg(&packed), bytes)?;
            std::fs::remove_dir_all(case)?;
        }
        Ok(())
    }

    /// The whole program: the events, who touched what, and the rules over every request.
    fn program(&mut self, program: &Path) -> Result<()> {
        let case = self.folder.join("case-program");
        shell::capture(Command::new(program).args(["case", "new"]).arg(&case))?;
        let mut command = Command::new(program);
        command.args(["scan", "access", "--log-tz", "UTC", "--format", "jsonl", "--no-progress", "--case"]);
        let run = measure(command.arg(&case).arg("--log").arg(&self.log.path), &self.out())?;
        self.row("`scan access` into a case", self.log.bytes, run, &format!("exit {}", run.code), "");
        std::fs::remove_dir_all(case)?;
        Ok(())
    }

    fn duckdb(&mut self, python: &Path) -> Result<()> {
        let script = self.folder.join("csv_reader.py");
        std::fs::write(&script, include_str!("duckdb.py"))?;
        for threads in ["1", "2"] {
            let (out, parquet) = (self.out(), self.folder.join("duckdb.parquet"));
            let mut command = pinned(python, if threads == "1" { "0" } else { "0,1" });
            command.arg(&script).arg(&self.log.path).arg(&parquet).args([threads, ADDRESS]);
            let run = measure(&mut command, &out)?;
            let said: Value = serde_json::from_str(&std::fs::read_to_string(&out)?)
                .with_context(|| format!("DuckDB: see {}", out.with_extension("err").display()))?;
            let number = |name: &str| said.get(name).and_then(Value::as_u64).unwrap_or_default();
            let what =
                format!("DuckDB's CSV reader, {threads} thread{}", if threads == "1" { "" } else { "s" });
            let hostile = format!("{} of {}", number("hostile"), self.log.hostile);
            self.row(&what, self.log.bytes, run, &number("read").to_string(), &hostile);
            std::fs::remove_file(parquet)?;
        }
        Ok(())
    }

    fn plaso(&mut self, python: &Path) -> Result<()> {
        let bin = python.parent().unwrap_or(python);
        let tool = |name: &str| {
            let names = [bin.join(name), bin.join(format!("{name}.py"))];
            names.into_iter().find(|path| path.exists()).with_context(|| format!("no {name} beside python"))
        };
        let few = self.log.first(FEW)?;
        let (store, lines) = (self.folder.join("few.plaso"), self.folder.join("few.jsonl"));
        let mut collect = Command::new(python);
        collect.arg(tool("log2timeline")?).args(["--status_view", "none", "-q", "-u", "--single_process"]);
        collect.args(["--parsers", "text", "--logfile"]).arg(self.folder.join("plaso.log.gz"));
        collect.arg("--storage-file").arg(&store).arg(&few.path).current_dir(&self.folder);
        let run = measure(&mut collect, &self.out())?;
        let mut sort = Command::new(python);
        sort.arg(tool("psort")?).args(["--status_view", "none", "-q", "-u", "-o", "json_line", "-w"]);
        shell::capture(sort.arg(&lines).arg(&store).current_dir(&self.folder))?;
        let (mut kept, mut hostile) = (0_u64, 0_u64);
        for line in BufReader::new(File::open(lines)?).lines() {
            let line = line?;
            if line.contains("\"atlassian:bitbucket:access\"") {
                kept += 1;
                hostile += u64::from(line.contains(ADDRESS));
            }
        }
        let hostile = format!("{hostile} of {}", few.hostile);
        self.row(&format!("plaso, the first {FEW} lines"), few.bytes, run, &kept.to_string(), &hostile);
        Ok(())
    }
}

/// Copies the first lines of a log; how many bytes and how many of the attacker's lines they have.
pub(super) fn first_lines(from: &Path, to: &Path, lines: u64) -> Result<(u64, u64)> {
    let mut out = BufWriter::new(File::create(to)?);
    let mut log = BufReader::new(File::open(from)?);
    let (mut bytes, mut hostile, mut line) = (0_u64, 0_u64, Vec::new());
    for _ in 0..lines {
        line.clear();
        if log.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        out.write_all(&line)?;
        bytes += line.len() as u64;
        hostile += u64::from(line.starts_with(ADDRESS.as_bytes()));
    }
    out.flush()?;
    Ok((bytes, hostile))
}
