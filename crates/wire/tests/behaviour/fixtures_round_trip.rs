//! Every documented payload reads into our types and writes back as the same JSON. The payloads are
//! written by hand from the providers' documentation, so a misspelled field shows here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use bytes::{Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wire::{
    anthropic::{self, MessagesReply, MessagesRequest, StreamEvent},
    azure::AzureError,
    bedrock::{ConverseEvent, ConverseReply, ConverseRequest, CountTokensRequest, PayloadPart},
    gemini::{self, GenerateReply, GenerateRequest},
    openai::{
        self, ChatChunk, ChatReply, ChatRequest, EmbeddingInput, EmbeddingReply, EmbeddingRequest,
        ModelList, Moderation, ModerationReply, Vector, responses,
    },
    sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, Event},
};

#[test]
fn openai_bodies() {
    returns::<ChatRequest>("openai/chat_request.json");
    returns::<ChatRequest>("openai/chat_request_tools.json");
    returns::<ChatReply>("openai/chat_reply.json");
    returns::<ChatReply>("openai/chat_reply_tools.json");
    returns::<ModelList>("openai/models.json");
}

#[test]
fn openai_streams() {
    for file in ["chat_stream", "chat_stream_tools", "chat_stream_reasoning"] {
        chunks_return(&format!("openai/{file}.sse"));
    }
}

#[test]
fn azure_bodies_and_streams() {
    returns::<ChatReply>("azure/chat_reply.json");
    chunks_return("azure/chat_stream.sse");
    chunks_return("azure/chat_stream_async_filter.sse");
    for name in names("azure", "error_") {
        if name != "error_edge.json" {
            returns::<AzureError>(&format!("azure/{name}"));
        }
    }
}

#[test]
fn anthropic_bodies() {
    returns::<MessagesRequest>("anthropic/messages_request.json");
    returns::<MessagesRequest>("anthropic/messages_request_tools.json");
    returns::<MessagesReply>("anthropic/messages_reply.json");
    returns::<MessagesReply>("anthropic/messages_reply_tools.json");
    for name in names("anthropic", "error_") {
        returns::<StreamEvent>(&format!("anthropic/{name}"));
    }
}

#[test]
fn anthropic_streams() {
    for file in ["messages_stream", "messages_stream_tools", "messages_stream_error"] {
        for event in events(&format!("anthropic/{file}.sse")) {
            let typed: StreamEvent = read(&event.data);
            assert_ne!(typed, StreamEvent::Unknown);
            assert_eq!(event.event.as_deref(), Some(typed.name().as_bytes()));
            assert_eq!(json(&event.data), serde_json::to_value(&typed).unwrap());
            let mut frame = BytesMut::new();
            typed.write_frame(&mut frame);
            assert_eq!(events_of(frame.freeze())[0].event, event.event);
        }
    }
}

#[test]
fn openai_s_other_bodies() {
    returns::<responses::ResponsesRequest>("openai/responses_request.json");
    returns::<responses::Response>("openai/responses_reply.json");
    returns::<responses::Response>("openai/responses_reply_failed.json");
    returns::<EmbeddingRequest>("openai/embeddings_request.json");
    returns::<EmbeddingReply>("openai/embeddings_reply.json");
    returns::<ModerationReply>("openai/moderation_reply.json");
    returns::<openai::CompletionReply>("openai/completion_reply.json");
    let reply: EmbeddingReply = read(&fixture("openai/embeddings_reply.json"));
    let [floats, packed] = &reply.data[..] else { panic!("two vectors") };
    assert_eq!(floats.embedding.numbers(), packed.embedding.numbers());
    assert_eq!(Vector::packed(&[0.5, -0.25, 0.125]), packed.embedding);
    let judged: ModerationReply = read(&fixture("openai/moderation_reply.json"));
    assert_eq!(judged.results, [Moderation::suspecting(Some("violence"))]);
}

