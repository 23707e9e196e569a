//! From a model's name to a deployment: names, wildcards, order, checks, and the words when there
//! is nobody.

use gateway::decisions::{ErrorClass, Fleet, Reason, Router, RouterError, Shortage, Tried};
use std::sync::Arc;
use std::time::Duration;

use gateway::strategy::Ask;
use serde_json::{Value, json};

use super::given::{
    FIRST, SEED, ask, at, attempt, config, config_of, d, ds, refusal, rng, router, router_of,
};

fn entry(group: &str, model: &str, id: &str) -> Value {
    json!({
        "model_name": group,
        "litellm_params": {"model": model, "api_base": "http://up/v1"},
        "model_info": {"id": id}
    })
}

fn fleet() -> Fleet {
    Fleet::new(Arc::new(config(&json!({
        "model_list": [
            entry("gpt-4o", "openai/gpt-4o", "one"),
            entry("gpt-4o", "openai/gpt-4o", "two"),
            entry("openai/*", "openai/*", "any-openai"),
            entry("openai/gpt-*", "openai/gpt-*", "any-gpt"),
            entry("one", "openai/other", "three")
        ],
        "router_settings": {"model_group_alias": {
            "gpt-4": "gpt-4o", "fast": {"model": "openai/mini", "hidden": true}
        }}
    }))))
}

#[test]
fn names_resolve_by_id_alias_group_and_wildcard() {
    let fleet = fleet();
    for (model, group, only, upstream) in [
        ("gpt-4o", "gpt-4o", None, "gpt-4o"),
        ("gpt-4", "gpt-4o", None, "gpt-4o"),
        ("two", "two", Some(d(1)), "gpt-4o"),
        ("one", "one", Some(d(0)), "gpt-4o"),
        ("openai/o3", "openai/*", None, "o3"),
        ("openai/gpt-5", "openai/gpt-*", None, "gpt-5"),
        ("fast", "openai/*", None, "mini"),
    ] {
        let target = fleet.resolve(model).unwrap_or_else(|| panic!("{model} is known"));
        assert_eq!((&*target.group, target.only), (group, only), "{model}");
        let first = fleet.members(&target.group)[0];
        assert_eq!(target.upstream_model(&fleet.deployments()[first]), upstream, "{model}");
    }
    for unknown in ["gpt-3", "", "*", "anthropic/claude"] {
        assert_eq!(fleet.resolve(unknown), None, "{unknown}");
    }
    let names: Vec<String> = fleet.group_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["gpt-4o", "openai/*", "openai/gpt-*", "one"]);
}

#[test]
fn parallel_limits_are_derived_like_litellm_derives_them() {
    for (params, settings, limit) in [
        (json!({}), json!({}), None),
        (json!({}), json!({"default_max_parallel_requests": 9}), Some(9)),
        (json!({"tpm": 1000}), json!({"default_max_parallel_requests": 9}), Some(6)),
        (json!({"tpm": 10}), json!({}), Some(1)),
        (json!({"tpm": 1000, "rpm": 40}), json!({}), Some(40)),
        (json!({"rpm": 40, "max_parallel_requests": 2}), json!({}), Some(2)),
        (json!({"rpm": 0}), json!({}), None),
        (json!({"rpm": 0, "tpm": 1000}), json!({"default_max_parallel_requests": 9}), None),
        (json!({"max_parallel_requests": 0, "rpm": 40}), json!({}), None),
    ] {
        let router = router_of(std::slice::from_ref(&params), settings);
        let derived = router.fleet().parallel_limit(d(0)).map(|(most, _)| most);
        assert_eq!(derived, limit, "{params}");
    }
}

#[test]
fn the_lowest_healthy_order_is_served() {
    let params = [json!({"order": 2}), json!({}), json!({"order": 1})];
    let router = router_of(&params, json!({}));
    for n in 0..20 {
        assert_eq!(router.pick(&ask(at(0.0)), Tried::default(), &rng(n)), Ok(d(2)));
    }
    let bound = Ask { order: Some(2), ..ask(at(0.0)) };
    assert_eq!(router.pick(&bound, Tried::default(), &rng(0)), Ok(d(0)));
    router.failed(&attempt(2, at(0.0)), &refusal(429, &[]), FIRST);
    assert_eq!(router.pick(&ask(at(0.0)), Tried::default(), &rng(0)), Ok(d(0)));
}

