//! `on_break`: what becomes of a stream that breaks after its first word. By default the client gets an error event;
//! with `resume` somebody else goes on with what was said, with `restart` it says everything anew to clients that ask
//! for it. The stream says so wherever its words are not one deployment's.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::time::Duration;

use gateway::config::{Ability, Config, OnBreak};
use serde_json::{Value, json};
use vocab::Protocol;

use crate::support::*;

/// Two deployments, of which the first is asked first.
fn with(on_break: OnBreak) -> Config {
    let mut config = priority(&["first", "second"]);
    config.own.on_break = on_break;
    config
}

/// The rest of an answer, as a deployment says it that was given the beginning: with a name and a role of its own.
fn rest(text: &str) -> Act {
    let frame = |delta: Value, finish: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        let chunk = json!({ "id": "other", "created": 9, "model": "other", "choices": [choice] });
        Step::Say(format!("data: {chunk}\n\n"))
    };
    let usage = json!({ "id": "other", "choices": [], "usage": {
        "prompt_tokens": 30, "completion_tokens": 2, "total_tokens": 32
    }});
    Act::Stream(vec![
        frame(json!({ "role": "assistant", "content": "" }), Value::Null),
        frame(json!({ "content": text }), Value::Null),
        frame(json!({}), json!("stop")),
        Step::Say(format!("data: {usage}\n\n")),
        Step::Say("data: [DONE]\n\n".to_owned()),
    ])
}

