//! `throttle`: a 429 in the place of an answer.

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::{Millis, Span};
use super::{Entry, Fault, Group, params};
use crate::action::{
    Action, OnRequest, ProviderError, ProviderErrorKind, RequestEnd, RetryForm, Strength,
};

pub(super) const ENTRY: Entry = Entry {
    name: "throttle",
    example: "{ throttle: { retry_after: 10s } }",
    group: Group::Response,
    parse: params::parse::<Throttle>,
    document: params::document::<Throttle>,
};

/// 429 in the provider's own words: too many requests, with Retry-After or without.
///
/// For limits that fill and drain, give the deployment `limits` instead.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Throttle {
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
    kind: ProviderErrorKind,
}

impl Fault for Throttle {
    fn on_request(&self, _: Strength) -> OnRequest {
        Action::End(RequestEnd::Error(ProviderError {
            retry_after: self.retry_after.map(|Span(after)| after),
            form: self.form,
            retry_after_ms: self.retry_after_ms.map(|Millis(after)| after),
            should_retry: self.should_retry,
            ..ProviderError::of_kind(429, self.kind)
        }))
    }

    fn describe(&self) -> String {
        let mut text = "429".to_owned();
        if let Some(kind) = self.kind.word() {
            text += &format!(", {kind}");
        }
        if let Some(Span(after)) = self.retry_after {
            text += &format!(", retry-after {}", show_duration(after));
        }
        if let Some(Millis(after)) = self.retry_after_ms {
            text += &format!(", retry-after-ms {}", after.as_millis());
        }
        text
    }
}
