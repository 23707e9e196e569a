//! Further keys of a LiteLLM proxy config that LiteLLM 1.106.2 takes and this gateway does not act on, by
//! section: module attributes (`__init__.py`), general settings (`proxy/_types.py` and their readers),
//! arguments of the router, fields of deployments (`types/router.py`) and of its price map. They are here so
//! that a key which nobody knows can be told from one that is only of no interest here.

/// The file itself.
pub(super) const ROOT: &str = "\
    agent_list agents default_vertex_config mcp_tools pass_through_endpoints plugins \
    policy_attachments prompts sandbox_tools worker_registry";

/// `router_settings`.
pub(super) const ROUTER_SETTINGS: &str = "\
    auto_router_capability_limit background_health_check_model_groups ignore_invalid_deployments \
    model_group_affinity_config";

/// `litellm_settings`.
pub(super) const LITELLM_SETTINGS: &str = "\
    aclient_session adapters add_function_to_prompt add_user_information_to_llm_headers \
    agent_search_embedding_model ai21_key aiohttp_trust_env aleph_alpha_key \
    allow_dynamic_callback_disabling amazon_nova_api_key anthropic_beta_headers_url anthropic_key \
    anthropic_prompt_caching_ttl anthropic_sse_ping_interval_seconds api_base api_key api_version \
    apply_search_free_tier argilla_batch_size argilla_transformation_object autorouter_presets_url \
    aws_sqs_callback_params azure_key azure_llms banned_keywords_list baseten_key \
    bedrock_neutralize_orphaned_tool_blocks bedrock_request_metadata_fields \
    block_requests_for_models_without_pricing blocked_user_list blog_posts_url \
    budget_exceeded_throttle_percentage budget_rollover bytez_key caching callback_settings \
    check_provider_endpoint clarifai_key client_session cloudflare_api_key cohere_key \
    cold_storage_custom_logger cometapi_key common_cloud_provider_auth_params config_path \
    cost_discount_config cost_margin_config credential_list custom_prometheus_metadata_labels \
    custom_prometheus_tags custom_prompt_dict custom_provider_map databricks_key \
    datadog_llm_observability_params datadog_params datadog_use_v1 datarobot_key \
    default_key_generate_params default_key_max_budget_alert_emails \
    default_max_internal_user_budget default_redis_batch_cache_expiry disable_add_prefix_to_prompt \
    disable_add_transform_inline_image_block disable_add_user_agent_to_request_tags \
    disable_aiohttp_transport disable_aiohttp_trust_env \
    disable_anthropic_gemini_context_caching_transform disable_copilot_system_to_assistant \
    disable_end_user_cost_tracking_prometheus_only disable_hf_tokenizer_download \
    disable_stop_sequence_limit disable_streaming_logging disable_token_counter \
    disable_vertex_batch_output_transformation dynamodb_table_name email \
    enable_anthropic_prompt_caching enable_azure_ad_token_refresh \
    enable_caching_on_provider_specific_optional_params \
    enable_end_user_cost_tracking_prometheus_only enable_gemini_default_thinking_level_low \
    enable_key_alias_format_validation enable_loadbalancing_on_batch_endpoints \
    enable_model_config_credential_overrides enable_preview_features enable_redis_auth_cache \
    error_logs expose_router_debug_in_errors extra_spend_tag_headers filter_invalid_headers \
    force_redis_hash_tag_grouping forward_traceparent_to_llm_provider gcs_pub_sub_use_v1 \
    gdc_api_base gdc_key gemini_live_defer_setup generic_api_use_v1 generic_logger_headers \
    gigachat_key global_bitbucket_config global_disable_no_log_param global_gitlab_config global_prompt_directory \
    google_moderation_confidence_threshold gradient_ai_api_key groq_key guardrail_name_config_map \
    headers heroku_key http2 huggingface_key in_memory_llm_clients_cache inception_key \
    include_cost_in_streaming_usage infinity_key initialized_langfuse_clients input_callback \
    key_alias_pattern key_generation_settings langsmith_batch_size lemonade_key litellm_mode \
    llama_api_key llamaguard_model_name llamaguard_unsafe_content_categories llm_guard_mode \
    log_auth_failure_key_identity log_client_error_tracebacks log_raw_request_response \
    logged_real_time_event_types logging longer_context_model_fallback_dict maritalk_key \
    max_end_user_budget max_end_user_budget_id max_tokens max_user_budget mcp_aliases \
    mcp_semantic_tool_filter mcp_tool_search model_cost model_cost_map_url model_fallbacks \
    model_group_settings model_list_set models_by_provider nebius_key newrelic_params \
    nlp_cloud_key novita_api_key num_retries_per_request ollama_key openai_key openai_like_key \
    openai_moderations_model_name openai_system_messages_first openrouter_key organization \
    otel_tenant_destination_mode output_parse_pii overwrite_user_with_key_hash ovhcloud_key \
    pointfive_params post_call_rules pre_call_rules predibase_key predibase_tenant_id \
    presidio_ad_hoc_recognizers priority_reservation project \
    prometheus_deployment_and_latency_caller_identity prometheus_emit_input_sequence_length_label \
    prometheus_emit_rate_limit_labels prometheus_emit_stream_label \
    prometheus_end_user_metrics_cleanup_interval_seconds \
    prometheus_end_user_metrics_max_series_per_metric prometheus_end_user_metrics_ttl_seconds \
    prometheus_exclude_labels prometheus_exclude_metrics prometheus_initialize_budget_metrics \
    prometheus_latency_buckets prometheus_metrics_cleanup_interval_seconds \
    prometheus_metrics_config prometheus_metrics_max_series_per_metric \
    prometheus_metrics_ttl_seconds prometheus_user_budget_label_include_email_alias \
    prompt_name_config_map provider_url_destination_allowed_hosts proxy_auth public_agent_groups \
    public_mcp_hub_strict_whitelist public_mcp_servers public_model_groups_links \
    public_skills_index reasoning_auto_summary replicate_key request_correlation_in_logs \
    require_managed_files retry return_response_headers route_all_chat_openai_to_responses \
    s3_audit_callback_params safe_memory_mode sap_service_key secret_manager_client \
    skill_search_embedding_model skip_system_message_in_guardrail skip_tool_message_in_guardrail \
    snowflake_key sse_keepalive_ping_interval_seconds ssl_ecdh_curve \
    ssl_security_level standard_logging_payload_excluded_fields store_audit_logs \
    strip_anthropic_total_tokens tag_budget_config telemetry togetherai_api_key token \
    use_aiohttp_transport use_chat_completions_url_for_anthropic_messages use_client \
    use_litellm_proxy user_url_allowed_hosts user_url_validation validate_end_user_id_in_db \
    azure_content_safety_params code_interpreter_interception_params \
    compression_interception_params presidio_logging_only prompt_injection_params scim_admin_group \
    scim_upsert_user vector_store_index_registry vector_store_registry vector_store_search_failure_mode \
    vercel_ai_gateway_key vertex_ai_safety_settings vertex_location vertex_project wandb_key \
    websearch_interception_params xai_key zerobus_params";

