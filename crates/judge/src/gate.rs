//! `brownout gate`: two configs under the same faults with the same luck, and whether the second does worse.
//!
//! Every scenario is played with several seeds in virtual time by the base and by the proposed config, which are the only
//! contenders; what differs is then a consequence of the change, and of nothing else. Where something is better or worse,
//! each change is also played alone, and all others without it. It must never know a file, an argument, or how a result
//! is laid out.

mod cause;
mod compare;
mod played;
mod remedy;

use std::sync::Arc;

use plan::{Arm, ConfigChange, ConfigChanges, GateRules, OnUntested, Plan, Taken};
use reports::AnalyseError;
use reports::report::{
    GATE_SCHEMA, Gate, GateChange, GateConfig, GateMargins, GateReason, GateRow, GateSort,
    GateVerdict,
};
use runner::{RunError, VariantOptions};

use crate::pool::in_parallel;
pub(crate) use compare::written;
use compare::{Pair, compared};
pub(crate) use played::{Place, Played, Trace, play};

/// Most groups of models that a change is played for, beside the one that scenarios call by themselves.
const MODELS_MAX: usize = 4;
/// Most changes that are played alone; what more there is, is told as one.
const CAUSES_MAX: usize = 16;
/// Names of the two contenders.
pub const BASE: &str = "base";
/// The same of the proposed config.
pub const PROPOSED: &str = "proposed";

/// What is played, and how.
pub struct Playing<'a> {
    /// The scenarios, as they are named in commands.
    pub scenarios: &'a [String],
    /// How many seeds, at least one.
    pub seeds: u32,
    /// Only this model, whatever the changes are about.
    pub model: Option<&'a str>,
    /// How many worlds are played at a time, at least one.
    pub at_a_time: usize,
    /// Makes a plan whose config is the base.
    pub plan: &'a (dyn Fn(&Cell<'_>) -> Result<Plan, GateError> + Sync),
    /// How worlds are played; each stands beside a directory of its own name.
    pub options: &'a VariantOptions,
    /// Told how many worlds are done, and how many there are as far as is known.
    pub done: &'a (dyn Fn(usize, usize) + Sync),
}

impl std::fmt::Debug for Playing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { scenarios, seeds, model, at_a_time, .. } = self;
        let mut shown = f.debug_struct("Playing");
        shown.field("scenarios", scenarios).field("seeds", seeds).field("model", model);
        shown.field("at_a_time", at_a_time).finish_non_exhaustive()
    }
}

/// What is to be judged.
pub struct GateQuestion<'a> {
    /// What is played, and how.
    pub playing: Playing<'a>,
    /// What differs between both configs.
    pub changes: &'a ConfigChanges,
    /// The two configs, by name and hash.
    pub configs: (GateConfig, GateConfig),
    /// How both are named in a command.
    pub command: &'a (dyn Fn(&str, Option<&str>, u64) -> String + Sync),
    /// Version of brownout.
    pub build: &'a str,
}

impl std::fmt::Debug for GateQuestion<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { playing, changes, .. } = self;
        let mut shown = f.debug_struct("GateQuestion");
        shown.field("playing", playing).field("changes", changes).finish_non_exhaustive()
    }
}

/// One plan that is wanted.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Position of the scenario.
    pub scenario: usize,
    /// What its clients call, where it is not what they call by themselves.
    pub model: Option<&'a str>,
    /// Its seed; `None` is the scenario's own.
    pub seed: Option<u64>,
    /// The contenders.
    pub arms: &'a [Arm],
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// A scenario or config cannot be planned; the text has places and is whole.
    #[error("{0}")]
    Plan(String),
    /// A world could not be played.
    #[error("{scenario} cannot be played: {source}")]
    Run {
        /// Which scenario.
        scenario: String,
        /// Why.
        #[source]
        source: Box<RunError>,
    },
    /// Tables cannot be read.
    #[error("{scenario}: {source}")]
    Analyse {
        /// Which scenario.
        scenario: String,
        /// Why.
        #[source]
        source: AnalyseError,
    },
}

/// A scenario for one group of models.
struct Case {
    scenario: usize,
    model: Option<String>,
    name: String,
    question: Option<String>,
    rules: GateRules,
    seed: u64,
}

impl Case {
    fn place(&self) -> Place<'_> {
        Place { scenario: self.scenario, model: self.model.as_deref(), name: &self.name }
    }
}

