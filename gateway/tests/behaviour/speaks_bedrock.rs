//! Clients speak OpenAI, the deployment speaks Bedrock's Converse: requests are signed or carry a token; requests,
//! answers, streams and errors are translated, and what cannot be said is refused. Whole answers are written by
//! hand, after AWS's reference.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use bytes::BytesMut;
use gateway::config::{AwsKeys, Config, Deployment, Secret};
use serde_json::{Value, json};
use vocab::Protocol;
use wire::bedrock::eventstream::Frame;

const SONNET: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "amazon.nova-pro-v1:0";

fn bedrock(model: &str) -> Deployment {
    Deployment {
        protocol: Protocol::Bedrock,
        model: Arc::from(model),
        base_path: Arc::from(""),
        api_key: None,
        aws_keys: Some(AwsKeys {
            access_key_id: Secret::new("AKIAEXAMPLE"),
            secret_access_key: Secret::new("secret-of-aws"),
            session_token: Some(Secret::new("token-of-aws")),
        }),
        region: Some(Arc::from("eu-west-1")),
        ..deployment("bedrock")
    }
}

fn only(model: &str) -> Config {
    config("least-busy", vec![bedrock(model)])
}

fn reply(content: &Value, stop: &str) -> Act {
    let body = json!({
        "metrics": {"latencyMs": 12},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": stop,
        "usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 10, "cacheReadInputTokens": 3}
    });
    Act::Reply(200, vec![], body.to_string())
}

fn frame(name: &str, payload: &Value) -> Step {
    let mut out = BytesMut::new();
    Frame::event(name, payload.to_string()).write(&mut out);
    Step::Send(out.freeze())
}

fn exception(name: &str, message: &str) -> Step {
    let mut out = BytesMut::new();
    Frame::exception(name, json!({ "message": message }).to_string()).write(&mut out);
    Step::Send(out.freeze())
}

fn delta(block: u32, delta: &Value) -> Step {
    frame("contentBlockDelta", &json!({"contentBlockIndex": block, "delta": delta, "p": "abc"}))
}

fn started() -> Step {
    frame("messageStart", &json!({"p": "ab", "role": "assistant"}))
}

