//! The point of no return: an answer whose first word has left cannot change hands any more.
//!
//! [`Committed`] forwards what its deployment says. A stream that breaks ends with a visible error event and without
//! `[DONE]`, never in silence, unless the config has it gone on with, which is `resume`'s and never unmarked; a client
//! that leaves closes the provider's stream and is no failure of the deployment.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};

use crate::config::DeploymentIndex;
use crate::failover::attempt_guard::AttemptGuard;
use crate::failover::request_state::RequestState;
use crate::failover::response::error_event;
use crate::failover::resume::{Found, Resumption, Search};
use crate::shutdown;
use crate::upstream::failure::{Failure, Trouble};
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
    /// How the answer is gone on with if the stream breaks; `None` where a break is the end.
    resumption: Option<Box<Resumption>>,
    search: Option<Searching>,
}

/// Somebody is looked for who goes on with the answer.
struct Searching {
    search: Search,
    after: After,
}

/// After what.
#[derive(Debug)]
enum After {
    /// The stream broke: this is what is left to say if nobody goes on.
    Break(DeploymentIndex, Failure),
    /// The stream has been silent for a while: it is listened to again if nobody goes on.
    Silence(AttemptGuard),
}

impl fmt::Debug for Searching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Searching").field("after", &self.after).finish_non_exhaustive()
    }
}

impl Committed {
    /// Commits the client to `held`.
    pub(crate) fn new(
        held: Held,
        owed: (AttemptGuard, RequestState),
        resumption: Option<Box<Resumption>>,
    ) -> Self {
        let Held { reader, out, ending } = held;
        Self {
            reader,
            out,
            ending,
            begun: false,
            owed: Some(owed),
            batch: WriteBatch::default(),
            resumption,
            search: None,
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
                let Some(resumption) = &mut self.resumption else {
                    self.out.push(error_event(&state, &failure, self.reader.newest().as_ref()));
                    return state.stream_broken(&mut guard, &failure);
                };
                state.attempt_failed(&mut guard, &failure);
                let deployment = guard.deployment();
                match resumption.begin(state, deployment) {
                    Ok(search) => {
                        let after = After::Break(deployment, failure);
                        self.search = Some(Searching { search, after });
                    }
                    Err(state) => self.ends_broken(*state, (deployment, &failure)),
                }
            }
        }
    }

    fn ends_broken(&mut self, mut state: RequestState, broken: (DeploymentIndex, &Failure)) {
        let (deployment, failure) = broken;
        self.out.push(error_event(&state, failure, self.reader.newest().as_ref()));
        state.ends_broken(deployment, failure);
    }

    /// Waits for whoever goes on with the answer.
    fn poll_search(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(searching) = &mut self.search else { return Poll::Ready(()) };
        let (mut state, found) = ready!(searching.search.as_mut().poll(cx));
        let Some(Searching { after, .. }) = self.search.take() else { return Poll::Ready(()) };
        match (found, after) {
            (Some(Found { guard, held }), after) => {
                if let After::Silence(mut silent) = after {
                    state.attempt_failed(&mut silent, &Failure::broken(Trouble::Stalled, ""));
                }
                let Held { reader, out, ending } = *held;
                (self.reader, self.out, self.ending) = (reader, out, ending);
                if let Some(resumption) = &mut self.resumption {
                    let by = guard.deployment();
                    let tokens = resumption.found(&state.instance.config.deployments[by]);
                    state.resumed(by, tokens);
                }
                self.owed = Some((guard, state));
            }
            (None, After::Break(deployment, failure)) => {
                self.ends_broken(state, (deployment, &failure));
            }
            (None, After::Silence(guard)) => self.owed = Some((guard, state)),
        }
        Poll::Ready(())
    }

    /// The stream has been silent for a while. Whoever has something to say goes on with it, if the config has streams
    /// gone on with at all.
    fn fell_silent(&mut self) {
        let Some((mut guard, state)) = self.owed.take() else { return };
        state.fell_silent(&mut guard);
        self.owed = match &mut self.resumption {
            Some(resumption) if self.out.is_empty() => {
                match resumption.begin(state, guard.deployment()) {
                    Ok(search) => {
                        let after = After::Silence(guard);
                        self.search = Some(Searching { search, after });
                        None
                    }
                    Err(state) => Some((guard, *state)),
                }
            }
            Some(_) | None => Some((guard, state)),
        };
    }

    /// Collects what is ready, unless there is something to hand out already.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // What was held back goes out at once, in one write with the response head.
        let begun = std::mem::replace(&mut self.begun, true);
        if self.ending.is_some() || !begun && !self.out.is_empty() {
            return Poll::Ready(());
        }
        let collected = self.poll_collect(cx);
        if let Some((guard, _)) = &mut self.owed {
            guard.goes_on(self.reader.seen());
        }
        if self.reader.fell_silent() {
            self.fell_silent();
        }
        if self.search.is_some() {
            return Poll::Ready(());
        }
        if self.ending.is_none() && self.is_over() {
            self.call_off();
            return Poll::Ready(());
        }
        collected
    }

    /// What goes to the client of what was collected; nothing at the end.
    fn rest(&mut self) -> Option<Result<Frame<Bytes>, Infallible>> {
        if self.out.is_empty() {
            return None;
        }
        let frames = self.out.take();
        Some(Ok(Frame::data(match &mut self.resumption {
            Some(resumption) => resumption.passes(frames),
            None => frames,
        })))
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
        // Ends: a stream is gone on with a bounded number of times.
        loop {
            ready!(this.poll_search(cx));
            if this.owed.is_none() {
                return Poll::Ready(this.rest());
            }
            ready!(this.poll_more(cx));
            if this.search.is_some() {
                continue;
            }
            let Some(ending) = this.ending.take() else { return Poll::Ready(this.rest()) };
            // What came before a break goes out before anybody is asked for the rest.
            let breaks = matches!(ending, Ending::Broken(_)) && this.resumption.is_some();
            if breaks && !this.out.is_empty() {
                this.ending = Some(ending);
                return Poll::Ready(this.rest());
            }
            this.close(&ending);
            if this.search.is_none() {
                return Poll::Ready(this.rest());
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.owed.is_none() && self.search.is_none() && self.out.is_empty()
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
