//! `revoke_key`: the provider's error of a revoked key.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, OnRequest, ProviderError, ProviderErrorKind, RequestEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "revoke_key",
    example: "revoke_key",
    group: Group::Provider,
    parse: params::parse::<RevokeKey>,
    document: params::document::<RevokeKey>,
};

/// The key was revoked: 401, or what the provider says instead.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RevokeKey {}

impl Fault for RevokeKey {
    fn on_request(&self, _: Strength) -> OnRequest {
        let error = ProviderError::of_kind(401, ProviderErrorKind::KeyRevoked);
        Action::End(RequestEnd::Error(error))
    }

    fn describe(&self) -> String {
        "key refused".to_owned()
    }
}
