//! The test by which a measure of two samples differs: exact permutation of the difference of means, two-sided, and
//! Holm's correction over all tests of the table (S. Holm, 1979). It must never know what was measured.

/// Share of all ways to split both samples, keeping their sizes, whose means are at least as far apart: the exact
/// p-value. With 5 and 20 values there are 53,130 ways.
pub(crate) fn permutation_p(one: &[f64], other: &[f64]) -> f64 {
    let pool: Vec<f64> = one.iter().chain(other).copied().collect();
    let (total, size) = (pool.iter().sum::<f64>(), one.len());
    if size == 0 || other.is_empty() {
        return 1.0;
    }
    let apart = |sum: f64| (sum / size as f64 - (total - sum) / (pool.len() - size) as f64).abs();
    let seen = apart(one.iter().sum());
    let mut count = Count { pool: &pool, at_least: seen - 1e-12, far: 0, all: 0 };
    count.splits((0, size), 0.0, &apart);
    count.far as f64 / count.all as f64
}

struct Count<'p> {
    pool: &'p [f64],
    at_least: f64,
    far: u64,
    all: u64,
}

impl Count<'_> {
    /// Chooses `left` more values from `from` on; as deep as the smaller sample is large.
    fn splits(&mut self, (from, left): (usize, usize), sum: f64, apart: &dyn Fn(f64) -> f64) {
        if left == 0 {
            self.all += 1;
            self.far += u64::from(apart(sum) >= self.at_least);
            return;
        }
        for place in from..=self.pool.len() - left {
            self.splits((place + 1, left - 1), sum + self.pool[place], apart);
        }
    }
}

/// Holm's step-down: which of the tests reject at `level`, all of them together.
pub(crate) fn holm(p: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|one, other| p[*one].total_cmp(&p[*other]));
    let mut rejected = vec![false; p.len()];
    for (rank, place) in order.iter().enumerate() {
        if p[*place] > level / (p.len() - rank) as f64 {
            break;
        }
        rejected[*place] = true;
    }
    rejected
}

#[cfg(test)]
mod tests {
    use super::{holm, permutation_p};

    #[test]
    fn samples_apart_are_as_unlikely_as_splits_are_many() {
        let (low, high) = ([0.0, 0.1, 0.2, 0.1, 0.0], vec![1.0; 20]);
        let p = permutation_p(&low, &high);
        assert!((p - 1.0 / 53_130.0).abs() < 1e-9, "{p}");
        assert!((permutation_p(&[1.0, 1.0], &[1.0, 1.0, 1.0]) - 1.0).abs() < 1e-9);
        // {0, 3} against {1, 2}: every split is at least as far apart as none.
        assert!((permutation_p(&[0.0, 3.0], &[1.0, 2.0]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_correction_stops_at_the_first_that_is_not_small_enough() {
        assert_eq!(holm(&[0.04, 0.001, 0.03], 0.05), [false, true, false]);
        assert_eq!(holm(&[0.01, 0.02, 0.04], 0.05), [true, true, true]);
        assert_eq!(holm(&[], 0.05), Vec::<bool>::new());
    }
}