#[test]
fn pre_call_checks_look_at_rpm_and_context() {
    let value = json!({
        "model_list": [{
            "model_name": "g",
            "litellm_params": {"model": "openai/m", "api_base": "http://up", "rpm": 1},
            "model_info": {"id": "d0", "max_input_tokens": 100}
        }],
        "router_settings": {"enable_pre_call_checks": true}
    });
    let router = Router::new(Arc::new(config(&value)), SEED).expect("valid");
    let long = Ask { prompt_tokens: 101, ..ask(at(0.0)) };
    let none = router.pick(&long, Tried::default(), &rng(0)).expect_err("too long");
    assert_eq!((none.why, none.failure().status), (Shortage::PromptTooLong, 400));
    assert_eq!(router.pick(&ask(at(0.0)), Tried::default(), &rng(0)), Ok(d(0)));
    router.started(&attempt(0, at(0.0)));
    let none = router.pick(&ask(at(1.0)), Tried::default(), &rng(0)).expect_err("rpm is used up");
    assert_eq!((none.why, none.failure().status), (Shortage::OverCheckedLimit, 429));
    assert_eq!(router.pick(&ask(at(60.0)), Tried::default(), &rng(0)), Ok(d(0)));

    // Without the checks rpm is only a weight.
    let router = router_of(&[json!({"rpm": 1})], json!({}));
    router.started(&attempt(0, at(0.0)));
    assert_eq!(router.pick(&ask(at(0.0)), Tried::default(), &rng(0)), Ok(d(0)));
}

/// Under LiteLLM; one that has a figure of its own keeps it.
#[test]
fn the_context_window_of_one_deployment_is_that_of_all_of_its_model() {
    let entry = |group: &str, model: &str, info: serde_json::Value| {
        let params = json!({"model": model, "api_base": "http://up"});
        json!({"model_name": group, "litellm_params": params, "model_info": info})
    };
    let value = json!({
        "model_list": [
            entry("g", "openai/m", json!({"id": "d0"})),
            entry("g", "openai/m", json!({"id": "d1", "max_input_tokens": 500})),
            entry("other", "openai/m", json!({"id": "d2", "max_input_tokens": 100})),
            entry("g", "openai/another", json!({"id": "d3"})),
        ],
        "router_settings": {"enable_pre_call_checks": true}
    });
    let router = Router::new(Arc::new(config(&value)), SEED).expect("valid");
    let picked = |prompt_tokens: u64| {
        let ask = Ask { prompt_tokens, ..ask(at(0.0)) };
        let picks = (0..40).filter_map(|n| router.pick(&ask, Tried::default(), &rng(n)).ok());
        picks.map(|index| index.get()).collect::<std::collections::BTreeSet<usize>>()
    };
    assert_eq!(picked(100), [0, 1, 3].into());
    assert_eq!(picked(101), [1, 3].into());
    assert_eq!(picked(501), [3].into());
}

#[test]
fn nobody_left_is_said_in_litellms_words() {
    let router = router(2, json!({"cooldown_time": 60}));
    router.failed(&attempt(0, at(0.0)), &refusal(429, &[("retry-after", "90")]), FIRST);
    router.failed(&attempt(1, at(1.0)), &refusal(429, &[]), FIRST);
    let none = router.pick(&ask(at(2.0)), Tried::default(), &rng(0)).expect_err("everybody cools");
    assert_eq!(
        none.retry_after,
        Duration::from_secs(60),
        "the shortest cooldown, not what is left"
    );
    assert_eq!(
        none.message,
        "No deployments available for selected model, Try again in 60 seconds. All deployments for selected model are in cooldown. Passed model=g. \
         pre-call-checks=False, cooldown_list=['d0', 'd1']"
    );
    let failure = none.failure();
    assert_eq!((failure.status, failure.reason), (429, Reason::AllCooling));
    assert_eq!(failure.kind.as_deref(), Some("all_deployments_in_cooldown"));
    let by_id = Ask { group: "d1", ..ask(at(2.0)) };
    assert_eq!(
        router.pick(&by_id, Tried::default(), &rng(0)),
        Ok(d(1)),
        "an id skips the cooldown"
    );
    assert_eq!(router.situation("g", Tried::default(), at(2.0)).healthy, 0);
    assert_eq!(
        router.situation("g", Tried { all: &[d(1)], ..Tried::default() }, at(61.5)).fresh,
        0
    );
}

#[test]
fn arguments_that_a_strategy_cannot_use_are_an_error() {
    let mut config = config_of(&[json!({})], json!({"routing_strategy": "latency-based-routing"}));
    config.router.routing_strategy_args = json!({"ttl": "soon"});
    let error = Router::new(Arc::new(config), SEED).expect_err("not a number");
    let RouterError::Argument(error) = error;
    assert_eq!(error.name, "ttl");
}

