//! Clients of Google's come to `/v1beta/models/…:generateContent`, and the deployment speaks Gemini itself: requests and
//! answers pass through as they are, whole, as events and as one array; the key stays here; counts are asked in the form
//! of the platform; and what fails here as well is said in Google's words.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment, Platform, Secret};
use serde_json::{Value, json};
use vocab::Protocol;

const WHOLE: &str = "/v1beta/models/model:generateContent";
const EVENTS: &str = "/v1beta/models/model:streamGenerateContent?alt=sse";
const ARRAY: &str = "/v1beta/models/model:streamGenerateContent";
const COUNT: &str = "/v1beta/models/model:countTokens";
const BODY: &str = r#"{"contents":[{"parts":[{"text":"hello"}]}],"new":{"member":1}}"#;

fn gemini(id: &str) -> Deployment {
    Deployment {
        protocol: Protocol::Gemini,
        model: Arc::from("gemini-2.5-flash"),
        base_path: Arc::from("/v1beta"),
        ..deployment(id)
    }
}

fn two() -> Config {
    let mut config = config("priority", vec![gemini("a"), gemini("b")]);
    config.deployments[0].order = Some(1);
    config.deployments[1].order = Some(2);
    config
}

fn reply(parts: &Value, finish: &Value) -> Value {
    json!({"candidates":[{"content":{"parts":parts,"role":"model"},"finishReason":finish,"index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7},"modelVersion":"g","responseId":"r","later":"member"})
}

fn says() -> Act {
    Act::Reply(200, vec![], reply(&json!([{"text":"hi"}]), &json!("STOP")).to_string())
}

/// `hi` in two frames as Google's edge writes them; without the second where `turn` is given.
fn streams(turn: Option<Step>) -> Act {
    let frame = |parts, finish| Step::Say(format!("data: {}\r\n\r\n", reply(&parts, &finish)));
    let first = frame(json!([{"text":"h"}]), Value::Null);
    let pause = Step::Wait(std::time::Duration::from_millis(9));
    let last = turn.unwrap_or_else(|| frame(json!([{"text":"i"}]), json!("STOP")));
    Act::Stream(vec![first, pause, last])
}

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

/// Tokens in and out, as they were booked.
pub(crate) async fn booked(lab: &Lab) -> [u64; 2] {
    let page = lab.send("GET", "/metrics", &[], "").await.body;
    ["litellm_input_tokens_metric_total{", "litellm_output_tokens_metric_total{"].map(|name| {
        let lines = page.lines().filter(|line| line.starts_with(name));
        let counted = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
        counted.sum()
    })
}

#[tokio::test(start_paused = true)]
async fn a_request_and_its_answer_pass_through_as_they_are() {
    let lab = Lab::new();
    lab.upstream("a", &[says()]).gateway(two());
    let got = lab.post(WHOLE, &[], BODY).await;
    assert_eq!((got.status, got.header("content-type")), (200, "application/json"));
    assert_eq!(got.json(), reply(&json!([{"text":"hi"}]), &json!("STOP")));
    let sent = sent(&lab);
    assert_eq!(sent[0].path, "/v1beta/models/gemini-2.5-flash:generateContent");
    assert_eq!(
        (sent[0].body.as_str(), &sent[0].headers["x-goog-api-key"]),
        (BODY, &"sk-upstream".parse().expect("a value"))
    );
    assert_eq!(got.header("x-litellm-model-id"), "a");
}

#[tokio::test(start_paused = true)]
async fn what_is_the_gateways_stays_here() {
    let lab = Lab::new();
    lab.upstream("a", &[says()]).gateway(two());
    let body = r#"{"num_retries":1, "contents":[{"parts":[{"text":"hello"}]}], "tags":["t"]}"#;
    assert_eq!(lab.post(WHOLE, &[], body).await.status, 200);
    assert_eq!(sent(&lab)[0].body, r#"{ "contents":[{"parts":[{"text":"hello"}]}]}"#);
}

#[tokio::test(start_paused = true)]
async fn a_stream_passes_through_frame_by_frame() {
    let lab = Lab::new();
    lab.upstream("a", &[streams(None)]).gateway(two());
    let got = lab.post(EVENTS, &[], BODY).await;
    assert_eq!(got.header("content-type"), "text/event-stream; charset=utf-8");
    let frame = |parts, finish| format!("data: {}\r\n\r\n", reply(&parts, &finish));
    let first = frame(json!([{"text":"h"}]), Value::Null);
    assert_eq!(got.body, first + &frame(json!([{"text":"i"}]), json!("STOP")));
    assert_eq!(sent(&lab)[0].path, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_eq!(sent(&lab)[0].body, BODY);
    assert!(lab.decided().contains(&"a served after 1".to_owned()), "{:?}", lab.decided());
    assert_eq!(booked(&lab).await, [5, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_events_is_one_array() {
    let lab = Lab::new();
    lab.upstream("a", &[streams(None), streams(Some(Step::Cut))]).gateway(two());
    for path in [ARRAY, "/v1beta/models/model:streamGenerateContent?alt=json"] {
        let got = lab.post(path, &[], BODY).await;
        assert_eq!((got.status, got.header("content-type")), (200, "application/json"));
        let elements = got.json();
        assert_eq!(elements[0], reply(&json!([{"text":"h"}]), &Value::Null), "{}", got.body);
        match path {
            ARRAY => assert_eq!(elements[1], reply(&json!([{"text":"i"}]), &json!("STOP"))),
            _ => assert_eq!(elements[1]["error"]["status"], "INTERNAL", "{}", got.body),
        }
        assert_eq!(elements.as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test(start_paused = true)]
async fn errors_are_in_googles_words_and_in_an_array_where_that_is_wanted() {
    let lab = Lab::new();
    let quota = json!({"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}});
    lab.upstream("a", &[Act::Reply(429, vec![], quota.to_string())]);
    let mut config = config("priority", vec![gemini("a")]);
    config.router.num_retries = 0;
    lab.gateway(config);
    for path in [WHOLE, EVENTS, ARRAY] {
        let got = lab.post(path, &[], BODY).await;
        let whole = got.json();
        let error = if path == ARRAY { &whole[0]["error"] } else { &whole["error"] };
        assert!([429, 503].contains(&got.status), "{}", got.body);
        assert_eq!(error["code"], got.status, "{path}: {whole}");
        let status = if got.status == 429 { "RESOURCE_EXHAUSTED" } else { "UNAVAILABLE" };
        assert_eq!(error["status"], status, "{path}: {whole}");
    }
    let got = lab.post("/v1beta/models/nobody:generateContent", &[], BODY).await;
    assert_eq!((got.status, &got.json()["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_goes_on_elsewhere_or_ends_with_googles_error() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Stream(vec![Step::CutNow])])
        .upstream("b", &[streams(Some(Step::Cut))]);
    lab.gateway(two());
    let got = lab.post(EVENTS, &[], BODY).await;
    assert_eq!(lab.hosts().last().map(String::as_str), Some("b"));
    let (first, error) = got.body.split_once("\r\n\r\n").expect("two frames");
    assert!(first.contains(r#""text":"h""#), "{first}");
    let error = error.trim().strip_prefix("data: ").expect("a frame");
    let error: Value = serde_json::from_str(error).expect("JSON");
    assert_eq!(
        (&error["error"]["status"], &error["error"]["code"]),
        (&json!("INTERNAL"), &json!(500))
    );
}

#[tokio::test(start_paused = true)]
async fn the_clients_key_is_taken_from_googles_places_and_goes_no_further() {
    let lab = Lab::new();
    let mut config = two();
    config.master_key = Some(Secret::new("sk-master"));
    lab.upstream("a", &[says()]).gateway(config);
    let with_key = |path: &str| format!("{path}?key=sk-master");
    for (path, headers) in [
        (WHOLE.to_owned(), vec![("x-goog-api-key", "sk-master")]),
        (WHOLE.to_owned(), vec![("authorization", "Bearer sk-master")]),
        (with_key(WHOLE), vec![]),
        (with_key("/models/model:generateContent"), vec![]),
    ] {
        let got = lab.post(&path, &headers, BODY).await;
        assert_eq!(got.status, 200, "{path} {headers:?}: {}", got.body);
    }
    for sent in sent(&lab) {
        assert!(!format!("{sent:?}").contains("sk-master"), "{sent:?}");
    }
    for (path, headers) in [
        (WHOLE, vec![]),
        (WHOLE, vec![("x-goog-api-key", "sk-other")]),
        ("/v1beta/models/model:generateContent?key=sk-other", vec![]),
        // A header is stronger than the path.
        (
            "/v1beta/models/model:generateContent?key=sk-master",
            vec![("authorization", "Bearer no")],
        ),
    ] {
        let got = lab.post(path, &headers, BODY).await;
        let error = got.json();
        assert_eq!((got.status, &error["error"]["status"]), (401, &json!("UNAUTHENTICATED")));
        assert!(!got.body.contains("sk-other") && !got.body.contains("sk-master"), "{}", got.body);
    }
    let chat = lab.post("/v1/chat/completions?key=sk-master", &[], PLAIN).await;
    assert_eq!(chat.status, 401, "only Google's clients write keys into paths");
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_in_the_form_of_the_platform() {
    let contents = json!([{"parts":[{"text":"hello"}]}]);
    let alone = json!({ "contents": contents });
    let instructed = json!({"contents": contents, "systemInstruction": {"parts":[{"text":"be"}]}});
    let mut named = instructed.clone();
    named["model"] = json!("models/gemini-2.5-flash");
    let within = json!({ "generateContentRequest": named });
    let mut other = within.clone();
    other["generateContentRequest"]["model"] = json!("models/model");
    for (platform, asked, arrives) in [
        (Platform::Own, &alone, &alone),
        (Platform::Own, &instructed, &within),
        (Platform::Own, &other, &within),
        (Platform::Vertex, &alone, &alone),
        (Platform::Vertex, &instructed, &instructed),
        (Platform::Vertex, &other, &instructed),
    ] {
        let lab = Lab::new();
        let counted = json!({"totalTokens":31,"promptTokensDetails":[]});
        lab.upstream("a", &[Act::Reply(200, vec![], counted.to_string())]);
        lab.gateway(config("priority", vec![Deployment { platform, ..gemini("a") }]));
        let got = lab.post(COUNT, &[], &asked.to_string()).await;
        assert_eq!((got.status, got.json()), (200, counted));
        let sent = sent(&lab);
        assert_eq!(serde_json::from_str::<Value>(&sent[0].body).expect("JSON"), *arrives);
        assert!(sent[0].path.ends_with("models/gemini-2.5-flash:countTokens"), "{}", sent[0].path);
    }
}

#[tokio::test(start_paused = true)]
async fn a_blocked_prompt_is_an_answer() {
    let lab = Lab::new();
    let blocked = json!({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}});
    lab.upstream("a", &[Act::Reply(200, vec![], blocked.to_string())]).gateway(two());
    let got = lab.post(WHOLE, &[], BODY).await;
    assert_eq!((got.status, got.json()), (200, blocked));
}

#[tokio::test(start_paused = true)]
async fn what_a_config_adds_stands_where_google_looks_for_it() {
    let lab = Lab::new();
    let mut config = config("priority", vec![gemini("a")]);
    let defaults = &mut config.deployments[0].additions.defaults;
    defaults.insert("temperature".to_owned(), json!(0.5));
    defaults.insert("max_tokens".to_owned(), json!(99));
    defaults.insert("stop".to_owned(), json!("END"));
    lab.upstream("a", &[says()]).gateway(config);
    let body =
        json!({"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":7}});
    assert_eq!(lab.post(WHOLE, &[], &body.to_string()).await.status, 200);
    let sent: Value = serde_json::from_str(&sent(&lab)[0].body).expect("JSON");
    let generation = json!({"maxOutputTokens":7,"temperature":0.5,"stopSequences":["END"]});
    assert_eq!(sent["generationConfig"], generation);
}
