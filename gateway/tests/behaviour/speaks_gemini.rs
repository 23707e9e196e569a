//! Clients speak OpenAI, the deployment speaks Gemini: requests, answers, streams and errors are translated,
//! and what cannot be said is refused. The upstream's bytes are written by hand, after Google's reference.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment, Secret};
use serde_json::{Value, json};
use vocab::Protocol;

fn gemini(model: &str) -> Deployment {
    Deployment {
        protocol: Protocol::Gemini,
        model: Arc::from(model),
        base_path: Arc::from("/v1beta"),
        api_key: Some(Secret::new("AIza")),
        ..deployment("gemini")
    }
}

fn only(model: &str) -> Config {
    config("least-busy", vec![gemini(model)])
}

fn reply(parts: &Value, finish: &str) -> Value {
    json!({
        "candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": finish, "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 10, "cachedContentTokenCount": 4},
        "modelVersion": "gemini-2.5-flash", "responseId": "resp1"
    })
}

fn whole(parts: &Value) -> Act {
    Act::Reply(200, vec![], reply(parts, "STOP").to_string())
}

fn frame(data: &Value) -> Step {
    Step::Say(format!("data: {data}\r\n\r\n"))
}

fn piece(parts: &Value) -> Step {
    frame(
        &json!({"candidates":[{"content":{"parts":parts,"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5},"modelVersion":"gemini-2.5-flash","responseId":"resp1"}),
    )
}

fn asking(members: &Value) -> String {
    let mut body = json!({"model":"model","messages":[{"role":"user","content":"hello"}]});
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(members);
    body.to_string()
}

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

async fn arrives(model: &str, members: &Value) -> Value {
    let lab = Lab::new();
    lab.upstream("gemini", &[whole(&json!([{"text":"hi"}]))]).gateway(only(model));
    let got = lab.chat(&asking(members)).await;
    assert_eq!(got.status, 200, "{}", got.body);
    serde_json::from_str(&sent(&lab)[0].body).expect("JSON")
}

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_becomes_generate_content() {
    let members = json!({
        "max_completion_tokens": 50, "temperature": 1.5, "top_p": 0.5, "stop": "END", "seed": 7, "n": 2,
        "presence_penalty": 0.5, "reasoning_effort": "low", "parallel_tool_calls": true,
        "response_format": {"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}},
        "tools": [{"type":"function","function":{"name":"weather","description":"d","parameters":{"type":"object"}}}],
        "tool_choice": {"type":"function","function":{"name":"weather"}},
        "messages": [
            {"role":"system","content":"be brief"},
            {"role":"user","name":"Ann","content":[
                {"type":"text","text":"look"},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
                {"type":"input_audio","input_audio":{"data":"BBBB","format":"mp3"}},
                {"type":"file","file":{"file_id":"gs://bucket/a.pdf"}}]},
            {"role":"assistant","content":null,"tool_calls":[
                {"id":"call_1__thought__sig==","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]},
            {"role":"tool","tool_call_id":"call_1__thought__sig==","content":"warm"},
            {"role":"user","content":"and now?"}
        ]
    });
    let lab = Lab::new();
    lab.upstream("gemini", &[whole(&json!([{"text":"{}"}]))]).gateway(only("gemini-2.5-flash"));
    assert_eq!(lab.chat(&asking(&members)).await.status, 200);
    let sent = sent(&lab).remove(0);
    assert_eq!(sent.path, "/v1beta/models/gemini-2.5-flash:generateContent");
    assert_eq!(sent.headers["x-goog-api-key"], "AIza");
    assert!(!sent.headers.contains_key("authorization"));
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&sent.body).expect("JSON"));
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_comes_back_as_chat() {
    let lab = Lab::new();
    let parts = json!([
        {"text":"hm","thought":true}, {"text":"let me see"},
        {"functionCall":{"name":"weather","args":{"city":"Rome"}},"thoughtSignature":"sig=="}]);
    lab.upstream("gemini", &[whole(&parts)]).gateway(only("gemini-2.5-flash"));
    insta::assert_json_snapshot!(lab.chat(PLAIN).await.json());
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_back_as_chunks() {
    let lab = Lab::new();
    let last = frame(&reply(&json!([{"text":" there"}]), "MAX_TOKENS"));
    let steps = vec![
        piece(&json!([{"text":"hm","thought":true}])),
        piece(&json!([{"text":"Hel\"lo"}])),
        last,
    ];
    lab.upstream("gemini", &[Act::Stream(steps)]).gateway(only("gemini-2.5-flash"));
    let body = asking(&json!({"stream":true,"stream_options":{"include_usage":true}}));
    let got = lab.chat(&body).await;
    assert_eq!(sent(&lab)[0].path, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_eq!((got.words().as_str(), got.done()), ("Hel\"lo there", true), "{}", got.body);
    let data = got.body.lines().filter_map(|line| line.strip_prefix("data: "));
    let chunks: Vec<Value> = data.filter_map(|data| serde_json::from_str(data).ok()).collect();
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(chunks[1]["choices"][0]["delta"]["reasoning_content"], "hm");
    let [.., finish, usage] = chunks.as_slice() else { unreachable!("{}", got.body) };
    assert_eq!(finish["choices"][0]["finish_reason"], "length");
    assert_eq!((&usage["usage"]["completion_tokens"], &usage["choices"]), (&json!(5), &json!([])));
    assert!(
        chunks.iter().all(|chunk| chunk["id"] == "resp1" && chunk["model"] == "gemini-2.5-flash")
    );
}

#[tokio::test(start_paused = true)]
async fn a_streamed_call_comes_back_whole() {
    let lab = Lab::new();
    let call = json!([{"functionCall":{"id":"c1","name":"time","args":{}}}]);
    lab.upstream("gemini", &[Act::Stream(vec![piece(&call), frame(&reply(&json!([]), "STOP"))])]);
    lab.gateway(only("gemini-2.5-flash"));
    let got = lab.chat(STREAM).await;
    let expected = r#""tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"time","arguments":"{}"}}]"#;
    assert!(
        got.body.contains(expected) && got.body.contains(r#""finish_reason":"tool_calls""#),
        "{}",
        got.body
    );
}

#[tokio::test(start_paused = true)]
async fn errors_break_streams_in_sight_and_blocked_prompts_are_filtered() {
    let error =
        json!({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}});
    let pause = Step::Wait(std::time::Duration::from_millis(9));
    for config in [only("gemini-2.5-flash"), config("priority", vec![gemini("gemini-2.5-flash")])] {
        let lab = Lab::new();
        let begun = piece(&json!([{"text":"Hel"}]));
        let broken = Act::Stream(vec![begun, pause.clone(), frame(&error)]);
        let blocked = json!({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}});
        let refused = Act::Reply(503, vec![], error.to_string());
        lab.upstream("gemini", &[broken, Act::Reply(200, vec![], blocked.to_string()), refused]);
        let mut config = config;
        config.router.num_retries = 0;
        lab.gateway(config);
        let got = lab.chat(STREAM).await;
        assert!(!got.done() && got.words() == "Hel", "{}", got.body);
        let said = got.error_event().expect("an error event")["message"].to_string();
        assert!(said.contains("The model is overloaded."), "{said}");
        let got = lab.chat(PLAIN).await;
        assert_eq!(
            (got.status, &got.json()["choices"][0]["finish_reason"]),
            (200, &json!("content_filter"))
        );
        let got = lab.chat(PLAIN).await;
        let said = got.json()["error"]["message"].to_string();
        assert!(
            got.status == 503 && said.contains("The model is overloaded."),
            "{}: {said}",
            got.status
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_an_error_asks_for_is_kept() {
    let error = json!({"error":{"code":429,"message":"Quota exceeded for metric","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37s"}]}});
    let lab = Lab::new();
    lab.upstream("gemini", &[Act::Reply(429, vec![], error.to_string())]);
    lab.upstream("openai", &[answer("hi")]);
    lab.gateway(config("priority", vec![gemini("gemini-2.5-flash"), deployment("openai")]));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let health = lab.send("GET", "/health", &[], "").await.json();
    assert_eq!(health["unhealthy_endpoints"][0]["error"], "cooling down for another 37.0 s");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_by_its_name() {
    let at = |part: Value| json!([{"role":"user","content":[part]}]);
    let cut = json!({"type":"text","text":"x","cache_control":{"type":"ephemeral"}});
    for (name, value, param) in [
        ("user", json!("u-1"), "user"),
        ("logprobs", json!(true), "logprobs"),
        ("parallel_tool_calls", json!(false), "parallel_tool_calls"),
        ("logit_bias", json!({"1":1}), "logit_bias"),
        ("modalities", json!(["audio"]), "modalities"),
        (
            "messages",
            at(json!({"type":"image_url","image_url":{"url":"https://pics/1.png"}})),
            "messages[0].content[0]",
        ),
        (
            "messages",
            at(json!({"type":"file","file":{"file_id":"file-1"}})),
            "messages[0].content[0]",
        ),
        ("messages", at(cut), "messages[0].content[0]"),
    ] {
        let lab = Lab::new();
        lab.upstream("gemini", &[whole(&json!([]))]).gateway(only("gemini-2.5-flash"));
        let got = lab.chat(&asking(&json!({ name: value }))).await;
        let error = got.json()["error"].clone();
        assert_eq!(
            (got.status, &error["param"], lab.hosts().len()),
            (400, &json!(param), 0),
            "{error}"
        );
        let lab = Lab::new();
        lab.upstream("gemini", &[whole(&json!([]))]).upstream("openai", &[answer("hi")]);
        lab.gateway(config("least-busy", vec![gemini("gemini-2.5-flash"), deployment("openai")]));
        assert_eq!(lab.chat(&asking(&json!({ name: value }))).await.status, 200);
        assert_eq!(lab.hosts(), ["openai"], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn efforts_become_budgets_or_levels() {
    for (model, effort, expected) in [
        ("gemini-2.5-pro", "none", json!({"thinkingBudget":0})),
        ("gemini-2.5-pro", "high", json!({"includeThoughts":true,"thinkingBudget":24576})),
        ("gemini-3-pro-preview", "low", json!({"includeThoughts":true,"thinkingLevel":"low"})),
    ] {
        let sent = arrives(model, &json!({ "reasoning_effort": effort })).await;
        assert_eq!(sent["generationConfig"]["thinkingConfig"], expected, "{model} {effort}");
    }
    let strict = json!([{"type":"function","function":{"name":"f","strict":true}}]);
    let sent = arrives("gemini-2.5-pro", &json!({ "tools": strict })).await;
    assert_eq!(sent["toolConfig"]["functionCallingConfig"]["mode"], "VALIDATED");
}
