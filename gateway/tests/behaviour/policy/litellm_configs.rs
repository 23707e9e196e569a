//! LiteLLM's config, as users have it: what is read, what is noted, what is refused.

use std::fmt::Write;
use std::time::Duration;

use gateway::config::Ability;
use gateway::litellm::{ConfigError, Dummies, Loaded, Note, NoteKind, Secrets, read};
use gateway::policy::{self, Origin};
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use vocab::Protocol;

/// The article's config.
fn four_deployments() -> Value {
    json!({
        "model_list": [
            {
                "model_name": "gpt-4o",
                "litellm_params": {
                    "model": "azure/gpt-4o",
                    "api_base": "https://westus-primary.openai.azure.com/",
                    "api_key": "os.environ/AZURE_API_KEY",
                    "api_version": "2024-08-01-preview"
                },
                "model_info": {"id": "azure-westus-gpt4o"}
            },
            {
                "model_name": "gpt-4o",
                "litellm_params": {
                    "model": "azure/gpt-4o",
                    "api_base": "https://eastus-secondary.openai.azure.com/",
                    "api_key": "os.environ/AZURE_API_KEY_SECONDARY",
                    "api_version": "2024-08-01-preview"
                },
                "model_info": {"id": "azure-eastus-gpt4o"}
            },
            {
                "model_name": "gpt-4o",
                "litellm_params": {"model": "gpt-4o", "api_key": "os.environ/OPENAI_API_KEY"},
                "model_info": {"id": "openai-direct-gpt4o"}
            },
            {
                "model_name": "gpt-4o",
                "litellm_params": {
                    "model": "anthropic/claude-3-5-sonnet-20241022",
                    "api_key": "os.environ/ANTHROPIC_API_KEY"
                },
                "model_info": {"id": "anthropic-claude-sonnet"}
            }
        ],
        "litellm_settings": {
            "num_retries": 3,
            "retry_after": 5,
            "fallbacks": [{"gpt-4o": ["gpt-4o"]}],
            "request_timeout": 120,
            "stream": true
        },
        "router_settings": {
            "routing_strategy": "least-busy",
            "enable_pre_call_checks": true,
            "cooldown_time": 60,
            "num_retries": 2,
            "retry_after": 5,
            "allowed_fails": 3
        },
        "general_settings": {
            "master_key": "os.environ/LITELLM_MASTER_KEY",
            "database_url": "os.environ/DATABASE_URL"
        }
    })
}

