//! One dimension of a rate limit: a bucket that refills all the time, or a window that empties at
//! once. Integer arithmetic on unix nanoseconds, so that headers, refusals and admissions agree.

use std::time::Duration;

use crate::config::Rate;

/// Counts units against a rate.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    rate: Rate,
    /// What it admits when nothing lowers it.
    full: u64,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// `level` is in units × nanoseconds of the period, so that refilling is exact: a unit costs
    /// `per` of them and every nanosecond brings `amount`.
    Bucket { level: u128, at_ns: u64 },
    /// Windows are cut at multiples of the period since 1970.
    Window { used: u64, index: u64 },
}

/// What a meter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gauge {
    /// Units per period.
    pub(crate) limit: u64,
    /// Units left.
    pub(crate) remaining: u64,
    /// Until it is full again.
    pub(crate) reset: Duration,
}

impl Meter {
    /// A bucket that starts full and holds one period's amount.
    pub(crate) fn bucket(rate: Rate, now_ns: u64) -> Self {
        let full = rate.amount;
        let mut meter = Self { rate, full, kind: Kind::Bucket { level: 0, at_ns: now_ns } };
        meter.kind = Kind::Bucket { level: meter.brim(), at_ns: now_ns };
        meter
    }

    /// A window of at most `length`, with its part of the rate; at least one unit.
    pub(crate) fn window(rate: Rate, length: Duration) -> Self {
        let length = length.min(rate.per);
        let part = u128::from(rate.amount) * length.as_nanos() / rate.per.as_nanos().max(1);
        let amount = u64::try_from(part).unwrap_or(u64::MAX).max(1);
        let kind = Kind::Window { used: 0, index: 0 };
        Self { rate: Rate { amount, per: length }, full: amount, kind }
    }

    /// Admits `factor` of its rate from now on, at least one unit; 1 is all of it.
    pub(crate) fn scale(&mut self, factor: f64, now_ns: u64) {
        let scaled = (self.full as f64 * factor).round() as u64;
        let amount = if factor == 1.0 { self.full } else { scaled.max(1) };
        if amount == self.rate.amount {
            return;
        }
        self.catch_up(now_ns);
        self.rate.amount = amount;
        let brim = self.brim();
        match &mut self.kind {
            Kind::Bucket { level, .. } => *level = (*level).min(brim),
            Kind::Window { .. } => {}
        }
    }

    /// How long until `need` units fit; `None` if they never will.
    pub(crate) fn wait(&mut self, need: u64, now_ns: u64) -> Option<Duration> {
        self.catch_up(now_ns);
        if need > self.rate.amount {
            return None;
        }
        Some(match &self.kind {
            Kind::Bucket { level, .. } => {
                self.refill_time((u128::from(need) * self.per_ns()).saturating_sub(*level))
            }
            Kind::Window { used, .. } if used.saturating_add(need) <= self.rate.amount => {
                Duration::ZERO
            }
            Kind::Window { .. } => self.until_next_window(now_ns),
        })
    }

    /// Takes `units`; what is not there is not owed.
    pub(crate) fn take(&mut self, units: u64, now_ns: u64) {
        self.catch_up(now_ns);
        let cost = u128::from(units) * self.per_ns();
        match &mut self.kind {
            Kind::Bucket { level, .. } => *level = level.saturating_sub(cost),
            Kind::Window { used, .. } => *used = used.saturating_add(units),
        }
    }

    /// Makes it full.
    pub(crate) fn refill(&mut self, now_ns: u64) {
        let brim = self.brim();
        match &mut self.kind {
            Kind::Bucket { level, at_ns } => (*level, *at_ns) = (brim, now_ns),
            Kind::Window { used, .. } => *used = 0,
        }
    }

    /// Gives `units` back that were taken and not used.
    pub(crate) fn give_back(&mut self, units: u64, now_ns: u64) {
        self.catch_up(now_ns);
        let (brim, cost) = (self.brim(), u128::from(units) * self.per_ns());
        match &mut self.kind {
            Kind::Bucket { level, .. } => *level = level.saturating_add(cost).min(brim),
            Kind::Window { used, .. } => *used = used.saturating_sub(units),
        }
    }

