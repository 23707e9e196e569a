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
        let expected = format!("/openai/deployments/gpt-4o{path}?api-version=2025-01-01");
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
    for (path, request, answer) in calls() {
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
