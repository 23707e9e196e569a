//! Gemini as a raw client reads it: plain, as events, as an array, and its refusals.

#![expect(clippy::unwrap_used, reason = "helpers of a test stop it where they fail")]

use crate::support::{Seen, World, deployment, rule};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use vocab::Protocol;

const MODEL: &str = "/v1beta/models/gpt-4o";

#[tokio::test(start_paused = true)]
async fn a_plain_answer() {
    let world = world(vec![]);
    let seen =
        ask(&world, "v1/models/gpt-4o:generateContent", &says("hi [[brownout:7]] [[answer:3]]"))
            .await;
    assert_eq!((seen.status, seen.ended_ms), (200, 440));
    insta::assert_snapshot!(seen.body());
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_ends_lines_in_crlf() {
    let world = world(vec![]);
    let body = says("hi [[brownout:7]] [[answer:3]]");
    let seen = ask(&world, "v1beta/models/gpt-4o:streamGenerateContent?alt=sse", &body).await;
    assert_eq!(seen.header("content-type"), Some("text/event-stream"));
    assert_eq!(seen.pieces.len(), 4, "a frame per token, and the end");
    assert!(seen.body().split("\r\n\r\n").all(|f| f.is_empty() || f.starts_with("data: {")));
    insta::assert_snapshot!(seen.body().replace('\r', ""));
}

#[tokio::test(start_paused = true)]
async fn without_alt_a_stream_is_one_array() {
    let world = world(vec![]);
    let body = says("hi [[brownout:7]] [[answer:3]]");
    let seen = ask(&world, "v1beta/models/gpt-4o:streamGenerateContent", &body).await;
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.pieces.len(), 4, "written as it is said");
    let parts: Vec<Value> = serde_json::from_str(&seen.body()).unwrap();
    let words = |part: &Value| {
        part.pointer("/candidates/0/content/parts/0/text").unwrap().as_str().unwrap().to_owned()
    };
    let said: String = parts.iter().map(words).collect();
    assert_eq!(said, " ~1.7.1.0 ~1.7.1.1 ~1.7.1.2$");
    let last = parts.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    assert_eq!(last["usageMetadata"]["candidatesTokenCount"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_arrives_whole_and_thoughts_are_shown_only_if_wanted() {
    let world = world(vec![]);
    let mut body = says("hi [[thinking:2]]");
    body["tools"] = json!([{ "functionDeclarations": [{
        "name": "weather",
        "parameters": { "type": "OBJECT", "required": ["unit"], "properties": {
            "unit": { "type": "STRING", "enum": ["C"] } } },
    }] }]);
    let path = "v1beta/models/gpt-4o:streamGenerateContent?alt=sse";
    let hidden = frames(&ask(&world, path, &body).await);
    assert_eq!(hidden.len(), 2);
    let call = &hidden[0]["candidates"][0]["content"]["parts"][0]["functionCall"];
    assert_eq!(*call, json!({ "name": "weather", "args": { "unit": "C" } }));
    assert_eq!(hidden[1]["candidates"][0]["finishReason"], "STOP");
    assert_eq!(hidden[1]["usageMetadata"]["thoughtsTokenCount"], 2);
    body["generationConfig"] = json!({ "thinkingConfig": { "includeThoughts": true } });
    let shown = frames(&ask(&world, path, &body).await);
    assert_eq!(shown[0]["candidates"][0]["content"]["parts"][0]["thought"], true);
    assert_eq!(shown.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_blocked_prompt_is_answered_without_candidates() {
    let world = world(vec![]);
    let body = says("[[blocked]]");
    let plain = ask(&world, "v1/models/gpt-4o:generateContent", &body).await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.json()["promptFeedback"]["blockReason"], "PROHIBITED_CONTENT");
    assert_eq!(plain.json().get("candidates"), None);
    let path = "v1/models/gpt-4o:streamGenerateContent?alt=sse";
    let stream = frames(&ask(&world, path, &body).await);
    assert_eq!(
        stream,
        [plain.json()].map(|mut reply| {
            reply["responseId"] = stream[0]["responseId"].clone();
            reply
        })
    );
}

#[tokio::test(start_paused = true)]
async fn keys_stand_in_three_places_and_a_wrong_one_is_a_400() {
    let world = world(vec![]);
    let path = format!("{MODEL}:countTokens");
    let (key, mut text) = (&world.config.deployments[0].key, String::new());
    let calls = [
        ("header", request(&path).header("x-goog-api-key", key)),
        ("query", request(&format!("{path}?key={key}"))),
        ("bearer", request(&path).header("authorization", format!("Bearer {key}"))),
        ("wrong", request(&path).header("x-goog-api-key", "nope")),
        ("none", request(&path)),
    ];
    for (name, call) in calls {
        let call = call.body(Full::new(Bytes::from(says("a b c").to_string()))).unwrap();
        let seen = world.call(0, call, 1).await;
        text += &format!("{name}: {} {}", seen.status, seen.body());
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let world = world(vec![]);
    let mut text = String::new();
    let orphan = json!({ "contents": [{ "role": "user", "parts": [
        { "functionResponse": { "name": "f", "response": {} } }] }] });
    let calls = [
        ("unknown model", "v1beta/models/gpt-9:generateContent", says("a")),
        ("unknown method", "v1beta/models/gpt-4o:sing", says("a")),
        ("no contents", "v1beta/models/gpt-4o:generateContent", json!({})),
        ("unknown member", "v1beta/models/gpt-4o:generateContent", json!({ "messages": [] })),
        ("wrong type", "v1beta/models/gpt-4o:generateContent", json!({ "contents": 7 })),
        ("orphan", "v1beta/models/gpt-4o:generateContent", orphan),
    ];
    for (name, path, body) in calls {
        let seen = ask(&world, path, &body).await;
        text += &format!("{name}: {} {}", seen.status, seen.body());
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn nothing_left_to_spend_has_the_status_that_is_asked_for() {
    for (status, name, words) in [
        (400, "FAILED_PRECONDITION", "enable billing"),
        (402, "FAILED_PRECONDITION", "prepaid credit balance"),
        (429, "RESOURCE_EXHAUSTED", "exceeded your current quota"),
    ] {
        let spent = rule("f", "error", json!({ "status": status, "kind": "quota" }));
        let path = "v1beta/models/gpt-4o:generateContent";
        let seen = ask(&world(vec![spent]), path, &says("hi")).await;
        let error = &seen.json()["error"];
        assert_eq!((seen.status, &error["status"]), (status, &json!(name)));
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn faults_in_its_own_words() {
    let path = "v1beta/models/gpt-4o:streamGenerateContent?alt=sse";
    let event = rule("f", "error_event", json!({ "after_tokens": 2 }));
    let seen = ask(&world(vec![event]), path, &says("hi [[brownout:7]] [[answer:9]]")).await;
    let last = frames(&seen).pop().unwrap();
    assert_eq!(last["error"]["status"], "UNAVAILABLE");
    assert!(seen.body().ends_with("}}\r\n\r\n"), "one line: readers take any other for JSON");
    let garble = rule("f", "garble", json!({ "after_tokens": 2 }));
    let seen = ask(&world(vec![garble]), path, &says("hi [[brownout:7]] [[answer:9]]")).await;
    let body = seen.body();
    let broken = body.split("\r\n\r\n").filter(|frame| !frame.is_empty());
    let whole = |frame: &&str| serde_json::from_str::<Value>(&frame["data: ".len()..]).is_err();
    assert_eq!(broken.filter(whole).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn models_and_health() {
    let world = world(vec![]);
    for method in [Method::GET, Method::HEAD] {
        for path in ["/health", "/v1/models", "/v1beta/models", MODEL] {
            let key = &world.config.deployments[0].key;
            let call = Request::builder().method(&method).uri(path).header("host", HOST);
            let call = call.header("x-goog-api-key", key).body(Full::default()).unwrap();
            let seen = world.call(0, call, 1).await;
            assert_eq!(seen.status, 200, "{method} {path}");
            assert_eq!(seen.body().is_empty(), method == Method::HEAD);
        }
    }
}

const HOST: &str = "gemini1.test";

fn world(faults: Vec<fake_providers::config::FaultRule>) -> World {
    World::new(vec![deployment(Protocol::Gemini, 1)], faults)
}

fn says(text: &str) -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }] })
}

fn request(path: &str) -> http::request::Builder {
    Request::builder().method(Method::POST).uri(path).header("host", HOST)
}

async fn ask(world: &World, path: &str, body: &Value) -> Seen {
    let key = &world.config.deployments[0].key;
    let call = request(&format!("/{path}")).header("x-goog-api-key", key);
    let call = call.body(Full::new(Bytes::from(body.to_string()))).unwrap();
    world.call(0, call, 7).await
}

fn frames(seen: &Seen) -> Vec<Value> {
    let body = seen.body();
    let frames = body.split("\r\n\r\n").filter(|frame| !frame.is_empty());
    frames
        .map(|frame| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn embeddings_alone_and_in_a_batch() {
    let world = world(vec![]);
    let one = |text: &str| json!({ "content": { "parts": [{ "text": text }] }, "outputDimensionality": 4 });
    let alone = ask(&world, "v1beta/models/gpt-4o:embedContent", &one("a")).await.json();
    let batch = json!({ "requests": [one("b"), one("a")] });
    let batch = ask(&world, "v1beta/models/gpt-4o:batchEmbedContents", &batch).await.json();
    assert_eq!(alone["embedding"], batch["embeddings"][1]);
    assert_ne!(alone["embedding"], batch["embeddings"][0]);
    assert_eq!(alone["embedding"]["values"].as_array().unwrap().len(), 4);
}
