//! From `faults:` to a timeline: instants resolved against the phases, targets against the fleet,
//! parameters checked by the catalogue, and everything random expanded into concrete windows.
//!
//! An entry is a window, random incidents, a flapping target, or a timeline of an earlier run; each
//! is read in a module of its own and ends as windows. What runs is therefore always a plain list,
//! the one that `run.json` holds.

mod flapping;
mod incidents;
mod mix;
mod published;
mod replay;
pub(crate) mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fake_providers::config::{FaultRule, When};
use loadgen::config::Phase;
use record::run::{CompressInfo, FaultInfo, OriginInfo};
use vocab::At;

use crate::resolve::compress::{Compress, Weather};
use crate::resolve::links::{self, InstanceFault, LinkFault};
use crate::resolve::targets::{TargetError, Targets};
use crate::text::diagnostic::{Problem, Sources, suggest};
use crate::text::node::{Node, Value};
use crate::text::raw::{Instant, WhenText};
use crate::text::read::{Spot, read};
use crate::text::request::Text;
use window::Draft;

/// Most fault windows of one scenario, after expansion.
pub(crate) const WINDOWS_MAX: usize = 1000;

/// The timeline, twice: what the fakes run, and what `run.json` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    /// For the fakes.
    pub rules: Vec<FaultRule>,
    /// For `run.json`.
    pub infos: Vec<FaultInfo>,
    /// One line per entry: whom it hits, or why it is left out.
    pub notes: Vec<Note>,
    /// Faults that the schedule has no room for, one line each; a verdict without them must say so.
    pub left_out: Vec<String>,
    /// What each random entry is like before it is compressed.
    pub weather: Vec<Weather>,
    /// By how much a replayed timeline was compressed when it was expanded.
    pub replayed: Option<CompressInfo>,
    /// Windows on links between places.
    pub links: Vec<LinkFault>,
    /// Windows on gateway instances.
    pub instances: Vec<InstanceFault>,
}

/// What is to be said about a fault.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// The id of its entry.
    pub fault: String,
    /// The line.
    pub text: String,
}

/// What entries are resolved against.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'s> {
    /// The fleet.
    pub targets: Targets<'s>,
    /// The schedule of requests.
    pub phases: &'s [Phase],
    /// By how much incidents are compressed.
    pub compress: Compress,
    /// Reads a file that an entry names.
    pub find: &'s dyn Fn(&str) -> Result<Text, String>,
}

/// What an entry comes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expanded {
    /// Its windows.
    pub drafts: Vec<Draft>,
    /// The line about it.
    pub note: String,
    /// What it is like before it is compressed, if it is random.
    pub weather: Option<Weather>,
    /// By how much it was compressed, if it is replayed.
    pub compress: Option<CompressInfo>,
}

impl Expanded {
    /// An optional entry whose target matches nothing.
    pub(crate) fn nothing(id: &str, target: &str) -> Self {
        let note = format!("{id}: no deployment matches `{target}`, left out (optional)");
        Self { note, ..Self::default() }
    }
}

