//! What a deployment costs, and who says so: the config, the scenario, the list.

use crate::support::{CALM, load_with};
use plan::{Plan, Text};

/// One deployment of `model`, with more in its `litellm_params` and its `model_info`.
#[expect(clippy::expect_used, reason = "a helper of tests")]
fn priced_with(model: &str, params: &str, info: &str) -> Plan {
    let config = format!(
        "model_list:\n- model_name: m\n  litellm_params: {{ model: {model}, api_key: k, api_version: v, \
         api_base: 'https://a.test', aws_region_name: us-east-1{params} }}\n  model_info: {{ id: a{info} }}\n"
    );
    let text = Text::new("c.yaml", config);
    load_with(CALM, |request| request.config = Some(Box::leak(Box::new(text.clone()))))
        .expect("a plan")
}

fn price_of(plan: &Plan) -> Option<(f64, f64)> {
    let deployment = &plan.info.deployments[0];
    deployment.usd_per_million_in.zip(deployment.usd_per_million_out)
}

fn price(model: &str) -> Option<(f64, f64)> {
    price_of(&priced_with(model, "", ""))
}

fn assumed(plan: &Plan) -> String {
    plan.info.assumed.join("\n")
}

#[test]
fn models_of_many_providers_have_a_price() {
    for (model, usd) in [
        ("gpt-4o", (2.5, 10.0)),
        ("openai/gpt-4o-mini", (0.15, 0.6)),
        ("gpt-4o-2024-11-20", (2.5, 10.0)),
        ("gpt-4o-2024-05-13", (5.0, 15.0)),
        ("azure/gpt-4o", (2.5, 10.0)),
        ("azure/eu/gpt-4o-2024-11-20", (2.75, 11.0)),
        ("anthropic/claude-sonnet-4-5", (3.0, 15.0)),
        ("claude-sonnet-4-5-20250929", (3.0, 15.0)),
        ("anthropic/claude-3-5-sonnet-20241022", (3.0, 15.0)),
        ("gemini/gemini-2.5-pro", (1.25, 10.0)),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", (3.3, 16.5)),
        ("bedrock/converse/us.anthropic.claude-sonnet-4-5", (3.3, 16.5)),
        ("groq/openai/gpt-oss-120b", (0.15, 0.6)),
        ("mistral/mistral-large-latest", (0.5, 1.5)),
        ("deepseek/deepseek-chat", (0.28, 0.42)),
        ("xai/grok-4.3", (1.25, 2.5)),
        ("openrouter/openai/gpt-4o", (2.5, 10.0)),
        ("openrouter/anthropic/claude-sonnet-4.5", (3.0, 15.0)),
        ("openrouter/google/gemini-2.5-pro", (1.25, 10.0)),
        ("perplexity/sonar-pro", (3.0, 15.0)),
        ("GPT-4O", (2.5, 10.0)),
    ] {
        assert_eq!(price(model), Some(usd), "{model}");
    }
}

#[test]
fn a_resellers_price_is_its_own() {
    for model in ["groq/gpt-4o", "together_ai/gpt-4o", "gpt-4o-1999", "openrouter/gpt-4o"] {
        assert_eq!(price(model), None, "{model}");
    }
}

#[test]
fn an_azure_deployment_of_any_name_is_priced_by_its_base_model() {
    for base in ["azure/gpt-4o", "gpt-4o", "azure/gpt-4o-2024-11-20"] {
        let plan = priced_with("azure/our-chat-2", "", &format!(", base_model: {base}"));
        assert_eq!(price_of(&plan), Some((2.5, 10.0)), "{base}");
        assert!(
            assumed(&plan).contains("azure/gpt-4o at $2.5 in and $10 out"),
            "{}",
            assumed(&plan)
        );
    }
    let params = priced_with("azure/our-chat-2", ", base_model: azure/gpt-4o", "");
    assert_eq!(price_of(&params), Some((2.5, 10.0)), "where LiteLLM's own pages write it");
    let mini = ", base_model: azure/gpt-4o-mini";
    let both = priced_with("azure/our-chat-2", ", base_model: azure/gpt-4o", mini);
    assert_eq!(price_of(&both), Some((0.15, 0.6)), "`model_info` comes first, as in LiteLLM");
    let empty = priced_with("azure/our-chat-2", ", base_model: azure/gpt-4o", ", base_model: ''");
    assert_eq!(price_of(&empty), Some((2.5, 10.0)), "an empty one is none");
    let dated = priced_with("azure/gpt-4o-2024-08-06", "", ", base_model: azure/gpt-4o-mini");
    assert_eq!(price_of(&dated), Some((0.15, 0.6)), "what it is comes before what it is called");
    assert_eq!(price("azure/our-chat-2"), None);
}

#[test]
fn the_config_comes_before_the_list_and_the_scenario_before_the_config() {
    let own = ", input_cost_per_token: 0.000001, output_cost_per_token: 0.000002";
    let plan = priced_with("gpt-4o", own, "");
    assert_eq!(price_of(&plan), Some((1.0, 2.0)));
    assert!(!assumed(&plan).contains("price"), "nothing is assumed: {}", assumed(&plan));
    let half = priced_with("gpt-4o", ", input_cost_per_token: 0.000001", "");
    assert_eq!(price_of(&half), Some((1.0, 10.0)), "what it leaves out is the list's");
    let unknown = priced_with("openai/ours", ", input_cost_per_token: 0.000001", "");
    assert_eq!(price_of(&unknown), None, "half a price is none");
    assert_eq!(price_of(&priced_with("openai/ours", own, "")), Some((1.0, 2.0)));
}

#[test]
fn the_price_that_is_used_and_its_source_are_told() {
    let told = assumed(&priced_with("openai/gpt-4o", "", ""));
    let line = "list price of 2026-10-21 (litellm 1.106.2): gpt-4o at $2.5 in and $10 out per million \
                tokens, for a";
    assert!(told.contains(line), "{told}");
}

#[test]
fn what_has_no_price_says_so_once_with_the_remedy() {
    let config = "model_list:\n\
                  - { model_name: m, litellm_params: { model: openai/x, api_key: k }, model_info: { id: a } }\n\
                  - { model_name: m, litellm_params: { model: openai/y, api_key: k }, model_info: { id: b } }\n";
    let text = Text::new("c.yaml", config);
    let plan = load_with(CALM, |request| request.config = Some(Box::leak(Box::new(text.clone()))));
    let told = assumed(&plan.expect("a plan"));
    let line = "no price for a (openai/x), b (openai/y): costs stay unknown; set `input_cost_per_token` \
                and `output_cost_per_token` in the config, or `price:` in `deployments:`";
    assert!(told.contains(line), "{told}");
    assert_eq!(told.matches("no price").count(), 1);
}
