//! The order of the contenders: who comes before whom, who leads, and by which rule. Arithmetic on a few numbers of
//! each, so that it can be asked again with one request more or less. It must never know a name.

use std::cmp::Ordering;

use crate::report::{Basis, GOODPUT_TIE, Measured, Standing, TIE_EPSILON as EPSILON};

/// Costs closer than this part of the cheaper one are a tie.
const COST_TIE: f64 = 0.02;

/// What one contender is ranked by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) standing: Standing,
    /// US dollars per 1,000 good requests.
    pub(super) cost: Measured<f64>,
    pub(super) good: u64,
    pub(super) judged: u64,
    /// Its standing, had one request less been good.
    pub(super) if_less: Standing,
    /// Its standing, had one more been good.
    pub(super) if_more: Standing,
}

/// The order, as positions among the places.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Best first; never empty.
    pub(super) ranked: Vec<usize>,
    pub(super) basis: Basis,
    /// How many of `ranked`, from the first on, are equal to the first, itself included.
    pub(super) equal: usize,
    /// Whether some keeper's cost is not known, so that goodput had to decide.
    pub(super) unknown_costs: bool,
}

impl Order {
    /// Who leads; nobody where the first are equal, or untested.
    pub(super) fn leader(&self) -> Option<usize> {
        match self.basis {
            Basis::OnlyKeeper | Basis::Cost | Basis::Goodput | Basis::NobodyKept => {
                self.ranked.first().copied()
            }
            Basis::Invalid | Basis::OnlyUntested | Basis::Equal | Basis::Withheld => None,
        }
    }
}

impl Order {
    /// Whether goodput had a say in who comes first.
    pub(super) fn is_by_goodput(&self) -> bool {
        match self.basis {
            Basis::Goodput | Basis::NobodyKept | Basis::Equal => true,
            Basis::OnlyKeeper
            | Basis::OnlyUntested
            | Basis::Cost
            | Basis::Invalid
            | Basis::Withheld => false,
        }
    }
}

impl Place {
    /// The same contender, had one request less been good; `None` where none was.
    pub(super) fn with_one_less(&self) -> Option<Self> {
        self.with(self.good.checked_sub(1)?, self.if_less)
    }

    /// The same, had one more been good; `None` where all were.
    pub(super) fn with_one_more(&self) -> Option<Self> {
        (self.good < self.judged).then(|| self.with(self.good + 1, self.if_more)).flatten()
    }

    /// The same bill over another number of good answers.
    fn with(&self, good: u64, standing: Standing) -> Option<Self> {
        let cost = match good {
            0 => Measured::Never,
            _ => self.cost.map(|usd| usd * self.good as f64 / good as f64),
        };
        Some(Self { standing, cost, good, ..*self })
    }

    fn goodput(&self) -> f64 {
        if self.judged == 0 { -1.0 } else { self.good as f64 / self.judged as f64 }
    }

    fn cost(&self) -> f64 {
        self.cost.known().unwrap_or(f64::INFINITY)
    }
}

/// Applies the rule to places, of which there is at least one.
pub(super) fn order(places: &[Place]) -> Order {
    let of = |wanted: &[Standing]| -> Vec<usize> {
        (0..places.len()).filter(|at| wanted.contains(&places[*at].standing)).collect()
    };
    let kept = of(&[Standing::Kept]);
    let untested = of(&[Standing::Untested]);
    let others = of(&[Standing::NoData, Standing::Broken, Standing::NotPromised]);
    let ranking = Ranking { places };
    let mut ranked = ranking.keepers(&kept);
    ranked.extend(ranking.keepers(&untested));
    ranked.extend(ranking.by_goodput(&others));
    let first = match (kept.len(), untested.len()) {
        (0, 0) => others.len(),
        (0, untested) => untested,
        (kept, _) => kept,
    };
    let by_cost = !kept.is_empty() && ranking.costs_are_known(&kept);
    let basis = ranking.basis(&ranked, (&kept, &untested));
    let equal = ranked[..first]
        .iter()
        .take_while(|other| {
            ranking.goodput_ties(ranked[0], **other)
                && (!by_cost || ranking.costs_tie(ranked[0], **other))
        })
        .count();
    Order { basis, equal, unknown_costs: !ranking.costs_are_known(&kept), ranked }
}

struct Ranking<'a> {
    places: &'a [Place],
}

