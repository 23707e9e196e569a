//! What stands in the place of an answer: under 200, in time, and not what was asked for.
//!
//! A plain request gets the odd body as a whole. A stream gets it in the place of its events, which
//! is what a proxy that knows nothing of streams would send.

use bytes::Bytes;
use http::{Response, StatusCode};
use record::AttemptEnd;

use super::{InFlight, half};
use crate::action::Substitute;
use crate::answer::{Answer, Body, Then};
use crate::permit::Permit;
use crate::persona::Prompt;
use crate::script::Script;
use crate::token_schedule::TokenSchedule;

impl InFlight<'_> {
    /// Answers with `substitute`.
    pub(super) async fn substitute(
        mut self,
        prompt: &Prompt,
        (mut token_schedule, script): (TokenSchedule, Script),
        permit: Permit,
        substitute: Substitute,
    ) -> Response<Answer> {
        let end = AttemptEnd::Truncated;
        let padding = match substitute {
            Substitute::Html => {
                self.state.clock.sleep_until(token_schedule.due).await;
                let page = (HTML, Bytes::from_static(PAGE));
                return self.whole(StatusCode::OK, page, Some(permit), end);
            }
            Substitute::HalfJson => {
                let body = self.plan(prompt, &mut token_schedule, script).await.body;
                let body = (self.plain_type, half(&body));
                return self.whole(StatusCode::OK, body, Some(permit), end);
            }
            Substitute::Short => {
                let body = self.plan(prompt, &mut token_schedule, script).await.body;
                let (half, declared) = (half(&body), Some(body.len() as u64));
                let then = match self.exchange.has_own_end() {
                    // A stream ends, and its length is not what the head says (RFC 9113, section 8.1.1).
                    true => Then::End(AttemptEnd::Closed),
                    false => Then::Close,
                };
                return self.piece(Body::new(half, then), declared, permit);
            }
            Substitute::Oversize(padding) => padding,
        };
        let body = self.plan(prompt, &mut token_schedule, script).await.body;
        let declared = (body.len() as u64).saturating_add(padding);
        let piece = Body::new(body, Then::End(AttemptEnd::Complete)).padded(padding);
        self.piece(piece, Some(declared), permit)
    }
}

const HTML: &str = "text/html";

/// A page as captive portals and maintenance modes show it.
const PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>Please wait</title></head>\n\
    <body><h1>We will be right back</h1><p>This service is being looked after.</p></body></html>\n";
