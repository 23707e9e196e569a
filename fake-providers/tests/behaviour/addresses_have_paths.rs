//! A fake answers under the path of its deployment's address, for every model that its pattern admits, and
//! where whoever is only pointed at it asks.

use crate::support::{World, deployment, send};
use fake_providers::config::DeploymentConfig;
use fake_providers::root_of;
use http::Method;
use serde_json::json;
use vocab::Protocol;

fn at(protocol: Protocol, base_path: &str, model: &str) -> DeploymentConfig {
    let (root, model) = (root_of(protocol, base_path).to_owned(), model.to_owned());
    DeploymentConfig { root, model, ..deployment(protocol, 1) }
}

/// Status of a request for `model`, and the model that answered.
async fn ask(own: &DeploymentConfig, path: &str, model: &str) -> (u16, String) {
    let world = World::new(vec![own.clone()], vec![]);
    let body = json!({
        "model": model, "max_tokens": 16, "messages": [{ "role": "user", "content": "[[answer:2]]" }]
    });
    let seen = world.call(0, send(own, Method::POST, path, body.to_string()), 1).await;
    let model = match seen.status {
        200 => seen.json()["model"].as_str().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    (seen.status, model)
}

#[tokio::test(start_paused = true)]
async fn every_base_path_of_the_field_is_served() {
    use Protocol::{Anthropic, Azure, OpenAi};
    const VERSION: &str = "?api-version=2024-10-21";
    for (protocol, base, path) in [
        (OpenAi, "/v1", "/v1/chat/completions"),
        (OpenAi, "", "/chat/completions"),
        (OpenAi, "/openai/v1", "/openai/v1/chat/completions"),
        (OpenAi, "/api/v1", "/api/v1/chat/completions"),
        (OpenAi, "/beta", "/beta/chat/completions"),
        (OpenAi, "/inference/v1", "/inference/v1/chat/completions"),
        (OpenAi, "/compatible-mode/v1", "/compatible-mode/v1/chat/completions"),
        (OpenAi, "/api/paas/v4", "/api/paas/v4/chat/completions"),
        (OpenAi, "/v1beta/openai", "/v1beta/openai/chat/completions"),
        (
            OpenAi,
            "/v1/projects/p/locations/l/endpoints/openapi",
            "/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
        ),
        (OpenAi, "/v1/openai", "/v1/openai/chat/completions"),
        (OpenAi, "/serving-endpoints", "/serving-endpoints/chat/completions"),
        (OpenAi, "/models", "/models/chat/completions"),
        (Anthropic, "/anthropic", "/anthropic/v1/messages"),
        (Anthropic, "/api/anthropic/v1", "/api/anthropic/v1/messages"),
        (Azure, "/genai/eu", "/genai/eu/openai/deployments/gpt-4o/chat/completions"),
        (Azure, "/genai/openai", "/genai/openai/deployments/gpt-4o/chat/completions"),
        (Azure, "/a/openai/deployments/gpt-4o", "/a/openai/deployments/gpt-4o/chat/completions"),
        (Azure, "/openai/v1", "/openai/v1/chat/completions"),
    ] {
        let own = at(protocol, base, "gpt-4o");
        let query = if protocol == Azure { VERSION } else { "" };
        let (status, model) = ask(&own, &format!("{path}{query}"), "gpt-4o").await;
        assert_eq!((status, &*model), (200, "gpt-4o"), "{protocol} {base}");
        // Whoever is given the fakes' address alone asks at the root.
        assert_eq!(ask(&own, &own.chat_path("gpt-4o"), "gpt-4o").await.0, 200, "{protocol} {base}");
        let plain = DeploymentConfig { root: String::new(), ..own.clone() }.chat_path("gpt-4o");
        assert_eq!(ask(&own, &plain, "gpt-4o").await.0, 200, "{protocol} {base} at the root");
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_of_somebody_else_is_nobodys() {
    let own = at(Protocol::OpenAi, "/serving-endpoints", "gpt-4o");
    for path in ["/serving-endpoint/chat/completions", "/serving-endpointsx/chat/completions"] {
        assert_eq!(ask(&own, path, "gpt-4o").await.0, 404, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pattern_answers_for_whatever_it_admits_and_under_that_name() {
    let all = at(Protocol::OpenAi, "/v1", "*");
    let claudes = at(Protocol::Anthropic, "", "claude-*");
    let azure = at(Protocol::Azure, "", "*");
    let deployment = "/openai/deployments/GPT%204o%2Fx/chat/completions?api-version=v";
    for (own, path, model, expected) in [
        (&all, "/v1/chat/completions", "gpt-4o", (200, "gpt-4o")),
        (&all, "/v1/chat/completions", "a/b:free", (200, "a/b:free")),
        (&claudes, "/v1/messages", "claude-3-5-haiku", (200, "claude-3-5-haiku")),
        (&claudes, "/v1/messages", "gpt-4o", (404, "")),
        (&azure, deployment, "", (200, "GPT 4o/x")),
    ] {
        let (status, named) = ask(own, path, model).await;
        assert_eq!((status, &*named), expected, "{path} {model}");
    }
}
