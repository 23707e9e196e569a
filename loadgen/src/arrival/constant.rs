//! Evenly spaced arrivals, the first at the start of the phase. The steadiest load there is: what
//! varies in the answers then comes from the other side. Real users are burstier (`poisson`).

use vocab::At;

use super::{Arrival, Entry, Start};

pub(super) const ENTRY: Entry = Entry {
    name: "constant",
    summary: "Evenly spaced.",
    example: "{ constant: 8/s }",
    start: |start| Box::new(Constant { start, index: 0 }),
};

#[derive(Debug)]
struct Constant {
    start: Start,
    index: u64,
}

impl Arrival for Constant {
    fn next(&mut self) -> Option<At> {
        // Index times spacing, not a running sum: rounding does not add up.
        let at = self.start.window.at(self.index as f64 * self.start.spacing_ns?)?;
        self.index += 1;
        Some(at)
    }
}
