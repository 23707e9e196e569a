//! Whether and when a failed attempt is repeated, under both personalities.

use std::time::Duration;

use gateway::config::Config;
use gateway::decisions::{
    Called, ErrorClass, Failed, Failure, NextStep, NoRetry, Phase, RetryPlan, Situation, Trouble,
    classify,
};
use serde_json::{Value, json};
use vocab::Protocol;

use super::given::{broken, config_of, refusal, rng};

/// A group of so many deployments, of which so many are healthy and untried.
fn group(size: usize, healthy: usize) -> Situation {
    Situation {
        called: Called::Group,
        group_size: size,
        healthy,
        fresh: healthy,
        willing: size,
        deployment_retries: None,
        has_fallback: false,
    }
}

fn litellm(settings: Value) -> Config {
    config_of(&[json!({})], settings)
}

fn ours(mut settings: Value) -> Config {
    settings["routing_strategy"] = json!("priority");
    config_of(&[json!({})], settings)
}

/// Waits in seconds before each retry, and the one before giving up.
fn waits(
    config: &Config,
    requested: Option<u32>,
    failure: &Failure,
    situation: Situation,
) -> (Vec<f64>, f64) {
    let (mut plan, mut waits) = (RetryPlan::new(requested), Vec::new());
    let failed = Failed { config, group: "g", failure, phase: Phase::BeforeStream, situation };
    for attempt in 0..100 {
        match plan.after_failure(&failed, &rng(attempt)) {
            NextStep::Retry { wait } => waits.push(wait.as_secs_f64()),
            NextStep::Stop { wait, .. } => return (waits, wait.as_secs_f64()),
        }
    }
    panic!("never gave up");
}

fn assert_near(waits: &[f64], floors: &[f64], jitter: f64) {
    assert_eq!(waits.len(), floors.len(), "{waits:?} against {floors:?}");
    for (wait, floor) in waits.iter().zip(floors) {
        assert!((*floor..=floor + jitter).contains(wait), "{waits:?} against {floors:?}");
    }
}

#[test]
fn litellm_retries_by_status_and_siblings() {
    let config = litellm(json!({"num_retries": 2}));
    // failure, retries alone, retries in a group of two with one healthy left
    for (failure, alone, in_pair) in [
        (refusal(400, &[]), 0, 0),
        (refusal(401, &[]), 0, 2),
        (refusal(403, &[]), 0, 2),
        (refusal(404, &[]), 0, 0),
        (refusal(408, &[]), 2, 2),
        (refusal(422, &[]), 0, 0),
        (refusal(429, &[]), 2, 2),
        (refusal(500, &[]), 2, 2),
        (refusal(503, &[]), 2, 2),
        (broken(Trouble::Connect), 2, 2),
        (broken(Trouble::Timeout), 2, 2),
    ] {
        assert_eq!(waits(&config, None, &failure, group(1, 1)).0.len(), alone, "{failure:?}");
        let (in_between, last) = waits(&config, None, &failure, group(2, 1));
        assert_eq!(in_between, vec![0.0; in_pair], "{failure:?}");
        assert_eq!(last, 0.0, "a healthy sibling needs no wait");
        assert!(waits(&config, None, &failure, group(2, 0)).0.is_empty(), "nobody is left");
    }
}

#[test]
fn litellm_backs_off_and_also_waits_after_the_last_retry() {
    let config = litellm(json!({"num_retries": 2}));
    let (in_between, last) = waits(&config, None, &refusal(503, &[]), group(1, 1));
    assert_near(&in_between, &[0.5, 1.0], 0.75);
    assert_near(&[last], &[2.0], 0.75);

    let limited = refusal(429, &[("retry-after", "2")]);
    let (in_between, last) = waits(&config, None, &limited, group(1, 1));
    assert_near(&in_between, &[2.0, 2.0], 0.75);
    assert_near(&[last], &[2.0], 0.75);

    // More than a minute is ignored, fractions and milliseconds are not read.
    for header in [("retry-after", "61"), ("retry-after", "1.5"), ("retry-after-ms", "9000")] {
        let (in_between, _) = waits(&config, None, &refusal(429, &[header]), group(1, 1));
        assert_near(&in_between, &[0.5, 1.0], 0.75);
    }
    let floored = litellm(json!({"num_retries": 6, "retry_after": 5}));
    let (in_between, _) = waits(&floored, None, &refusal(503, &[]), group(1, 1));
    assert_near(&in_between, &[5.0, 5.0, 5.0, 5.0, 8.0, 8.0], 0.75);
}

