//! The mark `savable`: what the deployments answer alone, request by request, over the whole catalogue
//! of faults and both shapes of requests.

use std::collections::BTreeMap;

use plan::ClockKind;
use record::{OracleRow, RequestRow, RowReader};
use vocab::Outcome;

use crate::support::{Played, play, play_on, scenario};

/// One deployment and nothing that could be exhausted: whoever calls it himself is the perfect client
/// at it.
const ALONE: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params: { model: gpt-4o, api_key: k }
    model_info: { id: only }
"#;

/// `oracle.csv`, by request.
fn oracle(played: &Played) -> BTreeMap<u64, OracleRow> {
    let rows = RowReader::<OracleRow>::open(&played.dir().join("oracle.csv")).expect("rows");
    rows.map(|row| row.expect("readable")).map(|row| (row.request, row)).collect()
}

/// Who was answered, by request.
fn answered(played: &Played, contender: &str) -> BTreeMap<u64, bool> {
    let table = played.dir().join(contender).join("requests.csv");
    let rows = RowReader::<RequestRow>::open(&table).expect("rows");
    let rows = rows.map(|row| row.expect("readable"));
    rows.map(|row| (row.request, row.outcome == Outcome::Success)).collect()
}

fn three_seconds(name: &str, faults: &str, stream: &str) -> String {
    scenario(name, 3, faults).replace("stream: 70%", &format!("stream: {stream}"))
}

/// What a fault needs to be told beyond its name.
fn inject(name: &str) -> String {
    let params = match name {
        "error" => "status: 503",
        "slow_accept" => "by: 60ms",
        "slow_headers" => "by: 3s",
        "connection_cap" => "max: 1, then: refuse",
        "idle_close" => "after: 20ms, with: rst",
        "slow" => "first_token: { factor: 3 }",
        "drip" => "bytes: 200, every: 2ms",
        "stall" | "cut" | "truncate" | "chunk_break" | "error_event" | "garble" | "duplicate"
        | "reorder" | "unknown_event" => "after_tokens: 3",
        "comments" => "every: 2",
        "split" => "bytes: 7",
        "cold_start" => "after: 300ms, requests: 2, factor: 4",
        "lower_limits" => "factor: 0.1",
        "oversize" => "mb: 2",
        _ => return name.to_owned(),
    };
    format!("{{ {name}: {{ {params} }} }}")
}

#[test]
fn every_fault_saves_what_a_perfect_client_at_the_deployment_gets() {
    let mut failed = 0;
    for fault in plan::listing::faults() {
        for stream in ["100%", "0%"] {
            let faults = format!(
                "[{{ at: 500ms, for: 2s, target: all, share: 60%, inject: {} }}]",
                inject(&fault.name)
            );
            let text = three_seconds(&fault.name.replace('_', "-"), &faults, stream);
            let played = play_on(ALONE, &text, ClockKind::Virtual);
            let direct = answered(&played, "direct");
            assert!(direct.len() > 60, "enough to compare");
            for (request, row) in oracle(&played) {
                let (told, way) = (direct[&request], format!("{}, {stream} streams", fault.name));
                assert_eq!(row.savable, told, "{way}: request {request}");
                assert_eq!(row.deployments == "only", told, "{way}: request {request}, alone");
                failed += u32::from(!told);
            }
        }
    }
    assert!(failed > 500, "faults that fail nobody prove nothing: {failed}");
}

#[test]
fn whoever_called_the_first_deployment_was_savable() {
    // The first deployment is out, and for the last second the second one as well.
    let faults = "[{ at: 0s, for: 3s, target: first, inject: { error: { status: 503 } } }, \
                   { at: 2s, for: 1s, target: direct-openai, inject: refuse }, \
                   { at: 1s, for: 2s, target: claude, share: 50%, inject: refuse }]";
    let played = play(&scenario("first-is-out", 3, faults), ClockKind::Virtual);
    let (oracle, direct) = (oracle(&played), answered(&played, "direct"));
    let mut lost = 0;
    for (request, row) in &oracle {
        assert!(row.savable || !direct[request], "request {request}");
        assert!(!row.deployments.contains("west"), "{row:?}");
        lost += u32::from(!row.savable);
    }
    assert!(lost > 0 && direct.values().all(|answered| !answered), "{lost} lost");
}

