//! A provider's stream in the events of another API, by way of the chunks of chat completions.

use std::fmt;

use bytes::{Bytes, BytesMut};
use wire::sse::{Decoder, Event, PASSED_ON_MAX_EVENT_BYTES};
use world::ChunkBuf;

use super::dialect::{Broken, Gist, Interpreter};

/// Tells the chunks of one stream as events.
pub(super) trait Teller: fmt::Debug + Send {
    /// Appends the events of one chunk's data, of `[DONE]` those that end the answer; false where it is no chunk.
    fn tell(&mut self, data: &[u8], out: &mut BytesMut) -> bool;

    /// Appends the events that end the answer, where the provider left out what stands for them.
    fn end(&self, out: &mut BytesMut);

    /// Data of the newest event, where errors go by it.
    fn newest(&self) -> Option<Bytes> {
        None
    }
}

/// Reads frames as chat completions, and tells those as events.
#[derive(Debug)]
pub(super) struct Retold<T> {
    chat: Box<dyn Interpreter>,
    /// Cuts what it says into chunks.
    chunks: Decoder,
    events: T,
}

impl<T: Teller> Retold<T> {
    /// A stream whose frames `chat` reads.
    pub(super) fn new(chat: Box<dyn Interpreter>, events: T) -> Self {
        Self { chat, chunks: Decoder::new(PASSED_ON_MAX_EVENT_BYTES), events }
    }

    /// Tells what was said; false where it is no chunk.
    fn retell(&mut self, said: Bytes, out: &mut BytesMut) -> bool {
        self.chunks.push(said);
        // Ends: each turn takes a chunk away.
        while let Some(chunk) = self.chunks.next() {
            match chunk {
                Ok(chunk) if self.events.tell(&chunk.data, out) => {}
                Ok(_) | Err(_) => return false,
            }
        }
        true
    }
}

impl<T: Teller> Interpreter for Retold<T> {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let mut said = ChunkBuf::default();
        let gist = self.chat.read(event, finished, &mut said);
        let mut frames = BytesMut::new();
        if !self.retell(said.take(), &mut frames) {
            return Gist { broken: Some(Broken::Malformed), ..Gist::default() };
        }
        if !frames.is_empty() {
            out.push(frames.freeze());
        }
        gist
    }

    fn is_translated(&self) -> bool {
        self.chat.is_translated()
    }

    fn reports(&self, data: &[u8]) -> bool {
        self.chat.reports(data)
    }

    fn newest(&self) -> Option<Bytes> {
        self.events.newest()
    }

    fn kept(&mut self) -> Option<Bytes> {
        let kept = self.chat.kept()?;
        let mut frames = BytesMut::new();
        self.retell(kept, &mut frames).then(|| frames.freeze())
    }

    fn closing(&self) -> Option<Bytes> {
        let mut frames = BytesMut::new();
        self.events.end(&mut frames);
        Some(frames.freeze())
    }

    /// What [`Self::closing`] says is enough.
    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        Some(Bytes::new())
    }
}