/// Makes the timeline of `section`, or of a whole `file` in its place. Mistakes go to `problems`.
pub(crate) fn timeline(
    section: Option<&Node>,
    file: Option<&Text>,
    setting: &Setting<'_>,
    sources: &mut Sources,
    problems: &mut Vec<Problem>,
) -> Timeline {
    let mut made = Making::default();
    if let Some(text) = file {
        let result = replay::replay(setting, text, sources);
        made.take(result, "timeline", setting, problems);
        return made.timeline;
    }
    let Some(node) = section else { return made.timeline };
    let Value::List(items) = &node.value else {
        let help = "write `- { at: 60s, for: 60s, target: first, inject: refuse }`";
        let message = format!("expected a list of faults, found {}", node.kind());
        problems.push(Problem::new(message).help(help).at(node.at));
        return made.timeline;
    };
    for (index, item) in items.iter().enumerate() {
        if made.timeline.infos.len() > WINDOWS_MAX || index > WINDOWS_MAX {
            let message = format!("more than {WINDOWS_MAX} fault windows");
            problems.push(Problem::new(message).help("join windows that are alike").at(item.at));
            break;
        }
        let id = match made.id(item, index) {
            Ok(id) => id,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        if links::concerns(item) {
            problems.extend(links::fault(setting, item, &id, &mut made.timeline).err());
            continue;
        }
        let result = expand(setting, item, &id, sources);
        made.take(result, &id, setting, problems);
    }
    made.timeline
}

/// Expands one entry; its keys say of which kind it is.
fn expand(
    setting: &Setting<'_>,
    item: &Node,
    id: &str,
    sources: &mut Sources,
) -> Result<Expanded, Problem> {
    let has = |key: &str| item.get(key).is_some();
    if has("timeline") {
        replay::named(setting, item, sources)
    } else if has("random") {
        incidents::incidents(setting, item, id)
    } else if has("flapping") {
        flapping::flapping(setting, item, id)
    } else {
        window::window(setting, item, id)
    }
}

/// A timeline that grows, and the ids that are taken.
#[derive(Debug, Default)]
struct Making {
    timeline: Timeline,
    taken: BTreeSet<String>,
}

impl Making {
    /// Adds what an entry came to.
    fn take(
        &mut self,
        expanded: Result<Expanded, Problem>,
        id: &str,
        setting: &Setting<'_>,
        problems: &mut Vec<Problem>,
    ) {
        let expanded = match expanded {
            Ok(expanded) => expanded,
            Err(problem) => return problems.push(problem),
        };
        for draft in expanded.drafts {
            if draft.id != id && !self.taken.insert(draft.id.clone()) {
                let message = format!("there are two faults with the id `{}`", draft.id);
                problems.push(Problem::new(message).help("give one entry another `id`"));
                return;
            }
            let (rule, info) = draft.built(setting.targets.fleet);
            self.timeline.rules.push(rule);
            self.timeline.infos.push(info);
        }
        self.timeline.notes.push(Note { fault: id.to_owned(), text: expanded.note });
        self.timeline.weather.extend(expanded.weather);
        self.timeline.replayed = self.timeline.replayed.or(expanded.compress);
    }

    /// The id of an entry: its own, or by its position.
    fn id(&mut self, item: &Node, index: usize) -> Result<String, Problem> {
        let Some(own) = item.get("id") else {
            let default = format!("f{}", index + 1);
            let id = if self.taken.contains(&default) {
                format!("{default}-by-position")
            } else {
                default
            };
            self.taken.insert(id.clone());
            return Ok(id);
        };
        let own: Spot<String> = read(own)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if own.value.is_empty() || own.value.len() > 64 || !own.value.chars().all(plain) {
            return Err(Problem::new(format!("`{}` cannot be a fault's id", own.value))
                .help("use up to 64 letters, digits, `.`, `_` and `-`")
                .at(own.at));
        }
        if !self.taken.insert(own.value.clone()) {
            return Err(Problem::new(format!("there are two faults with the id `{}`", own.value))
                .help("give one of them another id; f1, f2, … are taken by position")
                .at(own.at));
        }
        Ok(own.value)
    }
}

/// Positions of the deployments that an entry hits; none only of an optional entry.
fn positions(
    setting: &Setting<'_>,
    target: &Spot<String>,
    id: &str,
    optional: bool,
) -> Result<Vec<usize>, Problem> {
    match setting.targets.resolve(&target.value, id) {
        Ok(positions) => Ok(positions),
        Err(TargetError::NoMatch(..)) if optional => Ok(Vec::new()),
        Err(TargetError::Invalid(message, help) | TargetError::NoMatch(message, help)) => {
            Err(Problem::new(message).help(help).at(target.at))
        }
    }
}

/// An instant, from the start of the run or of a phase.
pub(crate) fn instant(text: &Spot<Instant>, phases: &[Phase]) -> Result<At, Problem> {
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

fn conditions(text: Spot<WhenText>) -> Result<When, Problem> {
    let when = text.value;
    let counts = [when.attempt.map(u64::from), when.first, when.every, when.nth];
    if counts.contains(&Some(0)) {
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

/// A duration in whole milliseconds, at least one: what timers can tell apart.
fn whole_ms(duration: Duration) -> Duration {
    let ms = (duration.as_secs_f64() * 1e3).round().clamp(1.0, 1e15);
    // In range: clamped above.
    Duration::from_millis(ms as u64)
}

/// How many incidents windows belong to: an incident may take several.
pub(crate) fn incidents_of<'o>(origins: impl Iterator<Item = &'o OriginInfo>) -> usize {
    let all: BTreeSet<(&str, &str, u32)> =
        origins.map(|origin| (&*origin.entry, &*origin.process, origin.incident)).collect();
    all.len()
}

/// Windows by the entry that they were expanded from, in order; hand-written ones are in none.
pub(crate) fn by_entry(faults: &[FaultInfo]) -> BTreeMap<&str, Vec<&FaultInfo>> {
    let mut entries: BTreeMap<&str, Vec<&FaultInfo>> = BTreeMap::new();
    for fault in faults {
        if let Some(origin) = &fault.origin {
            entries.entry(&origin.entry).or_default().push(fault);
        }
    }
    entries
}

/// `420 s`.
pub(crate) fn seconds(ns: u64) -> String {
    format!("{} s", crate::resolve::traffic::rounded(ns as f64 / 1e9))
}
