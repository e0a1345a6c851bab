//! The way from the thread that reads logs to the sink. The sink stays with its caller; reading goes on while it stores.
//! Events travel in batches that come back, so that none is made anew for a line.

use std::sync::{
    Arc,
    mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
};

use bbsec_core::{Event, Exit, Failure, Gap, Place, QuarantinedLine, Sink};

use super::{LogError, parser::text, refill::blank};

/// Events per batch.
const BATCH: usize = 512;
/// Batches that wait at most.
const BATCHES: usize = 3;
/// A batch whose lines have this many bytes is sent at once, and an event this large gives its memory back.
const LARGE: usize = 1 << 20;
const LARGE_EVENT: u32 = 64 << 10;
/// How much of a line in quarantine is shown.
const SHOWN: usize = 512;

/// What goes to the sink, in order.
enum Message {
    /// The first so many events of a batch.
    Events(Vec<Event>, usize),
    Gap(Gap),
    Quarantined(QuarantinedLine),
}

/// The reader's end.
pub(crate) struct Outbox {
    to: SyncSender<Message>,
    back: Receiver<Vec<Event>>,
    batch: Vec<Event>,
    used: usize,
    weight: usize,
}

/// The sink's end.
pub(crate) struct Inbox {
    from: Receiver<Message>,
    back: Sender<Vec<Event>>,
}

/// Both ends.
pub(crate) fn pair() -> (Outbox, Inbox) {
    let (to, from) = sync_channel(BATCHES);
    let (give, back) = channel();
    (Outbox { to, back, batch: Vec::new(), used: 0, weight: 0 }, Inbox { from, back: give })
}

impl Outbox {
    /// Takes an event and leaves an old one in its place.
    pub(crate) fn event(&mut self, event: &mut Event) -> Result<(), Failure> {
        self.weight = self.weight.saturating_add(event.at.length as usize);
        match self.batch.get_mut(self.used) {
            Some(slot) => std::mem::swap(slot, event),
            None => self.batch.push(std::mem::replace(event, blank())),
        }
        self.used += 1;
        if self.used >= BATCH || self.weight >= LARGE { self.flush() } else { Ok(()) }
    }

    pub(crate) fn gap(&mut self, gap: Gap) -> Result<(), Failure> {
        self.flush()?;
        self.send(Message::Gap(gap))
    }

    pub(crate) fn quarantined(
        &mut self,
        file: &Arc<str>,
        offset: u64,
        bytes: &[u8],
        length: u64,
        why: &str,
    ) -> Result<(), Failure> {
        let at = Place::new(Arc::clone(file), offset, u32::try_from(length).unwrap_or(u32::MAX));
        let text = text(bytes.get(..SHOWN).unwrap_or(bytes));
        self.send(Message::Quarantined(QuarantinedLine { at, bytes: length, why: why.to_owned(), text }))
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.used == 0 {
            return Ok(());
        }
        let next = self.back.try_recv().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, next);
        let used = std::mem::take(&mut self.used);
        self.weight = 0;
        self.send(Message::Events(batch, used))
    }

    fn send(&mut self, message: Message) -> Result<(), Failure> {
        // The sink's own reason goes before this one.
        self.to.send(message).map_err(|_| Failure::new(Exit::Failed, "the sink takes nothing any more"))
    }
}

impl Inbox {
    /// Hands everything on until the reader has ended or the sink refuses.
    pub(crate) fn deliver(self, sink: &mut dyn Sink) -> Result<(), LogError> {
        for message in self.from {
            match message {
                Message::Events(mut batch, used) => {
                    for event in batch.iter_mut().take(used) {
                        sink.event(event).map_err(LogError::Sink)?;
                        if event.at.length > LARGE_EVENT {
                            *event = blank();
                        }
                    }
                    // The reader may have ended.
                    let _ = self.back.send(batch);
                }
                Message::Gap(gap) => sink.gap(gap).map_err(LogError::Sink)?,
                Message::Quarantined(line) => sink.quarantined(line).map_err(LogError::Sink)?,
            }
        }
        Ok(())
    }
}