/// `general_settings`.
pub(super) const GENERAL_SETTINGS: &str = "\
    block_robots custom_auth_settings email_settings enforce_project_model_quota \
    admission_queue_timeout_seconds alert_type_config allow_cli_sso_verification_uri_complete \
    allow_client_side_credentials allow_unmanaged_response_ids allow_user_auth \
    allowed_file_extensions allowed_ips apply_user_budget_to_team_keys \
    auto_redirect_ui_login_to_sso background_health_check_model_groups blocked_file_extensions \
    claude_code_gateway_managed_settings control_plane_url coordination_redis \
    custom_auth_run_common_checks custom_key_generate custom_key_policy custom_key_update \
    custom_sso custom_team_metadata_validate custom_ui_sso_sign_in_handler \
    dangerously_permit_weak_or_unset_master_key default_team_disabled \
    disable_auto_add_proxy_admin_to_teams disable_batch_input_file_rate_limiting \
    disable_bedrock_agent_runtime_passthrough disable_budget_reservation disable_custom_api_keys \
    disable_env_credential_login disable_key_generate_for_org_admin disable_master_key_return \
    disable_model_info_refresh disable_password_login_when_sso_enabled \
    disable_prisma_schema_update disable_reset_budget disable_responses_id_security \
    disable_spend_updates drain_endpoint_token enable_claude_code_gateway enable_drain_endpoint \
    enable_mcp_registry enable_oauth2_auth enable_oauth2_proxy_auth \
    enable_openai_websocket_passthrough enable_public_model_hub enforce_fallback_model_access \
    enforce_rbac expose_fallback_errors_to_caller fail_closed_budget_enforcement \
    fail_closed_rate_limit_enforcement failed_login_block_seconds failed_login_window_seconds \
    forward_llm_provider_auth_headers health_check_ignore_transient_errors \
    health_check_skip_disabled_background_models health_check_staleness_threshold \
    hide_default_credentials_hint include_call_id_in_error_body litellm_license \
    max_batch_file_records max_batch_file_size_mb max_batch_file_uploads_per_day \
    max_failed_login_attempts_per_source max_failed_login_attempts_per_source_overrides \
    max_file_downloads_per_minute max_file_size_mb max_in_flight_requests_per_worker \
    max_queued_requests_per_worker maximum_autorouter_session_retention_period \
    maximum_daily_tag_spend_retention_period maximum_health_check_retention_period \
    maximum_spend_logs_cleanup_batch_size maximum_spend_logs_cleanup_batch_timeout \
    maximum_spend_logs_cleanup_cron maximum_spend_logs_cleanup_max_batches \
    maximum_spend_logs_cleanup_run_budget maximum_spend_logs_retention_interval \
    mcp_advertised_versions mcp_allow_all_keys_respects_mcp_scope mcp_allowed_clients \
    mcp_client_id_header mcp_client_side_auth_header_name mcp_internal_ip_ranges \
    mcp_prefer_client_id_metadata_document mcp_required_fields mcp_session_token_signing \
    mcp_trusted_proxy_ranges mcp_xff_num_trusted_hops missing_session_id model_list_healthy_only \
    oauth2_config_mappings otel pass_through_request_timeout passthrough_managed_object_ids \
    password_policy_check_breached_passwords password_policy_min_length \
    password_policy_require_lowercase password_policy_require_numbers \
    password_policy_require_special_characters password_policy_require_uppercase plugins \
    provider_url_destination_allowed_hosts proxy_batch_polling_interval \
    proxy_config_reload_interval_seconds reject_clientside_metadata_tags \
    require_end_user_mcp_access_defined require_key_mcp_access_defined \
    responses_websocket_session_limit_seconds role_permissions scheduled_job_stagger \
    search_tool_deny_by_default search_tools service_account_settings \
    skip_batch_input_file_rate_limiting_for_models \
    skip_batch_input_file_rate_limiting_for_providers spend_capture_rate_check \
    spend_logs_metadata_fields spend_report_frequency supported_db_objects team_metadata_schema \
    team_metadata_validation_error_message team_metadata_validation_timeout tracing \
    track_unmanaged_batch_cost transcribe_media_buckets trusted_proxy_ranges use_azure_key_vault \
    use_google_kms use_spend_logs_partitioning use_team_public_model_name use_x_forwarded_for \
    user_api_key_cache_max_size user_header_mappings user_header_name user_mcp_management_mode \
    user_url_allowed_hosts user_url_validation vector_store_deny_by_default";