fn frames(got: &Got) -> Vec<Value> {
    let data = got.body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

/// Comments of a stream.
fn comments(got: &Got) -> Vec<&str> {
    got.body.lines().filter(|line| line.starts_with(':')).collect()
}

fn messages(lab: &Lab, request: usize) -> Value {
    let sent = lab.sent.lock().expect("no poison");
    let body: Value = serde_json::from_str(&sent[request].body).expect("JSON");
    body["messages"].clone()
}

#[tokio::test(start_paused = true)]
async fn somebody_else_goes_on_with_what_was_said_and_the_stream_says_so() {
    let error = Step::Say("data: {\"error\":{\"message\":\"overloaded\"}}\n\n".to_owned());
    for turn in [vec![Step::Cut], vec![Step::Stall], vec![error], vec![]] {
        let lab = Lab::new();
        lab.upstream("first", &[stream_then(2, &turn)]).upstream("second", &[rest("w2 ")]);
        lab.gateway(with(OnBreak::Resume));
        let got = lab.chat(STREAM).await;
        assert_eq!((got.status, got.words().as_str()), (200, "w0 w1 w2 "), "{turn:?}");
        assert!(got.done() && !got.broken && got.error_event().is_none(), "{}", got.body);
        assert_eq!(comments(&got), [": resumed after=2 how=instruction deployment=second"]);
        // One answer to whoever adds up its frames: one name, one role.
        let frames = frames(&got);
        let named = |name: &str| frames.iter().all(|frame| frame[name] == frames[0][name]);
        assert!(named("id") && named("created") && named("model"), "{frames:?}");
        let roles = frames.iter().filter(|frame| frame["choices"][0]["delta"]["role"].is_string());
        assert_eq!(roles.count(), 1, "{frames:?}");
        let last = lab.decided().pop().expect("an end");
        assert_eq!(last, "second served after 2", "{turn:?}");
        assert!(lab.decided().contains(&"second resumed after 2".to_owned()));
        let said = messages(&lab, 1);
        assert_eq!(said[1], json!({ "role": "assistant", "content": "w0 w1 " }));
        assert_eq!((&said[2]["role"], said.as_array().map(Vec::len)), (&json!("user"), Some(3)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_knows_prefills_is_given_the_beginning_as_its_own_words() {
    let said = json!({ "role": "assistant", "content": "w0 w1 " });
    let marked = json!({ "role": "assistant", "content": "w0 w1 ", "prefix": true });
    for (vendor, last) in [("mistral", marked), ("hosted_vllm", said)] {
        let lab = Lab::new();
        lab.upstream("first", &[stream_then(2, &[Step::Cut])]).upstream("second", &[rest("w2 ")]);
        let mut config = with(OnBreak::Resume);
        config.deployments[1].vendor = Arc::from(vendor);
        lab.gateway(config);
        let got = lab.chat(STREAM).await;
        assert_eq!(comments(&got), [": resumed after=2 how=prefill deployment=second"]);
        assert_eq!(messages(&lab, 1)[1], last, "{vendor}");
        assert_eq!(messages(&lab, 1).as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test(start_paused = true)]
async fn anthropic_is_prefilled_unless_the_model_takes_none() {
    for (lacks, count) in [(vec![], 2), (vec![Ability::Prefill], 3)] {
        let lab = Lab::new();
        lab.upstream("first", &[stream_then(2, &[Step::Cut])]).upstream("second", &[Act::Hang]);
        let mut config = with(OnBreak::Resume);
        config.deployments[1].protocol = Protocol::Anthropic;
        config.deployments[1].lacks = lacks;
        lab.gateway(config);
        lab.chat(STREAM).await;
        let sent = messages(&lab, 1);
        assert_eq!(sent.as_array().map(Vec::len), Some(count), "{sent}");
        assert_eq!(sent[1]["role"], "assistant");
    }
}

#[tokio::test(start_paused = true)]
async fn usage_is_the_sum_and_says_what_of_it_is_estimated() {
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &[Step::Cut])]).upstream("second", &[rest("w2 ")]);
    lab.gateway(with(OnBreak::Resume));
    let body = r#"{"model":"model","messages":[{"role":"user","content":"hello"}],"stream":true,
                   "stream_options":{"include_usage":true},"max_tokens":10}"#;
    let got = lab.chat(body).await;
    let frames = frames(&got);
    let usage = frames.iter().find_map(|frame| frame.get("usage")).expect("a usage");
    let estimated = usage["x_brownout"]["estimated"]["prompt_tokens"].as_u64().expect("a number");
    assert!(estimated > 0);
    assert_eq!(usage["x_brownout"]["resumed"], 1);
    assert_eq!(usage["prompt_tokens"], 30 + estimated);
    assert_eq!(usage["completion_tokens"], 2 + 2);
    assert_eq!(usage["total_tokens"], 30 + estimated + 4);
    let sent = lab.sent.lock().expect("no poison");
    let body: Value = serde_json::from_str(&sent[1].body).expect("JSON");
    assert_eq!(body["max_tokens"], 8, "what is left of the client's limit");
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_gone_on_with_a_bounded_number_of_times() {
    let lab = Lab::new();
    let breaks = stream_then(1, &[Step::Cut]);
    lab.upstream("first", std::slice::from_ref(&breaks)).upstream("second", &[breaks]);
    let mut config = with(OnBreak::Resume);
    config.router.disable_cooldowns = true;
    lab.gateway(config);
    let got = lab.chat(STREAM).await;
    assert_eq!(lab.hosts().len(), 4, "{:?}", lab.hosts());
    assert_eq!((comments(&got).len(), got.words().as_str()), (3, "w0 w0 w0 w0 "));
    assert!(got.error_event().is_some() && !got.done(), "{}", got.body);
    let after: Vec<String> = comments(&got).iter().map(|line| line[..18].to_owned()).collect();
    assert_eq!(after, [": resumed after=1 ", ": resumed after=2 ", ": resumed after=3 "]);
}

#[tokio::test(start_paused = true)]
async fn what_is_more_than_text_ends_visibly() {
    let call =
        r#"{"tool_calls":[{"index":0,"id":"call","function":{"name":"f","arguments":"{"}}]}"#;
    let turns = [vec![chunk(call, "null"), Step::Wait(Duration::from_millis(5)), Step::Cut]];
    for turn in turns {
        let lab = Lab::new();
        lab.upstream("first", &[stream_then(2, &turn)]).upstream("second", &[rest("w2 ")]);
        lab.gateway(with(OnBreak::Resume));
        let got = lab.chat(STREAM).await;
        assert!(got.error_event().is_some() && comments(&got).is_empty(), "{}", got.body);
        assert_eq!(lab.hosts(), ["first"]);
    }
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &[Step::Cut])]).upstream("second", &[rest("w2 ")]);
    lab.gateway(with(OnBreak::Resume));
    let body =
        r#"{"model":"model","messages":[],"stream":true,"response_format":{"type":"json_object"}}"#;
    let got = lab.chat(body).await;
    assert!(got.error_event().is_some(), "half an object has no other half: {}", got.body);
}

/// Ten minutes of timeout and no limit for streams.
fn patient(on_break: OnBreak) -> Config {
    let mut config = with(on_break);
    config.router.timeout = Duration::from_secs(600);
    config.router.stream_timeout = None;
    config
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_gone_on_with_long_before_its_limit() {
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &[Step::Stall])]).upstream("second", &[rest("w2 ")]);
    lab.gateway(patient(OnBreak::Resume));
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("w0 w1 w2 ", true));
    assert_eq!(got.took.as_secs(), 10);
    assert!(lab.decided().contains(&"first failed: stalled".to_owned()), "{:?}", lab.decided());
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_that_nobody_goes_on_with_is_listened_to_again() {
    let mut turns = vec![Step::Wait(Duration::from_secs(30)), word("w2 ")];
    turns.extend(end());
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &turns)]).upstream("second", &[Act::Refuse]);
    lab.gateway(patient(OnBreak::Resume));
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("w0 w1 w2 ", true));
    assert!(comments(&got).is_empty(), "{}", got.body);
    let last = lab.decided().pop().expect("an end");
    assert!(last.starts_with("first served after "), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_alone_goes_on_itself() {
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &[Step::Cut]), rest("w2 ")]);
    let mut config = with(OnBreak::Resume);
    config.deployments.truncate(1);
    lab.gateway(config);
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("w0 w1 w2 ", true));
    assert_eq!(comments(&got), [": resumed after=2 how=instruction deployment=first"]);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_is_left_the_break_is_visible() {
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &[Step::Cut]), Act::Refuse]);
    lab.upstream("second", &[Act::Refuse]).gateway(with(OnBreak::Resume));
    let got = lab.chat(STREAM).await;
    assert_eq!(got.words(), "w0 w1 ");
    let error = got.error_event().expect("an error");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("broke")), "{error}");
    assert!(!got.done());
    let last = lab.decided().pop().expect("an end");
    assert!(last.starts_with("first stream broken: "), "{last}");
}

