//! Clients of all APIs that are made of chat completions, and answers written by hand after the providers' references.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use crate::translations_round_trip::aws;
use gateway::config::Deployment;
use serde_json::{Value, json};

/// In whose words a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Chat,
    Messages,
    Responses,
    Google,
    Aws,
}

use Form::{Aws, Chat, Google, Messages, Responses};

/// How the answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    Whole,
    Streamed,
}

use Comes::{Streamed, Whole};

impl Form {
    pub(crate) fn path(self, comes: Comes) -> &'static str {
        match (self, comes) {
            (Chat, _) => "/v1/chat/completions",
            (Messages, _) => "/v1/messages",
            (Responses, _) => "/v1/responses",
            (Google, Whole) => "/v1beta/models/model:generateContent",
            (Google, Streamed) => "/v1beta/models/model:streamGenerateContent?alt=sse",
            (Aws, Whole) => "/bedrock/model/model/converse",
            (Aws, Streamed) => "/bedrock/model/model/converse-stream",
        }
    }

    pub(crate) fn body(self, comes: Comes) -> Value {
        let stream = comes == Streamed;
        let messages = json!([{"role":"user","content":"hi"}]);
        match self {
            Chat => {
                json!({"model":"model","messages":messages,"stream":stream,"stream_options":{"include_usage":stream}})
            }
            Messages => json!({"model":"model","messages":messages,"stream":stream,"max_tokens":9}),
            Responses => json!({"model":"model","input":"hi","stream":stream}),
            Google => json!({"contents":[{"parts":[{"text":"hi"}]}]}),
            Aws => json!({"messages":[{"role":"user","content":[{"text":"hi"}]}]}),
        }
    }

    /// The same with an answer that is to be JSON.
    pub(crate) fn body_for_json(self, comes: Comes) -> Value {
        let mut body = self.body(comes);
        let schema = json!({"type":"object","properties":{}});
        match self {
            Chat => body["response_format"] = json!({"type":"json_object"}),
            Messages => {
                body["output_config"] = json!({"format":{"type":"json_schema","schema":schema}});
            }
            Responses => body["text"] = json!({"format":{"type":"json_object"}}),
            Google => {
                body["generationConfig"] =
                    json!({"responseMimeType":"application/json","responseSchema":schema});
            }
            Aws => {
                let structure = json!({"jsonSchema":{"name":"a","schema":schema.to_string()}});
                body["outputConfig"] =
                    json!({"textFormat":{"type":"json_schema","structure":structure}});
            }
        }
        body
    }
}

pub(crate) async fn asked(
    there: Deployment,
    (form, comes): (Form, Comes),
    body: &Value,
    act: &Act,
) -> Got {
    let lab = Lab::new();
    lab.upstream("there", std::slice::from_ref(act)).gateway(config("priority", vec![there]));
    let got = lab.post(form.path(comes), &[], &body.to_string()).await;
    assert_eq!(got.status, 200, "{form:?} {comes:?}: {}", got.body);
    got
}

pub(crate) async fn told(there: Deployment, (form, comes): (Form, Comes), act: &Act) -> Got {
    asked(there, (form, comes), &form.body(comes), act).await
}

/// The body as a text; frames of AWS's have their JSON in it.
pub(crate) fn text_of(got: &Got) -> String {
    String::from_utf8_lossy(&got.bytes).into_owned()
}

/// The data of a stream's events.
pub(crate) fn data(got: &Got) -> Vec<Value> {
    let lines = got.body.lines().filter_map(|line| line.strip_prefix("data: "));
    let data = lines.filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).expect("JSON")).collect()
}

pub(crate) fn reply(body: &Value) -> Act {
    Act::Reply(200, vec![], body.to_string())
}

pub(crate) fn converse(content: &Value, stop: &str) -> Act {
    let usage = json!({"inputTokens":1,"outputTokens":2,"totalTokens":610,"cacheReadInputTokens":303,"cacheWriteInputTokens":404});
    let message = json!({"role":"assistant","content":content});
    reply(&json!({"output":{"message":message},"stopReason":stop,"usage":usage}))
}

pub(crate) fn converses(pieces: &[(&'static str, Value)], stop: &str) -> Act {
    let usage = json!({"inputTokens":1,"outputTokens":2,"totalTokens":610,"cacheReadInputTokens":303,"cacheWriteInputTokens":404});
    let mut steps = vec![aws("messageStart", &json!({"role":"assistant"}))];
    steps.extend(pieces.iter().map(|(name, data)| aws(name, data)));
    steps.push(aws("messageStop", &json!({"stopReason":stop})));
    steps.push(aws("metadata", &json!({"usage":usage})));
    Act::Stream(steps)
}

pub(crate) fn piece(block: u32, delta: &Value) -> (&'static str, Value) {
    ("contentBlockDelta", json!({"contentBlockIndex":block,"delta":delta}))
}

pub(crate) fn block_ends(block: u32) -> (&'static str, Value) {
    ("contentBlockStop", json!({"contentBlockIndex":block}))
}

pub(crate) fn claude(content: &Value, stop: &str) -> Act {
    let usage = json!({"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":303,"cache_creation_input_tokens":404});
    reply(
        &json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":content,"stop_reason":stop,"usage":usage}),
    )
}

pub(crate) fn claudes(events: &[Value], stop: &str) -> Act {
    let usage = json!({"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":303});
    let begun = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":usage});
    let mut all = vec![json!({"type":"message_start","message":begun})];
    all.extend(events.iter().cloned());
    let usage = json!({"output_tokens":2,"cache_creation_input_tokens":404});
    all.push(json!({"type":"message_delta","delta":{"stop_reason":stop},"usage":usage}));
    all.push(json!({"type":"message_stop"}));
    let say = |event: &Value| {
        Step::Say(format!("event: {}\ndata: {event}\n\n", event["type"].as_str().expect("a type")))
    };
    Act::Stream(all.iter().map(say).collect())
}

pub(crate) fn block_begins(index: u32, block: &Value) -> Value {
    json!({"type":"content_block_start","index":index,"content_block":block})
}

pub(crate) fn block_grows(index: u32, delta: &Value) -> Value {
    json!({"type":"content_block_delta","index":index,"delta":delta})
}

pub(crate) fn chat(message: &Value) -> Act {
    let choice = json!({"index":0,"message":message,"finish_reason":"stop"});
    reply(
        &json!({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[choice],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}),
    )
}

pub(crate) fn chats(deltas: &[Value]) -> Act {
    let frames = deltas.iter().map(|delta| chunk(&delta.to_string(), "null"));
    Act::Stream(frames.chain(end()).collect())
}

pub(crate) fn gemini(parts: &Value, finish: &str) -> Value {
    json!({"candidates":[{"content":{"parts":parts,"role":"model"},"finishReason":finish,"index":0}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":7},"modelVersion":"m","responseId":"r"})
}

pub(crate) fn geminis(frame: &Value) -> Act {
    Act::Stream(vec![Step::Say(format!("data: {frame}\r\n\r\n"))])
}
