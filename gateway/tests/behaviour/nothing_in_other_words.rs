//! The personality `brownout` where an answer in other words than chat completions' says nothing and not why, or was
//! stopped by the provider's filter: what follows is what follows a chat completion that does.

use crate::support::*;
use gateway::config::{Config, Deployment};
use vocab::Protocol;

const RESPONSES: (&str, &str) = ("/v1/responses", r#"{"model":"model","input":"hi"}"#);
const RESPONSES_STREAM: (&str, &str) =
    ("/v1/responses", r#"{"model":"model","input":"hi","stream":true}"#);
const MESSAGES: (&str, &str) = (
    "/v1/messages",
    r#"{"model":"model","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#,
);
const MESSAGES_STREAM: (&str, &str) = (
    "/v1/messages",
    r#"{"model":"model","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#,
);
const CHAT: (&str, &str) = ("/v1/chat/completions", PLAIN);
const CHAT_STREAM: (&str, &str) = ("/v1/chat/completions", STREAM);
const CONTENTS: (&str, &str) =
    ("/v1beta/models/model:generateContent", r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#);
const EMBEDDINGS: (&str, &str) = ("/v1/embeddings", r#"{"model":"model","input":"hi"}"#);

/// One answer of a provider to one call.
struct Answer {
    speaks: Protocol,
    call: (&'static str, &'static str),
    act: Act,
}

fn whole(speaks: Protocol, call: (&'static str, &'static str), body: &str) -> Answer {
    Answer { speaks, call, act: Act::Reply(200, Vec::new(), body.to_owned()) }
}

/// A stream of these events, `name` and data, or data alone.
fn events(speaks: Protocol, call: (&'static str, &'static str), events: &[(&str, &str)]) -> Answer {
    let event = |(name, data): &(&str, &str)| match *name {
        "" => Step::Say(format!("data: {data}\n\n")),
        name => Step::Say(format!("event: {name}\ndata: {data}\n\n")),
    };
    Answer { speaks, call, act: Act::Stream(events.iter().map(event).collect()) }
}

fn lines(speaks: Protocol, call: (&'static str, &'static str), lines: &[&str]) -> Answer {
    let line = |line: &&str| Step::Say(format!("{line}\n"));
    Answer { speaks, call, act: Act::Stream(lines.iter().map(line).collect()) }
}

const STARTS: (&str, &str) = (
    "message_start",
    r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}"#,
);
const STOPS: (&str, &str) = ("message_stop", r#"{"type":"message_stop"}"#);

/// Answers that say nothing, and not why.
fn nothing() -> Vec<Answer> {
    const MESSAGE: &str = r#"{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":0}}"#;
    const GENERATED: [&str; 2] =
        [r#"{"candidates":[]}"#, r#"{"candidates":[{"content":{"parts":[{"text":""}]}}]}"#];
    const OLLAMA: &str = r#"{"model":"m","created_at":"2024-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true}"#;
    let unexplained =
        r#"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":0}}"#;
    vec![
        whole(Protocol::OpenAi, EMBEDDINGS, r#"{"object":"list","data":[],"model":"m"}"#),
        whole(Protocol::Anthropic, MESSAGES, MESSAGE),
        whole(Protocol::Anthropic, CHAT, MESSAGE),
        events(
            Protocol::Anthropic,
            MESSAGES_STREAM,
            &[STARTS, ("message_delta", unexplained), STOPS],
        ),
        whole(Protocol::Gemini, CHAT, GENERATED[0]),
        whole(Protocol::Gemini, CHAT, GENERATED[1]),
        whole(Protocol::Gemini, CONTENTS, GENERATED[0]),
        whole(Protocol::Gemini, CONTENTS, GENERATED[1]),
        whole(Protocol::Gemini, MESSAGES, GENERATED[1]),
        whole(Protocol::Ollama, CHAT, OLLAMA),
        lines(Protocol::Ollama, CHAT_STREAM, &[OLLAMA]),
    ]
}

/// Answers that a filter stopped before a word.
fn filtered() -> Vec<Answer> {
    const MESSAGE: &str = r#"{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"refusal","usage":{"input_tokens":1,"output_tokens":0}}"#;
    const GENERATED: &str = r#"{"candidates":[{"content":{"parts":[]},"finishReason":"SAFETY"}]}"#;
    const BLOCKED: &str =
        r#"{"promptFeedback":{"blockReason":"SAFETY","blockReasonMessage":"no"}}"#;
    const RESPONSE: &str = r#"{"id":"r","object":"response","status":"incomplete","incomplete_details":{"reason":"content_filter"},"model":"m","output":[]}"#;
    let incomplete = format!(r#"{{"type":"response.incomplete","response":{RESPONSE}}}"#);
    let refused =
        r#"{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":0}}"#;
    let converse = r#"{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"guardrail_intervened","usage":{"inputTokens":1,"outputTokens":0,"totalTokens":1}}"#;
    vec![
        whole(Protocol::OpenAi, RESPONSES, RESPONSE),
        events(Protocol::OpenAi, RESPONSES_STREAM, &[("response.incomplete", &incomplete)]),
        whole(Protocol::Anthropic, MESSAGES, MESSAGE),
        whole(Protocol::Anthropic, CHAT, MESSAGE),
        events(Protocol::Anthropic, MESSAGES_STREAM, &[STARTS, ("message_delta", refused), STOPS]),
        events(Protocol::Anthropic, CHAT_STREAM, &[STARTS, ("message_delta", refused), STOPS]),
        whole(Protocol::Gemini, CHAT, GENERATED),
        whole(Protocol::Gemini, CONTENTS, GENERATED),
        whole(Protocol::Gemini, CHAT, BLOCKED),
        events(Protocol::Gemini, CHAT_STREAM, &[("", BLOCKED)]),
        events(Protocol::Gemini, CHAT_STREAM, &[("", GENERATED)]),
        whole(Protocol::Bedrock, CHAT, converse),
        whole(Protocol::Bedrock, MESSAGES, converse),
    ]
}

/// The same that say why, or say something.
fn something() -> Vec<Answer> {
    let message = |content: &str, reason: &str| {
        format!(
            r#"{{"id":"m","type":"message","role":"assistant","model":"m","content":[{content}],"stop_reason":{reason},"usage":{{"input_tokens":1,"output_tokens":0}}}}"#
        )
    };
    let text = r#"{"type":"text","text":"yes"}"#;
    let response = |status: &str, why: &str| {
        format!(
            r#"{{"id":"r","object":"response","status":"{status}","incomplete_details":{why},"model":"m","output":[]}}"#
        )
    };
    let ollama = r#"{"model":"m","created_at":"2024-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}"#;
    vec![
        whole(Protocol::OpenAi, RESPONSES, &response("completed", "null")),
        whole(
            Protocol::OpenAi,
            RESPONSES,
            &response("incomplete", r#"{"reason":"max_output_tokens"}"#),
        ),
        whole(Protocol::Anthropic, MESSAGES, &message("", r#""end_turn""#)),
        whole(Protocol::Anthropic, MESSAGES, &message(text, "null")),
        whole(Protocol::Anthropic, CHAT, &message(text, "null")),
        whole(Protocol::Gemini, CHAT, r#"{"candidates":[{"finishReason":"STOP"}]}"#),
        whole(
            Protocol::Gemini,
            CONTENTS,
            r#"{"candidates":[{"content":{"parts":[{"text":"yes"}]}}]}"#,
        ),
        whole(Protocol::Ollama, CHAT, ollama),
    ]
}

/// Siblings of which only `first` gives the answer, and a fallback for what filters stop.
fn config(base: Config, answer: &Answer) -> Config {
    let mut config = with_backup(base);
    for host in ["first", "second"] {
        let speaks = if host == "first" { answer.speaks } else { Protocol::OpenAi };
        for one in config.deployments.iter_mut().filter(|one| one.id.as_str() == host) {
            *one = Deployment { protocol: speaks, ..deployment(host) };
            if speaks == Protocol::Bedrock {
                one.region = Some("us-east-1".into());
            }
        }
    }
    config.router.content_policy_fallbacks.insert("model".into(), vec!["backup".into()]);
    config
}

/// Whom a request asks whose first deployment gives this answer.
async fn asked(base: Config, answer: &Answer) -> Vec<String> {
    let lab = Lab::new();
    lab.upstream("first", std::slice::from_ref(&answer.act));
    // Whatever it is asked, it fails in words of its own, so that only the next step shows.
    lab.upstream("second", &[refusal(400, &[])]).upstream("backup", &[refusal(400, &[])]);
    lab.gateway(config(base, answer));
    let (path, body) = answer.call;
    lab.post(path, &[("x-litellm-call-id", "call-1")], body).await;
    lab.hosts()
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_is_asked_of_somebody_else() {
    for answer in nothing() {
        let hosts = asked(priority(&["first", "second"]), &answer).await;
        assert_eq!(hosts, ["first", "second"], "{:?} {:?}", answer.call, answer.act);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_filter_stopped_goes_where_such_answers_go() {
    for answer in filtered() {
        let hosts = asked(priority(&["first", "second"]), &answer).await;
        assert_eq!(hosts, ["first", "backup"], "{:?} {:?}", answer.call, answer.act);
    }
}

#[tokio::test(start_paused = true)]
async fn what_says_something_or_why_not_is_an_answer() {
    for answer in something() {
        let hosts = asked(priority(&["first", "second"]), &answer).await;
        assert_eq!(hosts, ["first"], "{:?} {:?}", answer.call, answer.act);
    }
}

#[tokio::test(start_paused = true)]
async fn litellm_passes_on_what_says_nothing() {
    for answer in nothing() {
        let hosts = asked(litellm(&["first", "second"]), &answer).await;
        assert!(!hosts.contains(&"second".to_owned()), "{:?} {:?}", answer.call, answer.act);
    }
}
