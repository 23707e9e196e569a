//! How far a number could go: between what a key was and what it is now, the value nearest to the new one with which the
//! scenario is not worse. Found by halving, so it is the border of one stretch where there are several.

use plan::{Arm, Taken};
use reports::report::{GateRow, GateVerdict};

use super::compare::{Pair, compared};
use super::played::play;
use super::{Case, GateError, GateQuestion, PROPOSED};
use crate::pool::in_parallel;

/// Most scenarios for which a value is looked for.
const ROWS_MAX: usize = 3;
/// Most values that are tried for each.
const TRIES_MAX: u32 = 5;

/// Writes the value that would pass into every row that is worse by a number; `None` if it was stopped.
pub(super) fn find(
    question: &GateQuestion<'_>,
    cases: &[Case],
    pairs: &[Vec<Pair>],
    rows: &mut [GateRow],
) -> Result<Option<()>, GateError> {
    let worse = rows.iter_mut().enumerate().filter(|(_, row)| row.verdict == GateVerdict::Worse);
    for (at, row) in worse.filter(|(at, _)| *at < pairs.len()).take(ROWS_MAX) {
        let Some(change) = culprit(question, row) else { continue };
        let Some((was, is)) = numbers(question, change) else { continue };
        let Some(found) = nearest(question, (&cases[at], &pairs[at]), change, (was, is))? else {
            return Ok(None);
        };
        let path = &question.changes.changes[change].path;
        row.would_pass = found.map(|value| format!("{path}: {value}"));
    }
    Ok(Some(()))
}

/// The only change, or the one that explains most.
fn culprit(question: &GateQuestion<'_>, row: &GateRow) -> Option<usize> {
    let only = (question.changes.changes.len() == 1).then_some(0);
    only.or_else(|| row.causes.first().map(|cause| cause.change))
}

/// What a key was and is, where both are numbers.
fn numbers(question: &GateQuestion<'_>, change: usize) -> Option<(f64, f64)> {
    let change = question.changes.changes.get(change)?;
    let number = |value: &Option<String>| value.as_ref()?.parse::<f64>().ok();
    Some((number(&change.from)?, number(&change.to)?))
}

/// The value nearest to `is` that passes, if another than `was` does; `None` if it was stopped.
fn nearest(
    question: &GateQuestion<'_>,
    (case, pairs): (&Case, &[Pair]),
    change: usize,
    (was, is): (f64, f64),
) -> Result<Option<Option<f64>>, GateError> {
    let whole = was.fract() == 0.0 && is.fract() == 0.0;
    let (mut passes, mut fails) = (was, is);
    for _ in 0..TRIES_MAX {
        let middle = passes + (fails - passes) / 2.0;
        let middle = if whole { middle.round() } else { (middle * 100.0).round() / 100.0 };
        if middle == passes || middle == fails {
            break;
        }
        match is_worse(question, (case, pairs), Taken::Valued(change, middle))? {
            None => return Ok(None),
            Some(true) => fails = middle,
            Some(false) => passes = middle,
        }
    }
    Ok(Some((passes != was).then_some(passes)))
}

fn is_worse(
    question: &GateQuestion<'_>,
    (case, pairs): (&Case, &[Pair]),
    taken: Taken,
) -> Result<Option<bool>, GateError> {
    let arm = [Arm { name: PROPOSED.to_owned(), taken }];
    let done = |_: usize| {};
    let stop = &question.playing.options.stop;
    let played = in_parallel(pairs.len(), question.playing.at_a_time, (stop, &done), |at| {
        play(&question.playing, &case.place(), pairs[at].seed, &arm)
    });
    let Some(played) = played else { return Ok(None) };
    let mut tried = Vec::with_capacity(pairs.len());
    for (pair, played) in pairs.iter().zip(played) {
        let played = match played {
            Ok(Some(played)) => played,
            Ok(None) => return Ok(None),
            // No config at all is no remedy.
            Err(GateError::Plan(_)) => return Ok(Some(true)),
            Err(error) => return Err(error),
        };
        let base = pair.base.clone();
        let proposed = played.sides.into_iter().next();
        tried.extend(proposed.map(|proposed| Pair { seed: pair.seed, base, proposed, lost: None }));
    }
    let has_faults = tried.iter().any(|pair| !pair.base.tested.is_absent());
    Ok(Some(compared(&tried, &case.rules, has_faults).0 == GateVerdict::Worse))
}
