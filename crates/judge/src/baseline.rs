//! The gate's second mode: what a config did in a scenario, held against what is written down of it. Exact, since virtual time
//! repeats itself; any difference is told, improvements included.

use plan::{Arm, Taken};
use reports::report::{
    BASELINE_SCHEMA, Baseline, BaselineSeed, BaselineWindow, ENGINE, GateMargins, GateReason,
    GateRow, GateSeed, GateSort, GateVerdict, WINDOW_S,
};

use crate::gate::{Cell, GateError, Place, Played, Playing, Trace, play, written};
use crate::pool::in_parallel;

/// Most lines that tell what is otherwise, for one seed.
const LINES_MAX: usize = 6;

/// Plays every scenario with its config and writes down what it did; `None` if it was stopped. `hashes` are those of the
/// scenarios' files.
///
/// # Errors
/// The first of [`GateError`].
pub fn baselines(
    playing: &Playing<'_>,
    (config, hashes): (&str, &[String]),
) -> Result<Option<Vec<Baseline>>, GateError> {
    let arm = [Arm { name: "config".to_owned(), taken: Taken::Nothing }];
    let mut known = Vec::new();
    for (scenario, hash) in hashes.iter().enumerate() {
        let cell = Cell { scenario, model: playing.model, seed: None, arms: &arm };
        let plan = (playing.plan)(&cell)?;
        if let Some(refusal) = plan.refusals.first() {
            let name = &playing.scenarios[scenario];
            return Err(GateError::Plan(format!("error: {name} cannot be run: {refusal}")));
        }
        let info = plan.info.scenario;
        known.push((info.name, info.seed, hash.clone()));
    }
    let worlds: Vec<(usize, u64)> = (0..known.len())
        .flat_map(|at| (0..u64::from(playing.seeds.max(1))).map(move |n| (at, n)))
        .collect();
    let total = worlds.len();
    let done = |number: usize| (playing.done)(number, total);
    let stop = (&*playing.options.stop, &done as &(dyn Fn(usize) + Sync));
    let played = in_parallel(total, playing.at_a_time, stop, |at| {
        let (scenario, n) = worlds[at];
        let (name, seed, _) = &known[scenario];
        let place = Place { scenario, model: playing.model, name };
        play(playing, &place, seed.wrapping_add(n), &arm)
    });
    let Some(played) = played else { return Ok(None) };
    let mut all: Vec<Baseline> = known
        .into_iter()
        .map(|(scenario, _, hash)| Baseline {
            schema: BASELINE_SCHEMA.to_owned(),
            engine: ENGINE,
            scenario,
            hash,
            config: config.to_owned(),
            seeds: Vec::new(),
        })
        .collect();
    for ((at, _), result) in worlds.iter().zip(played) {
        let Some(Played { seed, sides, trace, .. }) = result? else { return Ok(None) };
        let Some(side) = sides.into_iter().next() else { continue };
        let Trace { windows, failed } = trace.unwrap_or_default();
        let tables = side.tables.clone().unwrap_or_default();
        all[*at].seeds.push(BaselineSeed {
            seed,
            numbers: written(&side),
            tables,
            windows,
            failed,
        });
    }
    Ok(Some(all))
}

/// What a scenario does otherwise than its baseline says, as a row of a gate. `command` shows the config in a seed.
pub fn against_baseline(
    before: &Baseline,
    after: &Baseline,
    command: &dyn Fn(u64) -> String,
) -> GateRow {
    let mut reasons = Vec::new();
    let mut telling = None;
    for now in &after.seeds {
        let Some(then) = before.seeds.iter().find(|one| one.seed == now.seed) else {
            let text = format!("seed {} is not in the baseline; --update adds it", now.seed);
            reasons.push(reason("seed", GateSort::NoData, text));
            continue;
        };
        if then.tables == now.tables {
            continue;
        }
        telling.get_or_insert(now.seed);
        for text in told(then, now).into_iter().take(LINES_MAX) {
            let text = format!("seed {}: {text}", now.seed);
            reasons.push(reason("tables", GateSort::Worse, text));
        }
    }
    let has = |sort: GateSort| reasons.iter().any(|reason| reason.sort == sort);
    let verdict = match (has(GateSort::Worse), has(GateSort::NoData)) {
        (true, _) => GateVerdict::Different,
        (false, true) => GateVerdict::NoData,
        (false, false) => GateVerdict::Same,
    };
    let first = after.seeds.first().map_or(0, |seed| seed.seed);
    let seed = telling.unwrap_or(first);
    GateRow {
        scenario: after.scenario.clone(),
        question: None,
        model: None,
        verdict,
        pass: verdict == GateVerdict::Same,
        reasons,
        margins: GateMargins { goodput_points: 0.0, recover_s: 0.0, cost_percent: 0.0 },
        seeds: seeds(before, after),
        causes: Vec::new(),
        would_pass: None,
        command: command(seed),
        request: newly_failed(before, after, seed),
    }
}

