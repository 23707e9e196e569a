//! From `events:` to config changes at once, rollouts one by one, and marks on the timeline. What each
//! gateway instance does then is [`crate::resolve::instance_events`]' business.

use std::time::Duration;

use loadgen::config::Phase;
use record::run::{EventInfo, EventKind};
use vocab::{At, show_duration};

use crate::resolve::faults::unmet::{self, Place};
use crate::resolve::instants::instant;
use crate::text::diagnostic::{Problem, Span};
use crate::text::node::{Node, Value};
use crate::text::raw::{self, ByWord};
use crate::text::read::read;

/// Most events of one scenario.
const EVENTS_MAX: usize = 1000;
/// Time between the instances of a rollout where nobody says.
const EVERY: Duration = Duration::from_secs(20);
/// Longest text of a mark, in characters: it stands in a chart.
const MARK_MAX: usize = 120;

/// The events of a scenario, in the order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events {
    /// For `run.json`.
    pub infos: Vec<EventInfo>,
    /// Config changes.
    pub changes: Vec<Change>,
    /// Optional ones that are left out, one line each.
    pub notes: Vec<String>,
}

/// A config change, not yet applied to anybody's config.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// What lies over the config that held before.
    pub overlay: Node,
    /// Where it stands.
    pub at: Span,
    pub(super) from: At,
    pub(super) every: Duration,
    /// How long a restarting instance is away; `None` reloads.
    pub(super) down: Option<Duration>,
}

/// Reads the events. Mistakes go to `problems`.
pub(crate) fn events(
    section: Option<&Node>,
    phases: &[Phase],
    problems: &mut Vec<Problem>,
) -> Events {
    let Some(node) = section else { return Events::default() };
    let Value::List(items) = &node.value else {
        let message = format!("expected a list of events, found {}", node.kind());
        let help = "write `- { at: 60s, mark: deployed }`";
        problems.push(Problem::new(message).help(help).at(node.at));
        return Events::default();
    };
    if items.len() > EVENTS_MAX {
        let message = format!("{} events; at most {EVENTS_MAX} are run", items.len());
        problems.push(Problem::new(message).at(node.at));
    }
    let (mut read, mut notes) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().take(EVENTS_MAX).enumerate() {
        match event(index, item, phases) {
            Ok(Placed::Happens(event)) => read.push(*event),
            Ok(Placed::LeftOut(note)) => notes.push(note),
            Err(problem) => problems.push(problem),
        }
    }
    // Stable: events of one instant happen in the order of the file.
    read.sort_by_key(|(info, _)| info.at_ns);
    let (infos, changes): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    Events { infos, changes: changes.into_iter().flatten().collect(), notes }
}

/// An event, if it lies in the traffic.
enum Placed {
    Happens(Box<(EventInfo, Option<Change>)>),
    /// Why an optional one does not.
    LeftOut(String),
}

/// Reads an event and checks that it happens while there is traffic; warm-up is traffic, too.
fn event(index: usize, item: &Node, phases: &[Phase]) -> Result<Placed, Problem> {
    let text: raw::Event = read(item)?;
    let from = instant(&text.at, phases)?;
    let happens = || happening(index, item, &text, from).map(Box::new).map(Placed::Happens);
    match unmet::place(&id(index), phases, (from, from)) {
        Place::Measured | Place::OnlyWarmup(_) => happens(),
        // Without phases there is nothing to lie outside of, and another mistake.
        Place::Outside(_) if phases.is_empty() => happens(),
        Place::Outside(why) if text.optional => Ok(Placed::LeftOut(why + ", left out (optional)")),
        Place::Outside(why) => Err(Problem::new(why)
            .help("let it happen before the traffic ends, or say `optional: true`")
            .at(text.at.at)),
    }
}

fn id(index: usize) -> String {
    format!("e{}", index + 1)
}

