//! Keyed randomness of the gateway: every draw is a function of (seed, call id, try, purpose).
//!
//! Two policies that see the same request draw the same numbers, so a comparison compares policies
//! and not luck. Nothing here keeps a state: asking twice for one purpose gives the same answer.

use vocab::{Draw, Seed};

/// What the draws of a request go by, beside the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// Its call id: whoever compares gateways gives each request the same luck everywhere.
    CallId,
    /// Its call id and its number: a client that gives all its requests one id does not send them all one way.
    Arrival,
}

/// The draws of one try of one request.
#[derive(Clone, Debug)]
pub struct KeyedRng {
    draw: Draw,
}

impl KeyedRng {
    /// The draws of the try number `tries` (0 is the first) of the request `call_id`.
    pub fn for_try(seed: Seed, call_id: &str, tries: u32) -> Self {
        Self { draw: seed.draw("gateway").of(call_id).n(u64::from(tries)) }
    }

    /// Uniform in `[0, 1)`, for one purpose such as `"backoff"`.
    pub fn unit(&self, purpose: &str) -> f64 {
        self.draw.clone().of(purpose).unit()
    }

    /// Uniform in `[0, 1)`, for one purpose that is about somebody, such as a deployment's id.
    pub fn unit_for(&self, purpose: &str, whom: &str) -> f64 {
        self.draw.clone().of(purpose).of(whom).unit()
    }

    /// Uniform in `0..n`; 0 for `n` = 0.
    pub fn below(&self, purpose: &str, n: u64) -> u64 {
        self.draw.clone().of(purpose).below(n)
    }
}
