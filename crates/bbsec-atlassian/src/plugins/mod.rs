//! Installed, bundled, uploaded and dropped code: what it is, what it can do, and a score with reasons.
//!
//! Nothing is executed or loaded. Archives, classes and pages are read as data, in bounded memory.

mod baseline;
mod class;
mod descriptor;
mod jar;
mod page;
mod places;
mod review;
mod score;
mod signs;

use std::path::{Path, PathBuf};

use bbsec_core::{Exit, Failure, Progress, Scope, Sink};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    database::PluginState,
    home::{Home, Product},
};

/// What a review of plugins counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginSummary {
    /// The product.
    pub product: Product,
    /// Archives, classes and pages that were looked at.
    pub examined: u64,
    /// Plugins that people installed.
    pub installed: u64,
    /// Temporary copies that uploads left.
    pub leftovers: u64,
    /// Pages with code.
    pub pages: u64,
    /// Files with a score of 35 and more.
    pub suspicious: u64,
    /// Digests in the baseline; 0 without one.
    pub baseline: u64,
    /// Files of the product that the baseline does not know.
    pub unknown: u64,
}

/// Why a review of plugins did not finish.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The baseline cannot be read.
    #[error("cannot read the baseline {path}")]
    Baseline {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The baseline holds nothing that can be compared.
    #[error("the baseline {path} names no archive, class or page")]
    EmptyBaseline {
        /// Where it is.
        path: PathBuf,
    },
    /// There is no code to look at.
    #[error("no archive, class or page in {path}")]
    Nothing {
        /// The home.
        path: PathBuf,
    },
    /// The person asked to stop.
    #[error("the review of plugins was interrupted")]
    Interrupted,
    /// A finding could not be passed on.
    #[error("a finding could not be passed on")]
    Sink(#[source] Failure),
}

impl From<PluginError> for Failure {
    fn from(error: PluginError) -> Self {
        let (exit, help) = match &error {
            PluginError::Sink(_) => (Exit::Failed, ""),
            PluginError::Baseline { .. } | PluginError::EmptyBaseline { .. } => (
                Exit::Usage,
                "give the folder of a clean installation of the same version, the vendor's .tar.gz, or a list that sha256sum wrote",
            ),
            PluginError::Nothing { .. } => {
                (Exit::Nothing, "give the home that holds `plugins`, or the whole snapshot")
            }
            PluginError::Interrupted => (Exit::Interrupted, "run it again"),
        };
        if let PluginError::Sink(failure) = error {
            return failure;
        }
        Self::because(error.to_string(), error).exit(exit).help(help)
    }
}

/// What may be known besides the files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// A clean installation: folder, vendor's archive or list of digests.
    pub baseline: Option<&'a Path>,
    /// The database's table of plugins that were enabled or disabled.
    pub state: &'a [PluginState],
}

/// Looks at every piece of code of a home. One finding per file that a person should know of.
pub fn review(
    home: &Home,
    scope: &Scope,
    baseline: Option<&Path>,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<PluginSummary, PluginError> {
    review::run(home, scope, Beside { baseline, state: &[] }, sink, progress)
}

/// The same, with what the database knows.
pub fn review_with(
    home: &Home,
    scope: &Scope,
    beside: Beside<'_>,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<PluginSummary, PluginError> {
    review::run(home, scope, beside, sink, progress)
}

#[cfg(test)]
mod tests;
