//! What a rule may say, in one place: `plan` asks here for what a scenario or a timeline's file says,
//! the admin API for what it is sent. It must never know who asks, or where in a text a value stood.

use std::collections::BTreeSet;
use std::time::Duration;

use vocab::{At, show_duration};

use super::{FaultRule, When, Window};

/// Longest id of a rule, in bytes: it stands in every row of the ledger that met it. An entry of a scenario has up to
/// 64, and its windows a number behind that.
pub const RULE_ID_BYTES_MAX: usize = 80;

/// Longest time to a window, and longest window, in nanoseconds: ten years, as for every duration.
const NS_MAX: u64 = 10 * 365 * 86_400 * 1_000_000_000;

/// What a rule says that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct Impossible {
    /// Which part says it.
    pub part: RulePart,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The parts of a rule that can be wrong by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulePart {
    /// Its id.
    Id,
    /// Whom it hits.
    Targets,
    /// When its window begins.
    Start,
    /// How long its window is.
    Length,
    /// Its ramps.
    Ramp,
    /// Its share.
    Share,
    /// Its conditions.
    Conditions,
}

impl FaultRule {
    /// Checks everything but the fault and its parameters, which the catalogue knows.
    ///
    /// # Errors
    /// The first part that cannot be.
    pub fn check(&self) -> Result<(), Impossible> {
        check_id(&self.id, RULE_ID_BYTES_MAX)?;
        if self.targets.is_empty() {
            let help = "name at least one deployment";
            return Err(impossible(RulePart::Targets, "it targets nothing", help));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.targets.iter().find(|target| !seen.insert(**target)) {
            let message = format!("it targets deployment number {} twice", twice + 1);
            return Err(impossible(RulePart::Targets, message, "name each one once"));
        }
        self.window.check()?;
        check_share(self.share)?;
        self.when.check()
    }
}

impl Window {
    /// Checks that it has a length, and that its ramps fit into it.
    ///
    /// # Errors
    /// Start, length or ramp that cannot be.
    pub fn check(&self) -> Result<(), Impossible> {
        if self.from.ns() > NS_MAX {
            let message = "a fault cannot begin after ten years";
            return Err(impossible(RulePart::Start, message, "let it begin within the run"));
        }
        if self.to <= self.from {
            let message = "a fault of 0s hits nothing";
            return Err(impossible(RulePart::Length, message, "give it a length, such as 60s"));
        }
        let length = self.to.since(self.from);
        let for_ever = self.to == At::NEVER;
        if !for_ever && length > Duration::from_nanos(NS_MAX) {
            let message = "a fault is no longer than ten years";
            return Err(impossible(RulePart::Length, message, "shorten it"));
        }
        if self.ramp.saturating_mul(2) > length {
            let message = format!(
                "two ramps of {} do not fit into a fault of {}",
                show_duration(self.ramp),
                show_duration(length)
            );
            let help = format!("a ramp rises and falls: at most {}", show_duration(length / 2));
            return Err(impossible(RulePart::Ramp, message, help));
        }
        Ok(())
    }
}

impl When {
    /// Checks that something can meet it.
    ///
    /// # Errors
    /// A count of 0, or a range of sizes without a size.
    pub fn check(&self) -> Result<(), Impossible> {
        let counts = [self.attempt.map(u64::from), self.first, self.every, self.nth];
        if counts.contains(&Some(0)) {
            let message = "attempt, first, every and nth count from 1";
            return Err(impossible(RulePart::Conditions, message, "write 1 or more"));
        }
        if let (Some(min), Some(max)) = (self.prompt_tokens_min, self.prompt_tokens_max)
            && min > max
        {
            let message = format!("no prompt has at least {min} and at most {max} tokens");
            return Err(impossible(RulePart::Conditions, message, "exchange min and max"));
        }
        Ok(())
    }
}

/// Checks an id of at most `bytes_max`: plain enough for a table's cell, a list joined by `+`, a path and a terminal.
///
/// # Errors
/// An id that is none.
pub fn check_id(id: &str, bytes_max: usize) -> Result<(), Impossible> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !id.is_empty() && id.len() <= bytes_max && id.chars().all(plain) {
        return Ok(());
    }
    let shown: String = id.chars().take(bytes_max).collect();
    let message = format!("`{shown}` cannot be a fault's id");
    let help = format!("use up to {bytes_max} letters, digits, `.`, `_` and `-`");
    Err(impossible(RulePart::Id, message, help))
}

/// Checks a share.
///
/// # Errors
/// One that is not from 0 to 1.
pub fn check_share(share: f64) -> Result<(), Impossible> {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    let message = format!("a share is from 0 to 1, not {share}");
    Err(impossible(RulePart::Share, message, "1 is every attempt"))
}

fn impossible(part: RulePart, message: impl Into<String>, help: impl Into<String>) -> Impossible {
    Impossible { part, message: message.into(), help: help.into() }
}
