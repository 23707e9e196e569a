//! How late answers were: when their bytes were handed to the connection, less when they were due.
//!
//! Noted once per answer that met no fault, in constant memory, so that whoever measures can tell whether the times
//! that clients saw are the provider's or those of a machine that could not keep them. In virtual
//! time nothing is late but by the timer's tick. It must never know who asks, or how late is too
//! late.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use record::machine::Lateness;

/// How late the tokens of one stream were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StreamLateness {
    tokens: u32,
    first: Duration,
    last: Duration,
    most: Duration,
}

/// Where all answers of a world are noted.
#[derive(Debug, Default)]
pub(crate) struct LatenessBook(Mutex<Histograms>);

#[derive(Debug)]
struct Histograms {
    first: Histogram<u64>,
    most: Histogram<u64>,
    gap: Histogram<u64>,
    end: Histogram<u64>,
}

/// Latest told apart, in nanoseconds: one hour, beyond any client's timeout.
const LATE_NS_MAX: u64 = 3_600_000_000_000;

/// Significant decimal digits: 1 % precision in about 30 kB.
const DIGITS: u8 = 2;

impl StreamLateness {
    /// A token left so late.
    pub(crate) fn token(&mut self, late: Duration) {
        if self.tokens == 0 {
            self.first = late;
        }
        self.tokens = self.tokens.saturating_add(1);
        self.last = late;
        self.most = self.most.max(late);
    }

    fn gap(&self) -> Option<Duration> {
        let gaps = self.tokens.checked_sub(1).filter(|gaps| *gaps > 0)?;
        Some(self.last.abs_diff(self.first) / gaps)
    }
}

impl LatenessBook {
    /// A stream ended, or was left.
    pub(crate) fn stream(&self, stream: &StreamLateness) {
        if stream.tokens == 0 {
            return;
        }
        let mut book = self.book();
        book.first.saturating_record(nanos(stream.first));
        book.most.saturating_record(nanos(stream.most));
        if let Some(gap) = stream.gap() {
            book.gap.saturating_record(nanos(gap));
        }
    }

    /// An answer came to its planned end so late.
    pub(crate) fn end(&self, late: Duration) {
        self.book().end.saturating_record(nanos(late));
    }

    /// All so far.
    pub(crate) fn told(&self) -> Lateness {
        let book = self.book();
        let p99_ms = |of: &Histogram<u64>| of.value_at_quantile(0.99) as f64 / 1e6;
        Lateness {
            answers: book.end.len(),
            streams: book.first.len(),
            first_token_late_p99_ms: p99_ms(&book.first),
            token_late_p99_ms: p99_ms(&book.most),
            token_gap_error_p99_ms: p99_ms(&book.gap),
            end_late_p99_ms: p99_ms(&book.end),
        }
    }

    /// Begins anew.
    pub(crate) fn forget(&self) {
        *self.book() = Histograms::default();
    }

    fn book(&self) -> MutexGuard<'_, Histograms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Histograms {
    fn default() -> Self {
        Self { first: histogram(), most: histogram(), gap: histogram(), end: histogram() }
    }
}

#[expect(clippy::expect_used, reason = "constant bounds that the histogram accepts")]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LATE_NS_MAX, DIGITS).expect("valid bounds")
}

fn nanos(late: Duration) -> u64 {
    u64::try_from(late.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LatenessBook, StreamLateness};

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn stream(late: impl IntoIterator<Item = u64>) -> StreamLateness {
        let mut stream = StreamLateness::default();
        late.into_iter().for_each(|ms| stream.token(MS(ms)));
        stream
    }

    /// To the histogram's precision.
    fn about(ms: f64, wanted: f64) -> bool {
        (ms - wanted).abs() <= 0.02 * wanted
    }

    #[test]
    fn the_latest_token_of_a_stream_counts_and_its_last_one_stretches_it() {
        let book = LatenessBook::default();
        book.stream(&stream([0, 40, 10]));
        book.stream(&StreamLateness::default());
        book.end(MS(10));
        let told = book.told();
        assert_eq!((told.streams, told.answers, told.first_token_late_p99_ms), (1, 1, 0.0));
        assert!(about(told.token_late_p99_ms, 40.0), "{told:?}");
        assert!(about(told.token_gap_error_p99_ms, 5.0), "{told:?}");
        assert!(about(told.end_late_p99_ms, 10.0), "{told:?}");
        book.forget();
        assert_eq!(book.told().streams, 0);
    }

    #[test]
    fn a_stream_that_is_late_all_along_is_not_stretched() {
        let book = LatenessBook::default();
        book.stream(&stream([30; 5]));
        book.stream(&stream([30]));
        let told = book.told();
        assert_eq!(told.token_gap_error_p99_ms, 0.0);
        assert!(about(told.first_token_late_p99_ms, 30.0), "{told:?}");
    }
}