fn ended(stop: &str) -> [Step; 2] {
    let usage = json!({"inputTokens": 5, "outputTokens": 2, "totalTokens": 7});
    let metadata = json!({"metrics": {"latencyMs": 9}, "p": "a", "usage": usage});
    [frame("messageStop", &json!({"p": "a", "stopReason": stop})), frame("metadata", &metadata)]
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

async fn arrives(model: &str, members: &Value) -> Value {
    let lab = Lab::new();
    lab.upstream("bedrock", &[reply(&json!([{"text":"hi"}]), "end_turn")]).gateway(only(model));
    let got = lab.chat(&asking(members)).await;
    assert_eq!(got.status, 200, "{}", got.body);
    serde_json::from_str(&sent(&lab)[0].body).expect("JSON")
}

fn chunks(got: &Got) -> Vec<Value> {
    let data = got.body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_becomes_converse() {
    let members = json!({
        "max_completion_tokens": 5000, "temperature": 1.5, "top_p": 0.5, "stop": ["END"], "top_k": 7,
        "reasoning_effort": "medium", "parallel_tool_calls": true, "user": "u-1",
        "guardrailConfig": {"guardrailIdentifier":"g","guardrailVersion":"1"},
        "response_format": {"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":"object"}}},
        "tools": [{"type":"function","function":{"name":"weather","description":"d","strict":true,"parameters":{"type":"object"}},"cache_control":{"type":"ephemeral"}}],
        "tool_choice": "required",
        "messages": [
            {"role":"system","content":[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
            {"role":"user","name":"Ann","content":[
                {"type":"text","text":"look"},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
                {"type":"file","file":{"filename":"my report_1.pdf","file_data":"data:application/pdf;base64,BBBB"}},
                {"type":"file","file":{"file_id":"s3://bucket/a.csv"}}]},
            {"role":"assistant","content":null,
             "thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"sig=="},{"type":"redacted_thinking","data":"CCCC"}],
             "tool_calls":[{"id":"tooluse_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]},
            {"role":"tool","tool_call_id":"tooluse_1","content":"warm"},
            {"role":"user","content":"and now?"}
        ]
    });
    insta::assert_json_snapshot!(arrives(SONNET, &members).await);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_signed_for_its_region_or_carries_the_token() {
    let busy = Act::Reply(503, vec![], json!({"message": "busy"}).to_string());
    let lab = Lab::new();
    let answer = reply(&json!([{"text":"hi"}]), "end_turn");
    lab.upstream("bedrock", &[busy, answer.clone()]).gateway(only(SONNET));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let sent_twice = sent(&lab);
    assert_eq!(sent_twice.len(), 2);
    for sent in sent_twice {
        assert_eq!(sent.path, "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse");
        assert_eq!(sent.headers["x-amz-security-token"], "token-of-aws");
        let text = |name: &str| sent.headers[name].to_str().expect("text").to_owned();
        let date = text("x-amz-date");
        let scope = format!("{}/eu-west-1/bedrock/aws4_request", &date[..8]);
        let head = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/{scope}, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
        );
        let authorization = text("authorization");
        let signature = authorization.strip_prefix(&head).expect("the scope");
        assert!(signature.len() == 64 && signature.bytes().all(|b| b.is_ascii_hexdigit()));
    }
    let lab = Lab::new();
    let mut token = bedrock(NOVA);
    token.api_key = Some(Secret::new("bedrock-api-key"));
    lab.upstream("bedrock", &[answer]).gateway(config("least-busy", vec![token]));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let sent = sent(&lab).remove(0);
    assert_eq!(sent.headers["authorization"], "Bearer bedrock-api-key");
    assert!(!sent.headers.contains_key("x-amz-date"));
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_comes_back_as_chat() {
    let lab = Lab::new();
    let content = json!([
        {"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig=="}}},
        {"text":"let me see"},
        {"toolUse":{"toolUseId":"tooluse_1","name":"weather","input":{"city":"Rome"}}}]);
    lab.upstream("bedrock", &[reply(&content, "tool_use")]).gateway(only(SONNET));
    let got = lab.post("/v1/chat/completions", &[("x-litellm-call-id", "7")], PLAIN).await;
    insta::assert_json_snapshot!(got.json());
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_back_as_chunks() {
    let steps = [
        vec![
            started(),
            delta(0, &json!({"reasoningContent":{"text":"hm"}})),
            delta(0, &json!({"reasoningContent":{"signature":"sig=="}})),
            frame("contentBlockStop", &json!({"contentBlockIndex":0})),
            delta(1, &json!({"text":"Hel\"lo"})),
            frame("somethingLater", &json!({"new":true})),
            delta(1, &json!({"text":" there"})),
        ],
        ended("max_tokens").to_vec(),
    ];
    let lab = Lab::new();
    lab.upstream("bedrock", &[Act::Stream(steps.concat())]).gateway(only(SONNET));
    let body = asking(&json!({"stream":true,"stream_options":{"include_usage":true}}));
    let got = lab.chat(&body).await;
    assert!(sent(&lab)[0].path.ends_with("/converse-stream"));
    assert_eq!((got.words().as_str(), got.done()), ("Hel\"lo there", true), "{}", got.body);
    let chunks = chunks(&got);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(chunks[1]["choices"][0]["delta"]["reasoning_content"], "hm");
    let [.., finish, usage] = chunks.as_slice() else { unreachable!("{}", got.body) };
    assert_eq!(finish["choices"][0]["finish_reason"], "length");
    assert_eq!((&usage["usage"]["completion_tokens"], &usage["choices"]), (&json!(2), &json!([])));
    assert!(chunks.iter().all(|chunk| chunk["model"] == SONNET && chunk["id"] == chunks[0]["id"]));
    assert_eq!(lab.decided().last().map(String::as_str), Some("bedrock served after 1"));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_call_comes_piece_by_piece() {
    let call = json!({"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t1","name":"time"}}});
    let steps = [
        vec![
            started(),
            frame("contentBlockStart", &call),
            delta(0, &json!({"toolUse":{"input":"{\"zone\":"}})),
            delta(0, &json!({"toolUse":{"input":"\"UTC\"}"}})),
        ],
        ended("tool_use").to_vec(),
    ];
    let lab = Lab::new();
    lab.upstream("bedrock", &[Act::Stream(steps.concat())]).gateway(only(SONNET));
    let got = lab.chat(STREAM).await;
    let chunks = chunks(&got);
    let calls: Vec<&Value> =
        chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]["tool_calls"][0]).collect();
    assert_eq!((&calls[1]["id"], &calls[1]["function"]["name"]), (&json!("t1"), &json!("time")));
    let text = |at: usize| calls[at]["function"]["arguments"].as_str().expect("text").to_owned();
    assert_eq!(text(1) + &text(2) + &text(3), "{\"zone\":\"UTC\"}");
    assert!(got.body.contains(r#""finish_reason":"tool_calls""#), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn failures_inside_a_stream_end_it_in_sight_or_go_elsewhere_before_a_word() {
    let pause = Step::Wait(std::time::Duration::from_millis(9));
    let broken = exception("throttlingException", "Too many requests");
    let whole = [vec![started(), delta(0, &json!({"text":"ho"}))], ended("end_turn").to_vec()];
    let lab = Lab::new();
    lab.upstream("bedrock", &[Act::Stream(vec![started(), broken.clone()])]);
    lab.upstream("other", &[Act::Stream(whole.concat())]);
    let other = Deployment {
        authority: deployment("other").authority,
        id: "other".into(),
        ..bedrock(NOVA)
    };
    lab.gateway(config("priority", vec![bedrock(SONNET), other]));
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("ho", true), "{}", got.body);
    assert_eq!(lab.hosts(), ["bedrock", "other"]);
    for end in [vec![broken], vec![]] {
        let lab = Lab::new();
        let begun = vec![started(), delta(0, &json!({"text":"Hel"})), pause.clone()];
        lab.upstream("bedrock", &[Act::Stream([begun, end].concat())]);
        lab.gateway(config("priority", vec![bedrock(SONNET)]));
        let got = lab.chat(STREAM).await;
        assert!(!got.done() && got.words() == "Hel", "{}", got.body);
        assert!(got.error_event().is_some(), "{}", got.body);
    }
    let lab = Lab::new();
    let refused = Act::Reply(
        429,
        vec![],
        json!({"message":"Too many requests, please wait before trying again."}).to_string(),
    );
    let mut config = only(SONNET);
    config.router.num_retries = 0;
    lab.upstream("bedrock", &[refused]).gateway(config);
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 429);
    assert!(got.body.contains("please wait before trying again"), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_usage_is_missing_is_whole_once_it_gave_its_reason() {
    let [reason, _] = ended("end_turn");
    let lab = Lab::new();
    lab.upstream(
        "bedrock",
        &[Act::Stream(vec![started(), delta(0, &json!({"text":"hi"})), reason])],
    );
    lab.gateway(config("priority", vec![bedrock(SONNET)]));
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("hi", true), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn a_schema_is_asked_for_by_a_tool_where_the_model_cannot_be_held_to_it() {
    let format = json!({"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}});
    let body = arrives(NOVA, &format).await;
    assert_eq!(body["toolConfig"]["toolChoice"], json!({"tool":{"name":"answer_in_json"}}));
    let lab = Lab::new();
    let call = json!({"toolUse":{"toolUseId":"t","name":"answer_in_json","input":{"a":1}}});
    lab.upstream("bedrock", &[reply(&json!([call]), "tool_use")]).gateway(only(NOVA));
    let got = lab.chat(&asking(&format)).await.json();
    let choice = &got["choices"][0];
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&json!("{\"a\":1}"), &json!("stop"))
    );
    let lab = Lab::new();
    let start = json!({"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t","name":"answer_in_json"}}});
    let steps = [
        vec![
            started(),
            frame("contentBlockStart", &start),
            delta(0, &json!({"toolUse":{"input":"{\"a\":1}"}})),
        ],
        ended("tool_use").to_vec(),
    ];
    lab.upstream("bedrock", &[Act::Stream(steps.concat())]).gateway(only(NOVA));
    let mut streamed = format;
    streamed["stream"] = json!(true);
    let got = lab.chat(&asking(&streamed)).await;
    assert_eq!(got.words(), "{\"a\":1}", "{}", got.body);
    assert!(got.body.contains(r#""finish_reason":"stop""#), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_by_its_name() {
    let at = |part: Value| json!([{"role":"user","content":[part]}]);
    let strict = json!([{"type":"function","function":{"name":"f","strict":true}}]);
    let calls = json!([
        {"role":"user","content":"x"},
        {"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"1","content":"y"}]);
    for (name, value, param) in [
        ("user", json!("ünï"), "user"),
        ("n", json!(2), "n"),
        ("seed", json!(7), "seed"),
        ("reasoning_effort", json!("low"), "reasoning_effort"),
        ("top_k", json!(3), "top_k"),
        ("stop", json!([" "]), "stop"),
        ("tools", strict, "tools"),
        ("messages", calls, "tools"),
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
        lab.upstream("bedrock", &[reply(&json!([]), "end_turn")]).gateway(only(NOVA));
        let got = lab.chat(&asking(&json!({ name: value }))).await;
        let error = got.json()["error"].clone();
        assert_eq!(
            (got.status, &error["param"], lab.hosts().len()),
            (400, &json!(param), 0),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn blanks_say_nothing_and_a_conversation_begins_with_the_user() {
    let messages = json!([
        {"role":"assistant","content":"hello"},
        {"role":"user","content":[{"type":"text","text":"  "},{"type":"text","text":"hi"}]}]);
    let body = arrives(NOVA, &json!({ "messages": messages })).await;
    let expected = json!([
        {"role":"user","content":[{"text":"."}]},
        {"role":"assistant","content":[{"text":"hello"}]},
        {"role":"user","content":[{"text":"hi"}]}]);
    assert_eq!(body["messages"], expected);
}

#[tokio::test(start_paused = true)]
async fn no_client_hears_the_keys_that_a_provider_repeats() {
    for key in ["AKIAEXAMPLE", "secret-of-aws", "token-of-aws"] {
        let text = json!({ "message": format!("the key {key} is wrong") }).to_string();
        let lab = Lab::new();
        lab.upstream("bedrock", &[Act::Reply(403, vec![], text)]).gateway(only(SONNET));
        let got = lab.chat(PLAIN).await;
        assert!(!got.body.contains(key) && got.body.contains("[redacted]"), "{}", got.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_without_keys_is_refused_before_anything_is_served() {
    let nameless = Deployment { aws_keys: None, ..bedrock(SONNET) };
    let gateway = Lab::new().reloadable(only(SONNET));
    let refused = gateway.reload(Arc::new(config("least-busy", vec![nameless])));
    let said = refused.expect_err("no keys").to_string();
    assert!(said.contains("AWS_BEARER_TOKEN_BEDROCK"), "{said}");
}
