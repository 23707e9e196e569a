//! How one contender came through one fault: detect, rescue, recover, fail back.
//!
//! The definitions are those of the design, section 6. Whatever cannot be told from this run is
//! listed as not applicable, with `null`; whatever never happened is `null` alone.

use std::collections::{BTreeMap, BTreeSet};

use record::{RunInfo, Stage, is_instance};

use super::baseline::{Before, NS_PER_S, quiet_ns, window_ns};
use super::detection::{Detection, Silence, watch};
use super::sample::{Sample, share};
use crate::report::{ByInstance, FaultResult, Measured};
use crate::tables::ledger::{Attempt, Ledger};
use crate::tables::requests::Requests;

/// Requests in one window of the recovery rule.
const RECOVERY_WINDOW: usize = 20;

/// A window is bad if its good share is more than this under the share before.
const RECOVERY_POINTS: f64 = 0.10;

/// A target has failed back if its share of attempts is within this part of the share before.
const FAILBACK_PART: f64 = 1.0 / 3.0;

/// Guards comparisons of shares against the last bit: 1.0 − 0.9 is a little more than 0.1.
const EPSILON: f64 = 1e-9;

/// Everything about one fault and one contender that the single numbers ask for.
struct FaultView<'a> {
    run: &'a RunInfo,
    requests: &'a Requests,
    ledger: &'a Ledger,
    /// Longest cooldown that the contender's settings can cause, in nanoseconds.
    cooldown_ns: u64,
    /// Position in `run.json`.
    fault: usize,
    /// Numbers of the deployments that it hits.
    targets: Vec<usize>,
    before: Before,
    /// λ: attempts per second at the target before.
    lambda: f64,
}

/// One contender's two tables.
#[derive(Debug)]
pub(crate) struct Tables<'a> {
    pub(crate) requests: &'a Requests,
    pub(crate) ledger: &'a Ledger,
}

/// What was promised, and how long the contender leaves a target alone.
#[derive(Debug)]
pub(crate) struct Settings {
    /// 1 − the promised success rate.
    pub(crate) budget: Measured<f64>,
    /// Longest cooldown that its settings can cause, in nanoseconds.
    pub(crate) cooldown_ns: u64,
}

/// Evaluates the fault at position `fault` of `run.json`.
pub(crate) fn evaluate(
    run: &RunInfo,
    books: &Tables<'_>,
    fault: usize,
    settings: &Settings,
) -> FaultResult {
    let Tables { requests, .. } = *books;
    let view = FaultView::new(run, books, fault, settings.cooldown_ns);
    let info = &run.faults[fault];
    let judged: Vec<_> = requests.judged_between(info.from_ns, info.to_ns).collect();
    let succeeded = judged.iter().filter(|request| request.succeeded()).count() as u64;
    let rate = Measured::known_or(share(succeeded, judged.len() as u64), Measured::NotApplicable);
    let good_before = view.good_share_before();
    let seen = view.detect(None);
    // A gateway's own fault, or one in front of it, is seen by no provider.
    let met_requests = match info.deployments[..] {
        [] => Measured::NotObserved,
        [_, ..] => Measured::Known(view.met_requests()),
    };
    let since_start = |ns: u64| ns.saturating_sub(info.from_ns) as f64 / NS_PER_S;
    let since_end = |ns: u64| ns.saturating_sub(info.to_ns) as f64 / NS_PER_S;
    FaultResult {
        id: info.id.clone(),
        summary: info.summary.clone(),
        target: info.target.clone(),
        entry: info.origin.as_ref().map(|origin| origin.entry.clone()),
        from_s: info.from_ns as f64 / NS_PER_S,
        to_s: info.to_ns as f64 / NS_PER_S,
        met_requests,
        success_rate: rate,
        good_rate_before: good_before,
        time_to_detect_s: seen.and_then(detected_ns).map(since_start),
        time_to_detect_by_instance_s: view.detect_by_instance(),
        time_to_rescue_s: view.rescued_ns().map(since_start),
        time_to_recover_s: good_before
            .and_then(|before| view.recovered_ns(before))
            .map(since_start),
        failback_s: view.failback_ns().map(since_end),
        first_victims: seen.map(|seen| view.failed_until(seen.detected_ns.unwrap_or(info.to_ns))),
        flaps: seen.map(|seen| seen.flaps),
        error_budget_burn: burn(rate, settings.budget),
    }
}

/// How many error budgets a success rate burns.
pub(crate) fn burn(success_rate: Measured<f64>, budget: Measured<f64>) -> Measured<f64> {
    success_rate.and_then(|rate| budget.map(|budget| (1.0 - rate) / budget))
}

fn detected_ns(seen: Detection) -> Measured<u64> {
    Measured::known_or(seen.detected_ns, Measured::Never)
}

