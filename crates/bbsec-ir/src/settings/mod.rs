//! Settings that have more than one place: a flag goes before the environment, that before the case, that before the
//! user's own file, that before the default. `case show --origin` prints which one it was.

mod user_file;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use bbsec_case::{Case, CaseToml};
use bbsec_core::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use user_file::UserFile;

/// A setting of the program itself; those of the report are any other key.
struct Known {
    key: &'static str,
    flag: Option<&'static str>,
    /// The first of them that is set counts.
    environment: &'static [&'static str],
    /// Whether a case may say it: who works at this terminal, it may not.
    in_case: bool,
    default: &'static str,
}

const SDK: &str = "as the AWS SDK finds it";

const KNOWN: [Known; 7] = [
    Known {
        key: "responder",
        flag: None,
        environment: &["BBSEC_IR_RESPONDER"],
        in_case: false,
        default: "the login name and the host",
    },
    Known {
        key: "color",
        flag: Some("--color"),
        environment: &["NO_COLOR", "CLICOLOR_FORCE"],
        in_case: true,
        default: "auto",
    },
    Known {
        key: "progress",
        flag: Some("--no-progress"),
        environment: &["BBSEC_IR_PROGRESS"],
        in_case: true,
        default: "on",
    },
    Known {
        key: "profile",
        flag: Some("--profile"),
        environment: &["AWS_PROFILE"],
        in_case: true,
        default: SDK,
    },
    Known {
        key: "region",
        flag: Some("--region"),
        environment: &["AWS_REGION", "AWS_DEFAULT_REGION"],
        in_case: true,
        default: SDK,
    },
    Known {
        key: "vault-profile",
        flag: Some("--vault-profile"),
        environment: &["BBSEC_IR_VAULT_PROFILE"],
        in_case: true,
        default: "the profile",
    },
    Known {
        key: "vault-role-arn",
        flag: Some("--vault-role-arn"),
        environment: &["BBSEC_IR_VAULT_ROLE_ARN"],
        in_case: true,
        default: "none",
    },
];

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// The command line.
    Flag,
    /// An environment variable.
    Environment,
    /// The case's own settings, as `case set` wrote them.
    Case,
    /// The user's configuration file.
    UserFile,
    /// Nobody said anything.
    Default,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Said {
    /// What was said.
    pub(crate) value: String,
    /// Where.
    pub(crate) origin: Origin,
    /// The flag, variable or file.
    pub(crate) place: String,
}

/// A setting as it holds, and what it hides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Setting {
    /// Its name.
    #[serde(rename = "setting")]
    pub(crate) name: String,
    /// The value that holds.
    #[serde(flatten)]
    pub(crate) holds: Said,
    /// What stands elsewhere and does not hold, the next in order first.
    pub(crate) hidden: Vec<Said>,
}

impl Setting {
    /// The value, unless nobody said anything.
    pub(crate) fn given(self) -> Option<String> {
        (self.holds.origin != Origin::Default).then_some(self.holds.value)
    }
}

/// Every place but the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    environment: BTreeMap<String, String>,
    case: Option<(PathBuf, BTreeMap<String, String>)>,
    user: UserFile,
}

/// Reports know their settings with underscores; the program's own have the names of their flags.
pub(crate) fn key(written: &str) -> String {
    let dashed = written.trim().replace('_', "-");
    if KNOWN.iter().any(|known| known.key == dashed) {
        dashed
    } else if written.contains('.') {
        written.trim().to_owned()
    } else {
        dashed.replace('-', "_")
    }
}

