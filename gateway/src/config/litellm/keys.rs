//! Every key of a LiteLLM proxy config (1.106), by section, and what becomes of it here. A key moves
//! to [`Effect::Acted`] on the day the gateway acts on it.

/// A known key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Its name; a trailing `*` stands for anything.
    pub(super) name: &'static str,
    /// What becomes of it.
    pub(super) effect: Effect,
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    /// The gateway does what LiteLLM does.
    Acted,
    /// LiteLLM does not know it: providers do, to whom it is sent with every request.
    SentAlong,
    /// LiteLLM does something with it, the gateway does not yet.
    NotYet,
    /// LiteLLM does nothing with it, for this reason.
    Inert(&'static str),
    /// It leads to something outside, which is named here and left alone.
    Outside(&'static str),
}

impl Key {
    /// Whether LiteLLM does nothing with it where it stands.
    pub(super) const fn is_inert(&self) -> bool {
        matches!(self.effect, Effect::Inert(_))
    }

    /// Whether this is the key of that name.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => self.name == name,
        }
    }
}

const fn acted(name: &'static str) -> Key {
    Key { name, effect: Effect::Acted }
}

const fn sent_along(name: &'static str) -> Key {
    Key { name, effect: Effect::SentAlong }
}

const fn not_yet(name: &'static str) -> Key {
    Key { name, effect: Effect::NotYet }
}

const fn inert(name: &'static str, why: &'static str) -> Key {
    Key { name, effect: Effect::Inert(why) }
}

const fn outside(name: &'static str, what: &'static str) -> Key {
    Key { name, effect: Effect::Outside(what) }
}

/// Why most of what stands under `litellm_settings` does nothing.
const ATTRIBUTE: &str = "it becomes a module attribute that nothing reads";

/// The file itself.
pub(super) const ROOT: &[Key] = &[
    acted("model_list"),
    acted("router_settings"),
    acted("litellm_settings"),
    acted("general_settings"),
    acted("brownout_settings"),
    acted("environment_variables"),
    acted("include"),
    acted("credential_list"),
    not_yet("assistant_settings"),
    not_yet("files_settings"),
    not_yet("finetune_settings"),
    not_yet("callback_settings"),
    not_yet("policies"),
    outside("guardrails", "the guardrail"),
    outside("mcp_servers", "the MCP server"),
    outside("search_tools", "the search tool"),
    outside("vector_store_registry", "the vector store"),
];

/// `brownout_settings`, which only this gateway reads.
pub(super) const BROWNOUT_SETTINGS: &[Key] =
    &[acted("on_break"), acted("hedging"), acted("retry_budget"), acted("slow_start")];

/// `router_settings`.
pub(super) const ROUTER_SETTINGS: &[Key] = &[
    acted("routing_strategy"),
    acted("routing_strategy_args"),
    acted("num_retries"),
    acted("max_fallbacks"),
    acted("timeout"),
    acted("stream_timeout"),
    acted("retry_after"),
    acted("retry_policy"),
    acted("model_group_retry_policy"),
    acted("allowed_fails"),
    acted("allowed_fails_policy"),
    acted("cooldown_time"),
    acted("disable_cooldowns"),
    acted("fallbacks"),
    acted("context_window_fallbacks"),
    acted("content_policy_fallbacks"),
    acted("default_fallbacks"),
    acted("model_group_alias"),
    acted("enable_pre_call_checks"),
    acted("default_max_parallel_requests"),
    not_yet("routing_groups"),
    not_yet("optional_pre_call_checks"),
    not_yet("deployment_affinity_ttl_seconds"),
    acted("enable_tag_filtering"),
    acted("tag_filtering_match_any"),
    acted("tag_routing_prefix"),
    not_yet("default_priority"),
    not_yet("polling_interval"),
    not_yet("default_litellm_params"),
    not_yet("provider_budget_config"),
    not_yet("cache_responses"),
    not_yet("cache_kwargs"),
    not_yet("caching_groups"),
    not_yet("client_ttl"),
    not_yet("enable_health_check_routing"),
    not_yet("health_check_staleness_threshold"),
    not_yet("health_check_ignore_transient_errors"),
    not_yet("enable_weighted_failover"),
    not_yet("enable_mid_stream_fallback_continuation"),
    not_yet("fallback_on_unsupported_params"),
    not_yet("session_affinity_repin_on_failover"),
    not_yet("assistants_config"),
    not_yet("router_general_settings"),
    not_yet("search_tools"),
    not_yet("guardrail_list"),
    not_yet("plugins"),
    not_yet("set_verbose"),
    not_yet("debug_level"),
    inert("max_retries", "the router sets the retries of provider SDKs to 0"),
    acted("health_check_interval"),
    acted("health_check_concurrency"),
    outside("redis_*", "Redis"),
    outside("alerting_config", "the alerting webhook"),
];

