//! Mistakes of entries that could not hit anybody: windows outside of the traffic or inside warm-up,
//! shares of nothing, conditions that no request of the workload meets.
//!
//! A run with such a fault would report that nobody was hurt by it. It must never know targets.

use fake_providers::config::When;
use loadgen::config::{Phase, TokenSpread};
use vocab::At;

use super::entry::Setting;
use crate::resolve::traffic;
use crate::text::diagnostic::{Problem, Span};
use crate::text::node::{Node, Part};
use crate::text::quantity::Share;
use crate::text::spelling::seconds;

/// Words by which a fake's count of a prompt may differ from the workload's: its marks.
const PROMPT_SLACK: u64 = 16;

/// Where a window lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where there is traffic that is measured.
    Measured,
    /// Where there is only warm-up, in a sentence.
    OnlyWarmup(String),
    /// Where there is no traffic, in a sentence.
    Outside(String),
}

/// Where `[from, to)` lies; of an instant, `to` is `from`.
pub(crate) fn place(id: &str, phases: &[Phase], (from, to): (At, At)) -> Place {
    let meets =
        |phase: &&Phase| phase.from < to.max(At(from.0.saturating_add(1))) && from < phase.to;
    let met: Vec<&Phase> = phases.iter().filter(meets).collect();
    let end = traffic::end(phases);
    if met.is_empty() && from >= end {
        let (from, end) = (seconds(from.ns()), seconds(end.ns()));
        return Place::Outside(format!(
            "{id} starts at {from}, but traffic ends at {end}: nothing meets it"
        ));
    }
    if met.is_empty() {
        let (from, to) = (seconds(from.ns()), seconds(to.ns()));
        return Place::Outside(format!(
            "{id} lies between {from} and {to}, where there is no traffic: nothing meets it"
        ));
    }
    if met.iter().all(|phase| phase.warmup) {
        let (to, start) = (seconds(to.ns()), seconds(traffic::measured_from(phases).ns()));
        return Place::OnlyWarmup(format!(
            "{id} ends at {to}, but warm-up lasts until {start}: no number shows it"
        ));
    }
    Place::Measured
}

/// Checks where a window lies, whose start is written at `at`. A sentence is why an optional one is
/// left out.
///
/// # Errors
/// A window that nothing meets, or only warm-up, and that is not optional.
pub(crate) fn check(
    id: &str,
    setting: &Setting<'_>,
    window: (At, At),
    (at, optional): (Span, bool),
) -> Result<Option<String>, Problem> {
    let (end, measured) = (traffic::end(setting.phases), traffic::measured_from(setting.phases));
    // Without phases there is nothing to lie outside of, and another mistake.
    if setting.phases.is_empty() {
        return Ok(None);
    }
    match place(id, setting.phases, window) {
        Place::Measured => Ok(None),
        Place::OnlyWarmup(_) if optional => Ok(None),
        Place::Outside(why) if optional => Ok(Some(why + ", left out (optional)")),
        Place::Outside(why) => {
            let help = format!(
                "let it start before {}, lengthen `traffic`, or say `optional: true`",
                seconds(end.ns())
            );
            Err(Problem::new(why).help(help).at(at))
        }
        Place::OnlyWarmup(why) => {
            let help = format!(
                "let it end after {} (`phase+20s` counts from there), or say `optional: true`",
                seconds(measured.ns())
            );
            Err(Problem::new(why).help(help).at(at))
        }
    }
}

/// The share of an entry.
///
/// # Errors
/// A share of nothing.
pub(crate) fn share(id: &str, share: Option<Share>, item: &Node) -> Result<f64, Problem> {
    match share {
        None => Ok(1.0),
        Some(Share(share)) if share > 0.0 => Ok(share),
        Some(_) => Err(Problem::new(format!("{id} has a share of nothing: nobody meets it"))
            .help("write a share such as 30%, or leave `share` out for every attempt")
            .at(item.place("share", Part::Value))),
    }
}

/// Checks that requests of the workload can meet conditions, while the window is open.
///
/// # Errors
/// Conditions that no request of these phases meets, with what the workload offers.
pub(crate) fn conditions(
    id: &str,
    phases: &[Phase],
    (from, to): (At, At),
    (when, at): (&When, Span),
) -> Result<(), Problem> {
    let open: Vec<&Phase> = phases.iter().filter(|p| p.from < to && from < p.to).collect();
    let all = |fact: fn(&Phase) -> bool| !open.is_empty() && open.iter().all(|phase| fact(phase));
    let never = |message: &str, help: &str| {
        Err(Problem::new(format!("{id} waits for requests that do not come: {message}"))
            .help(help)
            .at(at))
    };
    match when.stream {
        Some(false) if all(|phase| phase.workload.stream_share >= 1.0) => {
            return never(
                "every request of the workload asks for a stream",
                "leave `stream: false` out, or give the workload a `stream:` share under 100%",
            );
        }
        Some(true) if all(|phase| phase.workload.stream_share <= 0.0) => {
            return never(
                "no request of the workload asks for a stream",
                "leave `stream: true` out, or give the workload a `stream:` share",
            );
        }
        Some(_) | None => {}
    }
    let longest = open.iter().map(|phase| bounds(phase.workload.prompt_tokens).1).max();
    let shortest = open.iter().map(|phase| bounds(phase.workload.prompt_tokens).0).min();
    if let (Some(min), Some(longest)) = (when.prompt_tokens_min, longest)
        && min > longest + PROMPT_SLACK
    {
        let message = format!("no prompt of the workload has more than {longest} tokens");
        return never(&message, "lower `prompt_tokens: { min: … }`, or choose longer prompts");
    }
    if let (Some(max), Some(shortest)) = (when.prompt_tokens_max, shortest)
        && max + PROMPT_SLACK < shortest
    {
        let message = format!("no prompt of the workload has fewer than {shortest} tokens");
        return never(&message, "raise `prompt_tokens: { max: … }`, or choose shorter prompts");
    }
    Ok(())
}

/// Least and most tokens of a prompt.
fn bounds(spread: TokenSpread) -> (u64, u64) {
    match spread {
        TokenSpread::Constant(tokens) => (u64::from(tokens), u64::from(tokens)),
        TokenSpread::Lognormal { max, .. } => (0, u64::from(max)),
    }
}
