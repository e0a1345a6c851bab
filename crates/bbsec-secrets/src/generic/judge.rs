//! Whether an assigned value is a credential, and how sure that is.

use bbsec_core::{Confidence, Severity};

use super::{
    Assigned,
    names::{Promise, promise, public},
    providers,
};
use crate::{
    bytes::{self, contains_ignore_case, sub},
    judge::{Verdict, context, placeholder, random},
    rules::Rules,
};

/// How far before the keyword a provider's name may stand.
const BESIDE: usize = 44;

/// The rule under which an assignment is reported, and how sure; `None` when it is no credential.
pub(crate) fn judge(rules: &Rules, data: &[u8], value: &Assigned) -> Option<(u32, Verdict)> {
    let secret = sub(data, value.secret.0, value.secret.1);
    if secret.len() < 4 || secret.len() > 256 {
        return None;
    }
    let promise = promise(data, value.keyword, value.name)?;
    let stand_in = placeholder(secret);
    if stand_in.is_some_and(crate::judge::Placeholder::expression) {
        return None;
    }
    let name = sub(data, value.name.0, value.name.1);
    let before = sub(data, value.keyword.0.saturating_sub(BESIDE), value.keyword.0);
    let before = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    let provider =
        providers::named(before).or_else(|| providers::named(sub(data, value.keyword.1, value.name.1)));
    let rate = match promise {
        Promise::Password => {
            password(rules, secret, value, own_line(data, value) && !named_again(secret, name))
        }
        _ => token(rules, secret, value, promise, name, provider),
    };
    let (rule, mut confidence) = rate?;
    let mut notes = Vec::new();
    if let Some(reason) = stand_in {
        // Words such as `changeme` make a nameless value nothing; beside a provider's name it stays, at low.
        if reason == crate::judge::Placeholder::Word && provider.is_none() && promise != Promise::Password {
            return None;
        }
        confidence = Confidence::Low;
        notes.push(reason.reason().to_owned());
    }
    notes.extend(context(bytes::line_around(data, value.span.0, value.span.1, 100)));
    let severity = rules.at(rule).map_or(Severity::Medium, |rule| rule.severity);
    Some((
        rule,
        Verdict { severity, confidence, provider: provider.map(str::to_owned), public_id: None, notes },
    ))
}

fn token(
    rules: &Rules,
    secret: &[u8],
    value: &Assigned,
    promise: Promise,
    name: &[u8],
    provider: Option<&str>,
) -> Option<(u32, Confidence)> {
    if secret.iter().any(u8::is_ascii_whitespace) || code(secret) {
        return None;
    }
    let random = random(secret);
    let digits = secret.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = secret.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let names_a_secret = contains_ignore_case(name, b"secret")
        && ![&b"secretsid"[..], b"secret_name", b"secretname"]
            .iter()
            .any(|id| contains_ignore_case(name, id));
    if public(name) && !names_a_secret {
        return None;
    }
    if provider.is_some() && value.whole {
        let tokenish = secret.len() >= 14
            && letters >= 2
            && (digits >= 2 || (secret.len() >= 20 && (random || digits >= 1)))
            && !contains_ignore_case(secret, b"://");
        let long_letters =
            value.secret.1 - value.secret.0 >= 20 && letters == secret.len() && !spoken(secret);
        let long = secret.len() >= 32 && secret.iter().all(u8::is_ascii_alphanumeric) && !spoken(secret);
        if tokenish || long_letters || long {
            let sure = random && (!value.loose || promise == Promise::Strong) && secret.len() >= 20;
            // A provider whose tokens have a form of their own that this value lacks: perhaps an older kind, perhaps not.
            let odd = provider.is_some_and(|provider| rules.knows(provider));
            let confidence = if sure && !odd { Confidence::Medium } else { Confidence::Low };
            return Some((rules.assignment.named?, confidence));
        }
    }
    if value.loose {
        // Only blanks between: the value must look like nothing but a token.
        let like =
            secret.len() >= 20 && random && secret.iter().all(u8::is_ascii_alphanumeric) && digits >= 4;
        return if like && value.whole { Some((rules.assignment.secret?, Confidence::Low)) } else { None };
    }
    if random && secret.len() >= 16 && value.whole {
        if named_again(secret, name) {
            return None;
        }
        // Sixteen random characters are as often an id; a UUID nearly always is.
        let sure = promise == Promise::Strong && secret.len() >= 24 && !path(secret) && !uuid(secret);
        let confidence = if sure { Confidence::Medium } else { Confidence::Low };
        return Some((rules.assignment.secret?, confidence));
    }
    let odd = digits >= 2 || secret.iter().any(|b| matches!(b, b'!' | b'#' | b'$' | b'%' | b'^' | b'*'));
    let plain = promise == Promise::Strong
        && value.quoted
        && secret.len() >= 8
        && letters >= 3
        && (odd || (contains_ignore_case(name, b"secret") && memchr::memchr(b'-', secret).is_some()))
        && !path(secret)
        && !named_again(secret, name);
    plain.then_some(()).and(rules.assignment.secret).map(|rule| (rule, Confidence::Low))
}

