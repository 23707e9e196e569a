//! Tools, structured output, thoughts, several choices, refusals: what a request asks of its answer,
//! in each persona's words, plain and as a stream.

#![expect(clippy::unwrap_used, reason = "helpers of a test stop it where they fail")]

use crate::support::{PROTOCOLS, Seen, World, deployment, path, send};
use http::Method;
use serde_json::{Value, json};
use vocab::Protocol;

/// Asks with these members besides model, limit and messages.
async fn ask(protocol: Protocol, prompt: &str, extra: Value) -> Seen {
    let messages = json!([{ "role": "user", "content": prompt }]);
    ask_with(protocol, messages, extra).await
}

async fn ask_with(protocol: Protocol, messages: Value, extra: Value) -> Seen {
    let world = World::new(vec![deployment(protocol, 1)], vec![]);
    let own = world.config.deployments[0].clone();
    let mut body = json!({ "model": "gpt-4o", "messages": messages });
    if protocol == Protocol::Anthropic {
        body["max_tokens"] = 2048.into();
    }
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    world.call(0, send(&own, Method::POST, path(&own), body.to_string()), 1).await
}

fn tools(protocol: Protocol) -> Value {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": { "type": "string" },
            "unit": { "type": "string", "enum": ["celsius", "fahrenheit"] },
            "days": { "type": "integer", "minimum": 2 },
            "note": { "type": "string" }
        },
        "required": ["city", "unit", "days"]
    });
    let names = ["get_weather", "get_time"];
    match protocol {
        Protocol::Anthropic => {
            names.iter().map(|name| json!({ "name": name, "input_schema": schema })).collect()
        }
        _ => names
            .iter()
            .map(|name| {
                json!({ "type": "function", "function": { "name": name, "parameters": schema } })
            })
            .collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn calls_of_tools() {
    for protocol in PROTOCOLS {
        let plain = json!({ "tools": tools(protocol) });
        let stream = json!({ "tools": tools(protocol), "stream": true });
        let mut text = ask(protocol, "weather? [[calls:2]]", plain).await.body();
        text += "\n\n";
        text += &ask(protocol, "weather?", stream).await.body();
        insta::assert_snapshot!(format!("calls-{protocol}"), text);
    }
}

#[tokio::test(start_paused = true)]
async fn tool_choice_is_honoured() {
    let first_call = |seen: &Seen| {
        seen.json()["choices"][0]["message"]["tool_calls"][0]["function"]["name"].clone()
    };
    for (choice, called) in [
        (json!("auto"), json!("get_weather")),
        (json!("required"), json!("get_weather")),
        (json!("none"), Value::Null),
        (json!({ "type": "function", "function": { "name": "get_time" } }), json!("get_time")),
    ] {
        let extra = json!({ "tools": tools(Protocol::OpenAi), "tool_choice": choice });
        let seen = ask(Protocol::OpenAi, "hi [[answer:2]]", extra).await;
        assert_eq!(first_call(&seen), called, "{choice}");
    }
    let parallel = json!({ "tools": tools(Protocol::OpenAi), "parallel_tool_calls": false });
    let seen = ask(Protocol::OpenAi, "[[calls:5]]", parallel).await;
    assert_eq!(seen.json()["choices"][0]["message"]["tool_calls"].as_array().unwrap().len(), 1);
    let many = json!({ "tools": tools(Protocol::OpenAi) });
    let seen = ask(Protocol::OpenAi, "[[calls:5000]]", many).await;
    assert_eq!(seen.json()["choices"][0]["message"]["tool_calls"].as_array().unwrap().len(), 16);
}

#[tokio::test(start_paused = true)]
async fn a_tools_result_is_answered_in_words() {
    let call = json!({ "id": "call_1", "type": "function",
        "function": { "name": "get_weather", "arguments": "{}" } });
    let messages = json!([
        { "role": "user", "content": "weather? [[answer:2]]" },
        { "role": "assistant", "content": null, "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "call_1", "content": "sunny" }
    ]);
    let seen = ask_with(Protocol::OpenAi, messages, json!({ "tools": tools(Protocol::OpenAi) }));
    assert_eq!(seen.await.json()["choices"][0]["finish_reason"], "stop");
    let messages = json!([
        { "role": "user", "content": "weather? [[answer:2]]" },
        { "role": "assistant", "content": [
            { "type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {} }] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny" }] }
    ]);
    let extra = json!({ "tools": tools(Protocol::Anthropic) });
    let seen = ask_with(Protocol::Anthropic, messages, extra).await;
    assert_eq!(seen.json()["stop_reason"], "end_turn");
}

#[tokio::test(start_paused = true)]
async fn several_choices_take_turns() {
    let stream = json!({ "n": 2, "stream": true });
    let seen = ask(Protocol::OpenAi, "[[answer:2]]", stream).await;
    insta::assert_snapshot!("two-choices", seen.body());
    let plain = ask(Protocol::OpenAi, "[[answer:2]]", json!({ "n": 3 })).await.json();
    assert_eq!(plain["choices"].as_array().unwrap().len(), 3);
    assert_eq!(plain["usage"]["completion_tokens"], 6);
}

#[tokio::test(start_paused = true)]
async fn structured_output_follows_its_schema() {
    let schema = json!({ "type": "object", "required": ["name", "age"], "properties": {
        "name": { "type": "string" }, "age": { "type": "integer" } } });
    let named = json!({ "response_format": { "type": "json_schema",
        "json_schema": { "name": "person", "strict": true, "schema": schema } } });
    let seen = ask(Protocol::OpenAi, "who?", named).await.json();
    let person = json!({ "name": "brownout", "age": 1 });
    let read = |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap();
    assert_eq!(read(&seen["choices"][0]["message"]["content"]), person);
    let object = json!({ "response_format": { "type": "json_object" } });
    let seen = ask(Protocol::OpenAi, "some JSON", object.clone()).await.json();
    assert!(read(&seen["choices"][0]["message"]["content"]).is_object());
    assert_eq!(ask(Protocol::OpenAi, "anything", object).await.status, 400);
    let format =
        json!({ "output_config": { "format": { "type": "json_schema", "schema": schema } } });
    let seen = ask(Protocol::Anthropic, "who?", format).await.json();
    assert_eq!(read(&seen["content"][0]["text"]), person);
}

#[tokio::test(start_paused = true)]
async fn thoughts_are_counted_or_shown() {
    let effort = json!({ "reasoning_effort": "low" });
    let seen = ask(Protocol::OpenAi, "[[answer:3]]", effort).await.json();
    assert_eq!(seen["usage"]["completion_tokens"], 19);
    assert_eq!(seen["usage"]["completion_tokens_details"]["reasoning_tokens"], 16);
    let effort = json!({ "reasoning_effort": "low", "stream": true });
    let seen = ask(Protocol::OpenAi, "[[thinking:4]] [[answer:2]]", effort).await;
    let first_word = seen.pieces.iter().find(|(_, piece)| piece.contains(" ~")).unwrap();
    assert_eq!(first_word.0, 480, "four thoughts of 20 ms pass unseen");
    let budget =
        json!({ "thinking": { "type": "enabled", "budget_tokens": 1024 }, "stream": true });
    let seen = ask(Protocol::Anthropic, "[[thinking:2]] [[answer:1]]", budget).await;
    insta::assert_snapshot!("thoughts-anthropic", seen.body());
}

#[tokio::test(start_paused = true)]
async fn content_policies() {
    for protocol in PROTOCOLS {
        let mut text = String::new();
        for prompt in ["[[refuse]]", "[[blocked]]", "[[filtered]] [[answer:4]]"] {
            let seen = ask(protocol, prompt, json!({})).await;
            text += &format!("{prompt}: {} {}\n", seen.status, seen.body());
        }
        let seen = ask(protocol, "[[filtered]] [[answer:2]]", json!({ "stream": true })).await;
        let frames: Vec<&str> = seen.pieces.iter().map(|(_, piece)| piece.as_str()).collect();
        text += &format!("filtered stream ends: {}", frames.last().unwrap());
        insta::assert_snapshot!(format!("policies-{protocol}"), text);
    }
}

/// Words of a plain answer, in each persona's form.
fn words(protocol: Protocol, seen: &Seen) -> String {
    let reply = seen.json();
    let at = match protocol {
        Protocol::Anthropic => "/content/0/text",
        _ => "/choices/0/message/content",
    };
    reply.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_request_begins_is_gone_on_with() {
    let question = json!({ "role": "user", "content": "[[brownout:000007]] [[answer:5]]" });
    let begun = json!({ "role": "assistant", "content": " ~2.7.1.0 ~2.7.1.1" });
    let further = json!({ "role": "user", "content": "Go on." });
    for protocol in [Protocol::OpenAi, Protocol::Anthropic] {
        for messages in [json!([question, begun]), json!([question, begun, further])] {
            let seen = ask_with(protocol, messages, json!({})).await;
            assert_eq!(words(protocol, &seen), " ~1.7.1.2 ~1.7.1.3 ~1.7.1.4$", "{protocol}");
            let usage = &seen.json()["usage"];
            let told = usage.get("completion_tokens").or_else(|| usage.get("output_tokens"));
            assert_eq!(told, Some(&json!(3)), "what it did not say it did not count");
        }
        // What is left of the limit is a limit of the rest.
        let limited = json!({ "max_tokens": 2 });
        let seen = ask_with(protocol, json!([question, begun]), limited).await;
        assert_eq!(words(protocol, &seen), " ~1.7.1.2 ~1.7.1.3$", "{protocol}");
        // Another prompt's answer begins nothing.
        let other = json!({ "role": "assistant", "content": " ~2.6.1.0 ~2.6.1.1" });
        let seen = ask_with(protocol, json!([other, question]), json!({})).await;
        assert!(words(protocol, &seen).starts_with(" ~1.7.1.0"), "{protocol}");
        let all = json!({ "role": "assistant", "content": " ~2.7.1.4$" });
        let seen = ask_with(protocol, json!([question, all]), json!({})).await;
        assert_eq!((seen.status, words(protocol, &seen).as_str()), (200, ""), "{protocol}");
    }
}
