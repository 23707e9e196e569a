//! Bedrock as a raw client reads it: whole answers, binary streams, signatures and refusals. The
//! signatures were made by botocore 1.44.5 for the times that they name.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test stop it where they fail")]

use crate::support::{World, deployment, rule};
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use vocab::Protocol;
use wire::bedrock::eventstream::{Decoder, Frame, FrameError, FrameKind};
use wire::bedrock::{ConverseEvent, PayloadPart};
use world::Authority;

const HOST: &str = "bedrock1.test";
const MODEL: &str = "us.anthropic.claude-v1:0";
const PATH: &str = "/model/us.anthropic.claude-v1%3A0";
const BODY: &str =
    r#"{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"a b c"}]}]}}}"#;

#[tokio::test(start_paused = true)]
async fn converse() {
    let seen = ask(&world(vec![]), "converse", &says("hi [[brownout:7]] [[answer:3]]")).await;
    assert_eq!(seen.status, 200);
    insta::assert_json_snapshot!(seen.json(), @r#"
    {
      "output": {
        "message": {
          "role": "assistant",
          "content": [
            {
              "text": " ~1.7.1.0 ~1.7.1.1 ~1.7.1.2$"
            }
          ]
        }
      },
      "stopReason": "end_turn",
      "usage": {
        "inputTokens": 3,
        "outputTokens": 3,
        "totalTokens": 6
      },
      "metrics": {
        "latencyMs": 440
      }
    }
    "#);
    let id = seen.headers["x-amzn-requestid"].to_str().unwrap();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_frames() {
    let seen =
        ask(&world(vec![]), "converse-stream", &says("hi [[brownout:7]] [[answer:2]]")).await;
    assert_eq!(seen.headers["content-type"], "application/vnd.amazon.eventstream");
    assert_eq!(
        seen.shown(),
        [
            r#"{"messageStart":{"role":"assistant"}}"#,
            r#"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":" ~1.7.1.0"}}}"#,
            r#"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":" ~1.7.1.1$"}}}"#,
            r#"{"contentBlockStop":{"contentBlockIndex":0}}"#,
            r#"{"messageStop":{"stopReason":"end_turn"}}"#,
            r#"{"metadata":{"usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5},"metrics":{"latencyMs":420}}}"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_thought_and_a_call_in_a_stream() {
    let mut body = says("hi [[thinking:1]]");
    body["toolConfig"] = json!({ "tools": [{ "toolSpec": { "name": "f", "inputSchema": { "json": {
        "type": "object", "required": ["unit"], "properties": { "unit": { "enum": ["C"] } }
    } } } }] });
    let shown = ask(&world(vec![]), "converse-stream", &body).await.shown();
    let gist = |event: &String| {
        let event: Value = serde_json::from_str(event).unwrap();
        event.as_object().unwrap().keys().next().unwrap().clone()
    };
    let names: Vec<String> = shown.iter().map(gist).collect();
    assert_eq!(
        names[..5],
        [
            "messageStart",
            "contentBlockDelta",
            "contentBlockDelta",
            "contentBlockStop",
            "contentBlockStart",
        ]
    );
    assert!(shown[2].contains("signature"));
    assert!(shown[4].contains(r#""name":"f""#));
    assert!(shown[shown.len() - 2].contains("tool_use"));
}

#[tokio::test(start_paused = true)]
async fn invoke_speaks_claude_s_own_words() {
    let world = world(vec![]);
    let body = json!({ "anthropic_version": "bedrock-2023-05-31", "max_tokens": 9,
        "messages": [{ "role": "user", "content": "hi [[brownout:7]] [[answer:2]]" }] });
    let plain = ask(&world, "invoke", &body).await;
    assert_eq!(plain.json()["content"][0]["text"], " ~1.7.1.0 ~1.7.1.1$");
    assert_eq!(plain.headers["x-amzn-bedrock-input-token-count"], "3");
    assert_eq!(plain.headers["x-amzn-bedrock-output-token-count"], "2");
    let stream = ask(&world, "invoke-with-response-stream", &body).await;
    assert_eq!(stream.headers["x-amzn-bedrock-content-type"], "application/json");
    let part = |frame: Frame| {
        assert_eq!(frame.kind, FrameKind::Event("chunk".to_owned()));
        let part: PayloadPart = serde_json::from_slice(&frame.payload).unwrap();
        serde_json::from_slice::<Value>(&part.inner().unwrap()).unwrap()
    };
    let events: Vec<Value> = stream.frames().into_iter().map(|f| part(f.unwrap())).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    let cost = &events[6]["amazon-bedrock-invocationMetrics"];
    assert_eq!((&cost["inputTokenCount"], &cost["outputTokenCount"]), (&json!(3), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn signatures_are_checked() {
    let world = world(vec![]);
    let now = "5074b1e56b6448b491bd497ef87e5d5d5498ab56e976a6faf439c839049dd037";
    let calls = [
        ("right", signed("20260101T000017Z", "sk-brownout-1", now), BODY),
        (
            "five minutes old",
            signed(
                "20251231T235530Z",
                "sk-brownout-1",
                "d3dc13ecc6136ce3967de12da5e9655a6f0707589331184d710ab90aad312e00",
            ),
            BODY,
        ),
        (
            "older",
            signed(
                "20251231T235500Z",
                "sk-brownout-1",
                "e061990d5494500988517525d3dbe38e22746530b2858c973fc769c41f670244",
            ),
            BODY,
        ),
        (
            "from the future",
            signed(
                "20260101T000545Z",
                "sk-brownout-1",
                "90c60c55075bccbffb423cbb8428d1e7dcac9ed295e8565a538f450573d0596b",
            ),
            BODY,
        ),
        (
            "another secret",
            signed(
                "20260101T000017Z",
                "sk-brownout-1",
                "4c0549c7e3ae7d2ebebeafc15a5fea1b27da8f8c6bdf8051a7c6017e541af591",
            ),
            BODY,
        ),
        ("another body", signed("20260101T000017Z", "sk-brownout-1", now), "{}"),
        ("another key", signed("20260101T000017Z", "AKIDOTHER", now), BODY),
        ("no date", vec![("authorization", authorization("20260101", "sk-brownout-1", now))], BODY),
        ("half", vec![("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e".to_owned())], BODY),
        ("basic", vec![("authorization", "Basic abc".to_owned())], BODY),
        ("none", vec![], BODY),
        ("bearer", vec![("authorization", "Bearer sk-brownout-1".to_owned())], BODY),
        ("another bearer", vec![("authorization", "Bearer nope".to_owned())], BODY),
    ];
    let mut text = String::new();
    for (name, headers, body) in calls {
        let mut call = request(&format!("{PATH}/count-tokens"))
            .header("content-type", "application/json")
            .header("amz-sdk-request", "attempt=1; max=3");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        let seen = send(&world, call.body(Full::new(Bytes::from(body))).unwrap()).await;
        text += &format!("{name}: {}\n", seen.refusal());
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let world = world(vec![]);
    let (mut late, mut orphan) = (says("a"), says("a"));
    late["messages"][0]["role"] = "assistant".into();
    orphan["messages"][0]["content"] = json!([{ "toolResult": { "toolUseId": "x" } }]);
    orphan["toolConfig"] = json!({ "tools": [] });
    let bare = json!({ "messages": [], "max_tokens": 3 });
    let mut text = String::new();
    for (name, action, body) in [
        ("no messages", "converse", json!({})),
        ("assistant first", "converse", late),
        ("blank", "converse", says(" ")),
        ("orphan", "converse", orphan),
        ("wrong type", "converse", json!({ "messages": 7 })),
        ("no version", "invoke", bare),
        ("unknown action", "sing", says("a")),
    ] {
        text += &format!("{name}: {}\n", ask(&world, action, &body).await.refusal());
    }
    let other = bearer("/model/amazon.nova-pro-v1:0/converse");
    let call = other.body(Full::new(Bytes::from(says("a").to_string()))).unwrap();
    text += &format!("unknown model: {}\n", send(&world, call).await.refusal());
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn stream_faults_in_its_own_terms() {
    let body = says("hi [[brownout:7]] [[answer:9]]");
    let event = rule("f", "error_event", json!({ "after_tokens": 2, "status": 429 }));
    let frames = ask(&world(vec![event]), "converse-stream", &body).await.frames();
    let last = frames.last().unwrap().as_ref().unwrap();
    assert_eq!(last.kind, FrameKind::Exception("throttlingException".to_owned()));
    let garble = rule("f", "garble", json!({ "after_tokens": 2 }));
    let frames = ask(&world(vec![garble]), "converse-stream", &body).await.frames();
    assert!(matches!(frames.last(), Some(Err(FrameError::Malformed { .. }))));
    assert_eq!(frames.len(), 4, "start, two tokens, and a checksum that is wrong");
    let truncate = rule("f", "truncate", json!({ "after_tokens": 2 }));
    let frames = ask(&world(vec![truncate]), "converse-stream", &body).await.frames();
    assert_eq!(frames.len(), 3, "in order, but without messageStop");
    let refused = rule("f", "error", json!({ "status": 424 }));
    let seen = ask(&world(vec![refused]), "converse", &body).await;
    assert!(seen.refusal().starts_with("424 ModelErrorException"), "{}", seen.refusal());
}

#[tokio::test(start_paused = true)]
async fn nothing_left_to_spend_has_a_name_where_aws_has_one() {
    let native = json!({ "anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
        "messages": [{ "role": "user", "content": "hi" }] });
    for (params, said) in [
        (
            json!({ "status": 400, "kind": "quota" }),
            "400 ServiceQuotaExceededException Your request",
        ),
        (json!({ "status": 402, "kind": "quota" }), "402 - Payment Required"),
        (json!({ "status": 402 }), "402 - Payment Required"),
        (
            json!({ "status": 429, "kind": "quota" }),
            "429 ThrottlingException Too many tokens per day",
        ),
    ] {
        let world = world(vec![rule("f", "error", params.clone())]);
        for action in ["converse", "converse-stream", "invoke"] {
            let body = if action == "invoke" { native.clone() } else { says("hi") };
            let seen = ask(&world, action, &body).await.refusal();
            assert!(seen.starts_with(said), "{params} {action}: {seen}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn arns_models_and_health() {
    let world = world(vec![]);
    let arn =
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.anthropic.claude-v1%3A0";
    let call = bearer(&format!("/model/{arn}/count-tokens"));
    let seen = send(&world, call.body(Full::new(Bytes::from(BODY))).unwrap()).await;
    assert_eq!(seen.json(), json!({ "inputTokens": 3 }));
    for method in [Method::GET, Method::HEAD] {
        for path in ["/health", "/v1/models"] {
            let call = bearer(path).method(&method).body(Full::default()).unwrap();
            let seen = send(&world, call).await;
            assert_eq!(seen.status, 200);
            assert_eq!(seen.body.is_empty(), method == Method::HEAD);
        }
    }
}

struct Seen {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn frames(&self) -> Vec<Result<Frame, FrameError>> {
        let mut decoder = Decoder::new(1 << 16);
        decoder.push(&self.body);
        std::iter::from_fn(|| decoder.next()).collect()
    }

    /// Events as their documentation writes them, padding left out.
    fn shown(&self) -> Vec<String> {
        let shown = |frame: Result<Frame, FrameError>| {
            let frame = frame.unwrap();
            let FrameKind::Event(name) = &frame.kind else { panic!("an event: {frame:?}") };
            let event = ConverseEvent::read(name, &frame.payload).unwrap();
            serde_json::to_string(&event).unwrap()
        };
        self.frames().into_iter().map(shown).collect()
    }

    /// Status, name and message.
    fn refusal(&self) -> String {
        let name = self.headers.get("x-amzn-errortype").map(|name| name.to_str().unwrap());
        let name = name.and_then(|name| name.split(':').next()).unwrap_or("-");
        let message = self.json()["message"].as_str().unwrap_or("-").to_owned();
        format!("{} {name} {message}", self.status)
    }
}

fn world(faults: Vec<fake_providers::config::FaultRule>) -> World {
    let mut config = deployment(Protocol::Bedrock, 1);
    config.model = MODEL.to_owned();
    World::new(vec![config], faults)
}

fn says(text: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": [{ "text": text }] }] })
}

fn request(path: &str) -> http::request::Builder {
    Request::builder().method(Method::POST).uri(path).header("host", HOST)
}

fn bearer(path: &str) -> http::request::Builder {
    request(path).header("authorization", "Bearer sk-brownout-1")
}

fn authorization(day: &str, key: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/{day}/us-east-1/bedrock/aws4_request, \
         SignedHeaders=amz-sdk-request;content-type;host;x-amz-date, Signature={signature}"
    )
}

fn signed(stamp: &str, key: &str, signature: &str) -> Vec<(&'static str, String)> {
    let authorization = authorization(&stamp[..8], key, signature);
    vec![("x-amz-date", stamp.to_owned()), ("authorization", authorization)]
}

async fn ask(world: &World, action: &str, body: &Value) -> Seen {
    let call = bearer(&format!("{PATH}/{action}"));
    send(world, call.body(Full::new(Bytes::from(body.to_string()))).unwrap()).await
}

async fn send(world: &World, call: Request<Full<Bytes>>) -> Seen {
    let to = Authority { host: HOST.into(), port: 443, tls: true };
    let response = world.pool.send(&to, call, "7").await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Seen { status: parts.status.as_u16(), headers: parts.headers, body }
}
