//! Which words of a LiteLLM config are nobody's secret: the keys whose values a message, a report or a
//! run directory may print. A value is printed because its key stands here, never because it looks
//! harmless; of everything else people see the key and a mark in place of the value.
//!
//! It must never know what the keys do.

use crate::text::node::{Node, Value};

/// A reference instead of a value: shown, because it is the name that one wants to check.
pub(crate) const REFERENCE: &str = "os.environ/";

/// Longest name that is shown whole.
const NAME_MAX: usize = 100;

/// Keys whose values are names: of models, deployments, strategies, places.
const NAMES: &[&str] = &[
    "model_name",
    "model",
    "id",
    "base_model",
    "custom_llm_provider",
    "litellm_provider",
    "routing_strategy",
    "api_version",
    "vertex_location",
    "mode",
    "tier",
    "reasoning_effort",
    "budget_duration",
    "completion_model",
    "litellm_credential_name",
    "credential_name",
];

/// Keys that map names to names, or list them.
const TABLES_OF_NAMES: &[&str] = &[
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "default_fallbacks",
    "model_group_alias",
    "access_groups",
    "tags",
    "optional_pre_call_checks",
];

/// Keys whose values are numbers or yes and no.
const NUMBERS: &[&str] = &[
    "num_retries",
    "max_retries",
    "retry_after",
    "timeout",
    "stream_timeout",
    "request_timeout",
    "allowed_fails",
    "cooldown_time",
    "disable_cooldowns",
    "max_fallbacks",
    "enable_pre_call_checks",
    "enable_tag_filtering",
    "tag_filtering_match_any",
    "default_max_parallel_requests",
    "max_parallel_requests",
    "global_max_parallel_requests",
    "default_priority",
    "polling_interval",
    "rpm",
    "tpm",
    "weight",
    "order",
    "ttl",
    "lowest_latency_buffer",
    "rolling_window_size",
    "input_cost_per_token",
    "output_cost_per_token",
    "max_tokens",
    "max_completion_tokens",
    "max_input_tokens",
    "max_output_tokens",
    "temperature",
    "top_p",
    "seed",
    "n",
    "presence_penalty",
    "frequency_penalty",
    "stream",
    "drop_params",
    "modify_params",
    "set_verbose",
    "json_logs",
    "cache",
    "max_budget",
    "hidden",
    "background_health_checks",
    "health_check_interval",
    "health_check_concurrency",
    "store_model_in_db",
    "disable_spend_logs",
    "ssl_verify",
];

/// Keys below which further keys are settings and not somebody's own words.
const SECTIONS: &[&str] = &[
    "model_list",
    "litellm_params",
    "model_info",
    "router_settings",
    "litellm_settings",
    "general_settings",
    "brownout_settings",
    "routing_strategy_args",
    "retry_policy",
    "allowed_fails_policy",
    "model_group_retry_policy",
    "default_litellm_params",
];

/// Further keys that messages point at; their values are nobody's business.
const OPAQUE: &[&str] = &[
    "api_key",
    "api_base",
    "base_url",
    "organization",
    "tenant_id",
    "client_id",
    "client_secret",
    "azure_ad_token",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_bedrock_runtime_endpoint",
    "aws_profile_name",
    "aws_role_name",
    "aws_session_name",
    "aws_external_id",
    "aws_web_identity_token",
    "aws_sts_endpoint",
    "azure_scope",
    "model_id",
    "ssl_certificate",
    "vertex_credentials",
    "vertex_ai_credentials",
    "vertex_project",
    "extra_headers",
    "extra_body",
    "headers",
    "master_key",
    "database_url",
    "redis_url",
    "redis_host",
    "redis_port",
    "redis_password",
    "cache_params",
    "cache_kwargs",
    "callbacks",
    "success_callback",
    "failure_callback",
    "callback_settings",
    "alerting",
    "alerting_args",
    "alert_to_webhook_url",
    "guardrails",
    "mcp_servers",
    "environment_variables",
    "credential_list",
    "credential_values",
    "include",
];

/// Ends of keys of policies, whose values are numbers.
const POLICY_ENDS: &[&str] = &["Retries", "AllowedFails"];

