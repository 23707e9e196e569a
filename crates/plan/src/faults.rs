//! From `faults:` to a timeline: instants resolved against the phases, targets against the fleet,
//! parameters checked by the catalogue.

use fake_providers::config::{FaultRule, When, Window};
use loadgen::config::Phase;
use record::run::FaultInfo;
use vocab::{At, show_duration};

use crate::catalogue;
use crate::diagnostic::{Problem, suggest};
use crate::node::{Node, Value};
use crate::raw::{self, Instant, WhenText};
use crate::read::{Spot, read};
use crate::targets::{TargetError, Targets};

/// Most fault windows of one scenario.
const FAULTS_MAX: usize = 1000;

/// The timeline, twice: what the fakes run, and what `run.json` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    /// For the fakes.
    pub rules: Vec<FaultRule>,
    /// For `run.json`.
    pub infos: Vec<FaultInfo>,
    /// One line per fault: whom it hits, or why it is left out.
    pub notes: Vec<Note>,
    /// Faults that the schedule has no room for, one line each; a verdict without them must say so.
    pub left_out: Vec<String>,
}

/// What is to be said about a fault.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// Its id.
    pub fault: String,
    /// The line.
    pub text: String,
}

/// Makes the timeline. Mistakes go to `problems`.
pub(crate) fn timeline(
    section: Option<&Node>,
    targets: Targets<'_>,
    phases: &[Phase],
    problems: &mut Vec<Problem>,
) -> Timeline {
    let mut timeline = Timeline::default();
    let Some(node) = section else { return timeline };
    let Value::List(items) = &node.value else {
        let help = "write `- { at: 60s, for: 60s, target: first, inject: refuse }`";
        let message = format!("expected a list of faults, found {}", node.kind());
        problems.push(Problem::new(message).help(help).at(node.at));
        return timeline;
    };
    if items.len() > FAULTS_MAX {
        let message = format!("{} faults; at most {FAULTS_MAX} are run", items.len());
        problems.push(Problem::new(message).help("join windows that are alike").at(node.at));
    }
    for (index, item) in items.iter().take(FAULTS_MAX).enumerate() {
        let context = Context { targets, phases, index, item };
        match fault(&context, &timeline.infos) {
            Ok((rule, info, note)) => {
                timeline.notes.push(Note { fault: info.id.clone(), text: note });
                if let Some(rule) = rule {
                    timeline.rules.push(rule);
                    timeline.infos.push(info);
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    timeline
}

#[derive(Clone, Copy)]
struct Context<'c> {
    targets: Targets<'c>,
    phases: &'c [Phase],
    index: usize,
    item: &'c Node,
}

fn fault(
    context: &Context<'_>,
    before: &[FaultInfo],
) -> Result<(Option<FaultRule>, FaultInfo, String), Problem> {
    if context.item.get("random").is_some() {
        return Err(Problem::new("random incidents are not available yet in this version")
            .help("write the windows out, with `at:` and `for:`")
            .at(context.item.at));
    }
    let text: raw::Fault = read(context.item)?;
    let id = id(&text, context.index, before)?;
    let from = instant(&text.at, context.phases)?;
    let window = window(&text, from)?;
    let inject_node = context.item.get("inject").unwrap_or(context.item);
    let inject = &text.inject.value;
    let entry = catalogue::check(inject, inject_node)?;
    let when = text.when.as_ref().map_or(Ok(When::default()), |when| conditions(*when))?;
    let selector = &text.target;
    let positions = match context.targets.resolve(&selector.value, &id) {
        Ok(positions) => positions,
        Err(TargetError::NoMatch(..)) if text.optional => Vec::new(),
        Err(TargetError::Invalid(message, help) | TargetError::NoMatch(message, help)) => {
            return Err(Problem::new(message).help(help).at(selector.at));
        }
    };
    let share = text.share.map_or(1.0, |share| share.0);
    let info = FaultInfo {
        id: id.clone(),
        kind: entry.name.to_owned(),
        summary: entry.describe(&inject.params),
        target: selector.value.clone(),
        deployments: context.targets.fleet.ids(&positions),
        from_ns: window.from.ns(),
        to_ns: window.to.ns(),
        share,
        ramp_ns: window.ramp.as_nanos().try_into().unwrap_or(u64::MAX),
        only_slows: entry.only_slows(&inject.params),
        at_connect: entry.at_connect,
        when: text.when.as_ref().map_or_else(String::new, |when| show_when(when.value)),
        params: inject.params.clone(),
        labels: std::collections::BTreeMap::new(),
    };
    if positions.is_empty() {
        let note = format!("{id}: no deployment matches `{}`, left out (optional)", selector.value);
        return Ok((None, info, note));
    }
    let note = note(&info, context, &positions);
    let rule = FaultRule {
        id,
        name: entry.name.to_owned(),
        params: inject.params.clone(),
        targets: positions,
        window,
        share,
        when,
    };
    Ok((Some(rule), info, note))
}

fn id(text: &raw::Fault, index: usize, before: &[FaultInfo]) -> Result<String, Problem> {
    let Some(own) = &text.id else {
        let taken = |id: &String| before.iter().any(|fault| fault.id == *id);
        let default = format!("f{}", index + 1);
        return Ok(if taken(&default) { format!("{default}-by-position") } else { default });
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if own.value.is_empty() || own.value.len() > 64 || !own.value.chars().all(plain) {
        return Err(Problem::new(format!("`{}` cannot be a fault's id", own.value))
            .help("use up to 64 letters, digits, `.`, `_` and `-`")
            .at(own.at));
    }
    if before.iter().any(|fault| fault.id == own.value) {
        return Err(Problem::new(format!("there are two faults with the id `{}`", own.value))
            .help("give one of them another id; f1, f2, … are taken by position")
            .at(own.at));
    }
    Ok(own.value.clone())
}

/// An instant, from the start of the run or of a phase.
fn instant(text: &Spot<Instant>, phases: &[Phase]) -> Result<At, Problem> {
    match &text.value {
        Instant::FromStart(time) => Ok(At::after_start(time.0)),
        Instant::FromPhase(name, time) => {
            let named = phases.iter().find(|phase| phase.name == *name);
            let measured = || phases.iter().find(|phase| !phase.warmup).filter(|_| name == "phase");
            let phase = named.or_else(measured).ok_or_else(|| {
                let mut known: Vec<&str> = phases.iter().map(|phase| &*phase.name).collect();
                known.push("phase");
                Problem::new(format!("there is no phase called `{name}`"))
                    .help(suggest(name, &known, "phases"))
                    .at(text.at)
            })?;
            Ok(phase.from.plus(time.0))
        }
    }
}

fn window(text: &raw::Fault, from: At) -> Result<Window, Problem> {
    let length = text.length.value.0;
    if length.is_zero() {
        return Err(Problem::new("a fault of 0s hits nothing")
            .help("give it a length, such as 60s")
            .at(text.length.at));
    }
    let ramp = text.ramp.as_ref().map_or(std::time::Duration::ZERO, |ramp| ramp.value.0);
    if let Some(own) = text.ramp.as_ref().filter(|_| ramp.saturating_mul(2) > length) {
        let message = format!(
            "two ramps of {} do not fit into a fault of {}",
            show_duration(ramp),
            show_duration(length)
        );
        let help = format!("a ramp rises and falls: at most {}", show_duration(length / 2));
        return Err(Problem::new(message).help(help).at(own.at));
    }
    Ok(Window { from, to: from.plus(length), ramp })
}

fn conditions(text: Spot<WhenText>) -> Result<When, Problem> {
    let when = text.value;
    let zero = [when.attempt.map(u64::from), when.first, when.every, when.nth].contains(&Some(0));
    if zero {
        return Err(Problem::new("attempt, first, every and nth count from 1").at(text.at));
    }
    let range = when.prompt_tokens.unwrap_or_default();
    if let (Some(min), Some(max)) = (range.min, range.max)
        && min > max
    {
        let message = format!("no prompt has at least {min} and at most {max} tokens");
        return Err(Problem::new(message).help("exchange min and max").at(text.at));
    }
    Ok(When {
        stream: when.stream,
        prompt_tokens_min: range.min,
        prompt_tokens_max: range.max,
        attempt: when.attempt,
        first: when.first,
        every: when.every,
        nth: when.nth,
    })
}

fn show_when(when: WhenText) -> String {
    let mut words = Vec::new();
    words
        .extend(when.stream.map(|stream| if stream { "streams" } else { "plain requests" }.into()));
    let range = when.prompt_tokens.unwrap_or_default();
    words.extend(range.min.map(|min| format!("prompts of at least {min} tokens")));
    words.extend(range.max.map(|max| format!("prompts of at most {max} tokens")));
    words.extend(when.attempt.map(|n| format!("attempt {n} of a request")));
    words.extend(when.first.map(|n| format!("the first {n} attempts")));
    words.extend(when.every.map(|k| format!("every {k}. attempt")));
    words.extend(when.nth.map(|k| format!("attempt number {k} in the window")));
    words.join(", ")
}

/// `f3: refuse at region-of:first = azure-westus, 420 s to 480 s`, and who else is behind the host.
fn note(info: &FaultInfo, context: &Context<'_>, positions: &[usize]) -> String {
    let mut note = format!(
        "{}: {} at {} = {}, from {} to {}",
        info.id,
        info.summary,
        info.target,
        info.deployments.join(", "),
        seconds(info.from_ns),
        seconds(info.to_ns)
    );
    if info.at_connect {
        let members = &context.targets.fleet.members;
        let hit = |at: &usize| {
            let behind = |other: &usize| {
                (&members[*other].host, members[*other].port)
                    == (&members[*at].host, members[*at].port)
            };
            !positions.contains(at) && positions.iter().any(behind)
        };
        let others: Vec<usize> = (0..members.len()).filter(hit).collect();
        if !others.is_empty() {
            let ids = context.targets.fleet.ids(&others).join(", ");
            note.push_str(&format!("; it acts on the host, so also on {ids}"));
        }
    }
    note
}

/// `420 s`.
pub(crate) fn seconds(ns: u64) -> String {
    format!("{} s", crate::traffic::rounded(ns as f64 / 1e9))
}
