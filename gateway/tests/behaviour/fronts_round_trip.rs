//! Whatever is said arrives, and comes back the same, plain and streamed, for clients of Google's and of AWS's too: any
//! answer of any protocol, any conversation at any of them.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::speaks_converse::events;
use crate::support::*;
use crate::translations_round_trip::{
    Answer, Understood, answers, at, holds, in_paused_time, streamed, strings, text, whole, word,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use vocab::Protocol;

const PROTOCOLS: [Protocol; 5] =
    [Protocol::OpenAi, Protocol::Anthropic, Protocol::Gemini, Protocol::Bedrock, Protocol::Ollama];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    Google,
    /// A stream as one array.
    GooglesArray,
    Aws,
}

const FRONTS: [Front; 3] = [Front::Google, Front::GooglesArray, Front::Aws];

impl Front {
    fn path(self, stream: bool) -> &'static str {
        match (self, stream) {
            (Self::Google | Self::GooglesArray, false) => "/v1beta/models/model:generateContent",
            (Self::Google, true) => "/v1beta/models/model:streamGenerateContent?alt=sse",
            (Self::GooglesArray, true) => "/v1beta/models/model:streamGenerateContent",
            (Self::Aws, false) => "/bedrock/model/model/converse",
            (Self::Aws, true) => "/bedrock/model/model/converse-stream",
        }
    }

    fn body(self) -> Value {
        match self {
            Self::Google | Self::GooglesArray => json!({"contents":[{"parts":[{"text":"hi"}]}]}),
            Self::Aws => json!({"messages":[{"role":"user","content":[{"text":"hi"}]}]}),
        }
    }

    /// The replies whose parts add up to the answer.
    fn replies(self, stream: bool, got: &Got) -> Vec<Value> {
        match (self, stream) {
            (_, false) => vec![got.json()],
            (Self::GooglesArray, true) => got.json().as_array().expect("an array").clone(),
            (Self::Google, true) => {
                let frames = got.body.split("\r\n\r\n").filter(|frame| !frame.is_empty());
                let data = frames.map(|frame| frame.strip_prefix("data: ").expect("a frame"));
                data.map(|data| serde_json::from_str(data).expect("JSON")).collect()
            }
            (Self::Aws, true) => vec![added_up(&events(&got.bytes))],
        }
    }

    fn understood(self, replies: &[Value]) -> Understood {
        let (mut words, mut calls, mut end, mut tokens) = (String::new(), vec![], String::new(), 0);
        for reply in replies {
            let (content, call, ended, counted) = match self {
                Self::Google | Self::GooglesArray => {
                    let candidate = &reply["candidates"][0];
                    let counted = &reply["usageMetadata"]["candidatesTokenCount"];
                    let content = candidate["content"]["parts"].clone();
                    (content, ("functionCall", "args"), &candidate["finishReason"], counted)
                }
                Self::Aws => {
                    let content = reply["output"]["message"]["content"].clone();
                    let counted = &reply["usage"]["outputTokens"];
                    (content, ("toolUse", "input"), &reply["stopReason"], counted)
                }
            };
            for part in content.as_array().into_iter().flatten() {
                words.push_str(&text(&part["text"]));
                if let Some(made) = part.get(call.0) {
                    calls.push(json!([made["name"], made[call.1]]));
                }
            }
            end.push_str(&text(ended));
            tokens = counted.as_u64().unwrap_or(tokens);
        }
        (words, calls, end, tokens)
    }
}

/// The reply that a stream of AWS's adds up to, as a client adds it up.
fn added_up(events: &[(String, Value)]) -> Value {
    let mut blocks: Vec<(Value, String)> = Vec::new();
    let (mut stop, mut usage) = (Value::Null, Value::Null);
    for (name, data) in events {
        let index = data["contentBlockIndex"].as_u64().unwrap_or_default() as usize;
        match name.as_str() {
            "contentBlockStart" => {
                assert_eq!(index, blocks.len());
                blocks.push((data["start"].clone(), String::new()));
            }
            "contentBlockDelta" => {
                if index == blocks.len() {
                    blocks.push((json!({}), String::new()));
                }
                let (block, input) = blocks.get_mut(index).expect("a block");
                if let Some(words) = data["delta"]["text"].as_str() {
                    block["text"] = json!(text(&block["text"]) + words);
                }
                input.push_str(&text(&data["delta"]["toolUse"]["input"]));
            }
            "messageStop" => stop = data["stopReason"].clone(),
            "metadata" => usage = data["usage"].clone(),
            _ => {}
        }
    }
    let content = blocks.into_iter().map(|(mut block, input)| {
        if block.get("toolUse").is_some() {
            block["toolUse"]["input"] = serde_json::from_str(&input).expect("JSON");
        }
        block
    });
    let content: Vec<Value> = content.collect();
    json!({"output":{"message":{"content":content}},"stopReason":stop,"usage":usage})
}

