//! `case show --origin`: every setting that holds, and where it stands.

use bbsec_core::{Exit, Failure};
use serde_json::json;

use crate::{
    cli::{AwsFlags, Colour},
    output::Listing,
    session::Session,
    settings::{Origin, Said, Setting},
};

pub(crate) fn run(session: &Session, aws: &AwsFlags) -> Result<Exit, Failure> {
    let (global, settings) = (&session.global, &session.settings);
    let mut all = vec![
        case(session),
        settings.of("responder", None),
        settings.of("color", global.color.map(|colour: Colour| colour.word().to_owned())),
        settings.of("progress", global.no_progress.then(|| "off".to_owned())),
        settings.of("profile", aws.profile.clone()),
        settings.of("region", aws.region.clone()),
        settings.of("vault-profile", aws.vault_profile.clone()),
        settings.of("vault-role-arn", aws.vault_role_arn.clone()),
    ];
    all.extend(settings.of_report());
    let cells = all
        .iter()
        .map(|setting| {
            let hidden: Vec<String> =
                setting.hidden.iter().map(|said| format!("{}: {}", place(said), said.value)).collect();
            let over =
                if hidden.is_empty() { String::new() } else { format!(", before {}", hidden.join(", ")) };
            vec![
                setting.name.clone(),
                setting.holds.value.clone(),
                format!("{}{over}", place(&setting.holds)),
            ]
        })
        .collect();
    let rows = all.iter().map(|setting| json!(setting)).collect();
    session.output.rows(&Listing {
        name: "settings",
        heads: vec!["setting", "value", "from"],
        cells,
        rows,
    })?;
    Ok(Exit::Done)
}

/// The case itself is found, not set.
fn case(session: &Session) -> Setting {
    let (origin, place) = match &session.global.case {
        Some(_) if std::env::args_os().any(|word| word.to_string_lossy().starts_with("--case")) => {
            (Origin::Flag, "--case")
        }
        Some(_) => (Origin::Environment, "BBSEC_IR_CASE"),
        None => (Origin::Default, ""),
    };
    let value = session.case_folder().map_or_else(
        || "none: no case folder here or above".to_owned(),
        |folder| folder.display().to_string(),
    );
    let holds = Said { value, origin, place: place.into() };
    Setting { name: "case".into(), holds, hidden: Vec::new() }
}

fn place(said: &Said) -> String {
    match said.origin {
        Origin::Flag => format!("flag {}", said.place),
        Origin::Environment => format!("environment {}", said.place),
        Origin::Case => "case".into(),
        Origin::UserFile => format!("user file {}", said.place),
        Origin::Default => "default".into(),
    }
}
