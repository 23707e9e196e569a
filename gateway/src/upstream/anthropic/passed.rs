//! Streams of Anthropic's Messages for clients of Anthropic's: passed through event by event.

use bytes::Bytes;
use wire::anthropic::{PeekKind, StreamEvent, Usage, peek};
use wire::sse::Event;
use world::ChunkBuf;

use crate::upstream::dialect::{Broken, Gist, Interpreter};

/// Anthropic's reason of an answer that a filter stopped.
pub(in crate::upstream) const REFUSAL: &str = "refusal";

/// Reads events, and keeps count.
#[derive(Debug, Default)]
pub(in crate::upstream) struct Passed {
    usage: Usage,
    refused: bool,
    /// It ended and did not say why.
    unexplained: bool,
}

impl Passed {
    fn count(&mut self, data: &[u8]) {
        match serde_json::from_slice(data) {
            Ok(StreamEvent::MessageStart { message }) => self.usage = message.usage,
            Ok(StreamEvent::MessageDelta { usage, delta }) => {
                self.refused = delta.stop_reason.as_deref() == Some(REFUSAL);
                self.unexplained = delta.stop_reason.is_none();
                self.usage = std::mem::take(&mut self.usage).ended(usage);
            }
            Ok(_) | Err(_) => {}
        }
    }
}

impl Interpreter for Passed {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        let peek = peek(event.event.as_deref(), &event.data);
        let mut gist = Gist { output: peek.has_output(), ..Gist::default() };
        match peek.kind {
            PeekKind::Error => return broken(Broken::Error(event.data)),
            PeekKind::Malformed => return broken(Broken::Malformed),
            PeekKind::MessageStop if !finished => return broken(Broken::Unfinished),
            PeekKind::MessageStop => gist.done = true,
            PeekKind::MessageStart => self.count(&event.data),
            PeekKind::MessageDelta => {
                self.count(&event.data);
                (gist.finish, gist.filtered) = (true, self.refused);
                gist.nothing = self.unexplained;
                gist.usage = Some(super::reply::usage(&self.usage));
            }
            PeekKind::Delta
            | PeekKind::BlockStart
            | PeekKind::BlockStop
            | PeekKind::Ping
            | PeekKind::Unknown => {}
        }
        out.push(event.raw);
        gist
    }

    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        None
    }
}
