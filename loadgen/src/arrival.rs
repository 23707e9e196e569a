//! When requests are intended: arrival processes, and the table of them.
//!
//! A process decides its instants before any reply exists (open loop) and from keyed draws only, so
//! two contenders meet the same arrivals. To add one: a file in `arrival/`, its `mod` line and its row
//! in [`ALL`]; scenarios, their schema and their diagnostics follow from the row. What is asked at
//! those instants is `workload`'s business; how several phases interleave is `schedule`'s.

mod constant;
mod poisson;

use vocab::{At, Draw, Seed};

use crate::config::{Arrivals, Phase};

/// A process under way: hands out intended instants, never going back, until its phase is over.
pub trait Arrival: Send + std::fmt::Debug {
    /// The next intended instant; `None` from the end of the phase on.
    fn next(&mut self) -> Option<At>;
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

/// Starts the arrivals of a phase. Draws are keyed by seed, phase name and index. A rate that is
/// zero, negative or not a number has no arrivals.
pub fn start(seed: Seed, phase: &Phase) -> Box<dyn Arrival> {
    let Arrivals { process, per_second } = phase.arrivals;
    (process.start)(Start {
        window: Window { from: phase.from, to: phase.to },
        spacing_ns: (per_second > 0.0).then(|| 1e9 / per_second.min(RATE_MAX)),
        draws: seed.draw("arrival").of(&phase.name),
    })
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
