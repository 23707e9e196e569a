//! The verdict in one sentence: who led by what, what they achieved, which faults they met, who
//! broke what.
//!
//! Its shape is `opening: achievements; remark; remark`.

use record::RunInfo;

use crate::report::{Basis, Contender, Marks, Measured};
use crate::words::contender::met_none;
use crate::words::figures::{millis, percent, percentage, seconds, usd};
use crate::words::promise::broke;
use crate::words::run::faults_played;

/// Losers named in the sentence, at most.
const OTHERS_MAX: usize = 3;

/// Between the opening and what was achieved.
const COLON: &str = ": ";

/// Before each remark.
const SEMICOLON: &str = "; ";

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
        let mut parts = vec![format!("{}{COLON}{}", self.opening(), self.achievements())];
        let untested = |leader: &&Contender| Some(format!("{} {}", leader.name, met_none(leader)?));
        parts.extend(self.leaders().iter().filter_map(untested));
        parts.extend(faults_played(self.run));
        let promised = !self.ranked[0].slo.is_empty();
        let broken: Vec<String> = self.ranked.iter().filter_map(|c| broke(c)).collect();
        let own = usize::from(!self.ranked[0].keeps_promise() && promised).min(broken.len());
        parts.extend(broken[..own].first().cloned());
        let others = &broken[own..];
        if !others.is_empty() {
            let mut named = others[..others.len().min(OTHERS_MAX)].join(", ");
            if others.len() > OTHERS_MAX {
                named.push_str(&format!(" and {} more broke it", others.len() - OTHERS_MAX));
            }
            parts.push(named);
        }
        parts.join(SEMICOLON)
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
        let mut keepers = self.ranked.iter().filter(|contender| contender.keeps_promise());
        keepers.any(|keeper| keeper.cost_per_1k_good_usd.is_absent())
    }

    /// `a (built-in), b and c are equal on seed 42, all keep the promise`
    fn equality(&self, who: &str) -> String {
        let leaders = self.leaders();
        let names = leaders.iter().skip(1).map(|leader| leader.name.as_str());
        let mut names: Vec<&str> = std::iter::once(who).chain(names).collect();
        let last = names.pop().unwrap_or_default();
        let kept =
            match (self.ranked[0].slo.is_empty(), self.ranked[0].keeps_promise(), leaders.len()) {
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
