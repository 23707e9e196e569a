//! LiteLLM takes every clean end of a stream for the end of an answer: without a finish reason it says `stop`
//! itself, and books a success.

use vocab::Protocol;

use gateway::config::Deployment;

use crate::support::*;

const NO_STREAM: [(&str, &str); 3] = [
    ("an HTML page", "<!DOCTYPE html>\n<html>be right back</html>\n"),
    ("half a document", "{\"id\":\"c\",\"choi"),
    (
        "an error in the place of a stream",
        "{\"error\":{\"message\":\"Overloaded\",\"code\":\"x\"}}",
    ),
];

/// The finish reason that the client reads.
fn finish(got: &Got) -> String {
    let data = got.body.lines().filter_map(|line| line.strip_prefix("data: "));
    let chunks = data.filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok());
    let mut reasons =
        chunks.filter_map(|c| c["choices"][0]["finish_reason"].as_str().map(str::to_owned));
    reasons.next_back().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_without_a_finish_reason_ends_with_stop() {
    let done = || Step::Say("data: [DONE]\n\n".to_owned());
    let inside = || Step::Say("data: {\"id\":\"c\",\"cho".to_owned());
    for (name, turn) in [("silent", vec![]), ("done", vec![done()]), ("in a frame", vec![inside()])]
    {
        let lab = Lab::new();
        lab.upstream("a", &[stream_then(5, &turn)]).upstream("backup", &[stream(3)]);
        lab.gateway(with_backup(litellm(&["a"])));
        let got = lab.chat(STREAM).await;
        assert_eq!((got.status, got.words().as_str()), (200, "w0 w1 w2 w3 w4 "), "{name}");
        assert!(got.done() && got.error_event().is_none(), "{name}: {}", got.body);
        assert_eq!(finish(&got), "stop", "{name}");
        assert_eq!(got.body.matches("[DONE]").count(), 1, "{name}");
        assert_eq!(lab.decided(), ["a pick", "a served after 1"], "{name}: a success");
        assert!(got.body.contains("\"id\":\"c\",") && got.body.contains("gpt-4o-2024"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_stream_at_all_is_an_empty_answer_and_nobody_else_is_asked() {
    for (name, body) in NO_STREAM {
        let lab = Lab::new();
        lab.upstream("a", &[Act::Reply(200, vec![], body.to_owned())]);
        lab.upstream("backup", &[stream(3)]).gateway(with_backup(litellm(&["a"])));
        let got = lab.chat(STREAM).await;
        assert_eq!((got.status, got.words().as_str()), (200, ""), "{name}: {}", got.body);
        assert!(got.done(), "{name}: {}", got.body);
        assert_eq!((finish(&got).as_str(), lab.hosts()), ("stop", vec!["a".to_owned()]), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_after_the_finish_reason_costs_nothing() {
    let lab = Lab::new();
    lab.upstream("a", &[stream_then(2, &[chunk("{}", "\"stop\""), Step::Cut])]);
    lab.gateway(litellm(&["a"]));
    let got = lab.chat(STREAM).await;
    assert!(got.done() && got.error_event().is_none(), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_event_of_anthropics_is_an_end_too() {
    let start = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#;
    let word =
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi "}}"#;
    let say = |name: &str, data: &str| Step::Say(format!("event: {name}\ndata: {data}\n\n"));
    let steps = vec![
        say("message_start", start),
        say("content_block_delta", word),
        say("content_block_delta", "{\"type\":\"content_block_delta\",\"ind"),
    ];
    let lab = Lab::new();
    let mut config = litellm(&["a"]);
    config.deployments = vec![Deployment { protocol: Protocol::Anthropic, ..deployment("a") }];
    lab.upstream("a", &[Act::Stream(steps)]).gateway(config);
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), finish(&got).as_str()), ("hi ", "stop"), "{}", got.body);
    assert!(got.done());
}

#[tokio::test(start_paused = true)]
async fn our_own_gateway_calls_it_a_truncation() {
    let lab = Lab::new();
    lab.upstream("a", &[stream_then(5, &[])]).gateway(priority(&["a"]));
    let got = lab.chat(STREAM).await;
    assert!(!got.done() && got.error_event().is_some(), "{}", got.body);
}
