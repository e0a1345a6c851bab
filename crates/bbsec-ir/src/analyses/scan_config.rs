//! `scan.config`: weak configuration of the home and of the AWS facts, each with its fix.

use std::path::PathBuf;

use bbsec_core::{Analysis, AnalysisMeta, CaseStore, Failure, Progress, Sink};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::home;

/// Where the configuration is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConfigInput {
    /// Home of the product
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// AWS facts that `collect instance` wrote; by default those of the case
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}

/// The analysis.
pub(crate) struct ScanConfig;

impl Analysis for ScanConfig {
    type Input = ConfigInput;
    type Output = serde_json::Value;

    fn meta(&self) -> AnalysisMeta {
        AnalysisMeta {
            id: "scan.config",
            summary: "Weak configuration of the product and of its AWS surroundings, each with its fix",
            version: 1,
        }
    }

    fn run(
        &self,
        input: &ConfigInput,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        _: &dyn Progress,
    ) -> Result<serde_json::Value, Failure> {
        let home = home(input.home.as_deref(), case)?;
        let path = match (&input.facts, case) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(case)) => case
                .evidence()?
                .iter()
                .rev()
                .find(|item| item.provenance.what == crate::analyses::FACTS)
                .map(|item| case.evidence_path(item)),
            (None, None) => None,
        };
        let facts = path
            .map(|path| {
                let bytes = std::fs::read(&path).map_err(|error| {
                    Failure::because(format!("cannot read the AWS facts {}", path.display()), error)
                })?;
                serde_json::from_slice::<serde_json::Value>(&bytes).map_err(|error| {
                    Failure::because(format!("{} holds no AWS facts", path.display()), error)
                })
            })
            .transpose()?;
        let summary = bbsec_atlassian::config::review(&home, facts.as_ref(), sink)?;
        Ok(serde_json::json!(summary))
    }
}
