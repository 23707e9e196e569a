//! `quota_exhausted`: the provider's error of an empty account.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, OnRequest, ProviderError, ProviderErrorKind, RequestEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "quota_exhausted",
    example: "quota_exhausted",
    group: Group::Provider,
    parse: params::parse::<QuotaExhausted>,
    document: params::document::<QuotaExhausted>,
};

/// Nothing is left to spend: the provider's own 429 for that, without a word on when to try again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QuotaExhausted {}

impl Fault for QuotaExhausted {
    fn on_request(&self, _: Strength) -> OnRequest {
        let error = ProviderError::of_kind(429, ProviderErrorKind::Quota);
        Action::End(RequestEnd::Error(error))
    }

    fn describe(&self) -> String {
        "429, nothing left to spend".to_owned()
    }
}
