//! An answer as the body of a stream of HTTP/2, which a fault can end from outside and which says with
//! a code how it breaks off.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use world::StreamReset;

use super::Answer;
use crate::connection::{Exchange, StreamFate};

/// The body of a response over HTTP/2.
pub(crate) struct AnswerOverHttp2 {
    /// `None` in a black hole whose attempt is over.
    answer: Option<Answer>,
    ended: Pin<Box<dyn Future<Output = StreamFate> + Send>>,
    exchange: Arc<Exchange>,
}

impl AnswerOverHttp2 {
    /// `answer`, which comes over `exchange`.
    pub(crate) fn new(answer: Answer, exchange: Arc<Exchange>) -> Self {
        let waits = Arc::clone(&exchange);
        Self { answer: Some(answer), ended: Box::pin(async move { waits.ended().await }), exchange }
    }
}

impl http_body::Body for AnswerOverHttp2 {
    type Data = Bytes;
    type Error = StreamReset;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamReset>>> {
        let this = self.get_mut();
        let Some(answer) = &mut this.answer else { return Poll::Pending };
        match this.ended.as_mut().poll(cx) {
            Poll::Ready(fate) => {
                this.answer = None;
                match fate {
                    StreamFate::Reset(code) => Poll::Ready(Some(Err(code.into()))),
                    StreamFate::Silent => Poll::Pending,
                }
            }
            Poll::Pending => http_body::Body::poll_frame(Pin::new(answer), cx).map(|said| {
                said.map(|said| said.map_err(|_| StreamReset::from(this.exchange.reset_code())))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.answer.as_ref().is_some_and(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.as_ref().map_or_else(SizeHint::default, http_body::Body::size_hint)
    }
}
