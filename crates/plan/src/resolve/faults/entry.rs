//! What one entry of `faults:` is resolved against and what it comes to, whatever its kind.

use std::time::Duration;

use fake_providers::config::{Impossible, When};
use loadgen::config::Phase;
use record::run::CompressInfo;
use vocab::At;

use super::draft::Draft;
use super::unmet;
use crate::resolve::compress::{Compress, TypicalOutage};
use crate::resolve::targets::{Selected, TargetError, Targets};
use crate::text::diagnostic::Problem;
use crate::text::raw::WhenText;
use crate::text::read::Spot;
use crate::text::request::Text;

/// Most fault windows of one scenario, after expansion.
pub(crate) const WINDOWS_MAX: usize = 1000;

/// What entries are resolved against.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'s> {
    /// The fleet.
    pub targets: Targets<'s>,
    /// The schedule of requests as it is written: what instants refer to.
    pub phases: &'s [Phase],
    /// The schedule as it is run, shortened by `--for`: what is drawn at random lies in it.
    pub played: &'s [Phase],
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
    pub typical_outage: Option<TypicalOutage>,
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

/// Positions of the deployments that an entry hits; none only of an optional entry.
pub(super) fn positions(
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

/// As [`positions`], of a window, which may be about the favourite of each contender.
pub(super) fn selected(
    setting: &Setting<'_>,
    target: &Spot<String>,
    id: &str,
    optional: bool,
) -> Result<Selected, Problem> {
    match setting.targets.select(&target.value, id) {
        Ok(selected) => Ok(selected),
        Err(TargetError::NoMatch(..)) if optional => {
            Ok(Selected { positions: Vec::new(), favourite: None })
        }
        Err(TargetError::Invalid(message, help) | TargetError::NoMatch(message, help)) => {
            Err(Problem::new(message).help(help).at(target.at))
        }
    }
}

/// Conditions that requests can meet while a window is open.
pub(super) fn conditions(
    id: &str,
    setting: &Setting<'_>,
    text: Option<Spot<WhenText>>,
    window: (At, At),
) -> Result<When, Problem> {
    let Some(text) = text else { return Ok(When::default()) };
    let when = checked(text)?;
    unmet::conditions(id, setting.phases, window, (&when, text.at))?;
    Ok(when)
}

fn checked(text: Spot<WhenText>) -> Result<When, Problem> {
    let when = text.value;
    let range = when.prompt_tokens.unwrap_or_default();
    let when = When {
        stream: when.stream,
        prompt_tokens_min: range.min,
        prompt_tokens_max: range.max,
        attempt: when.attempt,
        first: when.first,
        every: when.every,
        nth: when.nth,
    };
    when.check().map_err(|wrong| problem(wrong).at(text.at))?;
    Ok(when)
}

/// What the fakes say of a rule that cannot be, as a mistake without its place.
pub(crate) fn problem(wrong: Impossible) -> Problem {
    Problem::new(wrong.message).help(wrong.help)
}

/// A duration in whole milliseconds, at least one: what timers can tell apart.
pub(super) fn whole_ms(duration: Duration) -> Duration {
    let ms = (duration.as_secs_f64() * 1e3).round().clamp(1.0, 1e15);
    // In range: clamped above.
    Duration::from_millis(ms as u64)
}
