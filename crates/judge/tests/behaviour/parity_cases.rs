//! The shipped cases: names, keys, how many, and what a sample of them is.

use std::collections::BTreeSet;

use judge::parity::Cases;

use super::support::emulation;

#[test]
fn every_case_has_a_name_and_a_key_of_its_own() {
    let cases = Cases::shipped().expect("shipped cases are right");
    let names: BTreeSet<&str> = cases.names().collect();
    assert_eq!(names.len(), cases.cases() + cases.cells());
    assert_eq!(cases.keys(&emulation("litellm-1.106")).len(), names.len());
}

#[test]
fn the_table_has_at_least_what_was_promised() {
    let count = |pattern: &str| {
        let cases = Cases::shipped().expect("shipped cases are right").only(pattern);
        cases.cases() + cases.cells()
    };
    assert!(count("probe/openai/") >= 154, "{}", count("probe/openai/"));
    assert!(count("provider/azure/") >= 48 && count("provider/anthropic/") >= 48);
    for strategy in ["shuffle", "busy", "latency", "usage", "cost"] {
        assert!(count(&format!("load/*{strategy}*/3")) >= 10, "{strategy}");
        assert!(count(&format!("load/*{strategy}*/2")) >= 3, "{strategy}");
        assert!(count(&format!("load/*{strategy}*/4")) >= 3, "{strategy}");
    }
    for set in ["num_retries-0-router", "allowed_fails-3", "fallback-loops", "order", "wildcards"] {
        assert!(count(&format!("{set}/")) > 0, "{set}");
    }
}

#[test]
fn a_sample_has_every_part_of_its_worlds_and_is_played_in_minutes() {
    let sample = Cases::shipped().expect("shipped cases are right").sample();
    assert!((20..=90).contains(&sample.cases()), "{}", sample.cases());
    assert_eq!(sample.cells(), 0);
    let parts: BTreeSet<&str> = sample
        .names()
        .filter_map(|name| name.rsplit_once('/')?.0.rsplit_once('/'))
        .map(|(part, _)| part)
        .collect();
    for part in
        ["probe/openai", "provider/azure", "provider/anthropic", "num_retries-1-body/openai"]
    {
        assert!(parts.contains(part), "{part} is missing");
    }
}

#[test]
fn a_pattern_chooses_by_parts_of_the_name() {
    let only = |pattern: &str| {
        let cases = Cases::shipped().expect("shipped cases are right").only(pattern);
        cases.names().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(only("probe/*/error-500/plain"), ["probe/openai/error-500/plain"]);
    assert_eq!(only("error-500/plain").len(), only("*error-500/plain*").len());
    assert!(only("nothing of the kind").is_empty());
}
