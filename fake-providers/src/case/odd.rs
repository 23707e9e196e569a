//! What stands in the place of an answer: under 200, in time, and not what was asked for.
//!
//! A plain request gets the odd body as a whole. A stream gets it in the place of its events, which
//! is what a proxy that knows nothing of streams would send.

use bytes::Bytes;
use http::{Response, StatusCode};
use record::AttemptEnd;

use super::{Case, JSON, Seat, half};
use crate::answer::{Answer, Body, Then};
use crate::course::Course;
use crate::fault::Instead;
use crate::persona::Prompt;
use crate::script::Script;

impl Case<'_> {
    /// Answers with `instead`.
    pub(super) async fn instead(
        mut self,
        prompt: &Prompt,
        (mut course, script): (Course, Script),
        seat: Seat,
        instead: Instead,
    ) -> Response<Answer> {
        let end = AttemptEnd::Truncated;
        if instead == Instead::Html {
            self.desk.estate.clock.sleep_until(course.due).await;
            let page = (HTML, Bytes::from_static(PAGE));
            return self.whole(StatusCode::OK, page, Some(seat), end);
        }
        let body = self.plan(prompt, &mut course, script).await.body;
        let declared = body.len() as u64;
        match instead {
            Instead::Html | Instead::HalfJson => {
                self.whole(StatusCode::OK, (JSON, half(&body)), Some(seat), end)
            }
            Instead::Short => self.piece(Body::new(half(&body), Then::Close), Some(declared), seat),
            Instead::Oversize(padding) => {
                let piece = Body::new(body, Then::End(AttemptEnd::Complete)).padded(padding);
                self.piece(piece, Some(declared.saturating_add(padding)), seat)
            }
        }
    }
}

const HTML: &str = "text/html";

/// A page as captive portals and maintenance modes show it.
const PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>Please wait</title></head>\n\
    <body><h1>We will be right back</h1><p>This service is being looked after.</p></body></html>\n";