impl Settings {
    /// Reads the environment, the user's file, and the case's settings where there is a case.
    pub(crate) fn read(case: Option<&Path>) -> Result<Self, Failure> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let user = UserFile::read(&environment)?;
        // A case that cannot be read is named by the command that needs it.
        let case = case.and_then(|folder| {
            let settings = CaseToml::read(folder).ok()?.settings;
            Some((folder.to_owned(), settings.into_iter().map(|(name, value)| (key(&name), value)).collect()))
        });
        Ok(Self { environment, case, user })
    }

    /// A setting of the program, given what its flag says.
    pub(crate) fn of(&self, name: &'static str, flag: Option<String>) -> Setting {
        let known = KNOWN.iter().find(|known| known.key == name);
        let mut said = Vec::new();
        if let (Some(value), Some(flag)) = (flag, known.and_then(|known| known.flag)) {
            said.push(Said { value, origin: Origin::Flag, place: flag.into() });
        }
        let variables = known.map(|known| known.environment).unwrap_or_default();
        said.extend(variables.iter().find_map(|name| self.variable(name)));
        self.stored(name, known.is_none_or(|known| known.in_case), &mut said);
        let default = known.map_or("none", |known| known.default);
        let default = Said { value: default.into(), origin: Origin::Default, place: String::new() };
        setting(name.into(), said, default)
    }

    /// What a variable says, in the words of its setting.
    fn variable(&self, name: &str) -> Option<Said> {
        let value = self.environment.get(name)?;
        let value = match name {
            "NO_COLOR" => "never",
            "CLICOLOR_FORCE" if value == "0" => return None,
            "CLICOLOR_FORCE" => "always",
            _ => value,
        };
        Some(Said { value: value.into(), origin: Origin::Environment, place: name.into() })
    }

    /// What case and user file say.
    fn stored(&self, name: &str, in_case: bool, said: &mut Vec<Said>) {
        if let Some((folder, settings)) = &self.case
            && let Some(value) = settings.get(name)
            && in_case
        {
            let place = folder.join(bbsec_case::layout::CASE_TOML).display().to_string();
            said.push(Said { value: value.clone(), origin: Origin::Case, place });
        }
        if let Some(value) = self.user.values.get(name) {
            let place = self.user.path.display().to_string();
            said.push(Said { value: value.clone(), origin: Origin::UserFile, place });
        }
    }

    /// What reports are told, `sen`, `contact`, `tlp` and the like, from everywhere.
    pub(crate) fn of_report(&self) -> Vec<Setting> {
        let mut keys: BTreeSet<String> = bbsec_report::field_keys().map(str::to_owned).collect();
        let stored =
            self.case.iter().flat_map(|(_, settings)| settings.keys()).chain(self.user.values.keys());
        keys.extend(stored.cloned());
        keys.retain(|key| !KNOWN.iter().any(|known| known.key == *key));
        keys.into_iter()
            .filter_map(|name| {
                let variable = format!("BBSEC_IR_{}", name.to_uppercase().replace(['.', '-'], "_"));
                let mut said: Vec<Said> = self.variable(&variable).into_iter().collect();
                self.stored(&name, true, &mut said);
                let default = said.first()?.clone();
                Some(setting(name, said, default))
            })
            .collect()
    }
}

/// The first that was said holds, the others are hidden by it.
fn setting(name: String, said: Vec<Said>, default: Said) -> Setting {
    let mut said = said.into_iter();
    let holds = said.next().unwrap_or(default);
    Setting { name, holds, hidden: said.collect() }
}

/// What the reports of a case are told.
pub(crate) fn for_report(case: &Case) -> Result<BTreeMap<String, String>, Failure> {
    let settings = Settings::read(Some(case.root()))?.of_report();
    Ok(settings.into_iter().map(|setting| (setting.name, setting.holds.value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Settings {
        let text =
            "region = \"eu-north-1\"\ncolor = \"never\"\nresponder = \"jo\"\n[report]\ntlp = \"amber\"\n";
        let case = BTreeMap::from([("region".into(), "eu-west-1".into()), ("responder".into(), "al".into())]);
        Settings {
            environment: BTreeMap::from([("AWS_REGION".into(), "us-east-1".into())]),
            case: Some(("/c".into(), case)),
            user: UserFile::parse(text, "/u".into()).unwrap(),
        }
    }

    #[test]
    fn each_place_goes_before_the_next() {
        let mut settings = all();
        let value = |settings: &Settings, flag: Option<&str>| {
            let found = settings.of("region", flag.map(Into::into));
            (found.holds.value, found.holds.origin, found.hidden.len())
        };
        assert_eq!(value(&settings, Some("x")), ("x".into(), Origin::Flag, 3));
        assert_eq!(value(&settings, None), ("us-east-1".into(), Origin::Environment, 2));
        settings.environment.clear();
        assert_eq!(value(&settings, None), ("eu-west-1".into(), Origin::Case, 1));
        settings.case = None;
        assert_eq!(value(&settings, None), ("eu-north-1".into(), Origin::UserFile, 0));
        settings.user = UserFile::default();
        assert_eq!(value(&settings, None), (SDK.into(), Origin::Default, 0));
        assert_eq!(settings.of("region", None).given(), None);
    }

    #[test]
    fn a_case_does_not_say_who_sits_here() {
        assert_eq!(all().of("responder", None).given().as_deref(), Some("jo"));
    }

    #[test]
    fn no_color_goes_before_the_file_and_the_report_has_its_own_variables() {
        let mut settings = all();
        settings.environment.insert("CLICOLOR_FORCE".into(), "1".into());
        assert_eq!(settings.of("color", None).given().as_deref(), Some("always"));
        settings.environment.insert("NO_COLOR".into(), "1".into());
        assert_eq!(settings.of("color", None).given().as_deref(), Some("never"));
        settings.environment.insert("BBSEC_IR_CHANNELS_SECREP_URL".into(), "x".into());
        let report = settings.of_report();
        let names: Vec<_> = report.iter().map(|setting| setting.name.as_str()).collect();
        assert_eq!(names, ["channels.secrep.url", "tlp"]);
    }

    #[test]
    fn keys_are_known_however_they_are_written() {
        assert_eq!(key("vault_role_arn"), "vault-role-arn");
        assert_eq!(key("awareness-at"), "awareness_at");
        assert_eq!(key("channels.secrep.url"), "channels.secrep.url");
    }
}
