//! What a deployment's `litellm_params` add to a request arrives at its provider, beside what the client says
//! and as LiteLLM lets one win over the other. An upstream that records compares.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use serde_json::{Map, Value, json};

/// A config with deployments `a`, `b`, … of those parameters at the hosts of their names.
fn with(params: &[Value], settings: &Value) -> Config {
    let entry = |(number, params): (usize, &Value)| {
        let host = ["a", "b", "c"][number];
        let at = json!({ "model": "openai/gpt-4o", "api_base": format!("https://{host}/v1"), "api_key": "sk-upstream" });
        let mut params = params.as_object().expect("parameters").clone();
        at.as_object().expect("parameters").iter().for_each(|(key, value)| {
            params.entry(key).or_insert(value.clone());
        });
        json!({ "model_name": "model", "litellm_params": params, "model_info": { "id": host } })
    };
    let list: Vec<Value> = params.iter().enumerate().map(entry).collect();
    let router = json!({ "routing_strategy": "least-busy", "num_retries": 0 });
    let file =
        json!({ "model_list": list, "litellm_settings": settings, "router_settings": router });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

fn asking(members: &Value) -> String {
    let mut body = json!({"model":"model","messages":[{"role":"user","content":"hello"}]});
    body.as_object_mut().expect("an object").extend(members.as_object().expect("members").clone());
    body.to_string()
}

fn bodies(lab: &Lab) -> Vec<Value> {
    let sent = lab.sent.lock().expect("no poison");
    sent.iter().map(|sent| serde_json::from_str(&sent.body).expect("JSON")).collect()
}

fn message() -> Act {
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}});
    Act::Reply(200, vec![], reply.to_string())
}

/// What arrives of a request besides model and messages.
async fn arrives(params: Value, members: &Value) -> Map<String, Value> {
    let lab = Lab::new();
    let act = if params["model"] == json!("anthropic/claude-3-7-sonnet") {
        message()
    } else {
        answer("hi")
    };
    lab.upstream("a", &[act]).gateway(with(&[params], &json!({})));
    let got = lab.chat(&asking(members)).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let Value::Object(mut body) = bodies(&lab).remove(0) else { unreachable!("an object") };
    for own in ["model", "messages"] {
        assert!(body.remove(own).is_some(), "{own}");
    }
    body
}

async fn check(params: Value, members: Value, expected: Value) {
    let arrived = arrives(params.clone(), &members).await;
    assert_eq!(Value::Object(arrived), expected, "{params} {members}");
}

#[tokio::test(start_paused = true)]
async fn the_client_wins_over_what_the_config_sends_along() {
    let params =
        json!({ "temperature": 0.2, "max_tokens": 100, "top_p": 0.9, "enable_thinking": false });
    check(params.clone(), json!({}), params.clone()).await;
    let said = json!({ "temperature": 1, "top_p": null, "enable_thinking": true });
    let expected =
        json!({ "temperature": 1, "top_p": null, "enable_thinking": true, "max_tokens": 100 });
    check(params, said, expected).await;
    let nested = json!({ "response_format": { "type": "json_object" }, "stop": ["a\"b"] });
    check(nested.clone(), json!({}), nested).await;
}

#[tokio::test(start_paused = true)]
async fn extra_body_wins_over_the_client() {
    let params = json!({ "extra_body": { "temperature": 0, "chat_template_kwargs": { "x": true } }, "top_k": 5 });
    let expected =
        json!({ "temperature": 0, "chat_template_kwargs": { "x": true }, "top_k": 5, "seed": 7 });
    check(params, json!({ "temperature": 1, "seed": 7 }), expected).await;
}

#[tokio::test(start_paused = true)]
async fn tools_of_the_config_stand_before_the_clients() {
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name } });
    let params = json!({ "tools": [tool("config")], "tool_choice": "auto" });
    check(params.clone(), json!({}), params.clone()).await;
    let said = json!({ "tools": [tool("client")], "tool_choice": "none" });
    let both = json!({ "tools": [tool("config"), tool("client")], "tool_choice": "none" });
    check(params.clone(), said, both).await;
    check(params.clone(), json!({ "tools": null }), params).await;
}

