//! The beginning of a run: its inputs and its journal line, or what the journal tells of an earlier try.

use std::collections::BTreeMap;

use bbsec_case::Case;
use bbsec_core::{Exit, Failure};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::RunRequest;
use crate::{
    inputs::resolve_inputs,
    state::{self, Told},
};

/// The run id, its inputs, and what the journal tells of its steps.
type Begun = (String, Map<String, Value>, BTreeMap<String, Told>);

pub(super) fn begin(request: &RunRequest<'_>, case: &mut Case) -> Result<Begun, Failure> {
    let sha256 = bbsec_core::hex::encode(Sha256::digest(request.text.as_bytes()));
    let journal = case.journal();
    let failed = |error| Failure::because("the run cannot be written down", error);
    let Some(run) = &request.resume else {
        let inputs = resolve_inputs(&request.playbook.inputs, &request.given)?;
        let run = case.start_run(&request.playbook.name).map_err(failed)?.to_string();
        case.write_run_file(&run, "playbook.yaml", request.text.as_bytes()).map_err(failed)?;
        let body = json!({
            "playbook": request.playbook.name.value(), "playbook_sha256": sha256, "inputs": inputs,
            "mode": request.mode, "tool": concat!("bbsec-ir ", env!("CARGO_PKG_VERSION")),
        });
        journal.append("run-started", Some(&run), None, body).map_err(failed)?;
        return Ok((run, inputs, BTreeMap::new()));
    };
    let story = state::story(case, run)?;
    if story.playbook_sha256 != sha256 && !request.accept_changes {
        return Err(Failure::new(Exit::Usage, format!("the playbook has changed since run `{run}` began"))
            .help(format!("compare it with runs/{run}/playbook.yaml, then go on with --accept-changes")));
    }
    let mut inputs = story.inputs;
    inputs.extend(request.given.clone());
    // An accepted playbook may have dropped an input.
    inputs.retain(|name, _| request.playbook.inputs.contains_key(name) || request.given.contains_key(name));
    let inputs = resolve_inputs(&request.playbook.inputs, &inputs)?;
    let body =
        json!({"playbook_sha256": sha256, "inputs": inputs, "accepted": story.playbook_sha256 != sha256});
    journal.append("run-resumed", Some(run), None, body).map_err(failed)?;
    Ok((run.clone(), inputs, story.steps))
}
