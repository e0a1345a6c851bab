//! JSON Web Tokens (RFC 7519): header and claims tell who issued them and until when they hold.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bbsec_core::{Confidence, Severity, Time};
use serde_json::Value;

use super::Said;

pub(super) fn jwt(token: &[u8]) -> Said {
    let mut parts = token.split(|b| *b == b'.');
    let json = |part: Option<&[u8]>| -> Option<Value> {
        let text: Vec<u8> = part?.iter().copied().filter(|b| *b != b'=').collect();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let Some(header) = json(parts.next()) else {
        return Said { cap: Some(Confidence::Low), ..Said::default() }.note("its header does not decode");
    };
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let claims = json(parts.next());
    let text = |key: &str| {
        let value = header.get(key).or_else(|| claims.as_ref().and_then(|claims| claims.get(key)))?;
        Some(value.as_str()?.chars().take(120).collect::<String>())
    };
    let issuer = text("iss");
    let public_id = text("kid").or_else(|| {
        issuer
            .as_ref()
            .map(|issuer| text("sub").map_or(issuer.clone(), |subject| format!("{subject}@{issuer}")))
    });
    let mut said = Said { public_id, ..Said::default() };
    if claims.is_none() {
        said.cap = Some(Confidence::Medium);
        said = said.note("its claims do not decode: encrypted, cut or made up");
    }
    if let Some(issuer) = issuer {
        said = said.note(format!("issued by {issuer}"));
    }
    if algorithm.eq_ignore_ascii_case("none") {
        said = said.note("it is not signed");
    }
    let expiry = claims.as_ref().and_then(|claims| claims.get("exp")).and_then(Value::as_i64);
    if let Some(seconds) = expiry {
        let at = Time::from_micros(seconds.saturating_mul(1_000_000));
        said = said.note(format!("valid until {}", at.short()));
        if at < Time::now() {
            said.severity = Some(Severity::Low);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7519_tells_its_issuer() {
        let token = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let said = jwt(token);
        assert_eq!(said.public_id.as_deref(), Some("joe"));
        assert_eq!(said.severity, Some(Severity::Low));
        assert!(said.notes.iter().any(|note| note == "valid until 2011-03-22 18:43:00Z"), "{:?}", said.notes);
    }
}
