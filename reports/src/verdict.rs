//! The verdict: one rule.
//!
//! Invalid measurements rank nobody. Who meets every SLO, and a fault if there was one, keeps the promise; among
//! keepers the cheapest per 1,000 good answers leads, under 2 % apart (or where a cost is not known) goodput
//! decides, then they are equal. Those who keep it untested rank behind them and never lead. If nobody keeps it,
//! goodput ranks, and under 0.1 points is equal. One run never "wins": that takes five seeds (see `seeds`). Latency
//! is not part of the rule, so kinds may be ranked together.

mod order;
pub(crate) mod requirement;
pub(crate) mod sentence;

use record::RunInfo;

use crate::report::{
    Basis, Contender, Marks, Measured, SloResult, Standing, Validity, ValidityVerdict, Verdict,
};
use order::{Order, Place};

/// What a verdict is about besides those who are ranked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) run: &'a RunInfo,
    pub(crate) validity: &'a Validity,
    pub(crate) marks: &'a Marks,
    /// The mark without a gateway, if the run has it.
    pub(crate) direct: Option<&'a Contender>,
}

/// Applies the rule.
pub(crate) fn decide(case: Case<'_>, contenders: &[Contender]) -> Verdict {
    if case.validity.verdict == ValidityVerdict::Invalid || contenders.is_empty() {
        return Verdict {
            winner: None,
            // The reasons stand in the validity, once.
            line: "no verdict".to_owned(),
            ranking: Vec::new(),
            kept: Vec::new(),
            untested: Vec::new(),
            no_data: Vec::new(),
            basis: Basis::Invalid,
            hangs_on_one_request: false,
        };
    }
    let places: Vec<Place> = contenders.iter().map(place).collect();
    let order = order::order(&places);
    let ranked: Vec<&Contender> = order.ranked.iter().map(|at| &contenders[*at]).collect();
    let hangs_on_one_request = order.leader().is_some() && turns(&places, &order);
    let decided = sentence::Decided { case, order: &order, ranked: &ranked, hangs_on_one_request };
    let untold = untold(case.run, contenders).filter(|_| order.is_by_goodput());
    let names = |standing: Standing| {
        let those = contenders.iter().filter(move |contender| contender.standing() == standing);
        those.map(|contender| contender.name.clone()).collect()
    };
    let (kept, untested) = (names(Standing::Kept), names(Standing::Untested));
    let no_data = names(Standing::NoData);
    if let Some(line) = untold {
        let (ranking, basis) = (Vec::new(), Basis::Withheld);
        let (winner, hangs_on_one_request) = (None, false);
        return Verdict {
            winner,
            line,
            ranking,
            kept,
            untested,
            no_data,
            basis,
            hangs_on_one_request,
        };
    }
    Verdict {
        line: decided.line(),
        winner: order.leader().map(|at| contenders[at].name.clone()),
        ranking: ranked.iter().map(|contender| contender.name.clone()).collect(),
        kept,
        untested,
        no_data,
        basis: order.basis,
        hangs_on_one_request,
    }
}

/// Whose goodput is withheld, so that it ranks nobody.
fn untold(run: &RunInfo, contenders: &[Contender]) -> Option<String> {
    let withheld = contenders.iter().filter(|who| who.goodput == Measured::Withheld);
    let names: Vec<&str> = withheld.map(|who| who.name.as_str()).collect();
    let (seed, names) = (run.scenario.seed, (!names.is_empty()).then(|| names.join(", "))?);
    Some(format!(
        "nobody leads on seed {seed}: the goodput of {names} is withheld, the notes say why"
    ))
}

/// What a contender is ranked by.
fn place(contender: &Contender) -> Place {
    let judged = contender.offered.saturating_sub(contender.cancelled);
    let (standing, slos) = (contender.standing(), || contender.slo.iter());
    Place {
        standing,
        cost: contender.cost_per_1k_good_usd,
        good: contender.good,
        judged,
        if_less: if slos().any(|slo| hangs(slo, true)) { Standing::Broken } else { standing },
        if_more: match standing {
            Standing::Broken if slos().all(|slo| slo.pass() == Some(true) || hangs(slo, false)) => {
                if contender.met_no_fault() {
                    Standing::Untested
                } else {
                    Standing::Kept
                }
            }
            same => same,
        },
    }
}

fn hangs(slo: &SloResult, kept: bool) -> bool {
    slo.hangs_on_one_request && slo.pass() == Some(kept)
}

/// Whether one request of one contender, good or not, would have made somebody else lead, or nobody.
fn turns(places: &[Place], order: &Order) -> bool {
    let others = (0..places.len()).flat_map(|at| {
        let changed = [places[at].with_one_less(), places[at].with_one_more()];
        changed.into_iter().flatten().map(move |place| (at, place))
    });
    others.into_iter().any(|(at, place)| {
        let mut changed = places.to_vec();
        changed[at] = place;
        order::order(&changed).leader() != order.leader()
    })
}