#[test]
fn litellm_counts_retries_by_request_deployment_and_policy() {
    let error = refusal(500, &[]);
    let retries = |config: &Config, requested, deployment_retries| {
        let situation = Situation { deployment_retries, ..group(2, 2) };
        waits(config, requested, &error, situation).0.len()
    };
    let config = litellm(json!({"num_retries": 4}));
    assert_eq!(retries(&config, None, None), 4);
    assert_eq!(retries(&config, Some(1), None), 1);
    assert_eq!(retries(&config, None, Some(3)), 3, "the deployment's wins over the router's");
    assert_eq!(retries(&config, Some(1), Some(3)), 1, "the request's over both");
    assert_eq!(retries(&config, Some(0), None), 0);

    let policy = json!({"InternalServerErrorRetries": 1, "BadRequestErrorRetries": 2});
    let config = litellm(json!({"num_retries": 4, "retry_policy": policy}));
    assert_eq!(retries(&config, Some(3), Some(3)), 1, "a policy wins over them all");
    assert_eq!(retries(&config, Some(0), None), 0, "but not over a request that wants none");
    let bad = waits(&config, None, &refusal(400, &[]), group(2, 0)).0;
    assert_eq!(bad.len(), 2, "and skips the checks");

    let classes = json!({
        "ServiceUnavailableErrorRetries": 1, "NotFoundErrorRetries": 2, "DefaultRetries": 3
    });
    let by_class = litellm(json!({"num_retries": 0, "retry_policy": classes}));
    for (status, expected) in [(503, 1), (404, 2), (500, 3), (502, 3)] {
        let in_between = waits(&by_class, None, &refusal(status, &[]), group(2, 2)).0;
        assert_eq!(in_between.len(), expected, "{status}");
    }

    let groups = json!({"g": {"InternalServerErrorRetries": 3}});
    let config = litellm(json!({"retry_policy": policy, "model_group_retry_policy": groups}));
    assert_eq!(retries(&config, None, None), 3, "the group's policy replaces the router's");
}

#[test]
fn litellm_leaves_a_long_prompt_to_its_own_fallbacks() {
    let body = br#"{"error":{"message":"This model's maximum context length is 8 tokens."}}"#;
    let headers = http::HeaderMap::new();
    let too_long = classify(Protocol::OpenAi, 500, &headers, body, 0);
    let mut config = litellm(json!({"num_retries": 2}));
    let answer = Failure { status: 500, ..too_long };
    assert_eq!(waits(&config, None, &answer, group(2, 2)).0.len(), 2, "the status alone allows it");
    config.router.context_window_fallbacks.insert("g".into(), vec!["big".into()]);
    assert!(waits(&config, None, &answer, group(2, 2)).0.is_empty());
}

#[test]
fn litellm_leaves_a_begun_stream_to_the_fallbacks() {
    let config = litellm(json!({"num_retries": 2, "retry_policy": {"BadRequestErrorRetries": 2}}));
    let failure = &broken(Trouble::Cut);
    for (phase, step) in [
        (Phase::BeforeStream, NextStep::Retry { wait: Duration::ZERO }),
        (Phase::InStream, NextStep::Stop { wait: Duration::ZERO, why: NoRetry::StreamBegun }),
    ] {
        let (config, situation) = (&config, group(2, 2));
        let failed = Failed { config, group: "g", failure, phase, situation };
        assert_eq!(RetryPlan::new(None).after_failure(&failed, &rng(0)), step, "{phase:?}");
    }
}