#[tokio::test(start_paused = true)]
async fn a_clients_effort_takes_the_place_of_every_effort_of_the_config() {
    let params = json!({
        "model": "openai/own-model",
        "thinking": { "type": "enabled", "budget_tokens": 2000 },
        "drop_params": true,
        "output_config": { "effort": "low", "format": 1 },
        "extra_body": { "reasoning": { "effort": "low" }, "thinking": {}, "kept": 1 },
    });
    let expected =
        json!({ "reasoning_effort": "high", "output_config": { "format": 1 }, "kept": 1 });
    check(params.clone(), json!({ "reasoning_effort": "high" }), expected).await;
    let arrived = arrives(params, &json!({ "reasoning_effort": null })).await;
    assert!(
        arrived.contains_key("thinking") && arrived["reasoning"]["effort"] == "low",
        "{arrived:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_added_is_said_in_the_words_of_another_provider() {
    let params = json!({ "model": "anthropic/claude-3-7-sonnet", "api_base": "https://a", "stop": ["END"], "max_tokens": 77, "extra_body": { "beta_member": 1 } });
    let expected = json!({ "stop_sequences": ["END"], "max_tokens": 77, "beta_member": 1 });
    check(params, json!({}), expected).await;
}

#[tokio::test(start_paused = true)]
async fn members_are_left_out_by_the_clients_list_or_else_by_the_configs() {
    let params = json!({ "additional_drop_params": ["user", "seed", "top_k"], "seed": 1, "top_k": 2, "extra_body": { "user": "x", "kept": 1 } });
    check(params.clone(), json!({ "user": "me", "n": 1 }), json!({ "n": 1, "kept": 1 })).await;
    let said = json!({ "user": "me", "additional_drop_params": ["kept"] });
    let arrived = arrives(params, &said).await;
    assert!(!arrived.contains_key("kept") && arrived["seed"] == 1, "{arrived:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_is_dropped_where_client_deployment_or_settings_say_so() {
    let claude = |drop: Value| {
        let mut params = json!({ "model": "anthropic/claude-3-7-sonnet", "api_base": "https://a" });
        if !drop.is_null() {
            params["drop_params"] = drop;
        }
        params
    };
    let (yes, no, silent) = (json!(true), json!(false), json!(null));
    for (deployment, settings, client, status) in [
        (&silent, &silent, &silent, 400),
        (&yes, &silent, &silent, 200),
        (&yes, &silent, &no, 400),
        (&no, &silent, &yes, 200),
        (&no, &yes, &no, 200),
        (&silent, &no, &silent, 400),
    ] {
        let lab = Lab::new();
        let settings = json!({ "drop_params": settings });
        lab.upstream("a", &[message()]).gateway(with(&[claude(deployment.clone())], &settings));
        let mut members = json!({ "seed": 7 });
        if !client.is_null() {
            members["drop_params"] = client.clone();
        }
        let got = lab.chat(&asking(&members)).await;
        assert_eq!(got.status, status, "{deployment} {settings} {client}: {}", got.body);
        if status == 200 {
            assert_eq!(got.headers["x-brownout-dropped-params"], "seed");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_may_drop_serves_before_one_that_may_not() {
    let lab = Lab::new();
    let claude = |drop: bool, host: &str| json!({ "model": "anthropic/claude-3-7-sonnet", "api_base": format!("https://{host}"), "drop_params": drop });
    lab.upstream("a", &[message()]).upstream("b", &[message()]);
    lab.gateway(with(&[claude(false, "a"), claude(true, "b")], &json!({})));
    let got = lab.chat(&asking(&json!({ "seed": 7 }))).await;
    assert_eq!((got.status, lab.hosts()), (200, vec!["b".to_owned()]), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn headers_of_the_config_are_sent_and_replace_the_gateways_own() {
    let lab = Lab::new();
    let params = json!({
        "organization": "org-1",
        "headers": { "X-One": "1", "x-both": "headers" },
        "extra_headers": { "x-both": "extra", "Authorization": "Bearer other-key", "x-number": 7, "Content-Length": 3 },
    });
    let secret = "Bearer other-key";
    let reply =
        json!({ "error": { "message": format!("bad {secret}"), "type": "x", "code": "y" } });
    lab.upstream("a", &[answer("hi"), Act::Reply(400, vec![], reply.to_string())]);
    lab.gateway(with(&[params], &json!({})));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let sent = lab.sent.lock().expect("no poison")[0].clone();
    for (name, value) in [
        ("x-one", "1"),
        ("x-both", "extra"),
        ("x-number", "7"),
        ("authorization", secret),
        ("openai-organization", "org-1"),
    ] {
        let all: Vec<_> = sent.headers.get_all(name).iter().collect();
        assert_eq!(all, [value], "{name}");
    }
    assert_eq!(sent.headers["content-length"], sent.body.len().to_string());
    // A provider that repeats a header's secret does not tell it to clients.
    let got = lab.chat(PLAIN).await;
    assert!(got.body.contains("bad [redacted]") && !got.body.contains(secret), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_entra_id_takes_the_place_of_azures_key() {
    let lab = Lab::new();
    let params = json!({ "model": "azure/gpt-4o", "api_base": "https://a", "azure_ad_token": "a-token-of-entra" });
    lab.upstream("a", &[answer("hi")]).gateway(with(&[params], &json!({})));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let headers = lab.sent.lock().expect("no poison")[0].headers.clone();
    assert_eq!(headers["authorization"], "Bearer a-token-of-entra");
    assert!(!headers.contains_key("api-key"));
}

#[tokio::test(start_paused = true)]
async fn an_embedding_is_not_asked_what_only_a_chat_is() {
    let lab = Lab::new();
    let reply = json!({ "object": "list", "data": [], "model": "m", "usage": { "prompt_tokens": 1, "total_tokens": 1 } });
    lab.upstream("a", &[Act::Reply(200, vec![], reply.to_string())]);
    lab.gateway(with(
        &[json!({ "temperature": 0.2, "truncate": "END", "extra_body": { "x": 1 } })],
        &json!({}),
    ));
    let got = lab
        .post("/v1/embeddings", &[], &json!({ "model": "model", "input": "x" }).to_string())
        .await;
    assert_eq!(got.status, 200, "{}", got.body);
    let arrived = bodies(&lab).remove(0);
    assert_eq!(arrived, json!({ "model": "gpt-4o", "input": "x", "truncate": "END", "x": 1 }));
}

#[tokio::test(start_paused = true)]
async fn what_is_litellms_own_is_never_sent() {
    let params = json!({
        "langfuse_secret": "sk-lf", "arize_api_key": "a", "dd_api_key": "d", "prompt_id": "p", "no-log": true,
        "supports_system_message": false, "custom_member": 1,
    });
    check(
        params,
        json!({ "langfuse_public_key": "x", "wandb_api_key": "w" }),
        json!({ "custom_member": 1 }),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_only_the_provider_knows_stands_where_it_looks_for_it() {
    let reply = |model: &str| match model {
        "ollama_chat/m" => {
            json!({"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"hi"},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":1})
        }
        "gemini/gemini-2.5-flash" => {
            json!({"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}})
        }
        _ => {
            json!({"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}})
        }
    };
    for (model, params, at, expected) in [
        (
            "ollama_chat/m",
            json!({ "num_ctx": 8192, "keep_alive": "8m" }),
            "/options/num_ctx",
            json!(8192),
        ),
        (
            "ollama_chat/m",
            json!({ "num_ctx": 8192, "keep_alive": "8m" }),
            "/keep_alive",
            json!("8m"),
        ),
        ("gemini/gemini-2.5-flash", json!({ "top_k": 3 }), "/generationConfig/topK", json!(3)),
        (
            "gemini/gemini-2.5-flash",
            json!({ "safety_settings": [1] }),
            "/safetySettings",
            json!([1]),
        ),
        (
            "bedrock/amazon.nova-pro-v1:0",
            json!({ "top_k": 3 }),
            "/additionalModelRequestFields/top_k",
            json!(3),
        ),
        (
            "bedrock/amazon.nova-pro-v1:0",
            json!({ "guardrailConfig": { "trace": "x" } }),
            "/guardrailConfig/trace",
            json!("x"),
        ),
    ] {
        let lab = Lab::new();
        let mut own = params.clone();
        own["model"] = json!(model);
        let base =
            if model.starts_with("bedrock") { "aws_bedrock_runtime_endpoint" } else { "api_base" };
        own["api_base"] = json!(null);
        own[base] = json!("https://a");
        lab.upstream("a", &[Act::Reply(200, vec![], reply(model).to_string())])
            .gateway(with(&[own], &json!({})));
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.status, 200, "{model}: {}", got.body);
        assert_eq!(bodies(&lab)[0].pointer(at), Some(&expected), "{model}: {}", bodies(&lab)[0]);
    }
}

#[test]
fn values_that_cannot_be_sent_are_mistakes_with_their_place() {
    let of = |params: Value| {
        let file = json!({ "model_list": [{ "model_name": "m", "litellm_params": params }] });
        let errors = litellm::read(&file, &Dummies).expect_err("refused");
        errors.into_iter().map(|error| error.path).collect::<Vec<_>>()
    };
    let at = |key: &str| vec![format!("model_list[0].litellm_params.{key}")];
    assert_eq!(
        of(json!({ "model": "openai/m", "extra_headers": { "a b": "x" } })),
        at("extra_headers")
    );
    assert_eq!(of(json!({ "model": "openai/m", "headers": { "a": "x\ny" } })), at("headers"));
    assert_eq!(of(json!({ "model": "openai/m", "extra_body": ["x"] })), at("extra_body"));
    assert_eq!(of(json!({ "model": "openai/m", "drop_params": "maybe" })), at("drop_params"));
}

#[tokio::test(start_paused = true)]
async fn metadata_of_the_config_goes_with_answers_that_are_kept() {
    let notes = json!({ "job": "nightly" });
    let params = json!({ "store": true, "metadata": notes });
    check(params.clone(), json!({}), params.clone()).await;
    let own = json!({ "metadata": { "job": "own" } });
    check(params.clone(), own, json!({ "store": true, "metadata": { "job": "own" } })).await;
    check(params, json!({ "store": false }), json!({ "store": false })).await;
    let alone = json!({ "metadata": notes });
    check(alone.clone(), json!({}), json!({})).await;
    check(alone, json!({ "store": true }), json!({ "store": true, "metadata": notes })).await;
}
