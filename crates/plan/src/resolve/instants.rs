//! From instants and lengths as written to instants of the run.

use std::time::Duration;

use fake_providers::config::Window;
use loadgen::config::Phase;
use vocab::{At, show_duration};

use crate::text::diagnostic::{Problem, suggest};
use crate::text::raw::{self, Instant};
use crate::text::read::Spot;

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

/// When a hand-written window is armed, with its ramps.
///
/// # Errors
/// A window of no length, or ramps that do not fit.
pub(crate) fn span(text: &raw::Fault, from: At) -> Result<Window, Problem> {
    let length = text.length.value.0;
    if length.is_zero() {
        return Err(Problem::new("a fault of 0s hits nothing")
            .help("give it a length, such as 60s")
            .at(text.length.at));
    }
    let ramp = text.ramp.as_ref().map_or(Duration::ZERO, |ramp| ramp.value.0);
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
