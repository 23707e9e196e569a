//! Faults and events that no request could meet are refused with their place, unless they are optional;
//! what a shortened schedule has no room for is left out, but never all of it.

use std::time::Duration;

use crate::support::{CALM, load, load_with};
use plan::{Plan, Text};
use record::run::LeftOut;

fn fault(fields: &str) -> String {
    format!("{CALM}faults:\n  - {{ {fields} }}\n")
}

/// What is said about a scenario that is refused.
#[expect(clippy::expect_used, reason = "a helper of tests")]
fn refusal(scenario: &str) -> String {
    load(scenario).expect_err("a mistake").to_string()
}

#[expect(clippy::panic, reason = "a helper of tests")]
fn plan(scenario: &str) -> Plan {
    load(scenario).unwrap_or_else(|report| panic!("{scenario}\n{report}"))
}

#[test]
fn a_fault_outside_the_traffic_is_refused_with_its_place_and_the_remedy() {
    insta::assert_snapshot!(refusal(&fault("at: 330s, for: 60s, target: first, inject: refuse")));
    insta::assert_snapshot!(refusal(&fault("at: 5s, for: 20s, target: first, inject: refuse")));
    let gap = "scenario: gap\nconfig: config.yaml\ntraffic:\n\
               \x20 - { for: 60s, arrivals: { poisson: 8/s } }\n\
               \x20 - { at: 120s, for: 60s, arrivals: { poisson: 8/s } }\n\
               faults: [{ at: 70s, for: 40s, target: first, inject: refuse }]\n";
    assert!(refusal(gap).contains("f1 lies between 70 s and 110 s, where there is no traffic"));
}

#[test]
fn every_kind_of_entry_is_held_to_it() {
    for fields in [
        "at: 330s, for: 60s, target: first, inject: refuse",
        "at: 330s, for: 60s, target: 'link:gateway->first', inject: down",
        "at: 330s, for: 60s, target: 'gateway[1]', inject: kill",
        "at: 330s, for: 60s, target: first, inject: refuse, flapping: { period: 20s }",
        "at: 330s, for: 60s, target: first, random: incident-model",
    ] {
        let said = refusal(&fault(fields));
        assert!(said.contains("f1 starts at 330 s, but traffic ends at 330 s"), "{fields}: {said}");
        assert!(
            said.contains("scenario.yaml:7:11") && said.contains("optional: true"),
            "{fields}: {said}"
        );
        let left_out = plan(&fault(&format!("{fields}, optional: true")));
        assert!(left_out.info.faults.is_empty(), "{fields}");
        let noted = |note: &String| note.contains("nothing meets it, left out (optional)");
        assert!(left_out.notes.iter().any(noted), "{fields}: {:?}", left_out.notes);
    }
}

#[test]
fn an_optional_fault_inside_warm_up_is_played() {
    let plan = plan(&fault("at: 5s, for: 20s, target: first, inject: refuse, optional: true"));
    assert_eq!(plan.fakes.faults.len(), 1);
    assert!(plan.warnings[0].contains("no number shows it"), "{:?}", plan.warnings);
}

#[test]
fn a_fault_that_outlasts_the_traffic_is_only_warned_of() {
    let plan = plan(&fault("at: 300s, for: 60s, target: first, inject: refuse"));
    assert!(plan.warnings.iter().any(|line| line.contains("its end cannot be seen")));
}

#[test]
fn an_event_outside_the_traffic_is_refused_too() {
    let with = |event: &str| format!("{CALM}events:\n  - {{ {event} }}\n");
    for event in ["at: 400s, mark: late", "at: 330s, rollout: {}"] {
        let said = refusal(&with(event));
        assert!(said.contains("e1 starts at"), "{said}");
        assert!(said.contains("scenario.yaml:7:11") && said.contains("optional: true"), "{said}");
        let plan = plan(&with(&format!("{event}, optional: true")));
        assert!(plan.info.events.is_empty() && plan.contenders[0].instance_events.is_empty());
        assert!(plan.notes.iter().any(|note| note.contains("left out (optional)")));
    }
    assert_eq!(plan(&with("at: 5s, mark: warming")).info.events.len(), 1, "warm-up is traffic");
}

