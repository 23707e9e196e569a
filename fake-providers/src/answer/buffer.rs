//! Keeps a body back until it is complete, as a proxy does that buffers.

use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};

use super::Output;

/// Most bytes that are kept back: a proxy's buffers are of that order, and what is beyond them leaves.
const KEPT_MAX: usize = 256 * 1024;

/// What is kept back.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    kept: BytesMut,
    /// How the body broke off, behind what was kept.
    broken: Option<Output>,
}

impl Buffer {
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut said: impl FnMut(&mut Context<'_>) -> Poll<Output>,
    ) -> Poll<Output> {
        if let Some(broken) = self.broken.take() {
            return Poll::Ready(broken);
        }
        // Ends: a body says a bounded number of things before it has to wait.
        loop {
            match std::task::ready!(said(cx)) {
                Output::More(bytes) => {
                    self.kept.extend_from_slice(&bytes);
                    if self.kept.len() >= KEPT_MAX {
                        return Poll::Ready(Output::More(self.take()));
                    }
                }
                Output::Last(bytes, end) => {
                    self.kept.extend_from_slice(&bytes);
                    return Poll::Ready(Output::Last(self.take(), end));
                }
                Output::End(end) if self.kept.is_empty() => return Poll::Ready(Output::End(end)),
                Output::End(end) => return Poll::Ready(Output::Last(self.take(), end)),
                Output::Broken(end) if self.kept.is_empty() => {
                    return Poll::Ready(Output::Broken(end));
                }
                Output::Broken(end) => {
                    self.broken = Some(Output::Broken(end));
                    return Poll::Ready(Output::More(self.take()));
                }
            }
        }
    }

    fn take(&mut self) -> Bytes {
        self.kept.split().freeze()
    }
}
