//! Exact order statistics and intervals of one sample, in which some requests never arrived.
//!
//! Nearest rank `x₍⌈pn⌉₎` over all n, the infinite ones last; Wilson's interval for shares (Wilson
//! 1927; Brown, Cai and DasGupta 2001 on why not Wald's); order-statistic intervals for quantiles.

use crate::report::{Measured, Percentiles};

/// z of a two-sided 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;

/// Parts per million of one, the resolution of a percentile's p.
const PPM: u64 = 1_000_000;

/// A sample: finite values, and how many more never arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    sorted: Vec<f64>,
    infinite: u64,
}

impl Sample {
    /// Sorts `values`; `None` never arrived.
    pub(crate) fn new(values: impl Iterator<Item = Option<f64>>) -> Self {
        let (mut sorted, mut infinite) = (Vec::new(), 0);
        for value in values {
            match value {
                Some(value) => sorted.push(value),
                None => infinite += 1,
            }
        }
        sorted.sort_by(f64::total_cmp);
        Self { sorted, infinite }
    }

    /// How many, infinite ones included.
    pub(crate) fn len(&self) -> u64 {
        self.sorted.len() as u64 + self.infinite
    }

    /// The finite values in order.
    pub(crate) fn finite(&self) -> &[f64] {
        &self.sorted
    }

    /// Nearest-rank percentile, 0 < p < 100.
    pub(crate) fn percentile(&self, p: f64) -> Measured<f64> {
        let ppm = (p * 1e4).round() as u64;
        self.at_rank((u128::from(ppm) * u128::from(self.len())).div_ceil(u128::from(PPM)) as u64)
    }

    /// The largest.
    pub(crate) fn max(&self) -> Measured<f64> {
        self.at_rank(self.len())
    }

    /// The percentiles of the report.
    pub(crate) fn percentiles(&self) -> Percentiles {
        Percentiles {
            n: self.len(),
            p50: self.percentile(50.0),
            p90: self.percentile(90.0),
            p95: self.percentile(95.0),
            p99: self.percentile(99.0),
            p999: self.percentile(99.9),
            p99_ci95: self.interval(99.0),
        }
    }

    /// 95 % interval of a percentile.
    fn interval(&self, p: f64) -> Measured<[Measured<f64>; 2]> {
        let n = self.len();
        if n < samples_needed(p) {
            return Measured::TooFew;
        }
        let (low, high) = interval_ranks(n, p / 100.0);
        Measured::Known([self.at_rank(low), self.at_rank(high)])
    }

    /// The value at a rank from 1; the infinite ones come last.
    fn at_rank(&self, rank: u64) -> Measured<f64> {
        let position = rank.checked_sub(1).and_then(|position| usize::try_from(position).ok());
        let otherwise = if self.len() == 0 { Measured::NotApplicable } else { Measured::Never };
        let value = position.and_then(|position| self.sorted.get(position).copied());
        Measured::known_or(value, otherwise)
    }
}

/// Fewest requests that say anything about the p-th percentile: with fewer, even the largest value
/// is below it in more than 2.5 % of samples. 72 for p95, 368 for p99, 3,688 for p99.9.
pub(crate) fn samples_needed(p: f64) -> u64 {
    let tail = (p / 100.0).max(1.0 - p / 100.0).clamp(0.5, 0.999_999);
    (libm::log(0.025) / libm::log(tail)).ceil() as u64
}

/// Ranks (from 1) whose values enclose the quantile `q` in 95 % of samples of `n`, by the normal
/// approximation of the binomial with continuity correction; at the sizes that
/// [`samples_needed`] admits it is within one rank of the exact one.
fn interval_ranks(n: u64, q: f64) -> (u64, u64) {
    let (mean, spread) = (n as f64 * q, Z95 * (n as f64 * q * (1.0 - q)).sqrt());
    let low = (mean - spread - 0.5).floor().max(1.0) as u64;
    let high = (mean + spread + 1.5).ceil().min(n as f64) as u64;
    (low, high)
}

/// Wilson's 95 % interval of `hits / n`; `None` for n = 0.
pub(crate) fn wilson95(hits: u64, n: u64) -> Option<[f64; 2]> {
    if n == 0 {
        return None;
    }
    let (n, share, z2) = (n as f64, hits as f64 / n as f64, Z95 * Z95);
    let centre = share + z2 / (2.0 * n);
    let spread = Z95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Some([((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0)])
}

/// `part / whole`; `None` for an empty whole.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::{Sample, samples_needed, wilson95};
    use crate::report::Measured;

    /// The definition, word by word: the smallest value that at least p % of the sample do not exceed.
    fn naive(values: &[Option<f64>], permille: usize) -> Option<f64> {
        let mut all: Vec<f64> = values.iter().map(|v| v.unwrap_or(f64::INFINITY)).collect();
        all.sort_by(f64::total_cmp);
        let n = all.len();
        let found = all
            .iter()
            .find(|x| all.iter().filter(|y| y <= x).count() * 1000 >= permille * n)
            .copied();
        found.filter(|x| x.is_finite())
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_definition(
            values in prop::collection::vec(prop::option::weighted(0.8, 0u32..500), 0..300),
            permille in 1usize..1000,
        ) {
            let values: Vec<Option<f64>> = values.into_iter().map(|v| v.map(f64::from)).collect();
            let sample = Sample::new(values.iter().copied());
            let expected = match naive(&values, permille) {
                Some(value) => Measured::Known(value),
                None if values.is_empty() => Measured::NotApplicable,
                None => Measured::Never,
            };
            prop_assert_eq!(sample.percentile(permille as f64 / 10.0), expected);
        }

        #[test]
        fn wilson_encloses_the_share(hits in any::<u16>(), misses in any::<u16>()) {
            let n = u64::from(hits) + u64::from(misses);
            if let Some([low, high]) = wilson95(u64::from(hits), n) {
                let share = f64::from(hits) / n as f64;
                assert!((0.0..=share + 1e-12).contains(&low) && (share - 1e-12..=1.0).contains(&high));
            }
        }
    }

    #[test]
    fn published_values() {
        // measurement notes 3.8: 0 of 300 gives an upper limit of 1.26 %, 3 of 1,000 gives 0.10-0.88 %.
        let [_, high] = wilson95(0, 300).expect("n > 0");
        assert!((high - 0.0126).abs() < 5e-5, "{high}");
        let [low, high] = wilson95(3, 1000).expect("n > 0");
        assert!((low - 0.0010).abs() < 5e-5 && (high - 0.0088).abs() < 5e-5, "{low} {high}");
        assert_eq!([95.0, 99.0, 99.9].map(samples_needed), [72, 368, 3688]);
        assert_eq!(samples_needed(5.0), 72, "the lower tail needs as many");
    }
}
