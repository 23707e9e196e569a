//! When requests are intended: arrival processes, and the table of them.
//!
//! A process decides its instants before any reply exists (open loop) and from keyed draws only, so
//! two contenders meet the same arrivals. To add one: a file in `arrival/`, a variant of
//! [`Arrivals`], a row in [`ALL`]; the compiler lists the rest. What is asked at those instants is
//! `workload`'s business; how several phases interleave is `schedule`'s.

mod constant;
mod poisson;

use vocab::{At, Seed};

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
    /// One line for lists.
    pub summary: &'static str,
    /// As a scenario writes it.
    pub example: &'static str,
    /// The configuration for a mean rate in requests per second.
    pub configure: fn(f64) -> Arrivals,
}

/// Every arrival process, in the order in which lists show them.
pub const ALL: &[Entry] = &[constant::ENTRY, poisson::ENTRY];

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
    let window = Window { from: phase.from, to: phase.to };
    match phase.arrivals {
        Arrivals::Constant(rate) => Box::new(constant::Constant::new(window, rate)),
        Arrivals::Poisson(rate) => {
            let draws = seed.draw("arrival").of(&phase.name);
            Box::new(poisson::Poisson::new(window, rate, draws))
        }
    }
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

/// Mean nanoseconds between arrivals; `None` where there are none.
fn spacing_ns(rate: f64) -> Option<f64> {
    (rate > 0.0).then(|| 1e9 / rate.min(RATE_MAX))
}
