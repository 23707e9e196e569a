//! The verdict: one rule.
//!
//! Invalid measurements rank nobody. Who meets every SLO keeps the promise; among keepers the
//! cheapest per 1,000 good answers leads, under 2 % apart (or where a cost is not known) goodput
//! decides, then they are equal. If nobody keeps it, goodput ranks, and under 0.1 points is equal.
//! One run never "wins": that takes five seeds (see `seeds`). Latency is not part of the rule, so
//! kinds may be ranked together.

pub(crate) mod sentence;

use std::cmp::Ordering;

use record::RunInfo;

use crate::report::{Basis, Contender, Marks, Validity, ValidityVerdict, Verdict};

/// Costs closer than this part of the cheaper one are a tie.
const COST_TIE: f64 = 0.02;

/// Goodputs closer than this are equal: 0.1 points.
const GOODPUT_TIE: f64 = 0.001;

/// Guards the ties against the last bit of a subtraction.
const EPSILON: f64 = 1e-9;

/// Applies the rule.
pub(crate) fn decide(
    run: &RunInfo,
    validity: &Validity,
    marks: &Marks,
    contenders: &[Contender],
) -> Verdict {
    if validity.verdict == ValidityVerdict::Invalid || contenders.is_empty() {
        // The reasons stand in the validity, once.
        let line = "no verdict".to_owned();
        let (ranking, kept) = (Vec::new(), Vec::new());
        return Verdict { winner: None, line, ranking, kept, basis: Basis::Invalid };
    }
    let (keepers, others): (Vec<_>, Vec<_>) =
        contenders.iter().partition(|contender| contender.keeps_promise());
    let mut ranked =
        if costs_are_known(&keepers) { by_cost(&keepers) } else { by_goodput(&keepers) };
    ranked.extend(by_goodput(&others));
    let basis = basis(&ranked, keepers.len());
    let decided = sentence::Decided {
        run,
        marks,
        basis,
        equal: equals(&ranked, keepers.len()),
        ranked: &ranked,
    };
    Verdict {
        line: decided.line(),
        winner: (basis != Basis::Equal).then(|| ranked[0].name.clone()),
        ranking: ranked.iter().map(|contender| contender.name.clone()).collect(),
        kept: keepers.iter().map(|contender| contender.name.clone()).collect(),
        basis,
    }
}

/// Whether costs can rank these: one that is not known ranks neither well nor badly.
fn costs_are_known(contenders: &[&Contender]) -> bool {
    !contenders.iter().any(|contender| contender.cost_per_1k_good_usd.is_absent())
}

/// Cheapest first; within a tie of 2 % of its cheapest by goodput. Whoever bought nothing good is last.
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

/// `keepers` are the first so many of `ranked`.
fn basis(ranked: &[&Contender], keepers: usize) -> Basis {
    let known = costs_are_known(&ranked[..keepers]);
    let Some(second) = ranked.get(1).filter(|_| keepers != 1) else {
        return match keepers {
            0 => Basis::NobodyKept,
            _ if known => Basis::Cost,
            _ => Basis::Goodput,
        };
    };
    let goodput_ties = goodput_ties(ranked[0], second);
    match keepers {
        0 if goodput_ties => Basis::Equal,
        0 => Basis::NobodyKept,
        _ if known && !costs_tie(ranked[0], second) => Basis::Cost,
        _ if goodput_ties => Basis::Equal,
        _ => Basis::Goodput,
    }
}

/// How many, from the first on, are equal to the first, itself included.
fn equals(ranked: &[&Contender], keepers: usize) -> usize {
    let among = if keepers == 0 { ranked } else { &ranked[..keepers] };
    let by_cost = keepers > 0 && costs_are_known(among);
    let equal = |other: &&&Contender| {
        goodput_ties(among[0], other) && (!by_cost || costs_tie(among[0], other))
    };
    among.iter().take_while(equal).count()
}

fn cost(contender: &Contender) -> f64 {
    contender.cost_per_1k_good_usd.known().unwrap_or(f64::INFINITY)
}

fn goodput(contender: &Contender) -> f64 {
    contender.goodput.known().unwrap_or(-1.0)
}

fn goodput_ties(a: &Contender, b: &Contender) -> bool {
    (goodput(a) - goodput(b)).abs() < GOODPUT_TIE - EPSILON
}

fn costs_tie(a: &Contender, b: &Contender) -> bool {
    cost_ties(cost(a).min(cost(b)), cost(a).max(cost(b)))
}

fn cost_ties(cheaper: f64, dearer: f64) -> bool {
    cheaper == dearer || dearer - cheaper < cheaper * COST_TIE - EPSILON * cheaper
}
