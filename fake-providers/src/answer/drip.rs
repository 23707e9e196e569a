//! Hands a body over a few bytes at a time, whatever its frames are.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::Said;
use crate::action::Pieces;

/// What was said and not handed over yet.
#[derive(Debug)]
pub(crate) struct Drip {
    bytes: usize,
    every: Duration,
    said: Option<Said>,
    timer: Pin<Box<Sleep>>,
    /// When the next piece may leave.
    due: Instant,
}

impl Drip {
    /// So many bytes at a time, at least one, and so long between two pieces.
    pub(crate) fn new(Pieces { bytes, every }: Pieces) -> Self {
        let timer = Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { bytes: usize::from(bytes.max(1)), every, said: None, timer, due: Instant::now() }
    }

    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut speak: impl FnMut(&mut Context<'_>) -> Poll<Said>,
    ) -> Poll<Said> {
        if self.said.is_none() {
            let Poll::Ready(said) = speak(cx) else { return Poll::Pending };
            self.said = Some(said);
            self.due = self.due.max(Instant::now());
        }
        if self.due > Instant::now() {
            self.timer.as_mut().reset(self.due);
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        let n = self.bytes;
        let Some(said) = self.said.take() else { return Poll::Pending };
        let (piece, rest) = match said {
            Said::More(mut bytes) if bytes.len() > n => (bytes.split_to(n), Said::More(bytes)),
            Said::Last(mut bytes, end) if bytes.len() > n => {
                (bytes.split_to(n), Said::Last(bytes, end))
            }
            Said::More(_) | Said::Last(..) | Said::End(_) | Said::Broken(_) => {
                self.due += self.every;
                return Poll::Ready(said);
            }
        };
        self.said = Some(rest);
        self.due += self.every;
        Poll::Ready(Said::More(piece))
    }
}
