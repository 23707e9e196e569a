//! Rows as sentences.

use record::{
    AttemptEnd, AttemptRow, DecisionKind, DecisionRow, Omission, RequestRow, Rule, Stage,
};

use super::{Event, Source};
use crate::words::figures::{count, millis};
use crate::words::rule::rule;

/// What the client did.
pub(super) fn start(row: &RequestRow) -> Vec<Event> {
    let kind = if row.stream { "stream" } else { "plain" };
    let warmup = if row.warmup { ", warm-up: in no number" } else { "" };
    let intended = format!("meant to start (phase {}, {kind}{warmup})", row.phase);
    client([(Some(row.intended_ns), intended), (row.sent_ns, "sent".to_owned())])
}

/// What the client saw.
pub(super) fn answer(row: &RequestRow) -> Vec<Event> {
    let status = row.status.map_or_else(String::new, |status| format!(" with status {status}"));
    let last_ns = row.last_token_ns.filter(|_| row.tokens > 1);
    client([
        (row.first_byte_ns, format!("answer began{status}")),
        (row.first_token_ns, "first token".to_owned()),
        (last_ns, format!("last token ({} in all)", count(row.tokens))),
        (row.end_ns, ending(row)),
    ])
}

fn client<const N: usize>(events: [(Option<u64>, String); N]) -> Vec<Event> {
    let event = |(at_ns, text): (Option<u64>, String)| {
        Some(Event { at_ns: at_ns?, source: Source::Client, text })
    };
    events.into_iter().filter_map(event).collect()
}

/// How it ended for the client, in one sentence.
pub(super) fn ending(row: &RequestRow) -> String {
    let waited = row.end_ns.map(|end| millis(end.saturating_sub(row.intended_ns) as f64 / 1e6));
    let after = waited.map_or_else(String::new, |waited| format!(" after {waited}"));
    let served = row.served_by.as_ref().map_or_else(String::new, |id| format!(", served by {id}"));
    let content = match row.integrity {
        // Nobody but a client that leaves as planned succeeds with a part of an answer.
        Some(vocab::Integrity::Truncated) if row.outcome == vocab::Outcome::Success => {
            format!(", left as planned with {} tokens", count(row.tokens))
        }
        Some(integrity) if integrity != vocab::Integrity::Complete => {
            format!(", content {integrity}")
        }
        Some(_) | None => String::new(),
    };
    match row.failure {
        Some(kind) => format!("{}: {kind}{after}{content}{served}", row.outcome),
        None => format!("{}{after}{content}{served}", row.outcome),
    }
}

/// An attempt's arrival and end.
pub(super) fn provider(row: &AttemptRow) -> [Event; 2] {
    let fault = row.fault.as_ref().map_or_else(String::new, |ids| format!(", meets fault {ids}"));
    let (what, how) = match row.stage {
        Stage::Connect => ("dial", "dial"),
        Stage::Request => ("request", "attempt"),
    };
    let begin = format!(
        "{what} reaches {} (attempt {}, visit {}){fault}",
        row.deployment, row.attempt, row.visit
    );
    let status = row.status.map_or_else(String::new, |status| format!(" {status}"));
    let billed = if row.tokens_in.saturating_add(row.tokens_out) > 0 {
        format!(", billed {} in and {} out", count(row.tokens_in), count(row.tokens_out))
    } else {
        String::new()
    };
    let end = format!(
        "{how} {} at {}: {}{status}{billed}",
        row.attempt,
        row.deployment,
        ended(row.ended)
    );
    [
        Event { at_ns: row.arrived_ns, source: Source::Provider, text: begin },
        Event { at_ns: row.ended_ns, source: Source::Provider, text: end },
    ]
}

const fn ended(end: AttemptEnd) -> &'static str {
    match end {
        AttemptEnd::Complete => "answered in full",
        AttemptEnd::Error => "answered with an error",
        AttemptEnd::Refused => "turned away",
        AttemptEnd::Reset => "connection reset",
        AttemptEnd::Closed => "connection closed",
        AttemptEnd::Truncated => "stream ended early",
        AttemptEnd::ErrorEvent => "error inside the stream",
        AttemptEnd::Silent => "fell silent",
        AttemptEnd::HungUp => "caller hung up",
    }
}

/// A decision.
pub(super) fn gateway(row: &DecisionRow) -> Event {
    let what = match row.kind {
        DecisionKind::Pick => "picks",
        DecisionKind::Retry => "retries",
        DecisionKind::Failover => "fails over to",
        DecisionKind::Probe if row.request.is_none() => "checked by a request of its own",
        DecisionKind::Probe => "sees by this request whether it is back:",
        DecisionKind::Hedge => "does not wait for it alone, and also asks",
        DecisionKind::Cooldown => "cools down",
        DecisionKind::CooldownProlonged => "prolongs the cooldown of",
        DecisionKind::NoCooldown => "does not cool",
        DecisionKind::NoRetry => "does not retry",
        DecisionKind::NoFallback => "does not fall back",
        DecisionKind::AtLimit => "finds every place taken at",
        DecisionKind::PassedOver => "passes over, for what it says is left of its limit,",
        DecisionKind::AttemptFailed => "sees a failed attempt at",
        DecisionKind::Served => "answers from",
        DecisionKind::Resumed => "goes on with the stream from",
        DecisionKind::GaveUp => "gives up",
        DecisionKind::StreamBroken => "ends a broken stream visibly, from",
        DecisionKind::ClientLeft => "sees the client leave",
        DecisionKind::Start => "starts and knows nothing",
        DecisionKind::Reload => "takes on another config",
        DecisionKind::Kill => "is killed",
    };
    if let Some(because) = row.rule() {
        return not_done(row, what, &because);
    }
    // Where a group is named, it is where the request goes; a deployment says it by itself.
    let (to, detail) = target(row);
    let on = row.deployment.as_deref().or(to).map_or_else(String::new, |id| format!(" {id}"));
    let detail = detail.join(", ");
    let detail = if detail.is_empty() { detail } else { format!(" ({detail})") };
    let text = format!("{} {what}{on}{detail}", row.gateway);
    Event { at_ns: row.at_ns, source: Source::Gateway, text }
}

/// A decision by which something was not done, and why.
fn not_done(row: &DecisionRow, what: &str, because: &Rule) -> Event {
    // A request's group is given up, whoever failed last; a cooldown is one deployment's.
    let on = match row.kind.omission() {
        Some(Omission::Retry | Omission::Fallback) => None,
        Some(Omission::Cooldown) | None => row.deployment.as_deref(),
    };
    let on = on.map_or_else(String::new, |id| format!(" {id}"));
    let text = format!("{} {what}{on}: {}", row.gateway, rule(because));
    Event { at_ns: row.at_ns, source: Source::Gateway, text }
}

/// `for 60 s` of `for_ms=60000`; any other pair as it stands.
fn figure(key: &str, value: &str) -> String {
    match (key.strip_suffix("_ms"), value.parse::<f64>()) {
        (Some(what), Ok(ms)) if ms.is_finite() => format!("{what} {}", millis(ms)),
        (_, Ok(_) | Err(_)) => format!("{key} {}", value.replace('=', " ")).trim_end().to_owned(),
    }
}

/// The target that the detail of a failover names, and the rest of the detail.
fn target(row: &DecisionRow) -> (Option<&str>, Vec<String>) {
    let (mut to, mut rest) = (None, Vec::new());
    for (key, value) in row.pairs() {
        if row.kind == DecisionKind::Failover && key == "to" {
            to = Some(value);
        } else {
            rest.push(figure(key, value));
        }
    }
    (to, rest)
}