#[test]
fn a_prompt_as_long_as_the_context_fits_and_who_is_over_its_limit_is_named_first() {
    let entry = |id: &str, rpm: u64, most: u64| {
        json!({
            "model_name": "g",
            "litellm_params": {"model": "openai/m", "api_base": "http://up", "rpm": rpm},
            "model_info": {"id": id, "max_input_tokens": most}
        })
    };
    let value = json!({
        "model_list": [entry("d0", 1, 100), entry("d1", 9, 50)],
        "router_settings": {"enable_pre_call_checks": true}
    });
    let router = Router::new(Arc::new(config(&value)), SEED).expect("valid");
    let full = Ask { prompt_tokens: 100, ..ask(at(0.0)) };
    assert_eq!(router.pick(&full, Tried::default(), &rng(0)), Ok(d(0)));
    router.started(&attempt(0, at(0.0)));
    let none = router
        .pick(&full, Tried::default(), &rng(0))
        .expect_err("one is full, the other too small");
    assert_eq!(none.why, Shortage::OverCheckedLimit);
    assert!(none.message.contains("pre-call-checks=True"), "{}", none.message);
    let failure = none.failure();
    assert_eq!(
        (failure.reason, failure.kind.as_deref()),
        (Reason::OverLimit, Some("throttling_error"))
    );

    let long = Ask { prompt_tokens: 101, ..full };
    let failure = router.pick(&long, Tried::default(), &rng(0)).expect_err("too long").failure();
    assert_eq!((failure.class, failure.reason), (ErrorClass::ContextWindow, Reason::ContextWindow));
    assert_eq!((failure.retry_after, failure.kind), (None, None), "no wait makes it shorter");
}

#[test]
fn a_situation_counts_who_is_left_and_asks_the_deployment_that_failed() {
    let params = [json!({}), json!({"num_retries": 4}), json!({})];
    let router = router_of(&params, json!({}));
    router.failed(&attempt(0, at(0.0)), &refusal(429, &[]), FIRST);
    let after = |tried: &[usize]| {
        let situation =
            router.situation("g", Tried { all: &ds(tried), ..Tried::default() }, at(1.0));
        assert_eq!((situation.group_size, situation.healthy), (3, 2));
        (situation.fresh, situation.deployment_retries)
    };
    assert_eq!(after(&[]), (2, None));
    assert_eq!(after(&[0]), (2, None), "who cools is not fresh anyway");
    assert_eq!(after(&[0, 1]), (1, Some(4)));
    assert_eq!(after(&[1, 2]), (0, None), "the last one failed");
}

#[test]
fn ours_goes_through_the_levels_of_order_and_begins_another_round_with_the_lowest() {
    let params = [json!({"order": 2}), json!({}), json!({"order": 1})];
    let mut config = config_of(&params, json!({}));
    config.personality = gateway::policy::find("brownout").expect("a row");
    let router = Router::new(Arc::new(config), SEED).expect("a valid config");
    for n in 0..20 {
        for (tried, next) in [(&[][..], 2), (&[2], 0), (&[2, 0], 1), (&[2, 0, 1], 2)] {
            assert_eq!(
                router.pick(&ask(at(0.0)), Tried { all: &ds(tried), ..Tried::default() }, &rng(n)),
                Ok(d(next)),
                "{tried:?}"
            );
        }
    }
}

#[test]
fn who_comes_back_first_says_when_to_ask_again_and_only_to_clients() {
    let router = router(2, json!({"cooldown_time": 60}));
    for (deployment, wait) in [(0, "9"), (1, "7")] {
        let headers = [("retry-after", wait)];
        router.failed(&attempt(deployment, at(0.0)), &refusal(429, &headers), FIRST);
    }
    let failure =
        router.pick(&ask(at(1.0)), Tried::default(), &rng(0)).expect_err("all cool").failure();
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(failure.retry_after_whole, None, "no retry waits for a cooldown");
}

#[test]
fn a_client_that_leaves_keeps_nobody_busy() {
    let router = router(2, json!({"routing_strategy": "least-busy"}));
    router.started(&attempt(0, at(0.0)));
    assert_eq!(router.pick(&ask(at(1.0)), Tried::default(), &rng(0)), Ok(d(1)));
    router.abandoned(&attempt(0, at(2.0)));
    assert_eq!(router.pick(&ask(at(3.0)), Tried::default(), &rng(0)), Ok(d(0)));
}
