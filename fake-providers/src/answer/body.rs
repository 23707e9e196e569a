//! A body in one piece, and how it goes on.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use record::AttemptEnd;
use tokio::time::Sleep;

use super::Output;
use crate::connection::Exchange;

/// Bytes, and what follows them.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Bytes,
    /// White space after them, in bytes.
    padding: u64,
    then: Then,
    /// A break waits one turn, so that what was said before is flushed.
    waited: bool,
    beat: Option<Pin<Box<Sleep>>>,
}

/// What follows the bytes of a [`Body`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The end, and of this kind.
    End(AttemptEnd),
    /// A reset of the connection, or of its stream.
    Cut,
    /// The end of the connection, in order, or a reset of its stream for no reason; the body is not over.
    Close,
    /// Nothing, for ever.
    Silence,
    /// A space each so often, for ever.
    Beats(Duration),
}

/// White space that is handed over again and again.
static SPACE: [u8; 64 * 1024] = [b' '; 64 * 1024];

impl Body {
    pub(crate) const fn new(bytes: Bytes, then: Then) -> Self {
        Self { bytes, padding: 0, then, waited: false, beat: None }
    }

    /// The same, with so many bytes of white space after it.
    pub(crate) fn padded(self, padding: u64) -> Self {
        Self { padding, ..self }
    }

    /// Whether nothing but silence or heartbeats follows for ever.
    pub(crate) const fn is_silent(&self) -> bool {
        matches!(self.then, Then::Silence | Then::Beats(_))
    }

    /// How it ends if it has nothing to say.
    pub(super) fn ends_at_once(&self, head_only: bool) -> Option<AttemptEnd> {
        match self.then {
            Then::End(end) if head_only || (self.bytes.is_empty() && self.padding == 0) => {
                Some(end)
            }
            Then::End(_) | Then::Cut | Then::Close | Then::Silence | Then::Beats(_) => None,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>, exchange: &Exchange) -> Poll<Output> {
        if let Some(bytes) = self.next_bytes() {
            let last = self.bytes.is_empty() && self.padding == 0;
            return Poll::Ready(match self.then {
                Then::End(end) if last => Output::Last(bytes, end),
                Then::End(_) | Then::Cut | Then::Close | Then::Silence | Then::Beats(_) => {
                    Output::More(bytes)
                }
            });
        }
        match self.then {
            Then::End(end) => Poll::Ready(Output::End(end)),
            Then::Silence => Poll::Pending,
            Then::Beats(every) => self.beat(cx, every),
            Then::Cut | Then::Close if !self.waited => {
                self.waited = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Cut => {
                exchange.reset();
                Poll::Ready(Output::Broken(AttemptEnd::Reset))
            }
            Then::Close => Poll::Ready(Output::Broken(AttemptEnd::Closed)),
        }
    }

    fn next_bytes(&mut self) -> Option<Bytes> {
        if !self.bytes.is_empty() {
            return Some(std::mem::take(&mut self.bytes));
        }
        if self.padding == 0 {
            return None;
        }
        let n = SPACE.len().min(usize::try_from(self.padding).unwrap_or(usize::MAX));
        self.padding -= n as u64;
        Some(Bytes::from_static(&SPACE[..n]))
    }

    fn beat(&mut self, cx: &mut Context<'_>, every: Duration) -> Poll<Output> {
        let beat = self.beat.get_or_insert_with(|| Box::pin(tokio::time::sleep(every)));
        if beat.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // From when it was due, not from when it fired: roundings must not add up.
        let next = beat.deadline() + every;
        beat.as_mut().reset(next);
        Poll::Ready(Output::More(Bytes::from_static(&SPACE[..1])))
    }
}
