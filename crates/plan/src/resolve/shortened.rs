//! What a schedule that `--for` shortened has no room for: said by name, and refused where nothing is
//! left to be seen.

use std::time::Duration;

use record::run::{EventKind, LeftOut, LeftOutInfo};
use vocab::At;

use crate::resolve::events::Events;
use crate::resolve::timeline::{Timeline, Unplayed};
use crate::text::spelling::seconds;

/// Leaves out, by name, what does not fit before `end`. Returns why the rest shows nothing, where
/// there was a fault or a config change and none is left.
pub(crate) fn leave_out(timeline: &mut Timeline, events: &mut Events, end: At) -> Option<String> {
    let shortest = shortest(timeline, events);
    faults(timeline, end);
    let change = |kind: EventKind| match kind {
        EventKind::Apply | EventKind::Rollout => true,
        EventKind::Mark => false,
    };
    for info in events.infos.iter().filter(|info| info.at_ns >= end.ns()) {
        let text = format!(
            "{} ({}) is left out: it happens at {}, --for ends at {}",
            info.id,
            info.summary,
            seconds(info.at_ns),
            seconds(end.ns())
        );
        let needs_ns = at_least(info.at_ns);
        let info = LeftOutInfo { id: info.id.clone(), what: LeftOut::Event, needs_ns };
        timeline.left_out.push(Unplayed { info, text });
    }
    events.infos.retain(|info| info.at_ns < end.ns());
    events.changes.retain(|change| change.begins() < end);
    let left = !timeline.infos.is_empty() || events.infos.iter().any(|info| change(info.kind));
    let (what, length) = shortest.filter(|_| !left)?;
    let asked = end.ns().div_ceil(NS_PER_S);
    Some(format!(
        "--for {asked}s leaves none of its faults, the first is {what}: give --for {length}s or more, or \
         leave --for out"
    ))
}

const NS_PER_S: u64 = 1_000_000_000;

/// The shortest schedule with an event in it: an instant is inside if something comes after it.
fn at_least(at_ns: u64) -> u64 {
    At(at_ns).plus(Duration::from_secs(1)).ns()
}

/// The fault or config change that needs the shortest schedule, and that in whole seconds.
fn shortest(timeline: &Timeline, events: &Events) -> Option<(String, u64)> {
    let faults = timeline.infos.iter().map(|info| {
        let until = seconds(info.to_ns);
        (info.to_ns, format!("{} until {until}", info.id))
    });
    let changes = events.infos.iter().filter(|info| match info.kind {
        EventKind::Apply | EventKind::Rollout => true,
        EventKind::Mark => false,
    });
    let changes = changes
        .map(|info| (at_least(info.at_ns), format!("{} at {}", info.id, seconds(info.at_ns))));
    let first = faults.chain(changes).min_by_key(|(needs, _)| *needs)?;
    Some((first.1, first.0.div_ceil(NS_PER_S)))
}

fn faults(timeline: &mut Timeline, end: At) {
    let fits = |to: u64| to <= end.ns();
    for info in timeline.infos.iter().filter(|info| !fits(info.to_ns)) {
        let line = format!(
            "{} ({}) is left out: it lasts until {}, --for ends at {}",
            info.id,
            info.kind,
            seconds(info.to_ns),
            seconds(end.ns())
        );
        // Said instead of whom it would have hit.
        for note in timeline.notes.iter_mut().filter(|note| note.fault == info.id) {
            note.text.clone_from(&line);
        }
        let needs_ns = info.to_ns;
        let info = LeftOutInfo { id: info.id.clone(), what: LeftOut::Fault, needs_ns };
        timeline.left_out.push(Unplayed { info, text: line });
    }
    timeline.links.retain(|link| fits(link.to.ns()));
    timeline.instances.retain(|hit| fits(hit.to.ns()));
    timeline.rules.retain(|rule| fits(rule.window.to.ns()));
    timeline.infos.retain(|info| fits(info.to_ns));
}
