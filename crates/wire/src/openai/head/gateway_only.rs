//! Members of a request that are the gateway's: LiteLLM's per-request settings, which no provider knows
//! and some of which (keys, addresses) none may see. Names after LiteLLM 1.106's own list of them.

/// Names, in the order of their bytes.
const NAMES: &[&str] = &[
    "additional_drop_params",
    "allowed_model_region",
    "allowed_openai_params",
    "api_base",
    "api_key",
    "api_version",
    "assistant_continue_message",
    "base_model",
    "base_url",
    "cache",
    "cache_key",
    "caching",
    "caching_groups",
    "configurable_clientside_auth_params",
    "content_policy_fallbacks",
    "context_window_fallbacks",
    "cooldown_time",
    "custom_llm_provider",
    "custom_prompt_dict",
    "disable_fallbacks",
    "drop_params",
    "enable_json_schema_validation",
    "enable_tag_filtering",
    "ensure_alternating_roles",
    "extra_headers",
    "fallback_depth",
    "fallbacks",
    "fastest_response",
    "force_timeout",
    "guardrail_config",
    "guardrails",
    "headers",
    "hf_model_name",
    "max_budget",
    "max_fallbacks",
    "max_retries",
    "merge_reasoning_content_in_choices",
    "model_config",
    "model_info",
    "model_list",
    "no-log",
    "num_retries",
    "order",
    "policies",
    "preset_cache_key",
    "priority",
    "prompt_environment",
    "prompt_id",
    "prompt_label",
    "prompt_variables",
    "prompt_version",
    "provider_specific_header",
    "region_name",
    "request_timeout",
    "retry_policy",
    "retry_strategy",
    "routing_strategy",
    "rpm",
    "search_tool_name",
    "secret_fields",
    "silent_model",
    "ssl_verify",
    "stream_timeout",
    "supports_system_message",
    "tags",
    "timeout",
    "tpm",
    "ttl",
    "turn_off_message_logging",
    "use_in_pass_through",
    "use_litellm_proxy",
    "user_continue_message",
    "verbose",
    "weight",
];

/// Beginnings of names: prices, keys of callbacks, tests, and LiteLLM's own.
const PREFIXES: [&str; 8] = [
    "cache_creation_input_",
    "cache_read_input_",
    "input_cost_per_",
    "langfuse_",
    "langsmith_",
    "litellm_",
    "mock_",
    "output_cost_per_",
];

/// Whether a member of a request is the gateway's, and must never reach a provider.
pub fn is_gateway_only(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok() || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, is_gateway_only};

    #[test]
    fn every_name_is_found() {
        assert!(NAMES.is_sorted() && NAMES.iter().all(|name| is_gateway_only(name)));
        assert!(is_gateway_only("mock_response") && is_gateway_only("litellm_metadata"));
        for own in ["model", "messages", "metadata", "prompt", "user", "cache_control", "store"] {
            assert!(!is_gateway_only(own), "{own}");
        }
    }
}
