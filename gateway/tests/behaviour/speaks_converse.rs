//! Clients of AWS's come to `/bedrock/model/…/converse`: native at Bedrock, signed anew; elsewhere the request becomes one
//! of Messages and a chat completion, and answers come back as Converse has them, its streams in AWS's frames. The
//! upstreams' bytes are written by hand, after the providers' references.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::speaks_contents::booked;
use crate::support::*;
use bytes::{Bytes, BytesMut};
use gateway::config::{AwsKeys, Config, Deployment, Secret};
use serde_json::{Value, json};
use vocab::Protocol;
use wire::bedrock::eventstream::{Decoder, Frame, FrameKind, MAX_FRAME_BYTES};

const WHOLE: &str = "/bedrock/model/model/converse";
const STREAM: &str = "/bedrock/model/model/converse-stream";
const BODY: &str =
    r#"{"messages":[{"role":"user","content":[{"text":"hello"}]}],"new":{"member":1}}"#;

fn at(protocol: Protocol) -> Deployment {
    let model = match protocol {
        Protocol::Bedrock => "anthropic.claude-sonnet-4-5-20250929-v1:0",
        Protocol::Anthropic => "claude-sonnet-4-5",
        _ => "own-model",
    };
    let keys = AwsKeys {
        access_key_id: Secret::new("AKIDPROVIDER"),
        secret_access_key: Secret::new("secret"),
        session_token: None,
    };
    let bedrock = protocol == Protocol::Bedrock;
    Deployment {
        protocol,
        model: Arc::from(model),
        base_path: Arc::from(""),
        region: Some(Arc::from("eu-west-1")),
        api_key: (!bedrock).then(|| Secret::new("sk-upstream")),
        aws_keys: bedrock.then_some(keys),
        ..deployment("there")
    }
}

fn only(protocol: Protocol) -> Config {
    let mut config = config("priority", vec![at(protocol)]);
    config.router.num_retries = 0;
    config
}