impl<'a> FaultView<'a> {
    fn new(run: &'a RunInfo, books: &Tables<'a>, fault: usize, cooldown_ns: u64) -> Self {
        let Tables { requests, ledger } = *books;
        let ids = run.faults[fault].deployments.iter();
        let targets: Vec<usize> = ids.filter_map(|id| ledger.deployments.find(id)).collect();
        let before = Before::fault(run, fault);
        let (hits, _) = before.attempts(ledger, &targets, None);
        let seconds = before.seconds();
        let lambda = if seconds > 0.0 { hits as f64 / seconds } else { 0.0 };
        Self { run, requests, ledger, cooldown_ns, fault, targets, before, lambda }
    }

    /// When the target was left alone, by all instances or by one.
    fn detect(&self, caller: Option<usize>) -> Measured<Detection> {
        let info = &self.run.faults[self.fault];
        let partial = info.share < 1.0 || !info.when.is_empty();
        if partial || info.only_slows {
            return Measured::NotApplicable;
        }
        // Only one instance may have the link that it is about; the others carry on.
        let caller = match self.only_caller() {
            Some(Some(only)) if caller.is_none_or(|caller| caller == only) => Some(only),
            Some(Some(_) | None) => return Measured::NotApplicable,
            None => caller,
        };
        let lambda = match caller {
            None => self.lambda,
            Some(_) => {
                let (hits, _) = self.before.attempts(self.ledger, &self.targets, caller);
                hits as f64 / self.before.seconds().max(f64::MIN_POSITIVE)
            }
        };
        let lasts_s = info.to_ns.saturating_sub(info.from_ns) as f64 / NS_PER_S;
        let Some(window_ns) = quiet_ns(lambda, lasts_s) else { return Measured::TooFew };
        let at_target = self.ledger.attempts.iter().filter(|attempt| {
            self.targets.contains(&attempt.deployment)
                && caller.is_none_or(|caller| attempt.gateway == caller)
        });
        let arrivals: Vec<u64> = at_target
            .skip_while(|attempt| !self.ledger.met(attempt, self.fault))
            .map(|attempt| attempt.arrived_ns)
            .collect();
        let until_ns = info.to_ns;
        let traffic_ends_ns = self.run.scenario.duration_ns;
        // A target that was already left alone has nothing to detect.
        match arrivals[..] {
            [] => Measured::NotApplicable,
            [_, ..] => {
                Measured::Known(watch(&arrivals, Silence { window_ns, until_ns, traffic_ends_ns }))
            }
        }
    }

    /// The one instance that a link fault is about: outer `None` if it is about all callers, inner
    /// `None` if that instance never called.
    fn only_caller(&self) -> Option<Option<usize>> {
        let source = self.run.faults[self.fault].labels.get("source")?;
        is_instance(source).then(|| self.ledger.gateways.find(source))
    }

    /// Detection of each gateway instance that asks the target often enough to tell.
    fn detect_by_instance(&self) -> Measured<ByInstance> {
        let gateways = self.ledger.gateways.all().iter().enumerate();
        // Only names say which instance called; on sockets the caller is an address.
        let instances = gateways.filter(|(_, name)| is_instance(name));
        let seen: Vec<Detection> =
            instances.filter_map(|(caller, _)| self.detect(Some(caller)).known()).collect();
        if seen.len() < 2 {
            return Measured::NotApplicable;
        }
        let from_ns = self.run.faults[self.fault].from_ns;
        let seconds = |ns: u64| ns.saturating_sub(from_ns) as f64 / NS_PER_S;
        let times = Sample::new(seen.iter().map(|seen| seen.detected_ns.map(seconds)));
        Measured::Known(ByInstance {
            instances: times.len(),
            first: Measured::known_or(times.finite().first().copied(), Measured::Never),
            median: times.percentile(50.0),
            last: times.max(),
        })
    }

    /// End of the first success whose attempt at the target failed by this fault.
    fn rescued_ns(&self) -> Measured<u64> {
        let failed = self.ledger.attempts.iter().filter(|attempt| {
            attempt.failed()
                && self.targets.contains(&attempt.deployment)
                && self.ledger.met(attempt, self.fault)
        });
        let (mut any, mut unattributed) = (false, false);
        let mut first: BTreeMap<u64, &Attempt> = BTreeMap::new();
        for attempt in failed {
            any = true;
            unattributed |= attempt.request.is_none() && attempt.stage == Stage::Connect;
            if let Some(request) = attempt.request {
                first.entry(request).or_insert(attempt);
            }
        }
        let rescued = first.keys().filter_map(|request| self.requests.find(*request));
        let rescued =
            rescued.filter(|request| request.succeeded()).filter_map(|request| request.end_ns);
        match rescued.min() {
            Some(rescued) => Measured::Known(rescued),
            None if !any => Measured::NotApplicable,
            None if unattributed => Measured::NotObserved,
            None => Measured::Never,
        }
    }

