//! Cooldowns of the personality litellm-1.106, quirks included.

use gateway::decisions::{
    CooldownStep, Cooled, Failure, NoCooldown, NthFailure, Reason, Router, Trouble, Try,
};
use std::sync::Arc;
use std::time::Duration;

use super::given::{
    FIRST, SEED, at, attempt, broken, config, d, refusal, router, router_of, success,
};
use serde_json::json;

fn fail(router: &Router, deployment: usize, seconds: f64, failure: &Failure) -> Option<Cooled> {
    router.failed(&attempt(deployment, at(seconds)), failure, FIRST).begun()
}

fn seconds(cooled: Option<Cooled>) -> Option<f64> {
    cooled.map(|cooled| cooled.lasts.as_secs_f64())
}

#[test]
fn which_single_failure_cools_whom() {
    // failure, cooldown in a group of two, cooldown of a lone deployment
    let table = [
        (refusal(429, &[]), Some(5.0), None),
        (refusal(429, &[("retry-after", "90")]), Some(90.0), None),
        (refusal(429, &[("retry-after", "1.5")]), Some(5.0), None),
        (refusal(429, &[("retry-after-ms", "1500")]), Some(5.0), None),
        (refusal(429, &[("retry-after", "0")]), None, None),
        (refusal(429, &[("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT")]), Some(30.0), None),
        (refusal(401, &[]), Some(5.0), Some(5.0)),
        (refusal(404, &[]), Some(5.0), Some(5.0)),
        (refusal(400, &[]), None, None),
        (refusal(403, &[]), None, None),
        (refusal(422, &[]), None, None),
        (refusal(408, &[]), None, None),
        (refusal(500, &[]), None, None),
        (refusal(503, &[("retry-after", "20")]), None, None),
        (broken(Trouble::Timeout), None, None),
        (broken(Trouble::Connect), None, None),
    ];
    for (failure, in_pair, alone) in table {
        for (n, expected) in [(2, in_pair), (1, alone)] {
            let router = router(n, json!({}));
            assert_eq!(seconds(fail(&router, 0, 0.0, &failure)), expected, "{n}: {failure:?}");
            assert_eq!(router.healthy("g", at(0.0)), n - usize::from(expected.is_some()));
        }
    }
}

#[test]
fn a_failed_share_above_one_half_cools_from_five_requests() {
    let router = router(2, json!({}));
    let error = refusal(500, &[]);
    router.succeeded(&attempt(0, at(0.0)), success(0.1));
    router.succeeded(&attempt(0, at(0.0)), success(0.1));
    for second in 1..=2 {
        assert_eq!(fail(&router, 0, f64::from(second), &error), None, "below five requests");
    }
    let cooled = fail(&router, 0, 3.0, &error).expect("3 of 5 failed");
    assert_eq!((cooled.lasts, cooled.reason), (Duration::from_secs(5), Reason::ServerError));
    assert_eq!(router.cooling(at(4.0)), [(d(0), Duration::from_secs(4))]);
    assert_eq!(fail(&router, 0, 4.0, &error), None, "a second failure does not extend it");
    assert_eq!(router.cooling(at(8.0)), []);
    // Recovery resets no counter: the next failure of the same window cools again.
    assert!(fail(&router, 0, 9.0, &error).is_some());
    // The window is fixed, 60 s from its first event.
    assert_eq!(fail(&router, 0, 62.0, &error), None);
}

#[test]
fn connection_errors_never_cool_however_many() {
    let router = router(2, json!({}));
    for second in 0..50 {
        let trouble = if second % 2 == 0 { Trouble::Connect } else { Trouble::Cut };
        assert_eq!(fail(&router, 0, f64::from(second), &broken(trouble)), None);
    }
}

#[test]
fn a_lone_deployment_cools_after_a_thousand_failures_without_success() {
    let router = router(1, json!({}));
    let error = refusal(503, &[]);
    for n in 0..999 {
        assert_eq!(fail(&router, 0, f64::from(n) / 1000.0, &error), None);
    }
    assert!(fail(&router, 0, 1.0, &error).is_some());
}

