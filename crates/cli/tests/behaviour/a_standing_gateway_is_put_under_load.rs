//! Three processes on real sockets: fakes, a gateway whose config points at them, and the load.

use record::{AttemptRow, RequestRow, RowReader};
use vocab::Outcome;

use crate::standing::Running;
use crate::support::Scratch;

/// Any key will do, as long as gateway and load have the same.
const KEY: (&str, &str) = ("LITELLM_MASTER_KEY", "sk-under-test");

/// Fakes of the scenario and a gateway in front of them, with the gateway's URL.
fn stand(scratch: &Scratch) -> (Running, Running, String) {
    let fakes = ["fakes", "scenario.yaml", "--port", "0", "--write-config", "served.json"];
    let fakes = Running::start(scratch.command(&fakes).env(KEY.0, KEY.1));
    fakes.says("fakes listen on ");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(scratch.path("served.json")).expect("written").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "others may read the keys");
    }
    let gateway = ["gateway", "--config", "served.json", "--port", "0"];
    let gateway = Running::start(scratch.command(&gateway).env(KEY.0, KEY.1));
    let url = gateway.says("gateway listens on ");
    (fakes, gateway, url)
}

/// How the offered requests of a run ended.
fn outcomes(scratch: &Scratch, run: &str) -> Vec<(Outcome, Option<u16>)> {
    let table = scratch.path(run).join("target/requests.csv");
    let rows = RowReader::<RequestRow>::open(&table).expect("a table");
    rows.map(|row| row.expect("readable")).map(|row| (row.outcome, row.status)).collect()
}

#[test]
fn load_measures_a_gateway_that_already_stands() {
    let scratch = Scratch::new();
    // The last answers are over long before the fault.
    scratch.change("at: 6s, for: 4s", "at: 14s, for: 1s");
    let (fakes, gateway, url) = stand(&scratch);
    let load = ["load", "scenario.yaml", "--target", &url, "--for", "5s", "--out", "loaded"];
    let ran = Running::start(scratch.command(&load).args(["--key-env", KEY.0]).env(KEY.0, KEY.1));
    let (code, screen) = ran.end();
    // 3: a busy machine cannot keep the schedule; the gateway answered all the same.
    assert!([Some(0), Some(3)].contains(&code), "{screen}");
    let outcomes = outcomes(&scratch, "loaded");
    assert!(outcomes.len() > 20, "{}", outcomes.len());
    assert!(outcomes.iter().all(|one| *one == (Outcome::Success, Some(200))), "{outcomes:?}");
    let report = std::fs::read_to_string(scratch.path("loaded/report.json")).expect("a report");
    assert!(report.contains("\"target\""), "{report}");
    let ledger = RowReader::<AttemptRow>::open(&scratch.path("loaded/target/attempts.csv"));
    assert_eq!(ledger.expect("a table").count(), 0, "what providers saw is not observed");
    for standing in [gateway, fakes] {
        standing.signal("-TERM");
        assert_eq!(standing.end().0, Some(0), "it stops when it is told to");
    }
}