/// `litellm_settings`.
pub(super) const LITELLM_SETTINGS: &[Key] = &[
    acted("num_retries"),
    acted("request_timeout"),
    acted("fallbacks"),
    acted("context_window_fallbacks"),
    acted("content_policy_fallbacks"),
    acted("default_fallbacks"),
    acted("allowed_fails"),
    acted("max_fallbacks"),
    inert("retry_after", "the router reads it from router_settings only"),
    inert("stream", ATTRIBUTE),
    inert("timeout", "the router reads request_timeout here, or router_settings.timeout"),
    inert("cooldown_time", "the router reads it from router_settings only"),
    inert("routing_strategy", "the router reads it from router_settings only"),
    acted("drop_params"),
    not_yet("modify_params"),
    not_yet("max_budget"),
    not_yet("budget_duration"),
    not_yet("default_soft_budget"),
    not_yet("max_ui_session_budget"),
    not_yet("max_internal_user_budget"),
    not_yet("internal_user_budget_duration"),
    not_yet("budget_exceeded_status_code"),
    not_yet("default_team_settings"),
    not_yet("default_team_params"),
    not_yet("default_internal_user_params"),
    not_yet("upperbound_key_generate_params"),
    not_yet("require_auth_for_metrics_endpoint"),
    not_yet("default_in_memory_ttl"),
    not_yet("default_redis_ttl"),
    not_yet("redact_messages_in_exceptions"),
    not_yet("redact_user_api_key_info"),
    not_yet("turn_off_message_logging"),
    not_yet("json_logs"),
    not_yet("set_verbose"),
    not_yet("suppress_debug_info"),
    not_yet("network_mock"),
    not_yet("ssl_verify"),
    not_yet("force_ipv4"),
    not_yet("enable_json_schema_validation"),
    not_yet("model_alias_map"),
    not_yet("public_model_groups"),
    not_yet("disable_end_user_cost_tracking"),
    outside("cache", "a cache"),
    outside("cache_params", "the cache"),
    outside("callbacks", "the callback"),
    outside("success_callback", "the callback"),
    outside("failure_callback", "the callback"),
    outside("service_callback", "the callback"),
    outside("audit_log_callbacks", "the callback"),
    outside("langfuse_*", "Langfuse"),
    outside("s3_callback_params", "S3"),
    outside("guardrails", "the guardrail"),
];