#[test]
fn ours_goes_on_at_once_while_somebody_is_fresh() {
    let config = ours(json!({"num_retries": 2}));
    let step = |plan: &mut RetryPlan, situation| {
        let (config, failure) = (&config, &broken(Trouble::Stalled));
        let phase = Phase::InStream;
        let failed = Failed { config, group: "g", failure, phase, situation };
        plan.after_failure(&failed, &rng(0))
    };
    let mut plan = RetryPlan::new(None);
    for fresh in [3, 2, 1] {
        let situation = Situation { fresh, ..group(4, 4) };
        let decision = step(&mut plan, situation);
        assert_eq!(decision, NextStep::Retry { wait: Duration::ZERO });
    }
    let situation = Situation { fresh: 0, ..group(4, 4) };
    let decision = step(&mut plan, situation);
    let why = NoRetry::RetriesUsed { failed: 4, retries: 3 };
    assert_eq!(decision, NextStep::Stop { wait: Duration::ZERO, why }, "four attempts for four");
}

#[test]
fn ours_never_repeats_a_request_at_fault() {
    let config = ours(json!({"num_retries": 5}));
    for failure in [refusal(400, &[]), refusal(422, &[])] {
        assert_eq!(waits(&config, None, &failure, group(4, 4)), (vec![], 0.0));
    }
}

#[test]
fn ours_waits_as_asked_where_nobody_is_fresh() {
    let config = ours(json!({"num_retries": 2}));
    let lonely = Situation { fresh: 0, ..group(1, 1) };
    let limited = refusal(429, &[("retry-after", "1.5")]);
    assert_eq!(waits(&config, None, &limited, lonely), (vec![1.5, 1.5], 0.0));
    let (in_between, last) = waits(&config, None, &refusal(503, &[]), lonely);
    assert_near(&in_between, &[0.5, 1.0], 0.25);
    assert_eq!(last, 0.0, "no sleep before bad news");
    let hopeless = refusal(429, &[("retry-after", "3600")]);
    assert_eq!(waits(&config, None, &hopeless, lonely), (vec![], 0.0));
    let elsewhere = Situation { has_fallback: true, ..lonely };
    assert_eq!(waits(&config, None, &limited, elsewhere), (vec![], 0.0));
    assert_eq!(waits(&config, Some(0), &limited, lonely), (vec![], 0.0));
}

#[test]
fn nobody_retries_more_than_sixty_three_times_in_a_group() {
    let lonely = Situation { fresh: 0, ..group(1, 1) };
    for config in [litellm(json!({})), ours(json!({"num_retries": 1000}))] {
        let (in_between, _) = waits(&config, Some(1000), &refusal(503, &[]), lonely);
        assert_eq!(in_between.len(), 63);
        assert!(in_between[10..].iter().all(|wait| (8.0..=10.0).contains(wait)), "{in_between:?}");
    }
}

/// Who holds a key decides about one request, and not about the providers' load.
#[test]
fn a_client_gets_no_more_attempts_of_ours_than_eight_or_what_the_config_allows() {
    let lonely = Situation { fresh: 0, ..group(1, 1) };
    for (settings, retries) in [(json!({}), 7), (json!({"num_retries": 20}), 20)] {
        let (in_between, _) = waits(&ours(settings), Some(1000), &refusal(503, &[]), lonely);
        assert_eq!(in_between.len(), retries);
    }
}

#[test]
fn a_retry_policy_holds_under_ours() {
    let policy = json!({"retry_policy": {"RateLimitErrorRetries": 0, "TimeoutErrorRetries": 4, "BadRequestErrorRetries": 1}});
    let (config, pair) = (ours(policy), group(2, 2));
    for (failure, retries) in
        [(refusal(429, &[]), 0), (broken(Trouble::Timeout), 4), (refusal(400, &[]), 1)]
    {
        assert_eq!(waits(&config, None, &failure, pair).0.len(), retries, "{failure:?}");
    }
    assert_eq!(waits(&config, Some(0), &broken(Trouble::Timeout), pair).0.len(), 0);
}

#[test]
fn where_all_refused_for_good_nobody_is_asked_again() {
    let lonely = Situation { fresh: 0, willing: 0, ..group(1, 1) };
    assert_eq!(waits(&ours(json!({})), None, &refusal(401, &[]), lonely), (vec![], 0.0));
}

