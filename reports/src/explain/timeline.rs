//! Causes before effects: at one instant (in virtual time most things happen at one instant) the
//! gateway picks, then the provider is asked, then it answers, then the gateway draws its
//! conclusion; what the client sees comes last.

use record::{AttemptRow, DecisionKind, DecisionRow, RequestRow};

use super::{Event, sentences};

/// Place among events of one instant: the how-manieth attempt it belongs to, and its part in it.
type Place = (usize, Part);

/// Parts of one attempt, in the order of cause and effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// The gateway decides on it.
    Launch,
    /// It reaches the provider.
    Arrival,
    /// It is over for the provider.
    End,
    /// The gateway decides what follows.
    Conclusion,
}

/// The client's own place, before and after everything else.
const BEFORE: Place = (0, Part::Launch);
const AFTER: Place = (usize::MAX, Part::Conclusion);

/// All events of one request, in order. Both lists are in the order of their tables.
pub(super) fn timeline(
    request: &RequestRow,
    mut attempts: Vec<AttemptRow>,
    decisions: &[DecisionRow],
) -> Vec<Event> {
    attempts.sort_by_key(|attempt| (attempt.arrived_ns, attempt.attempt));
    let mut events: Vec<(Place, Event)> = Vec::new();
    events.extend(sentences::start(request).into_iter().map(|event| (BEFORE, event)));
    let mut launches: Vec<&DecisionRow> = Vec::new();
    for decision in decisions {
        let launch = is_launch(decision);
        if launch {
            launches.push(decision);
        }
        let part = if launch { Part::Launch } else { Part::Conclusion };
        events.push(((launches.len(), part), sentences::gateway(decision)));
    }
    let mut after = 0;
    for attempt in &attempts {
        let number = launched_by(attempt, &launches, after);
        after = number;
        let [arrival, end] = sentences::provider(attempt);
        events.push(((number, Part::Arrival), arrival));
        events.push(((number, Part::End), end));
    }
    events.extend(sentences::answer(request).into_iter().map(|event| (AFTER, event)));
    // Stable: within one place the order of the tables holds.
    events.sort_by_key(|(place, event)| (event.at_ns, *place));
    events.into_iter().map(|(_, event)| event).collect()
}

/// Whether the decision sends an attempt to a deployment; a change of group alone does not.
fn is_launch(decision: &DecisionRow) -> bool {
    match decision.kind {
        DecisionKind::Pick | DecisionKind::Retry | DecisionKind::Hedge => true,
        DecisionKind::Failover => decision.deployment.is_some(),
        DecisionKind::Cooldown
        | DecisionKind::AtLimit
        | DecisionKind::Probe
        | DecisionKind::PassedOver
        | DecisionKind::AttemptFailed
        | DecisionKind::Served
        | DecisionKind::Resumed
        | DecisionKind::GaveUp
        | DecisionKind::StreamBroken
        | DecisionKind::CooldownProlonged
        | DecisionKind::NoCooldown
        | DecisionKind::NoRetry
        | DecisionKind::NoFallback
        | DecisionKind::ClientLeft
        | DecisionKind::Start
        | DecisionKind::Reload
        | DecisionKind::Kill => false,
    }
}

/// Number (from 1) of the launch that an attempt goes back to: the first after `after` at its
/// deployment, since dials that nobody could attribute leave gaps in the ledger; else the next one.
fn launched_by(attempt: &AttemptRow, launches: &[&DecisionRow], after: usize) -> usize {
    let rest = launches.get(after..).unwrap_or_default();
    let before = |launch: &&&DecisionRow| launch.at_ns <= attempt.arrived_ns;
    let same = |launch: &&DecisionRow| launch.deployment.as_ref() == Some(&attempt.deployment);
    let found = rest.iter().take_while(before).position(same);
    after + found.unwrap_or(0) + 1
}