async fn got(protocol: Protocol, front: Front, (act, stream): (Act, bool)) -> Got {
    let lab = Lab::new();
    lab.upstream("there", &[act]).gateway(config("priority", vec![at(protocol)]));
    lab.post(front.path(stream), &[], &front.body().to_string()).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn plain_and_streamed_say_the_same_and_all_of_it(answer in answers()) {
        for protocol in PROTOCOLS {
            for front in FRONTS {
                let plain = in_paused_time(got(protocol, front, (whole(protocol, &answer), false)));
                let stream = in_paused_time(got(protocol, front, (streamed(protocol, &answer), true)));
                prop_assert_eq!((plain.status, stream.status), (200, 200), "{} {:?}: {}", protocol, front, plain.body);
                let plain = front.understood(&front.replies(false, &plain));
                let stream = front.understood(&front.replies(true, &stream));
                prop_assert_eq!(&plain, &stream, "{} {:?}", protocol, front);
                let (words, calls, end, tokens) = plain;
                prop_assert_eq!((words, calls, tokens), (answer.text(), answer.calls(), 2), "{} {:?}", protocol, front);
                prop_assert!(!end.is_empty(), "{} {:?}", protocol, front);
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
        let (system, first, second, said, result, last) = (next(), next(), next(), next(), next(), next());
        let google = json!({
            "systemInstruction": {"parts":[{"text":system}]},
            "contents": [
                {"role":"user","parts":[{"text":first},{"text":second}]},
                {"role":"model","parts":[{"text":said},{"functionCall":{"name":"look","args":arguments}}]},
                {"role":"user","parts":[{"functionResponse":{"name":"look","response":{"result":result}}}]},
                {"role":"user","parts":[{"text":last}]}
            ],
            "tools": [{"functionDeclarations":[{"name":"look","parametersJsonSchema":{"type":"object"}}]}]
        });
        let aws = json!({
            "system": [{"text":system}],
            "messages": [
                {"role":"user","content":[{"text":first},{"text":second}]},
                {"role":"assistant","content":[{"text":said},{"toolUse":{"toolUseId":"t","name":"look","input":arguments}}]},
                {"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"text":result}]}},{"text":last}]}
            ],
            "toolConfig": {"tools":[{"toolSpec":{"name":"look","inputSchema":{"json":{"type":"object"}}}}]}
        });
        for protocol in PROTOCOLS {
            for (front, body) in [(Front::Google, &google), (Front::Aws, &aws)] {
                let sent = in_paused_time(async {
                    let lab = Lab::new();
                    let answer = Answer { words: vec!["hi".to_owned()], calls: Vec::new() };
                    lab.upstream("there", &[whole(protocol, &answer)]).gateway(config("priority", vec![at(protocol)]));
                    let got = lab.post(front.path(false), &[], &body.to_string()).await;
                    assert_eq!(got.status, 200, "{protocol} {front:?}: {}", got.body);
                    let sent = lab.sent.lock().expect("no poison");
                    serde_json::from_str::<Value>(&sent[0].body).expect("JSON")
                });
                let mut arrived = Vec::new();
                strings(&sent, &mut arrived);
                for (at, word) in words.iter().enumerate() {
                    let word = format!("{at}:{word}");
                    let count = arrived.iter().filter(|text| text.contains(&word)).count();
                    prop_assert_eq!(count, 1, "{} {:?}: {:?} in {}", protocol, front, word, sent);
                }
                let written = json!(arguments).to_string();
                let input = holds(&sent, &json!(arguments)) || arrived.contains(&written);
                prop_assert!(input, "{} {:?}: {}", protocol, front, sent);
            }
        }
    }
}
