//! An answer over a stream of HTTP/2. Streams share the task of their connection and are polled only when they are woken,
//! so that each looks for the end of the server itself, to say its last word.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use world::{Busy, ResetCode, Shutdown, StreamReset};

use crate::front::served::Served;

/// A body that is polled once more when the server is over.
pub(crate) struct OverHttp2 {
    body: Served,
    _busy: Option<Busy>,
    /// Given up when it has come.
    over: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl OverHttp2 {
    pub(crate) fn new(body: Served, shutdown: Arc<Shutdown>, busy: Option<Busy>) -> Self {
        let over: Pin<Box<dyn Future<Output = ()> + Send>> =
            Box::pin(async move { shutdown.over().await });
        Self { body, _busy: busy, over: Some(over) }
    }
}

impl Body for OverHttp2 {
    type Data = Bytes;
    type Error = StreamReset;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamReset>>> {
        let this = self.get_mut();
        if this.over.as_mut().is_some_and(|over| over.as_mut().poll(cx).is_ready()) {
            this.over = None;
        }
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        polled.map(|frame| {
            frame.map(|frame| frame.map_err(|_| StreamReset::from(ResetCode::Internal)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