/// Plays and compares; `None` if it was stopped before the end. The result is a function of the question.
///
/// # Errors
/// The first of [`GateError`].
pub fn gate(question: &GateQuestion<'_>) -> Result<Option<Gate>, GateError> {
    let mut notes = Vec::new();
    let cases = cases(question, &mut notes)?;
    let seeds: Vec<(usize, u64)> = (0..cases.len())
        .flat_map(|case| (0..u64::from(question.playing.seeds.max(1))).map(move |n| (case, n)))
        .collect();
    let pair = both();
    let total = seeds.len();
    let done = |number: usize| (question.playing.done)(number, total);
    let played = in_parallel(
        total,
        question.playing.at_a_time,
        (&question.playing.options.stop, &done),
        |at| {
            let (case, n) = seeds[at];
            let case = &cases[case];
            play(&question.playing, &case.place(), case.seed.wrapping_add(n), &pair)
        },
    );
    let Some(played) = played else { return Ok(None) };
    let mut pairs: Vec<Vec<Pair>> = cases.iter().map(|_| Vec::new()).collect();
    for ((case, _), result) in seeds.iter().zip(played) {
        let Some(Played { seed, sides, lost, .. }) = result? else { return Ok(None) };
        if let Ok([base, proposed]) = <[_; 2]>::try_from(sides) {
            pairs[*case].push(Pair { seed, base, proposed, lost });
        }
    }
    let mut rows: Vec<GateRow> = Vec::with_capacity(cases.len());
    for (case, pairs) in cases.iter().zip(&pairs) {
        rows.push(row(question, case, pairs));
    }
    rows.extend(question.changes.lost_names.iter().map(|name| gone(name)));
    let Some(()) = cause::explain(question, &cases, &pairs, &mut rows)? else { return Ok(None) };
    let Some(()) = remedy::find(question, &cases, &pairs, &mut rows)? else { return Ok(None) };
    notes.extend(not_tried(question, &rows));
    Ok(Some(summed_up(question, rows, notes)))
}

/// The two contenders: [`BASE`] and [`PROPOSED`].
pub fn both() -> [Arm; 2] {
    [
        Arm { name: BASE.to_owned(), taken: Taken::Nothing },
        Arm { name: PROPOSED.to_owned(), taken: Taken::Everything },
    ]
}

/// Every scenario for the group that its clients call, and for those that a change is about and that they do not reach.
fn cases(question: &GateQuestion<'_>, notes: &mut Vec<String>) -> Result<Vec<Case>, GateError> {
    let mut cases = Vec::new();
    let (mut left_out, pair) = (Vec::new(), both());
    for (scenario, name) in question.playing.scenarios.iter().enumerate() {
        let cell = Cell { scenario, model: question.playing.model, seed: None, arms: &pair };
        let plan = (question.playing.plan)(&cell)?;
        if let Some(refusal) = plan.refusals.first() {
            return Err(GateError::Plan(format!("error: {name} cannot be run: {refusal}")));
        }
        for warning in plan.warnings.iter().take(plan.mistakes) {
            if !notes.contains(warning) {
                notes.push(warning.clone());
            }
        }
        let called: Vec<String> = called(&plan);
        let mut models = vec![question.playing.model.map(str::to_owned)];
        if question.playing.model.is_none() && called.len() == 1 {
            let mut others: Vec<String> = touched(question.changes);
            others.retain(|group| !called.contains(group));
            for group in others.drain(MODELS_MAX.min(others.len())..) {
                if !left_out.contains(&group) {
                    left_out.push(group);
                }
            }
            others.retain(|group| {
                let cell = Cell { scenario, model: Some(group), seed: None, arms: &pair };
                let plays =
                    (question.playing.plan)(&cell).is_ok_and(|plan| plan.refusals.is_empty());
                if !plays && !left_out.contains(group) {
                    left_out.push(group.clone());
                }
                plays
            });
            if !others.is_empty() {
                models = called.iter().cloned().map(Some).collect();
            }
            models.extend(others.into_iter().map(Some));
        }
        let info = &plan.info.scenario;
        cases.extend(models.into_iter().map(|model| Case {
            scenario,
            model,
            name: info.name.clone(),
            question: info.question.clone(),
            rules: plan.gate,
            seed: info.seed,
        }));
    }
    if !left_out.is_empty() {
        notes.push(format!(
            "changed, and not played: {}; `--model NAME` plays one of them",
            left_out.join(", ")
        ));
    }
    Ok(cases)
}

/// The models that the clients of a plan call.
fn called(plan: &Plan) -> Vec<String> {
    let mut called: Vec<String> = Vec::new();
    for phase in &plan.info.phases {
        if !called.contains(&phase.model) {
            called.push(phase.model.clone());
        }
    }
    called
}

/// Groups of the base that a change is about.
fn touched(changes: &ConfigChanges) -> Vec<String> {
    // A deployment that moves is missed where it was.
    let moved = |change: &ConfigChange, group: &String| {
        change.path.ends_with(".model_name") && change.from.as_ref() == Some(group)
    };
    let about = |group: &&String| {
        changes.changes.iter().any(|one| one.group.as_ref() == Some(group) || moved(one, group))
    };
    changes.groups.iter().filter(about).cloned().collect()
}

/// What a list of causes leaves out.
fn not_tried(question: &GateQuestion<'_>, rows: &[GateRow]) -> Option<String> {
    let left = question.changes.changes.len() - cause::tried(question).len();
    let explained = rows.iter().any(|row| !row.causes.is_empty());
    (explained && left > 0).then(|| {
        format!("{left} of {} changes were not played alone", question.changes.changes.len())
    })
}

