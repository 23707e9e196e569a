//! `recovery`: refusals whose share falls over the window.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::ErrorStatus;
use super::{Entry, Fault, Group, Ramp, params};
use crate::action::{Action, OnRequest, ProviderError, RequestEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "recovery",
    example: "{ recovery: { status: 503 } }",
    group: Group::Provider,
    parse: params::parse::<Recovery>,
    document: params::document::<Recovery>,
};

/// The provider comes back slowly: at the start of the window every request is refused, at its end none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Recovery {
    /// Status of the refusals, 400 to 599; 503 by default.
    status: ErrorStatus,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { status: ErrorStatus(503) }
    }
}

impl Fault for Recovery {
    fn on_request(&self, _: Strength) -> OnRequest {
        Action::End(RequestEnd::Error(ProviderError::of_status(self.status.0)))
    }

    fn ramp(&self) -> Ramp {
        Ramp::Recovering
    }

    fn describe(&self) -> String {
        format!("{} to fewer and fewer", self.status.0)
    }
}