/// Whether a key is one of LiteLLM's, whose name may be shown wherever it stands.
pub(crate) fn is_known(key: &str) -> bool {
    [NAMES, TABLES_OF_NAMES, NUMBERS, SECTIONS, OPAQUE].iter().any(|list| list.contains(&key))
        || POLICY_ENDS
            .iter()
            .any(|end| key.ends_with(end) && key.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whether the value of a scalar may be shown that stands under `path`, keys from the root on.
pub(crate) fn may_show_value(path: &[&str], value: &Value) -> bool {
    let Some(key) = path.last() else { return false };
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => {
            NUMBERS.contains(key)
                || POLICY_ENDS.iter().any(|end| key.ends_with(end))
                || (NAMES.contains(key) && *key != "id")
        }
        Value::Text(text) => {
            is_reference(text) || ((NAMES.contains(key) || in_table(path)) && is_name(text))
        }
        Value::List(_) | Value::Map(_) => false,
    }
}

/// Whether `path` ends in a table of names, or in one entry of it.
fn in_table(path: &[&str]) -> bool {
    let depth = path.iter().rev().position(|key| TABLES_OF_NAMES.contains(key));
    depth.is_some_and(|depth| depth <= 1)
}

/// Whether the key at the end of `path` may be shown, with this value.
pub(crate) fn may_show_key(path: &[&str], value: &Node) -> bool {
    let Some((key, above)) = path.split_last() else { return false };
    if is_known(key) {
        return true;
    }
    match above.last() {
        // A setting that nobody knows must be named to be mended; a word without a value is none.
        None => is_word(key) && !matches!(value.value, Value::Null),
        Some(section) if TABLES_OF_NAMES.contains(section) => is_name(key),
        Some(&"model_group_retry_policy") => is_name(key),
        Some(section) if SECTIONS.contains(section) => {
            is_word(key) && !matches!(value.value, Value::Null)
        }
        Some(_) => false,
    }
}

/// A key as a message may print it: as it is if it is a word, else a mark.
pub(crate) fn key(key: &str) -> &str {
    if is_known(key) || is_word(key) || is_name(key) && key.len() <= 40 { key } else { "…" }
}

/// A config's value without what may not be shown; containers of somebody's own words become a mark whole.
pub(crate) fn masked(value: serde_json::Value) -> serde_json::Value {
    masked_at(value, &mut Vec::new())
}

/// The same for a value that stands under `path`, keys from the root on.
pub(crate) fn masked_under(value: serde_json::Value, path: &[String]) -> serde_json::Value {
    masked_at(value, &mut path.to_vec())
}

fn masked_at(value: serde_json::Value, path: &mut Vec<String>) -> serde_json::Value {
    use serde_json::Value as Json;
    let mark = || Json::String("****".to_owned());
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    let shown = |value: Value| may_show_value(&keys, &value);
    let scalar = match &value {
        Json::Null => true,
        Json::Bool(flag) => shown(Value::Bool(*flag)),
        Json::Number(number) => shown(Value::Number(number.clone())),
        Json::String(text) => shown(Value::Text(text.clone())),
        Json::Array(_) | Json::Object(_) => true,
    };
    match value {
        Json::Array(items) => items.into_iter().map(|item| masked_at(item, path)).collect(),
        Json::Object(entries) => {
            let open = |key: &str| {
                let below = |list: &[&str]| {
                    list.contains(&key) || path.iter().any(|key| list.contains(&key.as_str()))
                };
                below(SECTIONS) || below(TABLES_OF_NAMES)
            };
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| {
                    let opaque =
                        OPAQUE.contains(&key.as_str()) && (value.is_object() || value.is_array());
                    (open(&key) && !opaque, key, value)
                })
                .collect();
            let mut kept = serde_json::Map::new();
            for (open, key, value) in entries {
                let whole = value.is_object() || value.is_array();
                path.push(key.clone());
                kept.insert(key, if whole && !open { mark() } else { masked_at(value, path) });
                path.pop();
            }
            Json::Object(kept)
        }
        value => {
            if scalar {
                value
            } else {
                mark()
            }
        }
    }
}

/// Whether a text refers to a variable of the environment whose name can be told.
pub(crate) fn is_reference(text: &str) -> bool {
    text.strip_prefix(REFERENCE).is_some_and(is_variable)
}

/// Whether a text is the name of a variable as environments have them.
fn is_variable(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(word)
}

/// Whether a key is a word like those of settings.
fn is_word(key: &str) -> bool {
    let word = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
    };
    key.len() <= 60
        && !looks_like_a_key(key)
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(word)
        && key.bytes().filter(u8::is_ascii_digit).count() <= 4
}

/// Whether a text can be somebody's name of a model, and is no credential put in its place.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_MAX
        && !text.contains("://")
        && !text.contains('\n')
        && !looks_like_a_key(text)
}

/// Whether a word starts as keys of providers do.
pub(crate) fn looks_like_a_key(text: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c)))
        .any(|word| word.len() >= 8 && (word.starts_with("sk-") || word.starts_with("AKIA")))
}

#[cfg(test)]
mod tests {
    use super::{is_known, may_show_value};
    use crate::text::node::Value;

    fn text(path: &[&str], text: &str) -> bool {
        may_show_value(path, &Value::Text(text.to_owned()))
    }

    #[test]
    fn values_are_shown_by_their_keys_and_not_by_their_looks() {
        assert!(text(&["model_list", "model_name"], "gpt-4o"));
        assert!(text(&["router_settings", "fallbacks", "gpt-4o"], "backup"));
        assert!(text(&["general_settings", "master_key"], "os.environ/MASTER_KEY"));
        assert!(!text(&["general_settings", "master_key"], "os.environ/sk-in-the-wrong-place"));
        assert!(!text(&["general_settings", "master_key"], "gpt-4o"));
        assert!(!text(&["model_list", "litellm_params", "model"], "sk-0123456789"));
        assert!(!text(&["model_list", "litellm_params", "api_base"], "https://u:p@host/v1"));
        assert!(!text(&["router_settings", "fallbacks", "gpt-4o", "api_key"], "hunter2"));
        assert!(may_show_value(&["num_retries"], &Value::Number(3.into())));
        assert!(!text(&["num_retries"], "hunter2"));
        assert!(!may_show_value(&["redis_password"], &Value::Number(3.into())));
        assert!(!may_show_value(&[], &Value::Number(3.into())));
    }

    #[test]
    fn policies_are_known_by_their_ends() {
        assert!(is_known("RateLimitErrorRetries") && !is_known("my secret Retries"));
    }
}
