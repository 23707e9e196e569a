//! What becomes of a request that a fault ends: before its head, or in the middle of a plain body.

use bytes::Bytes;
use http::{Response, StatusCode};
use record::AttemptEnd;

use super::{InFlight, JSON, half};
use crate::action::{FramingBreak, InBandError, RequestEnd, StreamEnd};
use crate::answer::{Answer, Body, Then, in_band_error};
use crate::connection::tls_alert;
use crate::permit::Permit;
use crate::persona::Refusal;
use crate::schedule::ArmedFaults;

impl InFlight<'_> {
    /// A plain answer that a fault ends; `body` is what it has to say so far.
    pub(super) fn ended_plain(
        self,
        end: &StreamEnd,
        body: &Bytes,
        permit: Permit,
    ) -> Response<Answer> {
        let declared = Some(body.len() as u64);
        let (bytes, declared, then) = match end {
            StreamEnd::Silence => (Bytes::new(), declared, Then::Silence),
            StreamEnd::Heartbeats(every) => (Bytes::new(), None, Then::Beats(*every)),
            StreamEnd::Reset => (half(body), declared, Then::Cut),
            StreamEnd::BreakFraming(FramingBreak::Fin) => (half(body), None, Then::Close),
            StreamEnd::BreakFraming(FramingBreak::Garbage) => {
                self.exchange.break_framing();
                (half(body), None, Then::Close)
            }
            StreamEnd::Truncate(_) => (half(body), None, Then::End(AttemptEnd::Truncated)),
            StreamEnd::Error(error) => return self.error_in_200(error, permit),
            StreamEnd::Garble => {
                let end = AttemptEnd::Truncated;
                let body = (self.plain_type, half(body));
                return self.whole(StatusCode::OK, body, Some(permit), end);
            }
        };
        self.piece(Body::new(bytes, then), declared, permit)
    }

    /// 200, and the provider's error as its body.
    fn error_in_200(self, error: &InBandError, permit: Permit) -> Response<Answer> {
        let error = in_band_error::error(error, &self.context);
        self.whole(StatusCode::OK, (JSON, error.body), Some(permit), AttemptEnd::ErrorEvent)
    }

    /// A request that a fault ends before anybody works on it. Returns only where the end is an
    /// answer.
    pub(super) async fn ended_at_request(
        self,
        end: RequestEnd,
        armed: &ArmedFaults,
    ) -> Response<Answer> {
        let record = self.attempt.record();
        match end {
            RequestEnd::Error(error) => return self.refuse(&Refusal::Injected(error)),
            RequestEnd::Blackhole => {
                record.fall_silent();
                self.exchange.silence(armed.until());
            }
            RequestEnd::Close => {
                record.doom(AttemptEnd::Closed);
                self.exchange.close();
            }
            RequestEnd::Alert(code) => {
                record.doom(AttemptEnd::Closed);
                self.exchange.close_with(tls_alert(code));
            }
            RequestEnd::Reset => {
                record.doom(AttemptEnd::Reset);
                // One turn, so that the connection waits for its end before it is reset.
                tokio::task::yield_now().await;
                self.exchange.reset();
            }
            RequestEnd::Refuse => {
                record.doom(AttemptEnd::Reset);
                tokio::task::yield_now().await;
                self.exchange.refuse();
            }
            RequestEnd::ResetConnection => {
                record.doom(AttemptEnd::Reset);
                tokio::task::yield_now().await;
                self.exchange.reset_connection();
            }
        }
        std::future::pending().await
    }

    /// Nothing that is said reaches its client, which came over a connection in a black hole.
    pub(crate) async fn unheard(self) -> Response<Answer> {
        self.attempt.record().fall_silent();
        std::future::pending().await
    }

    /// No head ever comes; the request keeps its permit until its client leaves.
    pub(super) async fn silent(self, _permit: Permit) -> Response<Answer> {
        self.attempt.record().fall_silent();
        std::future::pending().await
    }
}
