//! Keeps secrets out of whatever is rendered, whatever the case holds.
//!
//! Two nets: shapes that credentials have everywhere (private key blocks, passwords in URLs, well-known tokens), and
//! the case's own fingerprints, by which a known credential is recognised wherever it stands. Over-long text is cut.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
    sync::LazyLock,
};

use bbsec_core::{ExposedSecret, Fingerprint, Fingerprinter};
use regex::{Captures, Regex, RegexSet};

use crate::words;

/// What stands in a secret's place.
const MARK: &str = "[redacted]";
/// Characters that one text may have in a report.
const LONGEST: usize = 3000;
/// Secrets shorter than this are words that stand everywhere.
const SHORTEST: usize = 6;
/// Characters that a redacted credential shows.
const SHOWN: usize = 4;
/// Texts that were looked up in vain, remembered at most.
const REMEMBERED: usize = 1 << 20;

/// Shapes; the last group of each is what is taken out.
const SHAPES: [&str; 8] = [
    r"(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z))",
    r#"(?i)\b(?:authorization|proxy-authorization)["']?\s*[:=]\s*["']?((?:basic|bearer|digest|token|aws4-hmac-sha256)\s+[^\s"']+)"#,
    r#"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"']*:([^\s/@"']+)@"#,
    r#"(?i)(?:password|passwd|passphrase|pwd|secret|secret[_.-]?key|token|api[_.-]?key|private[_.-]?key|client[_.-]?secret|jsessionid|signature|bitbucketsessionid|rememberme)["']?(?:\s*=\s*|["']\s*:\s*)["']?([^\s"'&,;]+)"#,
    r#"(?i)(?:password|passwd|passphrase)\s*:\s+["']?([^\s"'&,;]+)"#,
    r"\b((?:gh[pousr]_|github_pat_|glpat-|xox[abposr]-|xapp-|npm_|sk_live_|rk_live_|SG\.|AIza|ATATT3|ATCTT3|ATBB|BBDC-|dckr_pat_|hvs\.|pypi-)[A-Za-z0-9_\-=.]{16,})",
    r"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)",
    r"(?:^|[^A-Za-z0-9+/=])([A-Za-z0-9+/]{40})(?:$|[^A-Za-z0-9+/=])",
];

static ANY: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(SHAPES).ok());
static EACH: LazyLock<Vec<Regex>> =
    LazyLock::new(|| SHAPES.iter().filter_map(|s| Regex::new(s).ok()).collect());

/// Takes secrets out of text.
#[derive(Debug)]
pub struct Redactor {
    fingerprinter: Fingerprinter,
    known: HashSet<String>,
    /// Lengths in characters of known secrets that show no beginning.
    short: BTreeSet<usize>,
    /// Lengths of the others, by their beginning of four characters.
    long: HashMap<String, BTreeSet<usize>>,
    missed: RefCell<HashSet<u64>>,
}

impl Redactor {
    /// Knows the case's credentials by fingerprint.
    pub fn new(fingerprinter: Fingerprinter, secrets: &[ExposedSecret]) -> Self {
        // An access key id found alone is its own public name: without it no line could say what to rotate.
        let hidden = |secret: &&ExposedSecret| {
            secret.public_id.as_ref().is_none_or(|id| fingerprinter.of(id.as_bytes()) != secret.fingerprint)
        };
        let secrets: Vec<&ExposedSecret> = secrets.iter().filter(hidden).collect();
        let mut new = Self {
            fingerprinter,
            known: secrets.iter().map(|secret| secret.fingerprint.0.clone()).collect(),
            short: BTreeSet::new(),
            long: HashMap::new(),
            missed: RefCell::new(HashSet::new()),
        };
        for secret in secrets {
            // What was stored in the clear is looked for all the same.
            let (start, length) =
                shown(&secret.secret).unwrap_or_else(|| ("", secret.secret.chars().count()));
            if !(SHORTEST..=LONGEST).contains(&length) {
                continue;
            }
            // A beginning with an escape is not the text's own.
            if start.chars().count() == SHOWN && !start.contains('\\') {
                new.long.entry(start.to_owned()).or_default().insert(length);
            } else {
                new.short.insert(length);
            }
        }
        new
    }

