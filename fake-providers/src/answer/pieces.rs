//! Hands a body over a few bytes at a time, whatever its frames are.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::Output;
use crate::action::Pieces;

/// Output that was not handed over yet.
#[derive(Debug)]
pub(crate) struct PieceWriter {
    bytes: usize,
    every: Duration,
    held: Option<Output>,
    timer: Pin<Box<Sleep>>,
    /// When the next piece may leave.
    due: Instant,
}

impl PieceWriter {
    /// So many bytes at a time, at least one, and so long between two pieces.
    pub(crate) fn new(Pieces { bytes, every }: Pieces) -> Self {
        let timer = Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { bytes: usize::from(bytes.max(1)), every, held: None, timer, due: Instant::now() }
    }

    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut(&mut Context<'_>) -> Poll<Output>,
    ) -> Poll<Output> {
        let output = match self.held.take() {
            Some(output) => output,
            None => {
                let output = ready!(next(cx));
                self.due = self.due.max(Instant::now());
                output
            }
        };
        if self.due > Instant::now() {
            self.timer.as_mut().reset(self.due);
            if self.timer.as_mut().poll(cx).is_pending() {
                self.held = Some(output);
                return Poll::Pending;
            }
        }
        let n = self.bytes;
        let (piece, rest) = match output {
            Output::More(mut bytes) if bytes.len() > n => (bytes.split_to(n), Output::More(bytes)),
            Output::Last(mut bytes, end) if bytes.len() > n => {
                (bytes.split_to(n), Output::Last(bytes, end))
            }
            Output::More(_) | Output::Last(..) | Output::End(_) | Output::Broken(_) => {
                self.due += self.every;
                return Poll::Ready(output);
            }
        };
        self.held = Some(rest);
        self.due += self.every;
        Poll::Ready(Output::More(piece))
    }
}
