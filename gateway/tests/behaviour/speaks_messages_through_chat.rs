//! Clients of Anthropic's come to `/v1/messages`, and the deployment speaks Gemini, Bedrock's Converse or Ollama:
//! the request becomes a chat completion and that becomes the provider's own, answers and streams come back the same
//! way, and errors, refusals and counts are in Anthropic's words. The upstream's bytes are written by hand, after the
//! providers' references.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use bytes::BytesMut;
use gateway::config::{Config, Deployment, Platform, Secret};
use serde_json::{Value, json};
use vocab::Protocol;
use wire::bedrock::eventstream::Frame;

const PATH: &str = "/v1/messages";
const COUNT: &str = "/v1/messages/count_tokens";
const SONNET: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "amazon.nova-pro-v1:0";
const FLASH: &str = "gemini-2.5-flash";
const LLAMA: &str = "llama3.1:8b";

fn at(model: &str) -> Deployment {
    let (protocol, base_path) = match model {
        FLASH => (Protocol::Gemini, "/v1beta"),
        LLAMA => (Protocol::Ollama, ""),
        _ => (Protocol::Bedrock, ""),
    };
    Deployment {
        protocol,
        model: Arc::from(model),
        base_path: Arc::from(base_path),
        api_key: Some(Secret::new("key-of-the-provider")),
        region: Some(Arc::from("eu-west-1")),
        ..deployment("there")
    }
}

fn only(model: &str) -> Config {
    config("least-busy", vec![at(model)])
}

const MODELS: [&str; 4] = [FLASH, SONNET, NOVA, LLAMA];

