//! Parity: the same scenarios in virtual time and over loopback sockets. Equal runs do not prove a
//! faithful clock, so outcomes are compared across the two worlds, once for every fault.
//!
//! Arrivals, faults and token times are the same draws in both; what differs is the machine's own
//! latency, which can move a request across the edge of a fault window. The tolerance is that edge;
//! where nothing fails there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plan::ClockKind;
use record::{AttemptRow, RequestRow, RowReader};
use vocab::FailureKind;

use crate::support::{Played, play_one, scenario};

/// Requests that may fall on the other side of a window's edge, per run of about 90.
const EDGE: u64 = 4;

/// Who plays, one after another: the mark, and the gateway of the config. Two, because the wall
/// clock takes the time that it takes.
const PLAYERS: &[&str] = &["direct", "shuffle"];

/// Endings by kind.
fn endings(dir: &Path, contender: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in
        RowReader::<RequestRow>::open(&dir.join(contender).join("requests.csv")).expect("rows")
    {
        let row = row.expect("readable");
        let kind = match row.failure {
            // A socket was accepted by the kernel before it is refused: the client may learn it while
            // it dials or when it reads. In memory it is always while it dials.
            Some(FailureKind::Connect | FailureKind::Reset) => "turned away",
            Some(failure) => failure.word(),
            None => row.outcome.word(),
        };
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
    }
    counts
}

/// All attempts, and those that met a fault.
fn attempts(dir: &Path, contender: &str) -> (u64, u64) {
    let rows = RowReader::<AttemptRow>::open(&dir.join(contender).join("attempts.csv"));
    rows.expect("rows").map(|row| row.expect("readable")).fold((0, 0), |(all, met), row| {
        (all + 1, met + u64::from(row.fault.is_some_and(|fault| !fault.is_empty())))
    })
}

/// Compares what every player met in the two worlds.
fn compare(simulated: &Played, measured: &Played, edge: u64) {
    for player in PLAYERS {
        let (memory, sockets) = (endings(simulated.dir(), player), endings(measured.dir(), player));
        let offered = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
        assert_eq!(offered(&memory), offered(&sockets), "{player}: same arrivals");
        assert!(offered(&memory) > 60, "{player}: enough to compare");
        let kinds: BTreeSet<&String> = memory.keys().chain(sockets.keys()).collect();
        for kind in kinds {
            let (a, b) = (memory.get(kind).unwrap_or(&0), sockets.get(kind).unwrap_or(&0));
            assert!(a.abs_diff(*b) <= edge, "{player}: {kind}\n{memory:?}\n{sockets:?}");
        }
        let (a, b) = (attempts(simulated.dir(), player), attempts(measured.dir(), player));
        assert!(a.0.abs_diff(b.0) <= 3 * edge, "{player}: attempts {a:?} and {b:?}");
        assert!(a.1.abs_diff(b.1) <= 3 * edge, "{player}: met the fault {a:?} and {b:?}");
    }
}

/// Faults that leave open connections alone.
const DIALS: &[&str] = &["dns", "slow_accept", "connection_cap", "tls"];

/// Plays three seconds with `inject` on `target` for two of them in both worlds, and compares them.
fn agree(name: &str, target: &str, inject: &str) {
    // What only dials meet begins with the first of them: later on, pools have all that they need.
    let at = if DIALS.contains(&name) { "0s" } else { "500ms" };
    let faults = format!("[{{ at: {at}, for: 2s, target: {target}, inject: {inject} }}]");
    let text = scenario(&name.replace('_', "-"), 3, &faults);
    let simulated = play_one(&text, ClockKind::Virtual, "shuffle");
    let measured = play_one(&text, ClockKind::Wall, "shuffle");
    for (world, played) in [("in memory", &simulated), ("on sockets", &measured)] {
        for player in PLAYERS {
            let (all, met) = attempts(played.dir(), player);
            assert!(met > 0, "{world} {player} met no {name} in {all} attempts");
        }
    }
    compare(&simulated, &measured, EDGE);
}