fn reason(metric: &str, sort: GateSort, text: String) -> GateReason {
    GateReason { metric: metric.to_owned(), sort, text, seeds: 1 }
}

fn seeds(before: &Baseline, after: &Baseline) -> Vec<GateSeed> {
    let both = after.seeds.iter().filter_map(|now| {
        let then = before.seeds.iter().find(|one| one.seed == now.seed)?;
        Some(GateSeed {
            seed: now.seed,
            identical: then.tables == now.tables,
            base: then.numbers.clone(),
            proposed: now.numbers.clone(),
        })
    });
    both.collect()
}

/// The first request of a seed that the baseline answers well and this build does not.
fn newly_failed(before: &Baseline, after: &Baseline, seed: u64) -> Option<u64> {
    let of = |all: &'_ Baseline| all.seeds.iter().find(|one| one.seed == seed).cloned();
    let (then, now) = (of(before)?, of(after)?);
    now.failed.into_iter().find(|request| !then.failed.contains(request))
}

/// What is otherwise, in sentences: requests that fail or do not, then attempts, each over stretches of windows.
fn told(then: &BaselineSeed, now: &BaselineSeed) -> Vec<String> {
    let mut lines = Vec::new();
    let fails = |more: bool| {
        let (a, b) = if more { (&now.failed, &then.failed) } else { (&then.failed, &now.failed) };
        a.iter().find(|request| !b.contains(request)).copied()
    };
    let number = |of: fn(&BaselineWindow) -> u64| stretches(&then.windows, &now.windows, of);
    for (from, to, by) in number(|window| window.failed) {
        let (word, first) = if by > 0 { ("more", fails(true)) } else { ("fewer", fails(false)) };
        let first = first.map(|request| format!("; first: request {request}")).unwrap_or_default();
        let by = by.unsigned_abs();
        let plural = if by == 1 { "" } else { "s" };
        lines
            .push(format!("{by} {word} request{plural} failed between {from} s and {to} s{first}"));
    }
    if lines.is_empty() && then.failed != now.failed {
        let first = fails(true).or_else(|| fails(false));
        let first = first.map(|request| format!("; first: request {request}")).unwrap_or_default();
        lines.push(format!("as many requests fail, and others{first}"));
    }
    for (from, to, by) in number(|window| window.attempts) {
        let word = if by > 0 { "more" } else { "fewer" };
        lines.push(format!("{} {word} attempts between {from} s and {to} s", by.unsigned_abs()));
    }
    if lines.is_empty() {
        lines.push("the same requests fail, and times or ways are others".to_owned());
    }
    lines
}

/// Stretches of windows in which a number is otherwise, with the sum of the differences; those that cancel out are told in parts.
fn stretches(
    then: &[BaselineWindow],
    now: &[BaselineWindow],
    of: fn(&BaselineWindow) -> u64,
) -> Vec<(u64, u64, i64)> {
    let at = |windows: &[BaselineWindow], from: u64| {
        let window = windows.iter().find(|window| window.from_s == from);
        window.map_or(0, |window| i64::try_from(of(window)).unwrap_or(i64::MAX))
    };
    let last = then.iter().chain(now).map(|window| window.from_s).max().unwrap_or(0);
    let mut found: Vec<(u64, u64, i64)> = Vec::new();
    let step = usize::try_from(WINDOW_S).unwrap_or(1);
    for from in (0..=last).step_by(step) {
        let by = at(now, from) - at(then, from);
        match found.last_mut() {
            _ if by == 0 => {}
            Some((_, to, sum)) if *to == from && (*sum > 0) == (by > 0) => {
                *to += WINDOW_S;
                *sum += by;
            }
            _ => found.push((from, from + WINDOW_S, by)),
        }
    }
    found
}
