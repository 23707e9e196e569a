//! The fakes' fast path writes, byte for byte, what the typed encoder writes.

use bytes::BytesMut;
use proptest::prelude::*;
use wire::{
    anthropic::{StreamEvent, TextTemplate},
    azure::{FilterResults, prompt_filter_chunk},
    gemini::{self, GenerateReply, Part, UsageMetadata},
    json_text::escape_into,
    openai::{
        ChatChunk, ChunkTemplate, Usage,
        responses::{Event, TextDeltaTemplate},
    },
};

#[test]
fn the_golden_stream() {
    let chunk = ChatChunk::new("chatcmpl-1", "gpt-4o-2024-08-06", 7);
    let mut out = BytesMut::new();
    chunk.clone().with_role().write_frame(&mut out);
    ChunkTemplate::new(&chunk).write_content(&mut out, "Hé \"x\"\n");
    chunk.clone().with_finish("stop").write_frame(&mut out);
    chunk.with_usage(Usage::new(3, 1)).write_frame(&mut out);
    TextTemplate::new(2).write_text(&mut out, "\\");
    insta::assert_snapshot!(String::from_utf8(out.to_vec()).unwrap(), @r#"
    data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}

    data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"Hé \"x\"\n"},"logprobs":null,"finish_reason":null}]}

    data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}

    data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}

    event: content_block_delta
    data: {"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"\\"}}
    "#);
}

#[test]
fn azure_s_first_frame() {
    let mut out = BytesMut::new();
    prompt_filter_chunk().write_frame(&mut out);
    let documented = include_str!("../../fixtures/azure/chat_stream.sse").lines().next().unwrap();
    let json = |frame: &str| {
        let data = frame.strip_prefix("data: ").unwrap();
        serde_json::from_str::<serde_json::Value>(data).unwrap()
    };
    assert_eq!(json(std::str::from_utf8(&out).unwrap().trim_end()), json(documented));
}

proptest! {
    #[test]
    fn any_words(text in "(?s).{0,40}", id in "(?s).{0,40}", azure in any::<bool>(), index in any::<u32>()) {
        let mut chunk = ChatChunk::new(&id, "\"delta\":{\"content\":\"", 7);
        chunk.usage = Some(None);
        if azure {
            chunk.choices[0].content_filter_results = Some(FilterResults::all_safe());
        }
        let (mut fast, mut typed) = (BytesMut::new(), BytesMut::new());
        ChunkTemplate::new(&chunk).write_content(&mut fast, &text);
        chunk.with_content(&text).write_frame(&mut typed);
        TextTemplate::new(index).write_text(&mut fast, &text);
        StreamEvent::text(index, &text).write_frame(&mut typed);
        prop_assert_eq!(fast, typed);
    }

    #[test]
    fn any_words_of_gemini_s(
        text in "(?s).{0,40}", model in "(?s).{0,20}", prompt in any::<u32>(),
        answered in any::<u32>(), thought in 0..3_u64,
    ) {
        let usage = UsageMetadata::of_prompt(prompt.into()).after(0, thought);
        let template = gemini::TextTemplate::new(&model, "\"totalTokenCount\":1", &usage);
        let (mut fast, mut typed) = (BytesMut::new(), BytesMut::new());
        template.write_text(&mut fast, &text, answered.into());
        let usage = usage.after(answered.into(), thought);
        let parts = vec![Part::words(&text)];
        let reply = GenerateReply::new(&model, "\"totalTokenCount\":1", parts, usage);
        gemini::write_sse_frame(&mut typed, &reply);
        prop_assert_eq!(fast, typed);
    }

    #[test]
    fn any_words_of_responses(
        text in "(?s).{0,40}", id in "(?s).{0,20}", index in any::<u32>(), number in any::<u64>(),
    ) {
        let (mut fast, mut typed) = (BytesMut::new(), BytesMut::new());
        TextDeltaTemplate::new(&id, index).write_text(&mut fast, number, &text);
        let delta = Event::OutputTextDelta {
            sequence_number: number,
            item_id: id,
            output_index: index,
            content_index: 0,
            delta: text,
            logprobs: Vec::new(),
            obfuscation: None,
        };
        delta.write_frame(&mut typed);
        prop_assert_eq!(fast, typed);
    }

    #[test]
    fn escapes_are_serde_json_s(text in "(?s).{0,40}", control in 0..0x20_u8) {
        let text = format!("{text}{}", char::from(control));
        let mut escaped = BytesMut::from(&b"\""[..]);
        escape_into(&mut escaped, &text);
        escaped.extend_from_slice(b"\"");
        prop_assert_eq!(escaped, serde_json::to_string(&text)?);
    }
}
