//! No text makes the reader panic or hang: what is not a scenario is a report.

use crate::support::{CALM, load, load_with};
use proptest::prelude::*;

/// Words that get past the first checks, so that random texts reach the later ones.
const WORDS: &[&str] = &[
    "scenario:",
    "traffic:",
    "faults:",
    "config: config.yaml\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "for: ",
    "at: ",
    "10s",
    "8/s",
    "30%",
    "poisson: ",
    "arrivals: ",
    "target: first",
    "inject: ",
    "throttle",
    "\n",
    "\n  ",
    "&a ",
    "*a",
    "<<: ",
    "\"",
    "'",
    "#",
    "|",
    ">",
    "? ",
    "!!str ",
    "~",
    "-1",
    "1e999",
    "0x",
    "yes",
    "ü",
    "\t",
    "\u{0}",
    "\u{85}",
    "contenders:",
    "slo:",
    "name: a",
    "router_settings:",
    "deployments:",
    "first:",
    "limits:",
    "99999999999999999999",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_gives_a_plan_or_a_report(text in "(?s).{0,300}") {
        if let Err(report) = load(&text) {
            prop_assert!(!report.to_string().is_empty());
            prop_assert!(!report.lines().is_empty());
        }
    }

    #[test]
    fn any_words_of_the_format_give_a_plan_or_a_report(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)
    ) {
        if let Err(report) = load(&words.concat()) {
            prop_assert!(!report.to_string().is_empty());
        }
    }

    #[test]
    fn a_cut_or_garbled_scenario_gives_a_plan_or_a_report(
        at in 0usize..400, with in "(?s).{0,3}"
    ) {
        let text = plan::embedded::SCENARIOS[0].text;
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let garbled = format!("{}{with}{}", &text[..at], &text[at..]);
        let _ = load(&garbled).map_err(|report| report.to_string());
        let _ = load(&text[..at]).map_err(|report| report.to_string());
    }

    #[test]
    fn any_config_and_any_argument_give_a_plan_or_a_report(
        config in "(?s).{0,200}", key in "[a-z0-9.\\[\\]]{0,30}", value in "(?s).{0,40}"
    ) {
        let config = plan::Text::new("c", config);
        let sets = vec![(key, value)];
        let scenario = CALM.to_owned();
        let text = plan::Text::new("s", scenario);
        let find = |_: &str| Err("none".to_owned());
        let request = plan::Request {
            scenario: &text,
            config: Some(&config),
            find_config: &find,
            timeline: None,
            find_timeline: &find,
            clock: plan::ClockKind::Virtual,
            seed: None,
            contenders: &[],
            compared: None,
            personality: None,
            model: None,
            sets: &sets,
            shorten: None,
            build: plan::Build::default(),
        };
        let _ = plan::load(&request).map_err(|report| report.to_string());
        let _ = load_with(CALM, |_| {});
    }
}
