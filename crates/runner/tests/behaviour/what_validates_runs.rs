//! Whatever is planned without a refusal starts and ends: a config that `validate` takes is not refused
//! by the world that it is put into.

use plan::ClockKind;
use proptest::prelude::*;

use crate::support::{plan_on, run, scenario};

/// Parameters of one deployment, each as somebody writes them.
const DEPLOYMENTS: &[&str] = &[
    "model: gpt-4o",
    "model: openai/gpt-4o-mini, api_base: \"http://localhost:8000/v1\"",
    "model: openai/gpt-4o, api_base: \"https://proxy.example:8443/openai\", rpm: 100",
    "model: azure/gpt-4o, api_base: \"https://west.openai.azure.com/\", api_version: \"2024-08-01-preview\"",
    "model: azure/gpt-4o, api_base: os.environ/AZURE_BASE, api_key: os.environ/AZURE_KEY",
    "model: anthropic/claude-3-5-sonnet-20241022, api_key: x, weight: 3",
    "model: claude-3-5-haiku-20241022, order: 2",
    "model: gemini/gemini-2.5-flash, tpm: 1000000",
    "model: bedrock/anthropic.claude-3-haiku-20240307-v1:0, aws_region_name: us-east-1",
    "model: gpt-4o, timeout: 3, stream_timeout: 1, max_parallel_requests: 2",
];

const SETTINGS: &[&str] = &[
    "routing_strategy: simple-shuffle",
    "routing_strategy: least-busy",
    "routing_strategy: latency-based-routing",
    "routing_strategy: usage-based-routing-v2",
    "routing_strategy: cost-based-routing",
    "routing_strategy: priority",
    "num_retries: 0",
    "enable_pre_call_checks: true",
    "disable_cooldowns: yes",
    "allowed_fails: 1",
    "fallbacks: [{ gpt-4o: [other, gpt-4o, nobody] }]",
    "default_fallbacks: [other]",
    "model_group_alias: { gpt-4: gpt-4o, other: gpt-4o }",
    "unknown_setting: 3",
    "timeout: 2",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_plan_without_a_refusal_runs(
        deployments in proptest::collection::vec(
            (proptest::sample::select(vec!["gpt-4o", "other"]), proptest::sample::select(DEPLOYMENTS)), 1..5),
        settings in proptest::collection::btree_set(proptest::sample::select(SETTINGS), 0..5),
    ) {
        let mut config = "model_list:\n".to_owned();
        for (group, params) in &deployments {
            config += &format!("  - {{ model_name: {group}, litellm_params: {{ {params} }} }}\n");
        }
        config += "router_settings:\n";
        for line in settings {
            config += &format!("  {line}\n");
        }
        let text = scenario("any-config", 2, "[]");
        if let Ok(plan) = plan_on(&config, &text, ClockKind::Virtual)
            && plan.refusals.is_empty()
        {
            let ran = run(&plan);
            prop_assert!(ran.is_ok(), "{config}\n{:?}", ran.err());
        }
    }
}
