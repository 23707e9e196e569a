//! The verdict in one sentence: who led by what, what they achieved, which faults they met, who
//! broke what.
//!
//! Its shape is `opening: achievements; remark; remark`, which the page takes apart again.

use record::RunInfo;
use record::slo::{Aggregate, Slo, Unit};

use super::keeps;
use crate::figures::{NEVER, counted, millis, percent, percentage, seconds, usd};
use crate::report::{Basis, Contender, Marks, Measured, SloResult};

/// Losers named in the sentence, at most.
const OTHERS_MAX: usize = 3;

/// What was decided, and about whom.
pub(super) struct Decided<'a> {
    pub(super) run: &'a RunInfo,
    pub(super) marks: &'a Marks,
    pub(super) basis: Basis,
    /// How many of `ranked`, from the first on, are equal.
    pub(super) equal: usize,
    /// Best first; never empty.
    pub(super) ranked: &'a [&'a Contender],
}

impl Decided<'_> {
    /// The sentence.
    pub(super) fn line(&self) -> String {
        let mut parts = vec![format!("{}: {}", self.opening(), self.achievements())];
        let untested = |leader: &&Contender| Some(format!("{} {}", leader.name, met_none(leader)?));
        parts.extend(self.leaders().iter().filter_map(untested));
        parts.extend(faults_played(self.run));
        let promised = !self.ranked[0].slo.is_empty();
        let broken: Vec<String> = self.ranked.iter().filter_map(|c| broke(c)).collect();
        let own = usize::from(!keeps(self.ranked[0]) && promised).min(broken.len());
        parts.extend(broken[..own].first().cloned());
        let others = &broken[own..];
        if !others.is_empty() {
            let mut named = others[..others.len().min(OTHERS_MAX)].join(", ");
            if others.len() > OTHERS_MAX {
                named.push_str(&format!(" and {} more broke it", others.len() - OTHERS_MAX));
            }
            parts.push(named);
        }
        parts.join("; ")
    }

    /// Those who are first: one, or all that are equal to it.
    fn leaders(&self) -> &[&Contender] {
        let number = if self.basis == Basis::Equal { self.equal.max(2) } else { 1 };
        &self.ranked[..number.min(self.ranked.len())]
    }

    fn opening(&self) -> String {
        let (first, seed) = (self.ranked[0], self.run.scenario.seed);
        let who = format!("{} ({})", first.name, first.kind);
        let alone = self.ranked.len() == 1;
        let by_goodput = first
            .goodput
            .known()
            .map_or_else(String::new, |share| format!(" by goodput, {} good", percent(share)));
        match self.basis {
            Basis::Equal => self.equality(&who),
            Basis::NobodyKept if first.slo.is_empty() => {
                format!("no promise given; {who} led on seed {seed}{by_goodput}")
            }
            Basis::NobodyKept if alone => format!("{who} breaks the promise on seed {seed}"),
            Basis::NobodyKept => {
                format!("nobody keeps the promise; {who} led on seed {seed}{by_goodput}")
            }
            Basis::Cost | Basis::Goodput if alone => {
                format!("{who} keeps the promise on seed {seed}")
            }
            Basis::Goodput if self.some_cost_is_unknown() => {
                format!("{who} led on seed {seed} by goodput, costs are not known")
            }
            Basis::Goodput => format!("{who} led on seed {seed} by goodput, costs are equal"),
            Basis::Cost | Basis::Invalid => format!("{who} led on seed {seed}"),
        }
    }

    fn some_cost_is_unknown(&self) -> bool {
        let mut keepers = self.ranked.iter().filter(|contender| keeps(contender));
        keepers.any(|keeper| keeper.cost_per_1k_good_usd.is_absent())
    }

    /// `a (built-in), b and c are equal on seed 42, all keep the promise`
    fn equality(&self, who: &str) -> String {
        let leaders = self.leaders();
        let names = leaders.iter().skip(1).map(|leader| leader.name.as_str());
        let mut names: Vec<&str> = std::iter::once(who).chain(names).collect();
        let last = names.pop().unwrap_or_default();
        let kept = match (self.ranked[0].slo.is_empty(), keeps(self.ranked[0]), leaders.len()) {
            (true, _, _) => "no promise given",
            (false, false, _) => "nobody keeps the promise",
            (false, true, 2) => "both keep the promise",
            (false, true, _) => "all keep the promise",
        };
        let seed = self.run.scenario.seed;
        format!("{} and {last} are equal on seed {seed}, {kept}", names.join(", "))
    }

    /// `99.7 % (direct 88.1, savable 99.8), p99 TTFT 2.1 s, recovered in 4 s at $4.10 per 1,000 good
    /// answers`
    fn achievements(&self) -> String {
        let first = self.ranked[0];
        let success = first.success_rate.known().map_or_else(|| "no requests".to_owned(), percent);
        let marked =
            [("direct", self.marks.direct_success_rate), ("savable", self.marks.savable_rate)];
        let marked: Vec<String> = marked
            .iter()
            .filter_map(|(name, rate)| {
                let rate = rate.known()?;
                Some(format!("{name} {}", percentage(rate)))
            })
            .collect();
        // Where goodput decided and stands in front, this other share needs its name.
        let mut text = match self.basis {
            Basis::NobodyKept | Basis::Goodput => format!("success {success}"),
            Basis::Cost | Basis::Equal | Basis::Invalid => success,
        };
        if !marked.is_empty() {
            text.push_str(&format!(" ({})", marked.join(", ")));
        }
        if first.ttft_ms.n > 0 {
            let infinite = || "infinite (more than 1 % failed)".to_owned();
            text.push_str(&format!(
                ", p99 TTFT {}",
                first.ttft_ms.p99.known().map_or_else(infinite, millis)
            ));
        }
        match Measured::largest(first.faults.iter().map(|fault| fault.time_to_recover_s)) {
            Measured::Known(s) => text.push_str(&format!(", recovered in {}", seconds(s))),
            Measured::Never => text.push_str(", not recovered"),
            Measured::NotApplicable
            | Measured::NotObserved
            | Measured::TooFew
            | Measured::Unpriced => {}
        }
        if let Measured::Known(cost) = first.cost_per_1k_good_usd {
            text.push_str(&format!(" at {} per 1,000 good answers", usd(cost)));
        }
        text
    }
}