#[test]
fn embeddings_take_texts_and_tokens() {
    let inputs = |json: &str| {
        let body = format!(r#"{{"model":"m","input":{json}}}"#);
        let request: EmbeddingRequest = read(body.as_bytes());
        request.inputs().map(|inputs| {
            let gist = |input: &EmbeddingInput<'_>| match input {
                EmbeddingInput::Text(text) => (*text).to_owned(),
                EmbeddingInput::Tokens(count) => count.to_string(),
            };
            inputs.iter().map(gist).collect::<Vec<_>>().join(",")
        })
    };
    assert_eq!(inputs(r#""a""#).as_deref(), Some("a"));
    assert_eq!(inputs(r#"["a","b"]"#).as_deref(), Some("a,b"));
    assert_eq!(inputs("[1,2,3]").as_deref(), Some("3"));
    assert_eq!(inputs("[[1,2],[3]]").as_deref(), Some("2,1"));
    for none in ["[]", "[[]]", "null", "7", "[{}]"] {
        assert_eq!(inputs(none), None, "{none}");
    }
}

#[test]
fn responses_streams() {
    for file in ["responses_stream", "responses_stream_rare"] {
        for (number, event) in events(&format!("openai/{file}.sse")).into_iter().enumerate() {
            let typed: responses::Event = read(&event.data);
            assert_eq!(event.event.as_deref(), Some(typed.name().as_bytes()));
            assert_eq!(json(&event.data), serde_json::to_value(&typed).unwrap());
            assert_eq!(json(&event.data)["sequence_number"], number);
            let mut frame = BytesMut::new();
            typed.write_frame(&mut frame);
            assert_eq!(frame, event.raw, "{} is written as documented", typed.name());
        }
    }
}

#[test]
fn gemini_bodies_and_streams() {
    returns::<GenerateRequest>("gemini/generate_request.json");
    for name in names("gemini", "generate_reply") {
        returns::<GenerateReply>(&format!("gemini/{name}"));
    }
    for name in names("gemini", "error_") {
        returns::<gemini::ApiError>(&format!("gemini/{name}"));
    }
    returns::<gemini::ModelList>("gemini/models.json");
    returns::<gemini::CountTokensRequest>("gemini/count_tokens_request.json");
    returns::<gemini::CountTokensReply>("gemini/count_tokens_reply.json");
    returns::<gemini::BatchEmbedRequest>("gemini/batch_embed_request.json");
    returns::<gemini::BatchEmbedReply>("gemini/batch_embed_reply.json");
    for event in events("gemini/generate_stream.sse") {
        let typed: GenerateReply = read(&event.data);
        let mut frame = BytesMut::new();
        gemini::write_sse_frame(&mut frame, &typed);
        assert_eq!(frame, event.raw);
    }
}

#[test]
fn gemini_reads_snake_case_too() {
    let request: GenerateRequest = read(
        br#"{"contents":[],"system_instruction":{"parts":[{"text":"x"}]},
             "generation_config":{"max_output_tokens":5,"candidate_count":2}}"#,
    );
    let config = request.generation_config.unwrap();
    assert_eq!((config.max_output_tokens, config.candidate_count), (Some(5), Some(2)));
    assert!(request.system_instruction.is_some());
}

#[test]
fn bedrock_bodies() {
    returns::<ConverseRequest>("bedrock/converse_request.json");
    returns::<ConverseRequest>("bedrock/converse_request_tools.json");
    returns::<ConverseReply>("bedrock/converse_reply.json");
    returns::<ConverseReply>("bedrock/converse_reply_tools.json");
    returns::<CountTokensRequest>("bedrock/count_tokens_request.json");
    returns::<PayloadPart>("bedrock/invoke_chunk.json");
    let chunk: PayloadPart = read(&fixture("bedrock/invoke_chunk.json"));
    assert_eq!(chunk, PayloadPart::new(&chunk.inner().unwrap(), 8));
    read::<StreamEvent>(&chunk.inner().unwrap());
}

#[test]
fn bedrock_streams() {
    for file in ["converse_stream", "converse_stream_tools"] {
        for line in fixture(&format!("bedrock/{file}.jsonl")).split(|byte| *byte == b'\n') {
            let Some(name) = line.split(|byte| *byte == b'"').nth(1) else { continue };
            let typed: ConverseEvent = read(line);
            assert_eq!(typed.name().as_bytes(), name);
            assert_eq!(json(line), serde_json::to_value(&typed).unwrap());
        }
    }
}

#[test]
fn a_later_version_s_members_events_and_blocks_are_skipped() {
    let event: StreamEvent = read(br#"{"type":"weather_report","sky":"blue"}"#);
    assert_eq!(event, StreamEvent::Unknown);
    let delta: StreamEvent =
        read(br#"{"type":"content_block_delta","index":0,"delta":{"type":"smell","odour":"x"}}"#);
    let anthropic::BlockDelta::Unknown = delta_of(delta) else { panic!("must be unknown") };
    let reply: ChatReply = read(
        br#"{"id":"a","object":"chat.completion","created":1,"model":"m","moon":"full","choices":[]}"#,
    );
    assert_eq!(reply.model, "m");
}

#[test]
fn usage_is_read_from_replies_and_chunks() {
    let usage = openai::Usage::read(&fixture("openai/chat_reply.json")).unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (19, 10, 29));
    let last = events("openai/chat_stream.sse").into_iter().rev().nth(1).unwrap();
    assert_eq!(openai::Usage::read(&last.data).unwrap().total_tokens, 22);
    let usage = anthropic::Usage::read(&fixture("anthropic/messages_reply.json")).unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (2095, 503));
}

#[test]
fn every_fixture_says_where_it_is_documented() {
    for folder in ["openai", "azure", "anthropic", "gemini", "bedrock"] {
        for name in names(folder, "") {
            let stem = name.rsplit_once('.').unwrap().0;
            let note = String::from_utf8(fixture(&format!("{folder}/{stem}.md")).to_vec()).unwrap();
            assert!(note.contains("Documented at: https://"), "{folder}/{stem}.md names no page");
        }
    }
}

fn returns<T: DeserializeOwned + Serialize>(name: &str) {
    let body = fixture(name);
    let typed: T = serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(json(&body), serde_json::to_value(&typed).unwrap(), "{name}");
}

fn chunks_return(name: &str) {
    let mut events = events(name);
    let last = events.pop().unwrap();
    assert_eq!(last.data, openai::DONE, "{name} ends with [DONE]");
    for event in events {
        let typed: ChatChunk = read(&event.data);
        assert_eq!(json(&event.data), serde_json::to_value(&typed).unwrap(), "{name}");
        let mut frame = BytesMut::new();
        typed.write_frame(&mut frame);
        assert_eq!(json(&events_of(frame.freeze())[0].data), json(&event.data));
    }
}

fn delta_of(event: StreamEvent) -> anthropic::BlockDelta {
    match event {
        StreamEvent::ContentBlockDelta { delta, .. } => delta,
        other => panic!("no delta: {other:?}"),
    }
}

fn read<T: DeserializeOwned>(data: &[u8]) -> T {
    serde_json::from_slice(data).unwrap()
}

fn json(data: &[u8]) -> Value {
    read(data)
}

fn events(name: &str) -> Vec<Event> {
    events_of(fixture(name))
}

fn events_of(stream: Bytes) -> Vec<Event> {
    let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
    decoder.push(stream);
    std::iter::from_fn(|| decoder.next()).map(Result::unwrap).collect()
}

fn fixture(name: &str) -> Bytes {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).into()
}

fn names(folder: &str, prefix: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let names = fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.filter(|name| name.starts_with(prefix) && !name.ends_with(".md")).collect();
    names.sort();
    assert!(!names.is_empty(), "no fixtures in {folder}");
    names
}
