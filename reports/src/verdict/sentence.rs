//! The verdict in one sentence: who led by what, what they achieved, which faults they met, how firm that is, who
//! broke what.
//!
//! Its shape is `opening: achievements; remark; remark`.

use record::slo::{Aggregate, Metric};

use super::Case;
use super::order::Order;
use crate::report::{Basis, Contender, Measured, Standing};
use crate::words::contender::{credentials, direct_is_better, met_none};
use crate::words::figures::{percent, percentage, usd};
use crate::words::promise::{beside_own_bound, broke, lacks_data, too_close};
use crate::words::run::{dead_ends, faults_played};

/// Losers named in the sentence, at most.
const OTHERS_MAX: usize = 3;

/// Between the opening and what was achieved.
const COLON: &str = ": ";

/// Before each remark.
const SEMICOLON: &str = "; ";

/// What was decided, and about whom.
pub(super) struct Decided<'a> {
    pub(super) case: Case<'a>,
    pub(super) order: &'a Order,
    /// Best first; never empty.
    pub(super) ranked: &'a [&'a Contender],
    /// Whether one request of one contender turns the order.
    pub(super) hangs_on_one_request: bool,
}

impl Decided<'_> {
    /// The sentence.
    pub(super) fn line(&self) -> String {
        let mut parts = vec![format!("{}{COLON}{}", self.opening(), self.achievements())];
        // An opening about untested keepers has said it.
        if self.order.basis != Basis::OnlyUntested {
            let untested =
                |leader: &&Contender| Some(format!("{} {}", leader.name, met_none(leader)?));
            parts.extend(self.leaders().iter().filter_map(untested));
        }
        parts.extend(self.next_goodput());
        parts.extend(self.close_calls());
        parts.extend(self.noise());
        parts.extend(self.direct_is_better());
        parts.extend(dead_ends(self.case.run));
        parts.extend(faults_played(self.case.run));
        parts.extend(self.broken());
        parts.join(SEMICOLON)
    }

    /// Those who are first: one, or all that are equal to it.
    fn leaders(&self) -> &[&Contender] {
        let number = if self.order.basis == Basis::Equal { self.order.equal.max(2) } else { 1 };
        &self.ranked[..number.min(self.ranked.len())]
    }

    fn opening(&self) -> String {
        let (first, seed) = (self.ranked[0], self.case.run.scenario.seed);
        let who = format!(
            "{} ({})",
            first.name,
            credentials(first.kind, &first.personality, first.product.as_ref())
        );
        let alone = self.ranked.len() == 1;
        let by_goodput = first.goodput.known().map_or_else(String::new, |share| {
            let share = beside_own_bound(first, (Metric::Goodput, Aggregate::Rate), share);
            format!(" by goodput, {share} good")
        });
        match self.order.basis {
            Basis::Equal => self.equality(&who),
            Basis::OnlyUntested => self.untested(&who, alone),
            Basis::NobodyKept if first.slo.is_empty() => {
                format!("no promise given; {who} led on seed {seed}{by_goodput}")
            }
            Basis::NobodyKept if alone && first.standing() == Standing::NoData => {
                format!("whether {who} keeps the promise on seed {seed} cannot be told")
            }
            Basis::NobodyKept if alone => format!("{who} breaks the promise on seed {seed}"),
            Basis::NobodyKept => {
                format!("{}; {who} led on seed {seed}{by_goodput}", self.nobody_keeps())
            }
            Basis::OnlyKeeper if alone => format!("{who} keeps the promise on seed {seed}"),
            Basis::OnlyKeeper => {
                format!("{who} led on seed {seed}, the only one that kept the promise")
            }
            Basis::Goodput if self.order.unknown_costs => {
                format!("{who} led on seed {seed} by goodput, costs are not known")
            }
            Basis::Goodput => format!("{who} led on seed {seed} by goodput, costs are equal"),
            Basis::Cost | Basis::Invalid | Basis::Withheld => {
                format!("{who} led on seed {seed} by cost")
            }
        }
    }

    /// Missing data is no broken promise.
    fn nobody_keeps(&self) -> &'static str {
        let unknown = self.ranked.iter().any(|one| one.standing() == Standing::NoData);
        if unknown { "nobody is known to keep the promise" } else { "nobody keeps the promise" }
    }

    /// `nobody leads on seed 42, a and b kept the promise untested`
    fn untested(&self, who: &str, alone: bool) -> String {
        let seed = self.case.run.scenario.seed;
        let those = self.ranked.iter().filter(|one| one.standing() == Standing::Untested);
        let names: Vec<&str> = those.map(|one| one.name.as_str()).collect();
        let met = met_none(self.ranked[0]).unwrap_or_default();
        match (alone, &*names) {
            (true, _) => format!("{who} keeps the promise on seed {seed} untested, it {met}"),
            (false, [_]) => {
                format!("nobody leads on seed {seed}, only {who} kept the promise and it {met}")
            }
            (false, _) => format!(
                "nobody leads on seed {seed}, {} kept the promise untested, each {met}",
                names.join(", ")
            ),
        }
    }

    /// `a (built-in), b and c are equal on seed 42 in cost and goodput, all keep the promise`
    fn equality(&self, who: &str) -> String {
        let leaders = self.leaders();
        let names = leaders.iter().skip(1).map(|leader| leader.name.as_str());
        let mut names: Vec<&str> = std::iter::once(who).chain(names).collect();
        let last = names.pop().unwrap_or_default();
        let keep = self.ranked[0].standing() == Standing::Kept;
        let kept = match (self.ranked[0].slo.is_empty(), keep, leaders.len()) {
            (true, _, _) => "no promise given",
            (false, false, _) => self.nobody_keeps(),
            (false, true, 2) => "both keep the promise",
            (false, true, _) => "all keep the promise",
        };
        let by = match (keep, self.order.unknown_costs) {
            (true, false) => "in cost and goodput",
            (true, true) => "in goodput (costs are not known)",
            (false, _) => "in goodput",
        };
        let seed = self.case.run.scenario.seed;
        format!("{} and {last} are equal on seed {seed} {by}, {kept}", names.join(", "))
    }

    /// `99.7 % (direct 88.1, savable 99.8), p99 TTFT 2.1 s, recovered in 4 s at $4.10 per 1,000 good
    /// answers`
    fn achievements(&self) -> String {
        let first = self.ranked[0];
        let beside = |metric, aggregate| {
            move |value: f64| beside_own_bound(first, (metric, aggregate), value)
        };
        let success = beside(Metric::Success, Aggregate::Rate);
        let success = first.success_rate.known().map_or_else(|| "no requests".to_owned(), success);
        let marks = self.case.marks;
        let marked = [("direct", marks.direct_success_rate), ("savable", marks.savable_rate)];
        let marked: Vec<String> = marked
            .iter()
            .filter_map(|(name, rate)| {
                let rate = rate.known()?;
                Some(format!("{name} {}", percentage(rate)))
            })
            .collect();
        // Where goodput decided and stands in front, this other share needs its name.
        let mut text = match self.order.basis {
            Basis::NobodyKept | Basis::Goodput => format!("success {success}"),
            Basis::OnlyKeeper
            | Basis::OnlyUntested
            | Basis::Cost
            | Basis::Equal
            | Basis::Invalid
            | Basis::Withheld => success,
        };
        if !marked.is_empty() {
            text.push_str(&format!(" ({})", marked.join(", ")));
        }
        if first.ttft_ms.n > 0 {
            let (p, value) = first_token(first);
            let share = ((100.0 - p) * 1e6).round() / 1e6;
            let infinite = || format!("infinite (more than {share} % failed)");
            let value =
                value.known().map_or_else(infinite, beside(Metric::Ttft, Aggregate::Percentile(p)));
            text.push_str(&format!(", p{p} TTFT {value}"));
        }
        match Measured::largest(first.faults.iter().map(|fault| fault.time_to_recover_s)) {
            Measured::Known(s) => {
                let recovered = beside(Metric::Recover, Aggregate::Max)(s);
                text.push_str(&format!(", recovered in {recovered}"));
            }
            Measured::Never => text.push_str(", not recovered"),
            Measured::NotApplicable
            | Measured::NotObserved
            | Measured::TooFew
            | Measured::Unpriced
            | Measured::Withheld => {}
        }
        if let Measured::Known(cost) = first.cost_per_1k_good_usd {
            let cost = beside(Metric::Cost, Aggregate::Rate)(cost);
            text.push_str(&format!(" at {cost} per 1,000 good answers"));
            text.push_str(&self.next_cost());
        }
        text
    }

    /// ` (priority $2.61)`: whom cost decided against, and by how much.
    fn next_cost(&self) -> String {
        let second = self.ranked.get(1).filter(|_| self.order.basis == Basis::Cost);
        let told = second.and_then(|second| {
            Some(format!(" ({} {})", second.name, usd(second.cost_per_1k_good_usd.known()?)))
        });
        told.unwrap_or_default()
    }

    /// `two kept it too, 99.4 % good`: whom goodput decided against, and by how much.
    fn next_goodput(&self) -> Option<String> {
        let second = self.ranked.get(1).filter(|_| self.order.basis == Basis::Goodput)?;
        let goodput = second.goodput.known().filter(|_| second.standing() == Standing::Kept)?;
        Some(format!("{} kept it too, {} good", second.name, percent(goodput)))
    }

    /// Bounds that the leaders keep, and that may be otherwise next time.
    fn close_calls(&self) -> Vec<String> {
        let calls = self.leaders().iter().flat_map(|leader| {
            let kept = leader.slo.iter().filter(|result| result.pass() == Some(true));
            kept.filter_map(|result| {
                Some(format!("{} {}: {}", leader.name, result.metric(), too_close(result)?))
            })
        });
        calls.collect()
    }

    /// Where one request more or less turns the order, or somebody's promise.
    fn noise(&self) -> Option<String> {
        let turned: Vec<&str> = self
            .ranked
            .iter()
            .filter(|one| hangs_on_one_request(one))
            .map(|one| one.name.as_str())
            .collect();
        let what = match (self.hangs_on_one_request, &*turned) {
            (false, []) => return None,
            (true, []) => "the order".to_owned(),
            (true, names) => format!("the order and the promise of {}", names.join(", ")),
            (false, names) => format!("the promise of {}", names.join(", ")),
        };
        Some(format!("within the noise of one run (one request more or less turns {what})"))
    }

    /// Where no contender is as good as no gateway at all.
    fn direct_is_better(&self) -> Option<String> {
        let (direct, best) = direct_is_better(self.case.direct, self.ranked)?;
        Some(format!(
            "no gateway at all was better than every contender (direct {} good, the best of them {})",
            percent(direct),
            percent(best)
        ))
    }

    /// Who broke what, and of whom nothing can be told: the first's own word, then the others'.
    fn broken(&self) -> Vec<String> {
        let told = |one: &&Contender| match one.standing() {
            Standing::Broken => broke(one),
            Standing::NoData => lacks_data(one),
            Standing::Untested if self.order.basis != Basis::OnlyUntested => {
                Some(format!("{} kept it untested", one.name))
            }
            Standing::Kept | Standing::Untested | Standing::NotPromised => None,
        };
        let mut parts: Vec<String> = self.ranked[..1].iter().filter_map(told).collect();
        let others: Vec<String> = self.ranked[1..].iter().filter_map(told).collect();
        if !others.is_empty() {
            let mut named = others[..others.len().min(OTHERS_MAX)].join(", ");
            if others.len() > OTHERS_MAX {
                named.push_str(&format!(" and {} more did not keep it", others.len() - OTHERS_MAX));
            }
            parts.push(named);
        }
        parts
    }
}