/// `met none of the 3 faults`: whoever never asked the target in time was not tested by it.
pub(crate) fn met_none(contender: &Contender) -> Option<String> {
    contender.met_no_fault().then(|| match contender.faults.len() {
        1 => "did not meet the fault".to_owned(),
        n => format!("met none of the {}", counted(n as u64, "fault")),
    })
}

/// `no fault was played`, or which were left out; nothing where all were played.
pub(crate) fn faults_played(run: &RunInfo) -> Option<String> {
    if !run.contenders.iter().any(|who| who.kind.is_observed()) {
        // What is played at somebody else's gateway is not ours to say.
        return None;
    }
    let left_out = run.warnings.iter().filter(|text| text.contains("left out")).count() as u64;
    match (run.faults.len(), left_out) {
        (0, _) => Some("no fault was played".to_owned()),
        (_, 0) => None,
        (_, left_out) => {
            let were = if left_out == 1 { "was" } else { "were" };
            Some(format!("{} {were} left out", counted(left_out, "fault")))
        }
    }
}

/// `simple-shuffle broke success (97.0 %)`, for the first promise that is not kept.
fn broke(contender: &Contender) -> Option<String> {
    let result = contender.slo.iter().find(|result| result.pass() != Some(true))?;
    let (name, metric) = (&contender.name, result.metric());
    Some(match result.value {
        Measured::Known(_) => format!("{name} broke {metric} ({})", slo_value(result)),
        Measured::Never => format!("{name} broke {metric} ({})", never(&result.slo)),
        Measured::NotApplicable | Measured::NotObserved | Measured::TooFew | Measured::Unpriced => {
            format!("{name} has no data on {metric}")
        }
    })
}

/// Why a promise has no value: `infinite: more than 1 % failed`.
fn never(slo: &Slo) -> String {
    match slo.metric.unit() {
        Unit::Seconds => "never".to_owned(),
        Unit::Usd => "nothing good was bought".to_owned(),
        Unit::Fraction | Unit::Milliseconds | Unit::Count => match slo.aggregate {
            Aggregate::Percentile(p) => {
                format!("infinite, more than {} failed", percent((100.0 - p) / 100.0))
            }
            Aggregate::Max | Aggregate::Rate => "infinite, at least one failed".to_owned(),
        },
    }
}

/// An SLO's value in its unit: `97.0 %`, `4.2 s`, `$5.10`, `— (fail)`, `NO DATA`.
pub(crate) fn slo_value(result: &SloResult) -> String {
    let unit = result.metric().unit();
    match result.value {
        Measured::Known(value) => match unit {
            Unit::Fraction => percent(value),
            Unit::Milliseconds => millis(value),
            Unit::Seconds => seconds(value),
            Unit::Usd => usd(value),
            Unit::Count => format!("{value:.2}"),
        },
        Measured::Never => match unit {
            Unit::Seconds => "never".to_owned(),
            Unit::Fraction | Unit::Milliseconds | Unit::Usd | Unit::Count => NEVER.to_owned(),
        },
        Measured::NotApplicable | Measured::NotObserved | Measured::TooFew | Measured::Unpriced => {
            "NO DATA".to_owned()
        }
    }
}
