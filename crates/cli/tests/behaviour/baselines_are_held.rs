//! `gate --baseline`: what a config does is written down, and any difference from it is told, improvements included.

use serde_json::Value;

use crate::changes_of_a_config_are_gated::{changed, without_retries};
use crate::support::{Ran, Scratch};

fn gate(scratch: &Scratch, config: &str, more: &[&str]) -> Ran {
    let usual = [
        "gate",
        "scenario.yaml",
        "--config",
        config,
        "--seeds",
        "2",
        "--quiet",
        "--baseline",
        "held",
    ];
    scratch.run(&[&usual, more].concat())
}

fn held() -> Scratch {
    let scratch = changed(without_retries);
    let ran = gate(&scratch, "base.yaml", &["--update"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "wrote held/west-dies.json\n"));
    scratch
}

/// Changes the file by one replacement.
fn edit(scratch: &Scratch, from: &str, to: &str) {
    let name = "held/west-dies.json";
    let text = std::fs::read_to_string(scratch.path(name)).expect("written");
    assert!(text.contains(from), "{from}");
    scratch.write(name, &text.replacen(from, to, 1));
}

#[test]
fn the_same_config_does_the_same() {
    let scratch = held();
    let ran = gate(&scratch, "base.yaml", &["--json"]);
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, &found["verdict"]), (0, &"SAME".into()), "{found:#}");
}

#[test]
fn a_difference_is_told_with_the_first_request() {
    let scratch = held();
    let ran = gate(&scratch, "config.yaml", &[]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    insta::assert_snapshot!("baseline_different", ran.out);
}

#[test]
fn an_improvement_is_a_difference_too() {
    let scratch = changed(without_retries);
    assert_eq!(gate(&scratch, "config.yaml", &["--update"]).code, 0);
    let ran = gate(&scratch, "base.yaml", &[]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("fewer requests failed between"), "{}", ran.out);
}

#[test]
fn what_does_not_tell_of_this_is_not_compared() {
    let scratch = held();
    edit(&scratch, "\"engine\": 1", "\"engine\": 0");
    let ran = gate(&scratch, "base.yaml", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(
        ran.err.contains("its numbers moved on purpose") && ran.err.contains("--update"),
        "{}",
        ran.err
    );
    let scratch = held();
    scratch.change("poisson: 5/s", "poisson: 6/s");
    let ran = gate(&scratch, "base.yaml", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("the scenario `west-dies` is not the one"), "{}", ran.err);
}

#[test]
fn a_baseline_that_is_not_there_or_broken_is_a_mistake() {
    let scratch = changed(without_retries);
    let ran = gate(&scratch, "base.yaml", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(
        ran.err.contains("there is no such file") && ran.err.contains("--update"),
        "{}",
        ran.err
    );
    let scratch = held();
    edit(&scratch, "\"schema\"", "\"shema\"");
    assert_eq!(gate(&scratch, "base.yaml", &[]).code, 2);
}

#[test]
fn a_seed_that_nobody_wrote_down_does_not_pass() {
    let scratch = held();
    let usual = ["gate", "scenario.yaml", "--config", "base.yaml", "--quiet", "--baseline", "held"];
    let ran = scratch.run(&[&usual[..], &["--seeds", "3"]].concat());
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.contains("seed 9 is not in the baseline; --update adds it"), "{}", ran.out);
}
