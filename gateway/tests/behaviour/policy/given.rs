//! What the tests of the policy share: configs in LiteLLM's words, requests, attempts and failures.

use gateway::decisions::{
    BookHeard, Ended, Failure, KeyedRng, LimitSetBy, NthFailure, Router, Trouble, Try, classify,
};
use std::sync::Arc;
use std::time::Duration;

use gateway::config::{Config, DeploymentIndex};
use gateway::litellm::{Dummies, read};
use gateway::strategy::{Ask, Success};
use serde_json::{Value, json};
use vocab::{At, Protocol, Seed};

/// The seed of all these tests.
pub(crate) const SEED: Seed = Seed(7);

/// An instant, in seconds since the start.
pub(crate) fn at(seconds: f64) -> At {
    At::after_start(Duration::from_secs_f64(seconds))
}

/// A config that must be readable.
pub(crate) fn config(value: &Value) -> Config {
    read(value, &Dummies).unwrap_or_else(|errors| panic!("{errors:?}")).config
}

/// Deployments `d0`, `d1`, … of the group `g`, with extra `litellm_params` each, and settings.
pub(crate) fn config_of(params: &[Value], router_settings: Value) -> Config {
    let entry = |(index, extra): (usize, &Value)| {
        let mut params =
            json!({"model": "openai/gpt-4o", "api_base": format!("http://d{index}/v1")});
        for (key, value) in extra.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        json!({"model_name": "g", "litellm_params": params, "model_info": {"id": format!("d{index}")}})
    };
    let list: Vec<Value> = params.iter().enumerate().map(entry).collect();
    // Who is back is back: slow starts have tests of their own.
    let own = json!({"slow_start": 0});
    config(
        &json!({"model_list": list, "router_settings": router_settings, "brownout_settings": own}),
    )
}

/// A router over `n` plain deployments of the group `g`.
pub(crate) fn router(n: usize, router_settings: Value) -> Router {
    router_of(&vec![json!({}); n], router_settings)
}

/// A router over deployments with extra `litellm_params`.
pub(crate) fn router_of(params: &[Value], router_settings: Value) -> Router {
    Router::new(Arc::new(config_of(params, router_settings)), SEED).expect("a valid config")
}

/// A router over deployments of a group of that name.
pub(crate) fn router_of_group(group: &str, params: &[Value], router_settings: Value) -> Router {
    let mut config = config_of(params, router_settings);
    for deployment in &mut config.deployments {
        deployment.group = Arc::from(group);
    }
    Router::new(Arc::new(config), SEED).expect("a valid config")
}

/// A request for the group `g`.
pub(crate) fn ask(now: At) -> Ask<'static> {
    let unix_seconds = 1_767_225_600 + now.ns() / 1_000_000_000;
    Ask {
        group: "g",
        order: None,
        stream: false,
        prompt_tokens: 10,
        answer_max: None,
        at: now,
        unix_seconds,
        tags: &[],
        user_agent: None,
    }
}

/// The draws of request number `n`.
pub(crate) fn rng(n: u32) -> KeyedRng {
    KeyedRng::for_try(SEED, &n.to_string(), 0)
}

/// The deployment at a position.
pub(crate) fn d(position: usize) -> DeploymentIndex {
    DeploymentIndex::new(position)
}

/// Deployments at these positions.
pub(crate) fn ds(positions: &[usize]) -> Vec<DeploymentIndex> {
    positions.iter().copied().map(DeploymentIndex::new).collect()
}

/// A failure that is its request's first, after a tenth of a second.
pub(crate) const FIRST: Ended = Ended {
    nth: NthFailure::First,
    elapsed: Duration::from_millis(100),
    limit: LimitSetBy::Config,
    heard: BookHeard::Never,
};

/// An attempt at a deployment.
pub(crate) fn attempt(deployment: usize, now: At) -> Try<'static> {
    Try { deployment: d(deployment), group: "g", at: now, unix_seconds: ask(now).unix_seconds }
}

/// A plain answer of ten tokens after so many seconds.
pub(crate) fn success(seconds: f64) -> Success {
    Success {
        elapsed: Duration::from_secs_f64(seconds),
        ttft: None,
        first_frame: None,
        prompt_tokens: 10,
        completion_tokens: 10,
        prompt_estimate: 10,
        answer_max: None,
        stream: false,
    }
}

/// An upstream's refusal without a body.
pub(crate) fn refusal(status: u16, headers: &[(&'static str, &'static str)]) -> Failure {
    let headers = headers.iter().map(|&(name, value)| {
        (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
    });
    classify(Protocol::OpenAi, status, &headers.collect(), b"{}", 1_767_225_600)
}

/// A broken connection.
pub(crate) fn broken(trouble: Trouble) -> Failure {
    Failure::broken(trouble, "as the test wants it")
}
