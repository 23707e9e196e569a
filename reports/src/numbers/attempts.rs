//! What the attempts at a fault's targets tell: when they were left alone, who was rescued, when they were asked again.
//!
//! Of a fault on the link of one instance, attempts are that instance's. It must never know how requests were judged.

use record::{Stage, instance_name, is_instance};

use super::calm::{Calm, NS_PER_S};
use super::detection::{Detection, Habit, watch};
use super::failback::{Arrival, failed_back};
use super::fault::Books;
use super::fault_row::{Acts, FaultRow};
use super::sample::{Sample, share};
use crate::report::{ByInstance, Measured};
use crate::tables::ledger::{Attempt, Ledger};

/// When the attempts of a ledger were over.
#[derive(Debug)]
pub(crate) struct Ends {
    /// By position: the latest end of all attempts so far.
    latest_ns: Vec<u64>,
}

impl Ends {
    pub(crate) fn of(ledger: &Ledger) -> Self {
        let mut latest = 0;
        let so_far = |attempt: &Attempt| {
            latest = attempt.ended_ns.max(latest);
            latest
        };
        Self { latest_ns: ledger.attempts.iter().map(so_far).collect() }
    }
}

/// The attempts around one row's window.
pub(crate) struct Seen<'a> {
    books: &'a Books<'a>,
    row: usize,
    what: &'a FaultRow,
    /// Whether it acts on a deployment, by number; empty of a row that acts on none.
    targets: Vec<bool>,
    /// Whose attempts count; `Some(None)` is somebody who made none.
    caller: Option<Option<usize>>,
    /// The calm time before, outside warm-up.
    steady: Vec<(u64, u64)>,
    /// Attempts that were open while it lasted, and some that were over before.
    during: &'a [Attempt],
}

/// Detections of instances.
pub(crate) struct Detections(Vec<Detection>);

impl<'a> Seen<'a> {
    pub(crate) fn at(books: &'a Books<'a>, row: usize, (calm, ends): (&Calm, &Ends)) -> Self {
        let (what, ledger) = (&books.rows[row], books.ledger);
        let (ids, caller) = match &what.acts {
            Acts::Deployments { ids, caller } => (ids.as_slice(), *caller),
            Acts::Instances(_) | Acts::Nowhere => (&[][..], None),
        };
        let mut targets = vec![false; ledger.deployments.all().len()];
        ids.iter().filter_map(|id| ledger.deployments.find(id)).for_each(|at| targets[at] = true);
        let until = ledger.attempts.partition_point(|attempt| attempt.arrived_ns < what.to_ns);
        let from = ends.latest_ns.partition_point(|end| *end < what.from_ns).min(until);
        Self {
            books,
            row,
            what,
            targets,
            caller: caller.map(|number| ledger.gateways.find(&instance_name(number))),
            steady: calm.steady_before(what.from_ns),
            during: &ledger.attempts[from..until],
        }
    }

    /// When the targets were left alone: by the last of several instances, of which two can be told; else by all as one.
    pub(crate) fn detected(&self) -> Measured<Detection> {
        match self.by_instance() {
            Measured::Known(Detections(seen)) => Measured::Known(Detection {
                // Never is later than any.
                detected_ns: seen
                    .iter()
                    .map(|seen| seen.detected_ns)
                    .reduce(|a, b| Some(a?.max(b?)))
                    .flatten(),
                flaps: seen.iter().map(|seen| seen.flaps).sum(),
            }),
            Measured::Never
            | Measured::NotApplicable
            | Measured::NotObserved
            | Measured::TooFew
            | Measured::Unpriced
            | Measured::Withheld => self.detected_by(self.caller),
        }
    }

    /// Each instance by the attempts that it made, where at least two can be told.
    pub(crate) fn by_instance(&self) -> Measured<Detections> {
        let gateways = self.books.ledger.gateways.all().iter().enumerate();
        // Only names say which instance called; on sockets the caller is an address.
        let instances = gateways.filter(|(_, name)| is_instance(name)).map(|(caller, _)| caller);
        let instances = instances.filter(|_| self.caller.is_none());
        let seen = instances.filter_map(|caller| self.detected_by(Some(Some(caller))).known());
        let seen: Vec<Detection> = seen.collect();
        if seen.len() < 2 { Measured::NotApplicable } else { Measured::Known(Detections(seen)) }
    }

