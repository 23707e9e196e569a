//! The generator's own lateness: sent minus intended. It says whether the measurement is valid, so
//! it is kept for every request that was sent, warm-up included, in constant memory.

use hdrhistogram::Histogram;

/// Quantiles of sent − intended, in nanoseconds; all 0 if nothing was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Median.
    pub p50_ns: u64,
    /// 90th percentile.
    pub p90_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p999_ns: u64,
    /// Largest.
    pub max_ns: u64,
}

/// Largest lag told apart, in nanoseconds: one hour, far beyond any client's timeout.
const LAG_MAX_NS: u64 = 3_600_000_000_000;

/// Significant decimal digits of a lag: 0.1 % precision in about 280 kB.
const DIGITS: u8 = 3;

/// Records lags. Exact counts, values to three digits.
#[derive(Debug)]
pub struct LagRecorder {
    histogram: Histogram<u64>,
}

impl Default for LagRecorder {
    #[expect(clippy::expect_used, reason = "constant bounds that the histogram accepts")]
    fn default() -> Self {
        let histogram = Histogram::new_with_max(LAG_MAX_NS, DIGITS).expect("valid bounds");
        Self { histogram }
    }
}

impl LagRecorder {
    /// Adds one lag, in nanoseconds. Beyond an hour it counts as an hour.
    pub fn record(&mut self, lag_ns: u64) {
        self.histogram.saturating_record(lag_ns);
    }

    /// How many lags were recorded.
    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The quantiles so far.
    pub fn quantiles(&self) -> Lag {
        let at = |quantile| self.histogram.value_at_quantile(quantile);
        Lag {
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: self.histogram.max(),
        }
    }
}
