//! Tools whose names a provider does not take are called otherwise there, and as the client calls them in answers: whole
//! and streamed, at each protocol, and for clients who write in other words than the provider.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use serde_json::{Value, json};

const OPENAI: &str = "openai/gpt-4o";
const CLAUDE: &str = "anthropic/claude-sonnet-4-5";
const GEMINI: &str = "gemini/gemini-2.5-flash";
const NOVA: &str = "bedrock/converse/amazon.nova-lite-v1:0";
const INVOKED: &str = "bedrock/invoke/anthropic.claude-sonnet-4-5-20250929-v1:0";

fn with(model: &str) -> Config {
    let mut params = json!({ "model": model, "api_base": "https://a", "api_key": "sk-upstream" });
    if model.starts_with("bedrock") {
        params["aws_region_name"] = json!("us-east-1");
        params["aws_access_key_id"] = json!("key");
        params["aws_secret_access_key"] = json!("secret");
    }
    let file = json!({
        "model_list": [{ "model_name": "model", "litellm_params": params }],
        "router_settings": { "num_retries": 0 },
    });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

/// Three that no provider takes, two of which come to the same letters as the fourth, and one that all take.
fn names() -> [String; 5] {
    let long = |end: &str| format!("mcp__{}__{end}", "server".repeat(30));
    [long("read"), long("write"), "a/b c".into(), "a_b_c".into(), "plain-1".into()]
}

/// The names that arrived, in the order of the client's.
fn arrived(model: &str, body: &Value) -> Vec<String> {
    let (list, name) = match model {
        OPENAI => ("/tools", "/function/name"),
        CLAUDE | INVOKED => ("/tools", "/name"),
        GEMINI => ("/tools/0/functionDeclarations", "/name"),
        _ => ("/toolConfig/tools", "/toolSpec/name"),
    };
    let tools = body.pointer(list).and_then(Value::as_array);
    let named = |tool: &Value| tool.pointer(name).and_then(Value::as_str).map(str::to_owned);
    let tools = tools.unwrap_or_else(|| unreachable!("{model}: {body}"));
    tools.iter().map(|tool| named(tool).expect("a name")).collect()
}

/// An answer that calls a tool.
fn calling(model: &str, name: &str) -> Act {
    let reply = match model {
        OPENAI => {
            let call =
                json!({"id":"call_1","type":"function","function":{"name":name,"arguments":"{}"}});
            json!({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[call]},"finish_reason":"tool_calls"}]})
        }
        CLAUDE | INVOKED => {
            json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"toolu_1","name":name,"input":{}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}})
        }
        GEMINI => {
            json!({"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":name,"args":{}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}})
        }
        _ => {
            json!({"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":name,"input":{}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}})
        }
    };
    Act::Reply(200, vec![], reply.to_string())
}

/// A stream that calls a tool.
fn streaming(model: &str, name: &str) -> Act {
    let frames: String = match model {
        OPENAI => {
            let call = json!({"index":0,"id":"call_1","type":"function","function":{"name":name,"arguments":"{}"}});
            let chunk = |delta: Value, finish: Value| {
                let chunk = json!({"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":delta,"finish_reason":finish}]});
                format!("data: {chunk}\n\n")
            };
            chunk(json!({"role":"assistant","tool_calls":[call]}), json!(null))
                + &chunk(json!({}), json!("tool_calls"))
                + "data: [DONE]\n\n"
        }
        CLAUDE => [
            json!({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}),
            json!({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":name,"input":{}}}),
            json!({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}),
            json!({"type":"content_block_stop","index":0}),
            json!({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":2}}),
            json!({"type":"message_stop"}),
        ]
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().expect("a name")))
        .collect(),
        _ => {
            let frame = json!({"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":name,"args":{}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}});
            format!("data: {frame}\n\n")
        }
    };
    Act::Reply(200, vec![("content-type", "text/event-stream")], frames)
}

/// A client's request with all these tools, one of which was called, and is to be called again.
fn chat(stream: bool) -> Value {
    let names = names();
    let tools: Vec<Value> = names
        .iter()
        .map(|name| json!({"type":"function","function":{"name":name,"parameters":{"type":"object","properties":{}}}}))
        .collect();
    let call =
        json!({"id":"call_0","type":"function","function":{"name":names[0],"arguments":"{}"}});
    json!({
        "model": "model",
        "stream": stream,
        "max_tokens": 100,
        "messages": [
            {"role":"user","content":"hi"},
            {"role":"assistant","content":null,"tool_calls":[call]},
            {"role":"tool","tool_call_id":"call_0","content":"done"},
        ],
        "tools": tools,
        "tool_choice": {"type":"function","function":{"name":names[2]}},
    })
}

