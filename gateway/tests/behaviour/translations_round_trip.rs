//! Whatever is said arrives, and comes back the same, plain and streamed: any conversation at any protocol with words
//! of its own, any answer at any of the endpoints that are made of chat completions.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use crate::support::*;
use bytes::BytesMut;
use gateway::config::{Deployment, Secret};
use proptest::prelude::*;
use serde_json::{Value, json};
use vocab::Protocol;
use wire::bedrock::eventstream::Frame;

const PROTOCOLS: [Protocol; 4] =
    [Protocol::Anthropic, Protocol::Gemini, Protocol::Bedrock, Protocol::Ollama];

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";

pub(crate) fn at(protocol: Protocol) -> Deployment {
    Deployment {
        protocol,
        base_path: Arc::from(""),
        model: Arc::from("anthropic.claude-sonnet-4-5"),
        api_key: Some(Secret::new("key-of-the-provider")),
        ..deployment("there")
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Pieces of words, each with something in it.
    pub(crate) words: Vec<String>,
    /// Names and arguments.
    pub(crate) calls: Vec<(String, BTreeMap<String, String>)>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        self.words.concat()
    }

    pub(crate) fn calls(&self) -> Vec<Value> {
        self.calls.iter().map(|(name, input)| json!([name, input])).collect()
    }
}

pub(crate) fn word() -> impl Strategy<Value = String> {
    // Quotes, escapes, ends of lines and letters of several bytes.
    prop_oneof!["[a-z]{1,8}", "[\"\\\\\\n äß€😀{}:]{1,6}x"]
}

pub(crate) fn answers() -> impl Strategy<Value = Answer> {
    let call = ("[a-z]{1,8}", prop::collection::btree_map("[a-z]{1,4}", word(), 0..3));
    let (words, calls) = (prop::collection::vec(word(), 1..5), prop::collection::vec(call, 0..3));
    (words, calls).prop_map(|(words, calls)| Answer { words, calls })
}

