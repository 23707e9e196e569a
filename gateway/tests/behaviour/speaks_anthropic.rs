//! Clients speak OpenAI, the deployment speaks Anthropic: requests, answers, streams and errors are
//! translated. The upstream's bytes are written by hand, after Anthropic's documentation.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment, Secret};
use serde_json::{Value, json};
use vocab::Protocol;

fn claude() -> Deployment {
    Deployment {
        protocol: Protocol::Anthropic,
        model: Arc::from("claude-3-5-sonnet-20241022"),
        model_as_written: Arc::from("anthropic/claude-3-5-sonnet-20241022"),
        base_path: Arc::from(""),
        api_key: Some(Secret::new("sk-ant")),
        ..deployment("claude")
    }
}

fn only_claude() -> Config {
    config("least-busy", vec![claude()])
}

fn event(data: &Value) -> Step {
    Step::Say(format!("event: {}\ndata: {data}\n\n", data["type"].as_str().expect("a type")))
}

fn message_start() -> Step {
    event(
        &json!({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-3-5-sonnet-20241022","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}),
    )
}

fn text(text: &str) -> Step {
    event(
        &json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":text}}),
    )
}

fn message_end(reason: &str) -> [Step; 2] {
    [
        event(
            &json!({"type":"message_delta","delta":{"stop_reason":reason,"stop_sequence":null},"usage":{"output_tokens":2}}),
        ),
        event(&json!({"type":"message_stop"})),
    ]
}

