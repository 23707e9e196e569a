//! Exact order statistics and intervals of one sample, in which some requests never arrived.
//!
//! Nearest rank `x₍⌈pn⌉₎` over all n, the infinite ones last; Wilson's interval for shares (Wilson
//! 1927; Brown, Cai and DasGupta 2001 on why not Wald's); order-statistic intervals for quantiles.

use record::slo::requests_needed;

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
        self.at_rank(self.rank(p))
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

    /// 95 % interval of a percentile from order statistics.
    pub(crate) fn interval(&self, p: f64) -> Measured<[Measured<f64>; 2]> {
        let n = self.len();
        if n < requests_needed(p) {
            return Measured::TooFew;
        }
        let (low, high) = interval_ranks(n, p / 100.0);
        Measured::Known([self.at_rank(low), self.at_rank(high)])
    }

    /// The percentile if one value less, and if one more, never arrived: a value that moves to the end, or from it
    /// to the front, shifts each rank by one.
    pub(crate) fn percentile_but_one(&self, p: f64) -> [Measured<f64>; 2] {
        let rank = self.rank(p).max(1);
        let up = if rank < self.len() { self.at_rank(rank + 1) } else { Measured::Never };
        [self.at_rank((rank - 1).max(1)), up]
    }

    /// The largest of all but the largest.
    pub(crate) fn largest_but_one(&self) -> Measured<f64> {
        self.at_rank(self.len().saturating_sub(1).max(1))
    }

    /// Nearest rank of a percentile, from 1.
    fn rank(&self, p: f64) -> u64 {
        let ppm = (p * 1e4).round() as u64;
        (u128::from(ppm) * u128::from(self.len())).div_ceil(u128::from(PPM)) as u64
    }

    /// The value at a rank from 1; the infinite ones come last.
    fn at_rank(&self, rank: u64) -> Measured<f64> {
        let position = rank.checked_sub(1).and_then(|position| usize::try_from(position).ok());
        let otherwise = if self.len() == 0 { Measured::NotApplicable } else { Measured::Never };
        let value = position.and_then(|position| self.sorted.get(position).copied());
        Measured::known_or(value, otherwise)
    }
}

/// Ranks (from 1) whose values enclose the quantile `q` in 95 % of samples of `n`: with X binomial of n and q, the
/// largest l with P(X < l) ≤ 0.025 and the smallest u with P(X < u) ≥ 0.975. Beyond twelve standard deviations nothing
/// is left to add.
fn interval_ranks(n: u64, q: f64) -> (u64, u64) {
    let (whole, mean) = (n as f64, n as f64 * q);
    let reach = 12.0 * (mean * (1.0 - q)).sqrt() + 2.0;
    let log = |k: f64| {
        libm::lgamma(whole + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(whole - k + 1.0)
            + k * libm::log(q)
            + (whole - k) * libm::log1p(-q)
    };
    let (mut low, mut below) = (1, 0.0);
    for rank in (mean - reach).max(0.0) as u64..=n {
        if below <= 0.025 {
            low = rank.max(1);
        }
        if below >= 0.975 {
            return (low, rank);
        }
        below += libm::exp(log(rank as f64));
    }
    (low, n)
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

    use super::{Sample, wilson95};
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
    fn the_interval_of_a_percentile_has_the_ranks_of_the_binomial() {
        // Conover 1999, table A3 (n = 20, p = 0.5): P(X < 6) = 0.0207, P(X < 7) = 0.0577, P(X < 15) = 0.9793.
        assert_eq!(super::interval_ranks(20, 0.5), (6, 15));
    }

    #[test]
    fn published_values() {
        // measurement notes 3.8: 0 of 300 gives an upper limit of 1.26 %, 3 of 1,000 gives 0.10-0.88 %.
        let [_, high] = wilson95(0, 300).expect("n > 0");
        assert!((high - 0.0126).abs() < 5e-5, "{high}");
        let [low, high] = wilson95(3, 1000).expect("n > 0");
        assert!((low - 0.0010).abs() < 5e-5 && (high - 0.0088).abs() < 5e-5, "{low} {high}");
    }
}
