//! What of a LiteLLM config a real gateway may be given in a run: what decides how requests are routed and
//! answered, and nothing that holds a secret or reaches out (databases, caches, callbacks, alerts,
//! guardrails, hooks, health checks of its own).
//!
//! A key is kept if it is known here; everything else is left out and said. It must never know which
//! gateway reads the config.

use gateway::litellm;
use serde_json::{Map, Value};

use crate::text::litellm_words::REFERENCE;

/// Keys of a section that are kept, and what becomes of values below them.
struct Section {
    name: &'static str,
    keys: &'static [&'static str],
}

const SECTIONS: &[Section] = &[
    Section { name: "router_settings", keys: ROUTER },
    Section { name: "litellm_settings", keys: LITELLM },
    Section { name: "general_settings", keys: GENERAL },
];

const ROUTER: &[&str] = &[
    "routing_strategy",
    "routing_strategy_args",
    "num_retries",
    "retry_after",
    "timeout",
    "stream_timeout",
    "allowed_fails",
    "allowed_fails_policy",
    "cooldown_time",
    "disable_cooldowns",
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "default_fallbacks",
    "max_fallbacks",
    "retry_policy",
    "model_group_retry_policy",
    "model_group_alias",
    "enable_pre_call_checks",
    "optional_pre_call_checks",
    "enable_tag_filtering",
    "tag_filtering_match_any",
    "tag_routing_prefix",
    "ignore_invalid_deployments",
    "default_max_parallel_requests",
    "default_priority",
    "polling_interval",
];

const LITELLM: &[&str] = &[
    "num_retries",
    "num_retries_per_request",
    "request_timeout",
    "retry_after",
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "default_fallbacks",
    "max_fallbacks",
    "allowed_fails",
    "cooldown_time",
    "disable_cooldowns",
    "drop_params",
    "modify_params",
    "stream",
    "force_ipv4",
    "enable_json_schema_validation",
];

const GENERAL: &[&str] = &[
    "max_parallel_requests",
    "global_max_parallel_requests",
    "completion_model",
    "infer_model_from_keys",
    "max_request_size_mb",
    "max_response_size_mb",
];

/// Of `litellm_params`, besides the parameters of chat completions; address and credentials are the fakes'.
const PARAMS: &[&str] = &[
    "model",
    "api_version",
    "custom_llm_provider",
    "rpm",
    "tpm",
    "weight",
    "order",
    "timeout",
    "stream_timeout",
    "max_retries",
    "num_retries",
    "cooldown_time",
    "allowed_fails",
    "allowed_fails_policy",
    "max_parallel_requests",
    "region_name",
    "aws_region_name",
    "tags",
    "tag_regex",
    "base_model",
    "input_cost_per_token",
    "output_cost_per_token",
    "drop_params",
    "additional_drop_params",
    "stream_options",
];

/// Of `model_info`, besides every number and every yes or no.
const INFO: &[&str] = &["id", "mode", "base_model", "allowed_fails_policy", "litellm_provider"];

/// The same config without what a run must not touch, and the paths that were left out, in the order of
/// the config. Its deployments have neither address nor credentials.
pub fn isolated_config(settings: &Value) -> (Value, Vec<String>) {
    let (mut kept, mut left_out) = (Map::new(), Vec::new());
    for (name, value) in settings.as_object().into_iter().flatten() {
        if name == "model_list" {
            kept.insert(name.clone(), models(value, &mut left_out));
        } else if let Some(section) = SECTIONS.iter().find(|section| section.name == name) {
            let known = |key: &str, _: &Value| section.keys.contains(&key);
            kept.insert(name.clone(), chosen(value, known, name, &mut left_out));
        } else {
            left_out.push(name.clone());
        }
    }
    (Value::Object(kept), left_out)
}

fn models(list: &Value, left_out: &mut Vec<String>) -> Value {
    let entries = list.as_array().into_iter().flatten().enumerate();
    let entry = |(index, entry): (usize, &Value)| {
        let path = format!("model_list[{index}]");
        let mut kept = Map::new();
        for (key, value) in entry.as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            let value = match key.as_str() {
                "model_name" => value.clone(),
                "litellm_params" => {
                    // The fake's take their place.
                    let replaced = |key: &str| {
                        ["api_base", "base_url", "api_key"].contains(&key)
                            || key.starts_with("aws_") && !PARAMS.contains(&key)
                    };
                    let mut params = value.clone();
                    params.as_object_mut().into_iter().for_each(|map| {
                        map.retain(|key, _| !replaced(key));
                    });
                    let known = |key: &str, _: &Value| {
                        PARAMS.contains(&key) || litellm::is_parameter_of_chats(key)
                    };
                    chosen(&params, known, &path, left_out)
                }
                "model_info" => {
                    let known = |key: &str, value: &Value| {
                        INFO.contains(&key) || value.is_number() || value.is_boolean()
                    };
                    chosen(value, known, &path, left_out)
                }
                _ => {
                    left_out.push(path);
                    continue;
                }
            };
            kept.insert(key.clone(), value);
        }
        Value::Object(kept)
    };
    entries.map(entry).collect()
}

/// Those keys of a mapping that are `known` and whose values stand in the file, not in the environment.
fn chosen(
    section: &Value,
    known: impl Fn(&str, &Value) -> bool,
    path: &str,
    left_out: &mut Vec<String>,
) -> Value {
    let mut kept = Map::new();
    for (key, value) in section.as_object().into_iter().flatten() {
        if known(key, value) && !refers(value) {
            kept.insert(key.clone(), value.clone());
        } else {
            left_out.push(format!("{path}.{key}"));
        }
    }
    Value::Object(kept)
}

/// Whether anything in a value stands for a variable of the environment.
fn refers(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with(REFERENCE),
        Value::Array(items) => items.iter().any(refers),
        Value::Object(entries) => entries.values().any(refers),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::isolated_config;

    #[test]
    fn what_decides_routing_stays_and_what_reaches_out_is_left_out_and_said() {
        let (kept, left_out) = isolated_config(&json!({
            "model_list": [{
                "model_name": "gpt-4o",
                "litellm_params": {
                    "model": "azure/gpt-4o", "api_base": "https://real", "api_key": "sk-real",
                    "api_version": "os.environ/VERSION", "rpm": 60, "client_secret": "hidden",
                    "extra_headers": { "x-key": "hidden" }, "aws_session_token": "hidden",
                },
                "model_info": { "id": "west", "max_tokens": 9, "notes": "hidden" },
                "hook": "hidden",
            }],
            "router_settings": { "num_retries": 2, "redis_host": "cache.internal" },
            "litellm_settings": { "callbacks": ["langfuse"], "request_timeout": 9 },
            "general_settings": { "master_key": "hidden", "database_url": "hidden" },
            "environment_variables": { "OPENAI_API_KEY": "hidden" },
        }));
        insta::assert_json_snapshot!(kept);
        insta::assert_debug_snapshot!(left_out);
        assert!(!kept.to_string().contains("hidden") && !kept.to_string().contains("real"));
    }
}
