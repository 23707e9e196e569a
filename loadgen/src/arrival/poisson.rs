//! Poisson arrivals: independent exponential gaps, as many independent users make them. The count
//! in a window varies as much as its mean (Fano factor 1); nothing is rescaled to hit a total.

use vocab::At;

use super::{Arrival, Entry, Start};

pub(super) const ENTRY: Entry = Entry {
    name: "poisson",
    summary: "Independent clients: Poisson, on average so many per time.",
    example: "{ poisson: 8/s }",
    start: |start| Box::new(Poisson { start, index: 0, offset_ns: 0.0 }),
};

#[derive(Debug)]
struct Poisson {
    start: Start,
    index: u64,
    /// Since the start of the window; exact to 1 ns for 104 days.
    offset_ns: f64,
}

impl Arrival for Poisson {
    fn next(&mut self) -> Option<At> {
        let gap = self.start.draws.clone().n(self.index).exponential();
        self.offset_ns += gap * self.start.spacing_ns?;
        self.index += 1;
        self.start.window.at(self.offset_ns)
    }
}
