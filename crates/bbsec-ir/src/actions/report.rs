//! `report`: renders the case into its `report/` folder. It changes nothing outside the case.

use bbsec_case::{Access, Case};
use bbsec_core::{
    Action, ActionMeta, CaseStore as _, Context, Effect, Exit, Failure, Idempotency, Observed, Plan, Undo,
    Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::case_data;

/// Nothing to choose: every format is written.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReportInput {}

/// What was written.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ReportOutput {
    /// The page for a browser.
    html: String,
    /// All files, each with its SHA-256.
    files: Vec<(String, String)>,
}

/// The action.
pub(crate) struct Report;

impl Action for Report {
    type Input = ReportInput;
    type Output = ReportOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "report",
            summary: "Render the report: what happened, what was touched, what to rotate, what was done, what is not known",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::Natural,
            permissions: &[],
        }
    }

    fn plan(&self, _: &ReportInput, _: &mut Context<'_>) -> Result<Plan, Failure> {
        Ok(Plan { summary: "write the report into the case".into(), ..Plan::default() })
    }

    fn observe(&self, _: &ReportInput, _: &mut Context<'_>) -> Result<Observed<ReportOutput>, Failure> {
        // A report is of its moment: it is rendered again.
        Ok(Observed::NotDone)
    }

    fn apply(&self, _: &ReportInput, context: &mut Context<'_>) -> Result<ReportOutput, Failure> {
        let root = context.case.root().to_owned();
        let case = Case::open(&root, Access::Read)?;
        let folder = root.join("report").join(context.run);
        write(&case, &folder)
    }

    fn verify(
        &self,
        _: &ReportInput,
        output: &ReportOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict { holds: true, ..Verdict::default() };
        for (name, sha256) in &output.files {
            let path = context.case.root().join(name);
            let written = std::fs::read(&path).map(|bytes| bbsec_core::hex::encode(Sha256::digest(bytes)));
            if written.as_ref().ok() == Some(sha256) {
                verdict.checked.push(name.clone());
            } else {
                verdict.holds = false;
                verdict.violated.push(format!("{name} is not what was written"));
            }
        }
        Ok(verdict)
    }

    fn undo(&self, _: &ReportInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Err(Failure::new(Exit::Usage, "a report changes nothing outside the case"))
    }
}

/// Writes every format into a folder that is new or ours.
pub(crate) fn write(case: &Case, folder: &std::path::Path) -> Result<ReportOutput, Failure> {
    let data = case_data::load(case)?;
    let report = bbsec_report::model(&data);
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("report.html", bbsec_report::html(&report)?.into_bytes()),
        ("report.md", bbsec_report::markdown(&report)?.into_bytes()),
        ("report.json", bbsec_report::json(&report)?.into_bytes()),
    ];
    files.extend(bbsec_report::tables(&report)?.into_iter().map(|(name, text)| (name, text.into_bytes())));
    let mut timeline = Vec::new();
    let redactor = bbsec_report::Redactor::new(case.fingerprinter(), &data.secrets);
    bbsec_report::export::timesketch(&data.timeline, &redactor, &mut timeline)?;
    files.push(("timeline.timesketch.jsonl", timeline));
    let failed = |path: &std::path::Path| {
        let path = path.display().to_string();
        move |error| Failure::because(format!("cannot write {path}"), error)
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut output = ReportOutput::default();
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::write(&path, &bytes).map_err(failed(&path))?;
        let shown =
            path.strip_prefix(bbsec_core::CaseStore::root(case)).unwrap_or(&path).display().to_string();
        if name == "report.html" {
            output.html.clone_from(&shown);
        }
        output.files.push((shown, bbsec_core::hex::encode(Sha256::digest(&bytes))));
    }
    Ok(output)
}
