//! What a name says: that its value is secret, or that it only sounds so.

use crate::bytes::{at, contains_ignore_case, sub};

/// How much a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Promise {
    /// A password.
    Password,
    /// A token, secret or API key.
    Strong,
    /// `key`, `auth`, `access` alone.
    Weak,
}

/// Names whose values are public, or no credentials at all.
const PUBLIC: &[&[u8]] = &[
    b"public",
    b"pubkey",
    b"keyid",
    b"key_id",
    b"key-id",
    b"keyname",
    b"credentialid",
    b"credentialsid",
    b"secretsid",
    b"secret_name",
    b"secretname",
    b".url",
    b"key_name",
    b"token_type",
    b"tokentype",
    b"token_url",
    b"token_uri",
    b"tokenurl",
    b"_url",
    b"_uri",
    b"_path",
    b"_file",
    b"filename",
    b"endpoint",
    b"hash",
    b"sha1",
    b"sha256",
    b"md5",
    b"checksum",
    b"integrity",
    b"digest",
    b"fingerprint",
    b"cache",
    b"primary",
    b"foreign",
    b"sortkey",
    b"sort_key",
    b"rowkey",
    b"hotkey",
    b"shortcut_key",
    b"keycode",
    b"key_code",
    b"keysize",
    b"key_size",
    b"keylen",
    b"keystore",
    b"label",
    b"_name",
    b"placeholder",
    b"message",
    b"error",
    b"title",
    b"policy",
    b"regex",
    b"pattern",
    b"validator",
    b"csrf",
    b"xsrf",
    b"recaptcha_site",
    b"site_key",
    b"sitekey",
    b"publishable",
    b"publickeytoken",
    b"tokenizer",
    b"keyword",
    b"i18n",
    b"locale",
    b"translation",
    b"selector",
    b"schema",
    b"access_type",
    b"accesslevel",
    b"access_level",
    b"access_mode",
    b"access_time",
    b"last_access",
    b"arn",
    b"length",
    b"expires",
    b"expiry",
    b"issuer",
    b"header",
    b"prefix",
    b"suffix",
    b"index",
];

/// What the name at a keyword promises; `None` when the keyword is part of another word.
pub(super) fn promise(data: &[u8], keyword: (usize, usize), name: (usize, usize)) -> Option<Promise> {
    let word = sub(data, keyword.0, keyword.1).to_ascii_lowercase();
    let before = keyword.0.checked_sub(1).and_then(|i| at(data, i)).unwrap_or(b' ');
    let first = at(data, keyword.0).unwrap_or(b' ');
    let next = at(data, keyword.1).unwrap_or(b' ');
    let last = at(data, keyword.1.saturating_sub(1)).unwrap_or(b' ');
    let starts = !before.is_ascii_alphabetic() || (before.is_ascii_lowercase() && first.is_ascii_uppercase());
    let ends = !next.is_ascii_alphabetic() || (last.is_ascii_lowercase() && next.is_ascii_uppercase());
    let rest = sub(data, keyword.1, (keyword.1 + 8).min(data.len())).to_ascii_lowercase();
    let whole = sub(data, name.0, name.1);
    match word.as_slice() {
        b"pass" => {
            let longer: &[&[u8]] = &[b"word", b"wd", b"phrase", b"code"];
            // `bypass` and `compass` are words, `dbpass` is a name.
            let word = before.is_ascii_alphabetic() && !starts && !ends_in_name(data, keyword.0);
            (longer.iter().any(|tail| rest.starts_with(tail)) || (ends && !word)).then_some(Promise::Password)
        }
        b"pwd" => (starts && ends).then_some(Promise::Password),
        b"secret" => (ends || rest.starts_with(b"s") || rest.starts_with(b"key")).then_some(Promise::Strong),
        b"token" => (ends || rest.starts_with(b"s\"")).then_some(Promise::Strong),
        b"credential" => Some(Promise::Strong),
        b"key" => {
            if !ends {
                return None;
            }
            let strong: &[&[u8]] = &[
                b"api",
                b"secret",
                b"access",
                b"private",
                b"auth",
                b"encrypt",
                b"sign",
                b"master",
                b"app",
                b"client",
                b"consumer",
                b"account",
                b"service",
                b"shared",
                b"storage",
                b"license",
                b"subscription",
                b"session",
            ];
            if strong.iter().any(|word| contains_ignore_case(whole, word)) {
                return Some(Promise::Strong);
            }
            Some(if starts { Promise::Weak } else { return joined_key(data, keyword.0) })
        }
        b"auth" => {
            (ends || rest.starts_with(b"enti") || rest.starts_with(b"oriz") || rest.starts_with(b"token"))
                .then_some(Promise::Weak)
        }
        b"private" | b"access" => {
            (ends || rest.starts_with(b"key") || rest.starts_with(b"token")).then_some(Promise::Weak)
        }
        _ => None,
    }
}

/// `dbpass`, `userpass`, `mysqlpass`.
fn ends_in_name(data: &[u8], start: usize) -> bool {
    let before = sub(data, start.saturating_sub(5), start).to_ascii_lowercase();
    let names: &[&[u8]] =
        &[b"db", b"user", b"sql", b"root", b"admin", b"my", b"mail", b"smtp", b"ldap", b"ssh"];
    names.iter().any(|name| before.ends_with(name))
}

/// `finnhubkey` may be a provider's; `monkey` is a word.
fn joined_key(data: &[u8], start: usize) -> Option<Promise> {
    let before = sub(data, start.saturating_sub(5), start).to_ascii_lowercase();
    let words: &[&[u8]] = &[b"mon", b"tur", b"hoc", b"joc", b"don", b"whis", b"tas", b"hot", b"pass"];
    (!words.iter().any(|word| before.ends_with(word))).then_some(Promise::Weak)
}

/// Whether the name says that the value is public.
pub(super) fn public(name: &[u8]) -> bool {
    PUBLIC.iter().any(|word| contains_ignore_case(name, word))
}
