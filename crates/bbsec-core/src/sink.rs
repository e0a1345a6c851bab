//! Where analyses write. With a case the runner's sink is the case; without one it is standard output.

use crate::{Event, ExposedSecret, Failure, Finding, Gap, Touch};

/// Takes what an analysis finds, in the order in which it is found. An error means: stop.
///
/// A sink that stands before another names it in [`Sink::forward`] and writes only the methods that it is about; what a
/// sink neither takes nor forwards is dropped.
pub trait Sink {
    /// The sink behind this one.
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        None
    }
    /// Something that happened.
    fn event(&mut self, event: Event) -> Result<(), Failure> {
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
}

impl Sink for Collected {
    fn event(&mut self, event: Event) -> Result<(), Failure> {
        self.events.push(event);
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
}
