//! What a deployment's `litellm_params` add arrives at Messages and Responses as far as these know it, as LiteLLM
//! sends it there; and what `additional_drop_params` leaves out, whole members and paths into them, is named in
//! a header. An upstream that records compares.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use serde_json::{Value, json};

const CLAUDE: &str = "anthropic/claude-3-7-sonnet";

fn with(params: &Value) -> Config {
    let mut own =
        json!({ "model": "openai/gpt-4o", "api_base": "https://a", "api_key": "sk-upstream" });
    own.as_object_mut().expect("an object").extend(params.as_object().expect("parameters").clone());
    let file = json!({ "model_list": [{ "model_name": "model", "litellm_params": own }] });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

/// The answer that the endpoint of `path` has at a provider that serves it.
fn reply(path: &str, model: &Value) -> Act {
    let message = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}});
    let response = json!({"id":"resp_1","object":"response","status":"completed","model":"m","output":[],"usage":{"input_tokens":7,"output_tokens":2,"total_tokens":9}});
    match path {
        "/v1/responses" => Act::Reply(200, vec![], response.to_string()),
        "/v1/messages/count_tokens" => Act::Reply(200, vec![], r#"{"input_tokens":3}"#.to_owned()),
        _ if *model == CLAUDE => Act::Reply(200, vec![], message.to_string()),
        _ => answer("hi"),
    }
}

/// The body with which a request at `path` arrives, but for model, messages and input; and what the answer says was
/// left out of it.
async fn arrives(path: &str, params: Value, members: &Value) -> (Value, String) {
    let lab = Lab::new();
    lab.upstream("a", &[reply(path, &params["model"])]).gateway(with(&params));
    let what = if path == "/v1/responses" { "input" } else { "messages" };
    let mut body = json!({ "model": "model", what: [{ "role": "user", "content": "hello" }] });
    body.as_object_mut().expect("an object").extend(members.as_object().expect("members").clone());
    let got = lab.post(path, &[], &body.to_string()).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let sent = lab.sent.lock().expect("no poison")[0].body.clone();
    let mut sent: Value = serde_json::from_str(&sent).expect("JSON");
    let all = sent.as_object_mut().expect("an object");
    assert!(all.remove("model").is_some() && all.remove(what).is_some(), "{all:?}");
    (sent, got.header("x-brownout-dropped-params").to_owned())
}

async fn check(path: &str, params: Value, members: Value, expected: Value) {
    let (arrived, _) = arrives(path, params.clone(), &members).await;
    assert_eq!(arrived, expected, "{path} {params} {members}");
}

#[tokio::test(start_paused = true)]
async fn messages_at_anthropic_get_what_messages_know() {
    let params = json!({
        "model": CLAUDE, "temperature": 0.2, "max_tokens": 5, "top_k": 3, "system": "Be brief.", "seed": 7,
        "stop": ["END"], "min_p": 0.1, "metadata": { "user_id": "u" }, "extra_body": { "beta": 1 },
        "tools": [{ "name": "config", "input_schema": {} }], "stream_options": { "include_usage": true },
    });
    let tool = |name: &str| json!({ "name": name, "input_schema": {} });
    let expected = json!({
        "temperature": 0.2, "max_tokens": 50, "top_k": 3, "system": "Be brief.",
        "metadata": { "user_id": "u" }, "tools": [tool("config"), tool("client")],
    });
    let members = json!({ "max_tokens": 50, "tools": [tool("client")] });
    check("/v1/messages", params.clone(), members, expected).await;
    // To count its tokens is not to send it.
    check("/v1/messages/count_tokens", params, json!({}), json!({})).await;
}

#[tokio::test(start_paused = true)]
async fn messages_at_a_provider_of_chats_get_what_chats_know_too() {
    let params = json!({
        "temperature": 0.2, "seed": 7, "response_format": { "type": "json_object" }, "min_p": 0.1,
        "stop": ["END"], "extra_body": { "beta": 1 },
    });
    let expected = json!({
        "temperature": 0.2, "seed": 7, "response_format": { "type": "json_object" }, "min_p": 0.1,
        "stop": ["client"], "max_tokens": 50, "beta": 1,
    });
    let members = json!({ "max_tokens": 50, "stop_sequences": ["client"] });
    check("/v1/messages", params, members, expected).await;
}

#[tokio::test(start_paused = true)]
async fn responses_get_what_responses_know() {
    let params = json!({
        "temperature": 0.2, "max_output_tokens": 60, "truncation": "auto", "reasoning_effort": "high", "seed": 7,
        "max_tokens": 5, "metadata": { "team": "a" }, "min_p": 0.1, "extra_body": { "beta": 1 },
    });
    let expected = json!({
        "temperature": 1, "max_output_tokens": 60, "truncation": "auto", "reasoning": { "effort": "high" },
        "metadata": { "team": "a" }, "beta": 1,
    });
    check("/v1/responses", params, json!({ "temperature": 1 }), expected).await;
    let own = json!({ "reasoning_effort": "high", "reasoning": { "effort": "low" } });
    check("/v1/responses", own.clone(), json!({}), json!({ "reasoning": { "effort": "low" } }))
        .await;
    let said = json!({ "reasoning": { "effort": "minimal" } });
    check("/v1/responses", own, said.clone(), said).await;
}