/// A name that clients can call no more needs no outage to be missed.
fn gone(name: &str) -> GateRow {
    let text =
        format!("clients can no longer call `{name}`: the proposed config has no such model");
    GateRow {
        scenario: format!("model {name}"),
        question: None,
        model: None,
        verdict: GateVerdict::Worse,
        pass: false,
        reasons: vec![GateReason {
            metric: "model".to_owned(),
            sort: GateSort::Worse,
            text,
            seeds: 0,
        }],
        margins: GateMargins { goodput_points: 0.0, recover_s: 0.0, cost_percent: 0.0 },
        seeds: Vec::new(),
        causes: Vec::new(),
        would_pass: None,
        command: String::new(),
        request: None,
    }
}

fn row(question: &GateQuestion<'_>, case: &Case, pairs: &[Pair]) -> GateRow {
    let rules = &case.rules;
    let has_faults = pairs.iter().any(|pair| !pair.base.tested.is_absent());
    let (verdict, reasons) = compared(pairs, rules, has_faults);
    let pass = match verdict {
        GateVerdict::Worse | GateVerdict::Different | GateVerdict::NoData => false,
        // Where nothing differs there is nothing to test.
        GateVerdict::Untested => {
            rules.on_untested == OnUntested::Pass || question.changes.changes.is_empty()
        }
        GateVerdict::Better | GateVerdict::Changed | GateVerdict::Same => true,
    };
    let telling = pairs.iter().max_by_key(|pair| pair.telling());
    let seed = telling.map_or(case.seed, |pair| pair.seed);
    GateRow {
        scenario: case.name.clone(),
        question: case.question.clone(),
        model: case.model.clone(),
        verdict,
        pass,
        reasons,
        margins: GateMargins {
            goodput_points: rules.goodput * 100.0,
            recover_s: rules.recover.as_secs_f64(),
            cost_percent: rules.cost * 100.0,
        },
        seeds: pairs.iter().map(Pair::written).collect(),
        causes: Vec::new(),
        would_pass: None,
        command: (question.command)(
            &question.playing.scenarios[case.scenario],
            case.model.as_deref(),
            seed,
        ),
        request: telling.and_then(|pair| pair.lost),
    }
}

fn summed_up(question: &GateQuestion<'_>, rows: Vec<GateRow>, notes: Vec<String>) -> Gate {
    // What fails comes first: an untested scenario that is let through is no reason to hide a better one.
    let worst = rows.iter().min_by_key(|row| (row.pass, row.verdict));
    let verdict = worst.map_or(GateVerdict::NoData, |row| row.verdict);
    let pass = !rows.is_empty() && rows.iter().all(|row| row.pass);
    let (base, proposed) = question.configs.clone();
    Gate {
        schema: GATE_SCHEMA.to_owned(),
        build: question.build.to_owned(),
        verdict,
        pass,
        line: line(&rows, question.changes),
        base,
        proposed,
        from_baseline: false,
        seeds: question.playing.seeds.max(1),
        changes: question.changes.changes.iter().map(told).collect(),
        unseen: Vec::new(),
        notes,
        scenarios: rows,
    }
}

/// The verdict in one sentence.
fn line(rows: &[GateRow], changes: &ConfigChanges) -> String {
    let count = |verdict: GateVerdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let of = |number: usize, what: &str| match number {
        0 => None,
        number => Some(format!("{number} of {} scenarios {what}", rows.len())),
    };
    let worse = rows.iter().find(|row| row.verdict == GateVerdict::Worse);
    let first = worse.and_then(|row| {
        let reason = row.reasons.iter().find(|reason| reason.sort == GateSort::Worse)?;
        Some(format!("{}: {}", row.scenario, reason.text))
    });
    let parts = [
        of(count(GateVerdict::Worse), "got worse"),
        of(count(GateVerdict::NoData), "cannot be judged"),
        of(count(GateVerdict::Untested), "met no fault"),
        of(count(GateVerdict::Better), "got better"),
    ];
    let mut said: Vec<String> = parts.into_iter().flatten().collect();
    if said.is_empty() {
        said.push(match (count(GateVerdict::Changed), changes.changes.is_empty()) {
            (0, true) => "both configs say the same".to_owned(),
            (0, false) => "every request took the same way under both configs".to_owned(),
            (_, _) => "requests took other ways, and nothing is beyond a margin".to_owned(),
        });
    }
    match first {
        Some(first) => format!("{}. {first}", said.join(", ")),
        None => said.join(", "),
    }
}

fn told(change: &ConfigChange) -> GateChange {
    let ConfigChange { path, sort, about, file, line, gone, near, from, to, group: _ } =
        change.clone();
    GateChange { path, sort: sort.word().to_owned(), about, file, line, gone, near, from, to }
}

/// A directory of its own for each world.
fn beside(playing: &Playing<'_>, name: &str) -> VariantOptions {
    let out = &playing.options.beside;
    let own = out.file_name().map_or_else(|| "gate".into(), |name| name.to_string_lossy());
    VariantOptions {
        beside: out.with_file_name(format!("{own}-{name}")),
        stop: Arc::clone(&playing.options.stop),
        stuck: Arc::clone(&playing.options.stuck),
    }
}
