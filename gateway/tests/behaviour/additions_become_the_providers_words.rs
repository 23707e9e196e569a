//! What a config adds to chat completions reaches a provider of other words in these words, whichever endpoint the
//! client calls: as a client of chat completions would have it sent.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use serde_json::{Value, json};

/// Upstreams with words of their own, and what they answer.
fn upstreams() -> [(&'static str, Value); 4] {
    [
        (
            "anthropic/claude-sonnet-4-5",
            json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}}),
        ),
        (
            "gemini/gemini-2.5-flash",
            json!({"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2,"totalTokenCount":9}}),
        ),
        (
            "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
            json!({"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":7,"outputTokens":2,"totalTokens":9},"metrics":{"latencyMs":1}}),
        ),
        (
            "ollama_chat/llama3.2",
            json!({"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"hi"},"done":true,"done_reason":"stop","prompt_eval_count":7,"eval_count":2}),
        ),
    ]
}

fn with(model: &str, params: &Value) -> Config {
    let mut own = json!({
        "model": model, "api_base": "https://a", "api_key": "sk-upstream",
        "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "sk-of-aws",
    });
    own.as_object_mut().expect("an object").extend(params.as_object().expect("parameters").clone());
    let file = json!({ "model_list": [{ "model_name": "model", "litellm_params": own }] });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

/// What arrives of "hello", asked at `path` with further members, or the refusal.
async fn arrives(
    path: &str,
    members: &Value,
    (model, reply): (&str, &Value),
    params: &Value,
) -> Value {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Reply(200, vec![], reply.to_string())]).gateway(with(model, params));
    let mut body = match path {
        "/v1/responses" => json!({ "model": "model", "input": "hello" }),
        "/v1beta/models/model:generateContent" => {
            json!({ "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }] })
        }
        "/bedrock/model/model/converse" => {
            json!({ "messages": [{ "role": "user", "content": [{ "text": "hello" }] }] })
        }
        _ => json!({ "model": "model", "messages": [{ "role": "user", "content": "hello" }] }),
    };
    body.as_object_mut().expect("an object").extend(members.as_object().expect("members").clone());
    let got = lab.post(path, &[], &body.to_string()).await;
    let sent = lab.sent.lock().expect("no poison");
    match sent.first() {
        Some(sent) => serde_json::from_str(&sent.body).expect("JSON"),
        None => json!(got.status),
    }
}

const CHAT: &str = "/v1/chat/completions";

#[tokio::test(start_paused = true)]
async fn every_endpoint_has_them_said_as_a_chat_completion_has() {
    let bound = json!({ "max_tokens": 500 });
    let tool = json!({ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } });
    for (model, reply) in &upstreams() {
        for params in [
            json!({ "reasoning_effort": "low" }),
            json!({ "stop": ["END"] }),
            json!({ "tools": [tool] }),
            json!({ "response_format": { "type": "json_object" } }),
            json!({ "logit_bias": { "1": 2 } }),
        ] {
            let whom = (*model, reply);
            let by_chat = arrives(CHAT, &bound, whom, &params).await;
            for (path, members) in [
                ("/v1/responses", json!({ "max_output_tokens": 500 })),
                ("/v1/messages", bound.clone()),
                (
                    "/v1beta/models/model:generateContent",
                    json!({ "generationConfig": { "maxOutputTokens": 500 } }),
                ),
                (
                    "/bedrock/model/model/converse",
                    json!({ "inferenceConfig": { "maxTokens": 500 } }),
                ),
            ] {
                // Who speaks the client's own words is asked in them, with what they have a word for.
                let native = matches!(
                    (*model, path),
                    ("anthropic/claude-sonnet-4-5", "/v1/messages")
                        | ("gemini/gemini-2.5-flash", "/v1beta/models/model:generateContent")
                        | (
                            "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
                            "/bedrock/model/model/converse"
                        )
                );
                // These endpoints have tools in words of their own, and the config's are meant in these.
                let own_tools = params.get("tools").is_some() && path.starts_with("/v1/");
                if !native && !own_tools {
                    let arrived = arrives(path, &members, whom, &params).await;
                    assert_eq!(arrived, by_chat, "{model} {path} {params}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bound_of_the_config_is_the_clients_where_that_says_none() {
    for (model, reply) in &upstreams() {
        let params = json!({ "max_tokens": 500 });
        let by_chat = arrives(CHAT, &json!({}), (model, reply), &params).await;
        assert!(by_chat.to_string().contains("500"), "{by_chat}");
        assert_eq!(arrives("/v1/responses", &json!({}), (model, reply), &params).await, by_chat);
        // The client's own word in whatever spelling.
        let params = json!({ "max_completion_tokens": 100 });
        let own = json!({ "max_tokens": 9 });
        let sent = arrives("/v1/messages", &own, (model, reply), &params).await.to_string();
        assert!(sent.contains('9') && !sent.contains("100"), "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_holds_others_is_joined() {
    let all = upstreams();
    for (number, carrier, own, at) in [
        (1, "generationConfig", json!({ "topK": 5 }), "/generationConfig"),
        (2, "additionalModelRequestFields", json!({ "x": 1 }), "/additionalModelRequestFields"),
        (3, "options", json!({ "num_gpu": 5 }), "/options"),
    ] {
        let (model, reply) = &all[number];
        let client = json!({ "temperature": 0.5, "top_k": 3 });
        for params in [json!({ carrier: own }), json!({ "extra_body": { carrier: own } })] {
            let sent = arrives(CHAT, &client, (model, reply), &params).await;
            let within = sent.pointer(at).and_then(Value::as_object);
            let within = within.unwrap_or_else(|| unreachable!("{model} {params} {sent}"));
            let added = own.as_object().expect("an object");
            for (name, value) in added {
                // `extra_body` wins, everything else is the client's.
                let said = within.get(name);
                let wins = params.get("extra_body").is_some() || name != "topK";
                assert_eq!(said == Some(value), wins, "{model} {params} {sent}");
            }
            assert!(within.len() > added.len() || sent.to_string().contains("0.5"), "{sent}");
            assert!(sent.to_string().contains("0.5"), "{model} {params} {sent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clients_word_on_thinking_stands_before_the_configs_effort() {
    let (model, reply) = &upstreams()[0];
    let off = json!({ "thinking": { "type": "disabled" } });
    let sent = arrives(CHAT, &off, (model, reply), &json!({ "reasoning_effort": "high" })).await;
    assert!(sent.is_object() && sent["thinking"]["type"] != "enabled", "{sent}");
}
