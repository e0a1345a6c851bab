//! The bundle: a valid bag, the same bytes for the same case, and no secret in it, wherever the case held one.

use std::io::Read as _;

use bbsec_core::{Gap, Place, SecretBytes, Touch};
use proptest::prelude::*;
use zip::ZipArchive;

use super::*;
use crate::{example, model};

fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn build(data: &CaseData) -> Vec<u8> {
    bundle(data, &model(data), None).unwrap()
}

#[test]
fn the_bundle_is_a_bag_and_the_same_twice() {
    let data = example::incident();
    let bytes = build(&data);
    assert_eq!(bytes, build(&data));
    let members = members(&bytes);
    let text = |name: &str| {
        let found = members.iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("{name}"));
        String::from_utf8(found.1.clone()).unwrap()
    };
    for (list, prefix) in [("/manifest-sha256.txt", "data/"), ("/tagmanifest-sha256.txt", "bag")] {
        let list = text(list);
        assert!(list.contains(prefix));
        for line in list.lines() {
            let (digest, path) = line.split_once("  ").unwrap();
            let (_, bytes) = members.iter().find(|(name, _)| name.ends_with(&format!("/{path}"))).unwrap();
            assert_eq!(sha256(bytes), digest, "{path}");
        }
    }
    let payload = members.iter().filter(|(name, _)| name.contains("/data/")).count();
    assert_eq!(text("/manifest-sha256.txt").lines().count(), payload);
    assert!(text("/bag-info.txt").contains(&format!(".{payload}\n")));
    assert!(!members.iter().any(|(name, _)| name.ends_with("internal.md")));
}

#[test]
fn the_bag_is_valid_for_the_reference_program() {
    // `bagit.py` of the Library of Congress, where it is installed.
    let data = example::incident();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in members(&build(&data)) {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let bag = folder.path().join(format!("handover-{}", data.id));
    match std::process::Command::new("bagit.py").arg("--validate").arg(&bag).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("not run: no bagit.py on the path");
        }
        output => {
            let output = output.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn only_a_signature_is_packed_as_one() {
    let data = example::incident();
    let report = model(&data);
    let signature = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n";
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n";
    let has = |text| {
        members(&bundle(&data, &report, Some(text)).unwrap())
            .iter()
            .any(|(name, _)| name.ends_with("journal-head.sig"))
    };
    assert!(has(signature));
    assert!(!has(key));
}

/// Puts a text somewhere in the case, as evidence could have brought it there.
fn plant(data: &mut CaseData, value: &str, place: usize) {
    let around = format!("x '{value}' y");
    match place % 14 {
        0 => data.findings[3].why.push(around),
        1 => data.findings[3].title = around,
        2 => data.findings[3].fix = Some(format!("run with --key={value}")),
        3 => {
            data.findings[3].data.insert("note".into(), serde_json::json!({ "deep": [around] }));
        }
        4 => data.touches[0].actor.user = Some(value.to_owned()),
        5 => data.touches[0].why.push(around),
        6 => data.timeline[0].action = format!("GET /rest?x={value}&y=1 HTTP/1.1"),
        7 => {
            data.timeline[0].extra.insert("referer".into(), format!("https://h.example/?{value}"));
        }
        8 => data.gaps.push(Gap::unread("log lines", around.clone(), around, 1)),
        9 => data.steps[0].error = Some(around),
        10 => {
            data.settings.insert("contact".into(), around);
        }
        11 => data.secrets[2].notes.push(around),
        12 => data.isolation = Some(serde_json::json!({ "checked": [around] })),
        _ => data.touches.push(Touch {
            evidence: vec![Place::file(format!("logs/{value}.log"))],
            ..data.touches[0].clone()
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_known_secret_is_in_the_bundle_wherever_it_stood(
        value in "[A-Za-z0-9!%*+/=_-]{8,60}",
        place in 0_usize..14,
        clear in any::<bool>(),
    ) {
        // What is only hyphens or underscores is no credential, and stands everywhere.
        prop_assume!(value.chars().filter(char::is_ascii_alphanumeric).count() >= 6);
        let mut data = example::incident();
        let mut secret = example::in_repo(
            example::secret(&example::key(), &value, "generic", "generic-secret"), "PAY/ledger", "x.env", true,
        );
        secret.secret = if clear { value.clone() } else { SecretBytes::new(value.clone().into_bytes()).redacted() };
        data.secrets.push(secret);
        plant(&mut data, &value, place);
        for (name, bytes) in members(&build(&data)) {
            let text = String::from_utf8_lossy(&bytes);
            let escaped = [value.clone(), bbsec_core::escape::html(&value), bbsec_core::escape::markdown(&value)];
            for form in escaped {
                prop_assert!(!text.contains(&form), "{name} holds {form:?}, planted at {place}");
            }
        }
    }
}
