//! Whose dial it was, where a fake sees addresses only: on sockets nobody tells it for which request somebody
//! dials, and a dial that is turned away never sends one.
//!
//! The gateway knows: one attempt failed for each such dial, at the same instance and host and at the same time.
//! Dials and failures of one host that lie close together are joined in their order if there are as many of both
//! and all the dials met the same faults: whoever is whose, each of these requests met them. Anything else stays
//! unattributed, and the reports then claim no number. It must never guess.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::CHECK_FAILED;
use record::{AttemptKind, AttemptRow, DecisionKind, DecisionRow, Stage};

/// For each deployment the one that a dial to its host names: the first behind it.
pub(crate) type Hosts = BTreeMap<String, String>;

/// Between the end of a dial at the fake and what the gateway concludes from it: scheduling on a busy machine, and
/// the 20 ms after which a fake looks whether somebody has left.
const APART_NS_MAX: u64 = 100_000_000;

/// A dial, or a failure that may be one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Position of its row.
    Dial(usize),
    /// The request; none of a check of the gateway's own.
    Failure(Option<u64>),
}

/// Gives dials their requests where that is certain, and numbers these requests' attempts anew, in order of
/// arrival. Returns the request of each dial that was given one.
pub(super) fn attribute(
    attempts: &mut [AttemptRow],
    decisions: &[DecisionRow],
    hosts: &Hosts,
) -> Vec<u64> {
    let mut events: BTreeMap<(&str, &str), Vec<(u64, Event)>> = BTreeMap::new();
    let dials = attempts.iter().enumerate().filter(|(_, row)| is_nobodys_dial(row));
    for (at, row) in dials {
        let key = (row.gateway.as_str(), row.deployment.as_str());
        events.entry(key).or_default().push((row.ended_ns, Event::Dial(at)));
    }
    let seen = Seen::of(attempts);
    for row in decisions {
        let Some(deployment) = row.deployment.as_deref() else { continue };
        let host = hosts.get(deployment).map(String::as_str);
        let known = host.and_then(|host| events.get_mut(&(row.gateway.as_str(), host)));
        if let Some(known) = known
            && ends_an_attempt(row)
            && !seen.has(row.request, deployment, row.at_ns)
        {
            known.push((row.at_ns, Event::Failure(row.request)));
        }
    }
    let mut given = Vec::new();
    for mut of_host in events.into_values() {
        of_host.sort_unstable();
        for close in of_host.chunk_by(|a, b| b.0 - a.0 <= APART_NS_MAX) {
            given.extend(joined(close, attempts));
        }
    }
    for (at, request) in &given {
        attempts[*at].request = *request;
        if request.is_none() {
            attempts[*at].kind = AttemptKind::Probe;
        }
    }
    let requests: Vec<u64> = given.into_iter().filter_map(|(_, request)| request).collect();
    number_anew(attempts, &requests.iter().copied().collect());
    requests
}

/// Dials and failures that lie close together, pair by pair; none if they do not add up.
fn joined(close: &[(u64, Event)], attempts: &[AttemptRow]) -> Vec<(usize, Option<u64>)> {
    let (mut dials, mut failures) = (Vec::new(), Vec::new());
    for (_, event) in close {
        match event {
            Event::Dial(at) => dials.push(*at),
            Event::Failure(request) => failures.push(*request),
        }
    }
    let faults: BTreeSet<_> = dials.iter().map(|at| attempts[*at].fault.as_deref()).collect();
    if dials.len() != failures.len() || faults.len() > 1 {
        return Vec::new();
    }
    dials.into_iter().zip(failures).collect()
}

fn is_nobodys_dial(row: &AttemptRow) -> bool {
    row.request.is_none() && row.stage == Stage::Connect && row.kind == AttemptKind::Request
}

/// Whether an attempt of a request, or a check, ended with it, otherwise than in an answer.
fn ends_an_attempt(row: &DecisionRow) -> bool {
    match row.kind {
        DecisionKind::AttemptFailed => row.request.is_some(),
        DecisionKind::Probe => row.request.is_none() && row.detail.starts_with(CHECK_FAILED),
        // It waited for an answer to begin, or for the connection.
        DecisionKind::ClientLeft => row.request.is_some() && !row.detail.is_empty(),
        DecisionKind::Pick
        | DecisionKind::AtLimit
        | DecisionKind::PassedOver
        | DecisionKind::Retry
        | DecisionKind::Failover
        | DecisionKind::Hedge
        | DecisionKind::Resumed
        | DecisionKind::Cooldown
        | DecisionKind::CooldownProlonged
        | DecisionKind::NoCooldown
        | DecisionKind::NoRetry
        | DecisionKind::NoFallback
        | DecisionKind::Served
        | DecisionKind::GaveUp
        | DecisionKind::StreamBroken
        | DecisionKind::Start
        | DecisionKind::Reload
        | DecisionKind::Kill => false,
    }
}

/// Attempts that the ledger has, by request and deployment: from and to. Those of no request are checks.
struct Seen<'a>(BTreeMap<Asked<'a>, Vec<(u64, u64)>>);

/// For which request, if for one, and at which deployment.
type Asked<'a> = (Option<u64>, &'a str);

