//! `/v1/responses` at deployments that do not speak it: a request becomes a chat completion and that becomes the
//! provider's own words; the answer is a response, plain and as named events. The upstream's bytes are written by
//! hand, after the providers' references.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use crate::support::*;
use gateway::config::Deployment;
use serde_json::{Value, json};
use vocab::Protocol;

const PATH: &str = "/v1/responses";

fn at(protocol: Protocol) -> Deployment {
    Deployment { protocol, base_path: Arc::from(""), model: Arc::from("m"), ..deployment("there") }
}

fn asking(members: &Value) -> String {
    let mut body = json!({"model":"model","input":"hello"});
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(members);
    body.to_string()
}

fn sent(lab: &Lab) -> Value {
    let sent = lab.sent.lock().expect("no poison");
    serde_json::from_str(&sent[0].body).expect("JSON")
}

fn message(content: &Value, stop: &str) -> Act {
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":content,"stop_reason":stop,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2,"cache_read_input_tokens":3}});
    Act::Reply(200, vec![], reply.to_string())
}

async fn asked(members: &Value, act: Act) -> (Got, Lab) {
    let lab = Lab::new();
    lab.upstream("there", &[act]);
    lab.gateway(config("least-busy", vec![at(Protocol::Anthropic)]));
    let got = lab.post(PATH, &[], &asking(members)).await;
    (got, lab)
}

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_arrives_in_the_providers_words() {
    let members = json!({
        "instructions": "be brief", "max_output_tokens": 500, "temperature": 0.5, "store": true, "user": "u-1",
        "metadata": {"ticket":"7"}, "include": ["reasoning.encrypted_content"], "truncation": "disabled",
        "parallel_tool_calls": false, "tool_choice": {"type":"function","name":"look"},
        "tools": [{"type":"function","name":"look","description":"d","parameters":{"type":"object"},"strict":true}],
        "input": [
            {"role":"user","content":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"auto"}]},
            {"type":"reasoning","id":"rs_1","summary":[]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I see","annotations":[]}]},
            {"type":"function_call","id":"fc_1","call_id":"call_1","name":"look","arguments":"{\"at\":1}"},
            {"type":"function_call","id":"fc_2","call_id":"call_2","name":"look","arguments":"{}"},
            {"type":"function_call_output","call_id":"call_1","output":"one"},
            {"type":"function_call_output","call_id":"call_2","output":"two"}
        ]
    });
    let (got, lab) =
        asked(&members, message(&json!([{"type":"text","text":"hi"}]), "end_turn")).await;
    assert_eq!(got.status, 200, "{}", got.body);
    insta::assert_json_snapshot!(sent(&lab));
}

