//! Configs of a few deployments, made by hand.

use std::sync::Arc;
use std::time::Duration;

use gateway::config::{
    Additions, Config, Deployment, Familiarity, HealthCheck, Listed, MetricsFor, Mode, OwnSettings,
    Platform, Responses, RouterSettings, Secret, TagSettings, Tags,
};
use gateway::policy::{self, Kind, Personality};
use vocab::{DeploymentId, Protocol};
use world::Authority;

/// An address without TLS.
pub(crate) fn authority(host: &str, port: u16) -> Authority {
    Authority { host: Arc::from(host), port, tls: false }
}

/// A deployment of group `model` at the OpenAI-like host `id`.
pub(crate) fn deployment(id: &str) -> Deployment {
    Deployment {
        id: DeploymentId::from(id),
        group: Arc::from("model"),
        protocol: Protocol::OpenAi,
        platform: Platform::Own,
        familiarity: Familiarity::Known,
        vendor: Arc::from("openai"),
        mode: Mode::Chat,
        model: Arc::from("gpt-4o"),
        model_as_written: Arc::from("openai/gpt-4o"),
        authority: Authority { host: Arc::from(id), port: 443, tls: true },
        base_path: Arc::from("/v1"),
        api_version: None,
        api_key: Some(Secret::new("sk-upstream")),
        model_id: None,
        credential: None,
        trust: Default::default(),
        aws_keys: None,
        azure_ad_token: None,
        additions: Additions::default(),
        region: None,
        weight: None,
        rpm: None,
        tpm: None,
        order: None,
        timeout: None,
        stream_timeout: None,
        num_retries: None,
        max_parallel_requests: None,
        cooldown_time: None,
        allowed_fails: None,
        allowed_fails_policy: None,
        input_cost_per_token: None,
        output_cost_per_token: None,
        listed_usd_per_token: None,
        base_model: None,
        max_input_tokens: None,
        lacks: Vec::new(),
        has: Vec::new(),
        listed: Listed::default(),
        mock: None,
        health_check: HealthCheck::default(),
        tags: Tags::default(),
        of_any: None,
        responses: Responses::default(),
    }
}

/// A config of those deployments in the personality that goes with the strategy: LiteLLM's probes were
/// made with two retries, 5 s of timeout and 3 s for streams.
pub(crate) fn config(strategy: &'static str, deployments: Vec<Deployment>) -> Config {
    let routing_strategy = *gateway::strategy::find(strategy).expect("a strategy");
    let personality: Personality = policy::default_for(routing_strategy.origin);
    Config {
        deployments,
        router: RouterSettings {
            routing_strategy,
            routing_strategy_args: serde_json::Value::Null,
            num_retries: 2,
            retry_after: Duration::ZERO,
            timeout: Duration::from_secs(5),
            stream_timeout: Some(Duration::from_secs(3)),
            allowed_fails: None,
            allowed_fails_default: 3,
            cooldown_time: Duration::from_secs(5),
            disable_cooldowns: false,
            fallbacks: Default::default(),
            context_window_fallbacks: Default::default(),
            content_policy_fallbacks: Default::default(),
            max_fallbacks: 5,
            drop_params: false,
            model_group_alias: Default::default(),
            enable_pre_call_checks: false,
            tags: TagSettings::default(),
            default_max_parallel_requests: None,
            retry_policy: None,
            model_group_retry_policy: Default::default(),
            allowed_fails_policy: None,
        },
        personality,
        own: OwnSettings { slow_start: Duration::ZERO, ..OwnSettings::default() },
        master_key: None,
        metrics: MetricsFor::default(),
    }
}

/// The same, with a group `backup` at the host `backup` to fall back to.
pub(crate) fn with_backup(mut config: Config) -> Config {
    let backup = Deployment { group: Arc::from("backup"), ..deployment("backup") };
    config.deployments.push(backup);
    let targets = vec![Arc::from("backup")];
    config.router.fallbacks.insert(Arc::from("model"), targets);
    config
}

/// A list in which the order of picks is known: least-busy takes the first of equals.
pub(crate) fn litellm(ids: &[&str]) -> Config {
    config("least-busy", ids.iter().map(|id| deployment(id)).collect())
}

/// Ours.
pub(crate) fn priority(ids: &[&str]) -> Config {
    let config = config("priority", ids.iter().map(|id| deployment(id)).collect());
    assert_eq!(config.personality.kind, Kind::BuiltIn);
    config
}