/// `model_list[].litellm_params`.
pub(super) const LITELLM_PARAMS: &str = "\
    adaptive_router_config adaptive_router_default_model allow_client_keepalive_override \
    annotation_cost_per_page annotation_cost_per_page_batches \
    anthropic_disable_workload_identity_federation anthropic_federation_rule_id \
    anthropic_federation_workspace_id anthropic_identity_source anthropic_identity_token \
    anthropic_identity_token_file anthropic_issuer_audience anthropic_issuer_signing_key_ref \
    anthropic_issuer_subject anthropic_issuer_ttl_seconds anthropic_issuer_url \
    anthropic_keycloak_auth_method anthropic_keycloak_client_id \
    anthropic_keycloak_client_secret_ref anthropic_keycloak_scope anthropic_keycloak_token_url \
    anthropic_organization_id anthropic_service_account_id arize_api_key arize_error_sampling_rate \
    arize_otlp_protocol arize_space_id arize_space_key arize_success_sampling_rate \
    auto_router_config auto_router_config_path auto_router_default_model \
    auto_router_embedding_model auto_router_max_input_chars auto_router_model_compression \
    auto_router_routing_compression bedrock_tags bos_token bucket_name citation_cost_per_token \
    client_side_timeout complete_response completion_call_id complexity_router_config \
    complexity_router_default_model context_window_fallback_dict cost_per_query cost_per_second \
    data_residency dd_agent_host dd_agent_port dd_api_key dd_site \
    disable_add_transform_inline_image_block embedding_model enable_prompt_caching eos_token \
    final_prompt_value fireworks_forward_user_id gcs_bucket_name gcs_path_service_account \
    google_maps_grounding_cost_per_query humanloop_api_key index_name itpm keepalive_seconds \
    litellm_trace_id log_client_error_tracebacks logger_fn max_agentic_loops max_file_size_mb \
    milvus_db_name milvus_partition_names milvus_text_field model_alias_map model_file_id_mapping \
    model_info newrelic_api_key newrelic_region ocr_cost_per_credit ocr_cost_per_page \
    ocr_cost_per_page_batches openai_identity_provider_id openai_identity_token_file \
    openai_service_account_id otpm output_vector_size posthog_api_key posthog_api_url \
    provider_affinity_header proxy_server_request quality_router_config \
    quality_router_default_model regional_endpoint_uplift_multiplier \
    regional_processing_uplift_multiplier_eu regional_processing_uplift_multiplier_us roles \
    s3_access_key_id s3_bucket_name s3_bucket_owner s3_encryption_key_id s3_endpoint_url \
    s3_output_bucket_name s3_region_name s3_secret_access_key search_context_cost_per_query \
    shared_session signoz_ingestion_endpoint signoz_ingestion_key stream_chunk_size \
    stream_response stream_timeout_by_service_tier text_completion tiered_pricing \
    timeout_by_service_tier use_chat_completions_api use_client use_xai_oauth \
    valkey_embedding_field valkey_host valkey_password valkey_port valkey_ssl valkey_text_field \
    vector_bucket_name vector_store_id wandb_api_key weave_project_id";

