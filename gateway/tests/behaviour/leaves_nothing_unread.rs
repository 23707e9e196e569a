//! What stands within members (blocks, parts, tools, calls, documents) arrives in the provider's words, or is refused
//! under the path at which the client wrote it; what asks for nothing is no reason to refuse, and betas are named
//! where nobody knows them.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Additions, Deployment, Platform, Secret};
use serde_json::{Value, json};
use vocab::Protocol;

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";
const GOOGLE: &str = "/v1beta/models/model:generateContent";
const CONVERSE: &str = "/bedrock/model/model/converse";

const TRANSLATED: [Protocol; 4] =
    [Protocol::Anthropic, Protocol::Gemini, Protocol::Bedrock, Protocol::Ollama];
const WITHOUT_MESSAGES: [Protocol; 4] =
    [Protocol::OpenAi, Protocol::Gemini, Protocol::Bedrock, Protocol::Ollama];

fn at(protocol: Protocol) -> Deployment {
    let (model, base_path) = match protocol {
        Protocol::OpenAi | Protocol::Azure => ("gpt-4o", "/v1"),
        Protocol::Anthropic => ("claude-sonnet-4-5", ""),
        Protocol::Gemini => ("gemini-3-pro", "/v1beta"),
        Protocol::Bedrock => ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", ""),
        Protocol::Ollama => ("gpt-oss:20b", ""),
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

fn says(protocol: Protocol) -> Act {
    let body = match protocol {
        Protocol::OpenAi | Protocol::Azure => return answer("hi"),
        Protocol::Anthropic => {
            json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}})
        }
        Protocol::Gemini => {
            json!({"candidates":[{"content":{"parts":[{"text":"hi"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7}})
        }
        Protocol::Bedrock => {
            json!({"metrics":{"latencyMs":1},"output":{"message":{"content":[{"text":"hi"}],"role":"assistant"}},"stopReason":"end_turn","usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7}})
        }
        Protocol::Ollama => {
            json!({"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"hi"},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2})
        }
    };
    Act::Reply(200, vec![], body.to_string())
}

async fn asked(
    deployment: Deployment,
    (path, headers): (&str, &[(&str, &str)]),
    body: &Value,
) -> (Got, Option<Sent>) {
    let lab = Lab::new();
    lab.upstream("there", &[says(deployment.protocol)]);
    lab.gateway(config("least-busy", vec![deployment]));
    let got = lab.post(path, headers, &body.to_string()).await;
    let sent = lab.sent.lock().expect("no poison").first().cloned();
    (got, sent)
}

/// What arrives, and what the answer says was left out.
async fn arrives(protocol: Protocol, path: &str, body: &Value) -> (Value, String) {
    let (got, sent) = asked(at(protocol), (path, &[]), body).await;
    assert_eq!(got.status, 200, "{protocol} {path}: {}", got.body);
    let sent = serde_json::from_str(&sent.expect("it was sent").body).expect("JSON");
    (sent, got.header("x-brownout-dropped-params").to_owned())
}

async fn refused(protocol: Protocol, path: &str, body: &Value, at_path: &str) {
    let (got, sent) = asked(at(protocol), (path, &[]), body).await;
    let named = got.body.contains(&format!("`{at_path}`"));
    assert!(got.status == 400 && named, "{protocol} {path} {at_path}: {} {}", got.status, got.body);
    assert!(sent.is_none(), "{protocol} {path} {at_path}");
}

/// A chat completion with a tool, a picture and a call; `change` makes something of one place of it.
fn chat(at: &str, value: Value) -> Value {
    let mut body = json!({"model":"model","tools":[{"type":"function","function":{"name":"f"}}],"messages":[
        {"role":"user","content":[
            {"type":"text","text":"look"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"r"}]});
    put(&mut body, at, value);
    body
}

fn message(at: &str, value: Value) -> Value {
    let mut body = json!({"model":"model","max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object"}}],"messages":[
        {"role":"user","content":[
            {"type":"text","text":"look"},
            {"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}}]},
        {"role":"assistant","content":[{"type":"text","text":"so"},{"type":"tool_use","id":"t1","name":"f","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"r"}]}]}]});
    put(&mut body, at, value);
    body
}

/// Sets the member at a pointer, whose object is there or is made.
fn put(body: &mut Value, at: &str, value: Value) {
    let (outer, name) = at.rsplit_once('/').expect("a pointer");
    if body.pointer(outer).is_none() {
        put(body, outer, json!({}));
    }
    body.pointer_mut(outer).expect("an object")[name] = value;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_within_a_chat_completion_is_refused_under_its_path() {
    for protocol in TRANSLATED {
        for (at, path) in [
            ("/tools/0/zz", "tools[0].zz"),
            ("/tools/0/function/zz", "tools[0].function.zz"),
            ("/messages/0/content/0/zz", "messages[0].content[0].zz"),
            ("/messages/0/content/1/image_url/zz", "messages[0].content[1].image_url.zz"),
            ("/messages/1/tool_calls/0/zz", "messages[1].tool_calls[0].zz"),
            ("/messages/1/tool_calls/0/function/zz", "messages[1].tool_calls[0].function.zz"),
        ] {
            refused(protocol, CHAT, &chat(at, json!(1)), path).await;
        }
        let detail = chat("/messages/0/content/1/image_url/detail", json!("original"));
        refused(protocol, CHAT, &detail, "messages[0].content[1]").await;
        if protocol != Protocol::Anthropic {
            let examples = chat("/tools/0/input_examples", json!([{"a":1}]));
            refused(protocol, CHAT, &examples, "tools[0].input_examples").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_within_a_message_is_refused_under_its_path() {
    for protocol in WITHOUT_MESSAGES {
        for (at, path) in [
            ("/tools/0/input_examples", "tools[0].input_examples"),
            ("/tools/0/defer_loading", "tools[0].defer_loading"),
            ("/messages/0/zz", "messages[0].zz"),
            ("/messages/0/content/0/zz", "messages[0].content[0].zz"),
            ("/messages/0/content/1/zz", "messages[0].content[1].zz"),
            ("/messages/1/content/1/zz", "messages[1].content[1].zz"),
            ("/messages/2/content/0/zz", "messages[2].content[0].zz"),
            ("/output_config/task_budget", "output_config.task_budget"),
            ("/tool_choice/zz", "tool_choice.zz"),
        ] {
            refused(protocol, MESSAGES, &message(at, json!([1])), path).await;
        }
        let citations = message("/messages/0/content/1/citations", json!({"enabled":true}));
        refused(protocol, MESSAGES, &citations, "messages[0].content[1].citations").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_within_the_words_of_others_is_refused_under_its_path() {
    let responses = json!({"model":"model","tools":[{"type":"function","name":"f"}],"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]}]});
    let google = json!({"contents":[{"role":"user","parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}]});
    let converse = json!({"messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[{"text":"r"}]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}]}});
    for (front, whole, places) in [
        (
            RESPONSES,
            responses,
            vec![
                ("/input/0/zz", "input[0].zz"),
                ("/input/0/content/0/zz", "input[0].content[0].zz"),
                ("/tools/0/zz", "tools[0].zz"),
                ("/text/zz", "text.zz"),
                ("/reasoning/zz", "reasoning.zz"),
            ],
        ),
        (
            GOOGLE,
            google,
            vec![
                ("/contents/0/zz", "contents[0].zz"),
                (
                    "/toolConfig/functionCallingConfig/streamFunctionCallArguments",
                    "toolConfig.functionCallingConfig.streamFunctionCallArguments",
                ),
            ],
        ),
        (
            CONVERSE,
            converse,
            vec![
                ("/messages/0/zz", "messages[0].zz"),
                ("/messages/1/content/0/toolUse/zz", "messages[1].content[0].toolUse.zz"),
                ("/messages/2/content/0/toolResult/zz", "messages[2].content[0].toolResult.zz"),
                ("/toolConfig/tools/0/toolSpec/zz", "toolConfig.tools[0].toolSpec.zz"),
            ],
        ),
    ] {
        arrives(Protocol::Anthropic, front, &whole).await;
        for (at, path) in places {
            let mut body = whole.clone();
            put(&mut body, at, json!(1));
            refused(Protocol::Anthropic, front, &body, path).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_asks_for_nothing_and_what_answers_brought_along_is_no_reason_to_refuse() {
    for protocol in TRANSLATED {
        for (at, value) in [
            ("/tools/0/defer_loading", json!(false)),
            ("/tools/0/zz", Value::Null),
            ("/messages/1/tool_calls/0/index", json!(0)),
            ("/messages/1/tool_calls/0/provider_specific_fields", json!({"a":1})),
            ("/messages/1/reasoning_content", json!("hm")),
            ("/messages/0/content/1/image_url/detail", json!("high")),
            ("/messages/0/content/1/image_url/format", json!("image/png")),
        ] {
            assert_eq!(arrives(protocol, CHAT, &chat(at, value)).await.1, "", "{protocol} {at}");
        }
    }
    for protocol in WITHOUT_MESSAGES {
        for (at, value) in [
            ("/messages/0/content/0/citations", Value::Null),
            ("/messages/0/content/1/citations", json!({"enabled":false})),
            ("/messages/1/content/0/citations", json!([{"type":"char_location"}])),
            ("/messages/1/content/1/caller", json!({"type":"direct"})),
        ] {
            assert_eq!(arrives(protocol, MESSAGES, &message(at, value)).await.1, "", "{at}");
        }
        let hint = message("/metadata", json!({"trace":"t"}));
        assert_eq!(arrives(protocol, MESSAGES, &hint).await.1, "metadata.trace", "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn how_finely_a_stream_is_cut_is_a_hint_and_named_once() {
    const NAMED: &str = "tools[*].eager_input_streaming";
    let mut body = message("/tools/0/eager_input_streaming", json!(true));
    let second = json!({"name":"g","input_schema":{"type":"object"},"eager_input_streaming":true});
    body["tools"].as_array_mut().expect("a list").push(second);
    for protocol in WITHOUT_MESSAGES {
        let (sent, dropped) = arrives(protocol, MESSAGES, &body).await;
        assert_eq!(dropped, NAMED, "{protocol}");
        assert!(!sent.to_string().contains("eager"), "{sent}");
        if protocol != Protocol::OpenAi {
            let body = chat("/tools/0/function/eager_input_streaming", json!(true));
            let (sent, dropped) = arrives(protocol, CHAT, &body).await;
            assert_eq!(dropped, NAMED, "{protocol}");
            assert!(!sent.to_string().contains("eager"), "{sent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn members_of_tools_may_be_dropped_and_are_named() {
    for protocol in WITHOUT_MESSAGES {
        let mut body = message("/tools/0/input_examples", json!([{"a":1}]));
        body["drop_params"] = json!(true);
        let (sent, dropped) = arrives(protocol, MESSAGES, &body).await;
        assert_eq!(dropped, "tools[0].input_examples", "{protocol}");
        assert!(!sent.to_string().contains("input_examples"), "{sent}");
    }
    let mut body = chat("/tools/0/function/zz", json!(1));
    body["drop_params"] = json!(true);
    for protocol in TRANSLATED {
        let (sent, dropped) = arrives(protocol, CHAT, &body).await;
        assert_eq!(dropped, "tools[0].function.zz", "{protocol}");
        assert!(!sent.to_string().contains("zz"), "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn members_of_anthropics_tools_go_along_to_anthropic() {
    for (name, value) in [
        ("defer_loading", json!(true)),
        ("allowed_callers", json!(["code_execution_20250825"])),
        ("eager_input_streaming", json!(true)),
        ("input_examples", json!([{"a":1}])),
    ] {
        for within in ["", "function/"] {
            let body = chat(&format!("/tools/0/{within}{name}"), value.clone());
            let (sent, _) = arrives(Protocol::Anthropic, CHAT, &body).await;
            assert_eq!(sent["tools"][0][name], value, "{within}{name}: {sent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_object_and_a_zero_ask_for_something() {
    for protocol in TRANSLATED {
        let search = chat("/web_search_options", json!({}));
        if protocol == Protocol::Anthropic {
            let (sent, _) = arrives(protocol, CHAT, &search).await;
            assert_eq!(sent["tools"][1]["type"], "web_search_20250305", "{sent}");
        } else {
            refused(protocol, CHAT, &search, "web_search_options").await;
        }
    }
    for protocol in [Protocol::Anthropic, Protocol::Bedrock] {
        refused(protocol, CHAT, &chat("/seed", json!(0)), "seed").await;
        let google = json!({"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"seed":0}});
        if protocol == Protocol::Anthropic {
            refused(protocol, GOOGLE, &google, "generationConfig.seed").await;
        }
    }
    let (sent, _) = arrives(Protocol::Gemini, CHAT, &chat("/seed", json!(0))).await;
    assert_eq!(sent["generationConfig"]["seed"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_forced_where_there_are_no_tools() {
    let said = json!([{"role":"user","content":"a"}]);
    let named = json!({"type":"function","function":{"name":"f"}});
    for protocol in TRANSLATED {
        for choice in [json!("required"), named.clone()] {
            let body = json!({"model":"model","messages":said,"tool_choice":choice});
            refused(protocol, CHAT, &body, "tool_choice").await;
        }
        let body = json!({"model":"model","messages":said,"tool_choice":"auto"});
        arrives(protocol, CHAT, &body).await;
    }
    let body = json!({"model":"model","max_tokens":9,"messages":said,"tool_choice":{"type":"any"}});
    refused(Protocol::OpenAi, MESSAGES, &body, "tool_choice").await;
    let body = json!({"model":"model","input":"a","tool_choice":"required"});
    refused(Protocol::Anthropic, RESPONSES, &body, "tool_choice").await;
    let config = json!({"functionCallingConfig":{"mode":"ANY"}});
    let body = json!({"contents":[{"parts":[{"text":"a"}]}],"toolConfig":config});
    refused(Protocol::OpenAi, GOOGLE, &body, "toolConfig.functionCallingConfig").await;
    let body = json!({"messages":[{"role":"user","content":[{"text":"a"}]}],"toolConfig":{"toolChoice":{"any":{}}}});
    refused(Protocol::OpenAi, CONVERSE, &body, "toolConfig.toolChoice").await;
}

#[tokio::test(start_paused = true)]
async fn marks_of_the_cache_behind_calls_and_within_results_go_along_to_claude() {
    let mark = json!({"type":"ephemeral"});
    let point = json!({"cachePoint":{"type":"default"}});
    for (at, place) in [
        ("/messages/1/content/0/cache_control", "/messages/1/content/1"),
        ("/messages/1/content/1/cache_control", "/messages/1/content/2"),
        ("/messages/2/content/0/content/0/cache_control", "/messages/2/content/1"),
    ] {
        let body = message(at, mark.clone());
        let (sent, _) = arrives(Protocol::Bedrock, MESSAGES, &body).await;
        assert_eq!(sent.pointer(place), Some(&point), "{at}: {sent}");
        arrives(Protocol::Gemini, MESSAGES, &body).await;
    }
    let body = chat("/messages/1/tool_calls/0/cache_control", mark.clone());
    let (sent, _) = arrives(Protocol::Anthropic, CHAT, &body).await;
    assert_eq!(sent["messages"][1]["content"][0]["cache_control"], mark, "{sent}");
    refused(Protocol::Gemini, CHAT, &body, "messages[1].tool_calls[0]").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_a_document_stands_before_it() {
    let mut body = message("/messages/0/content/1/title", json!("T"));
    body["messages"][0]["content"][1]["context"] = json!("C");
    let (sent, _) = arrives(Protocol::OpenAi, MESSAGES, &body).await;
    assert_eq!(sent["messages"][0]["content"][1]["text"], "T\n\nC\n\nwords", "{sent}");
    let source = json!({"type":"base64","media_type":"application/pdf","data":"JVBERi0="});
    body["messages"][0]["content"][1]["source"] = source;
    let (sent, _) = arrives(Protocol::OpenAi, MESSAGES, &body).await;
    let content = &sent["messages"][0]["content"];
    assert_eq!((&content[1]["text"], &content[2]["file"]["filename"]), (&json!("C"), &json!("T")));
    let mut document = json!({"format":"txt","name":"T","source":{"text":"words"},"context":"C"});
    let converse =
        |document: &Value| json!({"messages":[{"role":"user","content":[{"document":document}]}]});
    let (sent, _) = arrives(Protocol::OpenAi, CONVERSE, &converse(&document)).await;
    assert_eq!(sent["messages"][0]["content"], "T.txt\n\nC\n\nwords", "{sent}");
    document["citations"] = json!({"enabled":true});
    refused(Protocol::OpenAi, CONVERSE, &converse(&document), "messages[0].content[0]").await;
}

#[tokio::test(start_paused = true)]
async fn thoughts_that_clients_send_back_go_to_who_reads_them() {
    for (at, value) in [
        ("provider_specific_fields", json!({"thought_signature":"U0lH"})),
        ("extra_content", json!({"google":{"thought_signature":"U0lH"}})),
    ] {
        let body = chat(&format!("/messages/1/tool_calls/0/{at}"), value);
        let (sent, _) = arrives(Protocol::Gemini, CHAT, &body).await;
        assert_eq!(sent["contents"][1]["parts"][0]["thoughtSignature"], "U0lH", "{sent}");
    }
    let body = chat("/messages/1/reasoning_content", json!("hm"));
    let (sent, _) = arrives(Protocol::Ollama, CHAT, &body).await;
    assert_eq!(sent["messages"][1]["thinking"], "hm", "{sent}");
}

#[tokio::test(start_paused = true)]
async fn files_in_googles_storage_have_a_media_type() {
    let file = |file: Value| json!({"model":"model","messages":[{"role":"user","content":[{"type":"file","file":file}]}]});
    let picture = |url: &str| json!({"model":"model","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":url}}]}]});
    for (body, kind) in [
        (file(json!({"file_id":"gs://b/d","format":"application/pdf"})), "application/pdf"),
        (file(json!({"file_id":"gs://b/d.PDF"})), "application/pdf"),
        (file(json!({"file_id":"gs://b/d.pdf","format":"text/plain"})), "text/plain"),
        (picture("gs://b/a.png"), "image/png"),
    ] {
        let (sent, _) = arrives(Protocol::Gemini, CHAT, &body).await;
        let data = &sent["contents"][0]["parts"][0]["fileData"];
        assert_eq!(data["mimeType"], kind, "{sent}");
    }
    let nameless = file(json!({"file_id":"gs://b/d"}));
    refused(Protocol::Gemini, CHAT, &nameless, "messages[0].content[0]").await;
    let s3 = file(json!({"file_id":"s3://b/d","format":"application/pdf"}));
    let (sent, _) = arrives(Protocol::Bedrock, CHAT, &s3).await;
    assert_eq!(sent["messages"][0]["content"][0]["document"]["format"], "pdf", "{sent}");
}

const BETAS: [(&str, &str); 1] = [("anthropic-beta", "context-1m-2025-08-07,tomorrow-2027-01-01")];

fn said(path: &str) -> Value {
    let limit = if path == MESSAGES { json!(9) } else { Value::Null };
    json!({"model":"model","max_tokens":limit,"messages":[{"role":"user","content":"a"}]})
}

#[tokio::test(start_paused = true)]
async fn betas_stand_where_bedrock_looks_for_them() {
    let known = json!(["context-1m-2025-08-07"]);
    for path in [MESSAGES, CHAT] {
        for platform in [Platform::Own, Platform::Invoke] {
            let claude = Deployment { platform, ..at(Protocol::Bedrock) };
            let (got, sent) = asked(claude, (path, &BETAS), &said(path)).await;
            let sent = sent.unwrap_or_else(|| panic!("{path}: {}", got.body));
            let body: Value = serde_json::from_str(&sent.body).expect("JSON");
            let place = match platform {
                Platform::Invoke => "/anthropic_beta",
                Platform::Own | Platform::Foundry | Platform::Vertex => {
                    "/additionalModelRequestFields/anthropic_beta"
                }
            };
            assert_eq!(body.pointer(place), Some(&known), "{path} {platform:?}: {body}");
            assert!(!sent.headers.contains_key("anthropic-beta"), "{path} {platform:?}");
            if platform == Platform::Own {
                let dropped = got.header("x-brownout-dropped-params");
                assert_eq!(dropped, "anthropic-beta:tomorrow-2027-01-01", "{path}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn betas_go_along_to_anthropic_beside_the_configs() {
    let headers = [(Arc::from("anthropic-beta"), Secret::new("of-the-config"))];
    let additions = Additions { headers: headers.into_iter().collect(), ..Additions::default() };
    for path in [MESSAGES, CHAT] {
        let claude = Deployment { additions: additions.clone(), ..at(Protocol::Anthropic) };
        let (_, sent) = asked(claude, (path, &BETAS), &said(path)).await;
        let sent = sent.expect("it was sent");
        let all = "of-the-config,context-1m-2025-08-07,tomorrow-2027-01-01";
        assert_eq!(sent.headers["anthropic-beta"], all, "{path}");
    }
    let headers = [(Arc::from("anthropic-beta"), Secret::new("context-1m-2025-08-07"))];
    let additions = Additions { headers: headers.into_iter().collect(), ..Additions::default() };
    let claude = Deployment { additions, ..at(Protocol::Bedrock) };
    let (_, sent) = asked(claude, (CHAT, &[]), &said(CHAT)).await;
    let body: Value = serde_json::from_str(&sent.expect("it was sent").body).expect("JSON");
    let fields = &body["additionalModelRequestFields"];
    assert_eq!(fields["anthropic_beta"], json!(["context-1m-2025-08-07"]), "{body}");
}

#[tokio::test(start_paused = true)]
async fn betas_that_nobody_knows_are_named() {
    let both = "anthropic-beta:context-1m-2025-08-07, anthropic-beta:tomorrow-2027-01-01";
    let nova = Deployment { model: Arc::from("amazon.nova-pro-v1:0"), ..at(Protocol::Bedrock) };
    let others = [Protocol::OpenAi, Protocol::Gemini, Protocol::Ollama].map(at);
    for deployment in others.into_iter().chain([nova]) {
        for path in [MESSAGES, CHAT] {
            let model = deployment.model.clone();
            let (got, sent) = asked(deployment.clone(), (path, &BETAS), &said(path)).await;
            assert_eq!(got.header("x-brownout-dropped-params"), both, "{model} {path}");
            let headers = sent.expect("it was sent").headers;
            assert!(!headers.contains_key("anthropic-beta"), "{model} {path}");
        }
    }
}