/// An answer that says `hi`, after a thought where the model has them.
fn whole(model: &str) -> Value {
    match model {
        FLASH => json!({
            "candidates": [{"content": {"parts": [{"text":"hm","thought":true}, {"text":"hi"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7},
            "modelVersion": FLASH, "responseId": "resp1"
        }),
        LLAMA => json!({
            "model": LLAMA, "created_at": "2026-01-01T00:00:00Z", "message": {"role":"assistant","thinking":"hm","content":"hi"},
            "done": true, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 2
        }),
        _ => json!({
            "metrics": {"latencyMs": 12},
            "output": {"message": {"content": [{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}}, {"text":"hi"}], "role": "assistant"}},
            "stopReason": "end_turn", "usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}
        }),
    }
}

fn says(model: &str) -> Act {
    Act::Reply(200, vec![], whole(model).to_string())
}

fn aws(name: &str, payload: &Value) -> Step {
    let mut out = BytesMut::new();
    Frame::event(name, payload.to_string()).write(&mut out);
    Step::Send(out.freeze())
}

/// A thought, the words `Hello` in two pieces, a call of `f` with `{"a":1}`; without its end where `cut`.
fn stream(model: &str, cut: Option<Step>) -> Act {
    let mut steps = match model {
        FLASH => {
            let frame = |parts: Value, finish: Value| {
                let data = json!({"candidates":[{"content":{"parts":parts,"role":"model"},"finishReason":finish,"index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7},"modelVersion":FLASH,"responseId":"resp1"});
                Step::Say(format!("data: {data}\r\n\r\n"))
            };
            vec![
                frame(json!([{"text":"hm","thought":true}]), Value::Null),
                frame(json!([{"text":"Hel"}]), Value::Null),
                frame(json!([{"text":"lo"}]), Value::Null),
                frame(
                    json!([{"functionCall":{"id":"call_1","name":"f","args":{"a":1}}}]),
                    json!("STOP"),
                ),
            ]
        }
        LLAMA => {
            let line = |message: Value| {
                let line = json!({"model":LLAMA,"message":message,"done":false});
                Step::Say(format!("{line}\n"))
            };
            let last = json!({"model":LLAMA,"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2});
            let call = json!({"id":"call_1","function":{"name":"f","arguments":{"a":1}}});
            vec![
                line(json!({"role":"assistant","content":"","thinking":"hm"})),
                line(json!({"role":"assistant","content":"Hel"})),
                line(json!({"role":"assistant","content":"lo"})),
                line(json!({"role":"assistant","content":"","tool_calls":[call]})),
                Step::Say(format!("{last}\n")),
            ]
        }
        _ => {
            let delta = |block: u32, delta: Value| {
                aws("contentBlockDelta", &json!({"contentBlockIndex":block,"delta":delta}))
            };
            let call = json!({"toolUse":{"toolUseId":"call_1","name":"f"}});
            let usage = json!({"inputTokens":5,"outputTokens":2,"totalTokens":7});
            vec![
                aws("messageStart", &json!({"role":"assistant"})),
                delta(0, json!({"reasoningContent":{"text":"hm"}})),
                delta(0, json!({"reasoningContent":{"signature":"sig"}})),
                delta(1, json!({"text":"Hel"})),
                delta(1, json!({"text":"lo"})),
                aws("contentBlockStart", &json!({"contentBlockIndex":2,"start":call})),
                delta(2, json!({"toolUse":{"input":"{\"a\":1}"}})),
                aws("messageStop", &json!({"stopReason":"tool_use"})),
                aws("metadata", &json!({"usage":usage,"metrics":{"latencyMs":9}})),
            ]
        }
    };
    if let Some(cut) = cut {
        steps.truncate(3);
        steps.extend([Step::Wait(std::time::Duration::from_millis(9)), cut]);
    }
    Act::Stream(steps)
}

fn asking(members: &Value) -> String {
    let mut body =
        json!({"model":"model","max_tokens":50,"messages":[{"role":"user","content":"hello"}]});
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(members);
    body.to_string()
}

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

async fn arrives(model: &str, members: &Value) -> (Got, Value) {
    let lab = Lab::new();
    lab.upstream("there", &[says(model)]).gateway(only(model));
    let got = lab.post(PATH, &[], &asking(members)).await;
    assert_eq!(got.status, 200, "{model}: {}", got.body);
    let body = serde_json::from_str(&sent(&lab)[0].body).expect("JSON");
    (got, body)
}

/// What a refusal says, where nobody was asked.
async fn refused(model: &str, members: &Value) -> String {
    let lab = Lab::new();
    lab.upstream("there", &[says(model)]).gateway(only(model));
    let got = lab.post(PATH, &[], &asking(members)).await;
    assert!(lab.hosts().is_empty(), "{model}: {}", got.body);
    assert_eq!((got.status, &got.json()["error"]["type"]), (400, &json!("invalid_request_error")));
    got.json()["error"]["message"].as_str().expect("a message").to_owned()
}

fn everything() -> Value {
    json!({
        "system": [{"type":"text","text":"be"},{"type":"text","text":"brief","cache_control":{"type":"ephemeral"}}],
        "temperature": 0.5, "top_k": 7, "stop_sequences": ["END"], "metadata": {"user_id":"u-1"},
        "tools": [{"name":"look","description":"d","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}],
        "tool_choice": {"type":"auto"},
        "messages": [
            {"role":"user","content":[
                {"type":"text","text":"look"},
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
            {"role":"assistant","content":[
                {"type":"thinking","thinking":"hm","signature":"sig"},
                {"type":"thinking","thinking":"of somebody else","signature":""},
                {"type":"text","text":"I see"},
                {"type":"tool_use","id":"toolu_1","name":"look","input":{"at":"it"}}]},
            {"role":"user","content":[
                {"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"cache_control":{"type":"ephemeral"},"content":[
                    {"type":"text","text":"no"},
                    {"type":"image","source":{"type":"base64","media_type":"image/png","data":"BBBB"}}]},
                {"type":"text","text":"and now?"}]}
        ]
    })
}

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_arrives_in_the_providers_words() {
    for (name, model) in [("gemini", FLASH), ("claude", SONNET), ("ollama", LLAMA)] {
        let (_, body) = arrives(model, &everything()).await;
        insta::assert_json_snapshot!(format!("everything_at_{name}"), body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_comes_back_as_a_message() {
    for model in MODELS {
        let (got, _) = arrives(model, &json!({})).await;
        let message = got.json();
        assert_eq!(
            (&message["type"], &message["role"], &message["stop_reason"]),
            (&json!("message"), &json!("assistant"), &json!("end_turn"))
        );
        let signature = if [FLASH, LLAMA].contains(&model) { "" } else { "sig" };
        let content = json!([{"type":"thinking","thinking":"hm","signature":signature},{"type":"text","text":"hi"}]);
        assert_eq!(message["content"], content, "{model}");
        assert_eq!(message["usage"], json!({"input_tokens":5,"output_tokens":2}), "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_back_as_events() {
    for strategy in ["least-busy", "priority"] {
        for model in MODELS {
            let lab = Lab::new();
            lab.upstream("there", &[stream(model, None)]);
            lab.gateway(config(strategy, vec![at(model)]));
            let got = lab.post(PATH, &[], &asking(&json!({"stream":true}))).await;
            let events: Vec<Value> = got
                .body
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .map(|data| serde_json::from_str(data).expect("JSON"))
                .collect();
            let told = |event: &Value| {
                let kind = event["type"].as_str().expect("a type").to_owned();
                let inner = [&event["delta"]["type"], &event["content_block"]["type"]];
                let inner = inner.into_iter().find_map(Value::as_str).unwrap_or_default();
                format!("{kind} {inner}").trim().to_owned()
            };
            let mut expected = vec![
                "message_start",
                "content_block_start thinking",
                "content_block_delta thinking_delta",
                "content_block_delta signature_delta",
                "content_block_stop",
                "content_block_start text",
                "content_block_delta text_delta",
                "content_block_delta text_delta",
                "content_block_stop",
                "content_block_start tool_use",
                "content_block_delta input_json_delta",
                "content_block_stop",
                "message_delta",
                "message_stop",
            ];
            if [FLASH, LLAMA].contains(&model) {
                expected.remove(3);
            }
            let kinds: Vec<String> = events.iter().map(told).collect();
            assert_eq!(kinds, expected, "{model}: {}", got.body);
            let end = &events[events.len() - 2];
            assert_eq!(end["delta"]["stop_reason"], "tool_use", "{model}");
            assert_eq!(end["usage"], json!({"input_tokens":5,"output_tokens":2}), "{model}");
            let call = &events[events.len() - 5]["content_block"];
            assert_eq!(call, &json!({"type":"tool_use","id":"call_1","name":"f","input":{}}));
            assert!(!got.body.contains("[DONE]"), "{model}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_ends_with_anthropics_error() {
    for model in MODELS {
        let lab = Lab::new();
        lab.upstream("there", &[stream(model, Some(Step::Cut))]);
        lab.gateway(config("priority", vec![at(model)]));
        let got = lab.post(PATH, &[], &asking(&json!({"stream":true}))).await;
        let (before, error) = got.body.rsplit_once("event: error\ndata: ").expect("an error event");
        assert!(before.contains("message_start") && !before.contains("message_stop"), "{before}");
        let error: Value = serde_json::from_str(error.trim()).expect("JSON");
        assert_eq!(error["type"], "error", "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_are_in_anthropics_words() {
    for model in MODELS {
        let lab = Lab::new();
        let (name, body) = match model {
            FLASH => {
                ("x", json!({"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}))
            }
            LLAMA => ("x", json!({"error":"slow"})),
            _ => ("x-amzn-errortype", json!({"message":"slow"})),
        };
        let act = Act::Reply(429, vec![(name, "ThrottlingException")], body.to_string());
        lab.upstream("there", &[act]);
        let mut config = only(model);
        config.router.num_retries = 0;
        lab.gateway(config);
        let got = lab.post(PATH, &[], &asking(&json!({}))).await;
        let error = got.json();
        assert_eq!((got.status, &error["error"]["type"]), (429, &json!("rate_limit_error")));
        assert_eq!(error["type"], "error", "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn thoughts_are_asked_for_in_the_providers_words() {
    let thinking = |kind: Value| json!({ "thinking": kind, "max_tokens": 9000 });
    let budget = thinking(json!({"type":"enabled","budget_tokens":2048}));
    let off = thinking(json!({"type":"disabled"}));
    let effort =
        json!({"thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"max_tokens":9000});
    let at = |model: &'static str, members: Value, place: &'static str| async move {
        let (_, body) = arrives(model, &members).await;
        body.pointer(place).cloned().unwrap_or(Value::Null)
    };
    let gemini = "/generationConfig/thinkingConfig";
    let on = json!({"includeThoughts":true,"thinkingBudget":2048});
    assert_eq!(at(FLASH, budget.clone(), gemini).await, on);
    assert_eq!(at(FLASH, off.clone(), gemini).await, json!({"thinkingBudget":0}));
    assert_eq!(at(FLASH, effort.clone(), gemini).await["thinkingBudget"], 24_576);
    let claude = "/additionalModelRequestFields/thinking";
    assert_eq!(at(SONNET, budget.clone(), claude).await, budget["thinking"]);
    assert_eq!(at(SONNET, off.clone(), claude).await, Value::Null);
    assert_eq!(at(SONNET, effort.clone(), claude).await["budget_tokens"], 4096);
    assert_eq!(at(LLAMA, budget.clone(), "/think").await, true);
    assert_eq!(at(LLAMA, off.clone(), "/think").await, false);
    assert_eq!(at(LLAMA, effort, "/think").await, true);
    assert!(refused(NOVA, &budget).await.contains("`thinking`"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_as_the_client_wrote_it() {
    let told = |block: Value| json!({"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"user","content":[block]}],"system":"s"});
    let address =
        told(json!({"type":"image","source":{"type":"url","url":"https://example.org/cat.png"}}));
    let tool = json!({"name":"f","input_schema":{"type":"object"}});
    let alone =
        json!({"tools":[tool],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}});
    let forced = json!({"tools":[tool],"tool_choice":{"type":"any"}});
    let both = json!({"thinking":{"type":"disabled"},"output_config":{"effort":"low"}});
    for (model, members, named) in [
        (FLASH, address.clone(), "`messages[1]`"),
        (SONNET, address.clone(), "`messages[1]`"),
        (LLAMA, address, "`messages[1]`"),
        (FLASH, alone.clone(), "`tool_choice`"),
        (SONNET, alone, "`tool_choice`"),
        (LLAMA, forced, "`tool_choice`"),
        (NOVA, json!({"top_k":3}), "`top_k`"),
        (SONNET, json!({"stop_sequences":[" "]}), "`stop_sequences`"),
        (FLASH, json!({"mcp_servers":[{"type":"url"}]}), "`mcp_servers`"),
        (FLASH, both, "`output_config`"),
        (LLAMA, told(json!({"type":"search_result"})), "`messages[1].content[0]`"),
    ] {
        let said = refused(model, &members).await;
        assert!(said.contains(named), "{model} {members}: {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_of_the_end_user_that_cannot_be_said_is_left_out_by_name() {
    let named = |user: &str| json!({"metadata":{"user_id":user}});
    for (model, user, dropped) in [
        (FLASH, "u-1", "metadata"),
        (LLAMA, "u-1", "metadata"),
        (SONNET, "u-1", ""),
        (SONNET, "{\"device\":1}", "metadata"),
    ] {
        let (got, body) = arrives(model, &named(user)).await;
        assert_eq!(got.header("x-brownout-dropped-params"), dropped, "{model} {user}");
        assert_eq!(body.get("requestMetadata").is_some(), dropped.is_empty(), "{model}: {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_by_who_can_count() {
    let vertex = Deployment { platform: Platform::Vertex, ..at(FLASH) };
    let question = |body: &Value, place: &str| body.pointer(place).is_some();
    for (deployment, path, answer, place) in [
        (
            at(FLASH),
            "/v1beta/models/gemini-2.5-flash:countTokens",
            json!({"totalTokens":12}),
            "/generateContentRequest/systemInstruction",
        ),
        (
            vertex,
            "/v1beta/models/gemini-2.5-flash:countTokens",
            json!({"totalTokens":12}),
            "/systemInstruction",
        ),
        (
            at(SONNET),
            "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens",
            json!({"inputTokens":12}),
            "/input/converse/system",
        ),
    ] {
        let lab = Lab::new();
        lab.upstream("there", &[Act::Reply(200, vec![], answer.to_string())]);
        lab.gateway(config("least-busy", vec![deployment]));
        let asked = json!({"system":"be brief","temperature":0.5});
        let got = lab.post(COUNT, &[], &asking(&asked)).await;
        let left_out = if path.ends_with("count-tokens") { "max_tokens, temperature" } else { "" };
        assert_eq!(got.header("x-brownout-dropped-params"), left_out, "{path}");
        assert_eq!((got.status, got.json()), (200, json!({"input_tokens":12})), "{path}");
        assert_eq!(got.header("x-brownout-estimated"), "");
        let sent = sent(&lab).remove(0);
        assert_eq!(sent.path, path);
        let body: Value = serde_json::from_str(&sent.body).expect("JSON");
        assert!(question(&body, place), "{path}: {body}");
        assert!(!question(&body, "/input/converse/inferenceConfig"), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_counts_the_gateway_estimates_and_says_so() {
    for model in [NOVA, LLAMA] {
        for strategy in ["least-busy", "priority"] {
            let lab = Lab::new();
            lab.upstream("there", &[says(model)]);
            lab.gateway(config(strategy, vec![at(model)]));
            let body = asking(&json!({"system":"x".repeat(400)}));
            let got = lab.post(COUNT, &[], &body).await;
            assert_eq!(got.status, 200, "{}", got.body);
            let tokens = got.json()["input_tokens"].as_u64().expect("a number");
            assert!((100..130).contains(&tokens), "{tokens}");
            assert_eq!(got.header("x-brownout-estimated"), "input_tokens");
            assert!(lab.hosts().is_empty(), "nobody is asked what nobody can answer");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn thoughts_of_claudes_in_a_stream_can_be_sent_back_by_clients_of_openais() {
    let lab = Lab::new();
    lab.upstream("there", &[stream(SONNET, None)]).gateway(only(SONNET));
    let body = r#"{"model":"model","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
    let got = lab.chat(body).await;
    let blocks = r#""thinking_blocks":[{"type":"thinking","thinking":"","signature":"sig"}]"#;
    assert!(got.body.contains(blocks), "{}", got.body);
}