#[test]
fn waits_of_our_making_are_spread() {
    let spread = |config: &Config| {
        let failure = &refusal(503, &[]);
        let (phase, situation) = (Phase::BeforeStream, Situation { fresh: 0, ..group(1, 1) });
        let failed = Failed { config, group: "g", failure, phase, situation };
        let first = |n| match RetryPlan::new(Some(1)).after_failure(&failed, &rng(n)) {
            NextStep::Retry { wait } => wait.as_secs_f64(),
            NextStep::Stop { .. } => panic!("one retry is allowed"),
        };
        let waits: Vec<f64> = (0..200).map(first).collect();
        waits
            .iter()
            .fold((f64::MAX, 0.0_f64), |(low, high), wait| (low.min(*wait), high.max(*wait)))
    };
    for (config, most) in [(litellm(json!({})), 1.25), (ours(json!({})), 0.625)] {
        let (low, high) = spread(&config);
        assert!((0.5..0.52).contains(&low), "{low}");
        assert!((most - 0.02..=most).contains(&high), "{high} of {most}");
    }
}

#[test]
fn ten_seconds_are_still_waited_and_by_litellm_a_minute() {
    let lonely = Situation { fresh: 0, ..group(1, 1) };
    let config = ours(json!({"num_retries": 1}));
    let asks = |seconds| refusal(429, &[("retry-after", seconds)]);
    assert_eq!(waits(&config, None, &asks("10"), lonely), (vec![10.0], 0.0));
    assert_eq!(waits(&config, None, &asks("11"), lonely), (vec![], 0.0));
    let (minute, longer) = (asks("60"), asks("61"));
    let config = litellm(json!({"num_retries": 1}));
    assert_near(&waits(&config, None, &minute, lonely).0, &[60.0], 0.75);
    assert_near(&waits(&config, None, &longer, lonely).0, &[0.5], 0.75);
}

#[test]
fn litellm_takes_a_wait_of_nothing_for_none() {
    let nothing = refusal(429, &[("retry-after", "0")]);
    let config = litellm(json!({"num_retries": 2}));
    assert_near(&waits(&config, None, &nothing, group(1, 1)).0, &[0.5, 1.0], 0.75);
}

#[test]
fn litellm_retries_by_the_status_alone_except_for_an_unknown_model() {
    let config = litellm(json!({"num_retries": 2}));
    let unknown = br#"{"error":{"type":"invalid_request_error","code":"model_not_found"}}"#;
    let unknown = classify(Protocol::OpenAi, 500, &http::HeaderMap::new(), unknown, 0);
    let class = ErrorClass::BadRequest;
    for (failure, retries) in [
        (refusal(409, &[]), 2),
        (refusal(502, &[]), 2),
        (Failure { class, ..refusal(500, &[]) }, 2),
        (refusal(402, &[]), 0),
        (unknown, 0),
    ] {
        let (in_between, _) = waits(&config, None, &failure, group(2, 2));
        assert_eq!(in_between.len(), retries, "{failure:?}");
    }
}

#[test]
fn litellm_does_not_wait_where_no_retry_is_allowed() {
    let config = litellm(json!({"num_retries": 2}));
    assert_eq!(waits(&config, Some(0), &refusal(503, &[]), group(1, 1)), (vec![], 0.0));
}

#[test]
fn litellm_waits_under_a_policy_though_nobody_is_healthy() {
    let config = litellm(json!({"retry_policy": {"InternalServerErrorRetries": 2}}));
    let (in_between, last) = waits(&config, None, &refusal(500, &[]), group(2, 0));
    assert_near(&in_between, &[0.5, 1.0], 0.75);
    assert_near(&[last], &[2.0], 0.75);
}

#[test]
fn litellm_leaves_refused_content_to_its_own_fallbacks() {
    let class = ErrorClass::ContentPolicy;
    let refused = Failure { class, ..refusal(500, &[]) };
    let mut config = litellm(json!({"num_retries": 2}));
    assert_eq!(waits(&config, None, &refused, group(2, 2)).0.len(), 2);
    config.router.content_policy_fallbacks.insert("g".into(), vec!["tolerant".into()]);
    assert!(waits(&config, None, &refused, group(2, 2)).0.is_empty());
}

