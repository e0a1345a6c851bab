//! `cargo xtask dist`: a program that needs nothing on the machine it runs on, with SHA256SUMS. Nobody compiles at three
//! in the morning.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::{scenario::credentials::hex, shell};

/// Given to the program's own crate alone: libraries are the same either way, only the last link differs, so that
/// nothing else is compiled again.
const STATIC: [&str; 3] = ["--", "-C", "target-feature=+crt-static"];

/// Builds for release, tries it in an empty chroot, and writes `target/dist`.
pub fn run() -> Result<ExitCode> {
    let root = shell::root()?;
    let folder = root.join("target/dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    println!("building the release (the first time takes about ten minutes)");
    let mut sums = String::new();
    for arch in ["x86_64", "aarch64"] {
        let native = arch == std::env::consts::ARCH;
        if let Some(why) = (!native).then(|| cannot_build(arch)).transpose()?.flatten() {
            println!("not made for {arch}: {why}");
            continue;
        }
        let built = release(&root, (!native).then_some(arch))?;
        let tried = if native { in_empty_chroot(&built)? } else { "not tried on this machine".into() };
        let name = format!("bbsec-ir-{}-{arch}-linux", env!("CARGO_PKG_VERSION"));
        let bytes = fs::read(&built).with_context(|| format!("no {}", built.display()))?;
        fs::copy(&built, folder.join(&name)).with_context(|| format!("cannot write {name}"))?;
        sums += &format!("{}  {name}\n", hex(&Sha256::digest(&bytes)));
        println!("{} ({} MB): {tried}", folder.join(&name).display(), bytes.len() / 1_000_000);
    }
    fs::write(folder.join("SHA256SUMS"), sums)?;
    shell::run(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(&folder))?;
    Ok(ExitCode::SUCCESS)
}

/// The release build for this machine, or for another architecture.
fn release(root: &Path, arch: Option<&str>) -> Result<PathBuf> {
    let mut build = shell::cargo();
    build.args(["rustc", "--release", "--locked", "--package", "bbsec-ir", "--bin", "bbsec-ir"]);
    let mut folder = target(root);
    if let Some(arch) = arch {
        let triple = format!("{arch}-unknown-linux-gnu");
        let linker = format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase().replace('-', "_"));
        build.args(["--target", &triple]).env(linker, format!("{arch}-linux-gnu-gcc"));
        folder.push(triple);
    }
    shell::run(build.args(STATIC))?;
    Ok(folder.join("release/bbsec-ir"))
}

/// Why this toolchain cannot build for another architecture.
fn cannot_build(arch: &str) -> Result<Option<String>> {
    let triple = format!("{arch}-unknown-linux-gnu");
    let sysroot = shell::capture(Command::new("rustc").args(["--print", "sysroot"]))?;
    if !Path::new(sysroot.trim()).join("lib/rustlib").join(&triple).is_dir() {
        return Ok(Some(format!("the toolchain lacks its standard library (rustup target add {triple})")));
    }
    let linker = format!("{arch}-linux-gnu-gcc");
    Ok((!shell::has(&linker)).then(|| format!("there is no {linker}")))
}

/// The same link on the development build, which costs seconds where a release costs minutes: what `cargo xtask test`
/// tries.
pub fn try_development(root: &Path) -> Result<String> {
    let mut build = shell::cargo();
    build.args(["rustc", "--quiet", "--locked", "--package", "bbsec-ir", "--example", "bbsec-ir-static"]);
    build.args(["--features", "static-example"]).args(STATIC);
    shell::run(&mut build)?;
    in_empty_chroot(&target(root).join("debug/examples/bbsec-ir-static"))
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Runs the program where there is no other file: no loader, no libraries, no /etc, no /dev but urandom.
fn in_empty_chroot(program: &Path) -> Result<String> {
    let jail = tempfile::tempdir()?;
    fs::copy(program, jail.path().join("bbsec-ir")).with_context(|| format!("no {}", program.display()))?;
    fs::write(jail.path().join("settings.env"), "password = \"correct horse\"\n")?;
    let tries: [(&[&str], i32); 6] = [
        (&["--version"], 0),
        (&["case", "new", "/case", "--title", "in a chroot"], 0),
        (&["scan", "secrets", "--path", "/settings.env", "--format", "jsonl"], 0),
        (&["report", "--case", "/case"], 0),
        (&["verify", "/case"], 0),
        (&["schema", "playbook"], 0),
    ];
    for (words, code) in tries {
        let mut command = inside(jail.path())?;
        command.arg("/bbsec-ir").args(words).env_clear().env("NO_COLOR", "1").env("USER", "responder");
        let output = command.stdin(Stdio::null()).output().context("cannot start chroot")?;
        ensure!(
            output.status.code() == Some(code),
            "in an empty chroot `bbsec-ir {}` ended with {}: {}",
            words.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(format!("{} commands in an empty chroot", tries.len()))
}

/// `chroot`, as root or as root of a user namespace of its own.
fn inside(jail: &Path) -> Result<Command> {
    let root = shell::capture(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if root {
        Command::new(shell::find("chroot").unwrap_or_else(|| "/usr/sbin/chroot".into()))
    } else {
        let mut command = Command::new(shell::find("unshare").context("no unshare, and not root")?);
        command.args(["--user", "--map-root-user"]).arg("chroot");
        command
    };
    command.arg(jail);
    Ok(command)
}
