//! Cooldowns of the personality litellm-1.106, quirks included.

use gateway::decisions::{
    CooldownStep, Cooled, Ended, Failure, LimitSetBy, NoCooldown, NthFailure, Reason, Router,
    Trouble, Try,
};
use std::sync::Arc;
use std::time::Duration;

use super::given::{
    FIRST, SEED, at, attempt, broken, config, config_of, d, refusal, router, router_of, success,
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
        (refusal(429, &[("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT")]), Some(29.0), None),
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
fn what_is_called_a_connection_error_never_cools_however_many() {
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
    let settings = json!({"allowed_fails": 2, "cooldown_time": 60});
    let pair = router(2, settings.clone());
    let limit = refusal(429, &[("retry-after", "7")]);
    for second in 0..2 {
        assert_eq!(fail(&pair, 0, f64::from(second), &limit), None, "two are allowed");
    }
    assert_eq!(seconds(fail(&pair, 0, 3.0, &limit)), Some(7.0));

    // The window is cooldown_time long and fixed.
    let pair = router(2, settings);
    for second in [0.0, 1.0, 60.0, 61.0] {
        assert_eq!(fail(&pair, 0, second, &limit), None);
    }
    assert!(fail(&pair, 0, 63.0, &limit).is_some());

    // It makes lone deployments cool, too.
    let alone = router(1, json!({"allowed_fails": 0}));
    assert!(fail(&alone, 0, 0.0, &refusal(500, &[])).is_some());
}

/// From 1.108 on it makes nobody cool who has neither a sibling nor a fallback, unless a policy names the class of error.
#[test]
fn from_1_108_on_allowed_fails_spares_whoever_has_nobody_else() {
    let by_class = json!({"InternalServerErrorAllowedFails": 0});
    let by_another = json!({"RateLimitErrorAllowedFails": 0});
    for (settings, cools) in [
        (json!({"allowed_fails": 0}), false),
        (json!({"allowed_fails": 0, "fallbacks": [{"g": ["other"]}]}), true),
        (json!({"allowed_fails": 0, "fallbacks": [{"other": ["g"]}]}), false),
        (json!({"allowed_fails": 0, "fallbacks": [{"*": ["other"]}]}), true),
        (json!({"allowed_fails_policy": by_class}), true),
        (json!({"allowed_fails": 0, "allowed_fails_policy": by_another}), false),
    ] {
        for (personality, cools) in [("litellm-1.106", true), ("litellm-1.108", cools)] {
            let mut config = config_of(&[json!({})], settings.clone());
            config.personality = gateway::policy::find(personality).expect("a row");
            let alone = Router::new(Arc::new(config), SEED).expect("a valid config");
            let cooled = fail(&alone, 0, 0.0, &refusal(500, &[])).is_some();
            assert_eq!(cooled, cools, "{personality}: {settings}");
        }
    }
}

#[test]
fn allowed_fails_of_three_is_no_setting() {
    let limit = refusal(429, &[]);
    let pair = router(2, json!({"allowed_fails": 3}));
    assert!(fail(&pair, 0, 0.0, &limit).is_some(), "a 429 cools at once, as without it");
    let alone = router(1, json!({"allowed_fails": 3}));
    for second in 0..20 {
        assert_eq!(fail(&alone, 0, f64::from(second), &limit), None, "and never who is alone");
    }
    // `litellm_settings` set the default with which the router's number is compared.
    for (router_settings, litellm_settings, cools_at_once) in [
        (json!({}), json!({"allowed_fails": 0}), false),
        (json!({}), json!({"allowed_fails": 9}), false),
        (json!({"allowed_fails": 0}), json!({"allowed_fails": 0}), false),
        (json!({"allowed_fails": 0}), json!({"allowed_fails": 3}), true),
        (json!({"allowed_fails": 0}), json!({}), true),
    ] {
        let mut value = json!({"router_settings": router_settings, "model_list": [
            {"model_name": "g", "litellm_params": {"model": "openai/a", "api_base": "http://up/v1"}}
        ]});
        value["litellm_settings"] = litellm_settings;
        let router = Router::new(Arc::new(config(&value)), SEED).expect("a valid config");
        let cooled = fail(&router, 0, 0.0, &refusal(500, &[])).is_some();
        assert_eq!(cooled, cools_at_once, "{value}");
    }
}

#[test]
fn a_deployment_may_have_an_allowance_and_a_cooldown_of_its_own() {
    let entry = |id: &str, info: serde_json::Value| {
        let mut info = info;
        info["id"] = json!(id);
        let params = json!({"model": "openai/a", "api_base": "http://up/v1", "cooldown_time": 40});
        json!({"model_name": "g", "litellm_params": params, "model_info": info})
    };
    let own = |info| {
        let value = json!({"model_list": [entry("d0", info), entry("d1", json!({}))]});
        Router::new(Arc::new(config(&value)), SEED).expect("a valid config")
    };
    let (limit, error, bad) = (refusal(429, &[]), refusal(500, &[]), refusal(400, &[]));
    let router = own(json!({"allowed_fails": 1, "cooldown_time": 8}));
    assert_eq!(fail(&router, 0, 0.0, &limit), None, "one is allowed, even of these");
    assert_eq!(seconds(fail(&router, 0, 1.0, &error)), Some(8.0), "model_info comes first");
    assert_eq!(seconds(fail(&router, 1, 0.0, &limit)), Some(40.0), "the sibling has no such thing");
    // By class it overrides even what spares the request's own faults, and counts each class apart.
    let policy = json!({"BadRequestErrorAllowedFails": 0, "RateLimitErrorAllowedFails": 1});
    let router = own(json!({"allowed_fails_policy": policy}));
    assert_eq!(fail(&router, 0, 0.0, &limit), None);
    assert!(fail(&router, 0, 0.0, &bad).is_some());
    // A class that it leaves out has the router's three.
    let router = own(json!({"allowed_fails_policy": {"BadRequestErrorAllowedFails": 0}}));
    let cooled: Vec<bool> = (0..4).map(|_| fail(&router, 0, 0.0, &error).is_some()).collect();
    assert_eq!(cooled, [false, false, false, true]);
}

#[test]
fn a_failure_by_the_requests_own_limit_cools_nobody_and_is_not_counted() {
    let router = router(2, json!({"allowed_fails": 0}));
    let late = Failure { status: 408, ..broken(Trouble::Timeout) };
    let ended = Ended { limit: LimitSetBy::Request, ..FIRST };
    let step = router.failed(&attempt(0, at(0.0)), &late, ended);
    assert_eq!(step, CooldownStep::None(NoCooldown::LimitOfRequest));
    let answered = refusal(408, &[]);
    assert!(
        router.failed(&attempt(0, at(0.0)), &answered, ended).begun().is_some(),
        "said so itself"
    );
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
    let later =
        router.failed(&attempt(1, at(0.0)), &limit, Ended { nth: NthFailure::Later, ..FIRST });
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
    let allowed = router(2, json!({"allowed_fails": 2}));
    let within = NoCooldown::AllowedFails { failed: 1, allowed: 2 };
    assert_eq!(step(&allowed, &server_error), none(within));
    let off = router(2, json!({"disable_cooldowns": true}));
    assert_eq!(step(&off, &refusal(429, &[])), none(NoCooldown::Off));
    let no_time = refusal(429, &[("retry-after", "0")]);
    assert_eq!(step(&router(2, json!({})), &no_time), none(NoCooldown::NoTime));
    let zero = router(2, json!({"cooldown_time": 0}));
    let lasts = step(&zero, &refusal(429, &[])).begun().map(|cooled| cooled.lasts);
    assert_eq!(lasts, Some(Duration::from_secs(5)), "LiteLLM takes 0 for not set");
    let cooling = router(2, json!({"cooldown_time": 60}));
    assert!(step(&cooling, &refusal(429, &[])).begun().is_some());
    let left = NoCooldown::AlreadyCooling { left: Duration::from_secs(60) };
    assert_eq!(step(&cooling, &refusal(429, &[])), none(left));
}