#[test]
fn when_nothing_fails() {
    let text = scenario("healthy", 3, "[]");
    let simulated = play_one(&text, ClockKind::Virtual, "shuffle");
    let measured = play_one(&text, ClockKind::Wall, "shuffle");
    for player in PLAYERS {
        let succeeded = endings(simulated.dir(), player);
        assert_eq!(succeeded.keys().collect::<Vec<_>>(), ["success"], "{player}");
        assert_eq!(attempts(simulated.dir(), player), (succeeded["success"], 0), "{player}");
    }
    compare(&simulated, &measured, 0);
}

/// One test for each fault, so that they can run side by side, and the list of them. What fails an
/// attempt hits the first deployment only: with all of them cooling, one request at the edge decides
/// for the dozens behind it, and nothing could be compared.
macro_rules! faults {
    ($($test:ident: $fault:literal on $target:literal, $inject:literal;)+) => {
        $(
            #[test]
            fn $test() {
                agree($fault, $target, $inject);
            }
        )+

        const COVERED: &[&str] = &[$($fault),+];
    };
}

faults! {
    when_names_do_not_resolve: "dns" on "first", "{ dns: { kind: nxdomain } }";
    when_dials_are_refused: "refuse" on "first", "refuse";
    when_connections_are_accepted_late: "slow_accept" on "first", "{ slow_accept: { by: 60ms } }";
    when_connections_are_capped: "connection_cap" on "first",
        "{ connection_cap: { max: 1, then: refuse } }";
    when_handshakes_fail: "tls" on "first", "tls";
    when_connections_are_closed_at_once: "close" on "first", "close";
    when_hosts_fall_silent: "blackhole" on "first", "blackhole";
    when_connections_break_before_the_answer: "reset" on "first", "reset";
    when_idle_connections_are_reset: "idle_close" on "first",
        "{ idle_close: { after: 20ms, with: rst } }";
    when_the_first_deployment_throttles: "throttle" on "first", "{ throttle: { retry_after: 2s } }";
    when_the_first_deployment_errs: "error" on "first", "{ error: { status: 503 } }";
    when_requests_hang: "hang" on "first", "hang";
    when_heads_are_late: "slow_headers" on "all", "{ slow_headers: { by: 100ms } }";
    when_content_types_are_wrong: "content_type" on "first", "{ content_type: { as: html } }";
    when_proxies_answer: "html" on "first", "{ html: { status: 200 } }";
    when_errors_come_under_200: "error_200" on "first", "error_200";
    when_answers_are_empty: "empty" on "first", "empty";
    when_json_is_cut_in_half: "truncate_json" on "first", "truncate_json";
    when_bodies_are_short: "short_body" on "first", "short_body";
    when_bodies_are_huge: "oversize" on "first", "{ oversize: { mb: 2 } }";
    when_streams_are_documents: "no_stream" on "first", "no_stream";
    when_answers_are_slow: "slow" on "all", "{ slow: { first_token: { factor: 3 } } }";
    when_models_think: "thinking" on "all", "{ thinking: { tokens: 5 } }";
    when_bodies_drip: "drip" on "first", "{ drip: { bytes: 200, every: 2ms } }";
    when_a_proxy_buffers: "buffered" on "all", "buffered";
    when_answers_stall: "stall" on "first", "{ stall: { after_tokens: 3 } }";
    when_silent_answers_are_closed: "idle_timeout" on "first", "{ idle_timeout: { after: 2ms } }";
    when_streams_are_cut: "cut" on "first", "{ cut: { after_tokens: 3 } }";
    when_streams_are_truncated: "truncate" on "first", "{ truncate: { after_tokens: 3 } }";
    when_chunks_break_off: "chunk_break" on "first",
        "{ chunk_break: { after_tokens: 3, with: garbage } }";
    when_streams_end_in_an_error: "error_event" on "first", "{ error_event: { after_tokens: 3 } }";
    when_chunks_are_garbled: "garble" on "first", "{ garble: { after_tokens: 3 } }";
    when_frames_come_twice: "duplicate" on "first", "{ duplicate: { after_tokens: 3 } }";
    when_frames_change_places: "reorder" on "first", "{ reorder: { after_tokens: 3 } }";
    when_usage_is_missing: "no_usage" on "all", "no_usage";
    when_comments_come_between: "comments" on "all", "{ comments: { every: 2, ids: true } }";
    when_frames_are_split: "split" on "all", "{ split: { bytes: 7 } }";
    when_the_end_comes_twice: "double_done" on "all", "double_done";
    when_unknown_events_come: "unknown_event" on "all", "{ unknown_event: { after_tokens: 2 } }";
    when_streams_never_end: "endless" on "first", "endless";
    when_providers_are_cold: "cold_start" on "all",
        "{ cold_start: { after: 300ms, requests: 2, factor: 4 } }";
    when_providers_come_back_slowly: "recovery" on "first", "recovery";
    when_quotas_are_spent: "quota_exhausted" on "first", "quota_exhausted";
    when_keys_are_revoked: "revoke_key" on "first", "revoke_key";
    when_models_are_gone: "remove_model" on "first", "remove_model";
    when_limits_are_lowered: "lower_limits" on "first", "{ lower_limits: { factor: 0.1 } }";
}

