//! What becomes of a request whose answer a fault ends: before its head, or in the middle of a plain
//! body.

use bytes::Bytes;
use http::{Response, StatusCode};
use record::AttemptEnd;

use super::{Case, JSON, Seat, half};
use crate::answer::{Answer, Body, Then, slip};
use crate::door::alert;
use crate::fault::{Slip, Unframed, Verdict};
use crate::persona::Refusal;
use crate::schedule::Met;

impl Case<'_> {
    /// A plain answer that a fault breaks; `body` is what it has to say so far.
    pub(super) fn broken_plain(
        self,
        verdict: &Verdict,
        body: &Bytes,
        seat: Seat,
        met: &Met,
    ) -> Response<Answer> {
        let declared = Some(body.len() as u64);
        let (bytes, declared, then) = match verdict {
            Verdict::Stall => (Bytes::new(), declared, Then::Silence),
            Verdict::Heartbeats(every) => (Bytes::new(), None, Then::Beats(*every)),
            Verdict::Blackhole => {
                self.desk.line.silence(met.until());
                (Bytes::new(), declared, Then::Silence)
            }
            Verdict::Truncate(_) => (half(body), None, Then::End(AttemptEnd::Truncated)),
            Verdict::Unframed(Unframed::Fin) | Verdict::Close => (half(body), None, Then::Close),
            Verdict::Unframed(Unframed::Garbage) => {
                self.desk.line.break_framing();
                (half(body), None, Then::Close)
            }
            Verdict::ErrorEvent(slip) => return self.error_in_200(slip, seat),
            Verdict::Fail(failure) => {
                let slip = Slip { status: Some(failure.status), ..Slip::default() };
                return self.error_in_200(&slip, seat);
            }
            Verdict::Garble => {
                let end = AttemptEnd::Truncated;
                return self.whole(StatusCode::OK, (JSON, half(body)), Some(seat), end);
            }
            Verdict::Cut
            | Verdict::Reset
            | Verdict::Refuse
            | Verdict::Wait
            | Verdict::Pass
            | Verdict::Delay(_)
            | Verdict::Scale(_)
            | Verdict::Stretch { .. }
            | Verdict::Twist(_)
            | Verdict::NoName { .. }
            | Verdict::Alert(_)
            | Verdict::Instead(_) => (half(body), declared, Then::Cut),
        };
        self.piece(Body::new(bytes, then), declared, seat)
    }

    /// 200, and the provider's error as its body.
    fn error_in_200(self, slip: &Slip, seat: Seat) -> Response<Answer> {
        let error = slip::error(slip, &self.scene);
        self.whole(StatusCode::OK, (JSON, error.body), Some(seat), AttemptEnd::ErrorEvent)
    }

    /// A verdict before any answer. Returns only where it is an answer; `seat` is held as long.
    pub(super) async fn broken_before_head(
        self,
        verdict: &Verdict,
        met: &Met,
        seat: Option<Seat>,
    ) -> Response<Answer> {
        let entry = self.attempt.entry();
        match verdict {
            Verdict::Fail(failure) => {
                drop(seat);
                return self.refuse(&Refusal::Failed(*failure));
            }
            Verdict::Stall | Verdict::Heartbeats(_) => entry.fall_silent(),
            Verdict::Blackhole => {
                entry.fall_silent();
                self.desk.line.silence(met.until());
            }
            Verdict::Close => {
                entry.doom(AttemptEnd::Closed);
                self.desk.line.close();
            }
            Verdict::Alert(code) => {
                entry.doom(AttemptEnd::Closed);
                self.desk.line.close_with(alert(*code));
            }
            Verdict::ErrorEvent(_)
            | Verdict::Garble
            | Verdict::Truncate(_)
            | Verdict::Unframed(_)
            | Verdict::Cut
            | Verdict::Refuse
            | Verdict::Wait
            | Verdict::NoName { .. }
            | Verdict::Instead(_)
            | Verdict::Twist(_)
            | Verdict::Reset
            | Verdict::Pass
            | Verdict::Delay(_)
            | Verdict::Scale(_)
            | Verdict::Stretch { .. } => {
                entry.doom(AttemptEnd::Reset);
                // One turn, so that the connection waits for its end before it is reset.
                tokio::task::yield_now().await;
                self.desk.line.reset();
            }
        }
        std::future::pending().await
    }
}
