//! Which actions and analyses exist. The binary fills the registry; the runner only asks.

use std::collections::BTreeMap;

use bbsec_core::{DynAction, DynAnalysis, Phase};
use schemars::Schema;

/// What a step can use.
pub enum Capability {
    /// Changes the world or acquires evidence.
    Action(Box<dyn DynAction>),
    /// Reads evidence and concludes.
    Analysis(Box<dyn DynAnalysis>),
}

impl std::fmt::Debug for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

impl Capability {
    /// The name after `uses:`.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Action(action) => action.meta().id,
            Self::Analysis(analysis) => analysis.meta().id,
        }
    }

    /// One line.
    pub fn summary(&self) -> &'static str {
        match self {
            Self::Action(action) => action.meta().summary,
            Self::Analysis(analysis) => analysis.meta().summary,
        }
    }

    /// When in a response it belongs; an analysis takes its time.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Action(action) => action.phase(),
            Self::Analysis(_) => Phase::Work,
        }
    }

    /// JSON Schema of what later steps see as its outputs.
    pub fn output_schema(&self) -> Schema {
        match self {
            Self::Action(action) => action.output_schema(),
            Self::Analysis(analysis) => analysis.output_schema(),
        }
    }

    /// JSON Schema of `with:`.
    pub fn input_schema(&self) -> Schema {
        match self {
            Self::Action(action) => action.input_schema(),
            Self::Analysis(analysis) => analysis.input_schema(),
        }
    }
}

/// All capabilities by name.
#[derive(Debug, Default)]
pub struct Registry(BTreeMap<&'static str, Capability>);

impl Registry {
    /// Adds an action.
    pub fn action(&mut self, action: impl DynAction + 'static) -> &mut Self {
        self.0.insert(action.meta().id, Capability::Action(Box::new(action)));
        self
    }

    /// Adds an analysis.
    pub fn analysis(&mut self, analysis: impl DynAnalysis + 'static) -> &mut Self {
        self.0.insert(analysis.meta().id, Capability::Analysis(Box::new(analysis)));
        self
    }

    /// The capability of that name.
    pub fn get(&self, id: &str) -> Option<&Capability> {
        self.0.get(id)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Capability> {
        self.0.values()
    }
}
