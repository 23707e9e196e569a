//! Claude on Bedrock by InvokeModel: Anthropic's own bodies with the version in them, whose streams come as base64 within
//! AWS's frames; what Bedrock does not have is refused, and an account's own name of a model stands in the path.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use bytes::BytesMut;
use gateway::config::{Deployment, Platform, Secret};
use serde_json::{Value, json};
use vocab::Protocol;
use wire::bedrock::eventstream::Frame;
use wire::bedrock::{InvokeInput, PayloadPart};

const SONNET: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const INVOKE: &str = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke";

fn claude() -> Deployment {
    Deployment {
        protocol: Protocol::Bedrock,
        platform: Platform::Invoke,
        model: Arc::from(SONNET),
        base_path: Arc::from(""),
        api_key: Some(Secret::new("bedrock-api-key")),
        region: Some(Arc::from("eu-west-1")),
        ..deployment("bedrock")
    }
}

fn whole() -> Act {
    let body = json!({
        "id": "msg_bdrk_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [{"type":"text","text":"hi"}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 5, "output_tokens": 2}
    });
    Act::Reply(200, vec![], body.to_string())
}

fn packed(event: &Value) -> Step {
    let mut out = BytesMut::new();
    PayloadPart::new(event.to_string().as_bytes(), 3).write_frame(&mut out);
    Step::Send(out.freeze())
}

fn exception(name: &str, message: &str) -> Step {
    let mut out = BytesMut::new();
    Frame::exception(name, json!({ "message": message }).to_string()).write(&mut out);
    Step::Send(out.freeze())
}

fn begun() -> Vec<Step> {
    let message = json!({
        "id": "msg_bdrk_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 5, "output_tokens": 1}
    });
    let word = |text: &str| json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":text}});
    let block =
        json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}});
    vec![
        packed(&json!({"type":"message_start","message":message})),
        packed(&block),
        packed(&word("Hel\"lo")),
        packed(&word(" there")),
    ]
}

fn streamed() -> Act {
    let delta = json!({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}});
    let metrics = json!({"inputTokenCount":5,"outputTokenCount":2});
    let stop = json!({"type":"message_stop","amazon-bedrock-invocationMetrics":metrics});
    let end = vec![
        packed(&json!({"type":"content_block_stop","index":0})),
        packed(&delta),
        packed(&stop),
    ];
    Act::Stream([begun(), end].concat())
}

fn asking(members: &Value) -> String {
    let mut body =
        json!({"model":"model","max_tokens":9,"messages":[{"role":"user","content":"hello"}]});
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(members);
    body.to_string()
}

fn lab(acts: &[Act]) -> Lab {
    let lab = Lab::new();
    lab.upstream("bedrock", acts).gateway(config("priority", vec![claude()]));
    lab
}

fn sent(lab: &Lab) -> (Sent, Value) {
    let sent = lab.sent.lock().expect("no poison").first().cloned().expect("it was sent");
    let body = serde_json::from_str(&sent.body).expect("JSON");
    (sent, body)
}