fn messages(stream: bool) -> Value {
    let names = names();
    let tools: Vec<Value> = names
        .iter()
        .map(|name| json!({"name":name,"input_schema":{"type":"object","properties":{}}}))
        .collect();
    json!({
        "model": "model",
        "stream": stream,
        "max_tokens": 100,
        "messages": [
            {"role":"user","content":"hi"},
            {"role":"assistant","content":[{"type":"tool_use","id":"toolu_0","name":names[0],"input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_0","content":"done"}]},
        ],
        "tools": tools,
        "tool_choice": {"type":"tool","name":names[2]},
    })
}

fn contents() -> Value {
    let names = names();
    let tools: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "contents": [{"role":"user","parts":[{"text":"hi"}]}],
        "tools": [{"functionDeclarations": tools}],
    })
}

/// What the provider got, and what the client did.
async fn asked(model: &str, path: &str, body: &Value, act: Act) -> (String, Got) {
    let lab = Lab::new();
    lab.upstream("a", &[act]).gateway(with(model));
    let got = lab.post(path, &[], &body.to_string()).await;
    assert_eq!(got.status, 200, "{model} {path}: {}", got.body);
    let sent = lab.sent.lock().expect("no poison")[0].body.clone();
    (sent, got)
}

/// Asks for a call of each tool and expects the client's names.
async fn comes_back(model: &str, path: &str, body: &Value, act: fn(&str, &str) -> Act) {
    let (sent, _) = asked(model, path, body, act(model, "plain-1")).await;
    let sent: Value = serde_json::from_str(&sent).expect("JSON");
    let theirs = arrived(model, &sent);
    let longest = if model == CLAUDE { 128 } else { 64 };
    for (clients, name) in names().iter().zip(&theirs) {
        let known = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        assert!(name.len() <= longest && name.chars().all(known), "{model}: {name}");
        assert!(theirs.iter().filter(|other| *other == name).count() == 1, "{model}: {theirs:?}");
        assert!(clients.len() > longest || clients == "a/b c" || clients == name, "{name}");
        let (_, got) = asked(model, path, body, act(model, name)).await;
        let quoted = format!("\"{clients}\"");
        assert!(got.body.contains(&quoted), "{model} {path}: {}", got.body);
        let foreign = clients != name && got.body.contains(&format!("\"{name}\""));
        assert!(!foreign, "{model} {path}: {}", got.body);
    }
    // What was called before, and what has to be called, goes by the same names.
    let sent = sent.to_string();
    for name in [&theirs[0], &theirs[2]] {
        let times = sent.matches(&format!("\"{name}\"")).count();
        assert!(times >= 2 || path == CONTENTS, "{model} {path}: {sent}");
    }
    for name in names().iter().take(3) {
        assert!(!sent.contains(&format!("\"{name}\"")), "{model} {path}: {sent}");
    }
}

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const CONTENTS: &str = "/v1beta/models/model:generateContent";

#[tokio::test(start_paused = true)]
async fn calls_come_back_under_the_clients_names() {
    for model in [CLAUDE, GEMINI, INVOKED] {
        comes_back(model, CHAT, &chat(false), calling).await;
    }
    for model in [CLAUDE, GEMINI] {
        comes_back(model, CHAT, &chat(true), streaming).await;
    }
}

#[tokio::test(start_paused = true)]
async fn calls_come_back_under_the_clients_names_from_converse() {
    comes_back(NOVA, CHAT, &chat(false), calling).await;
}

#[tokio::test(start_paused = true)]
async fn clients_of_others_know_no_limits_of_openais() {
    comes_back(OPENAI, MESSAGES, &messages(false), calling).await;
    comes_back(OPENAI, MESSAGES, &messages(true), streaming).await;
    comes_back(OPENAI, CONTENTS, &contents(), calling).await;
    comes_back(GEMINI, MESSAGES, &messages(true), streaming).await;
}

#[tokio::test(start_paused = true)]
async fn a_chat_completion_at_openai_goes_through_as_it_is() {
    let (sent, _) = asked(OPENAI, CHAT, &chat(false), calling(OPENAI, "x")).await;
    for name in names() {
        assert!(sent.contains(&format!("\"{name}\"")), "{sent}");
    }
}
