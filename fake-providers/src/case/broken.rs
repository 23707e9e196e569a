//! What becomes of a request that a fault ends: before its head, or in the middle of a plain body.

use bytes::Bytes;
use http::{Response, StatusCode};
use record::AttemptEnd;

use super::{Case, JSON, Seat, half};
use crate::action::{FramingBreak, InBandError, RequestEnd, StreamEnd};
use crate::answer::{Answer, Body, Then, slip};
use crate::door::alert;
use crate::persona::Refusal;
use crate::schedule::Met;

impl Case<'_> {
    /// A plain answer that a fault ends; `body` is what it has to say so far.
    pub(super) fn ended_plain(self, end: &StreamEnd, body: &Bytes, seat: Seat) -> Response<Answer> {
        let declared = Some(body.len() as u64);
        let (bytes, declared, then) = match end {
            StreamEnd::Silence => (Bytes::new(), declared, Then::Silence),
            StreamEnd::Heartbeats(every) => (Bytes::new(), None, Then::Beats(*every)),
            StreamEnd::Reset => (half(body), declared, Then::Cut),
            StreamEnd::BreakFraming(FramingBreak::Fin) => (half(body), None, Then::Close),
            StreamEnd::BreakFraming(FramingBreak::Garbage) => {
                self.desk.line.break_framing();
                (half(body), None, Then::Close)
            }
            StreamEnd::Truncate(_) => (half(body), None, Then::End(AttemptEnd::Truncated)),
            StreamEnd::Error(error) => return self.error_in_200(error, seat),
            StreamEnd::Garble => {
                let end = AttemptEnd::Truncated;
                return self.whole(StatusCode::OK, (JSON, half(body)), Some(seat), end);
            }
        };
        self.piece(Body::new(bytes, then), declared, seat)
    }

    /// 200, and the provider's error as its body.
    fn error_in_200(self, error: &InBandError, seat: Seat) -> Response<Answer> {
        let error = slip::error(error, &self.scene);
        self.whole(StatusCode::OK, (JSON, error.body), Some(seat), AttemptEnd::ErrorEvent)
    }

    /// A request that a fault ends before anybody works on it. Returns only where the end is an
    /// answer.
    pub(super) async fn ended_at_request(self, end: RequestEnd, met: &Met) -> Response<Answer> {
        let entry = self.attempt.entry();
        match end {
            RequestEnd::Error(error) => return self.refuse(&Refusal::Injected(error)),
            RequestEnd::Blackhole => {
                entry.fall_silent();
                self.desk.line.silence(met.until());
            }
            RequestEnd::Close => {
                entry.doom(AttemptEnd::Closed);
                self.desk.line.close();
            }
            RequestEnd::Alert(code) => {
                entry.doom(AttemptEnd::Closed);
                self.desk.line.close_with(alert(code));
            }
            RequestEnd::Reset => {
                entry.doom(AttemptEnd::Reset);
                // One turn, so that the connection waits for its end before it is reset.
                tokio::task::yield_now().await;
                self.desk.line.reset();
            }
        }
        std::future::pending().await
    }

    /// No head ever comes; the request keeps its seat until its client leaves.
    pub(super) async fn silent(self, _seat: Seat) -> Response<Answer> {
        self.attempt.entry().fall_silent();
        std::future::pending().await
    }
}
