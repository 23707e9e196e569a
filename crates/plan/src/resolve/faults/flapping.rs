//! A target that goes up and down: on a fixed beat, or with random times.

use std::time::Duration;

use fake_providers::config::Window;
use record::run::OriginInfo;
use serde_json::json;
use vocab::{At, show_duration};

use super::draft::Draft;
use super::entry::{Expanded, Setting, WINDOWS_MAX, conditions, positions, whole_ms};
use super::unmet;
use crate::resolve::catalogue;
use crate::resolve::instants::instant;
use crate::text::diagnostic::Problem;
use crate::text::node::Node;
use crate::text::raw::{Flapping, Rhythm};
use crate::text::read::{Spot, read};
use crate::text::spelling::{rounded, seconds};

/// Shortest time up or down: timers tick once per millisecond.
const SHORTEST: Duration = Duration::from_millis(1);

/// Expands an entry.
///
/// # Errors
/// The first mistake in it.
pub(crate) fn flapping(setting: &Setting<'_>, item: &Node, id: &str) -> Result<Expanded, Problem> {
    let text: Flapping = read(item)?;
    let inject = &text.inject.value;
    let entry = catalogue::check(inject, item.get("inject").unwrap_or(item))?;
    let positions = positions(setting, &text.target, id, text.optional)?;
    if positions.is_empty() {
        return Ok(Expanded::nothing(id, &text.target.value));
    }
    let from = instant(&text.at, setting.phases)?;
    let to = from.plus(text.length.value.0);
    if text.length.value.0.is_zero() {
        return Err(Problem::new("a fault of 0s hits nothing")
            .help("give it a length, such as 5m")
            .at(text.length.at));
    }
    if let Some(note) = unmet::check(id, setting, (from, to), (text.at.at, text.optional))? {
        return Ok(Expanded { note, ..Expanded::default() });
    }
    let share = unmet::share(id, text.share, item)?;
    let when = conditions(id, setting, text.when, (from, to))?;
    let rhythm = checked(&text.flapping)?;
    let windows = windows(setting, id, (from, to), rhythm);
    if windows.len() > WINDOWS_MAX {
        let message = format!(
            "{id} flaps more than {WINDOWS_MAX} times: {} / {}",
            show_duration(text.length.value.0),
            show_duration(rhythm.period)
        );
        let help = "shorten `for`, or lengthen the period";
        return Err(Problem::new(message).help(help).at(text.flapping.at));
    }
    let summary = format!(
        "flapping ({}{}, down {} %)",
        if rhythm.random { "randomly, on average every " } else { "every " },
        show_duration(rhythm.period),
        rounded(rhythm.duty * 100.0)
    );
    let note = format!(
        "{id}: {summary}: {} at {} = {}, {} windows from {} to {}",
        entry.describe(&inject.params),
        text.target.value,
        setting.targets.fleet.ids(&positions).join(", "),
        windows.len(),
        seconds(from.ns()),
        seconds(to.ns())
    );
    let drafts = (1u32..).zip(windows).map(|(number, window)| Draft {
        id: format!("{id}.{number}"),
        entry,
        params: inject.params.clone(),
        target: text.target.value.clone(),
        positions: positions.clone(),
        favourite: None,
        window,
        share,
        when,
        origin: Some(OriginInfo {
            entry: id.to_owned(),
            summary: summary.clone(),
            process: text.target.value.clone(),
            incident: number,
            part: None,
        }),
    });
    Ok(Expanded { drafts: drafts.collect(), note, ..Expanded::default() })
}

#[derive(Clone, Copy, Debug)]
struct Beat {
    period: Duration,
    duty: f64,
    random: bool,
}

fn checked(text: &Spot<Rhythm>) -> Result<Beat, Problem> {
    let period = text.value.period.0;
    let duty = text.value.duty.map_or(0.5, |duty| duty.0);
    let (down, up) = (period.mul_f64(duty), period.mul_f64(1.0 - duty));
    if down < SHORTEST || up < SHORTEST {
        let message =
            format!("{} of {} leaves no time up or down", json!(duty), show_duration(period));
        let help = "write a period such as 20s and a duty between 0 and 100 %";
        return Err(Problem::new(message).help(help).at(text.at));
    }
    Ok(Beat { period, duty, random: text.value.random })
}

/// The windows, one more than [`WINDOWS_MAX`] at most.
fn windows(setting: &Setting<'_>, id: &str, (from, to): (At, At), beat: Beat) -> Vec<Window> {
    let seed = setting.targets.seed;
    let mut windows = Vec::new();
    let mut at = from;
    for n in 0..=WINDOWS_MAX as u64 {
        let luck = |purpose: &str| {
            if beat.random { seed.draw(purpose).of(id).n(n).exponential() } else { 1.0 }
        };
        let down = whole_ms(beat.period.mul_f64(beat.duty * luck("flapping down")));
        let up = whole_ms(beat.period.mul_f64((1.0 - beat.duty) * luck("flapping up")));
        if at >= to {
            break;
        }
        let end = at.plus(down).min(to);
        windows.push(Window { from: at, to: end, ramp: Duration::ZERO });
        at = end.plus(up);
    }
    windows
}
