//! Clients speak OpenAI, the deployment speaks Ollama's own API: requests, answers, streams of lines and errors are
//! translated, and what cannot be said is refused. The upstream's bytes are written by hand, after its reference.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment};
use serde_json::{Value, json};
use vocab::Protocol;

fn ollama(base_path: &str) -> Deployment {
    Deployment {
        protocol: Protocol::Ollama,
        model: Arc::from("llama3.1:8b"),
        base_path: Arc::from(base_path),
        api_key: None,
        ..deployment("ollama")
    }
}

fn only() -> Config {
    config("least-busy", vec![ollama("")])
}

fn whole(message: &Value) -> Act {
    let body = json!({
        "model": "llama3.1:8b", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": true,
        "done_reason": "stop", "total_duration": 12, "prompt_eval_count": 5, "eval_count": 2
    });
    Act::Reply(200, vec![], body.to_string())
}

fn line(message: &Value) -> Step {
    let line = json!({"model":"llama3.1:8b","created_at":"2026-01-01T00:00:00Z","message":message,"done":false});
    Step::Say(format!("{line}\n"))
}

fn said(text: &str) -> Step {
    line(&json!({"role":"assistant","content":text}))
}

fn last(reason: &str) -> Step {
    let line = json!({"model":"llama3.1:8b","message":{"role":"assistant","content":""},"done":true,"done_reason":reason,"prompt_eval_count":5,"eval_count":2});
    Step::Say(format!("{line}\n"))
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

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_becomes_a_chat_of_ollamas() {
    let members = json!({
        "max_completion_tokens": 50, "temperature": 1.5, "top_p": 0.5, "stop": "END", "seed": 7,
        "presence_penalty": 0.5, "reasoning_effort": "low", "keep_alive": "30m", "num_ctx": 8192,
        "response_format": {"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}},
        "tools": [{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}],
        "tool_choice": "auto",
        "messages": [
            {"role":"system","content":"be brief"},
            {"role":"user","content":[
                {"type":"text","text":"look"},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
            {"role":"assistant","content":null,"tool_calls":[
                {"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]},
            {"role":"tool","tool_call_id":"call_1","content":"warm"}
        ]
    });
    let lab = Lab::new();
    lab.upstream("ollama", &[whole(&json!({"role":"assistant","content":"{}"}))]).gateway(only());
    let got = lab.chat(&asking(&members)).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let sent = sent(&lab).remove(0);
    assert_eq!(sent.path, "/api/chat");
    assert!(!sent.headers.contains_key("authorization"));
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&sent.body).expect("JSON"));
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_comes_back_as_chat() {
    let message = json!({"role":"assistant","content":"let me see","thinking":"hm",
        "tool_calls":[{"function":{"name":"weather","arguments":{"city":"Rome"}}}]});
    let lab = Lab::new();
    lab.upstream("ollama", &[whole(&message)]).gateway(only());
    let got = lab.post("/v1/chat/completions", &[("x-litellm-call-id", "7")], PLAIN).await;
    insta::assert_json_snapshot!(got.json());
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_lines_comes_back_as_chunks() {
    let call = json!({"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"name":"time","arguments":{}}}]});
    for (steps, words, reason) in [
        (vec![said("Hel\"lo"), said(" there"), last("length")], "Hel\"lo there", "length"),
        (vec![line(&call), last("stop")], "", "tool_calls"),
    ] {
        let lab = Lab::new();
        lab.upstream("ollama", &[Act::Stream(steps)]).gateway(only());
        let body = asking(&json!({"stream":true,"stream_options":{"include_usage":true}}));
        let got = lab.chat(&body).await;
        assert_eq!((got.words().as_str(), got.done()), (words, true), "{}", got.body);
        assert!(got.body.contains(&format!(r#""finish_reason":"{reason}""#)), "{}", got.body);
        assert!(got.body.contains(r#""completion_tokens":2"#), "{}", got.body);
        assert!(sent(&lab)[0].body.contains(r#""stream":true"#));
    }
}

#[tokio::test(start_paused = true)]
async fn errors_and_ends_without_the_last_line_break_a_stream_in_sight() {
    let pause = Step::Wait(std::time::Duration::from_millis(9));
    let error = Step::Say("{\"error\":\"llama runner process has terminated\"}\n".to_owned());
    for end in [vec![error], vec![]] {
        let lab = Lab::new();
        let steps = [vec![said("Hel"), pause.clone()], end].concat();
        lab.upstream("ollama", &[Act::Stream(steps)]);
        lab.gateway(config("priority", vec![ollama("")]));
        let got = lab.chat(STREAM).await;
        assert!(!got.done() && got.words() == "Hel", "{}", got.body);
        assert!(got.error_event().is_some(), "{}", got.body);
    }
    let lab = Lab::new();
    let missing = Act::Reply(404, vec![], json!({"error":"model 'x' not found"}).to_string());
    lab.upstream("ollama", &[missing]).gateway(only());
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 404);
    assert!(got.body.contains("model 'x' not found"), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn its_address_may_end_in_either_apis_path_and_the_other_one_serves_embeddings() {
    for base in ["", "/v1", "/api/chat", "/api/generate"] {
        let lab = Lab::new();
        let vectors = json!({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m"});
        let answer = whole(&json!({"role":"assistant","content":"hi"}));
        lab.upstream("ollama", &[answer, Act::Reply(200, vec![], vectors.to_string())]);
        lab.gateway(config("least-busy", vec![ollama(base)]));
        assert_eq!(lab.chat(PLAIN).await.status, 200);
        let got = lab.post("/v1/embeddings", &[], r#"{"model":"model","input":"words"}"#).await;
        assert_eq!((got.status, got.json()), (200, vectors));
        let paths: Vec<String> = sent(&lab).into_iter().map(|sent| sent.path).collect();
        assert_eq!(paths, ["/api/chat", "/v1/embeddings"], "{base}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_by_its_name() {
    let at = |part: Value| json!([{"role":"user","content":[part]}]);
    let strict = json!([{"type":"function","function":{"name":"f","strict":true}}]);
    for (name, value, param) in [
        ("user", json!("u-1"), "user"),
        ("n", json!(2), "n"),
        ("logit_bias", json!({"1":1}), "logit_bias"),
        ("parallel_tool_calls", json!(false), "parallel_tool_calls"),
        ("tools", strict, "tools"),
        (
            "messages",
            at(json!({"type":"image_url","image_url":{"url":"https://pics/1.png"}})),
            "messages[0].content[0]",
        ),
        (
            "messages",
            at(json!({"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}})),
            "messages[0].content[0]",
        ),
    ] {
        let lab = Lab::new();
        lab.upstream("ollama", &[whole(&json!({}))]).gateway(only());
        let got = lab.chat(&asking(&json!({ name: value }))).await;
        let error = got.json()["error"].clone();
        assert_eq!(
            (got.status, &error["param"], lab.hosts().len()),
            (400, &json!(param), 0),
            "{error}"
        );
    }
    let forced =
        json!({"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required"});
    let lab = Lab::new();
    lab.upstream("ollama", &[whole(&json!({}))]).gateway(only());
    let got = lab.chat(&asking(&forced)).await;
    assert_eq!((got.status, &got.json()["error"]["param"]), (400, &json!("tool_choice")));
}