    /// What it shows now.
    pub(crate) fn gauge(&mut self, now_ns: u64) -> Gauge {
        self.catch_up(now_ns);
        let limit = self.rate.amount;
        let (remaining, reset) = match &self.kind {
            Kind::Bucket { level, .. } => (
                u64::try_from(level / self.per_ns()).unwrap_or(u64::MAX),
                self.refill_time(self.brim().saturating_sub(*level)),
            ),
            Kind::Window { used, .. } => {
                (limit.saturating_sub(*used), self.until_next_window(now_ns))
            }
        };
        Gauge { limit, remaining, reset }
    }

    fn catch_up(&mut self, now_ns: u64) {
        let (brim, per_ns, amount) = (self.brim(), self.per_ns(), u128::from(self.rate.amount));
        match &mut self.kind {
            Kind::Bucket { level, at_ns } => {
                let passed = u128::from(now_ns.saturating_sub(*at_ns));
                *level = level.saturating_add(passed.saturating_mul(amount)).min(brim);
                *at_ns = now_ns.max(*at_ns);
            }
            Kind::Window { used, index } => {
                let current = u64::try_from(u128::from(now_ns) / per_ns).unwrap_or(u64::MAX);
                if current != *index {
                    (*used, *index) = (0, current);
                }
            }
        }
    }

    fn refill_time(&self, missing: u128) -> Duration {
        let ns = missing.div_ceil(u128::from(self.rate.amount.max(1)));
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    fn until_next_window(&self, now_ns: u64) -> Duration {
        let per_ns = self.per_ns();
        let left = per_ns - u128::from(now_ns) % per_ns;
        Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX))
    }

    fn per_ns(&self) -> u128 {
        self.rate.per.as_nanos().max(1)
    }

    fn brim(&self) -> u128 {
        u128::from(self.rate.amount) * self.per_ns()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::Meter;
    use crate::config::Rate;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_bucket_refills_continuously_and_says_when() {
        let mut meter = Meter::bucket(Rate { amount: 6000, per: MINUTE }, 0);
        meter.take(6000, 0);
        assert_eq!(meter.gauge(0).remaining, 0);
        assert_eq!(meter.wait(1, 0), Some(Duration::from_millis(10)));
        assert_eq!(meter.gauge(10_000_000).remaining, 1);
        assert_eq!(meter.gauge(10_000_000).reset, Duration::from_millis(59_990));
        assert_eq!(meter.wait(6001, 0), None);
    }

    #[test]
    fn a_window_is_cut_at_multiples_of_its_length() {
        let ten = Duration::from_secs(10);
        let mut meter = Meter::window(Rate { amount: 60, per: MINUTE }, ten);
        let now = 17_000_000_000;
        meter.take(10, now);
        assert_eq!(meter.wait(1, now), Some(Duration::from_secs(3)));
        assert_eq!(meter.wait(1, 20_000_000_000), Some(Duration::ZERO));
    }

    #[test]
    fn a_lowered_limit_shows_and_recovers() {
        let mut meter = Meter::bucket(Rate { amount: 600, per: MINUTE }, 0);
        meter.scale(0.5, 0);
        assert_eq!((meter.gauge(0).limit, meter.gauge(0).remaining), (300, 300));
        assert_eq!(meter.wait(301, 0), None);
        meter.scale(1.0, 0);
        assert_eq!((meter.gauge(0).limit, meter.gauge(0).remaining), (600, 300));
    }

    proptest! {
        /// What a refusal promises is kept: after the wait the units fit, a moment before not.
        #[test]
        fn waits_are_exact(amount in 1u64..5000, spent in 0u64..5000, need in 1u64..5000) {
            let mut meter = Meter::bucket(Rate { amount, per: MINUTE }, 5);
            meter.take(spent, 5);
            match meter.wait(need, 5) {
                None => prop_assert!(need > amount),
                Some(Duration::ZERO) => prop_assert!(meter.gauge(5).remaining >= need),
                Some(wait) => {
                    let due = 5 + u64::try_from(wait.as_nanos()).unwrap();
                    prop_assert!(meter.clone().wait(need, due - 1) > Some(Duration::ZERO));
                    prop_assert_eq!(meter.wait(need, due), Some(Duration::ZERO));
                }
            }
        }
    }
}