fn loaded(value: &Value) -> Loaded {
    read(value, &Dummies).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn shown(notes: &[Note]) -> String {
    let mut text = String::new();
    for Note { path, kind, text: what, .. } in notes {
        writeln!(text, "{path}: {kind:?}: {what}").expect("a string takes everything");
    }
    text
}

/// One deployment with changed parameters, and settings.
fn one(params: Value, rest: Value) -> Value {
    let mut entry = json!({"model_name": "m", "litellm_params": {"model": "openai/gpt-4o"}});
    for (key, value) in params.as_object().into_iter().flatten() {
        entry["litellm_params"][key] = value.clone();
    }
    let mut config = rest;
    config["model_list"] = json!([entry]);
    config
}

#[test]
fn the_articles_config_is_read_and_nothing_is_dropped_in_silence() {
    let Loaded { config, notes } = loaded(&four_deployments());
    let rows = config.deployments.iter().map(|deployment| {
        format!(
            "{} {} {} {} {:?} {:?}",
            deployment.id,
            deployment.protocol,
            deployment.model,
            deployment.authority,
            deployment.base_path,
            deployment.api_version
        )
    });
    assert_snapshot!("article_deployments", rows.collect::<Vec<_>>().join("\n"));
    let router = &config.router;
    assert_eq!(
        (router.routing_strategy.name, config.personality),
        ("least-busy", policy::default_for(Origin::LiteLlm))
    );
    assert_eq!((router.num_retries, router.allowed_fails), (2, Some(3)));
    assert_eq!(router.timeout, Duration::from_secs(120));
    assert_eq!(
        (router.cooldown_time, router.retry_after),
        (Duration::from_secs(60), Duration::from_secs(5))
    );
    assert!(router.enable_pre_call_checks);
    assert_eq!(router.fallbacks.len(), 1);
    assert!(config.master_key.is_some());
    assert_snapshot!("article_notes", shown(&notes));
}

#[test]
fn silence_means_litellms_defaults() {
    let config = loaded(&one(json!({}), json!({}))).config;
    let router = &config.router;
    assert_eq!(router.routing_strategy.name, "simple-shuffle");
    assert_eq!((router.num_retries, router.max_fallbacks, router.allowed_fails), (2, 5, None));
    assert_eq!(router.timeout, Duration::from_secs(6000));
    assert_eq!(
        (router.cooldown_time, router.retry_after),
        (Duration::from_secs(5), Duration::ZERO)
    );
    assert!(config.master_key.is_none());
    let deployment = &config.deployments[0];
    assert_eq!(deployment.id.as_str(), "openai/gpt-4o@api");
    assert_eq!(
        (deployment.authority.to_string().as_str(), &*deployment.base_path),
        ("api.openai.com:443", "/v1")
    );
}

#[test]
fn ids_are_given_where_there_are_none() {
    let entry = |model: &str, base: Value, info: Value| {
        json!({
            "model_name": "m",
            "litellm_params": {"model": model, "api_base": base},
            "model_info": info
        })
    };
    let azure =
        || entry("azure/gpt-4o", json!("https://westus-primary.openai.azure.com"), Value::Null);
    let list = json!([
        azure(),
        azure(),
        azure(),
        entry("openai/llama", json!("http://127.0.0.1:8001/v1"), Value::Null),
        entry("openai/llama", json!("http://vllm:8000/v1"), Value::Null),
        entry("claude-3-haiku", Value::Null, Value::Null),
        entry("gpt-4o", Value::Null, json!({"id": 17})),
    ]);
    let Loaded { config, notes } = loaded(&json!({"model_list": list}));
    let ids: Vec<&str> = config.deployments.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "azure/gpt-4o@westus-primary",
            "azure/gpt-4o@westus-primary#2",
            "azure/gpt-4o@westus-primary#3",
            "openai/llama@127.0.0.1:8001",
            "openai/llama@vllm:8000",
            "anthropic/claude-3-haiku@api",
            "17",
        ]
    );
    let renamed = notes.iter().filter(|note| note.text.starts_with("another deployment is called"));
    assert_eq!(renamed.count(), 2, "{notes:?}");
    assert_eq!(config.deployments[5].protocol, Protocol::Anthropic);
    assert!(config.deployments[0].api_version.is_some(), "LiteLLM has a default");
}

#[test]
fn every_parameter_of_a_deployment_arrives() {
    let params = json!({
        "api_key": "sk-1", "rpm": "600", "tpm": 1e5, "weight": 0.5, "order": 2, "timeout": "30",
        "stream_timeout": 2.5, "num_retries": 1, "max_parallel_requests": 7, "cooldown_time": 0,
        "region_name": "eu", "input_cost_per_token": 1e-6, "output_cost_per_token": "2e-6"
    });
    let mut value = one(params, json!({}));
    // What is neither true nor false says nothing.
    value["model_list"][0]["model_info"] = json!({
        "max_input_tokens": 8000, "supports_vision": false, "supports_function_calling": true,
        "supports_audio_input": "no", "supports_pdf_input": null
    });
    let Loaded { config, notes } = loaded(&value);
    assert_eq!(notes, []);
    let deployment = &config.deployments[0];
    assert_eq!(deployment.api_key.as_ref().map(|key| key.reveal()), Some("sk-1"));
    assert_eq!((deployment.rpm, deployment.tpm), (Some(600), Some(100_000)));
    assert_eq!((deployment.weight, deployment.order), (Some(0.5), Some(2)));
    assert_eq!(deployment.timeout, Some(Duration::from_secs(30)));
    assert_eq!(deployment.stream_timeout, Some(Duration::from_millis(2500)));
    assert_eq!((deployment.num_retries, deployment.max_parallel_requests), (Some(1), Some(7)));
    assert_eq!(deployment.cooldown_time, Some(Duration::ZERO));
    assert_eq!(deployment.region.as_deref(), Some("eu"));
    assert_eq!(deployment.input_cost_per_token, Some(1e-6));
    assert_eq!(deployment.output_cost_per_token, Some(2e-6));
    assert_eq!(deployment.max_input_tokens, Some(8000));
    assert_eq!(deployment.lacks, [Ability::Pictures]);
}