#[test]
fn allowed_fails_replaces_the_rules() {
    let settings = json!({"allowed_fails": 3, "cooldown_time": 60});
    let pair = router(2, settings.clone());
    let limit = refusal(429, &[("retry-after", "7")]);
    for second in 0..3 {
        assert_eq!(fail(&pair, 0, f64::from(second), &limit), None, "three are allowed");
    }
    assert_eq!(seconds(fail(&pair, 0, 3.0, &limit)), Some(7.0));

    // The window is cooldown_time long and fixed.
    let pair = router(2, settings);
    for second in [0.0, 1.0, 59.0, 60.0, 61.0, 62.0] {
        assert_eq!(fail(&pair, 0, second, &limit), None);
    }
    assert!(fail(&pair, 0, 63.0, &limit).is_some());

    // It makes lone deployments cool, too.
    let alone = router(1, json!({"allowed_fails": 0}));
    assert!(fail(&alone, 0, 0.0, &refusal(500, &[])).is_some());
}

#[test]
fn allowed_fails_policy_goes_by_class() {
    let policy = json!({"RateLimitErrorAllowedFails": 0, "InternalServerErrorAllowedFails": 1});
    let router = router(2, json!({"allowed_fails_policy": policy, "allowed_fails": 9}));
    assert!(fail(&router, 0, 0.0, &refusal(429, &[])).is_some());
    assert_eq!(fail(&router, 1, 0.0, &refusal(500, &[])), None);
    assert!(fail(&router, 1, 0.0, &refusal(500, &[])).is_some());
}

#[test]
fn only_the_first_failure_of_a_request_in_its_group_is_recorded() {
    let router = router(2, json!({}));
    let limit = refusal(429, &[]);
    assert!(router.failed(&attempt(0, at(0.0)), &limit, FIRST).begun().is_some());
    let later = router.failed(&attempt(1, at(0.0)), &limit, (NthFailure::Later, FIRST.1));
    assert_eq!(later, CooldownStep::None(NoCooldown::LaterFailure));
    assert_eq!(router.healthy("g", at(0.1)), 1, "the second keeps being asked");
}

#[test]
fn a_deployments_own_cooldown_time_wins_and_zero_means_never() {
    let params = [json!({"cooldown_time": 42}), json!({"cooldown_time": 0}), json!({})];
    let router = router_of(&params, json!({}));
    let limit = refusal(429, &[("retry-after", "9")]);
    assert_eq!(seconds(fail(&router, 0, 0.0, &limit)), Some(42.0));
    assert_eq!(fail(&router, 1, 0.0, &limit), None);
    let off = super::given::router(2, json!({"disable_cooldowns": true}));
    assert_eq!(fail(&off, 0, 0.0, &limit), None);
}

#[test]
fn half_is_no_share_above_one_half() {
    let (pair, error) = (router(2, json!({})), refusal(500, &[]));
    for _ in 0..3 {
        pair.succeeded(&attempt(0, at(0.0)), success(0.1));
    }
    for _ in 0..3 {
        assert_eq!(fail(&pair, 0, 1.0, &error), None, "3 of 6 at most");
    }
    assert!(fail(&pair, 0, 1.0, &error).is_some(), "4 of 7");
}

#[test]
fn four_requests_say_nothing_though_all_failed() {
    let (pair, error) = (router(2, json!({})), refusal(500, &[]));
    for _ in 0..4 {
        assert_eq!(fail(&pair, 0, 0.0, &error), None);
    }
    assert!(fail(&pair, 0, 0.0, &error).is_some());
}

#[test]
fn successes_count_for_sixty_seconds_and_not_at_the_sixtieth() {
    let (pair, error) = (router(2, json!({})), refusal(500, &[]));
    for _ in 0..9 {
        pair.succeeded(&attempt(0, at(0.0)), success(0.1));
    }
    for _ in 0..5 {
        assert_eq!(fail(&pair, 0, 59.9, &error), None, "beside nine successes");
    }
    assert!(fail(&pair, 0, 60.0, &error).is_some());
}

#[test]
fn one_success_spares_a_lone_deployment() {
    let (alone, error) = (router(1, json!({})), refusal(503, &[]));
    alone.succeeded(&attempt(0, at(0.0)), success(0.1));
    for _ in 0..1100 {
        assert_eq!(fail(&alone, 0, 1.0, &error), None);
    }
}

