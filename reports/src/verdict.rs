//! The verdict: one rule, one sentence.
//!
//! Invalid measurements rank nobody. Who meets every SLO keeps the promise; among keepers the
//! cheapest per 1,000 good answers leads, under 2 % apart goodput decides, then they are equal. If
//! nobody keeps it, goodput ranks, and under 0.1 points is equal. One run never "wins": that takes
//! five seeds (see `seeds`). Latency is not part of the rule, so kinds may be ranked together.

use std::cmp::Ordering;

use crate::figures::{millis, percent, percentage, seconds, usd};
use crate::report::{
    Basis, Contender, Marks, Scenario, SloResult, Validity, ValidityVerdict, Verdict,
};

/// Costs closer than this part of the cheaper one are a tie.
const COST_TIE: f64 = 0.02;

/// Goodputs closer than this are equal: 0.1 points.
const GOODPUT_TIE: f64 = 0.001;

/// Guards the ties against the last bit of a subtraction.
const EPSILON: f64 = 1e-9;

/// Losers named in the sentence, at most.
const OTHERS_MAX: usize = 3;

/// Applies the rule.
pub(crate) fn decide(
    scenario: &Scenario,
    validity: &Validity,
    marks: &Marks,
    contenders: &[Contender],
) -> Verdict {
    if validity.verdict == ValidityVerdict::Invalid || contenders.is_empty() {
        let line = format!("no verdict: {}", validity.reasons.join("; "));
        let (ranking, kept) = (Vec::new(), Vec::new());
        return Verdict { winner: None, line, ranking, kept, basis: Basis::Invalid };
    }
    let (keepers, others): (Vec<_>, Vec<_>) = contenders.iter().partition(|c| keeps(c));
    let mut ranked = by_cost(&keepers);
    ranked.extend(by_goodput(&others));
    let basis = basis(&ranked, keepers.len());
    let winner = (basis != Basis::Equal).then(|| ranked[0].name.clone());
    Verdict {
        line: line(scenario, marks, &ranked, basis),
        winner,
        ranking: ranked.iter().map(|contender| contender.name.clone()).collect(),
        kept: keepers.iter().map(|contender| contender.name.clone()).collect(),
        basis,
    }
}

/// Whether every promise is kept. Without any promise nobody keeps it; NO DATA is no pass.
pub(crate) fn keeps(contender: &Contender) -> bool {
    !contender.slo.is_empty() && contender.slo.iter().all(|slo| slo.pass == Some(true))
}

/// Cheapest first; within a tie of 2 % of its cheapest by goodput. A null cost is last.
fn by_cost<'a>(keepers: &[&'a Contender]) -> Vec<&'a Contender> {
    let mut rest = keepers.to_vec();
    rest.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let mut ranked = Vec::with_capacity(rest.len());
    // Each turn ranks at least the cheapest of the rest.
    while let Some(cheapest) = rest.first() {
        let limit = cost(cheapest);
        let tied = rest.iter().take_while(|c| cost_ties(limit, cost(c))).count().max(1);
        ranked.extend(by_goodput(&rest[..tied]));
        rest.drain(..tied);
    }
    ranked
}

fn by_goodput<'a>(contenders: &[&'a Contender]) -> Vec<&'a Contender> {
    let mut ranked = contenders.to_vec();
    ranked.sort_by(|a, b| goodput(b).partial_cmp(&goodput(a)).unwrap_or(Ordering::Equal));
    ranked
}

fn basis(ranked: &[&Contender], keepers: usize) -> Basis {
    let first = ranked[0];
    let Some(second) = ranked.get(1) else {
        return if keepers == 1 { Basis::Cost } else { Basis::NobodyKept };
    };
    let goodput_ties = (goodput(first) - goodput(second)).abs() < GOODPUT_TIE - EPSILON;
    match keepers {
        0 if goodput_ties => Basis::Equal,
        0 => Basis::NobodyKept,
        1 => Basis::Cost,
        _ if !cost_ties(cost(first).min(cost(second)), cost(first).max(cost(second))) => {
            Basis::Cost
        }
        _ if goodput_ties => Basis::Equal,
        _ => Basis::Goodput,
    }
}

fn cost(contender: &Contender) -> f64 {
    contender.cost_per_1k_good_usd.unwrap_or(f64::INFINITY)
}

fn goodput(contender: &Contender) -> f64 {
    contender.goodput.unwrap_or(-1.0)
}

fn cost_ties(cheaper: f64, dearer: f64) -> bool {
    cheaper == dearer || dearer - cheaper < cheaper * COST_TIE - EPSILON * cheaper
}

