//! The one distribution that scenarios name: latencies and token counts are given by two quantiles.

use crate::Draw;

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

/// A log-normal distribution: `median × e^(sigma × z)`, in the unit of its median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal {
    /// Half of all samples are smaller; at least 0.
    pub median: f64,
    /// Standard deviation of the logarithm; 0 makes every sample the median.
    pub sigma: f64,
}

impl Lognormal {
    /// The one through a median and a 99th percentile: `sigma = ln(p99 / p50) / 2.3263`. A 99th
    /// percentile below the median counts as the median.
    pub fn from_quantiles(p50: f64, p99: f64) -> Self {
        let spreads = p50 > 0.0 && p99 > p50;
        let sigma = if spreads { libm::log(p99 / p50) / Z99 } else { 0.0 };
        Self { median: p50.max(0.0), sigma }
    }

    /// The sample that `draw` stands for. The tail has no end: bound it where it is used.
    pub fn sample(self, draw: &Draw) -> f64 {
        self.median * libm::exp(self.sigma * draw.normal())
    }

    /// The mean, which lies above the median.
    pub fn mean(self) -> f64 {
        self.median * libm::exp(self.sigma * self.sigma / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher as _;

    use siphasher::sip::SipHasher13;

    use super::Lognormal;
    use crate::Seed;

    #[test]
    fn samples_meet_both_quantiles_and_the_mean() {
        let wait = Lognormal::from_quantiles(400.0, 2400.0);
        let mut ms: Vec<f64> = (0..20_000).map(|n| wait.sample(&Seed(7).draw("t").n(n))).collect();
        ms.sort_by(f64::total_cmp);
        assert!((ms[10_000] / 400.0 - 1.0).abs() < 0.03, "p50 {}", ms[10_000]);
        assert!((ms[19_800] / 2400.0 - 1.0).abs() < 0.08, "p99 {}", ms[19_800]);
        let mean = ms.iter().sum::<f64>() / 20_000.0;
        assert!((mean / wait.mean() - 1.0).abs() < 0.03, "mean {mean}, not {}", wait.mean());
    }

    /// Golden: std's exponential differs from libm's in the last bit of some of these.
    #[test]
    fn samples_are_the_same_bits_on_every_platform() {
        let mut samples = SipHasher13::new();
        for n in 0..10_000 {
            let (draw, p50) = (Seed(42).draw("golden").n(n), 100.0 + n as f64);
            let wait = Lognormal::from_quantiles(p50, 5.0 * p50);
            samples.write_u64(wait.sample(&draw).to_bits());
            samples.write_u64(wait.mean().to_bits());
        }
        assert_eq!(samples.finish(), 8_947_151_614_950_391_916);
    }

    #[test]
    fn quantiles_in_the_wrong_order_are_a_constant() {
        let draw = Seed(7).draw("t");
        for (p50, p99) in [(400.0, 400.0), (400.0, 100.0), (400.0, f64::NAN)] {
            assert_eq!(Lognormal::from_quantiles(p50, p99).sample(&draw), 400.0);
        }
        for nothing in [0.0, -1.0] {
            assert_eq!(Lognormal::from_quantiles(nothing, 100.0).sample(&draw), 0.0);
        }
    }
}
