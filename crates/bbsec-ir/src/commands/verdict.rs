//! The plan and the verdict of `isolate`, as people read them.

use bbsec_aws::{Isolation, State};
use serde_json::Value;

use crate::show;

/// The verdict, or the plan, in plain words.
pub(super) fn plain(output: &Value) -> String {
    let mut text = String::new();
    if let Some(summary) = output.get("summary").and_then(Value::as_str) {
        text.push_str(&format!("{}\n", bbsec_core::escape::terminal(summary)));
    }
    for change in output.get("changes").and_then(Value::as_array).into_iter().flatten() {
        if let Ok(change) = serde_json::from_value::<bbsec_core::Change>(change.clone()) {
            text.push_str(&format!("  would change {}\n", show::change(&change)));
        }
    }
    if let Ok(isolation) = serde_json::from_value::<Isolation>(output.clone())
        && !isolation.instances.is_empty()
    {
        text.push_str(&verdict(&isolation));
    }
    text
}

/// Every path, cut or not, in plain words: what is open first.
fn verdict(isolation: &Isolation) -> String {
    let mut text = String::new();
    let mut line = |indent: usize, words: &str| {
        text.push_str(&format!("{:indent$}{}\n", "", bbsec_core::escape::terminal(words)));
    };
    for node in &isolation.instances {
        let word = if node.established { "ISOLATED" } else { "NOT ISOLATED" };
        line(0, &format!("{}: {word}", node.instance));
        for (state, title) in
            [(State::Open, "still open"), (State::Allowed, "allowed by you"), (State::Cut, "cut")]
        {
            let paths: Vec<_> = node.paths.iter().filter(|path| path.state == state).collect();
            if paths.is_empty() {
                continue;
            }
            line(2, &format!("{title} ({}):", paths.len()));
            for path in paths {
                let through =
                    if path.through.is_empty() { String::new() } else { format!(" ({})", path.through) };
                line(
                    4,
                    &format!(
                        "{} {} {} via {}{through}, {} connections: {}",
                        path.interface, path.family, path.direction, path.via, path.connections, path.why
                    ),
                );
            }
        }
        for setting in node.settings.iter().filter(|setting| !setting.holds) {
            line(
                2,
                &format!("not as wanted: {} is {}, wanted {}", setting.name, setting.found, setting.wanted),
            );
        }
        for problem in &node.problems {
            line(2, &format!("problem: {problem}"));
        }
        if !node.cannot_cut.is_empty() {
            line(2, "neither groups nor network ACLs can cut:");
            for limit in &node.cannot_cut {
                line(4, &format!("{}: {}", limit.path, limit.why));
                if !limit.help.is_empty() {
                    line(6, &limit.help);
                }
            }
        }
    }
    for warning in &isolation.warnings {
        line(0, &format!("warning: {warning}"));
    }
    line(0, &format!("basis: {}", isolation.basis));
    text
}