#[test]
fn settings_of_all_kinds_arrive() {
    let settings = json!({
        "routing_strategy": "priority",
        "timeout": 0, "stream_timeout": 9, "max_fallbacks": 2, "disable_cooldowns": "True",
        "retry_policy": {"RateLimitErrorRetries": 4, "TimeoutErrorRetries": 0},
        "model_group_retry_policy": {"m": {"BadRequestErrorRetries": 1}},
        "allowed_fails_policy": {"ContentPolicyViolationErrorAllowedFails": 9},
        "content_policy_fallbacks": [{"m": [{"model": "m2", "temperature": 0}]}],
        "default_fallbacks": ["m"],
        "model_group_alias": {"n": "m"},
        "default_max_parallel_requests": 11
    });
    let config = loaded(&one(json!({}), json!({"router_settings": settings}))).config;
    let router = &config.router;
    assert_eq!(config.personality, policy::default_for(Origin::Own));
    assert_eq!(router.timeout, Duration::from_secs(6000), "0 is unset");
    assert_eq!(router.stream_timeout, Some(Duration::from_secs(9)));
    assert_eq!((router.max_fallbacks, router.disable_cooldowns), (2, true));
    let policy = router.retry_policy.expect("given");
    assert_eq!((policy.rate_limit, policy.timeout, policy.bad_request), (Some(4), Some(0), None));
    assert_eq!(router.model_group_retry_policy["m"].bad_request, Some(1));
    assert_eq!(router.allowed_fails_policy.and_then(|policy| policy.content_policy), Some(9));
    assert_eq!(&*router.content_policy_fallbacks["m"][0], "m2");
    assert_eq!(&*router.fallbacks["*"][0], "m");
    assert_eq!(&*router.model_group_alias["n"], "m");
    assert_eq!(router.default_max_parallel_requests, Some(11));
}

#[test]
fn what_has_no_effect_is_said_once() {
    let entry = |n: u32| {
        json!({
            "model_name": "m",
            "litellm_params": {
                "model": "openai/gpt-4o", "max_retries": 3, "tag_regex": ["a"], "temprature": 1, "aws_region_name": "x"
            },
            "model_info": {"id": n, "mode": "chat"}
        })
    };
    let value = json!({
        "model_list": [entry(1), entry(2)],
        "router_settings": {
            "retry_afer": 5, "redis_host": "redis", "client_ttl": 9, "alerting_config": null,
            "routing_strategy": "latency-based-routing", "routing_strategy_args": {"tll": 3}
        },
        "litellm_settings": {"callbacks": ["langfuse"], "cache": false, "drop_params": true},
        "general_settings": {"alerting": ["slack"]},
        "router_setting": {}
    });
    assert_snapshot!("notes_without_effect", shown(&loaded(&value).notes));
}

#[test]
fn fallbacks_that_lead_nowhere_are_noted() {
    let settings = json!({"fallbacks": [{"m": ["m", "mm"]}, {"other": ["m"]}],
        "model_group_alias": {"x": "nobody"}});
    let Loaded { notes, .. } = loaded(&one(json!({}), json!({"router_settings": settings})));
    assert_snapshot!("notes_on_fallbacks", shown(&notes));
}

