//! `validate` and the notes before a run say which promises nothing in a scenario can tell, and what to do.

use crate::support::{CALM, load};

fn warnings(slo: &str, more: &str) -> String {
    let scenario = format!("{CALM}{more}contenders:\n  - {{ name: a }}\nslo:\n  {slo}\n");
    // What does not load fails both ways of asking.
    load(&scenario).map_or_else(
        |report| format!("cannot be told: {}", report.render(false, 100)),
        |plan| plan.warnings.join("\n"),
    )
}

fn cannot(slo: &str, more: &str, parts: &[&str]) {
    let warned = warnings(slo, more);
    for part in std::iter::once(&"cannot be told").chain(parts) {
        assert!(warned.contains(part), "{part} in {warned}");
    }
}

fn can(slo: &str, more: &str) {
    let warned = warnings(slo, more);
    assert!(!warned.contains("cannot be told"), "{warned}");
}

const DEAD: &str = "faults:\n  - { at: 90s, for: 60s, target: west, inject: refuse }\n";

#[test]
fn recovery_and_detection_without_a_fault_that_shows_them() {
    cannot("recover: \"max <= 30s\"", "", &["nothing to recover from", "add a fault"]);
    can("recover: \"max <= 30s\"", DEAD);
    let detect = "detect: \"max <= 30s\"";
    cannot(detect, "", &["no fault fails every attempt"]);
    let some = DEAD.replace("refuse }", "refuse, share: 50% }");
    cannot(detect, &some, &["no fault fails every attempt"]);
    cannot(detect, &DEAD.replace("for: 60s", "for: 1s"), &["no fault meets 15 requests"]);
    can(detect, DEAD);
}

#[test]
fn percentiles_of_fewer_requests_than_they_need() {
    // 8 requests a second for 300 s outside warm-up: 2,400.
    let parts = ["needs 3688", "offers about 2400", "promise a lower percentile"];
    cannot("e2e: \"p(99.9)<30s\"", "", &parts);
    can("e2e: \"p(99)<30s\"", "");
}

#[test]
fn a_cost_without_a_price_offers_the_config_first() {
    let slo = "cost: \"rate <= 4\"";
    can(slo, "");
    let scenario = CALM.replace("config.yaml", "unpriced.yaml");
    let scenario = format!("{scenario}contenders:\n  - {{ name: a }}\nslo:\n  {slo}\n");
    let warned = load(&scenario).expect("loads").warnings.join("\n");
    assert!(
        warned.contains("slo cost rate <= 4 cannot be told: who asks west has no price"),
        "{warned}"
    );
    let (config, scenario) = (warned.find("input_cost_per_token"), warned.find("`price:`"));
    assert!(config.is_some() && config < scenario, "{warned}");
}
