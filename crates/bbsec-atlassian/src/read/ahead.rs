//! Unpacks on a thread of its own, so that lines are read while the next ones are unpacked.

use std::{
    io::{self, Cursor, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

/// Chunks that wait at most.
const CHUNKS: usize = 4;
const CHUNK: usize = 128 << 10;

/// A stream whose bytes another thread makes.
pub(crate) struct Ahead {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Cursor<Vec<u8>>,
}

/// Where that thread puts its bytes.
pub(crate) struct Pump(SyncSender<io::Result<Vec<u8>>>);

impl Ahead {
    /// What this stream reads, read ahead of time.
    pub(crate) fn of(mut from: impl Read + Send + 'static) -> Self {
        Self::made_by(move |pump| pump.all(&mut from))
    }

    /// What `make` pumps. The thread ends when the stream is dropped.
    pub(crate) fn made_by(make: impl FnOnce(&Pump) + Send + 'static) -> Self {
        let (send, chunks) = sync_channel(CHUNKS);
        std::thread::spawn(move || make(&Pump(send)));
        Self { chunks, chunk: Cursor::new(Vec::new()) }
    }
}

impl Pump {
    /// Everything that a stream has, and what ended it.
    pub(crate) fn all(&self, from: &mut dyn Read) {
        loop {
            let mut chunk = vec![0; CHUNK];
            let mut filled = 0;
            // Whole chunks, since a decoder hands out little at a time.
            let ended = loop {
                match from.read(chunk.get_mut(filled..).unwrap_or_default()) {
                    Ok(0) => break filled < chunk.len(),
                    Ok(read) => filled += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        chunk.truncate(filled);
                        let _ = self.0.send(Ok(chunk));
                        let _ = self.0.send(Err(error));
                        return;
                    }
                }
            };
            chunk.truncate(filled);
            if self.0.send(Ok(chunk)).is_err() || ended {
                return;
            }
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(room)?;
            if read > 0 || room.is_empty() {
                return Ok(read);
            }
            match self.chunks.recv() {
                Ok(chunk) => self.chunk = Cursor::new(chunk?),
                Err(_) => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_and_then_the_error() {
        struct Breaks(usize);
        impl Read for Breaks {
            fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
                if self.0 == 0 {
                    return Err(io::Error::other("broken"));
                }
                let read = self.0.min(room.len()).min(1000);
                room[..read].fill(b'x');
                self.0 -= read;
                Ok(read)
            }
        }
        let mut text = Vec::new();
        let error = Ahead::of(Breaks(300_001)).read_to_end(&mut text).unwrap_err();
        assert_eq!((text.len(), error.to_string().as_str()), (300_001, "broken"));
        let mut text = Vec::new();
        let whole = vec![7_u8; 2 * CHUNK];
        Ahead::of(Cursor::new(whole.clone())).read_to_end(&mut text).unwrap();
        assert_eq!(text, whole);
    }
}
