//! `stall`: silence, heartbeats or a pause in the place of a token.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::{AfterTokens, ParamError, Span};
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, Delay, StreamEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "stall",
    example: "{ stall: { after_tokens: 12 } }",
    group: Group::Stream,
    parse: |value| params::parse_checked(value, Stall::check),
    document: params::document::<Stall>,
};

/// The answer falls silent after k tokens while the connection stays open; the most common way in which
/// streams die.
///
/// After 0 tokens nothing follows the head. With `for` the answer goes on afterwards; with `heartbeats`
/// there are keep-alives, and no content. A plain answer keeps its body back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Stall {
    after_tokens: AfterTokens,
    /// How long; without it, for ever.
    #[serde(rename = "for")]
    lasts: Option<Span>,
    /// Keep-alives, one each so often: what makes idle timeouts blind. Only for ever.
    heartbeats: Option<Span>,
}

/// Fewer than this between two heartbeats would only be noise.
const HEARTBEAT_MIN: Duration = Duration::from_millis(10);

impl Stall {
    fn check(&self) -> Result<(), ParamError> {
        if self.lasts.is_some() && self.heartbeats.is_some() {
            let message =
                "`heartbeats` goes with a stall for ever; leave `for` or `heartbeats` out";
            return Err(ParamError::at("heartbeats", message));
        }
        if self.heartbeats.is_some_and(|Span(every)| every < HEARTBEAT_MIN) {
            return Err(ParamError::at("heartbeats", "use 10ms or more between two heartbeats"));
        }
        Ok(())
    }
}

impl Fault for Stall {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        let action = match (self.lasts, self.heartbeats) {
            (Some(Span(lasts)), _) => Action::Delay(Delay::by(lasts)),
            (None, Some(Span(every))) => Action::End(StreamEnd::Heartbeats(every)),
            (None, None) => Action::End(StreamEnd::Silence),
        };
        self.after_tokens.at(token, action)
    }

    fn only_slows(&self) -> bool {
        self.lasts.is_some()
    }

    fn describe(&self) -> String {
        let lasts = match self.lasts {
            Some(Span(lasts)) => format!("for {}", show_duration(lasts)),
            None => "for ever".to_owned(),
        };
        let beats = self
            .heartbeats
            .map(|Span(every)| format!(", but a heartbeat every {}", show_duration(every)));
        format!("{}, {lasts}{}", self.after_tokens, beats.unwrap_or_default())
    }
}
