//! User agents, each once: who used it first, and how many.

use std::collections::HashMap;

/// Beyond this many, new agents are no longer told apart: somebody invents one per request.
const MOST: usize = 50_000;

/// An agent may be as long as a line; the beginning tells it from others.
const LONGEST: usize = 512;

/// All agents that were seen.
#[derive(Debug, Default)]
pub(super) struct Agents {
    numbers: HashMap<String, u32>,
    pub names: Vec<String>,
}

impl Agents {
    pub(super) fn of(&mut self, agent: &str) -> Option<u32> {
        let agent = agent.get(..agent.floor_char_boundary(LONGEST)).unwrap_or(agent);
        if let Some(number) = self.numbers.get(agent) {
            return Some(*number);
        }
        if self.names.len() >= MOST {
            return None;
        }
        let number = u32::try_from(self.names.len()).ok()?;
        self.numbers.insert(agent.to_owned(), number);
        self.names.push(agent.to_owned());
        Some(number)
    }

    pub(super) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }
}

/// Agents that everybody has prove nothing.
pub(super) fn is_common_kind(agent: &str) -> bool {
    [
        "Mozilla/",
        "git/",
        "JGit/",
        "curl/",
        "SSH-2.0-OpenSSH",
        "SSH-2.0-JGIT",
        "Java/",
        "Apache-HttpClient",
        "Jakarta",
    ]
    .iter()
    .any(|prefix| agent.starts_with(prefix))
        || agent.is_empty()
        || agent == "null"
}
