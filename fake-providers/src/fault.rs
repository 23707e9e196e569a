//! The catalogue of faults: what can go wrong with a provider, without saying whose.
//!
//! A fault maps a [`Moment`] of an attempt to a [`Verdict`]; the persona then says it in its
//! provider's own words, so F faults and P providers cost F + P files. *When* a fault is armed, and
//! for whom, is the schedule's business. Adding one: a file in `fault/` with its `ENTRY`, its `mod`
//! line and its row in [`ALL`], all on this screen; parsing, schema and `brownout list faults`
//! follow from the row.

mod blackhole;
mod cut;
mod error;
mod error_event;
mod garble;
mod params;
mod refuse;
mod reset;
mod slow;
mod stall;
mod throttle;
mod truncate;
mod verdict;

use std::fmt::Debug;

use schemars::Schema;
use serde_json::Value;

pub use params::ParamError;
pub use verdict::{ErrorBody, Failure, FailureKind, Moment, Verdict, Weight, weigh};

/// Every fault, in the order in which help and documentation list them: from the door inwards.
pub const ALL: &[Entry] = &[
    refuse::ENTRY,
    blackhole::ENTRY,
    reset::ENTRY,
    throttle::ENTRY,
    error::ENTRY,
    slow::ENTRY,
    stall::ENTRY,
    cut::ENTRY,
    truncate::ENTRY,
    error_event::ENTRY,
    garble::ENTRY,
];

/// A fault with its parameters. Pure: luck, windows and targets belong to the schedule.
pub trait Fault: Debug + Send + Sync {
    /// What happens at `moment`. `strength` is the ramp's, above 0 and up to 1; only faults that
    /// slow use it, the others rise and fall by their share.
    fn at(&self, moment: Moment, strength: f64) -> Verdict;

    /// Whether it never fails an attempt.
    fn only_slows(&self) -> bool {
        false
    }

    /// Whether a ramp scales its amount; otherwise a ramp scales its share.
    fn ramps_amount(&self) -> bool {
        false
    }

    /// What happens, in words for a report: `throttle (429, retry-after 10 s)`.
    fn describe(&self) -> String;
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name in `inject:`.
    pub name: &'static str,
    /// What it does and when real providers do it, for `brownout list faults`.
    pub summary: &'static str,
    /// A value for `inject:`, YAML in flow style.
    pub example: &'static str,
    /// Whether it acts at the dial and on connections that are already open, for the whole host.
    pub at_connect: bool,
    /// Reads its parameters; `null` is none.
    ///
    /// # Errors
    /// A [`ParamError`] that names the parameter.
    pub parse: fn(&Value) -> Result<Box<dyn Fault>, ParamError>,
    /// JSON schema of its parameters.
    pub schema: fn() -> Schema,
}

impl Entry {
    /// What happens with these parameters, in words; the bare name if they do not parse.
    pub fn describe(&self, params: &Value) -> String {
        (self.parse)(params).map_or_else(|_| self.name.to_owned(), |fault| fault.describe())
    }

    /// Whether it only slows and never fails an attempt; `false` if the parameters do not parse.
    pub fn only_slows(&self, params: &Value) -> bool {
        (self.parse)(params).is_ok_and(|fault| fault.only_slows())
    }
}

/// The entry called `name`.
pub fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}
