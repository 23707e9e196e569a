//! Spells: times in which so many requests were not good that chance does not explain it.
//!
//! Windows of 20 consecutive requests slide over a class. One is bad if its good share is more than 10 points under the
//! baseline, and so low by chance in fewer than 1 of 100 faults: a binomial tail at the baseline's own rate, shared out
//! over the windows in which a spell of the fault could begin (Bonferroni). A pure function of counts: it must never
//! know a fault or a clock.

use super::class::Count;

/// Requests in one window.
pub(crate) const WINDOW: usize = 20;

/// A bad window's good share is more than this under the baseline.
const BAD_POINTS: f64 = 0.10;

/// A window with a good share at most this much under the baseline ends a spell.
const CALM_POINTS: f64 = 0.05;

/// Share of faults that harm nothing to which chance may give a spell.
const FALSE_ALARMS: f64 = 0.01;

/// Guards comparisons of shares against the last bit: 1.0 − 0.9 is a little more than 0.1.
pub(crate) const EPSILON: f64 = 1e-9;

/// How many of the 20 requests of a window decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bounds {
    /// With so many that are not good, or more, it is bad; above 20, none can be.
    pub(crate) bad_from: u8,
    /// With so many, or fewer, it ends a spell.
    pub(crate) calm_to: u8,
}

/// A spell, in positions of the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spell {
    /// First request of its first bad window.
    pub(crate) first: usize,
    /// Last request of that window: where it begins.
    pub(crate) begin: usize,
    /// Last request that was not good before the window that ended it; `None` if nothing did.
    pub(crate) end: Option<usize>,
    /// Last of its requests.
    pub(crate) last: usize,
}

impl Bounds {
    /// By the calm requests that were not good, for so many windows.
    pub(crate) fn new(calm: Count, windows: usize) -> Self {
        let before = 1.0 - calm.share();
        let p = (calm.hits as f64 + 0.5) / (calm.all as f64 + 1.0);
        let rare = FALSE_ALARMS / windows.max(1) as f64;
        let under = |bad: u8| before - (1.0 - f64::from(bad) / WINDOW as f64);
        let is_bad = |bad: &u8| under(*bad) > BAD_POINTS + EPSILON && tail(*bad, p) < rare;
        let is_calm = |bad: &u8| under(*bad) <= CALM_POINTS + EPSILON;
        Self {
            bad_from: (0..=WINDOW as u8).find(is_bad).unwrap_or(WINDOW as u8 + 1),
            calm_to: (0..=WINDOW as u8).rev().find(is_calm).unwrap_or(0),
        }
    }

    /// All spells of a class: `windows` says how many of the 20 requests from each on were not good, `bad` which were.
    pub(crate) fn spells(self, windows: &[u8], bad: &[bool]) -> Vec<Spell> {
        let mut spells = Vec::new();
        let mut from = 0;
        // Each turn goes on behind the window that ended the last spell.
        while let Some(first) = position(windows, from, |bad| bad >= self.bad_from) {
            let begin = first + WINDOW - 1;
            let calm = position(windows, first + 1, |bad| bad <= self.calm_to);
            let Some(calm) = calm else {
                spells.push(Spell { first, begin, end: None, last: bad.len() - 1 });
                break;
            };
            let end = (first..calm).rev().find(|at| bad[*at]).unwrap_or(first);
            spells.push(Spell { first, begin, end: Some(end), last: end.max(begin) });
            from = calm + 1;
        }
        spells
    }
}

fn position(windows: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = windows.get(from..)?;
    rest.iter().position(|bad| wanted(*bad)).map(|at| from + at)
}

/// Chance that `bad` or more of 20 requests are not good where each is so with chance `p`.
fn tail(bad: u8, p: f64) -> f64 {
    let q = 1.0 - p;
    // The terms of the binomial, largest number first: C(20, k) pᵏ q²⁰⁻ᵏ.
    let power = |base: f64, times: u32| (0..times).fold(1.0, |product, _| product * base);
    let choose = |k: u32| {
        (0..k).fold(1.0, |product, i| product * f64::from(WINDOW as u32 - i) / f64::from(i + 1))
    };
    let term = |k: u32| choose(k) * power(p, k) * power(q, WINDOW as u32 - k);
    (u32::from(bad)..=WINDOW as u32).rev().map(term).sum()
}

#[cfg(test)]
mod tests {
    use vocab::Seed;

    use super::{Bounds, Spell, WINDOW, tail};
    use crate::numbers::class::Count;

    fn windows(bad: &[bool]) -> Vec<u8> {
        bad.windows(WINDOW).map(|window| window.iter().map(|bad| u8::from(*bad)).sum()).collect()
    }

    fn marked(len: usize, bad: &[(usize, usize)]) -> Vec<bool> {
        (0..len).map(|at| bad.iter().any(|(from, to)| (*from..*to).contains(&at))).collect()
    }

    #[test]
    fn the_tail_is_the_binomials() {
        assert!((tail(0, 0.3) - 1.0).abs() < 1e-12);
        // 1 − 0.98²⁰, and 0.02²⁰.
        assert!((tail(1, 0.02) - 0.332_392_028).abs() < 1e-9);
        assert!((tail(20, 0.02) / 1.048_576e-34 - 1.0).abs() < 1e-9);
        // Of the 2²⁰ ways that 20 coins fall, 4845 + 1140 + 190 + 20 + 1 have 16 heads or more.
        assert!((tail(16, 0.5) - 6_196.0 / 1_048_576.0).abs() < 1e-12);
    }