fn password(rules: &Rules, secret: &[u8], value: &Assigned, own_line: bool) -> Option<(u32, Confidence)> {
    let rule = rules.assignment.password?;
    if secret.iter().any(u8::is_ascii_whitespace) || code(secret) || label(secret) {
        return None;
    }
    let digits = secret.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = secret.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let marks = secret.len() - digits - letters;
    if letters == 0 && digits < 6 {
        return None;
    }
    let mixed = letters >= 2 && (digits >= 1 || marks >= 1);
    if value.quoted {
        let sure = mixed && secret.len() >= 8 && digits + marks >= 2 && !path(secret) && !value.loose;
        if sure && !common(secret) {
            return Some((rule, Confidence::Medium));
        }
        return (mixed || secret.len() >= 5).then_some((rule, Confidence::Low));
    }
    let plain = mixed || (own_line && (letters == secret.len() || memchr::memchr(b'_', secret).is_some()));
    let whole = value.whole && !value.loose && secret.len() >= 6 && !path(secret);
    (whole && plain).then_some((rule, Confidence::Low))
}

/// Whether the assignment is all that its line holds, as in properties and environment files.
fn own_line(data: &[u8], value: &Assigned) -> bool {
    let before = sub(data, value.name.0.saturating_sub(24), value.name.0);
    let before = before.rsplit(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
    let after = sub(data, value.secret.1, (value.secret.1 + 8).min(data.len()));
    let after = after.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
    (before.is_empty() || matches!(before, b"#" | b";" | b"-" | b"export" | b"set" | b"//"))
        && (after.is_empty() || after.starts_with(b"#"))
}

/// Calls, members, indexes: code that yields a value elsewhere.
fn code(secret: &[u8]) -> bool {
    if memchr::memchr3(b'(', b'[', b'{', secret).is_some() && !secret.iter().any(u8::is_ascii_digit) {
        return true;
    }
    // a.b.c of plain words is a member, a file or a host.
    let parts: Vec<&[u8]> = secret.split(|b| *b == b'.').collect();
    parts.len() >= 2
        && parts.iter().all(|part| {
            !part.is_empty()
                && part.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                && part.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_' || *b == b'-')
        })
}

/// `8-4-4-4-12` hexadecimal digits (RFC 9562).
fn uuid(secret: &[u8]) -> bool {
    let parts: Vec<&[u8]> = secret.split(|b| *b == b'-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.iter().all(u8::is_ascii_hexdigit))
}

/// Paths and addresses.
fn path(secret: &[u8]) -> bool {
    secret.starts_with(b"/")
        || secret.starts_with(b"./")
        || secret.starts_with(b"~/")
        || memchr::memmem::find(secret, b"://").is_some()
        || memchr::memchr_iter(b'/', secret).count() * 6 > secret.len()
}

/// Texts of a form: `Password:`, `password`, `Passwort`.
fn label(secret: &[u8]) -> bool {
    let words: &[&[u8]] = &[
        b"passwo",
        b"passwd",
        b"string",
        b"null",
        b"none",
        b"true",
        b"false",
        b"undefined",
        b"required",
        b"hidden",
        b"input",
        b"confirm",
        b"contrase",
        b"mot_de_passe",
        b"wachtwoord",
        b"field",
        b"text",
        b"****",
        b"....",
    ];
    secret.ends_with(b":")
        || secret.starts_with(b"#")
        || secret.starts_with(b".")
        || (words.iter().any(|word| contains_ignore_case(secret, word) && secret.len() < word.len() + 8)
            && !secret.iter().any(u8::is_ascii_digit))
}

fn common(secret: &[u8]) -> bool {
    let words: &[&[u8]] = &[b"password", b"passw0rd", b"123456", b"admin", b"qwerty", b"letmein", b"secret"];
    words.iter().any(|word| contains_ignore_case(secret, word))
}

/// `secretKey: "secret_key"`.
fn named_again(secret: &[u8], name: &[u8]) -> bool {
    let fold = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (secret, name) = (fold(secret), fold(name));
    !secret.is_empty()
        && (memchr::memmem::find(&name, &secret).is_some() || memchr::memmem::find(&secret, &name).is_some())
}

/// Letters that read as words: cases change seldom and vowels are about as common as in speech.
fn spoken(secret: &[u8]) -> bool {
    let vowels =
        secret.iter().filter(|b| matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u')).count();
    !random(secret) && vowels * 4 >= secret.len()
}