#[tokio::test(start_paused = true)]
async fn what_the_assistant_says_and_the_calls_behind_it_are_one_message() {
    let call =
        |id: &str| json!({"type":"function_call","call_id":id,"name":"look","arguments":"{}"});
    let output = |id: &str| json!({"type":"function_call_output","call_id":id,"output":"it"});
    let said = json!({"role":"assistant","content":"let me see"});
    let input = json!([{"role":"user","content":"hi"}, said, call("1"), call("2"), output("1"), output("2"), call("3"), output("3")]);
    let lab = Lab::new();
    let reply = json!({"model":"m","message":{"role":"assistant","content":"hi"},"done":true,"done_reason":"stop"});
    lab.upstream("there", &[Act::Reply(200, vec![], reply.to_string())]);
    lab.gateway(config("least-busy", vec![at(Protocol::Ollama)]));
    let tools = json!([{"type":"function","name":"look","parameters":{"type":"object"}}]);
    let got = lab.post(PATH, &[], &asking(&json!({"input":input,"tools":tools}))).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let messages = sent(&lab)["messages"].clone();
    let calls = |message: &Value| message["tool_calls"].as_array().map_or(0, Vec::len);
    let roles: Vec<(&str, usize)> = messages
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| (message["role"].as_str().expect("a role"), calls(message)))
        .collect();
    let expected =
        [("user", 0), ("assistant", 2), ("tool", 0), ("tool", 0), ("assistant", 1), ("tool", 0)];
    assert_eq!(roles, expected);
    assert_eq!(messages[1]["content"], "let me see");
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_comes_back_as_a_response() {
    let content = json!([
        {"type":"thinking","thinking":"hm","signature":"s"}, {"type":"text","text":"let me see"},
        {"type":"tool_use","id":"toolu_1","name":"look","input":{"at":1}}
    ]);
    let (got, _) = asked(&json!({}), message(&content, "tool_use")).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let mut response = got.json();
    response["created_at"] = json!(0);
    insta::assert_json_snapshot!(response);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_cut_short_is_incomplete() {
    for (stop, reason) in [("max_tokens", "max_output_tokens"), ("refusal", "content_filter")] {
        let act = message(&json!([{"type":"text","text":"hi"}]), stop);
        let response = asked(&json!({}), act).await.0.json();
        assert_eq!(
            (&response["status"], &response["incomplete_details"]["reason"]),
            (&json!("incomplete"), &json!(reason))
        );
    }
}

fn line(message: &Value) -> Step {
    Step::Say(format!("{}\n", json!({"model":"m","message":message,"done":false})))
}

/// A thought, `Hello` in two pieces, two calls.
fn stream() -> Vec<Step> {
    let call = |at: u32| json!({"id":format!("call_{at}"),"function":{"name":"look","arguments":{"at":at}}});
    let last = json!({"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2});
    vec![
        line(&json!({"role":"assistant","content":"","thinking":"hm"})),
        line(&json!({"role":"assistant","content":"Hel"})),
        line(&json!({"role":"assistant","content":"lo"})),
        line(&json!({"role":"assistant","content":"","tool_calls":[call(1),call(2)]})),
        Step::Say(format!("{last}\n")),
    ]
}

async fn events(strategy: &'static str, steps: Vec<Step>) -> Vec<(String, Value)> {
    let lab = Lab::new();
    lab.upstream("there", &[Act::Stream(steps)]);
    lab.gateway(config(strategy, vec![at(Protocol::Ollama)]));
    let got = lab.post(PATH, &[], &asking(&json!({"stream":true}))).await;
    let frames = got.body.trim_end().split("\n\n");
    let event = |frame: &str| {
        let (name, data) = frame.split_once("\ndata: ").expect("a named event");
        let name = name.strip_prefix("event: ").expect("a name").to_owned();
        (name, serde_json::from_str(data).expect("JSON"))
    };
    frames.map(event).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_back_as_named_events() {
    for strategy in ["least-busy", "priority"] {
        let events = events(strategy, stream()).await;
        for (number, (name, data)) in events.iter().enumerate() {
            assert_eq!((&data["type"], &data["sequence_number"]), (&json!(name), &json!(number)));
        }
        let names: Vec<&str> = events
            .iter()
            .map(|(name, _)| name.strip_prefix("response.").expect("one of a response"))
            .collect();
        let item = |inner: &[&'static str]| {
            [&["output_item.added"], inner, &["output_item.done"]].concat()
        };
        let thoughts = item(&[
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
        ]);
        let words = item(&[
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
        ]);
        let call = item(&["function_call_arguments.delta", "function_call_arguments.done"]);
        let ends = |end| vec![end];
        let expected = [
            vec!["created", "in_progress"],
            thoughts,
            words,
            call.clone(),
            call,
            ends("completed"),
        ]
        .concat();
        assert_eq!(names, expected);
        let response = &events.last().expect("events").1["response"];
        let kinds: Vec<&Value> = response["output"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| &item["type"])
            .collect();
        assert_eq!(
            kinds,
            [
                &json!("reasoning"),
                &json!("message"),
                &json!("function_call"),
                &json!("function_call")
            ]
        );
        assert_eq!(response["output"][1]["content"][0]["text"], "Hello");
        assert_eq!(response["output"][3]["call_id"], "call_2");
        assert_eq!(response["usage"]["output_tokens"], 2);
        assert_eq!((&response["status"], &response["store"]), (&json!("completed"), &json!(false)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_ends_with_a_numbered_error() {
    let mut steps = stream();
    steps.truncate(2);
    steps.extend([Step::Wait(Duration::from_millis(9)), Step::Cut]);
    let events = events("priority", steps).await;
    let (name, error) = events.last().expect("events");
    assert_eq!((name.as_str(), &error["type"]), ("error", &json!("error")));
    assert_eq!(error["sequence_number"], json!(events.len() - 1), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_as_the_client_wrote_it() {
    let item =
        |item: Value| json!({"instructions":"s","input":[{"role":"user","content":"a"},item]});
    let picture = json!({"role":"user","content":[{"type":"input_image","file_id":"file-1"}]});
    let sound = json!({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]});
    for (members, param) in [
        (json!({"previous_response_id":"resp_1"}), "previous_response_id"),
        (json!({"background":true}), "background"),
        (json!({"truncation":"auto"}), "truncation"),
        (json!({"include":["file_search_call.results"]}), "include"),
        (json!({"tools":[{"type":"web_search"}]}), "tools"),
        (json!({"text":{"verbosity":"low"}}), "text"),
        (json!({"reasoning":{"effort":"enormous"}}), "reasoning"),
        (json!({"a_member_of_tomorrow":1}), "a_member_of_tomorrow"),
        (item(picture), "input[1].content[0]"),
        (item(sound), "input[1]"),
        (item(json!({"type":"web_search_call","id":"ws_1"})), "input[1]"),
        (item(json!({"role":"narrator","content":"x"})), "input[1].role"),
    ] {
        let (got, lab) = asked(&members, message(&json!([]), "end_turn")).await;
        let error = &got.json()["error"];
        assert_eq!((got.status, &error["param"]), (400, &json!(param)), "{members}: {error}");
        assert!(error["message"].as_str().expect("text").contains(param), "{error}");
        assert!(lab.hosts().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_that_cannot_be_said_is_left_out_by_name() {
    let act = message(&json!([{"type":"text","text":"hi"}]), "end_turn");
    let (got, lab) = asked(&json!({"prompt_cache_key":"k","user":"u-1"}), act).await;
    assert_eq!((got.status, got.header("x-brownout-dropped-params")), (200, "prompt_cache_key"));
    assert_eq!(sent(&lab)["metadata"], json!({"user_id":"u-1"}));
}

#[tokio::test(start_paused = true)]
async fn who_imitates_openai_without_responses_is_asked_for_a_chat_completion() {
    for (model, path) in [
        ("groq/m", "/openai/v1/chat/completions"),
        ("mistral/m", "/v1/chat/completions"),
        ("deepseek/m", "/beta/chat/completions"),
        ("xai/m", "/v1/responses"),
        ("openai/m", "/v1/responses"),
    ] {
        let file = json!({ "model_list": [{ "model_name": "model", "litellm_params": { "model": model } }] });
        let read = gateway::litellm::read(&file, &gateway::litellm::Dummies).expect("valid");
        let host = read.config.deployments[0].authority.host.to_string();
        let lab = Lab::new();
        lab.upstream(&host, &[answer("hi")]).gateway(read.config);
        let got = lab.post(PATH, &[], &asking(&json!({}))).await;
        assert_eq!(lab.sent.lock().expect("no poison")[0].path, path, "{model}");
        if path.ends_with("completions") {
            let said = &got.json()["output"][0]["content"][0]["text"];
            assert_eq!((got.status, said), (200, &json!("hi")), "{}", got.body);
            assert_eq!(got.json()["object"], "response");
        }
    }
}
