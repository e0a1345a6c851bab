//! A delta scan finds what a full scan finds: on random objects, deltas, chains and rules.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Engine, Marks, delta::Edits};
use crate::{Limits, Rules};

/// Rule, secret, encodings, match, and where the secret stands.
type Plain = (String, Vec<u8>, Vec<String>, (usize, usize), (usize, usize));

/// What was found, without the numbers that an engine gives in the order of its work.
fn plain(engine: &Engine, marks: &Marks) -> Vec<Plain> {
    let mut all: Vec<_> = marks
        .hits
        .iter()
        .map(|hit| {
            let found = &engine.found[hit.found as usize];
            let rule = engine.rules.at(found.rule).unwrap().id.clone();
            (rule, found.secret.reveal().to_vec(), found.via.clone(), hit.span, hit.secret)
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

#[derive(Debug, Clone)]
enum Op {
    Copy(u16, u16),
    Insert(Vec<u8>),
}

/// Pieces that rules look for, whole or broken, and what stands around them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let base64 = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let pem = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\n",
        "q8Zr2LxW0vB5nTjKpQ1sYdEf7hGc3mAuR9tXbZwJ\n".repeat(40)
    );
    let long = base64(
        "padding and padding 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 more\nAKIAQ7Z2LXW0VB5NTJKP end of it",
    );
    let (first, second) = long.split_at(64);
    let wrapped = format!("{first}\n{second}\n");
    let known: Vec<Vec<u8>> = vec![
        b"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".to_vec(),
        b"AKIAQ7Z2LXW0VB5NTJKP".to_vec(),
        b"aws_secret_access_key = wJq8Zr2LxW0vB5nTjKpQ1sYdEf7hGc3mAuR9tXbZ\n".to_vec(),
        b"password = \"Gh7!kd92Lm\"\n".to_vec(),
        b"api_key: 951bc382db9abad29c68634761dd6e19\n".to_vec(),
        b"postgres://app:Gh7kd92Lm@db.internal:5432/orders".to_vec(),
        pem.into_bytes(),
        base64("token = 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").into_bytes(),
        wrapped.into_bytes(),
        b"\\u0067\\u0068\\u0070\\u005fzQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17".to_vec(),
        b"%67%68%70%5FzQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17".to_vec(),
        bbsec_core::hex::encode("key 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").into_bytes(),
        "x 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 y".bytes().flat_map(|b| [b, 0]).collect(),
        b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"
            .to_vec(),
        b"Server=db1;Database=B2B;User ID=b2b;Password=Gh7kd92Lm;".to_vec(),
        b"internal-key-q8Zr2LxW".to_vec(),
    ];
    prop_oneof![
        4 => prop::sample::select(known.clone()),
        2 => (prop::sample::select(known), any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(text, a, b)| {
            let (a, b) = (a.index(text.len()), b.index(text.len()));
            text[a.min(b)..a.max(b)].to_vec()
        }),
        2 => prop::sample::select(vec![b" ".to_vec(), b"\n".to_vec(), b"\"".to_vec(), b"key".to_vec(), b"=".to_vec(), b"A".to_vec(), b"0".to_vec(), vec![0]]),
        2 => "[a-z \n]{0,60}".prop_map(String::into_bytes),
        1 => (0usize..900).prop_map(|n| b"lorem ipsum dolor\n".iter().copied().cycle().take(n).collect()),
    ]
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..most).prop_map(|pieces| pieces.concat())
}

fn delta() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(
        prop_oneof![
            3 => (any::<u16>(), any::<u16>()).prop_map(|(from, len)| Op::Copy(from, len)),
            2 => bytes(3).prop_map(Op::Insert),
        ],
        1..7,
    )
}

/// Mostly what real deltas are: the whole base with a few small changes.
fn edit() -> impl Strategy<Value = Vec<Op>> {
    (any::<u16>(), any::<u16>(), bytes(2)).prop_map(|(at, skip, new)| {
        vec![Op::Copy(0, at), Op::Insert(new), Op::Copy(at.saturating_add(skip % 7), u16::MAX)]
    })
}

fn apply(base: &[u8], ops: &[Op]) -> (Vec<u8>, Edits) {
    let (mut out, mut edits) = (Vec::new(), Edits::default());
    for op in ops {
        match op {
            Op::Copy(from, len) => {
                // Spread over the whole base, so that cuts fall everywhere.
                let scale = |value: &u16| usize::from(*value) * (base.len() + 1) / 65536;
                let from = scale(from).min(base.len());
                let len = if *len == u16::MAX { base.len() } else { scale(len) };
                let part = &base[from..(from + len).min(base.len())];
                edits.copy(from, part.len());
                out.extend_from_slice(part);
            }
            Op::Insert(new) => {
                edits.insert(new.len());
                out.extend_from_slice(new);
            }
        }
    }
    edits.end(base.len());
    (out, edits)
}

fn chain_is_equal(rules: &Arc<Rules>, root: &[u8], chain: &[Vec<Op>]) -> Result<(), TestCaseError> {
    let mut engine = Engine::new(rules.clone(), Limits::default());
    let mut base = root.to_vec();
    let mut marks = engine.full(&base);
    for ops in chain {
        let (data, edits) = apply(&base, ops);
        let by_delta = engine.delta(&data, &edits, &marks, base.len());
        let mut fresh = Engine::new(rules.clone(), Limits::default());
        let whole = fresh.full(&data);
        prop_assert_eq!(
            plain(&engine, &by_delta),
            plain(&fresh, &whole),
            "in {:?}",
            String::from_utf8_lossy(&data)
        );
        (base, marks) = (data, by_delta);
    }
    Ok(())
}

/// A person's rules: a keyword that need not stand in the match, a reach of thousands of bytes, an allowlist on lines.
fn foreign() -> Arc<Rules> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.toml");
    let text = r#"
        [allowlist]
        regexTarget = "line"
        regexes = ["ipsum dolor$"]
        [[rules]]
        id = "wide"
        regex = '''[A-Z0-9]{20}'''
        keywords = ["internal"]
        [[rules]]
        id = "long"
        regex = '''(?s)begin.{10,3000}?end'''
        keywords = ["begin"]
        reach = 3100
        [[rules]]
        id = "looking"
        regex = '''\bkey\b[^\n]{0,200}?\b([0-9a-f]{32})\b'''
        keywords = ["key"]
        [[rules]]
        id = "greedy"
        regex = '''key.*'''
        keywords = ["key"]
    "#;
    std::fs::write(&file, text).unwrap();
    let (rules, refused) = Rules::load(&file).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(rules.wide.len(), 1);
    Arc::new(rules)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_delta_scan_finds_what_a_full_scan_finds(root in bytes(12), chain in prop::collection::vec(prop_oneof![edit(), delta()], 1..5)) {
        chain_is_equal(&Rules::builtin(), &root, &chain)?;
    }

    #[test]
    fn a_delta_scan_finds_what_a_full_scan_finds_with_rules_from_outside(root in bytes(12), chain in prop::collection::vec(prop_oneof![edit(), delta()], 1..5)) {
        chain_is_equal(&foreign(), &root, &chain)?;
    }
}