#[test]
fn limits_and_queues_save_nobody_less() {
    let narrow =
        "{ constant: 4ms }, limits: { requests: 20/min }, capacity: { slots: 1, queue: 0 } }";
    let text = three_seconds("narrow", "[]", "50%").replace("{ constant: 4ms } }", narrow);
    assert!(text.contains("slots: 1"), "{text}");
    let played = play_on(ALONE, &text, ClockKind::Virtual);
    assert!(answered(&played, "direct").values().any(|answered| !answered), "turned away");
    assert!(oracle(&played).values().all(|row| row.savable && row.deployments == "only"));
}

#[test]
fn clients_time_and_patience_are_theirs() {
    for patience in ["timeout: 1s", "timeout: 2s, patience: 500ms"] {
        let faults = "[{ at: 1s, for: 1s, target: all, inject: { slow_headers: { by: 1500ms } } }]";
        let text = scenario("slow", 3, faults).replace("timeout: 2s", patience);
        let oracle = oracle(&play(&text, ClockKind::Virtual));
        let lost = oracle.values().filter(|row| !row.savable).count();
        assert!((10..60).contains(&lost), "{lost} of {} with {patience}", oracle.len());
    }
}

#[test]
fn links_that_all_gateways_share_count_and_an_instances_own_do_not() {
    let lost = |link: &str| {
        let faults = format!("[{{ at: 1s, for: 1s, target: '{link}', inject: down }}]");
        let two = scenario("links", 3, &faults).replace("shuffle }", "shuffle, instances: 2 }");
        let played = play_on(ALONE, &two, ClockKind::Virtual);
        oracle(&played).values().filter(|row| row.deployments.is_empty()).count()
    };
    assert!(lost("link:gateway->only") > 10 && lost("link:*->only") > 10);
    assert_eq!(lost("link:gateway[1]->only"), 0, "another instance would have come through");
    assert_eq!(lost("link:client->only"), 0, "no gateway's way");
}

#[test]
fn only_those_that_the_called_model_reaches_are_asked() {
    const TWO_GROUPS: &str = r#"
model_list:
  - { model_name: big, litellm_params: { model: gpt-4o, api_key: k }, model_info: { id: big } }
  - { model_name: small, litellm_params: { model: gpt-4o-mini, api_key: k }, model_info: { id: small } }
"#;
    let faults = "[{ at: 0s, for: 3s, target: big, inject: { error: { status: 503 } } }]";
    let text =
        scenario("two-groups", 3, faults).replace("  - for: 3s", "  - for: 3s\n    model: big");
    let alone = oracle(&play_on(TWO_GROUPS, &text, ClockKind::Virtual));
    assert!(alone.values().all(|row| !row.savable && row.deployments.is_empty()));
    let fallback = format!("{TWO_GROUPS}router_settings: {{ fallbacks: [{{ big: [small] }}] }}\n");
    let saved = oracle(&play_on(&fallback, &text, ClockKind::Virtual));
    assert!(saved.values().all(|row| row.savable && row.deployments == "small"));
}

#[test]
fn counted_conditions_count_what_comes_to_the_deployment_alone() {
    let faults = "[{ at: 0s, for: 3s, target: all, when: { first: 7 }, inject: { error: { status: 503 } } }]";
    let oracle = oracle(&play_on(ALONE, &scenario("first", 3, faults), ClockKind::Virtual));
    let lost: Vec<u64> =
        oracle.values().filter(|row| !row.savable).map(|row| row.request).collect();
    assert_eq!(lost, (0..7).collect::<Vec<_>>());
}

#[test]
fn a_wall_clock_run_has_the_same_mark() {
    let faults = "[{ at: 200ms, for: 500ms, target: all, inject: { error: { status: 503 } } }]";
    let text = scenario("both", 1, faults);
    let (memory, sockets) = (play(&text, ClockKind::Virtual), play(&text, ClockKind::Wall));
    // Who answers alone; what `direct` adds to it was measured.
    let alone = |played: &Played| -> BTreeMap<u64, String> {
        oracle(played).into_iter().map(|(request, row)| (request, row.deployments)).collect()
    };
    assert_eq!(alone(&memory), alone(&sockets));
}
