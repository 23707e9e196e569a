//! Answers take longer: the first token, the gaps between tokens or both, by a factor or an amount.
//!
//! The head of a stream leaves when it would have without the fault; a ramp scales the amount.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;
use vocab::show_duration;

use super::params::{ParamError, Span};
use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "slow",
    source: include_str!("slow.rs"),
    example: "{ slow: { first_token: { factor: 4 }, between_tokens: { add: 50ms } } }",
    group: Group::Stream,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `slow`; at least one is needed.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// The whole answer takes so many times as long.
    factor: Option<f64>,
    /// The time to the first token.
    first_token: Option<Slowdown>,
    /// Each gap between two tokens.
    between_tokens: Option<Slowdown>,
}

/// How much longer something takes: `factor`, `add` or both (the factor first).
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Slowdown {
    /// So many times as long.
    factor: Option<f64>,
    /// So much longer.
    add: Option<Span>,
}

#[derive(Debug)]
struct Slow(Params);

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let read: Params = params::read(value)?;
    let (first, between) = (read.first_token, read.between_tokens);
    if read.factor.is_none() && first.is_none() && between.is_none() {
        let message = "`slow` needs `factor`, `first_token` or `between_tokens`";
        return Err(ParamError::at("", message));
    }
    for (path, part) in [("first_token", first), ("between_tokens", between)] {
        if part.is_some_and(|part| part.factor.is_none() && part.add.is_none()) {
            return Err(ParamError::at(path, format!("`{path}` needs `factor` or `add`")));
        }
    }
    for (path, factor) in [
        ("factor", read.factor),
        ("first_token", first.and_then(|part| part.factor)),
        ("between_tokens", between.and_then(|part| part.factor)),
    ] {
        factor.map_or(Ok(()), |factor| params::factor(path, factor))?;
    }
    Ok(Box::new(Slow(read)))
}

impl Fault for Slow {
    fn at(&self, moment: Moment, strength: f64) -> Verdict {
        let part = match moment {
            Moment::AfterTokens(0) => self.0.first_token,
            Moment::AfterTokens(_) => self.0.between_tokens,
            Moment::Resolve
            | Moment::Accept { .. }
            | Moment::Onset
            | Moment::Reuse { .. }
            | Moment::Request
            | Moment::Head
            | Moment::End => return Verdict::Pass,
        };
        let part = part.unwrap_or_default();
        let factor = self.0.factor.unwrap_or(1.0) * part.factor.unwrap_or(1.0);
        let factor = 1.0 + (factor - 1.0) * strength;
        let add = part.add.unwrap_or_default().0.mul_f64(strength);
        match (factor > 1.0, add > Duration::ZERO) {
            (false, false) => Verdict::Pass,
            (false, true) => Verdict::Delay(add),
            (true, false) => Verdict::Scale(factor),
            (true, true) => Verdict::Stretch { factor, add },
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn ramps_amount(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::with_capacity(3);
        parts.extend(self.0.factor.map(|factor| format!("× {factor}")));
        for (name, part) in
            [("first token", self.0.first_token), ("between tokens", self.0.between_tokens)]
        {
            let Some(part) = part else { continue };
            let factor = part.factor.map(|factor| format!(" × {factor}")).unwrap_or_default();
            let add = part.add.map(|Span(add)| format!(" + {}", show_duration(add)));
            parts.push(format!("{name}{factor}{}", add.unwrap_or_default()));
        }
        format!("slow ({})", parts.join(", "))
    }
}