fn happening(
    index: usize,
    item: &Node,
    text: &raw::Event,
    from: At,
) -> Result<(EventInfo, Option<Change>), Problem> {
    let ns = |duration: Duration| At::after_start(duration).ns();
    let info = |kind: EventKind, summary: String| EventInfo {
        id: id(index),
        kind,
        summary,
        at_ns: from.ns(),
        every_ns: None,
        down_ns: None,
    };
    let only_rollouts = [
        ("every", text.every.map(|spot| spot.at)),
        ("by", text.by.map(|spot| spot.at)),
        ("down", text.down.map(|spot| spot.at)),
    ];
    let stray = only_rollouts.into_iter().find_map(|(key, at)| Some((key, at?)));
    if let (None, Some((key, at))) = (&text.rollout, stray) {
        return Err(Problem::new(format!("`{key}` belongs to a `rollout`"))
            .help("`apply` reaches all instances at once")
            .at(at));
    }
    let overlay = item.get("apply").or_else(|| item.get("rollout"));
    let change = |every: Duration, down: Option<Duration>| {
        overlay.map(|overlay| Change { overlay: overlay.clone(), at: item.at, from, every, down })
    };
    match (&text.apply, &text.rollout, &text.mark) {
        (Some(nothing), None, None) if nothing.is_empty() => {
            Err(Problem::new("this `apply` changes nothing")
                .help("write `apply: { router_settings: { num_retries: 1 } }`")
                .at(item.at))
        }
        (Some(_), None, None) => {
            let summary = format!("apply {}", overlay.map_or_else(String::new, describe));
            Ok((info(EventKind::Apply, summary), change(Duration::ZERO, None)))
        }
        (None, Some(rolled), None) => {
            let every = text.every.map_or(EVERY, |every| every.value.0);
            let (down, how) = taking_part(text)?;
            let what = match rolled.is_empty() {
                true => "the same config".to_owned(),
                false => overlay.map_or_else(String::new, describe),
            };
            let summary = format!("rollout of {what} by {how}, every {}", show_duration(every));
            let mut info = info(EventKind::Rollout, summary);
            (info.every_ns, info.down_ns) = (Some(ns(every)), down.map(ns));
            Ok((info, change(every, down)))
        }
        (None, None, Some(mark)) if mark.value.chars().count() <= MARK_MAX => {
            Ok((info(EventKind::Mark, mark.value.clone()), None))
        }
        (None, None, Some(mark)) => {
            let message = format!("a mark has at most {MARK_MAX} characters");
            Err(Problem::new(message).help("say it shorter").at(mark.at))
        }
        _ => Err(Problem::new("an event is exactly one of `apply`, `rollout` and `mark`")
            .help("write `- { at: 60s, apply: { router_settings: { num_retries: 1 } } }`")
            .at(item.at)),
    }
}

/// How an instance takes part in a rollout: how long it is away, if it restarts, and the word.
fn taking_part(text: &raw::Event) -> Result<(Option<Duration>, &'static str), Problem> {
    let by = text.by.map_or(ByWord::Reload, |by| by.value);
    match (by, text.down) {
        (ByWord::Restart, down) => {
            Ok((Some(down.map_or(Duration::ZERO, |down| down.value.0)), "restart"))
        }
        (ByWord::Reload, None) => Ok((None, "reload")),
        (ByWord::Reload, Some(down)) => Err(Problem::new("an instance that reloads is never down")
            .help("add `by: restart`")
            .at(down.at)),
    }
}

/// `num_retries = 1, …`: every leaf, briefly.
fn describe(overlay: &Node) -> String {
    let mut words = Vec::new();
    for (section, settings) in overlay.entries() {
        if settings.entries().is_empty() {
            words.push(section.name.clone());
        }
        for (key, value) in settings.entries() {
            words.push(format!("{} = {}", key.name, value.to_json()));
        }
    }
    words.join(", ")
}

impl Change {
    /// When its last instance of so many has taken part.
    pub(crate) fn ends(&self, instances: u32) -> At {
        let last = self.from.plus(self.every.saturating_mul(instances.saturating_sub(1)));
        last.plus(self.down.unwrap_or_default())
    }

    /// When it begins.
    pub(crate) fn begins(&self) -> At {
        self.from
    }
}
