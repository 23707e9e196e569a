//! What a client says beside OpenAI's members, as LiteLLM lets it: `extra_body` becomes a part of the request, headers
//! go along, what is LiteLLM's own stays here, and nothing of it shows the gateway as somebody else.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use http::HeaderMap;
use serde_json::{Map, Value, json};

fn with(params: &Value) -> Config {
    let mut params = params.as_object().expect("parameters").clone();
    for (key, value) in [("api_base", "https://a/v1"), ("api_key", "sk-upstream")] {
        params.entry(key).or_insert(json!(value));
    }
    let file = json!({
        "model_list": [{ "model_name": "model", "litellm_params": params }],
        "router_settings": { "num_retries": 0 },
    });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

/// What came of a request: the client's answer, and headers and members that arrived besides model and messages.
struct Came {
    got: Got,
    sent: Option<(HeaderMap, Map<String, Value>)>,
}

impl Came {
    fn dropped(&self) -> &str {
        let header = self.got.headers.get("x-brownout-dropped-params");
        header.map_or("", |value| value.to_str().expect("text"))
    }

    fn sent(&self) -> &(HeaderMap, Map<String, Value>) {
        self.sent.as_ref().unwrap_or_else(|| unreachable!("{}", self.got.body))
    }
}

const OPENAI: fn() -> Value = || json!({ "model": "openai/gpt-4o" });

async fn at(path: &str, params: &Value, body: &Value, act: Act) -> Came {
    let lab = Lab::new();
    lab.upstream("a", &[act]).gateway(with(params));
    let got = lab.post(path, &[], &body.to_string()).await;
    let sent = lab.sent.lock().expect("no poison").first().map(|sent| {
        let mut body: Map<String, Value> = serde_json::from_str(&sent.body).expect("JSON");
        body.retain(|name, _| !["model", "messages"].contains(&name.as_str()));
        (sent.headers.clone(), body)
    });
    Came { got, sent }
}

async fn chat(params: &Value, said: &Value) -> Came {
    let mut body = json!({"model":"model","messages":[{"role":"user","content":"hello"}]});
    body.as_object_mut().expect("an object").extend(said.as_object().expect("members").clone());
    at("/v1/chat/completions", params, &body, answer("hi")).await
}

/// The member that a refusal blames.
fn blamed(came: &Came) -> String {
    assert_eq!(came.got.status, 400, "{}", came.got.body);
    assert!(came.sent.is_none(), "nothing is sent");
    let error: Value = serde_json::from_str(&came.got.body).expect("JSON");
    error["error"]["param"].as_str().expect("a name").to_owned()
}

#[tokio::test(start_paused = true)]
async fn what_is_litellms_own_stays_here() {
    let names = [
        "_litellm_strip_stream_usage",
        "_router_weights",
        "acompletion",
        "anthropic_identity_token",
        "aws_secret_access_key",
        "azure_ad_token",
        "cache_control_injection_points",
        "deployment_id",
        "id",
        "organization",
        "roles",
        "vertex_credentials",
    ];
    let said: Map<String, Value> = names.iter().map(|name| ((*name).into(), json!("x"))).collect();
    let mut said = Value::Object(said);
    said["chat_template_kwargs"] = json!({ "x": true });
    let came = chat(&OPENAI(), &said).await;
    assert_eq!(came.got.status, 200, "{}", came.got.body);
    let (_, members) = came.sent();
    assert_eq!(Value::Object(members.clone()), json!({ "chat_template_kwargs": { "x": true } }));
}

#[tokio::test(start_paused = true)]
async fn extra_body_becomes_a_part_of_the_request() {
    let said = json!({ "temperature": 1, "extra_body": { "temperature": 0.5, "min_p": 0.1 } });
    let whole = json!({ "temperature": 0.5, "min_p": 0.1 });
    for model in ["openai/gpt-4o", "azure/gpt-4o", "openai/my-model"] {
        let came = chat(&json!({ "model": model }), &said).await;
        assert_eq!(Value::Object(came.sent().1.clone()), whole, "{model}");
    }
    let params =
        json!({ "model": "openai/gpt-4o", "extra_body": { "min_p": 1, "transforms": ["config"] } });
    let came = chat(&params, &said).await;
    let both = json!({ "temperature": 0.5, "min_p": 0.1, "transforms": ["config"] });
    assert_eq!(
        Value::Object(came.sent().1.clone()),
        both,
        "the client's stands before the config's"
    );
    let unwanted =
        json!({ "extra_body": { "min_p": 1, "top_a": 1 }, "additional_drop_params": ["min_p"] });
    let came = chat(&OPENAI(), &unwanted).await;
    assert_eq!(Value::Object(came.sent().1.clone()), json!({ "top_a": 1 }));
    let came = chat(&OPENAI(), &json!({ "extra_body": null })).await;
    assert_eq!(Value::Object(came.sent().1.clone()), json!({}));
}

#[tokio::test(start_paused = true)]
async fn extra_body_is_in_the_words_of_who_is_asked() {
    let gemini = json!({ "model": "gemini/gemini-2.5-flash", "api_base": "https://a" });
    let said = json!({ "temperature": 1, "extra_body": { "generationConfig": { "topK": 3 }, "labels": { "a": "b" } } });
    let act = || {
        let reply = json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": "hi" }] }, "finishReason": "STOP" }] });
        Act::Reply(200, vec![], reply.to_string())
    };
    let mut body = json!({"model":"model","messages":[{"role":"user","content":"hello"}]});
    body.as_object_mut().expect("an object").extend(said.as_object().expect("members").clone());
    let came = at("/v1/chat/completions", &gemini, &body, act()).await;
    let (_, members) = came.sent();
    assert_eq!(members["generationConfig"], json!({ "temperature": 1.0, "topK": 3 }));
    assert_eq!(members["labels"], json!({ "a": "b" }));
    let claude = json!({ "model": "anthropic/claude-sonnet-4-5", "api_base": "https://a" });
    let message = json!({"model":"model","max_tokens":5,"messages":[{"role":"user","content":"hello"}],"extra_body":{"x":1}});
    let came = at("/v1/messages", &claude, &message, answer("hi")).await;
    assert_eq!(came.got.status, 400, "{}", came.got.body);
    assert!(came.got.body.contains("extra_body") && came.sent.is_none(), "{}", came.got.body);
}

#[tokio::test(start_paused = true)]
async fn extra_body_does_not_make_it_another_request() {
    for name in ["model", "messages", "stream"] {
        let said = json!({ "extra_body": { name: "x", "min_p": 1 } });
        let came = chat(&OPENAI(), &said).await;
        assert_eq!(blamed(&came), format!("extra_body.{name}"));
        let allowed = json!({ "extra_body": { name: "x", "min_p": 1 }, "drop_params": true });
        let came = chat(&OPENAI(), &allowed).await;
        assert_eq!(Value::Object(came.sent().1.clone()), json!({ "min_p": 1 }));
        assert_eq!(came.dropped(), format!("extra_body.{name}"));
    }
    let came = chat(&OPENAI(), &json!({ "extra_body": "x" })).await;
    assert!(came.got.status == 400 && came.got.body.contains("`extra_body`"), "{}", came.got.body);
}

#[tokio::test(start_paused = true)]
async fn headers_of_a_client_go_along() {
    let said = json!({ "headers": { "x-a": "1", "x-b": "older" }, "extra_headers": { "X-B": "newer", "x-c": 7 } });
    let came = chat(&OPENAI(), &said).await;
    let (headers, members) = came.sent();
    assert_eq!(Value::Object(members.clone()), json!({}));
    for (name, value) in
        [("x-a", "1"), ("x-b", "newer"), ("x-c", "7"), ("authorization", "Bearer sk-upstream")]
    {
        assert_eq!(headers.get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn headers_of_a_client_show_nobody_else() {
    let params = json!({ "model": "openai/gpt-4o", "extra_headers": { "x-config": "config" } });
    for name in [
        "authorization",
        "Api-Key",
        "x-api-key",
        "x-goog-api-key",
        "x-amz-security-token",
        "cookie",
        "host",
        "content-length",
        "transfer-encoding",
        "x-config",
        "not a token",
    ] {
        let came = chat(&params, &json!({ "extra_headers": { name: "evil" } })).await;
        assert_eq!(blamed(&came), format!("extra_headers.{name}").to_ascii_lowercase(), "{name}");
        let allowed = json!({ "extra_headers": { name: "evil", "x-a": "1" }, "drop_params": true });
        let came = chat(&params, &allowed).await;
        let (headers, _) = came.sent();
        assert!(headers.values().all(|value| value != "evil"), "{name}: {headers:?}");
        assert_eq!(headers["x-a"], "1");
        assert_eq!(headers["authorization"], "Bearer sk-upstream");
        assert_eq!(came.dropped(), format!("extra_headers.{name}").to_ascii_lowercase());
    }
    let allowed =
        json!({ "extra_headers": { "two\nlines": "x", "a b": "x" }, "drop_params": true });
    let came = chat(&params, &allowed).await;
    assert_eq!(came.dropped(), "extra_headers.two?lines, extra_headers.a b");
    for value in [json!("two\nlines"), json!(["a"]), json!({})] {
        let came = chat(&params, &json!({ "extra_headers": { "x-a": value } })).await;
        assert_eq!(blamed(&came), "extra_headers.x-a");
    }
    let came = chat(&params, &json!({ "extra_headers": "x" })).await;
    assert!(
        came.got.status == 400 && came.got.body.contains("`extra_headers`"),
        "{}",
        came.got.body
    );
}

#[tokio::test(start_paused = true)]
async fn betas_among_a_clients_headers_go_to_who_knows_them() {
    let said = json!({ "extra_headers": { "anthropic-beta": "context-1m-2025-08-07" } });
    let came = chat(&OPENAI(), &said).await;
    assert_eq!(came.dropped(), "anthropic-beta:context-1m-2025-08-07");
    assert!(!came.sent().0.contains_key("anthropic-beta"));
    let claude = json!({ "model": "anthropic/claude-sonnet-4-5", "api_base": "https://a" });
    let came = chat(&claude, &said).await;
    assert_eq!(came.sent().0["anthropic-beta"], "context-1m-2025-08-07");
}