fn line(scenario: &Scenario, marks: &Marks, ranked: &[&Contender], basis: Basis) -> String {
    let (first, seed) = (ranked[0], scenario.seed);
    let who = format!("{} ({})", first.name, first.kind);
    let promised = !first.slo.is_empty();
    let opening = match basis {
        Basis::Equal => {
            let kept =
                if keeps(first) { "both keep the promise" } else { "nobody keeps the promise" };
            format!("{who} and {} are equal on seed {seed}, {kept}", ranked[1].name)
        }
        Basis::NobodyKept if !promised => format!("no promise given; {who} led on seed {seed}"),
        Basis::NobodyKept if ranked.len() == 1 => {
            format!("{who} breaks the promise on seed {seed}")
        }
        Basis::NobodyKept => format!("nobody keeps the promise; {who} led on seed {seed}"),
        Basis::Cost | Basis::Goodput if ranked.len() == 1 => {
            format!("{who} keeps the promise on seed {seed}")
        }
        Basis::Goodput => format!("{who} led on seed {seed} by goodput, costs are equal"),
        Basis::Cost | Basis::Invalid => format!("{who} led on seed {seed}"),
    };
    let mut line = format!("{opening}: {}", achievements(first, marks));
    let broken: Vec<String> = ranked.iter().filter_map(|contender| broke(contender)).collect();
    let own = usize::from(!keeps(first) && promised);
    if let Some(own) = broken.first().filter(|_| own == 1) {
        line.push_str(&format!("; {own}"));
    }
    let others = &broken[own.min(broken.len())..];
    if !others.is_empty() {
        line.push_str(&format!("; {}", others[..others.len().min(OTHERS_MAX)].join(", ")));
        if others.len() > OTHERS_MAX {
            line.push_str(&format!(" and {} more broke it", others.len() - OTHERS_MAX));
        }
    }
    line
}

/// `99.7 % (direct 88.1, savable 99.8), p99 TTFT 2.1 s, recovered in 4 s at $4.10 per 1,000 good answers`
fn achievements(contender: &Contender, marks: &Marks) -> String {
    let mut text = contender.success_rate.map_or_else(|| "no requests".to_owned(), percent);
    let marked = [("direct", marks.direct_success_rate), ("savable", marks.savable_rate)];
    let marked: Vec<String> = marked
        .iter()
        .filter_map(|(name, rate)| rate.map(|rate| format!("{name} {}", percentage(rate))))
        .collect();
    if !marked.is_empty() {
        text.push_str(&format!(" ({})", marked.join(", ")));
    }
    if contender.ttft_ms.n > 0 {
        let p99 = contender.ttft_ms.p99.map_or_else(|| "among failures".to_owned(), millis);
        text.push_str(&format!(", p99 TTFT {p99}"));
    }
    match worst_recovery(contender) {
        None => {}
        Some(Some(s)) => text.push_str(&format!(", recovered in {}", seconds(s))),
        Some(None) => text.push_str(", not recovered"),
    }
    if let Some(cost) = contender.cost_per_1k_good_usd {
        text.push_str(&format!(" at {} per 1,000 good answers", usd(cost)));
    }
    text
}

/// Worst time to recover over the faults it applies to; inner `None` = one never ended.
pub(crate) fn worst_recovery(contender: &Contender) -> Option<Option<f64>> {
    let applies = contender
        .faults
        .iter()
        .filter(|fault| !fault.not_applicable.iter().any(|name| name == "time_to_recover_s"))
        .map(|fault| fault.time_to_recover_s);
    applies.reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b)))
}

/// `simple-shuffle broke success (97.0 %)`, for the first promise that is not kept.
fn broke(contender: &Contender) -> Option<String> {
    let slo = contender.slo.iter().find(|slo| slo.pass != Some(true))?;
    let broke = if slo.pass.is_none() { "has no data on" } else { "broke" };
    let value = match slo.pass {
        None => String::new(),
        Some(_) => format!(" ({})", slo_value(slo)),
    };
    Some(format!("{} {broke} {}{value}", contender.name, slo.metric))
}

/// An SLO's value in its unit: `97.0 %`, `4.2 s`, `$5.10`, `— (fail)`, `NO DATA`.
pub(crate) fn slo_value(slo: &SloResult) -> String {
    use record::slo::{Metric, Unit};
    if slo.pass.is_none() {
        return "NO DATA".to_owned();
    }
    let Some(value) = slo.value else {
        return match Metric::from_name(&slo.metric).map(Metric::unit) {
            Some(Unit::Seconds) => "never".to_owned(),
            _ => crate::figures::NEVER.to_owned(),
        };
    };
    match Metric::from_name(&slo.metric).map(Metric::unit) {
        Some(Unit::Fraction) => percent(value),
        Some(Unit::Milliseconds) => millis(value),
        Some(Unit::Seconds) => seconds(value),
        Some(Unit::Usd) => usd(value),
        Some(Unit::Count) | None => format!("{value:.2}"),
    }
}
