//! Which change does it: each change alone, and all others without it, over the same seeds with the same luck.

use plan::{Arm, Taken};
use reports::report::{GateCause, GateRow, GateSort, GateVerdict};

use super::compare::Pair;
use super::played::{Side, play};
use super::{CAUSES_MAX, Case, GateError, GateQuestion, told};
use crate::pool::in_parallel;

/// Most worlds that one scenario's causes may take; with more changes there are fewer seeds.
const WORLDS_MAX: usize = 60;

/// A number that changes move.
#[derive(Clone, Copy)]
struct Number {
    metric: &'static str,
    of: fn(&Side) -> f64,
    /// `of` is summed over the seeds; else the mean is told.
    is_sum: bool,
}

/// The numbers that a difference is looked for in, the first that differs being told.
const NUMBERS: [Number; 4] = [
    Number { metric: "good", of: |side| side.contender.good as f64, is_sum: true },
    Number {
        metric: "recover_s",
        of: |side| match side.recover_s.is_absent() {
            true => 0.0,
            false => side.recover_s.known().unwrap_or(NEVER_S),
        },
        is_sum: false,
    },
    Number {
        metric: "cost_per_1k_good_usd",
        of: |side| side.contender.cost_per_1k_good_usd.known().unwrap_or(0.0),
        is_sum: false,
    },
    Number {
        metric: "attempts",
        of: |side| side.contender.attempts.known().unwrap_or(0) as f64,
        is_sum: true,
    },
];

/// What a recovery that never came counts as, in seconds: an hour, more than any scenario that is played for a gate.
const NEVER_S: f64 = 3600.0;

/// One world to play: of which row, with which changes, with which seed.
struct World {
    row: usize,
    taken: Vec<usize>,
    pair: usize,
}

/// Writes the causes of every row that is better or worse; `None` if it was stopped.
pub(super) fn explain(
    question: &GateQuestion<'_>,
    cases: &[Case],
    pairs: &[Vec<Pair>],
    rows: &mut [GateRow],
) -> Result<Option<()>, GateError> {
    let number = question.changes.changes.len();
    if number < 2 {
        return Ok(Some(()));
    }
    let told = tried(question);
    let worlds = worlds(number, &told, pairs, rows);
    let done = |at: usize| (question.playing.done)(at, worlds.len());
    let played = in_parallel(
        worlds.len(),
        question.playing.at_a_time,
        (&question.playing.options.stop, &done),
        |at| {
            let World { row, taken, pair } = &worlds[at];
            let name = format!("change-{}-{}", taken.len(), at);
            let arm = Arm { name, taken: Taken::Only(taken.clone()) };
            play(&question.playing, &cases[*row].place(), pairs[*row][*pair].seed, &[arm])
        },
    );
    let Some(played) = played else { return Ok(None) };
    let mut found: Vec<(&World, Side)> = Vec::with_capacity(played.len());
    for (world, result) in worlds.iter().zip(played) {
        match result {
            Ok(Some(one)) => found.extend(one.sides.into_iter().next().map(|side| (world, side))),
            Ok(None) => return Ok(None),
            // Some of the changes without the others are no config: nothing is said of them.
            Err(GateError::Plan(_)) => {}
            Err(error) => return Err(error),
        }
    }
    for (at, row) in rows.iter_mut().enumerate().take(pairs.len()) {
        let of_row: Vec<&(&World, Side)> =
            found.iter().filter(|(world, _)| world.row == at).collect();
        if !of_row.is_empty() {
            let causes = causes(question, row, (number, &told), &pairs[at], &of_row);
            row.causes = causes;
        }
    }
    Ok(Some(()))
}

/// The changes that are tried, what every request meets first. The name of a key is none: a run has keys of its own.
pub(super) fn tried(question: &GateQuestion<'_>) -> Vec<usize> {
    let changes = &question.changes.changes;
    let acts = |at: &usize| !changes[*at].path.ends_with("api_key");
    let mut tried: Vec<usize> = (0..changes.len()).filter(acts).collect();
    tried.sort_by_key(|at| changes[*at].path.starts_with("model_list"));
    tried.truncate(CAUSES_MAX);
    tried
}

/// The changes that each world takes: one alone, and all others.
fn subsets(number: usize, told: &[usize]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for &change in told {
        let others: Vec<usize> = (0..number).filter(|at| *at != change).collect();
        for subset in [vec![change], others] {
            if !all.contains(&subset) {
                all.push(subset);
            }
        }
    }
    all
}

fn worlds(number: usize, told: &[usize], pairs: &[Vec<Pair>], rows: &[GateRow]) -> Vec<World> {
    let subsets = subsets(number, told);
    let seeds_max = (WORLDS_MAX / subsets.len()).max(1);
    let mut worlds = Vec::new();
    // Rows of names that are gone come last and were never played.
    for (row, pairs) in pairs.iter().enumerate() {
        if !matches!(rows[row].verdict, GateVerdict::Worse | GateVerdict::Better) {
            continue;
        }
        let mut telling: Vec<usize> = (0..pairs.len()).collect();
        telling.sort_by_key(|at| std::cmp::Reverse(pairs[*at].telling()));
        for pair in telling.into_iter().take(seeds_max) {
            worlds.extend(subsets.iter().map(|taken| World { row, taken: taken.clone(), pair }));
        }
    }
    worlds
}

