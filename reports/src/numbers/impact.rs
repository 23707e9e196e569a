//! What failures cost whoever runs the service, by the scenario's `impact:`: requests that failed, and minutes in which
//! too few answers were good. It must never know what providers are paid.

use std::collections::BTreeMap;

use record::RunInfo;
use record::run::ImpactInfo;

use super::promises::promised_success;
use super::sample::share;
use super::spell::EPSILON;
use crate::report::Measured;
use crate::tables::requests::Requests;

/// Nanoseconds per minute.
const MINUTE_NS: u64 = 60_000_000_000;

/// Judged requests below which a minute is not judged.
const MINUTE_MIN: u64 = 20;

/// Share of good answers that a minute needs where no success rate is promised.
const GOOD_SHARE: f64 = 0.99;

/// What failures cost, and the minutes behind it; nothing applies where the scenario has no `impact:`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Impact {
    pub(super) usd: Measured<f64>,
    pub(super) bad_minutes: Measured<u64>,
    pub(super) minutes_judged: Measured<u64>,
    pub(super) minutes_not_judged: Measured<u64>,
}

impl Impact {
    const NONE: Self = Self {
        usd: Measured::NotApplicable,
        bad_minutes: Measured::NotApplicable,
        minutes_judged: Measured::NotApplicable,
        minutes_not_judged: Measured::NotApplicable,
    };

    /// Of one contender.
    pub(super) fn of(run: &RunInfo, requests: &Requests) -> Self {
        let Some(costs) = run.impact else { return Self::NONE };
        let Minutes { whole, with_requests } = Minutes::of(run, requests);
        let least = promised_success(&run.slo).unwrap_or(GOOD_SHARE);
        let judged: Vec<f64> = with_requests
            .values()
            .filter(|minute| minute.judged >= MINUTE_MIN)
            .filter_map(|minute| share(minute.good, minute.judged))
            .collect();
        let bad_minutes = match judged.len() {
            0 => Measured::TooFew,
            _ => {
                Measured::Known(judged.iter().filter(|good| **good < least - EPSILON).count() as u64)
            }
        };
        let failed = requests.judged().filter(|request| !request.succeeded()).count() as u64;
        let judged = judged.len() as u64;
        Self {
            usd: usd(costs, failed, bad_minutes),
            bad_minutes,
            minutes_judged: Measured::Known(judged),
            minutes_not_judged: Measured::Known(whole.saturating_sub(judged)),
        }
    }
}

/// The sum; what minutes cost needs no minute where they cost nothing.
fn usd(costs: ImpactInfo, failed: u64, bad_minutes: Measured<u64>) -> Measured<f64> {
    let of_requests = failed as f64 * costs.failed_request;
    match costs.bad_minute > 0.0 {
        true => bad_minutes.map(|bad| of_requests + bad as f64 * costs.bad_minute),
        false => Measured::Known(of_requests),
    }
}

/// Judged requests that were intended in one minute, and the good ones of them.
#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    judged: u64,
    good: u64,
}

/// The minutes from the start of the first phase that is no warm-up to the end of the schedule.
struct Minutes {
    /// How many there are; one that was begun is one.
    whole: u64,
    /// Those in which requests were intended, by number.
    with_requests: BTreeMap<u64, Minute>,
}

impl Minutes {
    fn of(run: &RunInfo, requests: &Requests) -> Self {
        let starts = run.phases.iter().filter(|phase| !phase.warmup).map(|phase| phase.from_ns);
        let start = starts.min().unwrap_or(run.scenario.duration_ns);
        let whole = run.scenario.duration_ns.saturating_sub(start).div_ceil(MINUTE_NS);
        let mut with_requests: BTreeMap<u64, Minute> = BTreeMap::new();
        for request in requests.judged() {
            let number = request.intended_ns.saturating_sub(start) / MINUTE_NS;
            // What is intended at the very end belongs to the last minute.
            let minute = with_requests.entry(number.min(whole.saturating_sub(1))).or_default();
            minute.judged += 1;
            minute.good += u64::from(request.good);
        }
        Self { whole, with_requests }
    }
}