    fn detected_by(&self, caller: Option<Option<usize>>) -> Measured<Detection> {
        if !self.acts_on_deployments() || !self.what.can_be_detected {
            return Measured::NotApplicable;
        }
        if !self.books.who.is_observed() {
            return Measured::NotObserved;
        }
        let is_theirs = |attempt: &&Attempt| is_by(caller, attempt);
        let met = |attempt: &Attempt| self.books.ledger.met(attempt, self.row);
        if !self.during.iter().filter(is_theirs).any(met) {
            return Measured::NotApplicable;
        }
        let FaultRow { from_ns, to_ns, .. } = *self.what;
        let since_ns = self.steady.first().map_or(from_ns, |(from, _)| *from);
        let around = self.books.ledger.between(since_ns, to_ns).iter().filter(is_theirs);
        let at_targets = around.filter(|attempt| self.targets[attempt.deployment]);
        let arrivals: Vec<u64> = at_targets.map(|attempt| attempt.arrived_ns).collect();
        let habit = Habit::of(&arrivals, &self.steady);
        let Some(habit) = habit.filter(|habit| habit.is_enough_for(to_ns - from_ns)) else {
            return Measured::TooFew;
        };
        let failed = self.during.iter().filter(is_theirs).filter(|attempt| {
            self.targets[attempt.deployment] && attempt.failed() && attempt.ended_ns >= from_ns
        });
        let failed_ns = failed.map(|attempt| attempt.ended_ns).min();
        watch(&arrivals, habit, (failed_ns, to_ns))
    }

    /// End of the first success of a request whose attempt at a target met the fault and failed.
    pub(crate) fn rescued_ns(&self) -> Measured<u64> {
        if !self.acts_on_deployments() {
            return Measured::NotApplicable;
        }
        if !self.books.who.is_observed() {
            return Measured::NotObserved;
        }
        let failed = self.during.iter().filter(|attempt| {
            attempt.failed()
                && self.targets[attempt.deployment]
                && self.books.ledger.met(attempt, self.row)
        });
        let (mut any, mut unattributed, mut first) = (false, false, None);
        for attempt in failed {
            any = true;
            unattributed |= attempt.request.is_none() && attempt.stage == Stage::Connect;
            let request = attempt.request.and_then(|id| self.books.requests.find(id));
            let end_ns = request.filter(|request| request.succeeded()).and_then(|one| one.end_ns);
            first = [first, end_ns].into_iter().flatten().min();
        }
        match first {
            Some(rescued_ns) => Measured::Known(rescued_ns),
            None if !any => Measured::NotApplicable,
            None if unattributed => Measured::NotObserved,
            None => Measured::Never,
        }
    }

    /// Start of the first w after the fault in which the targets have their share of the attempts again. Too few if
    /// traffic ended before a contender that cools for as long as its settings say could be seen to come back.
    pub(crate) fn failback_ns(&self) -> Measured<u64> {
        if !self.acts_on_deployments() {
            return Measured::NotApplicable;
        }
        if !self.books.who.is_observed() {
            return Measured::NotObserved;
        }
        let (meetings, ledger) = (self.books.meetings, self.books.ledger);
        let was_met =
            !meetings.requests_of(self.row).is_empty() || meetings.unattributed[self.row] > 0;
        let FaultRow { from_ns, to_ns, .. } = *self.what;
        let schedule_ns = self.books.run.scenario.duration_ns;
        let arrivals = |from_ns: u64, to_ns: u64| {
            let theirs = ledger.between(from_ns, to_ns).iter();
            let theirs = theirs.filter(|attempt| is_by(self.caller, attempt));
            theirs.map(|attempt| -> Arrival {
                (attempt.arrived_ns, self.targets[attempt.deployment])
            })
        };
        let calm: Vec<Arrival> =
            self.steady.iter().flat_map(|(from, to)| arrivals(*from, *to)).collect();
        let at_targets: Vec<u64> =
            calm.iter().filter(|(_, is_target)| *is_target).map(|(at, _)| *at).collect();
        let before = share(at_targets.len() as u64, calm.len() as u64);
        let habit = Habit::of(&at_targets, &self.steady).filter(|_| was_met);
        let (Some(Habit { quiet_ns, .. }), Some(before)) = (habit, before) else {
            return Measured::NotApplicable;
        };
        let mut last = arrivals(from_ns.saturating_sub(quiet_ns), from_ns);
        if !last.any(|(_, is_target)| is_target) {
            return Measured::NotApplicable;
        }
        let after = arrivals(to_ns, u64::MAX);
        match failed_back(after, before, (to_ns, quiet_ns, schedule_ns)) {
            Some(start_ns) => Measured::Known(start_ns),
            None => {
                let patience_ns = self.books.who.cooldown_ns.saturating_add(quiet_ns);
                let in_time = to_ns.saturating_add(patience_ns) <= schedule_ns;
                if in_time { Measured::Never } else { Measured::TooFew }
            }
        }
    }

    fn acts_on_deployments(&self) -> bool {
        match self.what.acts {
            Acts::Deployments { .. } => true,
            Acts::Instances(_) | Acts::Nowhere => false,
        }
    }
}

fn is_by(caller: Option<Option<usize>>, attempt: &Attempt) -> bool {
    caller.is_none_or(|caller| caller == Some(attempt.gateway))
}

impl Detections {
    /// In seconds since a fault's start.
    pub(crate) fn since(self, from_ns: u64) -> ByInstance {
        let seconds = |ns: u64| ns.saturating_sub(from_ns) as f64 / NS_PER_S;
        let times = Sample::new(self.0.iter().map(|seen| seen.detected_ns.map(seconds)));
        ByInstance {
            instances: times.len(),
            first: Measured::known_or(times.finite().first().copied(), Measured::Never),
            median: times.percentile(50.0),
            last: times.max(),
        }
    }
}
