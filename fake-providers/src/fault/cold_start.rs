//! After a rest the provider must warm up: the first requests take many times as long, or are refused.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;
use vocab::show_duration;

use super::params::{ParamError, Span};
use super::{Cold, Entry, Failure, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "cold_start",
    source: include_str!("cold_start.rs"),
    example: "{ cold_start: { after: 60s, requests: 3, factor: 10 } }",
    group: Group::Provider,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `cold_start`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How long nothing must have arrived; 60s by default.
    after: Span,
    /// How many requests are slow then; 3 by default.
    requests: u32,
    /// How many times as long their heads take; 10 by default.
    factor: f64,
    /// Refuses them with this status instead of being slow, 400 to 599.
    #[schemars(range(min = 400, max = 599))]
    status: Option<u16>,
}

#[derive(Debug)]
struct ColdStart(Params);

impl Default for Params {
    fn default() -> Self {
        Self { after: Span(Duration::from_secs(60)), requests: 3, factor: 10.0, status: None }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let read: Params = params::read(value)?;
    read.status.map_or(Ok(()), params::error_status)?;
    params::factor("factor", read.factor)?;
    Ok(Box::new(ColdStart(read)))
}

impl Fault for ColdStart {
    fn at(&self, moment: Moment, strength: f64) -> Verdict {
        match (moment, self.0.status) {
            (Moment::Request, Some(status)) => Verdict::Fail(Failure::of_status(status)),
            (Moment::Head, None) => Verdict::Scale(1.0 + (self.0.factor - 1.0) * strength),
            _ => Verdict::Pass,
        }
    }

    fn only_slows(&self) -> bool {
        self.0.status.is_none()
    }

    fn depends_on_load(&self) -> bool {
        true
    }

    fn cold(&self) -> Option<Cold> {
        Some(Cold { after: self.0.after.0, requests: self.0.requests })
    }

    fn describe(&self) -> String {
        let what = match self.0.status {
            Some(status) => format!("{status} to"),
            None => format!("× {} for", self.0.factor),
        };
        let Params { after: Span(after), requests, .. } = self.0;
        format!("cold_start ({what} {requests} requests after {} of rest)", show_duration(after))
    }
}
