//! Files that are generated from the code: written by `cargo xtask gen`, checked for drift by `cargo xtask test`.

mod command_line;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{demo, scenario::truth::Truth, shell};

/// Folders in which everything is generated; what the code no longer makes is removed from them.
const FOLDERS: [&str; 3] = ["docs/completions", "docs/man", "docs/schemas"];

/// Shells whose completions are kept, and the usual names of their files.
const SHELLS: [(&str, &str); 3] =
    [("bash", "bbsec-ir.bash"), ("zsh", "_bbsec-ir"), ("fish", "bbsec-ir.fish")];

/// Writes every generated file.
pub fn write(root: &Path) -> Result<()> {
    let made = make(root)?;
    for stray in strays(root, &made)? {
        std::fs::remove_file(root.join(&stray))?;
        println!("removed {stray}");
    }
    for (path, text) in &made {
        let to = root.join(path);
        if std::fs::read_to_string(&to).is_ok_and(|there| there == *text) {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(to, text)?;
        println!("{path}");
    }
    Ok(())
}

/// Fails when a file is not what the code says.
pub fn check(root: &Path) -> Result<String> {
    let made = make(root)?;
    let mut stale = strays(root, &made)?;
    let differs = |(path, text): &(&String, &String)| {
        std::fs::read_to_string(root.join(path)).unwrap_or_default() != **text
    };
    stale.extend(made.iter().filter(differs).map(|(path, _)| path.clone()));
    ensure!(stale.is_empty(), "not what the code says, run `cargo xtask gen`: {}", stale.join(", "));
    Ok(format!("{} generated files", made.len()))
}

/// Every generated file, by its path.
fn make(root: &Path) -> Result<BTreeMap<String, String>> {
    let program = demo::program(root)?;
    let mut made = BTreeMap::new();
    let pages = command_line::pages(&program)?;
    made.insert("docs/cli.md".to_owned(), command_line::reference(&pages)?);
    for page in &pages {
        let name = page.name().replace(' ', "-");
        made.insert(
            format!("docs/man/{name}.1"),
            asked(&program, &[&["man".to_owned()], page.path()].concat())?,
        );
    }
    for (shell, file) in SHELLS {
        let words = ["completions".to_owned(), shell.to_owned()];
        made.insert(format!("docs/completions/{file}"), asked(&program, &words)?);
    }
    for row in asked(&program, &["schema", "--format", "jsonl"].map(str::to_owned))?.lines() {
        let row: serde_json::Value = serde_json::from_str(row)?;
        let name = row.get("name").and_then(serde_json::Value::as_str).context("a schema without a name")?;
        let text = asked(&program, &["schema".to_owned(), name.to_owned()])?;
        // Every playbook's first line names this one.
        let path = match name {
            "playbook" => "docs/playbook.schema.json".to_owned(),
            _ => format!("docs/schemas/{name}.json"),
        };
        made.insert(path, text);
    }
    let truth = serde_json::to_string_pretty(&schemars::schema_for!(Truth))? + "\n";
    made.insert("fixtures/scenarios/truth.schema.json".to_owned(), truth);
    Ok(made)
}

/// What the program prints in an environment that holds nothing of this machine.
fn asked(program: &Path, words: &[String]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(words).env_clear().env("NO_COLOR", "1").env("COLUMNS", "100");
    shell::capture(&mut command)
}

/// Files in the generated folders that the code does not make.
fn strays(root: &Path, made: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let mut there = BTreeSet::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten() {
            there.insert(format!("{folder}/{}", entry?.file_name().to_string_lossy()));
        }
    }
    Ok(there.into_iter().filter(|path| !made.contains_key(path)).collect())
}