/// `general_settings`.
pub(super) const GENERAL_SETTINGS: &[Key] = &[
    acted("master_key"),
    not_yet("max_parallel_requests"),
    not_yet("global_max_parallel_requests"),
    not_yet("max_request_size_mb"),
    not_yet("max_response_size_mb"),
    not_yet("background_health_checks"),
    not_yet("health_check_interval"),
    not_yet("health_check_concurrency"),
    not_yet("health_check_details"),
    not_yet("enable_health_check_routing"),
    not_yet("use_shared_health_check"),
    not_yet("completion_model"),
    not_yet("custom_auth"),
    not_yet("allowed_routes"),
    not_yet("public_routes"),
    not_yet("admin_only_routes"),
    not_yet("litellm_key_header_name"),
    not_yet("user_api_key_cache_ttl"),
    not_yet("proxy_batch_write_at"),
    not_yet("proxy_budget_rescheduler_min_time"),
    not_yet("proxy_budget_rescheduler_max_time"),
    not_yet("disable_spend_logs"),
    not_yet("disable_error_logs"),
    not_yet("maximum_spend_logs_retention_period"),
    not_yet("store_model_in_db"),
    not_yet("store_prompts_in_spend_logs"),
    not_yet("token_rate_limit_type"),
    not_yet("always_include_stream_usage"),
    not_yet("disable_retry_on_max_parallel_request_limit_error"),
    not_yet("forward_client_headers_to_llm_api"),
    not_yet("forward_openai_org_id"),
    not_yet("infer_model_from_keys"),
    not_yet("enforce_user_param"),
    not_yet("enforced_params"),
    not_yet("cancel_on_disconnect"),
    not_yet("allow_public_health_readiness_details"),
    not_yet("allow_requests_on_db_unavailable"),
    not_yet("enable_jwt_auth"),
    not_yet("litellm_jwtauth"),
    not_yet("ui_access_mode"),
    not_yet("use_redis_transaction_buffer"),
    not_yet("alert_types"),
    not_yet("alerting_args"),
    not_yet("alerting_threshold"),
    not_yet("dangerously_allow_mock_testing_request_params"),
    not_yet("pass_through_endpoints"),
    outside("alerting", "the alerting channel"),
    outside("alert_to_webhook_url", "the alerting webhook"),
    outside("database_*", "the database"),
    outside("key_management_*", "the secret manager"),
    outside("use_*_key_manager", "the secret manager"),
];

/// `model_list[]`.
pub(super) const ENTRY: &[Key] = &[
    acted("model_name"),
    acted("litellm_params"),
    acted("model_info"),
    acted("rpm"),
    acted("tpm"),
    inert("weight", "simple-shuffle reads it from litellm_params only"),
];