#[test]
fn of_the_clients_errors_some_cool_by_their_share_and_the_others_never() {
    for (status, cools) in [(400, false), (403, false), (409, false), (422, false), (408, true)] {
        let (pair, error) = (router(2, json!({})), refusal(status, &[]));
        let cooled = (0..10).any(|_| fail(&pair, 0, 0.0, &error).is_some());
        assert_eq!(cooled, cools, "{status}");
    }
}

#[test]
fn the_window_of_allowed_fails_is_as_long_as_the_cooldown() {
    let (pair, error) =
        (router(2, json!({"allowed_fails": 1, "cooldown_time": 10})), refusal(500, &[]));
    assert_eq!(fail(&pair, 0, 0.0, &error), None);
    assert_eq!(fail(&pair, 0, 10.0, &error), None, "the first of its window");
    assert!(fail(&pair, 0, 11.0, &error).is_some());
}

#[test]
fn a_class_that_the_policy_leaves_out_has_the_allowed_fails_or_three() {
    for (settings, allowed) in [(json!({"allowed_fails": 1}), 1), (json!({}), 3)] {
        let mut settings = settings;
        settings["allowed_fails_policy"] = json!({"RateLimitErrorAllowedFails": 0});
        let (pair, error) = (router(2, settings), refusal(500, &[]));
        for _ in 0..allowed {
            assert_eq!(fail(&pair, 0, 0.0, &error), None, "{allowed} are allowed");
        }
        assert!(fail(&pair, 0, 0.0, &error).is_some());
    }
}

#[test]
fn deployments_of_a_wildcard_never_cool() {
    let entry = |id: &str| {
        json!({
            "model_name": "openai/*",
            "litellm_params": {"model": "openai/*", "api_base": "http://up/v1"},
            "model_info": {"id": id}
        })
    };
    let value = json!({"model_list": [entry("d0"), entry("d1")]});
    let router = Router::new(Arc::new(config(&value)), SEED).expect("a valid config");
    let attempt = Try { group: "openai/*", ..attempt(0, at(0.0)) };
    for status in [429, 401] {
        let step = router.failed(&attempt, &refusal(status, &[]), FIRST);
        assert_eq!(step.begun(), None, "{status}");
    }
}

#[test]
fn what_does_not_cool_tells_its_rule_and_what_the_rule_compared() {
    let step =
        |router: &Router, failure: &Failure| router.failed(&attempt(0, at(1.0)), failure, FIRST);
    let none = CooldownStep::None;
    let server_error = refusal(500, &[]);
    let pair = router(2, json!({}));
    for _ in 0..7 {
        pair.succeeded(&attempt(0, at(0.0)), success(0.1));
    }
    step(&pair, &server_error);
    let low = NoCooldown::LowShare { failed: 2, calls: 9, above_percent: 50 };
    assert_eq!(step(&pair, &server_error), none(low));
    let fresh = router(2, json!({}));
    let few = NoCooldown::FewCalls { failed: 1, calls: 1, calls_min: 5 };
    assert_eq!(step(&fresh, &server_error), none(few));
    assert_eq!(step(&fresh, &broken(Trouble::Connect)), none(NoCooldown::KindSpared));
    let lone = router(1, json!({}));
    let alone = NoCooldown::LoneDeployment { failed: 1, calls: 1, calls_min: 1000 };
    assert_eq!(step(&lone, &server_error), none(alone));
    let allowed = router(2, json!({"allowed_fails": 3}));
    let within = NoCooldown::AllowedFails { failed: 1, allowed: 3 };
    assert_eq!(step(&allowed, &server_error), none(within));
    let off = router(2, json!({"disable_cooldowns": true}));
    assert_eq!(step(&off, &refusal(429, &[])), none(NoCooldown::Off));
    let no_time = router(2, json!({"cooldown_time": 0}));
    assert_eq!(step(&no_time, &refusal(429, &[])), none(NoCooldown::NoTime));
    let cooling = router(2, json!({"cooldown_time": 60}));
    assert!(step(&cooling, &refusal(429, &[])).begun().is_some());
    let left = NoCooldown::AlreadyCooling { left: Duration::from_secs(60) };
    assert_eq!(step(&cooling, &refusal(429, &[])), none(left));
}
