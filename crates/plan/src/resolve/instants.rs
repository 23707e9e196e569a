//! From instants and lengths as written to instants of the run.

use std::time::Duration;

use fake_providers::config::{RulePart, Window};
use loadgen::config::Phase;
use vocab::At;

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
    let ramp = text.ramp.as_ref().map_or(Duration::ZERO, |ramp| ramp.value.0);
    let window = Window { from, to: from.plus(text.length.value.0), ramp };
    window.check().map_err(|wrong| {
        let at = match wrong.part {
            RulePart::Start => text.at.at,
            RulePart::Ramp => text.ramp.as_ref().map_or(text.length.at, |ramp| ramp.at),
            RulePart::Id
            | RulePart::Targets
            | RulePart::Length
            | RulePart::Share
            | RulePart::Conditions => text.length.at,
        };
        Problem::new(wrong.message).help(wrong.help).at(at)
    })?;
    Ok(window)
}