#[tokio::test(start_paused = true)]
async fn metadata_of_the_config_is_no_business_of_a_chats_provider() {
    let params =
        json!({ "metadata": { "team": "a" }, "stream_options": { "include_usage": true } });
    check("/v1/chat/completions", params, json!({}), json!({})).await;
}

#[tokio::test(start_paused = true)]
async fn options_of_a_stream_go_with_streams_and_count_as_the_clients() {
    let wanted = json!({ "include_usage": true });
    let lab = Lab::new();
    lab.upstream("a", &[stream(2)]).gateway(with(&json!({ "stream_options": wanted })));
    assert!(lab.chat(STREAM).await.done());
    let sent = lab.sent.lock().expect("no poison")[0].body.clone();
    let sent: Value = serde_json::from_str(&sent).expect("JSON");
    assert_eq!(sent["stream_options"], wanted);
    // Where the usage is told in other words, it is put into these.
    let said = [
        json!({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}),
        json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}),
        json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}),
        json!({"type":"content_block_stop","index":0}),
        json!({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}),
        json!({"type":"message_stop"}),
    ];
    let event = |data: &Value| {
        format!("event: {}\ndata: {data}\n\n", data["type"].as_str().expect("a type"))
    };
    let events = said.iter().map(|data| Step::Say(event(data))).collect();
    let lab = Lab::new();
    lab.upstream("a", &[Act::Stream(events)]);
    lab.gateway(with(&json!({ "model": CLAUDE, "stream_options": wanted })));
    let got = lab.chat(STREAM).await;
    assert!(got.done() && got.body.contains("\"prompt_tokens\":7"), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn paths_lead_into_members_and_what_was_there_is_named() {
    let tool = |strict: bool| {
        let mut function = json!({ "name": "f", "parameters": {} });
        if strict {
            function["strict"] = json!(true);
        }
        json!({ "type": "function", "function": function })
    };
    let params = json!({ "additional_drop_params": ["tools[*].function.strict", "seed", "user", "a.b[1].c", "extra_body.kept", "x[0]"] });
    let members = json!({
        "tools": [tool(true), tool(false), tool(true)], "seed": 7, "a": { "b": [{ "c": 1 }, { "c": 2, "d": 3 }] }, "n": 1, "kept": 2, "x": [1],
    });
    let expected = json!({
        "tools": [tool(false), tool(false), tool(false)], "a": { "b": [{ "c": 1 }, { "d": 3 }] }, "n": 1, "x": [1],
    });
    let (arrived, dropped) = arrives("/v1/chat/completions", params, &members).await;
    assert_eq!(arrived, expected);
    assert_eq!(dropped, "tools[*].function.strict, seed, a.b[1].c, extra_body.kept");
}

#[tokio::test(start_paused = true)]
async fn what_the_config_adds_is_left_out_by_paths_too() {
    let params = json!({
        "extra_body": { "kwargs": { "think": true, "kept": 1 } }, "response_format": { "type": "x", "strict": true },
        "additional_drop_params": ["extra_body.kwargs.think", "response_format.strict"],
    });
    let expected = json!({ "kwargs": { "kept": 1 }, "response_format": { "type": "x" } });
    check("/v1/chat/completions", params, json!({}), expected).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_keeps_what_makes_it_one() {
    let unwanted = json!({ "additional_drop_params": ["messages", "model", "messages[0].content", "stream", "user"] });
    let (arrived, dropped) = arrives("/v1/chat/completions", json!({}), &unwanted).await;
    assert_eq!((arrived, dropped), (json!({}), String::new()));
}

#[tokio::test(start_paused = true)]
async fn members_are_left_out_and_named_at_every_endpoint_and_before_they_could_be_refused() {
    let params =
        json!({ "model": CLAUDE, "additional_drop_params": ["seed", "top_k", "tools[*].beta"] });
    let (arrived, dropped) =
        arrives("/v1/chat/completions", params.clone(), &json!({ "seed": 7 })).await;
    assert_eq!((arrived["seed"].clone(), dropped), (json!(null), "seed".to_owned()));
    let tool = json!({ "name": "t", "input_schema": {}, "beta": 1 });
    let members = json!({ "max_tokens": 5, "top_k": 3, "tools": [tool] });
    let (arrived, dropped) = arrives("/v1/messages", params.clone(), &members).await;
    let expected = json!({ "max_tokens": 5, "tools": [{ "name": "t", "input_schema": {} }] });
    assert_eq!((arrived, dropped), (expected, "top_k, tools[*].beta".to_owned()));
    let params = json!({ "additional_drop_params": ["top_p"] });
    let (arrived, dropped) =
        arrives("/v1/responses", params, &json!({ "top_p": 1, "store": true })).await;
    assert_eq!((arrived, dropped), (json!({ "store": true }), "top_p".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_drops_thousands_of_members_gets_a_header_that_fits() {
    let names: Vec<String> = (0..2000).map(|number| format!("member_{number}")).collect();
    let mut members = json!({ "additional_drop_params": names });
    names.iter().for_each(|name| members[name] = json!(1));
    let (arrived, dropped) = arrives("/v1/chat/completions", json!({}), &members).await;
    assert_eq!(arrived, json!({}));
    assert!(dropped.len() < 1100 && dropped.ends_with(" more"), "{dropped}");
}
