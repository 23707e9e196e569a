//! Ollama as a raw client reads it: chats and single prompts, plain and as lines, and its refusals.

#![expect(clippy::unwrap_used, reason = "helpers of a test stop it where they fail")]

use crate::support::{Seen, World, deployment, rule};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use vocab::Protocol;

fn world() -> World {
    World::new(vec![deployment(Protocol::Ollama, 1)], vec![])
}

fn request(path: &str, key: Option<&str>, body: &Value) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(Method::POST).uri(path).header("host", "h");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    request.body(Full::new(Bytes::from(body.to_string()))).unwrap()
}

async fn ask(world: &World, path: &str, body: &Value) -> Seen {
    world.call(0, request(path, Some("sk-brownout-1"), body), 1).await
}

fn says(text: &str, members: &Value) -> Value {
    let mut body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": text }] });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn lines(seen: &Seen) -> Vec<Value> {
    seen.body().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_plain_answer_says_what_it_cost() {
    let body = says("hi [[brownout:7]] [[answer:3]]", &json!({ "stream": false }));
    let seen = ask(&world(), "/api/chat", &body).await;
    assert_eq!((seen.status, seen.ended_ms), (200, 440));
    insta::assert_snapshot!(seen.body());
}

#[tokio::test(start_paused = true)]
async fn who_does_not_say_gets_a_stream_of_lines() {
    let seen =
        ask(&world(), "/api/chat", &says("hi [[brownout:7]] [[answer:3]]", &json!({}))).await;
    assert_eq!(seen.header("content-type"), Some("application/x-ndjson"));
    let lines = lines(&seen);
    assert_eq!(lines.len(), 4, "a line per token, and the end");
    let said: String =
        lines.iter().map(|line| line["message"]["content"].as_str().unwrap()).collect();
    assert_eq!(said, " ~1.7.1.0 ~1.7.1.1 ~1.7.1.2$");
    let done: Vec<&Value> = lines.iter().map(|line| &line["done"]).collect();
    assert_eq!(done, [false, false, false, true]);
    let last = &lines[3];
    assert_eq!(last["done_reason"], "stop");
    assert_eq!((&last["prompt_eval_count"], &last["eval_count"]), (&json!(3), &json!(3)));
}

#[tokio::test(start_paused = true)]
async fn a_single_prompt_is_answered_in_its_own_words() {
    let body = json!({ "model": "gpt-4o", "prompt": "hi [[brownout:7]] [[answer:2]]" });
    let lines = lines(&ask(&world(), "/api/generate", &body).await);
    let said: String = lines.iter().map(|line| line["response"].as_str().unwrap()).collect();
    assert_eq!(said, " ~1.7.1.0 ~1.7.1.1$");
    assert!(lines.iter().all(|line| line.get("message").is_none()));
}

#[tokio::test(start_paused = true)]
async fn calls_come_whole_schemas_and_thoughts_are_followed() {
    let tools = json!([{ "type": "function", "function": { "name": "weather", "parameters": {
        "type": "object", "required": ["unit"], "properties": { "unit": { "type": "string", "enum": ["C"] } } } } }]);
    let seen = ask(&world(), "/api/chat", &says("hi", &json!({ "tools": tools }))).await;
    let all = lines(&seen);
    let call = &all[0]["message"]["tool_calls"][0]["function"];
    assert_eq!(*call, json!({ "name": "weather", "arguments": { "unit": "C" } }));
    let schema = json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "boolean" } } });
    let body = says("hi", &json!({ "format": schema, "stream": false, "think": true }));
    let seen = ask(&world(), "/api/chat", &body).await;
    let message = seen.json()["message"].clone();
    let answer: Value = serde_json::from_str(message["content"].as_str().unwrap()).unwrap();
    assert!(answer["a"].is_boolean());
    assert!(!message["thinking"].as_str().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn refusals_are_one_text() {
    let world = world();
    let body = says("hi", &json!({ "stream": false }));
    let stranger = json!({ "model": "nobody", "messages": [] });
    let seen = ask(&world, "/api/chat", &stranger).await;
    assert_eq!((seen.status, seen.json()), (404, json!({ "error": "model 'nobody' not found" })));
    assert_eq!(ask(&world, "/api/pull", &body).await.status, 404);
    for key in [None, Some("sk-other")] {
        assert_eq!(world.call(0, request("/api/chat", key, &body), 2).await.status, 401);
    }
    let broken = World::new(
        vec![deployment(Protocol::Ollama, 1)],
        vec![rule("f", "error", json!({ "status": 503 }))],
    );
    let seen = ask(&broken, "/api/chat", &body).await;
    assert_eq!(seen.status, 503);
    assert!(seen.json()["error"].as_str().unwrap().starts_with("server busy"));
}