fn reply(content: &Value, stop: &str) -> Value {
    json!({"output":{"message":{"role":"assistant","content":content}},"stopReason":stop,"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7},"metrics":{"latencyMs":9},"later":"member"})
}

fn says(protocol: Protocol) -> Act {
    let body = match protocol {
        Protocol::Bedrock => reply(&json!([{"text":"hi"}]), "end_turn"),
        Protocol::Anthropic => {
            json!({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"text","text":"hi"},{"type":"tool_use","id":"toolu_1","name":"look","input":{"at":1}}],"stop_reason":"tool_use","usage":{"input_tokens":4,"output_tokens":2,"cache_read_input_tokens":3}})
        }
        _ => {
            json!({"id":"c1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})
        }
    };
    Act::Reply(200, vec![], body.to_string())
}

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

/// The events of a stream: names and payloads without padding.
pub(crate) fn events(bytes: &Bytes) -> Vec<(String, Value)> {
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    decoder.push(bytes);
    let mut events = Vec::new();
    while let Some(frame) = decoder.next() {
        let Frame { kind, payload } = frame.expect("a frame");
        let name = match kind {
            FrameKind::Event(name) => name,
            FrameKind::Exception(name) => format!("exception {name}"),
            other => format!("{other:?}"),
        };
        let mut payload: Value = serde_json::from_slice(&payload).expect("JSON");
        payload.as_object_mut().expect("an object").remove("p");
        events.push((name, payload));
    }
    events
}

fn aws(name: &str, payload: &Value) -> Step {
    let mut out = BytesMut::new();
    Frame::event(name, payload.to_string()).write(&mut out);
    Step::Send(out.freeze())
}

#[tokio::test(start_paused = true)]
async fn a_request_passes_through_at_bedrock_and_is_signed_anew() {
    let lab = Lab::new();
    lab.upstream("there", &[says(Protocol::Bedrock)]).gateway(only(Protocol::Bedrock));
    let signature = "AWS4-HMAC-SHA256 Credential=AKIDCLIENT/20261127/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00";
    let headers = [
        ("authorization", signature),
        ("x-amz-date", "20200101T000000Z"),
        ("x-amz-security-token", "token-of-the-client"),
    ];
    let got = lab.post(WHOLE, &headers, BODY).await;
    assert_eq!((got.status, got.json()), (200, reply(&json!([{"text":"hi"}]), "end_turn")));
    let sent = sent(&lab);
    assert_eq!(sent[0].path, "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse");
    assert_eq!(sent[0].body, BODY);
    let told = format!("{:?}", sent[0].headers);
    assert!(told.contains("Credential=AKIDPROVIDER/"), "{told}");
    assert!(
        !told.contains("AKIDCLIENT")
            && !told.contains("of-the-client")
            && !told.contains("20200101")
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_passes_through_at_bedrock_event_by_event() {
    let lab = Lab::new();
    let events_of_bedrock = [
        ("messageStart", json!({"role":"assistant"})),
        ("contentBlockDelta", json!({"contentBlockIndex":0,"delta":{"text":"hi"}})),
        ("contentBlockStop", json!({"contentBlockIndex":0})),
        ("ofALaterVersion", json!({"a":1})),
        ("messageStop", json!({"stopReason":"end_turn"})),
        (
            "metadata",
            json!({"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7},"metrics":{"latencyMs":9}}),
        ),
    ];
    let steps = events_of_bedrock.iter().map(|(name, data)| aws(name, data)).collect();
    lab.upstream("there", &[Act::Stream(steps)]).gateway(only(Protocol::Bedrock));
    let got = lab.post(STREAM, &[], BODY).await;
    assert_eq!(got.header("content-type"), "application/vnd.amazon.eventstream");
    let expected = events_of_bedrock.map(|(name, data)| (name.to_owned(), data));
    assert_eq!(events(&got.bytes), expected);
    assert!(sent(&lab)[0].path.ends_with("/converse-stream"));
    assert!(lab.decided().contains(&"there served after 1".to_owned()), "{:?}", lab.decided());
    assert_eq!(booked(&lab).await, [5, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_ends_with_an_exception() {
    for protocol in [Protocol::Bedrock, Protocol::OpenAi] {
        let lab = Lab::new();
        let first = match protocol {
            Protocol::Bedrock => {
                aws("contentBlockDelta", &json!({"contentBlockIndex":0,"delta":{"text":"hi"}}))
            }
            _ => word("hi"),
        };
        let pause = Step::Wait(std::time::Duration::from_millis(9));
        lab.upstream("there", &[Act::Stream(vec![first, pause, Step::Cut])])
            .gateway(only(protocol));
        let events = events(
            &lab.post(STREAM, &[], BODY.replace(",\"new\":{\"member\":1}", "").as_str())
                .await
                .bytes,
        );
        let (name, payload) = events.last().expect("an event");
        assert_eq!(name, "exception internalServerException", "{events:?}");
        assert!(payload["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert!(events.iter().any(|(name, _)| name == "contentBlockDelta"), "{events:?}");
        assert!(!events.iter().any(|(name, _)| name == "messageStop"), "{events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_have_their_name_in_a_header() {
    let lab = Lab::new();
    // Ours would keep a provider's status to itself.
    let mut config = config("least-busy", vec![at(Protocol::OpenAi)]);
    config.router.num_retries = 0;
    config.master_key = Some(Secret::new("sk-master"));
    lab.upstream("there", &[refusal(429, &[])]).gateway(config);
    let signed = |key: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261127/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00"
        )
    };
    let plain = r#"{"messages":[{"role":"user","content":[{"text":"hello"}]}]}"#;
    for (key, path, body, status, name) in [
        ("Bearer sk-master".to_owned(), WHOLE, plain, 429, "ThrottlingException"),
        (signed("sk-other"), WHOLE, plain, 401, "UnrecognizedClientException"),
        (signed("sk-master"), WHOLE, "{}", 400, "ValidationException"),
        (signed("sk-master"), "/bedrock/model/nobody/converse", plain, 400, "ValidationException"),
        (
            signed("sk-master"),
            "/bedrock/model/model/invoke",
            plain,
            404,
            "UnknownOperationException",
        ),
        (
            signed("sk-master"),
            "/bedrock/model/model/invoke-with-response-stream",
            plain,
            404,
            "UnknownOperationException",
        ),
    ] {
        let got = lab.post(path, &[("authorization", key.as_str())], body).await;
        assert_eq!(
            (got.status, got.header("x-amzn-errortype")),
            (status, name),
            "{path}: {}",
            got.body
        );
        assert!(
            got.json()["message"].as_str().is_some_and(|message| !message.is_empty()),
            "{}",
            got.body
        );
        assert!(!got.body.contains("sk-other") && !got.body.contains("sk-master"), "{}", got.body);
    }
}

fn everything() -> Value {
    json!({
        "system": [{"text":"be brief"},{"cachePoint":{"type":"default"}}],
        "inferenceConfig": {"maxTokens":3000,"temperature":0.5,"topP":0.9,"stopSequences":["END"]},
        "additionalModelRequestFields": {"thinking":{"type":"enabled","budget_tokens":2048}},
        "requestMetadata": {"user":"u-1"}, "performanceConfig": {"latency":"standard"},
        "toolConfig": {
            "tools": [{"toolSpec":{"name":"look","description":"d","inputSchema":{"json":{"type":"object"}}}},{"cachePoint":{"type":"default","ttl":"1h"}}],
            "toolChoice": {"auto":{}}
        },
        "messages": [
            {"role":"user","content":[
                {"text":"look"},{"image":{"format":"png","source":{"bytes":"AAAA"}}},{"cachePoint":{"type":"default"}},
                {"document":{"format":"pdf","name":"it","source":{"bytes":"BBBB"}}}]},
            {"role":"assistant","content":[
                {"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}},{"text":"I see"},
                {"toolUse":{"toolUseId":"t1","name":"look","input":{"at":"it"}}}]},
            {"role":"user","content":[
                {"toolResult":{"toolUseId":"t1","content":[{"json":{"a":1}},{"text":"b"}],"status":"error"}},{"text":"and now?"}]}
        ]
    })
}

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_arrives_in_the_providers_words() {
    for protocol in [Protocol::OpenAi, Protocol::Anthropic] {
        let lab = Lab::new();
        lab.upstream("there", &[says(protocol)]).gateway(only(protocol));
        let got = lab.post(WHOLE, &[], &everything().to_string()).await;
        assert_eq!(got.status, 200, "{protocol}: {}", got.body);
        let body: Value = serde_json::from_str(&sent(&lab)[0].body).expect("JSON");
        insta::assert_json_snapshot!(format!("converse_at_{protocol}"), body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_comes_back_as_converses() {
    let plain = r#"{"messages":[{"role":"user","content":[{"text":"hello"}]}]}"#;
    let answer = async |protocol| {
        let lab = Lab::new();
        lab.upstream("there", &[says(protocol)]).gateway(only(protocol));
        lab.post(WHOLE, &[], plain).await.json()
    };
    assert_eq!(
        answer(Protocol::OpenAi).await,
        json!({"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"max_tokens","usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7}})
    );
    let content = json!([
        {"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}}, {"text":"hi"},
        {"toolUse":{"toolUseId":"toolu_1","name":"look","input":{"at":1}}}
    ]);
    assert_eq!(
        answer(Protocol::Anthropic).await,
        json!({"output":{"message":{"role":"assistant","content":content}},"stopReason":"tool_use","usage":{"inputTokens":4,"outputTokens":2,"totalTokens":9,"cacheReadInputTokens":3}})
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_back_as_converses_events() {
    let lab = Lab::new();
    let call = r#"{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
    let steps = vec![
        role(),
        word("hi"),
        chunk(call, "null"),
        chunk("{}", "\"tool_calls\""),
        Step::Say("data: [DONE]\n\n".to_owned()),
    ];
    lab.upstream("there", &[Act::Stream(steps)]).gateway(only(Protocol::OpenAi));
    let got = lab
        .post(STREAM, &[], r#"{"messages":[{"role":"user","content":[{"text":"hello"}]}]}"#)
        .await;
    let stop = |at: u32| ("contentBlockStop".to_owned(), json!({"contentBlockIndex":at}));
    let event = |name: &str, data: Value| (name.to_owned(), data);
    assert_eq!(
        events(&got.bytes),
        [
            event("messageStart", json!({"role":"assistant"})),
            event("contentBlockDelta", json!({"contentBlockIndex":0,"delta":{"text":"hi"}})),
            stop(0),
            event(
                "contentBlockStart",
                json!({"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"c1","name":"f"}}})
            ),
            event(
                "contentBlockDelta",
                json!({"contentBlockIndex":1,"delta":{"toolUse":{"input":"{}"}}})
            ),
            stop(1),
            event("messageStop", json!({"stopReason":"tool_use"})),
            event("metadata", json!({"usage":{"inputTokens":0,"outputTokens":0,"totalTokens":0}})),
        ]
    );
}

/// Who is asked what, and the member that is refused.
fn unsaid() -> Vec<(Protocol, Value, &'static str)> {
    let block = |block: Value| json!({"messages":[{"role":"user","content":[{"text":"a"},{"cachePoint":{"type":"default"}},block]}]});
    let with = |name: &str, value: Value| {
        let mut body = json!({"messages":[{"role":"user","content":[{"text":"a"}]}]});
        body[name] = value;
        body
    };
    vec![
        (
            Protocol::OpenAi,
            with("guardrailConfig", json!({"guardrailIdentifier":"g"})),
            "`guardrailConfig`",
        ),
        (Protocol::OpenAi, with("unheard", json!(1)), "`unheard`"),
        (Protocol::OpenAi, with("requestMetadata", json!({"ticket":"7"})), "`requestMetadata`"),
        (
            Protocol::OpenAi,
            with("performanceConfig", json!({"latency":"optimized"})),
            "`performanceConfig`",
        ),
        (
            Protocol::OpenAi,
            with("additionalModelRequestFields", json!({"top_k":5})),
            "`additionalModelRequestFields.top_k`",
        ),
        (
            Protocol::OpenAi,
            with("additionalModelRequestFields", json!({"other":5})),
            "`additionalModelRequestFields.other`",
        ),
        (
            Protocol::OpenAi,
            with("inferenceConfig", json!({"stopSequences":["1","2","3","4","5"]})),
            "`inferenceConfig.stopSequences`",
        ),
        (
            Protocol::OpenAi,
            with("toolConfig", json!({"tools":[{"systemTool":{"name":"s"}}]})),
            "`toolConfig.tools`",
        ),
        (
            Protocol::OpenAi,
            // Refused where the request is one of Messages already, without the mark before it.
            block(
                json!({"toolResult":{"toolUseId":"t","content":[{"image":{"format":"png","source":{"bytes":"AA"}}}]}}),
            ),
            "`messages[0].content[2]`",
        ),
        (Protocol::OpenAi, block(json!({"video":{"format":"mp4"}})), "`messages[0].content[2]`"),
        (
            Protocol::OpenAi,
            block(json!({"image":{"format":"png","source":{"s3Location":{"uri":"s3://b/o"}}}})),
            "`messages[0].content[2]`",
        ),
        (
            Protocol::Anthropic,
            with("outputConfig", json!({"textFormat":{"type":"other"}})),
            "`outputConfig`",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_as_the_client_wrote_it() {
    for (protocol, body, named) in unsaid() {
        let lab = Lab::new();
        lab.upstream("there", &[says(protocol)]).gateway(only(protocol));
        let got = lab.post(WHOLE, &[], &body.to_string()).await;
        assert_eq!(
            (got.status, got.header("x-amzn-errortype")),
            (400, "ValidationException"),
            "{}",
            got.body
        );
        let message = got.json()["message"].clone();
        assert!(message.as_str().expect("a text").contains(named), "{named}: {message}");
        assert!(lab.hosts().is_empty());
    }
}
