//! `idle_timeout`: a load balancer that closes what says nothing.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::{ParamError, Span};
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "idle_timeout",
    example: "{ idle_timeout: { after: 60s } }",
    group: Group::Stream,
    parse: |value| params::parse_checked(value, IdleTimeout::check),
    document: params::document::<IdleTimeout>,
};

/// A load balancer on the way closes an open answer in which nothing was said for a while, in order (FIN) and
/// without the end of its framing. An answer that keeps talking is spared.
///
/// It strikes where answers are slow to begin with, or are made so: by `slow`, `stall`, `thinking`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct IdleTimeout {
    /// How long nothing must have been said; 60s by default, as AWS's load balancers have it.
    after: Span,
}

impl Default for IdleTimeout {
    fn default() -> Self {
        Self { after: Span(Duration::from_secs(60)) }
    }
}

impl IdleTimeout {
    fn check(&self) -> Result<(), ParamError> {
        if self.after.0.is_zero() {
            return Err(ParamError::at("after", "an answer is always silent for 0s; use more"));
        }
        Ok(())
    }
}

impl Fault for IdleTimeout {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::IdleTimeout(self.after.0))
    }

    fn describe(&self) -> String {
        format!("closed after {} without a word", show_duration(self.after.0))
    }
}
