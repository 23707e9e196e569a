//! 429 in the provider's own words: too many requests, with Retry-After or without.
//!
//! For limits that fill and drain, give the deployment `limits` instead.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use vocab::show_duration;

use super::params::{Millis, Span};
use super::{Entry, Failure, FailureKind, Fault, Group, Moment, RetryForm, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "throttle",
    source: include_str!("throttle.rs"),
    example: "{ throttle: { retry_after: 10s } }",
    group: Group::Response,
    parse: |value| Ok(Box::new(Throttle(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `throttle`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Header `retry-after`; none by default.
    retry_after: Option<Span>,
    /// How it is written: whole `seconds`, rounded up (default), `float` or `date`.
    #[serde(rename = "as")]
    form: RetryForm,
    /// Header `retry-after-ms`: a number of milliseconds, or a duration.
    retry_after_ms: Option<Millis>,
    /// Header `x-should-retry`, which the SDKs of OpenAI and Anthropic obey before all else.
    should_retry: Option<bool>,
    /// Which 429 it is, where the provider knows several: `rate`, `tokens`, `quota`, `ramp`,
    /// `high_demand`, `ptu` or `never24h`.
    kind: FailureKind,
}

#[derive(Debug)]
struct Throttle(Params);

impl Fault for Throttle {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment != Moment::Request {
            return Verdict::Pass;
        }
        let Params { retry_after, form, retry_after_ms, should_retry, kind } = self.0;
        Verdict::Fail(Failure {
            retry_after: retry_after.map(|Span(after)| after),
            form,
            retry_after_ms: retry_after_ms.map(|Millis(after)| after),
            should_retry,
            kind,
            ..Failure::of_status(429)
        })
    }

    fn describe(&self) -> String {
        let mut text = "throttle (429".to_owned();
        if let Some(kind) = self.0.kind.word() {
            text += &format!(", {kind}");
        }
        if let Some(Span(after)) = self.0.retry_after {
            text += &format!(", retry-after {}", show_duration(after));
        }
        if let Some(Millis(after)) = self.0.retry_after_ms {
            text += &format!(", retry-after-ms {}", after.as_millis());
        }
        text + ")"
    }
}
