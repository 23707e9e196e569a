//! Endpoints other than chat completions: the same routing, retries and words of refusal; bodies and
//! answers go through as they are. The upstream's bytes are written by hand, after OpenAI's reference.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::Deployment;
use serde_json::{Value, json};
use vocab::Protocol;

/// Path below `/v1`, a request, and an answer of every endpoint that is passed through whole.
fn calls() -> Vec<(&'static str, Value, Value)> {
    vec![
        (
            "/completions",
            json!({"model":"model","prompt":"once","max_tokens":5,"suffix":"end"}),
            json!({"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":" upon","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":5,"total_tokens":6}}),
        ),
        (
            "/embeddings",
            json!({"model":"model","input":["a","b"],"encoding_format":"base64","dimensions":4}),
            json!({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAA"}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}),
        ),
        (
            "/moderations",
            json!({"model":"model","input":"words"}),
            json!({"id":"modr-1","model":"m","results":[{"flagged":false,"categories":{},"category_scores":{}}]}),
        ),
        (
            "/responses",
            json!({"model":"model","input":"hi","instructions":"be brief","metadata":{"ticket":"7"},"store":false,"text":{"format":{"type":"text"}}}),
            json!({"id":"resp_1","object":"response","created_at":1,"status":"completed","error":null,"incomplete_details":null,"model":"m","output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"ho","annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":1,"total_tokens":4}}),
        ),
        (
            "/images/generations",
            json!({"model":"model","prompt":"a cat","n":2,"size":"1024x1024"}),
            json!({"created":1,"data":[{"b64_json":"AAAA"}]}),
        ),
    ]
}

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

#[tokio::test(start_paused = true)]
async fn whole_answers_go_through_with_and_without_v1() {
    for (path, request, answer) in calls() {
        let lab = Lab::new();
        let act = Act::Reply(200, vec![("x-request-id", "req_1")], answer.to_string());
        lab.upstream("one", &[act]).gateway(litellm(&["one"]));
        for path in [path.to_owned(), format!("/v1{path}")] {
            let got = lab.post(&path, &[], &request.to_string()).await;
            assert_eq!((got.status, got.json()), (200, answer.clone()), "{path}");
            assert_eq!(got.header("llm_provider-x-request-id"), "req_1");
            assert_eq!(got.header("x-litellm-model-id"), "one");
        }
        for sent in sent(&lab) {
            let mut expected = request.clone();
            expected["model"] = json!("gpt-4o");
            assert_eq!(sent.path, format!("/v1{path}"));
            assert_eq!(serde_json::from_str::<Value>(&sent.body).expect("JSON"), expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn azure_has_them_under_its_deployments() {
    for (path, request, answer) in calls() {
        let lab = Lab::new();
        lab.upstream("azure", &[Act::Reply(200, vec![], answer.to_string())]);
        let deployment = Deployment {
            protocol: Protocol::Azure,
            base_path: Arc::from(""),
            api_version: Some(Arc::from("2025-01-01")),
            ..deployment("azure")
        };
        lab.gateway(config("least-busy", vec![deployment]));
        let got = lab.post(path, &[], &request.to_string()).await;
        if path == "/moderations" {
            assert_eq!((got.status, &got.json()["error"]["param"]), (400, &json!("model")));
            assert_eq!(sent(&lab).len(), 0, "Azure has no moderations, and is not asked");
            continue;
        }
        assert_eq!((got.status, got.json()), (200, answer));
        let below = if path == "/responses" { "" } else { "/deployments/gpt-4o" };
        let expected = format!("/openai{below}{path}?api-version=2025-01-01");
        assert_eq!(sent(&lab)[0].path, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn another_deployment_answers_when_one_fails() {
    for (path, request, answer) in calls() {
        for config in [litellm(&["one", "two"]), priority(&["one", "two"])] {
            let lab = Lab::new();
            let failed = Act::Reply(500, vec![], r#"{"error":{"message":"no"}}"#.to_owned());
            let nonsense = Act::Reply(200, vec![], r#"{"object":"nonsense"}"#.to_owned());
            lab.upstream("one", &[failed, nonsense]);
            lab.upstream("two", &[Act::Reply(200, vec![], answer.to_string())]);
            lab.gateway(config);
            let got = lab.post(path, &[], &request.to_string()).await;
            assert_eq!((got.status, got.json()), (200, answer.clone()), "{path}");
            assert_eq!(lab.hosts().last().map(String::as_str), Some("two"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn deployments_that_cannot_serve_an_endpoint_are_left_out() {
    // Responses are served by way of chat completions.
    for (path, request, answer) in calls().into_iter().filter(|(path, ..)| *path != "/responses") {
        let lab = Lab::new();
        let claude = Deployment { protocol: Protocol::Anthropic, ..deployment("claude") };
        lab.upstream("claude", &[Act::Hang]);
        lab.upstream("one", &[Act::Reply(200, vec![], answer.to_string())]);
        lab.gateway(config("least-busy", vec![claude.clone(), deployment("one")]));
        let got = lab.post(path, &[], &request.to_string()).await;
        assert_eq!(got.status, 200, "{path}: {}", got.body);
        assert_eq!(lab.hosts(), ["one"], "{path}");

        let lab = Lab::new();
        lab.upstream("claude", &[Act::Hang])
            .upstream("backup", &[Act::Reply(200, vec![], answer.to_string())]);
        lab.gateway(with_backup(config("priority", vec![claude.clone()])));
        let got = lab.post(path, &[], &request.to_string()).await;
        assert_eq!((got.status, lab.hosts()), (200, vec!["backup".to_owned()]), "{path}");

        let lab = Lab::new();
        lab.upstream("claude", &[Act::Hang]).gateway(config("least-busy", vec![claude]));
        let got = lab.post(path, &[], &request.to_string()).await;
        let error = &got.json()["error"];
        assert_eq!((got.status, &error["param"]), (400, &json!("model")));
        assert!(error["message"].as_str().expect("text").contains(path), "{error}");
        assert_eq!(
            (lab.hosts().len(), lab.decided()),
            (0, vec!["- gave up 400: unsupported".to_owned()])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_text_completions_goes_through_and_breaks_in_sight() {
    let piece = |text: &str, finish: Value| {
        let data = json!({"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":text,"index":0,"logprobs":null,"finish_reason":finish}]});
        format!("data: {data}\n\n")
    };
    let whole =
        [piece(" upon", json!(null)), piece("", json!("stop")), "data: [DONE]\n\n".to_owned()];
    let body = r#"{"model":"model","prompt":"once","stream":true}"#;
    let lab = Lab::new();
    let say = |frames: &[String]| frames.iter().cloned().map(Step::Say).collect::<Vec<_>>();
    let pause = Step::Wait(std::time::Duration::from_millis(9));
    let cut = [say(&whole[..1]), vec![pause]].concat();
    lab.upstream("one", &[Act::Stream(say(&whole)), Act::Stream(cut)]);
    lab.gateway(priority(&["one"]));
    let got = lab.post("/v1/completions", &[], body).await;
    assert_eq!((got.status, got.body), (200, whole.concat()));
    let got = lab.post("/v1/completions", &[], body).await;
    assert!(got.body.starts_with(&whole[0]) && !got.done(), "{}", got.body);
    assert!(got.error_event().is_some(), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn refusals_name_the_endpoint_that_was_called() {
    let lab = Lab::new();
    lab.gateway(litellm(&["one"]));
    for (path, mut request, _) in calls() {
        request["model"] = json!("nobody");
        let got = lab.post(path, &[], &request.to_string()).await;
        let message = got.json()["error"]["message"].as_str().expect("text").to_owned();
        assert!(got.status == 400 && message.starts_with(path), "{message}");
        let got = lab.send("GET", path, &[], "").await;
        assert_eq!(got.status, 405, "{path}");
    }
}

/// The events of a reply in three pieces of words; `last` is the name of the one that ends it.
fn events(last: &str) -> Vec<String> {
    let reply = |status: &str| json!({"id":"resp_1","object":"response","created_at":1,"status":status,"error":null,"model":"m","output":[],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}});
    let delta = |text: &str| json!({"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":text,"logprobs":[]});
    let all = [
        json!({"type":"response.created","response":reply("in_progress")}),
        json!({"type":"response.in_progress","response":reply("in_progress")}),
        json!({"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}),
        delta("Hel"),
        delta("lo"),
        json!({ "type": last, "response": reply("completed") }),
    ];
    let event = |(number, mut data): (usize, Value)| {
        data["sequence_number"] = json!(number);
        format!("event: {}\ndata: {data}\n\n", data["type"].as_str().expect("a type"))
    };
    all.into_iter().enumerate().map(event).collect()
}

fn say(frames: &[String]) -> Vec<Step> {
    frames.iter().cloned().map(Step::Say).collect()
}

const PAUSE: Step = Step::Wait(std::time::Duration::from_millis(9));
const STREAMED: &str = r#"{"model":"model","input":"hi","stream":true}"#;

#[tokio::test(start_paused = true)]
async fn a_streamed_response_goes_through_with_its_named_events() {
    for last in ["response.completed", "response.incomplete"] {
        for config in [litellm(&["one"]), priority(&["one"])] {
            let lab = Lab::new();
            lab.upstream("one", &[Act::Stream(say(&events(last)))]).gateway(config);
            let got = lab.post("/v1/responses", &[], STREAMED).await;
            assert_eq!((got.status, got.body), (200, events(last).concat()));
            assert_eq!(lab.decided().last().map(String::as_str), Some("one served after 1"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_breaks_before_a_word_goes_to_another_deployment() {
    let failed = json!({"type":"response.failed","sequence_number":2,"response":{"id":"r","status":"failed","error":{"code":"server_error","message":"no"}}});
    let failed = format!("event: response.failed\ndata: {failed}\n\n");
    let error = "event: error\ndata: {\"type\":\"error\",\"code\":\"e\",\"message\":\"no\",\"param\":null,\"sequence_number\":2}\n\n".to_owned();
    for end in [vec![], vec![failed], vec![error]] {
        let lab = Lab::new();
        let begun = [say(&events("response.completed")[..2]), say(&end)].concat();
        lab.upstream("one", &[Act::Stream(begun)]);
        lab.upstream("two", &[Act::Stream(say(&events("response.completed")))]);
        lab.gateway(priority(&["one", "two"]));
        let got = lab.post("/v1/responses", &[], STREAMED).await;
        assert_eq!(got.body, events("response.completed").concat(), "{end:?}");
        assert_eq!(lab.hosts(), ["one", "two"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_breaks_later_ends_with_an_error_of_its_own_kind() {
    for config in [litellm(&["one"]), priority(&["one"])] {
        let lab = Lab::new();
        let begun = &events("response.completed")[..4];
        lab.upstream("one", &[Act::Stream([say(begun), vec![PAUSE]].concat())]).gateway(config);
        let got = lab.post("/v1/responses", &[], STREAMED).await;
        let (before, error) = got.body.rsplit_once("event: error\ndata: ").expect("an error event");
        assert_eq!(before, begun.concat());
        let error: Value = serde_json::from_str(error.trim_end()).expect("JSON");
        assert_eq!((&error["type"], &error["sequence_number"]), (&json!("error"), &json!(4)));
        assert!(error["message"].is_string() && !got.body.contains("[DONE]"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_response_that_failed_is_no_answer() {
    let failed = json!({"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"no"},"output":[]});
    let lab = Lab::new();
    lab.upstream("one", &[Act::Reply(200, vec![], failed.to_string())]);
    let (_, request, answer) = calls().into_iter().find(|call| call.0 == "/responses").expect("it");
    lab.upstream("two", &[Act::Reply(200, vec![], answer.to_string())]);
    lab.gateway(priority(&["one", "two"]));
    assert_eq!(lab.post("/responses", &[], &request.to_string()).await.json(), answer);
}

#[tokio::test(start_paused = true)]
async fn speech_comes_as_the_bytes_that_the_provider_sends() {
    let lab = Lab::new();
    let sound = Act::Reply(200, vec![("content-type", "audio/mpeg")], "ID3-not-json".to_owned());
    lab.upstream("one", &[refusal(500, &[]), sound]).gateway(litellm(&["one"]));
    let body = r#"{"model":"model","input":"say it","voice":"alloy"}"#;
    let got = lab.post("/v1/audio/speech", &[], body).await;
    assert_eq!((got.status, got.body.as_str()), (200, "ID3-not-json"));
    assert_eq!(got.header("content-type"), "audio/mpeg");
    let sent = sent(&lab);
    assert_eq!((sent.len(), sent[1].path.as_str()), (2, "/v1/audio/speech"));
}

#[tokio::test(start_paused = true)]
async fn a_form_goes_through_with_the_deployments_model() {
    let part = |name: &str, value: &str| {
        format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--lin\r\n\r\n";
    let form = |model: &str, ours: &str| {
        let model = part("model", model);
        format!("{model}{ours}{file}{}--line--\r\n", part("language", "en"))
    };
    let content = [("content-type", "multipart/form-data; boundary=\"line\"")];
    for path in ["/v1/audio/transcriptions", "/audio/translations"] {
        let lab = Lab::new();
        let text = Act::Reply(200, vec![("content-type", "text/plain")], "hello there".to_owned());
        lab.upstream("one", &[refusal(503, &[]), text]).gateway(litellm(&["one"]));
        let ours = part("litellm_call_id", "canary");
        let got = lab.post(path, &content, &form("model", &ours)).await;
        assert_eq!((got.status, got.body.as_str()), (200, "hello there"), "{path}");
        assert_eq!(got.header("content-type"), "text/plain");
        let sent = sent(&lab).pop().expect("one");
        assert_eq!(sent.body, form("gpt-4o", ""));
        assert_eq!(sent.headers["content-type"], content[0].1);
    }
    let lab = Lab::new();
    lab.gateway(litellm(&["one"]));
    for (kind, body) in [(content[0].1, "--line\r\n"), ("text/plain", "x"), (content[0].1, "")] {
        let got = lab.post("/v1/audio/transcriptions", &[("content-type", kind)], body).await;
        assert_eq!((got.status, &got.json()["error"]["param"]), (400, &json!("request_body")));
    }
}

#[tokio::test(start_paused = true)]
async fn the_list_of_models_has_aliases() {
    let mut config = litellm(&["one"]);
    config.router.model_group_alias.insert(Arc::from("gpt-4"), Arc::from("model"));
    let lab = Lab::new();
    lab.upstream("one", &[answer("hi")]).gateway(config);
    let got = lab.send("GET", "/v1/models", &[], "").await.json();
    let names: Vec<&Value> =
        got["data"].as_array().expect("a list").iter().map(|m| &m["id"]).collect();
    assert_eq!(names, ["model", "gpt-4"]);
    assert_eq!(lab.send("GET", "/models/gpt-4", &[], "").await.status, 200);
    let aliased = PLAIN.replace(r#""model":"model""#, r#""model":"gpt-4""#);
    assert_eq!(lab.chat(&aliased).await.status, 200);
}