/// The numbers that the reasons of a verdict are about, in their order.
fn telling(row: &GateRow) -> Vec<&'static Number> {
    let sort = match row.verdict {
        GateVerdict::Worse => GateSort::Worse,
        _ => GateSort::Better,
    };
    let reasons = row.reasons.iter().filter(|reason| reason.sort == sort);
    let name = |metric: &str| match metric {
        "recover" => "recover_s",
        "cost" => "cost_per_1k_good_usd",
        "attempts" => "attempts",
        _ => "good",
    };
    let of = |name: &str| NUMBERS.iter().find(|number| number.metric == name);
    reasons.filter_map(|reason| of(name(&reason.metric))).collect()
}

fn causes(
    question: &GateQuestion<'_>,
    row: &GateRow,
    (number, told): (usize, &[usize]),
    pairs: &[Pair],
    worlds: &[&(&World, Side)],
) -> Vec<GateCause> {
    let mut seeds: Vec<usize> = worlds.iter().map(|(world, _)| world.pair).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let count = seeds.len().max(1) as f64;
    let together = |number: &Number| {
        let by = |at: &usize| (number.of)(&pairs[*at].proposed) - (number.of)(&pairs[*at].base);
        let sum: f64 = seeds.iter().map(by).sum();
        if number.is_sum { sum } else { sum / count }
    };
    let wanted = |number: &&Number| {
        let by = together(number);
        let bad = if number.metric == "good" { by < 0.0 } else { by > 0.0 };
        by.abs() > 1e-9 && bad == (row.verdict == GateVerdict::Worse)
    };
    let Some(what) = telling(row).into_iter().find(wanted) else { return Vec::new() };
    let moved = |taken: &[usize]| {
        let of = worlds.iter().filter(|(world, _)| world.taken == taken);
        let by: Vec<f64> =
            of.map(|(world, side)| (what.of)(side) - (what.of)(&pairs[world.pair].base)).collect();
        let sum: f64 = by.iter().sum();
        (by.len() == seeds.len()).then_some(if what.is_sum { sum } else { sum / count })
    };
    let whole = together(what);
    let mut causes = Vec::new();
    for &change in told {
        let others: Vec<usize> = (0..number).filter(|at| *at != change).collect();
        let (Some(alone), Some(others)) = (moved(&[change]), moved(&others)) else { continue };
        let text = words(question, change, what, (whole, alone, others));
        let metric = what.metric.to_owned();
        causes.push(GateCause { change, metric, together: whole, alone, others, text });
    }
    // The strongest first: by what it does alone, then by what is missing without it.
    let strength = |cause: &GateCause| (cause.alone / whole, 1.0 - cause.others / whole);
    causes.sort_by(|a, b| {
        let ((a, a_missing), (b, b_missing)) = (strength(a), strength(b));
        b.total_cmp(&a).then(b_missing.total_cmp(&a_missing))
    });
    causes
}

fn words(
    question: &GateQuestion<'_>,
    change: usize,
    what: &Number,
    (whole, alone, others): (f64, f64, f64),
) -> String {
    let key = question.changes.changes.get(change).map_or_else(String::new, |change| {
        let change = told(change);
        format!("{} ({})", change.words(), change.place())
    });
    let amount = |by: f64| match what.metric {
        "good" => format!("{:.0}", by.abs()),
        "recover_s" => format!("{:.0} s", by.abs()),
        "cost_per_1k_good_usd" => format!("${:.2} per 1,000 good answers", by.abs()),
        _ => format!("{:.0}", by.abs()),
    };
    let thing = match (what.metric, whole < 0.0) {
        ("good", true) => "lost good answers",
        ("good", false) => "more good answers",
        ("recover_s", true) => "of faster recovery",
        ("recover_s", false) => "of slower recovery",
        ("cost_per_1k_good_usd", true) => "of lower cost",
        ("cost_per_1k_good_usd", false) => "of higher cost",
        (_, true) => "fewer attempts",
        (_, false) => "more attempts",
    };
    let same_way = |by: f64| by * whole > 0.0;
    let saved = whole - others;
    if same_way(alone) && alone / whole >= 1.0 {
        return format!("{key} alone explains all {} {thing}", amount(whole));
    }
    if same_way(alone) {
        return format!("{key} alone explains {} of {} {thing}", amount(alone), amount(whole));
    }
    if same_way(saved) {
        return format!(
            "{key} does it only together with others: without it {} of {} {thing}",
            amount(others),
            amount(whole)
        );
    }
    match alone.abs() > 1e-9 {
        true => format!("{key} alone works against it, by {}", amount(alone)),
        false => format!("{key} does nothing here"),
    }
}
