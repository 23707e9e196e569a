//! A plan with other values for what nobody knows: assumed latencies, starts and severities of faults, the seed.

use fake_providers::config::Spread;
use plan::Variation;
use std::time::Duration;

use crate::support::{CALM, load, vary};

fn faults() -> String {
    format!(
        "{CALM}faults:
  - {{ id: dead, at: 60s, for: 30s, target: west, inject: refuse }}
  - {{ id: some, at: 120s, for: 30s, target: east, inject: {{ error: {{ status: 500 }} }}, share: 50% }}
  - {{ id: slow, at: 180s, for: 30s, target: east, inject: {{ slow: {{ factor: 3 }} }} }}
  - {{ id: late, at: 310s, for: 15s, target: east, inject: refuse }}
contenders:
  - {{ name: a }}
"
    )
}

fn of(pairs: &[(&str, f64)]) -> std::collections::BTreeMap<String, f64> {
    pairs.iter().map(|(id, by)| ((*id).to_owned(), *by)).collect()
}

fn ttft_p50(plan: &plan::Plan, at: usize) -> Duration {
    match plan.fakes.deployments[at].latency.ttft {
        Spread::Constant(p50) | Spread::Lognormal { p50, .. } => p50,
    }
}

#[test]
fn assumed_latencies_are_scaled_and_given_ones_stay() {
    let given = "deployments: { east: { ttft: { constant: 300ms } } }\n";
    let scenario = format!("{CALM}{given}contenders:\n  - {{ name: a }}\n");
    let base = load(&scenario).expect("loads");
    let assumed: Vec<bool> =
        base.info.deployments.iter().map(|one| one.assumed.is_some()).collect();
    assert_eq!(assumed, [true, false, true]);
    let preset = base.info.deployments[0].assumed.clone().expect("assumed").preset;
    let variation = Variation { seed: 42, latency: of(&[(&preset, 1.25)]), ..Variation::default() };
    let varied = vary(&scenario, &variation).expect("loads");
    assert_eq!(ttft_p50(&varied, 0), ttft_p50(&base, 0).mul_f64(1.25));
    assert_eq!(ttft_p50(&varied, 1), Duration::from_millis(300), "given");
    assert_eq!(ttft_p50(&varied, 2), ttft_p50(&base, 2), "another preset");
}

#[test]
fn windows_move_inside_the_schedule_and_what_has_a_degree_changes() {
    let base = load(&faults()).expect("loads");
    let shifts = [("dead", -20_000_000_000), ("late", 30_000_000_000)];
    let variation = Variation {
        seed: 7,
        starts_ns: shifts.iter().map(|(id, ns)| ((*id).to_owned(), *ns)).collect(),
        severity: of(&[("dead", 1.2), ("some", 1.2), ("slow", 1.2)]),
        ..Variation::default()
    };
    let varied = vary(&faults(), &variation).expect("loads");
    let s = 1_000_000_000;
    let windows: Vec<(u64, u64)> =
        varied.info.faults.iter().map(|fault| (fault.from_ns / s, fault.to_ns / s)).collect();
    assert_eq!(windows, [(40, 70), (120, 150), (180, 210), (315, 330)]);
    let rules: Vec<(u64, f64)> =
        varied.fakes.faults.iter().map(|rule| (rule.window.from.ns() / s, rule.share)).collect();
    assert_eq!(rules, [(40, 1.0), (120, 0.6), (180, 1.0), (315, 1.0)]);
    assert_eq!(varied.fakes.faults[2].params["factor"], 3.4);
    assert_eq!((varied.fakes.seed.0, varied.load.seed.0), (7, 7));
    let by_degree: Vec<bool> = base.info.faults.iter().map(plan::by_degree).collect();
    assert_eq!(by_degree, [false, true, true, false]);
}

#[test]
fn delays_of_links_have_a_degree_and_what_takes_them_down_has_none() {
    let link = |inject: &str| {
        let scenario = format!(
            "{CALM}faults:\n  - {{ at: 60s, for: 30s, target: 'link:*->east', inject: {inject} }}\n"
        );
        plan::by_degree(&load(&scenario).expect("loads").info.faults[0])
    };
    assert!(link("{ latency: { latency: 200ms } }") && link("{ bandwidth: { rate: 2 } }"));
    assert!(!link("down") && !link("{ timeout: { timeout: 2s } }"));
}

#[test]
fn a_variation_that_names_nothing_is_the_same_run_with_its_seed() {
    let base = load(&faults()).expect("loads");
    let same = vary(&faults(), &Variation { seed: 42, ..Variation::default() }).expect("loads");
    assert_eq!(same.info, base.info);
    assert_eq!(same.digest, base.digest);
}
