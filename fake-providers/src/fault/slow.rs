//! `slow`: delays tokens, by a factor, an amount or both.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::{Factor, ParamError, Span};
use super::{Entry, Fault, Group, Ramp, params};
use crate::action::{Action, BeforeToken, Delay, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "slow",
    example: "{ slow: { first_token: { factor: 4 }, between_tokens: { add: 50ms } } }",
    group: Group::Stream,
    parse: |value| params::parse_checked(value, Slow::check),
    document: params::document::<Slow>,
};

/// Answers take longer: the first token, the gaps between tokens or both, by a factor or an amount.
///
/// The head of a stream leaves when it would have without the fault; a ramp scales the amount.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Slow {
    /// The whole answer takes so many times as long.
    factor: Option<Factor>,
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
    factor: Option<Factor>,
    /// So much longer.
    add: Option<Span>,
}

impl Slow {
    fn check(&self) -> Result<(), ParamError> {
        let (first, between) = (self.first_token, self.between_tokens);
        if self.factor.is_none() && first.is_none() && between.is_none() {
            let message = "`slow` needs `factor`, `first_token` or `between_tokens`";
            return Err(ParamError::at("", message));
        }
        for (path, part) in [("first_token", first), ("between_tokens", between)] {
            if part.is_some_and(|part| part.factor.is_none() && part.add.is_none()) {
                return Err(ParamError::at(path, format!("`{path}` needs `factor` or `add`")));
            }
        }
        Ok(())
    }
}

impl Fault for Slow {
    fn before_token(&self, token: u32, strength: Strength) -> BeforeToken {
        let part = if token == 0 { self.first_token } else { self.between_tokens };
        let part = part.unwrap_or_default();
        let factor = Factor::or_one(self.factor) * Factor::or_one(part.factor);
        let factor = strength.towards(factor);
        let add = strength.of(part.add.unwrap_or_default().0);
        if factor > 1.0 || add > Duration::ZERO {
            Action::Delay(Delay::new(factor, add))
        } else {
            Action::Pass
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn ramp(&self) -> Ramp {
        Ramp::Amount
    }

    fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::with_capacity(3);
        parts.extend(self.factor.map(|Factor(factor)| format!("× {factor}")));
        for (name, part) in
            [("first token", self.first_token), ("between tokens", self.between_tokens)]
        {
            let Some(part) = part else { continue };
            let factor = part.factor.map(|Factor(factor)| format!(" × {factor}"));
            let add = part.add.map(|Span(add)| format!(" + {}", show_duration(add)));
            let (factor, add) = (factor.unwrap_or_default(), add.unwrap_or_default());
            parts.push(format!("{name}{factor}{add}"));
        }
        parts.join(", ")
    }
}