/// `model_list[].model_info`.
pub(super) const MODEL_INFO: &str = "\
    access_windows annotation_cost_per_page annotation_cost_per_page_batches \
    audio_transcription_config bedrock_converse_supports_strict_tools \
    bedrock_output_config_effort_ceiling blocked citation_cost_per_token \
    code_interpreter_cost_per_session comment computer_use_input_cost_per_1k_tokens \
    computer_use_output_cost_per_1k_tokens cost_per_ptu_per_hour cost_per_second created_at \
    created_by default_reasoning_effort deprecation_date discoverable \
    explicit_cache_read_input_token_cost file_search_cost_per_1k_calls \
    file_search_cost_per_gb_per_day gemini_audio_only_live gemini_native_audio \
    google_maps_grounding_cost_per_query guardrail_cost_per_unit input_dbu_cost_per_token \
    internal_router_model member_auto_router ocr_cost_per_credit ocr_cost_per_page \
    ocr_cost_per_page_batches off_peak_pricing output_dbu_cost_per_token output_vector_size \
    prompt_cache_min_tokens provider_specific_entry ptu_count ptu_effective_from ptu_effective_to \
    reasoning_effort_levels regional_endpoint_uplift_multiplier \
    regional_processing_uplift_multiplier_eu regional_processing_uplift_multiplier_us rules \
    search_context_cost_per_query search_free_requests source supported_audio_formats \
    supported_endpoints supported_modalities supported_output_modalities supported_regions \
    thinking_always_on tiered_pricing token_count_framing token_count_model token_count_tokenizer \
    updated_at updated_by use_openai_responses_path uses_embed_content \
    vector_store_cost_per_gb_per_day vertex_ai_audio_api web_search_billing_unit";