#[test]
fn a_share_of_nothing_hits_nobody() {
    for fields in [
        "at: 60s, for: 60s, target: first, inject: refuse, share: 0%",
        "at: 60s, for: 60s, target: first, inject: refuse, share: 0, flapping: { period: 20s }",
        "at: 60s, for: 60s, target: first, random: incident-model, share: 0",
        "at: 60s, for: 60s, target: 'link:gateway->first', inject: down, share: 0",
    ] {
        let said = refusal(&fault(fields));
        assert!(
            said.contains("f1 has a share of nothing") && said.contains("scenario.yaml:7:"),
            "{said}"
        );
    }
}

#[test]
fn conditions_that_no_request_meets_are_refused() {
    let workload = |workload: &str, when: &str| {
        let fields =
            format!("at: 60s, for: 60s, target: first, inject: refuse, when: {{ {when} }}");
        fault(&fields).replace(
            "arrivals: { poisson: 8/s } }",
            &format!("arrivals: {{ poisson: 8/s }}, workload: {{ {workload} }} }}"),
        )
    };
    for (offers, asks, why) in [
        ("stream: 100%", "stream: false", "every request of the workload asks for a stream"),
        ("stream: 0%", "stream: true", "no request of the workload asks for a stream"),
        ("prompt_tokens: 50", "prompt_tokens: { min: 1000 }", "more than 50 tokens"),
        ("prompt_tokens: 900", "prompt_tokens: { max: 100 }", "fewer than 900 tokens"),
    ] {
        let said = refusal(&workload(offers, asks));
        assert!(
            said.contains("f1 waits for requests that do not come") && said.contains(why),
            "{said}"
        );
        assert!(said.contains("scenario.yaml:7:"), "{said}");
    }
    for (offers, asks) in [
        ("stream: 99%", "stream: false"),
        ("stream: 1%", "stream: true"),
        ("prompt_tokens: 1000", "prompt_tokens: { min: 1000, max: 1000 }"),
    ] {
        assert_eq!(plan(&workload(offers, asks)).info.faults.len(), 1, "{offers}");
    }
}

#[test]
fn a_window_without_length_is_refused_whatever_it_is() {
    for fields in [
        "at: 60s, for: 0s, target: first, inject: refuse",
        "at: 60s, for: 0s, target: first, inject: refuse, flapping: { period: 20s }",
        "at: 60s, for: 0s, target: 'gateway[1]', inject: kill",
    ] {
        assert!(refusal(&fault(fields)).contains("a fault of 0s hits nothing"), "{fields}");
    }
}

#[expect(clippy::expect_used, reason = "a helper of tests")]
fn shortened(scenario: &str, seconds: u64) -> Plan {
    let length = Some(Duration::from_secs(seconds));
    load_with(scenario, |request| request.shorten = length).expect("a valid scenario")
}

#[test]
fn a_shortened_schedule_keeps_at_least_one_fault_or_says_how_long_it_must_be() {
    let two = format!(
        "{CALM}faults:\n  - {{ at: 60s, for: 60s, target: first, inject: refuse }}\n\
         \x20 - {{ at: 'main+100s', for: 60s, target: first, inject: refuse }}\n"
    );
    assert_eq!(
        shortened(&two, 90).refusals,
        [
            "--for 90s leaves none of its faults, the first is f1 until 120 s: give --for 120s or more, or \
          leave --for out"
        ]
    );
    let one = shortened(&two, 120);
    assert_eq!((one.refusals.len(), one.info.faults.len(), one.fakes.faults.len()), (0, 1, 1));
    assert!(one.warnings.iter().any(|line| line.contains("f2 (refuse) is left out")));
    assert!(shortened(CALM, 60).refusals.is_empty(), "there was none to lose");
}

#[test]
fn a_shortened_schedule_leaves_out_what_is_counted_from_a_later_phase() {
    let text = format!(
        "{CALM}  - {{ name: later, for: 5m, arrivals: {{ poisson: 8/s }} }}\n\
         faults:\n  - {{ at: 60s, for: 30s, target: first, inject: refuse }}\n\
         \x20 - {{ at: later+20s, for: 60s, target: first, inject: refuse }}\n\
         events:\n  - {{ at: later+10s, mark: there }}\n  - {{ at: 80s, mark: here }}\n"
    );
    let plan = shortened(&text, 100);
    let kept: Vec<&str> = plan.info.faults.iter().map(|fault| &*fault.id).collect();
    assert_eq!((kept, plan.info.events.len()), (vec!["f1"], 1));
    let left_out = plan.warnings.iter().filter(|line| line.contains("is left out"));
    assert_eq!(left_out.count(), 2, "{:?}", plan.warnings);
    let told =
        plan.info.left_out.iter().map(|one| (&*one.id, one.what, one.needs_ns / 1_000_000_000));
    let told: Vec<(&str, LeftOut, u64)> = told.collect();
    assert_eq!(told, [("f2", LeftOut::Fault, 410), ("e1", LeftOut::Event, 341)]);
}

