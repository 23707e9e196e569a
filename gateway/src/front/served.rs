//! An answer with what its request holds until it is sent: its place among those that are served.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};

use crate::admission::Entry;
use crate::failover::response::{self, AnswerBody};

/// A body on its way to the client.
#[derive(Debug)]
pub(crate) struct Served {
    body: AnswerBody,
    entry: Option<Entry>,
}

impl Served {
    /// An answer to a request that was let in.
    pub(crate) fn entered(answer: Response<AnswerBody>, entry: Entry) -> Response<Self> {
        answer.map(|body| Self { body, entry: Some(entry) })
    }

    /// An answer for which nobody had to be let in.
    pub(crate) fn outside(answer: Response<AnswerBody>) -> Response<Self> {
        answer.map(|body| Self { body, entry: None })
    }

    /// A stream of Google's as one JSON array.
    pub(crate) fn as_array(answer: Response<Self>) -> Response<Self> {
        let (head, Self { body, entry }) = answer.into_parts();
        let array = response::as_array(Response::from_parts(head, body));
        array.map(|body| Self { body, entry })
    }
}

impl Body for Served {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