impl<'a> Seen<'a> {
    fn of(attempts: &'a [AttemptRow]) -> Self {
        let mut seen: BTreeMap<Asked<'_>, Vec<(u64, u64)>> = BTreeMap::new();
        for row in attempts {
            if row.request.is_some() || row.kind == AttemptKind::Probe {
                let of_it = seen.entry((row.request, row.deployment.as_str())).or_default();
                of_it.push((row.arrived_ns, row.ended_ns));
            }
        }
        Self(seen)
    }

    /// Whether what ended at `at_ns` is one of them.
    fn has(&self, request: Option<u64>, deployment: &str, at_ns: u64) -> bool {
        let mut of_it = self.0.get(&(request, deployment)).into_iter().flatten();
        of_it.any(|(from, to)| *from <= at_ns && at_ns <= to + APART_NS_MAX)
    }
}

/// Numbers the attempts of these requests by arrival. Visits stay: the answers' tokens name them.
fn number_anew(attempts: &mut [AttemptRow], requests: &BTreeSet<u64>) {
    let mut of_request: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, row) in attempts.iter().enumerate() {
        if let Some(request) = row.request.filter(|request| requests.contains(request)) {
            of_request.entry(request).or_default().push(at);
        }
    }
    for mut rows in of_request.into_values() {
        rows.sort_by_key(|at| (attempts[*at].arrived_ns, attempts[*at].attempt));
        for (number, at) in (1..).zip(rows) {
            attempts[at].attempt = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use record::{AttemptEnd, AttemptKind, AttemptRow, DecisionKind, DecisionRow, Stage};

    use super::{Hosts, attribute};

    const MS: u64 = 1_000_000;

    fn dial(at_ms: u64, fault: &str) -> AttemptRow {
        AttemptRow {
            request: None,
            attempt: 0,
            visit: 0,
            kind: AttemptKind::Request,
            stage: Stage::Connect,
            deployment: "west".to_owned(),
            gateway: "gateway[1]".to_owned(),
            arrived_ns: at_ms * MS,
            ended_ns: at_ms * MS,
            fault: Some(fault.to_owned()),
            status: None,
            tokens_in: 0,
            tokens_out: 0,
            ended: AttemptEnd::Refused,
        }
    }

    fn request(at_ms: u64, number: u64, attempt: u32) -> AttemptRow {
        let (stage, status) = (Stage::Request, Some(200));
        AttemptRow { request: Some(number), attempt, visit: 1, stage, status, ..dial(at_ms, "") }
    }

    fn failed(at_ms: u64, number: u64, deployment: &str) -> DecisionRow {
        DecisionRow {
            at_ns: at_ms * MS,
            request: Some(number),
            gateway: "gateway[1]".to_owned(),
            kind: DecisionKind::AttemptFailed,
            deployment: Some(deployment.to_owned()),
            detail: "reason=reset".to_owned(),
        }
    }

    /// Requests of the rows, after `decisions` were joined to them.
    fn joined(attempts: &mut [AttemptRow], decisions: &[DecisionRow]) -> Vec<Option<u64>> {
        let hosts = [("west", "west"), ("west-2", "west"), ("east", "east")];
        let hosts: Hosts = hosts.map(|(id, first)| (id.to_owned(), first.to_owned())).into();
        attribute(attempts, decisions, &hosts);
        attempts.iter().map(|row| row.request).collect()
    }

    #[test]
    fn a_dial_belongs_to_the_one_request_that_failed_at_its_host_at_that_time() {
        let mut attempts = [dial(1_000, "f1"), request(1_001, 7, 1)];
        // Behind one host stand several deployments; a dial names the first.
        let told = [failed(1_001, 7, "west-2"), failed(1_001, 8, "east"), failed(2_000, 9, "west")];
        assert_eq!(joined(&mut attempts, &told), [Some(7), Some(7)]);
        assert_eq!(attempts.map(|row| (row.attempt, row.visit)), [(1, 0), (2, 1)]);
    }

    #[test]
    fn dials_that_come_together_are_told_apart_by_their_order_if_they_met_the_same() {
        let told = [failed(1_001, 7, "west"), failed(1_021, 8, "west")];
        let mut same = [dial(1_000, "f1"), dial(1_020, "f1")];
        assert_eq!(joined(&mut same, &told), [Some(7), Some(8)]);
        let mut other = [dial(1_000, "f1"), dial(1_020, "f2")];
        assert_eq!(joined(&mut other, &told), [None, None], "who met which cannot be told");
    }

    #[test]
    fn what_does_not_add_up_stays_unattributed() {
        let mut two = [dial(1_000, "f1"), dial(1_020, "f1")];
        assert_eq!(joined(&mut two, &[failed(1_001, 7, "west")]), [None, None]);
        let mut far = [dial(1_000, "f1")];
        assert_eq!(joined(&mut far, &[failed(1_200, 7, "west")]), [None]);
        // A failure that the ledger has already is none of a dial's.
        let mut known = [dial(1_000, "f1"), request(990, 7, 1)];
        assert_eq!(joined(&mut known, &[failed(1_001, 7, "west")]), [None, Some(7)]);
    }
}
