//! Scenarios that are written out line by line, by another hand and with other means than [`crate::scenario`].
//!
//! The formats come from published descriptions of the logs; this code shares nothing with the parsers, nor with the
//! other generator, so that the two do not agree on the same mistake.

pub mod audit;
pub mod bitbucket;
pub mod homes;
pub mod request;
pub mod spec;
pub mod tomcat;
pub mod truth;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use request::Request;
use spec::{Product, Script};
use truth::Truth;

/// Where everything lies.
#[derive(Debug, Clone)]
pub struct Made {
    /// Folder with `bitbucket/home`, `confluence/{home,install}` and `jira/{home,install}`.
    pub folder: PathBuf,
    /// The truth.
    pub truth: Truth,
}

/// Makes a scenario in `out`, which must not exist or be empty.
pub fn generate(description: &Path, out: &Path) -> Result<Made> {
    let script = Script::read(description)?;
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    ensure!(std::fs::read_dir(out)?.next().is_none(), "{} is not empty", out.display());
    let requests = request::all(&script);
    let of = |product| -> Vec<Request> {
        requests.iter().filter(|request| request.on == product).cloned().collect()
    };
    bitbucket::write(&script, &out.join("bitbucket/home"), &of(Product::Bitbucket))?;
    for product in [Product::Confluence, Product::Jira] {
        tomcat::write(&script, &out.join(product.name()).join("install"), product, &of(product))?;
        homes::write(&script, &out.join(product.name()), product)?;
    }
    for product in [Product::Bitbucket, Product::Confluence, Product::Jira] {
        audit::write(&script, &out.join(product.name()).join("home"), product)?;
    }
    let truth = truth::truth(&script, &requests);
    std::fs::write(out.join("truth.json"), serde_json::to_string_pretty(&truth)? + "\n")?;
    Ok(Made { folder: out.to_path_buf(), truth })
}
