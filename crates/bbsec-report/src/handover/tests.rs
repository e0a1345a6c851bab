//! The texts: what is not known comes first, nothing is invented, nothing hostile is markup.

use super::*;
use crate::{CaseData, example, model};

#[test]
fn what_is_not_known_stands_first_with_where_to_look() {
    let report = model(&CaseData { id: "c-1".into(), ..CaseData::default() });
    for (audience, name) in Audience::ALL {
        let text = handover(&report, audience).unwrap();
        let unknown = text.find("## Not known").unwrap_or_else(|| panic!("{name}"));
        assert!(text[unknown..].starts_with("## Not known\n\n- "), "{name}");
        assert!(text.contains("*not known*. Where to look: "), "{name}");
        let next =
            text.match_indices("\n## ").map(|(at, _)| at).find(|at| *at + 1 != unknown).unwrap_or(text.len());
        assert!(unknown < next, "{name}: nothing stands before what is not known");
        assert!(!text.to_lowercase().contains("lorem") && !text.contains("example.com"), "{name}");
    }
}

#[test]
fn the_security_desk_has_no_address_until_it_is_set() {
    let mut data = example::incident();
    let text = handover(&model(&data), Audience::Secrep).unwrap();
    assert!(
        text.contains("Address: not known") || text.contains("desk (SECREP). Address: not known"),
        "{text}"
    );
    data.settings.insert("channels.secrep.url".into(), "portal of our contract".into());
    let text = handover(&model(&data), Audience::Secrep).unwrap();
    assert!(text.contains("Address: portal of our contract"));
}

#[test]
fn customers_read_no_name_of_a_repository_or_an_address() {
    let text = handover(&model(&example::incident()), Audience::Customers).unwrap();
    for name in ["PAY", "ledger", "203.0.113.7", "svc-ci", "AKIA"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[test]
fn support_gets_what_it_asks_for() {
    let text = handover(&model(&example::incident()), Audience::Gsac).unwrap();
    for part in [
        "Bitbucket 9.4.8",
        "(SEN)",
        "Server id",
        "203.0.113.7",
        "access token id: `412`",
        "## Questions to Atlassian",
        "## Timeline (UTC)",
        "TLP",
        "Journal head `b94d27",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn hostile_text_is_no_markup_in_any_text() {
    let report = model(&example::hostile());
    for (audience, name) in Audience::ALL {
        let text = handover(&report, audience).unwrap();
        for hostile in ["<script", "<img", "\u{1b}", "\u{202e}", "\n# heading"] {
            assert!(!text.contains(hostile), "{name}: {hostile:?}");
        }
    }
}
