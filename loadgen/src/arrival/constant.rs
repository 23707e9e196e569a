//! Evenly spaced arrivals, the first at the start of the phase. The steadiest load there is: what
//! varies in the answers then comes from the other side. Real users are burstier (`poisson`).

use vocab::At;

use super::{Arrival, Entry, Window, spacing_ns};
use crate::config::Arrivals;

pub(super) const ENTRY: Entry = Entry {
    name: "constant",
    summary: "evenly spaced, the first at the start of the phase",
    example: "{ constant: 8/s }",
    configure: Arrivals::Constant,
};

#[derive(Debug)]
pub(super) struct Constant {
    window: Window,
    spacing_ns: Option<f64>,
    index: u64,
}

impl Constant {
    pub(super) fn new(window: Window, rate: f64) -> Self {
        Self { window, spacing_ns: spacing_ns(rate), index: 0 }
    }
}

impl Arrival for Constant {
    fn next(&mut self) -> Option<At> {
        // Index times spacing, not a running sum: rounding does not add up.
        let at = self.window.at(self.index as f64 * self.spacing_ns?)?;
        self.index += 1;
        Some(at)
    }
}