/// `model_list[].litellm_params`.
pub(super) const LITELLM_PARAMS: &[Key] = &[
    acted("model"),
    acted("custom_llm_provider"),
    acted("api_key"),
    acted("api_base"),
    acted("base_url"),
    acted("api_version"),
    acted("account_id"),
    acted("rpm"),
    acted("tpm"),
    acted("weight"),
    acted("order"),
    acted("timeout"),
    acted("request_timeout"),
    acted("stream_timeout"),
    acted("num_retries"),
    acted("max_parallel_requests"),
    acted("cooldown_time"),
    acted("region_name"),
    acted("input_cost_per_token"),
    acted("output_cost_per_token"),
    acted("base_model"),
    inert("max_retries", "the router sets the retries of provider SDKs to 0"),
    acted("organization"),
    acted("azure_ad_token"),
    not_yet("azure_*"),
    not_yet("tenant_id"),
    not_yet("client_id"),
    not_yet("client_secret"),
    acted("tags"),
    not_yet("tag_regex"),
    acted("aws_region_name"),
    acted("aws_bedrock_runtime_endpoint"),
    acted("aws_access_key_id"),
    acted("aws_secret_access_key"),
    acted("aws_session_token"),
    not_yet("aws_*"),
    acted("vertex_project"),
    acted("vertex_location"),
    acted("vertex_ai_project"),
    acted("vertex_ai_location"),
    not_yet("vertex_*"),
    not_yet("watsonx_*"),
    not_yet("oci_*"),
    not_yet("project_id"),
    not_yet("space_id"),
    not_yet("model_id"),
    not_yet("input_cost_per_*"),
    not_yet("output_cost_per_*"),
    not_yet("cache_*"),
    not_yet("max_budget"),
    not_yet("budget_duration"),
    acted("mock_response"),
    acted("mock_timeout"),
    acted("mock_delay"),
    not_yet("mock_*"),
    acted("drop_params"),
    acted("additional_drop_params"),
    not_yet("allowed_openai_params"),
    acted("litellm_credential_name"),
    not_yet("configurable_clientside_auth_params"),
    not_yet("use_in_pass_through"),
    not_yet("use_litellm_proxy"),
    not_yet("silent_model"),
    not_yet("default_api_key_tpm_limit"),
    not_yet("default_api_key_rpm_limit"),
    acted("extra_headers"),
    acted("extra_body"),
    acted("headers"),
    not_yet("ssl_verify"),
    not_yet("merge_reasoning_content_in_choices"),
    not_yet("guardrails"),
    // What LiteLLM sends along with every request.
    acted("audio"),
    acted("context_management"),
    acted("frequency_penalty"),
    acted("function_call"),
    acted("functions"),
    acted("logit_bias"),
    acted("logprobs"),
    acted("max_completion_tokens"),
    acted("max_tokens"),
    acted("modalities"),
    acted("n"),
    acted("parallel_tool_calls"),
    acted("prediction"),
    acted("presence_penalty"),
    acted("prompt_cache_key"),
    acted("prompt_cache_retention"),
    acted("reasoning_effort"),
    acted("response_format"),
    acted("safety_identifier"),
    acted("seed"),
    acted("service_tier"),
    acted("stop"),
    acted("store"),
    acted("temperature"),
    acted("thinking"),
    acted("tool_choice"),
    acted("tools"),
    acted("top_logprobs"),
    acted("top_p"),
    acted("user"),
    acted("verbosity"),
    acted("web_search_options"),
    sent_along("chat_template_kwargs"),
    sent_along("dimensions"),
    sent_along("enable_thinking"),
    sent_along("encoding_format"),
    sent_along("guardrailConfig"),
    sent_along("guided_json"),
    sent_along("input_type"),
    sent_along("keep_alive"),
    sent_along("min_p"),
    sent_along("num_ctx"),
    sent_along("num_predict"),
    sent_along("output_config"),
    sent_along("performanceConfig"),
    sent_along("provider"),
    sent_along("reasoning"),
    sent_along("repeat_penalty"),
    sent_along("repetition_penalty"),
    sent_along("safety_settings"),
    sent_along("top_a"),
    sent_along("top_k"),
    sent_along("transforms"),
    inert("messages", "every request has its own"),
    acted("metadata"),
    acted("stream_options"),
    not_yet("stream"),
];

/// `model_list[].model_info`.
pub(super) const MODEL_INFO: &[Key] = &[
    acted("id"),
    acted("order"),
    acted("rpm"),
    acted("tpm"),
    acted("max_input_tokens"),
    acted("supports_vision"),
    acted("supports_audio_input"),
    acted("supports_pdf_input"),
    acted("supports_function_calling"),
    acted("supports_response_schema"),
    acted("input_cost_per_token"),
    acted("output_cost_per_token"),
    acted("base_model"),
    acted("mode"),
    not_yet("tier"),
    not_yet("team_id"),
    not_yet("team_public_model_name"),
    inert("access_groups", "it says which virtual keys may call, and the master key may call all"),
    not_yet("supported_environments"),
    not_yet("health_check_*"),
    not_yet("db_model"),
    not_yet("max_tokens"),
    not_yet("max_output_tokens"),
    not_yet("input_cost_per_*"),
    not_yet("output_cost_per_*"),
    not_yet("cache_*"),
    not_yet("supports_*"),
    not_yet("litellm_provider"),
    acted("allowed_fails"),
    acted("allowed_fails_policy"),
    acted("cooldown_time"),
    acted("enable_tag_filtering"),
    acted("allow_fail_open"),
    not_yet("description"),
    not_yet("metadata"),
];
