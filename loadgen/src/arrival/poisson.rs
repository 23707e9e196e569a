//! Poisson arrivals: independent exponential gaps, as many independent users make them. The count
//! in a window varies as much as its mean (Fano factor 1); nothing is rescaled to hit a total.

use vocab::{At, Draw};

use super::{Arrival, Entry, Window, spacing_ns};
use crate::config::Arrivals;

pub(super) const ENTRY: Entry = Entry {
    name: "poisson",
    summary: "independent users: exponential gaps, bursts included",
    example: "{ poisson: 8/s }",
    configure: Arrivals::Poisson,
};

#[derive(Debug)]
pub(super) struct Poisson {
    window: Window,
    spacing_ns: Option<f64>,
    /// Everything but the index is already in the key.
    draws: Draw,
    index: u64,
    /// Since the start of the window; exact to 1 ns for 104 days.
    offset_ns: f64,
}

impl Poisson {
    pub(super) fn new(window: Window, rate: f64, draws: Draw) -> Self {
        Self { window, spacing_ns: spacing_ns(rate), draws, index: 0, offset_ns: 0.0 }
    }
}

impl Arrival for Poisson {
    fn next(&mut self) -> Option<At> {
        self.offset_ns += self.draws.clone().n(self.index).exponential() * self.spacing_ns?;
        self.index += 1;
        self.window.at(self.offset_ns)
    }
}