impl Ranking<'_> {
    fn keepers(&self, keepers: &[usize]) -> Vec<usize> {
        if self.costs_are_known(keepers) { self.by_cost(keepers) } else { self.by_goodput(keepers) }
    }

    /// Whether costs can rank these: one that is not known ranks neither well nor badly.
    fn costs_are_known(&self, places: &[usize]) -> bool {
        !places.iter().any(|at| self.places[*at].cost.is_absent())
    }

    /// Cheapest first; within a tie of 2 % of its cheapest by goodput. Whoever bought nothing good is last.
    fn by_cost(&self, keepers: &[usize]) -> Vec<usize> {
        let cost = |at: usize| self.places[at].cost();
        let mut rest = keepers.to_vec();
        rest.sort_by(|a, b| cost(*a).total_cmp(&cost(*b)));
        let mut ranked = Vec::with_capacity(rest.len());
        // Each turn ranks at least the cheapest of the rest.
        while let Some(cheapest) = rest.first() {
            let limit = cost(*cheapest);
            let tied = rest.iter().take_while(|at| ties(limit, cost(**at))).count().max(1);
            ranked.extend(self.by_goodput(&rest[..tied]));
            rest.drain(..tied);
        }
        ranked
    }

    fn by_goodput(&self, places: &[usize]) -> Vec<usize> {
        let goodput = |at: usize| self.places[at].goodput();
        let mut ranked = places.to_vec();
        ranked.sort_by(|a, b| goodput(*b).partial_cmp(&goodput(*a)).unwrap_or(Ordering::Equal));
        ranked
    }

    fn basis(&self, ranked: &[usize], (kept, untested): (&[usize], &[usize])) -> Basis {
        let second = ranked.get(1).copied();
        let goodput_ties = second.is_some_and(|second| self.goodput_ties(ranked[0], second));
        let costs_tie = second.is_some_and(|second| self.costs_tie(ranked[0], second));
        match (kept.len(), untested.len()) {
            (0, 0) if goodput_ties => Basis::Equal,
            (0, 0) => Basis::NobodyKept,
            (0, _) => Basis::OnlyUntested,
            (1, _) => Basis::OnlyKeeper,
            (_, _) if self.costs_are_known(kept) && !costs_tie => Basis::Cost,
            (_, _) if goodput_ties => Basis::Equal,
            (_, _) => Basis::Goodput,
        }
    }

    fn goodput_ties(&self, a: usize, b: usize) -> bool {
        (self.places[a].goodput() - self.places[b].goodput()).abs() < GOODPUT_TIE - EPSILON
    }

    fn costs_tie(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.places[a].cost(), self.places[b].cost());
        ties(a.min(b), a.max(b))
    }
}

/// Whether two costs are a tie.
fn ties(cheaper: f64, dearer: f64) -> bool {
    cheaper == dearer || dearer - cheaper < cheaper * COST_TIE - EPSILON * cheaper
}

#[cfg(test)]
mod tests {
    use super::{Measured, Place, Standing, order};
    use crate::report::Basis;

    fn place(standing: Standing, usd: f64, good: u64) -> Place {
        let cost = Measured::Known(usd);
        Place { standing, cost, good, judged: 1_000, if_less: standing, if_more: standing }
    }

    #[test]
    fn untested_keepers_stand_behind_tested_ones_and_before_the_rest() {
        let untested = place(Standing::Untested, 1.0, 1_000);
        let kept = place(Standing::Kept, 9.0, 990);
        let broken = place(Standing::Broken, 0.1, 995);
        let all = order(&[untested, broken, kept]);
        assert_eq!((&*all.ranked, all.leader()), (&[2, 0, 1][..], Some(2)));
        let without = order(&[untested, broken]);
        assert_eq!((without.basis, without.leader()), (Basis::OnlyUntested, None));
        assert_eq!(without.ranked, [0, 1]);
    }

    #[test]
    fn a_bill_is_shared_by_one_good_answer_less_or_more() {
        let kept = place(Standing::Kept, 1.0, 500);
        let of = |place: Option<Place>| place.map(|place| (place.good, place.cost.known()));
        assert_eq!(of(kept.with_one_less()), Some((499, Some(500.0 / 499.0))));
        assert_eq!(of(kept.with_one_more()), Some((501, Some(500.0 / 501.0))));
        assert_eq!(of(place(Standing::Kept, 1.0, 1_000).with_one_more()), None, "all were good");
    }
}
