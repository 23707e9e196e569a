//! The answer falls silent after k tokens while the connection stays open; the most common way in which
//! streams die.
//!
//! After 0 tokens nothing follows the head. With `for` the answer goes on afterwards; with `heartbeats`
//! there are keep-alives, and no content. A plain answer keeps its body back.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;
use vocab::show_duration;

use super::params::{AfterTokens, ParamError, Span};
use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "stall",
    source: include_str!("stall.rs"),
    example: "{ stall: { after_tokens: 12 } }",
    group: Group::Stream,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `stall`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
    /// How long; without it, for ever.
    #[serde(rename = "for")]
    lasts: Option<Span>,
    /// Keep-alives, one each so often: what makes idle timeouts blind. Only for ever.
    heartbeats: Option<Span>,
}

#[derive(Debug)]
struct Stall(Params);

/// Fewer than this between two heartbeats would only be noise.
const HEARTBEAT_MIN: Duration = Duration::from_millis(10);

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    if params.lasts.is_some() && params.heartbeats.is_some() {
        let message = "`heartbeats` goes with a stall for ever; leave `for` or `heartbeats` out";
        return Err(ParamError::at("heartbeats", message));
    }
    if params.heartbeats.is_some_and(|Span(every)| every < HEARTBEAT_MIN) {
        return Err(ParamError::at("heartbeats", "use 10ms or more between two heartbeats"));
    }
    Ok(Box::new(Stall(params)))
}

impl Fault for Stall {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if !self.0.after_tokens.is(moment) {
            return Verdict::Pass;
        }
        match (self.0.lasts, self.0.heartbeats) {
            (Some(Span(lasts)), _) => Verdict::Delay(lasts),
            (None, Some(Span(every))) => Verdict::Heartbeats(every),
            (None, None) => Verdict::Stall,
        }
    }

    fn only_slows(&self) -> bool {
        self.0.lasts.is_some()
    }

    fn describe(&self) -> String {
        let lasts = match self.0.lasts {
            Some(Span(lasts)) => format!("for {}", show_duration(lasts)),
            None => "for ever".to_owned(),
        };
        let beats = self
            .0
            .heartbeats
            .map(|Span(every)| format!(", but a heartbeat every {}", show_duration(every)));
        format!("stall ({}, {lasts}{})", self.0.after_tokens, beats.unwrap_or_default())
    }
}
