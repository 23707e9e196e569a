//! `throttle`: 429 in the provider's words, with `retry-after`, with `retry-after-ms`, or bare. For
//! limits that fill and drain, give the deployment `limits` instead.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use vocab::show_duration;

use super::params::{Millis, Span};
use super::{Entry, ErrorBody, Failure, FailureKind, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "throttle",
    summary: "429 in the provider's own words: too many requests, with Retry-After or without.",
    example: "{ throttle: { retry_after: 10s } }",
    at_connect: false,
    parse: |value| Ok(Box::new(Throttle(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `throttle`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Header `retry-after`, rounded up to seconds.
    retry_after: Option<Span>,
    /// Header `retry-after-ms`: a number of milliseconds, or a duration.
    retry_after_ms: Option<Millis>,
}

#[derive(Debug)]
struct Throttle(Params);

impl Fault for Throttle {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::Request => Verdict::Fail(Failure {
                status: 429,
                retry_after: self.0.retry_after.map(|span| span.0),
                retry_after_ms: self.0.retry_after_ms.map(|millis| millis.0),
                body: ErrorBody::Provider,
                kind: FailureKind::Plain,
            }),
            Moment::Accept | Moment::BeforeFirstToken | Moment::BetweenTokens(_) | Moment::End => {
                Verdict::Pass
            }
        }
    }

    fn describe(&self) -> String {
        let mut text = "throttle (429".to_owned();
        if let Some(Span(after)) = self.0.retry_after {
            text += &format!(", retry-after {}", show_duration(after));
        }
        if let Some(Millis(after)) = self.0.retry_after_ms {
            text += &format!(", retry-after-ms {}", after.as_millis());
        }
        text + ")"
    }
}