    #[test]
    fn a_window_is_bad_if_it_is_under_the_baseline_and_not_by_chance() {
        let clean = Count { hits: 0, all: 200 };
        // p = 0.5 / 201: two of 20 are 10 points, no more; three come by chance in 1.7e-5 windows.
        assert_eq!(Bounds::new(clean, 1), Bounds { bad_from: 3, calm_to: 1 });
        assert_eq!(Bounds::new(clean, 580).bad_from, 3);
        assert_eq!(Bounds::new(clean, 590).bad_from, 4, "that is rarer than 0.01 / 590");
        // At 4 % three are more than 10 points under, too, and come in 5 % of windows.
        let noisy = Count { hits: 8, all: 200 };
        assert_eq!(Bounds::new(noisy, 100), Bounds { bad_from: 7, calm_to: 1 });
        let dead = Count { hits: 20, all: 20 };
        assert_eq!(Bounds::new(dead, 1).bad_from, 21, "nothing is worse than nothing");
        assert_eq!(Bounds::new(dead, 1).calm_to, 20);
    }

    #[test]
    fn a_spell_goes_from_its_first_bad_window_to_the_last_bad_request_before_a_good_one() {
        let bounds = Bounds { bad_from: 3, calm_to: 1 };
        let bad = marked(200, &[(50, 60)]);
        // The first window with three of them ends at 52. The first with one begins at 59.
        let spell = Spell { first: 33, begin: 52, end: Some(58), last: 58 };
        assert_eq!(bounds.spells(&windows(&bad), &bad), [spell]);
    }

    #[test]
    fn two_losses_are_no_spell_and_three_have_their_end_before_their_begin() {
        let bounds = Bounds { bad_from: 3, calm_to: 1 };
        let two = marked(100, &[(50, 52)]);
        assert_eq!(bounds.spells(&windows(&two), &two), []);
        let three = marked(100, &[(50, 53)]);
        let spell = Spell { first: 33, begin: 52, end: Some(51), last: 52 };
        assert_eq!(bounds.spells(&windows(&three), &three), [spell]);
    }

    #[test]
    fn a_relapse_is_a_spell_of_its_own_and_what_never_ends_has_no_end() {
        let bounds = Bounds { bad_from: 3, calm_to: 1 };
        let bad = marked(200, &[(50, 60), (100, 200)]);
        let spells = bounds.spells(&windows(&bad), &bad);
        assert_eq!(spells.len(), 2);
        assert_eq!(spells[1], Spell { first: 83, begin: 102, end: None, last: 199 });
    }

    /// Faults that are simulated of each sort.
    const FAULTS: u64 = 1_000;

    /// How many of [`FAULTS`] faults of a minute get a spell: a minute of calm before, five seconds after, at `per_s`
    /// requests a second; of all requests `loss` are not good, and `harm` more while it lasts.
    fn felt((per_s, loss): (usize, f64), harm: f64) -> u64 {
        let (before, end) = (60 * per_s, 120 * per_s);
        let all = end + WINDOW.max(5 * per_s);
        let is_felt = |fault: &u64| {
            // Of one seed each: a generator of consecutive states would give all of them nearly the same luck.
            let luck = Seed(*fault).draw("spell");
            let unlucky = |at: usize| {
                let more = if (before..end).contains(&at) { harm } else { 0.0 };
                luck.clone().n(at as u64).unit() < loss + more
            };
            let bad: Vec<bool> = (0..all).map(unlucky).collect();
            let hits = bad[..before].iter().filter(|bad| **bad).count() as u64;
            let bounds = Bounds::new(Count { hits, all: before as u64 }, all - before);
            bounds.spells(&windows(&bad), &bad).iter().any(|spell| spell.begin >= before)
        };
        (0..FAULTS).filter(is_felt).count() as u64
    }

    /// Everything that is simulated: 1 to 6 % background at 3 to 20 requests a second.
    fn backgrounds() -> impl Iterator<Item = (usize, f64)> {
        let rates = [3, 5, 10, 20];
        (1..=6).flat_map(move |percent| rates.map(|per_s| (per_s, f64::from(percent) / 100.0)))
    }

    #[test]
    fn noise_is_no_recovery() {
        for of in backgrounds() {
            let alarms = felt(of, 0.0);
            assert!(alarms * 100 <= FAULTS, "{alarms} of {FAULTS} that harm nothing, {of:?}");
        }
    }

    #[test]
    fn a_fault_that_costs_a_third_of_the_requests_is_always_felt() {
        for of in backgrounds() {
            let (per_s, loss) = of;
            let missed = FAULTS - felt(of, 0.3);
            // Of 10,000 in the thinnest traffic 5 are lost at 4 % background, 13 at 6 %.
            let thin = per_s <= 3 && loss > 0.03;
            assert!(missed * 500 <= if thin { FAULTS } else { 0 }, "{missed} missed, {of:?}");
        }
    }

    #[test]
    fn a_fault_that_costs_a_tenth_is_felt_in_about_a_third_of_cases_or_more() {
        for of in backgrounds() {
            let felt = felt(of, 0.1);
            // Of 10,000 in the thinnest traffic with the most noise 31.9 %; 1,000 scatter by 1.5 points.
            assert!(felt * 100 >= 29 * FAULTS, "{felt} of {FAULTS}, {of:?}");
        }
    }

    #[test]
    fn fewer_requests_than_a_window_have_no_spell() {
        let bad = vec![true; 19];
        assert_eq!(Bounds { bad_from: 3, calm_to: 1 }.spells(&windows(&bad), &bad), []);
    }
}
