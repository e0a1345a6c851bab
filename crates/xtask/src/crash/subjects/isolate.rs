//! `isolate` with everything that it can change, taken back by `release`; and `release` itself.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::crash::{Place, State, Subject};

/// `isolate`.
#[derive(Debug, Clone, Copy)]
pub struct Isolate;

/// `release`, after an isolation that nothing disturbed.
#[derive(Debug, Clone, Copy)]
pub struct Release;

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

impl Subject for Isolate {
    fn name(&self) -> &'static str {
        "isolate"
    }

    fn begin(&self, place: &Place<'_>) -> Result<Vec<String>> {
        let node = place.lab()?.fact("node1")?;
        Ok(words(&format!(
            "isolate --instance {node} --cut-tracked --revoke-role-sessions --no-wait --yes --format json"
        )))
    }

    fn take_back(&self, _: &Place<'_>) -> Result<Option<Vec<String>>> {
        Ok(Some(words("release --yes")))
    }

    fn state(&self, place: &Place<'_>) -> Result<State> {
        state(place)
    }
}

impl Subject for Release {
    fn name(&self) -> &'static str {
        "release"
    }

    fn prepare(&self, place: &Place<'_>) -> Result<()> {
        let ended = place.program(&Isolate.begin(place)?, &[])?;
        // 7: paths that neither groups nor ACLs can cut, which the lab's node has.
        ensure!(matches!(ended.code, Some(0 | 7)), "isolate: {}: {}", ended.words(), ended.complaint());
        Ok(())
    }

    fn begin(&self, _: &Place<'_>) -> Result<Vec<String>> {
        Ok(words("release --yes"))
    }

    /// 3: it was killed when everything was written down already, and finds nothing more to release.
    fn is_done(&self, code: i32, undisturbed: i32) -> bool {
        code == undisturbed || code == 3
    }

    fn state(&self, place: &Place<'_>) -> Result<State> {
        state(place)
    }
}

fn state(place: &Place<'_>) -> Result<State> {
    let mut seen = place.boto(include_str!("isolate.py"))?;
    let mut take = |key: &str| seen.get_mut(key).map(Value::take).unwrap_or_default();
    Ok(State { end: take("end"), world: take("world") })
}
