//! A deployment with `mock_response` answers without asking anybody, at every endpoint and in a stream; one that mocks
//! an error fails as a provider that fails, with retries, cooldowns and fallbacks.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use serde_json::{Value, json};

/// Deployments `a`, `b`, … with those parameters; `a` is called first.
fn with(params: &[Value], router: &Value) -> Config {
    let entry = |(number, params): (usize, &Value)| {
        let host = ["a", "b"][number];
        let mut own = json!({ "model": "openai/gpt-4o", "api_base": format!("https://{host}/v1"), "api_key": "k" });
        own.as_object_mut()
            .expect("an object")
            .extend(params.as_object().expect("parameters").clone());
        json!({ "model_name": "model", "litellm_params": own, "model_info": { "id": host } })
    };
    let list: Vec<Value> = params.iter().enumerate().map(entry).collect();
    let file = json!({ "model_list": list, "router_settings": router });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

fn one(mock: &Value) -> Lab {
    let lab = Lab::new();
    lab.upstream("a", &[answer("asked")]);
    lab.gateway(with(std::slice::from_ref(mock), &json!({ "num_retries": 0 })));
    lab
}

#[tokio::test(start_paused = true)]
async fn a_mocked_deployment_answers_chats_and_asks_nobody() {
    let lab = one(&json!({ "mock_response": "Hello, wörld!" }));
    let got = lab.chat(PLAIN).await;
    let reply = got.json();
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(
        reply["choices"][0]["message"],
        json!({ "role": "assistant", "content": "Hello, wörld!" })
    );
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");
    assert_eq!(reply["usage"]["total_tokens"], 30);
    let got = lab.chat(STREAM).await;
    assert!(got.done() && got.words() == "Hello, wörld!", "{}", got.body);
    assert!(
        got.pieces.iter().all(|(_, piece)| !piece.contains("Hello")),
        "in pieces: {}",
        got.body
    );
    assert!(lab.hosts().is_empty(), "{:?}", lab.hosts());
    assert!(lab.decided().iter().all(|line| !line.contains("failed")), "{:?}", lab.decided());
}

#[tokio::test(start_paused = true)]
async fn it_answers_in_the_words_of_every_endpoint_that_has_words() {
    for (path, body, at) in [
        ("/v1/completions", json!({ "prompt": "x" }), "/choices/0/text"),
        (
            "/v1/messages",
            json!({ "max_tokens": 5, "messages": [{ "role": "user", "content": "x" }] }),
            "/content/0/text",
        ),
        ("/v1/responses", json!({ "input": "x" }), "/output/0/content/0/text"),
    ] {
        let lab = one(&json!({ "mock_response": "Hello" }));
        let mut body = body;
        body["model"] = json!("model");
        let got = lab.post(path, &[], &body.to_string()).await;
        assert_eq!(got.json().pointer(at), Some(&json!("Hello")), "{path}: {}", got.body);
        body["stream"] = json!(true);
        let got = lab.post(path, &[], &body.to_string()).await;
        let last = match path {
            "/v1/completions" => "[DONE]",
            "/v1/messages" => "message_stop",
            _ => "response.completed",
        };
        assert!(
            got.status == 200 && got.body.contains("Hel") && got.body.contains(last),
            "{path}: {}",
            got.body
        );
        assert!(got.error_event().is_none() && lab.hosts().is_empty(), "{path}: {}", got.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vector_answers_embeddings_and_members_answer_chats() {
    let lab = one(&json!({ "mock_response": [0.5, 1.0] }));
    let got = lab.post("/v1/embeddings", &[], r#"{"model":"model","input":"x"}"#).await;
    assert_eq!(got.json()["data"][0]["embedding"], json!([0.5, 1.0]), "{}", got.body);
    let choices = json!([{ "index": 0, "finish_reason": "length", "message": { "role": "assistant", "content": "cut" } }]);
    let lab = one(&json!({ "mock_response": { "id": "mine", "choices": choices } }));
    let got = lab.chat(PLAIN).await.json();
    assert_eq!((&got["id"], &got["choices"]), (&json!("mine"), &choices));
    assert_eq!(lab.chat(STREAM).await.words(), "cut");
    // What it does not answer itself, its provider is asked.
    let got = lab.post("/v1/moderations", &[], r#"{"model":"model","input":"x"}"#).await;
    assert_eq!(lab.hosts(), ["a"], "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn mocked_errors_are_failures_of_their_deployment() {
    for (mock, status, text) in [
        ("litellm.RateLimitError", 429, "litellm.RateLimitError: this is a mock rate limit error"),
        (
            "litellm.InternalServerError",
            500,
            "litellm.InternalServerError: this is a mock internal server error",
        ),
        ("litellm.ContextWindowExceededError", 400, "this is a mock context window exceeded error"),
        (
            "Exception: content_filter_policy",
            400,
            "litellm.BadRequestError: OpenAIException - litellm.MockException: Exception: content_filter_policy",
        ),
    ] {
        for request in [PLAIN, STREAM] {
            let lab = one(&json!({ "mock_response": mock }));
            let got = lab.chat(request).await;
            assert_eq!(got.status, status, "{mock}: {}", got.body);
            assert!(got.body.contains(text), "{mock}: {}", got.body);
            assert!(lab.hosts().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn azures_filter_is_mocked_as_its_filter() {
    let lab = one(
        &json!({ "model": "azure/gpt-4o", "api_version": "2024-10-21", "mock_response": "Exception: content_filter_policy" }),
    );
    let got = lab.chat(PLAIN).await;
    assert!(got.status == 400 && got.body.contains("ContentPolicyViolationError"), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn a_mocked_error_is_retried_cools_and_falls_back() {
    let lab = Lab::new();
    let limited = json!({ "mock_response": "litellm.RateLimitError", "weight": 1 });
    let mut config = with(
        &[limited, json!({})],
        &json!({ "num_retries": 0, "fallbacks": [{ "model": ["other"] }] }),
    );
    config.deployments[1].group = std::sync::Arc::from("other");
    lab.upstream("b", &[answer("asked")]).gateway(config);
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, lab.hosts()), (200, vec!["b".to_owned()]), "{}", got.body);
    let lab = Lab::new();
    let limited = json!({ "mock_response": "litellm.RateLimitError", "weight": 1 });
    lab.upstream("b", &[answer("asked")]);
    lab.gateway(with(&[limited, json!({})], &json!({ "num_retries": 1 })));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert!(lab.decided().iter().any(|line| line.contains("a cooldown")), "{:?}", lab.decided());
}

#[tokio::test(start_paused = true)]
async fn a_mocked_timeout_and_a_delay_take_their_time() {
    let lab = one(&json!({ "mock_timeout": true, "timeout": 3 }));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, got.took.as_secs()), (408, 3), "{}", got.body);
    assert!(
        got.body.contains("litellm.Timeout: This is a mock timeout error\\n\\nDeployment Info"),
        "{}",
        got.body
    );
    let lab = one(&json!({ "mock_response": "x", "mock_delay": 2 }));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, got.took.as_secs()), (200, 2), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn a_client_cannot_have_itself_answered_by_nobody() {
    let lab = one(&json!({}));
    let got = lab.chat(r#"{"model":"model","messages":[],"mock_response":"mine"}"#).await;
    assert!(got.body.contains("asked"), "{}", got.body);
    assert!(!lab.sent.lock().expect("no poison")[0].body.contains("mock_response"));
    for test in
        ["mock_testing_fallbacks", "mock_testing_rate_limit_error", "mock_timeout", "mock_delay"]
    {
        let lab = one(&json!({}));
        let body = json!({ "model": "model", "messages": [], test: false }).to_string();
        let got = lab.chat(&body).await;
        assert_eq!(got.status, 400, "{}", got.body);
        assert!(got.body.contains(test) && lab.hosts().is_empty(), "{}", got.body);
    }
}

#[test]
fn what_is_no_answer_is_a_mistake_and_what_is_empty_is_none() {
    let file = |mock: Value| json!({ "model_list": [{ "model_name": "m", "litellm_params": { "model": "openai/m", "mock_response": mock } }] });
    let errors = litellm::read(&file(json!(7)), &Dummies).expect_err("refused");
    assert_eq!(errors[0].path, "model_list[0].litellm_params.mock_response");
    let empty = litellm::read(&file(json!("")), &Dummies).expect("a valid config");
    assert!(empty.config.deployments[0].mock.is_none());
    let mocked = litellm::read(&file(json!("secret words")), &Dummies).expect("a valid config");
    let said: Vec<&str> = mocked.notes.iter().map(|note| note.text.as_str()).collect();
    assert!(
        said.iter().any(|text| text.contains("never fails")) && !said.concat().contains("secret"),
        "{said:?}"
    );
}
