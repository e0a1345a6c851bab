//! An analysis: the case is its sink.

use bbsec_core::{CaseStore, DynAnalysis, Exit, Failure, Gap, Sink};
use serde_json::{Value, json};

use super::{
    Run,
    model::{Done, StepState},
    stop::Stop,
};
use crate::Step;

impl Run<'_> {
    pub(super) fn analysis(
        &self,
        step: &Step,
        analysis: &dyn DynAnalysis,
        with: &Value,
    ) -> Result<Done, Failure> {
        let meta = analysis.meta();
        self.log(
            "step-started",
            Some(&step.id),
            json!({"uses": meta.id, "version": meta.version, "with": with}),
        )?;
        let failed = |error| Failure::because("the results cannot be written to the case", error);
        let mut sink = self.case.read().sink(self.id, &step.id, meta.id).map_err(failed)?;
        let timeout = step.timeout.as_ref().or(self.request.playbook.defaults.timeout.as_ref());
        let stop = Stop::new(self.progress, timeout.map(|timeout| *timeout.value()));
        let mut noting = Noting { inner: &mut sink, gaps: Vec::new() };
        let case = self.case.handle();
        let result = analysis.run(with, Some(&case as &dyn CaseStore), &mut noting, &stop);
        // What was found before a failure or an interruption is kept.
        let gaps = noting.gaps;
        let summary = sink.finish().map_err(failed)?;
        let late = timeout.filter(|_| stop.over() && !bbsec_core::Progress::cancelled(self.progress));
        let mut done = match (result, late) {
            (Ok(output), None) => Done { output, ..Done::state(StepState::Succeeded) },
            (result, Some(timeout)) => {
                let message = format!("step `{}` did not end within {}", *step.id, **timeout);
                let mut failure = Failure::new(Exit::Failed, message).help("what it had found is kept");
                failure.source = result.err().map(|cause| Box::new(cause) as _);
                Done::failed(failure)
            }
            (Err(failure), None) => Done::failed(failure),
        };
        if let Value::Object(fields) = &mut done.output {
            fields.entry("results").or_insert_with(|| json!(summary));
        }
        done.gaps = gaps;
        Ok(done)
    }
}

/// Remembers gaps for the step's report.
struct Noting<'a> {
    inner: &'a mut dyn Sink,
    gaps: Vec<Gap>,
}

impl Sink for Noting<'_> {
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        Some(self.inner)
    }
    fn gap(&mut self, gap: Gap) -> Result<(), Failure> {
        self.gaps.push(gap.clone());
        self.inner.gap(gap)
    }
}