#[test]
fn config_changes_count_as_something_to_see() {
    let text =
        format!("{CALM}events:\n  - {{ at: 200s, rollout: {{}} }}\n  - {{ at: 20s, mark: x }}\n");
    let refusals = shortened(&text, 100).refusals;
    assert!(refusals[0].contains("the first is e1 at 200 s: give --for 201s"), "{refusals:?}");
    assert!(shortened(&text, 201).refusals.is_empty());
}

#[test]
fn a_rollout_that_outlasts_the_traffic_is_warned_of() {
    let text = format!(
        "{CALM}contenders: [{{ name: three, instances: 3 }}]\n\
         events:\n  - {{ at: 300s, rollout: {{}}, every: 20s }}\n"
    );
    let warned = |line: &String| line.contains("the rollout at 300 s is not over under three");
    assert!(plan(&text).warnings.iter().any(warned), "{:?}", plan(&text).warnings);
}

#[test]
fn impact_is_checked_and_told() {
    let with = |impact: &str| format!("{CALM}impact: {impact}\n");
    let said = plan(&with("{ failed_request: 0.05, bad_minute: 20 }")).info.impact.expect("said");
    assert_eq!((said.failed_request, said.bad_minute), (0.05, 20.0));
    let half = plan(&with("{ bad_minute: 20 }")).info.impact.expect("said");
    assert_eq!((half.failed_request, half.bad_minute), (0.0, 20.0));
    assert_eq!(plan(CALM).info.impact, None);
    for (impact, why) in [
        ("{ failed_request: -1 }", "between 0 and a billion"),
        ("{ failed_request: 1e99 }", "between 0 and a billion"),
        ("{ failed_request: 0 }", "needs no `impact`"),
        ("{}", "needs no `impact`"),
        ("{ failed_requests: 1 }", "failed_request"),
        ("5", "scenario.yaml:6:9"),
    ] {
        let said = refusal(&with(impact));
        assert!(said.contains(why) && said.contains("scenario.yaml:6:"), "{impact}: {said}");
    }
}

#[test]
fn the_called_group_is_always_told_and_chosen_by_model() {
    assert_eq!(plan(CALM).notes[0], "traffic calls `gpt-4o`: 3 deployments, no fallback");
    let config = Text::new(
        "c.yaml",
        "model_list:\n\
               - { model_name: alone, litellm_params: { model: gpt-4o, api_key: k } }\n\
               - { model_name: pair, litellm_params: { model: gpt-4o-mini, api_key: k } }\n\
               - { model_name: pair, litellm_params: { model: azure/x, api_key: k, api_base: 'https://a.test', api_version: v } }\n\
               - { model_name: saved, litellm_params: { model: gpt-4.1, api_key: k } }\n\
               router_settings: { fallbacks: [{ saved: [pair] }] }\n",
    );
    let asked = |model: Option<&'static str>| {
        let config = config.clone();
        load_with(CALM, move |request| {
            request.config = Some(Box::leak(Box::new(config.clone())));
            request.model = model;
        })
    };
    let first = asked(None).expect("a plan");
    assert_eq!(first.notes[0], "traffic calls `alone`: 1 deployment, no fallback");
    assert_eq!(
        first.warnings[0],
        "traffic calls `alone`: 1 deployment, no fallback: whoever routes, nothing can fail over; call a \
         group that can by `--model pair`"
    );
    let pair = asked(Some("pair")).expect("a plan");
    assert_eq!(pair.notes[0], "traffic calls `pair`: 2 deployments, no fallback");
    assert!(pair.load.phases.iter().all(|phase| phase.model == "pair"));
    assert!(!pair.warnings.iter().any(|line| line.contains("fail over")), "{:?}", pair.warnings);
    assert_eq!(pair.info.scenario.overrides, ["model=pair"]);
    assert_ne!(pair.digest, first.digest);
    let saved = asked(Some("saved")).expect("a plan");
    assert_eq!(saved.notes[0], "traffic calls `saved`: 1 deployment, fallbacks to 2 more");
    assert!(!saved.warnings.iter().any(|line| line.contains("fail over")), "{:?}", saved.warnings);
    let said = asked(Some("pear")).expect_err("no such model").to_string();
    assert!(said.contains("--model pear") && said.contains("did you mean `pair`?"), "{said}");
}
