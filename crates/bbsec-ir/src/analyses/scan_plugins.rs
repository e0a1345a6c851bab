//! `scan.plugins`: plugins that should not be there.

use std::path::PathBuf;

use bbsec_atlassian::plugins::Beside;
use bbsec_core::{Analysis, AnalysisMeta, CaseStore, Failure, Progress, Sink};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::{database, home};

/// Where the plugins are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PluginsInput {
    /// Home of the product
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// A clean installation or home of the same version, to compare hashes with
    #[arg(long, value_name = "DIR")]
    pub(crate) baseline: Option<PathBuf>,
    /// Plain pg_dump of the product's database; by default what the case holds
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Vec<PathBuf>,
}

/// The analysis.
pub(crate) struct ScanPlugins;

impl Analysis for ScanPlugins {
    type Input = PluginsInput;
    type Output = serde_json::Value;

    fn meta(&self) -> AnalysisMeta {
        AnalysisMeta {
            id: "scan.plugins",
            summary: "Plugins, pages and upload leftovers that should not be there, scored with reasons",
            version: 1,
        }
    }

    fn run(
        &self,
        input: &PluginsInput,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<serde_json::Value, Failure> {
        let home = home(input.home.as_deref(), case)?;
        let scope = case.map(|case| case.scope().clone()).unwrap_or_default();
        let rows = database::rows(&input.database, case, sink, progress)?;
        let state: Vec<_> = rows.into_iter().flat_map(|rows| rows.plugin_state).collect();
        let beside = Beside { baseline: input.baseline.as_deref(), state: &state };
        let summary = bbsec_atlassian::plugins::review_with(&home, &scope, beside, sink, progress)?;
        Ok(serde_json::json!(summary))
    }
}