    /// Knows shapes alone.
    pub fn shapes_only() -> Self {
        Self::new(Fingerprinter::unkeyed(), &[])
    }

    /// Cuts and redacts in place.
    pub fn clean(&self, text: &mut String) {
        if text.len() > LONGEST && text.chars().nth(LONGEST).is_some() {
            *text = shorten(text);
        }
        while let Some((from, to)) = self.known_in(text) {
            text.replace_range(from..to, MARK);
        }
        if ANY.as_ref().is_none_or(|any| any.is_match(text)) {
            for shape in EACH.iter() {
                if shape.is_match(text) {
                    *text = shape.replace_all(text, hide).into_owned();
                }
            }
        }
    }

    /// The redacted form of a credential, and nothing else, whatever was stored.
    pub fn secret(&self, text: &mut String) {
        if shown(text).is_none() {
            *text = format!("…({})", text.chars().count());
        }
    }

    /// Where a known credential stands, as byte offsets.
    fn known_in(&self, text: &str) -> Option<(usize, usize)> {
        if self.known.is_empty() || (self.short.is_empty() && self.long.is_empty()) {
            return None;
        }
        let edges = edges(text);
        for (index, &(start, start_char)) in edges.iter().enumerate() {
            let rest = text.get(start..).unwrap_or_default();
            let head = rest.char_indices().nth(SHOWN).and_then(|(at, _)| rest.get(..at));
            let long = head.and_then(|head| self.long.get(head));
            let longest = long.and_then(BTreeSet::last).max(self.short.last()).copied().unwrap_or(0);
            if longest == 0 {
                continue;
            }
            for &(end, end_char) in edges.get(index + 1..).unwrap_or_default() {
                let length = end_char - start_char;
                if length > longest {
                    break;
                }
                let fits = self.short.contains(&length) || long.is_some_and(|long| long.contains(&length));
                if fits && text.get(start..end).is_some_and(|part| self.is_known(part)) {
                    return Some((start, end));
                }
            }
        }
        None
    }

    fn is_known(&self, part: &str) -> bool {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        part.hash(&mut hasher);
        let key = hasher.finish();
        if self.missed.borrow().contains(&key) {
            return false;
        }
        let Fingerprint(print) = self.fingerprinter.of(part.as_bytes());
        let found = self.known.contains(&print);
        if !found && self.missed.borrow().len() < REMEMBERED {
            self.missed.borrow_mut().insert(key);
        }
        found
    }
}

/// The beginning and the length that a redacted credential shows: `abcd…(21)`.
fn shown(redacted: &str) -> Option<(&str, usize)> {
    let (start, rest) = redacted.split_once('…')?;
    let length = rest.strip_prefix('(')?.strip_suffix(')')?.parse().ok()?;
    // Escapes make a beginning of four characters longer.
    (start.chars().count() <= SHOWN || start.contains('\\')).then_some((start, length))
}

/// Where words begin and end: byte and character offsets, with the text's two ends.
fn edges(text: &str) -> Vec<(usize, usize)> {
    let mut edges = vec![(0, 0)];
    let mut before: Option<bool> = None;
    let mut count = 0;
    for (at, c) in text.char_indices() {
        let word = c.is_alphanumeric();
        if before.is_some_and(|before| before != word || !word) && at > 0 {
            edges.push((at, count));
        }
        before = Some(word);
        count += 1;
    }
    edges.push((text.len(), count));
    edges
}

/// Cuts, and drops the last word, which may be the beginning of a secret.
fn shorten(text: &str) -> String {
    let at = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    let kept = text.get(..at).unwrap_or_default();
    let end = kept.rfind(|c: char| !c.is_alphanumeric()).filter(|end| kept.len() - end < 512);
    let end = end.unwrap_or_else(|| kept.char_indices().rev().nth(512).map_or(0, |(at, _)| at));
    format!(
        "{}… (cut; {} bytes in all)",
        kept.get(..end).unwrap_or_default(),
        words::count(text.len() as u64)
    )
}