pub(crate) fn whole(protocol: Protocol, answer: &Answer) -> Act {
    let calls = answer.calls.iter().enumerate();
    let body = match protocol {
        Protocol::Anthropic => {
            let call = |(at, (name, input)): (usize, &(String, _))| json!({"type":"tool_use","id":format!("t{at}"),"name":name,"input":input});
            let mut content = vec![json!({"type":"text","text":answer.text()})];
            content.extend(calls.map(call));
            let stop = if answer.calls.is_empty() { "end_turn" } else { "tool_use" };
            json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":content,"stop_reason":stop,"usage":{"input_tokens":5,"output_tokens":2}})
        }
        Protocol::Gemini => {
            let call = |(at, (name, input)): (usize, &(String, _))| json!({"functionCall":{"id":format!("t{at}"),"name":name,"args":input}});
            let mut parts = vec![json!({"text":answer.text()})];
            parts.extend(calls.map(call));
            gemini(&json!(parts), &json!("STOP"))
        }
        Protocol::Bedrock => {
            let call = |(at, (name, input)): (usize, &(String, _))| json!({"toolUse":{"toolUseId":format!("t{at}"),"name":name,"input":input}});
            let mut content = vec![json!({"text":answer.text()})];
            content.extend(calls.map(call));
            let stop = if answer.calls.is_empty() { "end_turn" } else { "tool_use" };
            json!({"output":{"message":{"role":"assistant","content":content}},"stopReason":stop,"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7},"metrics":{"latencyMs":1}})
        }
        Protocol::Ollama => {
            let mut message = json!({"role":"assistant","content":answer.text()});
            message["tool_calls"] = calls.map(ollamas_call).collect();
            json!({"model":"m","created_at":"","message":message,"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2})
        }
        Protocol::OpenAi | Protocol::Azure => {
            let call = |(at, (name, input)): (usize, &(String, _))| json!({"id":format!("t{at}"),"type":"function","function":{"name":name,"arguments":json!(input).to_string()}});
            let mut message = json!({"role":"assistant","content":answer.text()});
            if !answer.calls.is_empty() {
                message["tool_calls"] = calls.map(call).collect();
            }
            let finish = if answer.calls.is_empty() { "stop" } else { "tool_calls" };
            json!({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":message,"finish_reason":finish}],"usage":openais_usage()})
        }
    };
    Act::Reply(200, vec![], body.to_string())
}

fn gemini(parts: &Value, finish: &Value) -> Value {
    json!({"candidates":[{"content":{"parts":parts,"role":"model"},"finishReason":finish,"index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7},"modelVersion":"m","responseId":"r"})
}

fn ollamas_call((at, (name, input)): (usize, &(String, BTreeMap<String, String>))) -> Value {
    json!({"id":format!("t{at}"),"function":{"name":name,"arguments":input}})
}

pub(crate) fn streamed(protocol: Protocol, answer: &Answer) -> Act {
    let calls = answer.calls.iter().enumerate();
    let steps: Vec<Step> = match protocol {
        Protocol::Anthropic => anthropics(answer)
            .into_iter()
            .map(|data| {
                Step::Say(format!(
                    "event: {}\ndata: {data}\n\n",
                    data["type"].as_str().expect("a type")
                ))
            })
            .collect(),
        Protocol::Gemini => {
            let mut frames: Vec<Value> = answer
                .words
                .iter()
                .map(|word| gemini(&json!([{"text":word}]), &Value::Null))
                .collect();
            frames.extend(calls.map(|(at, (name, input))| {
                gemini(
                    &json!([{"functionCall":{"id":format!("t{at}"),"name":name,"args":input}}]),
                    &Value::Null,
                )
            }));
            frames.push(gemini(&json!([]), &json!("STOP")));
            frames.into_iter().map(|frame| Step::Say(format!("data: {frame}\r\n\r\n"))).collect()
        }
        Protocol::Bedrock => {
            converses(answer).into_iter().map(|(name, data)| aws(name, &data)).collect()
        }
        Protocol::Ollama => {
            let line = |message: Value| json!({"model":"m","message":message,"done":false});
            let mut lines: Vec<Value> = answer
                .words
                .iter()
                .map(|word| line(json!({"role":"assistant","content":word})))
                .collect();
            lines.extend(calls.map(|call| {
                line(json!({"role":"assistant","content":"","tool_calls":[ollamas_call(call)]}))
            }));
            lines.push(json!({"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2}));
            lines.into_iter().map(|line| Step::Say(format!("{line}\n"))).collect()
        }
        Protocol::OpenAi | Protocol::Azure => openais(answer),
    };
    Act::Stream(steps)
}

fn openais_usage() -> Value {
    json!({"prompt_tokens":5,"completion_tokens":2,"total_tokens":7})
}

fn openais(answer: &Answer) -> Vec<Step> {
    let frame = |choices: Value, usage: Value| {
        let chunk = json!({"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":choices,"usage":usage});
        Step::Say(format!("data: {chunk}\n\n"))
    };
    let delta = |delta: Value, finish: Value| {
        frame(json!([{"index":0,"delta":delta,"finish_reason":finish}]), Value::Null)
    };
    let mut frames: Vec<Step> =
        answer.words.iter().map(|word| delta(json!({"content":word}), Value::Null)).collect();
    for (at, (name, input)) in answer.calls.iter().enumerate() {
        let (first, rest) = pieces(input);
        let begun = json!({"index":at,"id":format!("t{at}"),"type":"function","function":{"name":name,"arguments":first}});
        let more = json!({"index":at,"function":{"arguments":rest}});
        for call in [begun, more] {
            frames.push(delta(json!({"tool_calls":[call]}), Value::Null));
        }
    }
    let finish = if answer.calls.is_empty() { "stop" } else { "tool_calls" };
    frames.push(delta(json!({}), json!(finish)));
    frames.push(frame(json!([]), openais_usage()));
    frames.push(Step::Say("data: [DONE]\n\n".to_owned()));
    frames
}

/// Arguments in two pieces.
fn pieces(input: &BTreeMap<String, String>) -> (String, String) {
    let text = json!(input).to_string();
    (text[..1].to_owned(), text[1..].to_owned())
}

fn anthropics(answer: &Answer) -> Vec<Value> {
    let begun = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":5,"output_tokens":1}});
    let delta =
        |at: usize, delta: Value| json!({"type":"content_block_delta","index":at,"delta":delta});
    let mut events = vec![
        json!({"type":"message_start","message":begun}),
        json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}),
    ];
    for word in &answer.words {
        events.push(delta(0, json!({"type":"text_delta","text":word})));
    }
    events.push(json!({"type":"content_block_stop","index":0}));
    for (at, (name, input)) in answer.calls.iter().enumerate() {
        let (first, rest) = pieces(input);
        let block = json!({"type":"tool_use","id":format!("t{at}"),"name":name,"input":{}});
        events.push(json!({"type":"content_block_start","index":at+1,"content_block":block}));
        for piece in [first, rest] {
            events.push(delta(at + 1, json!({"type":"input_json_delta","partial_json":piece})));
        }
        events.push(json!({"type":"content_block_stop","index":at+1}));
    }
    let stop = if answer.calls.is_empty() { "end_turn" } else { "tool_use" };
    events.push(
        json!({"type":"message_delta","delta":{"stop_reason":stop},"usage":{"output_tokens":2}}),
    );
    events.push(json!({"type":"message_stop"}));
    events
}

fn converses(answer: &Answer) -> Vec<(&'static str, Value)> {
    let delta = |at: usize, delta: Value| {
        ("contentBlockDelta", json!({"contentBlockIndex":at,"delta":delta}))
    };
    let mut events = vec![("messageStart", json!({"role":"assistant"}))];
    for word in &answer.words {
        events.push(delta(0, json!({"text":word})));
    }
    for (at, (name, input)) in answer.calls.iter().enumerate() {
        let (first, rest) = pieces(input);
        let start = json!({"toolUse":{"toolUseId":format!("t{at}"),"name":name}});
        events.push(("contentBlockStart", json!({"contentBlockIndex":at+1,"start":start})));
        for piece in [first, rest] {
            events.push(delta(at + 1, json!({"toolUse":{"input":piece}})));
        }
    }
    let stop = if answer.calls.is_empty() { "end_turn" } else { "tool_use" };
    events.push(("messageStop", json!({"stopReason":stop})));
    let usage = json!({"inputTokens":5,"outputTokens":2,"totalTokens":7});
    events.push(("metadata", json!({"usage":usage,"metrics":{"latencyMs":1}})));
    events
}

pub(crate) fn aws(name: &str, payload: &Value) -> Step {
    let mut out = BytesMut::new();
    Frame::event(name, payload.to_string()).write(&mut out);
    Step::Send(out.freeze())
}

/// What a client understands: words, calls as name and arguments, why it ended, tokens of the answer.
pub(crate) type Understood = (String, Vec<Value>, String, u64);

fn parsed(arguments: &Value) -> Value {
    serde_json::from_str(arguments.as_str().expect("a text")).expect("JSON")
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn understood(path: &str, reply: &Value) -> Understood {
    match path {
        CHAT => {
            let choice = &reply["choices"][0];
            let calls = choice["message"]["tool_calls"].as_array().cloned().unwrap_or_default();
            let call = |call: &Value| {
                json!([call["function"]["name"], parsed(&call["function"]["arguments"])])
            };
            let tokens = reply["usage"]["completion_tokens"].as_u64().expect("a count");
            (
                text(&choice["message"]["content"]),
                calls.iter().map(call).collect(),
                text(&choice["finish_reason"]),
                tokens,
            )
        }
        MESSAGES => {
            let blocks = reply["content"].as_array().expect("blocks");
            let words = blocks.iter().map(|block| text(&block["text"])).collect();
            let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
            let calls = calls.map(|call| json!([call["name"], call["input"]])).collect();
            let tokens = reply["usage"]["output_tokens"].as_u64().expect("a count");
            (words, calls, text(&reply["stop_reason"]), tokens)
        }
        _ => {
            let items = reply["output"].as_array().expect("items");
            let words = items.iter().map(|item| text(&item["content"][0]["text"])).collect();
            let calls = items.iter().filter(|item| item["type"] == "function_call");
            let calls =
                calls.map(|call| json!([call["name"], parsed(&call["arguments"])])).collect();
            let tokens = reply["usage"]["output_tokens"].as_u64().expect("a count");
            (words, calls, text(&reply["status"]), tokens)
        }
    }
}

/// The reply that a stream adds up to, as a client adds it up.
fn added_up(path: &str, body: &str) -> Value {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter(|data| *data != "[DONE]");
    let events: Vec<Value> = events.map(|data| serde_json::from_str(data).expect("JSON")).collect();
    match path {
        CHAT => chat_of(&events),
        MESSAGES => message_of(&events),
        _ => events.last().expect("an event")["response"].clone(),
    }
}

fn chat_of(chunks: &[Value]) -> Value {
    let (mut content, mut calls, mut finish) = (String::new(), Vec::<Value>::new(), Value::Null);
    let mut usage = Value::Null;
    for chunk in chunks {
        let choice = &chunk["choices"][0];
        content.push_str(&text(&choice["delta"]["content"]));
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let at = call["index"].as_u64().expect("a number") as usize;
            if at == calls.len() {
                calls.push(json!({"function":{"name":call["function"]["name"],"arguments":""}}));
            }
            let so_far = text(&calls[at]["function"]["arguments"]);
            let more = text(&call["function"]["arguments"]);
            calls[at]["function"]["arguments"] = json!(so_far + &more);
        }
        if !choice["finish_reason"].is_null() {
            finish = choice["finish_reason"].clone();
        }
        if !chunk["usage"].is_null() {
            usage = chunk["usage"].clone();
        }
    }
    let message = json!({"content":content,"tool_calls":calls});
    json!({"choices":[{"message":message,"finish_reason":finish}],"usage":usage})
}

fn message_of(events: &[Value]) -> Value {
    let (mut blocks, mut input) = (Vec::<Value>::new(), String::new());
    let (mut stop, mut usage) = (Value::Null, Value::Null);
    for event in events {
        match event["type"].as_str().expect("a type") {
            "content_block_start" => {
                blocks.push(event["content_block"].clone());
                input.clear();
            }
            "content_block_delta" => {
                let block = blocks.last_mut().expect("a block");
                input.push_str(&text(&event["delta"]["partial_json"]));
                if event["delta"]["type"] == "text_delta" {
                    block["text"] = json!(text(&block["text"]) + &text(&event["delta"]["text"]));
                }
            }
            "content_block_stop" if !input.is_empty() => {
                let block = blocks.last_mut().expect("a block");
                block["input"] = serde_json::from_str(&input).expect("JSON");
            }
            "message_delta" => {
                stop = event["delta"]["stop_reason"].clone();
                usage = event["usage"].clone();
            }
            _ => {}
        }
    }
    json!({"content":blocks,"stop_reason":stop,"usage":usage})
}

/// Runs a test of one case in paused time.
pub(crate) fn in_paused_time<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(test)
}

async fn got(protocol: Protocol, path: &str, (act, stream): (Act, bool)) -> Got {
    let lab = Lab::new();
    lab.upstream("there", &[act]).gateway(config("priority", vec![at(protocol)]));
    let mut body = json!({"model":"model","stream":stream,"max_tokens":50});
    match path {
        RESPONSES => {
            body = json!({"model":"model","stream":stream,"input":"hi"});
        }
        _ => body["messages"] = json!([{"role":"user","content":"hi"}]),
    }
    if path == CHAT {
        body["stream_options"] = json!({"include_usage":stream});
    }
    lab.post(path, &[], &body.to_string()).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn plain_and_streamed_say_the_same_and_all_of_it(answer in answers()) {
        for protocol in PROTOCOLS {
            for path in [CHAT, MESSAGES, RESPONSES] {
                if (protocol, path) == (Protocol::Anthropic, MESSAGES) {
                    // Passed through as it is.
                    continue;
                }
                let plain = in_paused_time(got(protocol, path, (whole(protocol, &answer), false)));
                let stream = in_paused_time(got(protocol, path, (streamed(protocol, &answer), true)));
                prop_assert_eq!((plain.status, stream.status), (200, 200), "{} {}", protocol, plain.body);
                let (plain, stream) = (plain.json(), added_up(path, &stream.body));
                let (plain, stream) = (understood(path, &plain), understood(path, &stream));
                prop_assert_eq!(&plain, &stream, "{} {}", protocol, path);
                let (words, calls, _, tokens) = plain;
                prop_assert_eq!((words, calls, tokens), (answer.text(), answer.calls(), 2), "{} {}", protocol, path);
            }
        }
    }

    #[test]
    fn every_word_of_a_conversation_arrives(
        words in prop::collection::vec(word(), 6..7),
        arguments in prop::collection::btree_map("[a-z]{1,4}", word(), 1..3),
    ) {
        let mut told = words.iter().enumerate().map(|(at, word)| format!("{at}:{word}"));
        let mut next = || told.next().expect("six words");
        let function = json!({"name":"look","arguments":json!(arguments).to_string()});
        let messages = json!([
            {"role":"system","content":next()},
            {"role":"user","content":[{"type":"text","text":next()},{"type":"text","text":next()}]},
            {"role":"assistant","content":next(),"tool_calls":[{"id":"call_1","type":"function","function":function}]},
            {"role":"tool","tool_call_id":"call_1","content":next()},
            {"role":"user","content":next()},
        ]);
        let tools = json!([{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]);
        let body = json!({"model":"model","messages":messages,"tools":tools}).to_string();
        for protocol in PROTOCOLS {
            let sent = in_paused_time(async {
                let lab = Lab::new();
                let answer = Answer { words: vec!["hi".to_owned()], calls: Vec::new() };
                lab.upstream("there", &[whole(protocol, &answer)]).gateway(config("priority", vec![at(protocol)]));
                let got = lab.chat(&body).await;
                assert_eq!(got.status, 200, "{protocol}: {}", got.body);
                let sent = lab.sent.lock().expect("no poison");
                serde_json::from_str::<Value>(&sent[0].body).expect("JSON")
            });
            let mut arrived = Vec::new();
            strings(&sent, &mut arrived);
            for (at, word) in words.iter().enumerate() {
                let word = format!("{at}:{word}");
                let count = arrived.iter().filter(|text| text.contains(&word)).count();
                prop_assert_eq!(count, 1, "{}: {:?} in {}", protocol, word, sent);
            }
            prop_assert!(holds(&sent, &json!(arguments)), "{}: {}", protocol, sent);
        }
    }
}

/// Every text of a value.
pub(crate) fn strings(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| strings(value, all)),
        Value::Object(members) => members.values().for_each(|value| strings(value, all)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a value stands somewhere within another.
pub(crate) fn holds(value: &Value, wanted: &Value) -> bool {
    value == wanted
        || match value {
            Value::Array(values) => values.iter().any(|value| holds(value, wanted)),
            Value::Object(members) => members.values().any(|value| holds(value, wanted)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
}
