//! Where analyses write. With a case the runner's sink is the case; without one it is standard output.

use serde::{Deserialize, Serialize};

use crate::{Event, ExposedSecret, Failure, Finding, Gap, Place, Touch};

/// Takes what an analysis finds, in the order in which it is found. An error means: stop.
///
/// A sink that stands before another names it in [`Sink::forward`] and writes only the methods that it is about; what a
/// sink neither takes nor forwards is dropped.
pub trait Sink {
    /// The sink behind this one.
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        None
    }
    /// Something that happened. Borrowed, because a reader of logs fills the same event again for the next line.
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.forward().map_or(Ok(()), |sink| sink.event(event))
    }
    /// A conclusion.
    fn finding(&mut self, finding: Finding) -> Result<(), Failure> {
        self.forward().map_or(Ok(()), |sink| sink.finding(finding))
    }
    /// A credential that was exposed.
    fn secret(&mut self, secret: ExposedSecret) -> Result<(), Failure> {
        self.forward().map_or(Ok(()), |sink| sink.secret(secret))
    }
    /// Who touched what.
    fn touch(&mut self, touch: Touch) -> Result<(), Failure> {
        self.forward().map_or(Ok(()), |sink| sink.touch(touch))
    }
    /// What could not be read or known.
    fn gap(&mut self, gap: Gap) -> Result<(), Failure> {
        self.forward().map_or(Ok(()), |sink| sink.gap(gap))
    }
    /// A line of evidence that is part of no event. It is counted in a gap as well.
    fn quarantined(&mut self, line: QuarantinedLine) -> Result<(), Failure> {
        self.forward().map_or(Ok(()), |sink| sink.quarantined(line))
    }
}

/// A line of evidence that could not be read, with its place and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedLine {
    /// Where it stands. The length is cut to 32 bits; `bytes` has all of it.
    pub at: Place,
    /// How many bytes it has.
    pub bytes: u64,
    /// Why it is no part of an event.
    pub why: String,
    /// Its text, or the beginning of a long one; what is no UTF-8 is replaced.
    pub text: String,
}

/// Keeps everything in memory: for tests, and for commands that sort or draw tables before they print.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// Events, in order.
    pub events: Vec<Event>,
    /// Findings, in order.
    pub findings: Vec<Finding>,
    /// Secrets, in order.
    pub secrets: Vec<ExposedSecret>,
    /// Touches, in order.
    pub touches: Vec<Touch>,
    /// Gaps, in order.
    pub gaps: Vec<Gap>,
    /// Lines that are part of no event, in order.
    pub quarantined: Vec<QuarantinedLine>,
}

impl Sink for Collected {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.events.push(event.clone());
        Ok(())
    }
    fn finding(&mut self, finding: Finding) -> Result<(), Failure> {
        self.findings.push(finding);
        Ok(())
    }
    fn secret(&mut self, secret: ExposedSecret) -> Result<(), Failure> {
        self.secrets.push(secret);
        Ok(())
    }
    fn touch(&mut self, touch: Touch) -> Result<(), Failure> {
        self.touches.push(touch);
        Ok(())
    }
    fn gap(&mut self, gap: Gap) -> Result<(), Failure> {
        self.gaps.push(gap);
        Ok(())
    }
    fn quarantined(&mut self, line: QuarantinedLine) -> Result<(), Failure> {
        self.quarantined.push(line);
        Ok(())
    }
}