#[test]
fn a_gateway_that_does_not_know_the_key_is_not_put_under_load() {
    let scratch = Scratch::new();
    let (_fakes, _gateway, url) = stand(&scratch);
    let ran = scratch.run(&["load", "scenario.yaml", "--target", &url, "--out", "refused"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(
        ran.err.contains("refuses the key (401)") && ran.err.contains("--key-env"),
        "{}",
        ran.err
    );
    assert!(!scratch.path("refused").exists(), "nothing was measured");
}

#[test]
fn a_gateway_that_is_not_there_is_not_put_under_load() {
    let scratch = Scratch::new();
    // Nobody listens on a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let url = format!("http://{}", free.expect("an address"));
    let ran = scratch.run(&["load", "scenario.yaml", "--target", &url]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("does not answer") && ran.err.contains("--target"), "{}", ran.err);
}

#[test]
fn a_gateway_that_does_not_know_the_model_is_not_put_under_load() {
    let scratch = Scratch::new();
    let (_fakes, _gateway, url) = stand(&scratch);
    let other = crate::support::CONFIG.replace("model_name: gpt-4o", "model_name: gpt-99");
    scratch.write("other.yaml", &other);
    let load = ["load", "scenario.yaml", "--config", "other.yaml", "--target", &url];
    let mut command = scratch.command(&load);
    let ran = command.args(["--key-env", KEY.0]).env(KEY.0, KEY.1).output().expect("started");
    let ran = crate::support::Ran::of(&ran);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("`gpt-99`") && ran.err.contains("--model NAME"), "{}", ran.err);
}

/// A scenario of which a gateway loses every request for a while, and the traffic's bounds.
fn lossy() -> Scratch {
    let scratch = Scratch::new();
    scratch.change(
        "at: 6s, for: 4s, target: first, inject: refuse",
        "at: 5s, for: 3s, target: first, inject: { error: 503 }",
    );
    scratch.change("for: 12s", "for: 7s");
    scratch
}

/// The report of a load with the fakes behind the gateway as witnesses, and how it ended.
fn witnessed(scratch: &Scratch, more: &[&str]) -> (Option<i32>, serde_json::Value) {
    let fakes = ["fakes", "scenario.yaml", "--port", "0", "--write-config", "served.json"];
    let fakes = Running::start(scratch.command(&fakes).env(KEY.0, KEY.1));
    let admin = fakes.says("admin API on ");
    fakes.says("fakes listen on ");
    let gateway = ["gateway", "--config", "served.json", "--port", "0"];
    let gateway = Running::start(scratch.command(&gateway).env(KEY.0, KEY.1));
    let url = gateway.says("gateway listens on ");
    let load = ["load", "scenario.yaml", "--target", &url, "--fakes", &admin, "--out", "loaded"];
    let mut command = scratch.command(&load);
    let ran = Running::start(command.args(["--key-env", KEY.0]).args(more).env(KEY.0, KEY.1));
    let (code, _) = ran.end();
    let report = std::fs::read_to_string(scratch.path("loaded/report.json")).expect("a report");
    (code, serde_json::from_str(&report).expect("JSON"))
}

#[test]
fn fakes_behind_a_gateway_tell_what_it_did() {
    let scratch = lossy();
    let (code, report) = witnessed(&scratch, &[]);
    assert!([Some(0), Some(3)].contains(&code), "{report:#}");
    let target = &report["contenders"][0];
    assert_eq!((&target["kind"], &target["witnessed"]), (&"remote".into(), &true.into()));
    let attempts = target["attempts"].as_u64().expect("observed");
    assert!(
        attempts > target["offered"].as_u64().expect("a count"),
        "its retries show: {target:#}"
    );
    assert!(target["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0), "{target:#}");
    let fault = &target["faults"][0];
    assert!(fault["met_requests"].as_u64().is_some_and(|met| met > 0), "{fault:#}");
    let ledger = RowReader::<AttemptRow>::open(&scratch.path("loaded/target/attempts.csv"));
    let rows: Vec<AttemptRow> = ledger.expect("a table").map(|row| row.expect("a row")).collect();
    let met = rows.iter().filter(|row| row.fault.is_some());
    assert!(met.clone().count() > 0);
    // The timeline began with the schedule, not with the first request that the gateway ever saw.
    let window = 4_900_000_000..8_300_000_000;
    assert!(
        met.clone().all(|row| window.contains(&row.arrived_ns)),
        "{:?}",
        met.collect::<Vec<_>>()
    );
    // What was asked before it is nobody's request.
    assert!(rows.iter().all(|row| row.request.is_some()), "{rows:?}");
}

#[test]
fn a_required_promise_of_a_standing_gateway_decides_the_exit_code() {
    let scratch = lossy();
    scratch.change("target: first", "target: all");
    scratch.change("rate > 0.5", "rate > 0.99");
    let (code, report) = witnessed(&scratch, &["--require"]);
    assert_eq!(code, Some(1), "{report:#}");
    scratch.change("slo:\n  success: \"rate > 0.99\"", "");
    let ran =
        scratch.run(&["load", "scenario.yaml", "--target", "http://127.0.0.1:1", "--require"]);
    assert!(ran.code == 2 && ran.err.contains("promises nothing"), "{}", ran.err);
}

#[test]
fn fakes_that_are_others_are_no_witnesses() {
    let scratch = Scratch::new();
    let (_fakes, _gateway, url) = stand(&scratch);
    let other =
        Running::start(&mut scratch.command(&["fakes", "--persona", "openai", "--port", "0"]));
    let admin = other.says("admin API on ");
    scratch.change("inject: refuse", "inject: { error: 503 }");
    let load = ["load", "scenario.yaml", "--target", &url, "--fakes", &admin, "--key-env", KEY.0];
    let ran = scratch.command(&load).env(KEY.0, KEY.1).output().expect("started");
    let ran = crate::support::Ran::of(&ran);
    assert!(ran.code == 2 && ran.err.contains("are not this scenario's"), "{}", ran.err);
    let ran = scratch.run(&["load", "scenario.yaml", "--target", &url, "--fakes", "nowhere"]);
    assert!(ran.code == 2 && ran.err.contains("no http or https URL"), "{}", ran.err);
}

#[test]
fn the_config_that_fakes_write_has_what_a_contender_changes() {
    let scratch = Scratch::new();
    let routing = |more: &[&str]| {
        let fakes = ["fakes", "scenario.yaml", "--port", "0", "--write-config", "served.json"];
        let fakes = Running::start(scratch.command(&fakes).args(more));
        fakes.says("fakes listen on ");
        let served = std::fs::read_to_string(scratch.path("served.json")).expect("written");
        let served: serde_json::Value = serde_json::from_str(&served).expect("JSON");
        served["router_settings"].clone()
    };
    let base = routing(&[]);
    assert_eq!(base["routing_strategy"], "simple-shuffle");
    let priority = routing(&["--contender", "priority"]);
    assert_eq!(
        (&priority["routing_strategy"], &priority["num_retries"]),
        (&"priority".into(), &2.into())
    );
}

#[test]
fn another_machine_needs_consent() {
    let scratch = Scratch::new();
    let ran = scratch.run(&["load", "scenario.yaml", "--target", "http://gateway.example:4000"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--allow-remote gateway.example"), "{}", ran.err);
}

#[test]
fn one_persona_stands_without_a_scenario() {
    let scratch = Scratch::new();
    for persona in ["openai", "azure", "anthropic"] {
        let fakes = ["fakes", "--persona", persona, "--port", "0"];
        let fakes = Running::start(scratch.command(&fakes).env(KEY.0, KEY.1));
        let url = fakes.says("fakes listen on ");
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    }
}