#[tokio::test(start_paused = true)]
async fn chat_completions_go_in_anthropics_words_and_come_back() {
    let lab = lab(&[whole()]);
    let got = lab.chat(&asking(&json!({"stop":["END"],"temperature":1.5}))).await;
    assert_eq!(got.json()["choices"][0]["message"]["content"], "hi", "{}", got.body);
    let (sent, body) = sent(&lab);
    assert_eq!(
        (sent.path.as_str(), &sent.headers["authorization"]),
        (INVOKE, &"Bearer bedrock-api-key".parse().expect("text"))
    );
    let expected = json!({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "temperature": 1.0,
        "stop_sequences": ["END"], "messages": [{"role":"user","content":"hello"}]
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn streams_are_unpacked_for_chats_and_for_anthropics_clients() {
    let chats = lab(&[streamed()]);
    let got = chats.chat(&asking(&json!({"stream":true}))).await;
    assert_eq!((got.words().as_str(), got.done()), ("Hel\"lo there", true), "{}", got.body);
    let (sent_chat, body) = sent(&chats);
    assert_eq!(sent_chat.path, format!("{INVOKE}-with-response-stream"));
    assert_eq!((body.get("stream"), body.get("model")), (None, None));
    let messages = lab(&[streamed()]);
    let got = messages.post("/v1/messages", &[], &asking(&json!({"stream":true}))).await;
    assert_eq!(got.status, 200, "{}", got.body);
    for event in ["message_start", "content_block_delta", "message_delta", "message_stop"] {
        assert!(got.body.contains(&format!("event: {event}\ndata: {{")), "{event}: {}", got.body);
    }
    assert_eq!(messages.decided().last().map(String::as_str), Some("bedrock served after 1"));
    assert_eq!(sent(&messages).0.path, format!("{INVOKE}-with-response-stream"));
}

#[tokio::test(start_paused = true)]
async fn messages_go_as_they_are_with_the_version_and_the_betas_that_bedrock_knows() {
    let lab = lab(&[whole()]);
    let members =
        json!({"thinking":{"type":"disabled"},"metadata":{"user_id":"u"},"service_tier":"auto"});
    let betas = [("anthropic-beta", "context-1m-2025-08-07, tomorrow-2027-01-01")];
    let got = lab.post("/v1/messages", &betas, &asking(&members)).await;
    assert_eq!(
        (got.status, &got.json()["content"][0]["text"]),
        (200, &json!("hi")),
        "{}",
        got.body
    );
    assert_eq!(got.header("x-brownout-dropped-params"), "anthropic-beta:tomorrow-2027-01-01");
    let (sent, body) = sent(&lab);
    assert_eq!(sent.path, INVOKE);
    let expected = json!({
        "anthropic_version": "bedrock-2023-05-31", "anthropic_beta": ["context-1m-2025-08-07"], "max_tokens": 9,
        "messages": [{"role":"user","content":"hello"}], "thinking": {"type":"disabled"}, "metadata": {"user_id":"u"}
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_says_so_in_the_clients_words() {
    let broken = exception("throttlingException", "Too many requests");
    let pause = Step::Wait(std::time::Duration::from_millis(9));
    for end in [vec![broken], vec![], vec![packed(&json!("no event"))]] {
        let lab = lab(&[Act::Stream([begun(), vec![pause.clone()], end].concat())]);
        let got = lab.chat(&asking(&json!({"stream":true}))).await;
        assert!(!got.done() && got.error_event().is_some(), "{}", got.body);
        let got = lab.post("/v1/messages", &[], &asking(&json!({"stream":true}))).await;
        assert!(
            got.body.contains("event: error") && !got.body.contains("message_stop"),
            "{}",
            got.body
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_of_the_body_that_would_be_sent() {
    let count = Act::Reply(200, vec![], json!({"inputTokens":12}).to_string());
    let lab = lab(&[count]);
    let mut members = json!({"system":"be brief"});
    members["max_tokens"] = Value::Null;
    let body = asking(&members).replace("\"max_tokens\":null,", "");
    let got = lab.post("/v1/messages/count_tokens", &[], &body).await;
    assert_eq!((got.status, got.json()), (200, json!({"input_tokens":12})), "{}", got.body);
    let (sent, body) = sent(&lab);
    assert!(sent.path.ends_with("/count-tokens"), "{}", sent.path);
    let input = body["input"]["invokeModel"]["body"].as_str().expect("base64").to_owned();
    let counted = InvokeInput { body: input }.bytes().expect("base64");
    let counted: Value = serde_json::from_slice(&counted).expect("JSON");
    assert_eq!(counted["anthropic_version"], "bedrock-2023-05-31");
    assert_eq!((&counted["max_tokens"], counted.get("model")), (&json!(1), None));
}

#[tokio::test(start_paused = true)]
async fn what_bedrock_does_not_have_is_refused_by_its_name() {
    let picture = json!([{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://pics/1.png"}}]}]);
    let source = json!([{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://pics/1.png"}}]}]);
    for (path, name, value, param) in [
        ("/v1/chat/completions", "mcp_servers", json!([{"url":"https://x"}]), "mcp_servers"),
        ("/v1/messages", "mcp_servers", json!([{"url":"https://x"}]), "mcp_servers"),
        ("/v1/messages", "service_tier", json!("standard_only"), "service_tier"),
        ("/v1/chat/completions", "messages", picture, "messages[0]"),
        ("/v1/messages", "messages", source, "messages[0]"),
    ] {
        let lab = lab(&[whole()]);
        let got = lab.post(path, &[], &asking(&json!({ name: value }))).await;
        assert_eq!(got.status, 400, "{path} {name}: {}", got.body);
        assert!(got.body.contains(&format!("`{param}`")), "{}", got.body);
        assert!(lab.sent.lock().expect("no poison").is_empty());
    }
    let lab = lab(&[whole()]);
    let got = lab.chat(&asking(&json!({"speed":"fast","drop_params":true}))).await;
    assert_eq!(
        (got.status, got.header("x-brownout-dropped-params")),
        (200, "speed"),
        "{}",
        got.body
    );
    assert!(sent(&lab).1.get("speed").is_none());
}

#[test]
fn a_config_says_which_models_are_invoked_and_under_which_name() {
    const PROFILE: &str =
        "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc";
    let read = |params: Value| {
        let config = json!({ "model_list": [{ "model_name": "m", "litellm_params": params }] });
        let loaded = gateway::litellm::read(&config, &gateway::litellm::Dummies).expect("a config");
        let notes: Vec<String> = loaded.notes.iter().map(|note| note.text.clone()).collect();
        (loaded.config.deployments[0].clone(), notes.join("\n"))
    };
    let (one, _) = read(json!({ "model": format!("bedrock/invoke/us-east-1/{SONNET}") }));
    assert_eq!(
        (one.platform, &*one.model, one.region.as_deref()),
        (Platform::Invoke, SONNET, Some("us-east-1"))
    );
    let (one, _) = read(json!({ "model": format!("bedrock/{SONNET}"), "model_id": PROFILE }));
    assert_eq!((one.platform, one.model_id.as_deref()), (Platform::Own, Some(PROFILE)));
    assert_eq!(one.region.as_deref(), Some("eu-central-1"));
    let (one, notes) = read(json!({ "model": "bedrock/invoke/meta.llama3-8b-instruct-v1:0" }));
    assert_eq!(one.platform, Platform::Own);
    assert!(notes.contains("asked by Converse"), "{notes}");
}

#[tokio::test(start_paused = true)]
async fn an_accounts_own_name_of_a_model_stands_in_the_path() {
    let lab = Lab::new();
    let profile = "arn:aws:bedrock:eu-west-1:1:application-inference-profile/abc";
    let own = Deployment { model_id: Some(Arc::from(profile)), ..claude() };
    lab.upstream("bedrock", &[whole()]).gateway(config("priority", vec![own]));
    assert_eq!(lab.chat(&asking(&json!({}))).await.status, 200);
    let path =
        "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Aapplication-inference-profile%2Fabc/invoke";
    assert_eq!(sent(&lab).0.path, path);
}
