//! The user's own settings: `$BBSEC_IR_CONFIG`, else `bbsec-ir/config.toml` below `$XDG_CONFIG_HOME` or `~/.config`.

use std::{collections::BTreeMap, io, path::PathBuf};

use bbsec_core::{Exit, Failure};
use serde::Deserialize;

use super::key;

/// More is no settings file.
const LIMIT: u64 = 1 << 20;

/// What the file says; empty where there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserFile {
    /// Where it is, or would be.
    pub(crate) path: PathBuf,
    /// Its settings, those of the report among them.
    pub(crate) values: BTreeMap<String, String>,
}

/// What may stand in the file; an unknown name is an error with its line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Text {
    responder: Option<String>,
    color: Option<String>,
    progress: Option<Switch>,
    profile: Option<String>,
    region: Option<String>,
    vault_profile: Option<String>,
    vault_role_arn: Option<String>,
    #[serde(default)]
    report: toml::Table,
}

/// `true` and `"on"` are the same to a person.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Switch {
    Bool(bool),
    Word(String),
}

impl UserFile {
    /// Reads the file that the environment names, or the usual one where it exists.
    pub(crate) fn read(environment: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let named = environment.get("BBSEC_IR_CONFIG").map(PathBuf::from);
        let usual = || {
            let folder = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
            let folder = folder.or_else(|| Some(PathBuf::from(environment.get("HOME")?).join(".config")));
            Some(folder?.join("bbsec-ir").join("config.toml"))
        };
        let Some(path) = named.clone().or_else(usual) else { return Ok(Self::default()) };
        let failed = |error: io::Error| {
            Failure::because(format!("cannot read the settings {}", path.display()), error)
                .exit(Exit::Usage)
                .help("BBSEC_IR_CONFIG names another file; /dev/null stands for none")
        };
        let file = match std::fs::File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {
                return Ok(Self { path, ..Self::default() });
            }
            other => other.map_err(failed)?,
        };
        let text = io::read_to_string(io::Read::take(file, LIMIT)).map_err(failed)?;
        Self::parse(&text, path)
    }

    /// Reads the text of a file.
    pub(crate) fn parse(text: &str, path: PathBuf) -> Result<Self, Failure> {
        let text: Text = toml::from_str(text).map_err(|error| {
            Failure::because(format!("the settings {} cannot be used", path.display()), error)
                .exit(Exit::Usage)
                .help("mend that line; what reports are told (contact, tlp, …) stands under [report]")
        })?;
        let progress = text.progress.map(|switch| match switch {
            Switch::Bool(on) => if on { "on" } else { "off" }.to_owned(),
            Switch::Word(word) => word,
        });
        let named = [
            ("responder", text.responder),
            ("color", text.color),
            ("progress", progress),
            ("profile", text.profile),
            ("region", text.region),
            ("vault-profile", text.vault_profile),
            ("vault-role-arn", text.vault_role_arn),
        ];
        let mut values: BTreeMap<String, String> =
            named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        flatten("", &text.report, &mut values);
        Ok(Self { path, values })
    }
}

/// `[report.channels] secrep.url` is the setting `channels.secrep.url`.
fn flatten(prefix: &str, table: &toml::Table, values: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        match value {
            toml::Value::Table(table) => flatten(&format!("{name}."), table, values),
            toml::Value::String(text) => {
                values.insert(key(&name), text.clone());
            }
            other => {
                values.insert(key(&name), other.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_told_with_its_line() {
        let failure = UserFile::parse("region = \"x\"\nregoin = \"y\"\n", "u".into()).unwrap_err();
        let cause = std::error::Error::source(&failure).unwrap().to_string();
        assert!(cause.contains("line 2") && cause.contains("regoin"), "{cause}");
        assert_eq!(failure.exit, Exit::Usage);
    }

    #[test]
    fn tables_and_dates_become_settings_of_the_report() {
        let text =
            "progress = false\n[report]\nawareness-at = 2026-11-20T03:10:00Z\nchannels.secrep.url = \"x\"\n";
        let file = UserFile::parse(text, "u".into()).unwrap();
        assert_eq!(file.values["awareness_at"], "2026-11-20T03:10:00Z");
        assert_eq!(file.values["channels.secrep.url"], "x");
        assert_eq!(file.values["progress"], "off");
    }
}