fn data(body: &str) -> Vec<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_becomes_messages() {
    let lab = Lab::new();
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"claude-3-5-sonnet-20241022","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}});
    lab.upstream("claude", &[Act::Reply(200, vec![], reply.to_string())]).gateway(only_claude());
    let body = json!({
        "model": "model", "max_completion_tokens": 50, "temperature": 1.5, "stop": ["END"],
        "user": "u-1", "parallel_tool_calls": false,
        "tools": [{"type":"function","function":{"name":"weather","description":"d","parameters":{"type":"object"}}}],
        "tool_choice": {"type":"function","function":{"name":"weather"}},
        "messages": [
            {"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
            {"role":"assistant","content":null,"tool_calls":[
                {"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}},
                {"id":"call_2","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]},
            {"role":"tool","tool_call_id":"call_1","content":"warm"},
            {"role":"tool","tool_call_id":"call_2","content":"cold"},
            {"role":"user","content":"and now?"}
        ]
    });
    assert_eq!(lab.chat(&body.to_string()).await.status, 200);
    let sent = lab.sent.lock().expect("no poison")[0].clone();
    assert_eq!(sent.path, "/v1/messages");
    assert_eq!(sent.headers["x-api-key"], "sk-ant");
    assert_eq!(sent.headers["anthropic-version"], "2023-06-01");
    let sent: Value = serde_json::from_str(&sent.body).expect("JSON");
    insta::assert_json_snapshot!(sent);
}

#[tokio::test(start_paused = true)]
async fn a_bare_request_gets_a_token_bound() {
    let lab = Lab::new();
    lab.upstream("claude", &[Act::Hang]).gateway(only_claude());
    let body =
        r#"{"model":"model","num_retries":0,"messages":[{"role":"assistant","content":"I"}]}"#;
    lab.chat(body).await;
    let sent = lab.sent.lock().expect("no poison")[0].body.clone();
    insta::assert_snapshot!(sent, @r#"{"model":"claude-3-5-sonnet-20241022","max_tokens":4096,"messages":[{"role":"user","content":"."},{"role":"assistant","content":"I"}]}"#);
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_with_a_call_comes_back_as_chat() {
    let lab = Lab::new();
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"claude-3-5-sonnet-20241022","content":[{"type":"text","text":"let me see"},{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Rome"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2,"cache_read_input_tokens":3}});
    lab.upstream("claude", &[Act::Reply(200, vec![("request-id", "req_1")], reply.to_string())]);
    lab.gateway(only_claude());
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.header("llm_provider-request-id"), "req_1");
    insta::assert_json_snapshot!(got.json());
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_words_comes_back_as_chunks() {
    let lab = Lab::new();
    let start = event(
        &json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}),
    );
    let ping = event(&json!({"type":"ping"}));
    let stop = event(&json!({"type":"content_block_stop","index":0}));
    let steps = [
        vec![message_start(), start, ping, text("Hel\"lo"), text(" there"), stop],
        message_end("max_tokens").to_vec(),
    ];
    lab.upstream("claude", &[Act::Stream(steps.concat())]).gateway(only_claude());
    let body = STREAM.replace("true", r#"true,"stream_options":{"include_usage":true}"#);
    let got = lab.chat(&body).await;
    assert_eq!((got.words().as_str(), got.done()), ("Hel\"lo there", true));
    let chunks = data(&got.body);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["id"] == "msg_1" && chunk["object"] == "chat.completion.chunk")
    );
    let [.., finish, usage] = chunks.as_slice() else { panic!("{}", got.body) };
    assert_eq!(finish["choices"][0]["finish_reason"], "length");
    assert_eq!(usage["usage"], json!({"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}));
    assert_eq!(usage["choices"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_call_comes_back_as_tool_deltas() {
    let lab = Lab::new();
    let call = |index, id, name| {
        event(
            &json!({"type":"content_block_start","index":index,"content_block":{"type":"tool_use","id":id,"name":name,"input":{}}}),
        )
    };
    let piece = |index, json: &str| {
        event(
            &json!({"type":"content_block_delta","index":index,"delta":{"type":"input_json_delta","partial_json":json}}),
        )
    };
    let steps = vec![
        message_start(),
        call(1, "toolu_1", "weather"),
        piece(1, ""),
        piece(1, "{\"city\":"),
        piece(1, "\"Rome\"}"),
        call(2, "toolu_2", "time"),
        piece(2, "{}"),
    ];
    lab.upstream("claude", &[Act::Stream([steps, message_end("tool_use").to_vec()].concat())]);
    lab.gateway(only_claude());
    let got = lab.chat(STREAM).await;
    let chunks = data(&got.body);
    let calls: Vec<&Value> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0))
        .collect();
    assert_eq!(
        calls[0],
        &json!({"index":0,"id":"toolu_1","type":"function","function":{"name":"weather","arguments":""}})
    );
    let arguments: String = calls
        .iter()
        .filter(|call| call["index"] == 0)
        .filter_map(|call| call["function"]["arguments"].as_str())
        .collect();
    assert_eq!(arguments, r#"{"city":"Rome"}"#);
    assert_eq!((&calls[4]["index"], &calls[4]["id"]), (&json!(1), &json!("toolu_2")));
    assert_eq!(chunks.last().expect("chunks")["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test(start_paused = true)]
async fn errors_arrive_in_openais_envelope_and_a_broken_stream_is_seen() {
    let overloaded = json!({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"});
    let lab = Lab::new();
    lab.upstream(
        "claude",
        &[
            Act::Reply(529, vec![], overloaded.to_string()),
            Act::Stream(vec![
                message_start(),
                text("Hel"),
                Step::Wait(std::time::Duration::from_millis(9)),
                event(&overloaded),
            ]),
            Act::Stream(vec![
                message_start(),
                text("Hel"),
                Step::Wait(std::time::Duration::from_millis(9)),
            ]),
        ],
    );
    let mut config = only_claude();
    config.router.num_retries = 0;
    lab.gateway(config);
    let got = lab.chat(PLAIN).await;
    assert_eq!(
        (got.status, &got.json()["error"]["code"]),
        (500, &json!("500")),
        "LiteLLM has no 529"
    );
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("Hel", false));
    assert!(got.error_event().is_some(), "{}", got.body);
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("Hel", true), "LiteLLM says stop itself");
}
