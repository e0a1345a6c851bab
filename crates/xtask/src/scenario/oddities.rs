//! Strange and hostile things that a home may hold. None of them changes the truth: what is there to find is found all
//! the same, and what cannot be read is named.

use std::{io::Write as _, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use super::{
    placement::zip,
    plugins, repositories,
    spec::{Oddity, Spec},
};

/// If this file exists after a scan, something in the evidence was executed.
pub const MARKER: &str = "/tmp/bbsec-ir-evidence-was-executed";

/// What inflates to this size must not be held in memory whole.
const BOMB: usize = 256 << 20;

/// Adds what the description asks for.
pub fn write(spec: &Spec, home: &Path) -> Result<()> {
    for oddity in &spec.oddities {
        match oddity {
            Oddity::HostileLogLines => log_lines(spec, home),
            Oddity::DamagedRepositories => damaged(home),
            Oddity::Links => links(home),
            Oddity::HostilePlugins => jars(home),
            Oddity::ConfigThatRuns => config(home),
        }
        .with_context(|| format!("{oddity:?}"))?;
    }
    Ok(())
}

/// Lines at the end of yesterday's log: cut, not UTF-8, with escapes, with the separator, endless.
fn log_lines(spec: &Spec, home: &Path) -> Result<()> {
    let day = spec.logs.from + chrono::Days::new(u64::from(spec.logs.days).saturating_sub(2));
    let path = home.join(format!("log/atlassian-bitbucket-access-{day}.0.log"));
    let mut log = std::fs::OpenOptions::new().append(true).open(&path).context("no log to append to")?;
    let line = |user: &str, action: &str, agent: &str| {
        format!(
            "10.99.0.1,{} | https | o@0DD0DD0x1439x999999x1 | {user} | {day} 23:59:59,001 | \"{action}\" | \"\" \"{agent}\" | 200 | 0 | 17 | - | 3 | 0ddodd |\n",
            spec.aws.balancer_address
        )
    };
    let endless = "A".repeat(3 << 20);
    let texts = [
        line("odd", "GET /a?x= | ssh | o@1 | root | HTTP/1.1", "agent with | pipes | in | it"),
        line("odd", "GET /b HTTP/1.1", "\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[31mred"),
        line("odd\u{202e}resu", "GET /c HTTP/1.1", "=HYPERLINK(\"http://example.com\")"),
        line("<script>alert(1)</script>", "GET /d HTTP/1.1", "\"><img src=x onerror=alert(1)>"),
        line("odd", &format!("GET /{endless} HTTP/1.1"), "endless"),
        "10.99.0.1 | https | o@0DD0DD0x1439x999998x1 | odd | 2026-11-14 23:5\n".into(),
        "\n\r\n | | | | | | | | | | | | |\n".into(),
        line("odd", "GET /e HTTP/1.1", "carriage return\r"),
    ];
    for text in texts {
        log.write_all(text.as_bytes())?;
    }
    log.write_all(
        b"10.99.0.1 | https | o@\xff\xfe\x00\x80 | \xc3\x28 | not a time | \"GET / HTTP/1.1\" |\n",
    )?;
    log.write_all(b"\0\0\0\0\0\0\0\0\n10.99.0.1 | https | i@0DD0DD0x1439x999997x1 | - | ")?;
    Ok(())
}

/// Repositories that are none, or not whole. Copies, so that the truth's own stay sound.
fn damaged(home: &Path) -> Result<()> {
    let folder = home.join(repositories::FOLDER);
    std::fs::create_dir_all(folder.join("9001"))?;
    std::fs::write(folder.join("9002"), "a file where a repository should be\n")?;
    std::fs::create_dir_all(folder.join("lost+found"))?;
    let nameless = folder.join("9003");
    copy(&folder.join("1000"), &nameless)?;
    std::fs::remove_file(nameless.join("repository-config"))?;
    let broken = folder.join("9004");
    copy(&folder.join("1001"), &broken)?;
    std::fs::write(broken.join("HEAD"), [0, 159, 146, 150])?;
    std::fs::write(broken.join("packed-refs"), "not a ref\n".repeat(10))?;
    for file in loose(&broken)?.into_iter().take(3) {
        let mut permissions = std::fs::metadata(&file)?.permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
        std::fs::set_permissions(&file, permissions)?;
        std::fs::write(&file, b"\x78\x9c this is no object")?;
    }
    let bomb = folder.join("9005");
    copy(&folder.join("1000"), &bomb)?;
    let object = bomb.join("objects/ab");
    std::fs::create_dir_all(&object)?;
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(format!("blob {BOMB}\0").as_bytes())?;
    let zeros = vec![0; 1 << 20];
    for _ in 0..BOMB >> 20 {
        writer.write_all(&zeros)?;
    }
    std::fs::write(object.join("c".repeat(38)), writer.finish()?)?;
    Ok(())
}

fn loose(repository: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(repository.join("objects"))? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.len() == 2) {
            for file in std::fs::read_dir(path)? {
                files.push(file?.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Links out of the home and to themselves, and a pipe that nobody writes to.
fn links(home: &Path) -> Result<()> {
    let link = |target: &str, at: &str| {
        std::os::unix::fs::symlink(target, home.join(at)).with_context(|| format!("cannot link {at}"))
    };
    link("/etc", &format!("{}/9100", repositories::FOLDER))?;
    link(".", "shared/loop")?;
    link("/etc/passwd", "log/atlassian-bitbucket-access-2026-01-01.0.log")?;
    link("/etc/hostname", "log/audit/20260101.00000.audit.log")?;
    link("../../../../../../etc/passwd", &format!("{}/passwd.jar", plugins::FOLDER))?;
    link("nothing-there", "log/atlassian-bitbucket-2026-01-01.0.log")?;
    let pipe = home.join("log/atlassian-bitbucket-access-2026-01-02.0.log");
    let status = Command::new("mkfifo").arg(&pipe).status().context("cannot start mkfifo")?;
    ensure!(status.success(), "mkfifo ended with {status}");
    Ok(())
}

/// Plugins that are no zip, cut, climb out, inflate without end, or expand entities.
fn jars(home: &Path) -> Result<()> {
    let folder = home.join(plugins::FOLDER);
    std::fs::write(folder.join("notes.jar"), "this is no zip\n")?;
    let whole = zip(&[("atlassian-plugin.xml", b"<atlassian-plugin key=\"com.example.cut\"/>".as_slice())])?;
    std::fs::write(folder.join("cut.jar"), whole.get(..whole.len() / 2).unwrap_or_default())?;
    let climbing = zip(&[
        ("../../../../../../tmp/bbsec-ir-climbed", b"out".as_slice()),
        ("/tmp/bbsec-ir-absolute", b"out"),
        ("atlassian-plugin.xml", b"<atlassian-plugin key=\"com.example.climb\"/>"),
    ])?;
    std::fs::write(folder.join("climb.jar"), climbing)?;
    std::fs::write(folder.join("bomb.jar"), zip(&[("bomb.bin", &vec![0; BOMB])])?)?;
    let mut laughs = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE p [<!ENTITY a0 \"ha\">\n");
    for depth in 1..12 {
        let inner = format!("&a{};", depth - 1).repeat(10);
        laughs.push_str(&format!("<!ENTITY a{depth} \"{inner}\">\n"));
    }
    laughs.push_str("]>\n<atlassian-plugin key=\"com.example.laughs\" name=\"&a11;\"/>\n");
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let bytes = zip(&[("atlassian-plugin.xml", laughs.as_bytes()), ("deep.xml", deep.as_bytes())])?;
    std::fs::write(folder.join("laughs.jar"), bytes)?;
    Ok(())
}

/// Configuration of one repository that makes git run programs, if git is started on it.
fn config(home: &Path) -> Result<()> {
    let repository = home.join(repositories::FOLDER).join("1002");
    let run = format!("touch {MARKER}");
    let text = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = \"{run}\"\n\tsshCommand = \"{run}\"\n\thooksPath = hooks\n\tpager = \"{run}\"\n[diff \"text\"]\n\ttextconv = \"{run}; cat\"\n[filter \"text\"]\n\tclean = \"{run}; cat\"\n\tsmudge = \"{run}; cat\"\n[uploadpack]\n\tpackObjectsHook = \"{run}\"\n[include]\n\tpath = /etc/passwd\n"
    );
    std::fs::write(repository.join("config"), text)?;
    std::fs::create_dir_all(repository.join("info"))?;
    std::fs::write(repository.join("info/attributes"), "* diff=text filter=text\n")?;
    std::fs::create_dir_all(repository.join("hooks"))?;
    for hook in ["post-checkout", "pre-receive", "post-index-change"] {
        let path = repository.join("hooks").join(hook);
        std::fs::write(&path, format!("#!/bin/sh\n{run}\n"))?;
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    }
    Ok(())
}
