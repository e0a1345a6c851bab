//! Ordinary files: source, configuration, lock files. They hold what looks like secrets and is none.

use super::rng::{HEX, Rng};

const NOUNS: [&str; 24] = [
    "account", "batch", "cart", "charge", "client", "customer", "event", "export", "filter", "invoice",
    "ledger", "limit", "order", "page", "payment", "price", "queue", "record", "refund", "report", "session",
    "stock", "transfer", "worker",
];
const VERBS: [&str; 12] = [
    "apply", "build", "check", "close", "fetch", "find", "load", "merge", "parse", "read", "store", "update",
];
const FOLDERS: [&str; 6] = ["src/main", "src/core", "lib", "service", "app", "internal"];

/// A path and a content that fit together.
pub fn file(rng: &mut Rng) -> (String, Vec<u8>) {
    let (folder, noun) = (*rng.pick(&FOLDERS), *rng.pick(&NOUNS));
    match rng.below(6) {
        0 => (format!("{folder}/{noun}.py"), python(rng).into_bytes()),
        1 => (format!("config/{noun}.yaml"), yaml(rng).into_bytes()),
        2 => (format!("{folder}/package-lock.json"), lock_file(rng).into_bytes()),
        3 => (format!("docs/{noun}.md"), prose(rng).into_bytes()),
        4 => (format!("assets/{noun}.bin"), rng.bytes::<96>().to_vec()),
        _ => {
            let verb = *rng.pick(&VERBS);
            (format!("{folder}/{}{}.java", capital(noun), capital(verb)), java(rng).into_bytes())
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn java(rng: &mut Rng) -> String {
    let (noun, verb) = (*rng.pick(&NOUNS), *rng.pick(&VERBS));
    let mut out = format!("package com.example.{noun};\n\npublic class {} {{\n", capital(noun));
    for number in 0..rng.between(3, 14) {
        let field = rng.pick(&NOUNS);
        out.push_str(&format!(
            "    public long {verb}{}{number}(long {field}) {{\n        return {field} * {} + {number};\n    }}\n",
            capital(field),
            rng.below(1000)
        ));
    }
    out + "}\n"
}

fn python(rng: &mut Rng) -> String {
    let mut out = String::from("import os\nimport logging\n\nlog = logging.getLogger(__name__)\n\n");
    for _ in 0..rng.between(3, 10) {
        let (noun, verb) = (rng.pick(&NOUNS), rng.pick(&VERBS));
        out.push_str(&format!(
            "def {verb}_{noun}({noun}):\n    token = os.environ.get(\"{}_TOKEN\")\n    log.info(\"{verb} %s\", {noun})\n    return {noun}, token\n\n",
            noun.to_uppercase()
        ));
    }
    out
}

fn yaml(rng: &mut Rng) -> String {
    format!(
        "service: {}\nreplicas: {}\nimage: registry.example.com/{}@sha256:{}\nenv:\n  DB_PASSWORD: ${{DB_PASSWORD}}\n  API_KEY: changeme\n  TRACE_ID: {}\n",
        rng.pick(&NOUNS),
        rng.between(1, 6),
        rng.pick(&NOUNS),
        rng.text(HEX, 64),
        rng.uuid()
    )
}

fn lock_file(rng: &mut Rng) -> String {
    let mut out = String::from("{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n");
    let count = rng.between(4, 12);
    for number in 0..count {
        let digest = super::base64::encode(&rng.bytes::<64>());
        let comma = if number + 1 == count { "" } else { "," };
        out.push_str(&format!(
            "    \"node_modules/{}-{number}\": {{ \"version\": \"{}.{}.0\", \"integrity\": \"sha512-{digest}\" }}{comma}\n",
            rng.pick(&NOUNS),
            rng.below(9),
            rng.below(30)
        ));
    }
    out + "  }\n}\n"
}

fn prose(rng: &mut Rng) -> String {
    let mut out = String::from("# Notes\n\n");
    for _ in 0..rng.between(3, 12) {
        let (a, b, verb) = (rng.pick(&NOUNS), rng.pick(&NOUNS), rng.pick(&VERBS));
        out.push_str(&format!("To {verb} the {a}, ask the {b} first; see commit {}.\n", rng.text(HEX, 40)));
    }
    out + "\nSet AWS_ACCESS_KEY_ID in the environment, never here.\n"
}

/// A commit message.
pub fn message(rng: &mut Rng) -> String {
    let (verb, noun) = (*rng.pick(&VERBS), *rng.pick(&NOUNS));
    format!(
        "{} the {noun} ({}-{})\n",
        capital(verb),
        rng.pick(&["PAY", "OPS", "WEB", "DATA"]),
        rng.below(4000)
    )
}