#[test]
fn mistakes_have_a_place_and_a_remedy() {
    let router = |settings: Value| one(json!({}), json!({"router_settings": settings}));
    let cases = [
        json!(null),
        json!("text"),
        json!({}),
        json!({"model_list": []}),
        json!({"model_list": {"a": 1}}),
        json!({"model_list": ["gpt-4o"]}),
        json!({"model_list": [{"model_name": "m"}]}),
        json!({"model_list": [{"litellm_params": {"model": "gpt-4o"}}]}),
        json!({"model_list": [{"model_name": "m", "litellm_params": {"model": " "}}]}),
        one(json!({"model": "azure/gpt-4o", "api_base": "westus"}), json!({})),
        one(json!({"model": "hosted_vllm/x"}), json!({})),
        one(json!({"model": "anthropc/claude"}), json!({})),
        one(json!({"model": "vertex_ai/claude"}), json!({})),
        one(json!({"rpm": -1}), json!({})),
        one(json!({"rpm": "many"}), json!({})),
        one(json!({"rpm": 1.5}), json!({})),
        one(json!({"timeout": 1e300}), json!({})),
        one(json!({"api_key": ["sk-secret"]}), json!({})),
        router(json!({"routing_strategy": "latency-based"})),
        router(json!({"routing_strategy": "provider-budget-routing"})),
        router(
            json!({"routing_strategy": "latency-based-routing", "routing_strategy_args": {"ttl": "x"}}),
        ),
        router(json!({"cooldown_time": {"s": 5}})),
        router(json!({"num_retries": 5_000_000_000_u64})),
        router(json!({"enable_pre_call_checks": 3})),
        router(json!({"fallbacks": {"m": ["n"]}})),
        router(json!({"fallbacks": ["m"]})),
        router(json!({"fallbacks": [{"m": [3]}]})),
        router(json!({"health_check_interval": 30})),
    ];
    let mut text = String::new();
    for case in cases {
        // As a gateway reads it: in a run stand-ins take the place of what is not there.
        let errors = read(&case, &Environment).expect_err("a mistake");
        for ConfigError { path, message, help } in errors {
            writeln!(text, "{path}: {message} ({help})").expect("a string takes everything");
        }
    }
    assert!(!text.contains("sk-secret"));
    assert_snapshot!("mistakes", text);
}

/// An environment with one variable.
struct Environment;

impl Secrets for Environment {
    fn resolve(&self, name: &str, _: &str) -> Option<String> {
        (name == "OPENAI_API_KEY").then(|| "sk-from-environment".to_owned())
    }
}

#[test]
fn unset_variables_are_errors_where_they_matter() {
    let value = one(
        json!({"api_key": "os.environ/AZURE_KEY", "tenant_id": "os.environ/TENANT"}),
        json!({}),
    );
    let errors = read(&value, &Environment).expect_err("AZURE_KEY is not set");
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].to_string(),
        "model_list[0].litellm_params.api_key: the environment variable AZURE_KEY is not set"
    );
    // LiteLLM finds this one by itself.
    let found = read(&one(json!({}), json!({})), &Environment).expect("valid").config;
    assert_eq!(
        found.deployments[0].api_key.as_ref().map(|key| key.reveal()),
        Some("sk-from-environment")
    );
    assert!(!format!("{found:?}").contains("sk-from"), "secrets do not show");
}

#[test]
fn dummies_stand_in_for_addresses_too() {
    let params = json!({"model": "azure/gpt-4o", "api_base": "os.environ/AZURE_API_BASE", "api_version": "os.environ/V"});
    let config = loaded(&one(params, json!({}))).config;
    assert_eq!(&*config.deployments[0].authority.host, "azure-api-base.invalid");
}

#[test]
fn limits_outside_litellm_params_count_only_where_litellm_looks() {
    let mut value =
        one(json!({}), json!({"router_settings": {"routing_strategy": "cost-based-routing"}}));
    value["model_list"][0]["rpm"] = json!(9);
    value["model_list"][0]["model_info"] = json!({"tpm": 90});
    let deployment = &loaded(&value).config.deployments[0];
    assert_eq!((deployment.rpm, deployment.tpm), (Some(9), Some(90)));
    value["router_settings"]["routing_strategy"] = json!("simple-shuffle");
    let Loaded { config, notes } = loaded(&value);
    assert_eq!((config.deployments[0].rpm, config.deployments[0].tpm), (None, None));
    assert_eq!(notes.iter().filter(|note| note.kind == NoteKind::Inert).count(), 2);
}

/// Arbitrary JSON under the keys that are acted on.
fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("os.environ/X")),
    ];
    let key = prop::sample::select(vec![
        "model_list",
        "model_name",
        "litellm_params",
        "model",
        "router_settings",
        "fallbacks",
        "rpm",
        "timeout",
        "retry_policy",
        "model_group_alias",
        "api_base",
        "order",
        "m",
    ]);
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|entries| {
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_is_too_strange(
        list in json_values(), params in json_values(), router in json_values(),
    ) {
        let mut entry = one(json!({}), json!({}))["model_list"][0].clone();
        if params.is_object() {
            entry["litellm_params"] = params;
        }
        for model_list in [list, json!([entry])] {
            let value = json!({"model_list": model_list, "router_settings": router.clone()});
            if let Ok(loaded) = read(&value, &Dummies) {
                prop_assert!(!loaded.config.deployments.is_empty());
            }
        }
    }
}