/// As [`faults!`], on the link from everybody to the first deployment.
macro_rules! links {
    ($($test:ident: $toxic:literal, $inject:literal;)+) => {
        $(
            #[test]
            fn $test() {
                agree($toxic, "'link:*->first'", $inject);
            }
        )+

        const TOXICS: &[&str] = &[$($toxic),+];
    };
}

links! {
    when_a_link_is_slow: "latency", "{ latency: { latency: 100ms, jitter: 20ms } }";
    when_a_link_is_narrow: "bandwidth", "{ bandwidth: { rate: 20 } }";
    when_a_link_closes_late: "slow_close", "{ slow_close: { delay: 200ms } }";
    when_a_link_swallows: "timeout", "{ timeout: { timeout: 300ms } }";
    when_a_link_resets: "reset_peer", "{ reset_peer: { timeout: 100ms } }";
    when_a_link_slices: "slicer", "{ slicer: { average_size: 200, size_variation: 50, delay: 2ms } }";
    when_a_link_limits: "limit_data", "{ limit_data: { bytes: 1500 } }";
    when_a_link_is_down: "down", "down";
}

#[test]
fn every_link_fault_has_its_case() {
    let known: Vec<String> = plan::listing::links().into_iter().map(|line| line.name).collect();
    assert_eq!(TOXICS, known, "in the catalogue's order");
}

/// Plays three seconds of three instances of which the second is hit.
fn agree_on_instances(name: &str, inject: &str) {
    let faults = format!("[{{ at: 800ms, for: 1s, target: 'gateway[2]', inject: {inject} }}]");
    let three = "{ name: shuffle, instances: 3, balance: round-robin }";
    let text = scenario(name, 3, &faults).replace("{ name: shuffle }", three);
    let simulated = play_one(&text, ClockKind::Virtual, "shuffle");
    let measured = play_one(&text, ClockKind::Wall, "shuffle");
    compare(&simulated, &measured, EDGE);
}

#[test]
fn when_an_instance_is_killed() {
    agree_on_instances("kill", "kill");
}

#[test]
fn when_an_instance_is_paused() {
    agree_on_instances("pause", "pause");
}

#[test]
fn when_an_instance_restarts() {
    agree_on_instances("restart", "{ restart: { down: 200ms } }");
}

#[test]
fn every_fault_of_the_catalogue_has_its_case() {
    let known: Vec<String> = plan::listing::faults().into_iter().map(|line| line.name).collect();
    assert_eq!(COVERED, known, "in the catalogue's order");
}