/// The percentile of the first token that is promised, else the 99th.
fn first_token(who: &Contender) -> (f64, Measured<f64>) {
    let promised = who.slo.iter().filter(|slo| slo.metric() == Metric::Ttft);
    let mut told = promised.filter_map(|slo| match (slo.slo.aggregate, slo.value) {
        (Aggregate::Percentile(p), value @ (Measured::Known(_) | Measured::Never)) => {
            Some((p, value))
        }
        (
            Aggregate::Percentile(_),
            Measured::NotApplicable
            | Measured::NotObserved
            | Measured::TooFew
            | Measured::Unpriced
            | Measured::Withheld,
        )
        | (Aggregate::Rate | Aggregate::Max, _) => None,
    });
    told.next().unwrap_or((99.0, who.ttft_ms.p99))
}

/// Whether one request more or less turns the whole promise: one kept bound is enough to break it, and only all of the
/// broken ones to keep it.
fn hangs_on_one_request(who: &Contender) -> bool {
    let of = |pass: bool| who.slo.iter().filter(move |slo| slo.pass() == Some(pass));
    match who.standing() {
        Standing::Kept | Standing::Untested => of(true).any(|slo| slo.hangs_on_one_request),
        Standing::Broken => {
            let known = who.slo.iter().all(|slo| slo.pass().is_some());
            known && of(false).all(|slo| slo.hangs_on_one_request)
        }
        Standing::NoData | Standing::NotPromised => false,
    }
}
