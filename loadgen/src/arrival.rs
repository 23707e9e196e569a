//! When requests are intended: arrival processes, and the table of them.
//!
//! A process decides its instants before any reply exists (open loop) and from keyed draws only, so
//! two contenders meet the same arrivals. To add one: a file in `arrival/`, its `mod` line and its row
//! in [`ALL`]; scenarios, their schema and their diagnostics follow from the row. What is asked at
//! those instants is `workload`'s business; how several phases interleave is `schedule`'s.

mod constant;
mod poisson;

use std::collections::BTreeMap;

use serde::de::Error;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vocab::{At, Draw};

/// A process under way: hands out intended instants, never going back, until its phase is over.
pub trait Arrival: Send + std::fmt::Debug {
    /// The next intended instant; `None` from the end of the phase on.
    fn next(&mut self) -> Option<At>;
}

/// A row of [`ALL`] at a rate; in files `{"poisson": 8.0}`.
#[derive(Clone, Copy, Debug)]
pub struct Arrivals {
    /// Which process.
    pub process: &'static Entry,
    /// Requests per second on average.
    pub per_second: f64,
}

impl PartialEq for Arrivals {
    fn eq(&self, other: &Self) -> bool {
        self.process.name == other.process.name && self.per_second == other.per_second
    }
}

impl Serialize for Arrivals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.process.name, &self.per_second)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Arrivals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rates = BTreeMap::<String, f64>::deserialize(deserializer)?;
        let mut rates = rates.into_iter();
        let (Some((name, per_second)), None) = (rates.next(), rates.next()) else {
            return Err(D::Error::custom("one arrival process, such as {\"poisson\": 8.0}"));
        };
        let unknown = || D::Error::unknown_variant(&name, NAMES);
        let process = find(&name).ok_or_else(unknown)?;
        Ok(Self { process, per_second })
    }
}

/// One row of the table of processes.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Name in scenarios: `arrivals: { poisson: 8/s }`.
    pub name: &'static str,
    /// One sentence for lists and for the schema of scenarios.
    pub summary: &'static str,
    /// As a scenario writes it.
    pub example: &'static str,
    /// Starts it.
    start: fn(Start) -> Box<dyn Arrival>,
}

/// What a process starts from.
#[derive(Clone, Debug)]
struct Start {
    window: Window,
    /// Mean nanoseconds between arrivals; `None` where there are none.
    spacing_ns: Option<f64>,
    /// Draws of the phase: everything but the index is already in the key.
    draws: Draw,
}

/// Every arrival process, in the order in which lists show them.
pub const ALL: &[Entry] = &[poisson::ENTRY, constant::ENTRY];

/// The names of [`ALL`], in its order.
pub const NAMES: &[&str] = &names();

const fn names() -> [&'static str; ALL.len()] {
    let mut names = [""; ALL.len()];
    let mut row = 0;
    while row < ALL.len() {
        names[row] = ALL[row].name;
        row += 1;
    }
    names
}

/// Highest rate, in requests per second; more is cut to it. A hundred times what one process can
/// send, and small enough that instants in integer nanoseconds stay apart.
pub const RATE_MAX: f64 = 1e6;

/// The process called `name` in scenarios.
pub fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}

/// Starts arrivals `from` an instant, inclusive, `to` another, exclusive; `draws` is keyed by the
/// phase. A rate that is zero, negative or not a number has no arrivals.
pub fn start(arrivals: Arrivals, from: At, to: At, draws: Draw) -> Box<dyn Arrival> {
    let Arrivals { process, per_second } = arrivals;
    let spacing_ns = (per_second > 0.0).then(|| 1e9 / per_second.min(RATE_MAX));
    (process.start)(Start { window: Window { from, to }, spacing_ns, draws })
}

/// Evenly spaced arrivals, so many per second.
pub fn constant(per_second: f64) -> Arrivals {
    Arrivals { process: &constant::ENTRY, per_second }
}

/// The stretch in which instants may lie: `from` inclusive, `to` exclusive.
#[derive(Clone, Copy, Debug)]
struct Window {
    from: At,
    to: At,
}

impl Window {
    /// The instant `offset_ns` after the start, unless the window has ended by then.
    fn at(self, offset_ns: f64) -> Option<At> {
        // A cast from float saturates, and `At::NEVER` is outside of every window.
        let at = At(self.from.0.saturating_add(offset_ns.round() as u64));
        (at < self.to).then_some(at)
    }
}
