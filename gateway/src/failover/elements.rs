//! A stream of Google's for whoever asked for no events: the data of each is an element of one JSON array, and what the
//! array needs around it is written here.
//!
//! It must never know what an element says.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use wire::sse::{DEFAULT_MAX_EVENT_BYTES, Decoder};

use crate::failover::commit::Committed;

/// A stream on its way to the client.
#[derive(Debug)]
pub(crate) struct Elements {
    events: Box<Committed>,
    array: Array,
    ended: bool,
}

impl Elements {
    /// The events of a stream, as they come.
    pub(crate) fn of(events: Box<Committed>) -> Self {
        Self { events, array: Array::new(), ended: false }
    }
}

/// Events that have all come, as an array.
pub(crate) fn elements(events: Bytes) -> Bytes {
    let mut array = Array::new();
    let mut out = array.elements(events);
    array.end(&mut out);
    out.freeze()
}

/// What was written of an array.
#[derive(Debug)]
struct Array {
    /// Cuts what we wrote ourselves into events again, whatever bounds those of providers.
    events: Decoder,
    begun: bool,
}

impl Array {
    fn new() -> Self {
        Self { events: Decoder::new(DEFAULT_MAX_EVENT_BYTES), begun: false }
    }

    /// The elements that some more of the stream completes.
    fn elements(&mut self, piece: Bytes) -> BytesMut {
        let mut out = BytesMut::with_capacity(piece.len());
        self.events.push(piece);
        // Ends: each turn takes an event away. One that is too long was refused before it came here.
        while let Some(Ok(event)) = self.events.next() {
            let before: &[u8] = if self.begun { b",\r\n" } else { b"[" };
            self.begun = true;
            out.extend_from_slice(before);
            out.extend_from_slice(&event.data);
        }
        out
    }

    fn end(&self, out: &mut BytesMut) {
        out.extend_from_slice(if self.begun { b"]" } else { b"[]" });
    }
}

impl Body for Elements {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        // Ends: each turn takes a frame of the stream away, or is the last.
        loop {
            if this.ended {
                return Poll::Ready(None);
            }
            let mut out = match ready!(Pin::new(&mut *this.events).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.array.elements(data),
                    Err(_) => continue,
                },
                Some(Err(never)) => match never {},
                None => {
                    this.ended = true;
                    BytesMut::new()
                }
            };
            if this.ended {
                this.array.end(&mut out);
            }
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(out.freeze()))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
