//! How fast a fake speaks, and how long: draws from a distribution, keyed by what they are for. It
//! must never know load: what comes of waiting for a slot is a consequence, not a draw.

use std::time::Duration;

use vocab::{Draw, Lognormal, Seed};

use crate::config::{Latency, Spread};
use crate::schedule::DrawKey;

/// No single draw is longer: one hour. A lognormal tail must not stop a world.
const DRAW_MAX_NS: f64 = 3600e9;

/// How long an answer is if the prompt does not say, in tokens: around a short chat answer, with a
/// 99th percentile of about a page.
const ANSWER: Lognormal = Lognormal { median: 120.0, sigma: 0.7 };

/// No answer is longer, in tokens, unless its prompt plans it.
const ANSWER_MAX: f64 = 4096.0;

/// A deployment's two distributions, ready to draw from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    ttft: Sampler,
    itl: Sampler,
}

/// The times of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Tempo {
    itl: Sampler,
    draw: Draw,
}

#[derive(Clone, Copy, Debug)]
enum Sampler {
    Constant(Duration),
    /// In nanoseconds.
    Lognormal(Lognormal),
}

impl Pace {
    pub(crate) fn new(latency: &Latency) -> Self {
        Self { ttft: Sampler::new(latency.ttft), itl: Sampler::new(latency.itl) }
    }

    /// From admission to first token.
    pub(crate) fn first_token(&self, seed: Seed, deployment: &str, draw_key: DrawKey) -> Duration {
        self.ttft.sample(|| keyed(seed, "ttft", deployment, draw_key))
    }

    /// The gaps of one answer.
    pub(crate) fn tempo(&self, seed: Seed, deployment: &str, draw_key: DrawKey) -> Tempo {
        Tempo { itl: self.itl, draw: keyed(seed, "itl", deployment, draw_key) }
    }
}

impl Tempo {
    /// The gap before token number `seq`.
    pub(crate) fn gap(&self, seq: u32) -> Duration {
        self.itl.sample(|| self.draw.clone().n(u64::from(seq)))
    }
}

impl Sampler {
    fn new(spread: Spread) -> Self {
        match spread {
            Spread::Constant(always) => Self::Constant(always),
            Spread::Lognormal { p50, p99 } => {
                let [p50, p99] = [p50, p99].map(|time| time.as_secs_f64() * 1e9);
                Self::Lognormal(Lognormal::from_quantiles(p50, p99))
            }
        }
    }

    fn sample(&self, draw: impl FnOnce() -> Draw) -> Duration {
        match *self {
            Self::Constant(always) => always,
            Self::Lognormal(ns) => Duration::from_nanos(ns.sample(&draw()).min(DRAW_MAX_NS) as u64),
        }
    }
}

fn keyed(seed: Seed, purpose: &str, deployment: &str, draw_key: DrawKey) -> Draw {
    seed.draw(purpose).of(deployment).n(draw_key.request).n(u64::from(draw_key.visit))
}

/// How many tokens an answer has if the prompt does not say.
pub(crate) fn answer_tokens(seed: Seed, deployment: &str, draw_key: DrawKey) -> u32 {
    ANSWER.sample(&keyed(seed, "answer", deployment, draw_key)).clamp(1.0, ANSWER_MAX) as u32
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vocab::Seed;

    use super::Sampler;
    use crate::config::Spread;

    #[test]
    fn lognormal_goes_through_its_quantiles() {
        let spread =
            Spread::Lognormal { p50: Duration::from_millis(400), p99: Duration::from_millis(2400) };
        let sampler = Sampler::new(spread);
        let mut ms: Vec<f64> = (0..20_000)
            .map(|n| sampler.sample(|| Seed(7).draw("t").n(n)).as_secs_f64() * 1e3)
            .collect();
        ms.sort_by(f64::total_cmp);
        assert!((ms[10_000] / 400.0 - 1.0).abs() < 0.03, "p50 {}", ms[10_000]);
        assert!((ms[19_800] / 2400.0 - 1.0).abs() < 0.08, "p99 {}", ms[19_800]);
    }
}