fn hide(captures: &Captures<'_>) -> String {
    let (Some(all), Some(value)) = (captures.get(0), captures.get(captures.len() - 1)) else {
        return MARK.into();
    };
    let (text, secret) = (all.as_str(), value.as_str());
    if innocent(secret) {
        return text.to_owned();
    }
    let from = value.start() - all.start();
    let to = value.end() - all.start();
    format!("{}{MARK}{}", text.get(..from).unwrap_or_default(), text.get(to..).unwrap_or_default())
}

/// What has a shape and is no secret: ids, what is redacted already, hexadecimal digests and plain words of 40.
fn innocent(value: &str) -> bool {
    let all = |test: fn(&char) -> bool| value.chars().all(|c| test(&c));
    let has = |test: fn(&char) -> bool| value.chars().any(|c| test(&c));
    value.starts_with("[redacted]")
        || value.starts_with("id:")
        || value.starts_with('…')
        || (value.len() <= 10 && all(char::is_ascii_digit))
        || (value.len() == 40
            && !(has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit)))
        || (value.len() == 40 && value.matches('/').count() > 3)
}

#[cfg(test)]
mod tests {
    use bbsec_core::SecretBytes;

    use super::*;

    fn clean(redactor: &Redactor, text: &str) -> String {
        let mut text = text.to_owned();
        redactor.clean(&mut text);
        text
    }

    #[test]
    fn shapes_are_taken_out_and_ids_stay() {
        let redactor = Redactor::shapes_only();
        for (text, cleaned) in [
            ("GET /x?access_token=abc%20d&y=1", "GET /x?access_token=[redacted]&y=1"),
            ("postgres://app:hunter2@db/main", "postgres://app:[redacted]@db/main"),
            ("Authorization: Basic dXNlcjpwYXNz x", "Authorization: [redacted] x"),
            ("{\"password\": \"hunter2\"}", "{\"password\": \"[redacted]\"}"),
            ("jdbc.password=hunter2", "jdbc.password=[redacted]"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII", "[redacted]"),
            ("label access-token:id:42", "label access-token:id:42"),
            ("token=42", "token=42"),
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.", "key [redacted]."),
            ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE used"),
        ] {
            assert_eq!(clean(&redactor, text), cleaned);
        }
    }

    #[test]
    fn a_known_credential_is_recognised_wherever_it_stands() {
        let fingerprinter = Fingerprinter::keyed_with(b"case".to_vec());
        let secrets: Vec<ExposedSecret> = ["zq7!kd=/w", "correct-horse battery staple"]
            .iter()
            .map(|value| {
                let bytes = SecretBytes::new(value.as_bytes().to_vec());
                let mut secret = crate::example::secret(&fingerprinter, value, "generic", "r");
                secret.secret = bytes.redacted();
                secret
            })
            .collect();
        let redactor = Redactor::new(fingerprinter, &secrets);
        assert_eq!(clean(&redactor, "x=zq7!kd=/w&y"), "x=[redacted]&y");
        assert_eq!(clean(&redactor, "(correct-horse battery staple)"), "([redacted])");
        assert_eq!(clean(&redactor, "correct-horse battery stapler"), "correct-horse battery stapler");
    }

    #[test]
    fn a_secret_that_was_stored_in_the_clear_is_not_shown() {
        let mut text = String::from("hunter2hunter2");
        Redactor::shapes_only().secret(&mut text);
        assert_eq!(text, "…(14)");
    }

    #[test]
    fn five_megabytes_are_cut() {
        let mut text = "ab ".repeat(1_800_000);
        Redactor::shapes_only().clean(&mut text);
        assert!(text.len() < 4000 && text.ends_with("(cut; 5,400,000 bytes in all)"), "{}", text.len());
    }
}
