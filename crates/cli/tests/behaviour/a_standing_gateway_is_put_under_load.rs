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
    let fakes = Running::start(&mut scratch.command(&fakes));
    fakes.says("fakes listen on ");
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
fn a_load_without_the_key_fails_and_is_told_as_the_gateway_says_it() {
    let scratch = Scratch::new();
    let (_fakes, _gateway, url) = stand(&scratch);
    let load = ["load", "scenario.yaml", "--target", &url, "--for", "4s", "--out", "refused"];
    scratch.run(&load);
    let outcomes = outcomes(&scratch, "refused");
    assert!(outcomes.len() > 15, "{}", outcomes.len());
    assert!(outcomes.iter().all(|one| *one == (Outcome::Failed, Some(401))), "{outcomes:?}");
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
        let fakes = Running::start(&mut scratch.command(&fakes));
        let url = fakes.says("fakes listen on ");
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    }
}