#[test]
fn the_first_failure_sets_the_allowance() {
    let policy = json!({"InternalServerErrorRetries": 1, "RateLimitErrorRetries": 5});
    let config = litellm(json!({"num_retries": 3, "retry_policy": policy}));
    let mut plan = RetryPlan::new(None);
    assert_eq!(plan.retries_max(&config), 3);
    assert_eq!(RetryPlan::new(Some(4)).retries_max(&config), 4);
    let mut retried = |failure: &Failure| {
        let (config, phase, situation) = (&config, Phase::BeforeStream, group(2, 2));
        let failed = Failed { config, group: "g", failure, phase, situation };
        matches!(plan.after_failure(&failed, &rng(0)), NextStep::Retry { .. })
    };
    assert!(retried(&refusal(500, &[])));
    assert!(!retried(&refusal(429, &[])), "one retry, whatever fails after the first");
    assert_eq!(plan.retries_max(&config), 1);
}

#[test]
fn ours_reaches_everybody_once_of_eight_at_most() {
    for (num_retries, size, retries) in [(0, 3, 2), (0, 8, 7), (0, 9, 7), (5, 2, 5)] {
        let config = ours(json!({"num_retries": num_retries}));
        let (in_between, _) = waits(&config, None, &refusal(503, &[]), group(size, size));
        assert_eq!(in_between, vec![0.0; retries], "{num_retries} and {size}");
    }
}

#[test]
fn ours_lets_its_waits_grow_once_everybody_had_a_turn() {
    let config = ours(json!({"num_retries": 4}));
    let tired = Situation { fresh: 0, ..group(2, 2) };
    let (in_between, _) = waits(&config, None, &refusal(503, &[]), tired);
    assert_near(&in_between[..2], &[0.5, 0.5], 0.125);
    assert_near(&in_between[2..], &[1.0, 2.0], 0.5);
}

#[test]
fn ours_never_repeats_what_is_against_a_policy_or_too_long_for_the_model() {
    let config = ours(json!({"num_retries": 5}));
    let refused = Failure { class: ErrorClass::ContentPolicy, ..refusal(500, &[]) };
    assert_eq!(waits(&config, None, &refused, group(4, 4)), (vec![], 0.0));
    // Who has another model is fresh, and whoever has the same is not.
    let long = Failure { class: ErrorClass::ContextWindow, ..refusal(400, &[]) };
    let only_twins = Situation { fresh: 0, ..group(4, 4) };
    assert_eq!(waits(&config, None, &long, only_twins), (vec![], 0.0));
}

#[test]
fn ours_gives_up_a_group_without_anybody_at_once() {
    let config = ours(json!({"num_retries": 5}));
    let limited = refusal(429, &[("retry-after", "1")]);
    assert_eq!(waits(&config, None, &limited, group(0, 0)), (vec![], 0.0));
}

#[test]
fn ours_counts_who_cools_and_obeys_a_request_that_wants_less() {
    let config = ours(json!({"num_retries": 0}));
    let error = refusal(503, &[]);
    assert_eq!(waits(&config, None, &error, group(4, 2)).0.len(), 3);
    assert_eq!(waits(&config, Some(1), &error, group(4, 4)).0.len(), 1);
}

#[test]
fn ours_repeats_whatever_does_not_blame_the_request() {
    let config = ours(json!({"num_retries": 2}));
    for status in [401, 402, 403, 404, 408, 429, 500, 502, 503, 529] {
        let (in_between, _) = waits(&config, None, &refusal(status, &[]), group(2, 2));
        assert_eq!(in_between, [0.0, 0.0], "{status}");
    }
}

#[test]
fn litellm_does_not_retry_whom_it_was_asked_for_by_id() {
    let config = litellm(json!({"num_retries": 2}));
    let by_id = Situation { called: Called::Id, ..group(1, 1) };
    assert!(waits(&config, None, &refusal(500, &[]), by_id).0.is_empty());
    assert_eq!(waits(&config, None, &refusal(500, &[]), group(1, 1)).0.len(), 2);
}
