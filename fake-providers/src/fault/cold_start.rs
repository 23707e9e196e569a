//! `cold_start`: delays or refuses the first requests after a rest.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::{ErrorStatus, Factor, Span};
use super::{Cold, Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, Delay, OnRequest, ProviderError, RequestEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "cold_start",
    example: "{ cold_start: { after: 60s, requests: 3, factor: 10 } }",
    group: Group::Provider,
    parse: params::parse::<ColdStart>,
    document: params::document::<ColdStart>,
};

/// After a rest the provider must warm up: the first requests take many times as long, or are refused.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ColdStart {
    /// How long nothing must have arrived; 60s by default.
    after: Span,
    /// How many requests are slow then; 3 by default.
    requests: u32,
    /// How many times as long their heads take; 10 by default.
    factor: Factor,
    /// Refuses them with this status instead of being slow, 400 to 599.
    status: Option<ErrorStatus>,
}

impl Default for ColdStart {
    fn default() -> Self {
        Self {
            after: Span(Duration::from_secs(60)),
            requests: 3,
            factor: Factor(10.0),
            status: None,
        }
    }
}

impl Fault for ColdStart {
    fn on_request(&self, _: Strength) -> OnRequest {
        self.status.map_or(Action::Pass, |ErrorStatus(status)| {
            Action::End(RequestEnd::Error(ProviderError::of_status(status)))
        })
    }

    fn before_head(&self, strength: Strength) -> BeforeHead {
        match self.status {
            Some(_) => Action::Pass,
            None => Action::Delay(Delay::times(strength.towards(self.factor.0))),
        }
    }

    fn only_slows(&self) -> bool {
        self.status.is_none()
    }

    fn cold(&self) -> Option<Cold> {
        Some(Cold { after: self.after.0, requests: self.requests })
    }

    fn describe(&self) -> String {
        let what = match self.status {
            Some(ErrorStatus(status)) => format!("{status} to"),
            None => format!("× {} for", self.factor.0),
        };
        let Self { after: Span(after), requests, .. } = self;
        format!("{what} {requests} requests after {} of rest", show_duration(*after))
    }
}
