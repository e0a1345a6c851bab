//! A sink that looks at events on their way.

use bbsec_core::{Event, Failure, QuarantinedLine, Sink};
use bbsec_report::Redactor;

/// Hands everything on; events are shown to `each` first. Events and lines that could not be read go on only where they
/// are kept: they are another analysis' to keep, else.
pub(crate) struct Watching<'a> {
    sink: &'a mut dyn Sink,
    keep: bool,
    each: &'a mut dyn FnMut(&Event),
    shapes: Redactor,
}

impl<'a> Watching<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink, keep: bool, each: &'a mut dyn FnMut(&Event)) -> Self {
        Self { sink, keep, each, shapes: Redactor::shapes_only() }
    }
}

impl Sink for Watching<'_> {
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        Some(self.sink)
    }
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        (self.each)(event);
        if self.keep { self.sink.event(event) } else { Ok(()) }
    }
    fn quarantined(&mut self, mut line: QuarantinedLine) -> Result<(), Failure> {
        if !self.keep {
            return Ok(());
        }
        // A broken line may hold a header with a credential in it.
        self.shapes.clean(&mut line.text);
        self.sink.quarantined(line)
    }
}
