//! The point of no return: an answer whose first word has left cannot change hands any more.
//!
//! [`Committed`] forwards what its deployment says and has no way to ask another one. A stream that
//! breaks ends with a visible error event and without `[DONE]`, never in silence; a client that leaves
//! closes the provider's stream and is no failure of the deployment.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

use crate::failover::attempt_guard::AttemptGuard;
use crate::failover::request_state::RequestState;
use crate::failover::response::error_event;
use crate::shutdown;
use crate::upstream::stream::{Ending, Held, Reader};
use world::ChunkBuf;
use world::WriteBatch;

/// A stream on its way to the client.
#[derive(Debug)]
pub(crate) struct Committed {
    reader: Reader,
    out: ChunkBuf,
    ending: Option<Ending>,
    begun: bool,
    /// Given up when the stream's end was told.
    owed: Option<(AttemptGuard, RequestState)>,
    /// Nothing is handed out before it is over, so that it leaves in one write.
    batch: WriteBatch,
}

impl Committed {
    /// Commits the client to `held`.
    pub(crate) fn new(held: Held, guard: AttemptGuard, state: RequestState) -> Self {
        let Held { reader, out, ending } = held;
        Self {
            reader,
            out,
            ending,
            begun: false,
            owed: Some((guard, state)),
            batch: WriteBatch::default(),
        }
    }

    /// Collects what is ready.
    fn poll_collect(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.reader.poll_read(cx, &mut self.out) {
            Poll::Ready(ending) => {
                self.ending = ending;
                Poll::Ready(())
            }
            Poll::Pending if self.out.is_empty() => Poll::Pending,
            Poll::Pending => self.batch.poll_over(cx, self.out.len()),
        }
    }

    /// Whether whoever serves does so no more. The connection polls once more when that happens.
    fn is_over(&self) -> bool {
        self.owed.as_ref().is_some_and(|(_, state)| state.shutdown.is_over())
    }

    /// Ends a stream that goes well, because there is no more time. Nobody is blamed: the guard says
    /// that it was abandoned.
    fn call_off(&mut self) {
        let Some((guard, mut state)) = self.owed.take() else { return };
        let failure = shutdown::failure();
        self.out.push(error_event(&state, &failure, self.reader.newest().as_ref()));
        state.called_off(guard.deployment(), &failure);
    }

    /// Writes what belongs after the last frame, and says how it went.
    fn close(&mut self, ending: &Ending) {
        let Some((mut guard, mut state)) = self.owed.take() else { return };
        match ending {
            Ending::Complete => {
                if !self.reader.seen().done {
                    self.out.push(self.reader.closing(state.endpoint.last_frame()));
                }
                guard.streamed(self.reader.seen());
                state.served(guard.deployment());
            }
            Ending::Broken(broken) => {
                let failure = guard.named(broken);
                self.out.push(error_event(&state, &failure, self.reader.newest().as_ref()));
                state.stream_broken(&mut guard, &failure);
            }
        }
    }
}

impl Body for Committed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.owed.is_none() {
            return Poll::Ready(None);
        }
        // What was held back goes out at once, in one write with the response head.
        let begun = std::mem::replace(&mut this.begun, true);
        if this.ending.is_none() && (begun || this.out.is_empty()) {
            let collected = this.poll_collect(cx);
            if this.reader.fell_silent()
                && let Some((guard, state)) = &mut this.owed
            {
                state.fell_silent(guard);
            }
            if this.ending.is_none() && this.is_over() {
                this.call_off();
            } else {
                std::task::ready!(collected);
            }
        }
        if let Some(ending) = this.ending.take() {
            this.close(&ending);
        }
        if this.out.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(this.out.take()))))
    }

    fn is_end_stream(&self) -> bool {
        self.owed.is_none() && self.out.is_empty()
    }
}

impl Drop for Committed {
    /// A client that leaves once it has the last frame has its answer. Any other owes nothing to the
    /// deployment: guard and state say so when they are dropped.
    fn drop(&mut self) {
        if self.reader.seen().done {
            self.close(&Ending::Complete);
        }
    }
}