#[tokio::test(start_paused = true)]
async fn clients_that_ask_for_it_get_the_answer_anew_and_others_the_error() {
    let ask = |header: Option<&'static str>, configured: OnBreak| async move {
        let lab = Lab::new();
        lab.upstream("first", &[stream_then(2, &[Step::Cut])]).upstream("second", &[stream(3)]);
        lab.gateway(with(configured));
        let header = header.map(|word| ("x-brownout-on-break", word));
        let got = lab.post("/v1/chat/completions", header.as_slice(), STREAM).await;
        let asked = messages(&lab, lab.hosts().len() - 1);
        (got, asked.as_array().map(Vec::len))
    };
    let (got, asked) = ask(Some("restart"), OnBreak::Restart).await;
    let (before, after) = got.body.split_once("event: brownout.restart\n").expect("a mark");
    assert!(before.contains("w1 ") && after.starts_with("data: {\"deployment\":\"second\"}\n\n"));
    assert!(after.contains("w2 ") && got.done(), "{after}");
    assert_eq!(asked, Some(1), "the request as it was");
    for (header, configured) in [
        (None, OnBreak::Restart),
        (Some("error"), OnBreak::Restart),
        (Some("error"), OnBreak::Resume),
        (Some("restart"), OnBreak::Resume),
        (Some("resume"), OnBreak::Error),
    ] {
        let (got, _) = ask(header, configured).await;
        assert!(got.error_event().is_some() && !got.done(), "{header:?} {configured:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_plays_litellm_does_not_go_on() {
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &[Step::Cut])]).upstream("second", &[rest("w2 ")]);
    let mut config = litellm(&["first", "second"]);
    config.own.on_break = OnBreak::Resume;
    lab.gateway(config);
    let got = lab.chat(STREAM).await;
    assert!(got.error_event().is_some());
    assert_eq!(lab.hosts(), ["first"]);
}