    fn good_share_before(&self) -> Measured<f64> {
        let (mut good, mut all) = (0, 0);
        for &(from, to) in &self.before.stretches {
            for request in self.requests.judged_between(from, to) {
                all += 1;
                good += u64::from(request.good);
            }
        }
        Measured::known_or(share(good, all), Measured::TooFew)
    }

    /// Intended instant of the last request of the last bad window; the fault's start if there is
    /// none; never if it was still bad when the next fault, or the end, came.
    fn recovered_ns(&self, before: f64) -> Measured<u64> {
        let from_ns = self.run.faults[self.fault].from_ns;
        let later = self.run.faults.iter().map(|f| f.from_ns).filter(|&at| at > from_ns);
        let until_ns = later.min().unwrap_or(u64::MAX);
        // A request that the next fault cut, although it was meant to start before, is that one's.
        let cut = self.met_after(until_ns);
        let judged = self.requests.judged_between(from_ns, until_ns);
        let judged: Vec<_> = judged.filter(|request| !cut.contains(&request.id)).collect();
        if judged.len() < RECOVERY_WINDOW {
            return Measured::TooFew;
        }
        let bad = judged.windows(RECOVERY_WINDOW).rposition(|window| {
            let good = window.iter().filter(|request| request.good).count();
            before - good as f64 / RECOVERY_WINDOW as f64 > RECOVERY_POINTS + EPSILON
        });
        match bad {
            None => Measured::Known(from_ns),
            Some(at) if at + RECOVERY_WINDOW == judged.len() => Measured::Never,
            Some(at) => Measured::Known(judged[at + RECOVERY_WINDOW - 1].intended_ns),
        }
    }

    /// Requests outside warm-up of which an attempt met this fault.
    fn met_requests(&self) -> u64 {
        let met = self.ledger.attempts.iter().filter(|a| self.ledger.met(a, self.fault));
        let met: BTreeSet<u64> = met.filter_map(|attempt| attempt.request).collect();
        met.into_iter().filter(|id| self.requests.find(*id).is_some_and(|a| !a.warmup)).count()
            as u64
    }

    /// Requests that met a fault which starts at `from_ns` or later.
    fn met_after(&self, from_ns: u64) -> BTreeSet<u64> {
        let faults = self.run.faults.iter().enumerate();
        let later: Vec<usize> =
            faults.filter(|(_, fault)| fault.from_ns >= from_ns).map(|(at, _)| at).collect();
        let met = |attempt: &&Attempt| later.iter().any(|&fault| self.ledger.met(attempt, fault));
        self.ledger.attempts.iter().filter(met).filter_map(|attempt| attempt.request).collect()
    }

    /// Start of the first window w after the fault in which the target has its share again. Not
    /// applicable if it had no share before; too few if traffic ended before a contender that cools
    /// for as long as its settings say could be seen to come back.
    fn failback_ns(&self) -> Measured<u64> {
        let (hits, all) = self.before.attempts(self.ledger, &self.targets, None);
        let (Some(window_ns), Some(before)) = (window_ns(self.lambda), share(hits, all)) else {
            return Measured::NotApplicable;
        };
        let to_ns = self.run.faults[self.fault].to_ns;
        let ends_ns = self.run.scenario.duration_ns;
        if to_ns.saturating_add(window_ns) > ends_ns {
            return Measured::TooFew;
        }
        let attempts = &self.ledger.attempts;
        let first = attempts.partition_point(|attempt| attempt.arrived_ns < to_ns);
        let starts = std::iter::once(to_ns).chain(attempts[first..].iter().map(|a| a.arrived_ns));
        let is_target = |attempt: &Attempt| u64::from(self.targets.contains(&attempt.deployment));
        // Both ends only move forward, so this is one pass over the attempts.
        let (mut low, mut high, mut hits) = (first, first, 0);
        for start in starts.take_while(|start| start.saturating_add(window_ns) <= ends_ns) {
            while high < attempts.len() && attempts[high].arrived_ns < start + window_ns {
                hits += is_target(&attempts[high]);
                high += 1;
            }
            while low < high && attempts[low].arrived_ns < start {
                hits -= is_target(&attempts[low]);
                low += 1;
            }
            let now = share(hits, (high - low) as u64);
            if now.is_some_and(|now| (now - before).abs() <= before * FAILBACK_PART + EPSILON) {
                return Measured::Known(start);
            }
        }
        let patience_ns = self.cooldown_ns.saturating_add(window_ns);
        match to_ns.saturating_add(patience_ns) <= ends_ns {
            true => Measured::Never,
            false => Measured::TooFew,
        }
    }

    fn failed_until(&self, until_ns: u64) -> u64 {
        let judged = self.requests.judged_between(self.run.faults[self.fault].from_ns, until_ns);
        judged.filter(|request| !request.succeeded()).count() as u64
    }
}
