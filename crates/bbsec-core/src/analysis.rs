//! Analyses: what reads evidence and writes conclusions to a sink. They talk to nobody.

use schemars::{JsonSchema, Schema};
use serde::{Serialize, de::DeserializeOwned};

use crate::{CaseStore, Failure, Progress, Sink, action};

/// What there is to know about an analysis without running it.
#[derive(Debug, Clone, Serialize)]
pub struct AnalysisMeta {
    /// The name after `uses:`: `scan.secrets`.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Raised when input or meaning changes.
    pub version: u32,
}

/// Something that reads evidence and concludes.
pub trait Analysis: Send + Sync {
    /// What it is given: paths and filters. Without a case, everything it reads is named here.
    type Input: Serialize + DeserializeOwned + JsonSchema;
    /// Counts and summary for the person and for later steps.
    type Output: Serialize + JsonSchema;

    /// What there is to know without running it.
    fn meta(&self) -> AnalysisMeta;
    /// Reads; with a case, what the input leaves out is looked up there.
    fn run(
        &self,
        input: &Self::Input,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<Self::Output, Failure>;
}

/// An analysis with its types erased.
pub trait DynAnalysis: Send + Sync {
    /// See [`Analysis::meta`].
    fn meta(&self) -> AnalysisMeta;
    /// JSON Schema of the input.
    fn input_schema(&self) -> Schema;
    /// JSON Schema of the output.
    fn output_schema(&self) -> Schema;
    /// See [`Analysis::run`].
    fn run(
        &self,
        with: &serde_json::Value,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<serde_json::Value, Failure>;
}

impl<A: Analysis> DynAnalysis for A {
    fn meta(&self) -> AnalysisMeta {
        Analysis::meta(self)
    }
    fn input_schema(&self) -> Schema {
        schemars::schema_for!(A::Input)
    }
    fn output_schema(&self) -> Schema {
        schemars::schema_for!(A::Output)
    }
    fn run(
        &self,
        with: &serde_json::Value,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<serde_json::Value, Failure> {
        let id = Analysis::meta(self).id;
        action::untyped(id, &Analysis::run(self, &action::typed(id, with)?, case, sink, progress)?)
    }
}
