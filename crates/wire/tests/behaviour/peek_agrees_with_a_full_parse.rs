//! A peek sees in any JSON document, however formatted or broken, what a full parse sees.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::{
    anthropic,
    openai::{self, PeekKind},
    sse::{DEFAULT_MAX_EVENT_BYTES, Decoder},
};

#[test]
fn the_gist_of_a_stream() {
    let gists: Vec<_> = data("stream", include_bytes!("../../fixtures/openai/chat_stream.sse"))
        .iter()
        .map(|data| gist(data))
        .collect();
    insta::assert_snapshot!(gists.join("\n"), @r#"
    Delta
    Delta "Hello"
    Delta " \"wörld\"\n"
    Delta finish=stop
    Delta usage
    Done
    "#);
}

#[test]
fn the_gist_of_azure_and_of_tools() {
    let azure = include_bytes!("../../fixtures/azure/chat_stream.sse");
    let gists: Vec<_> = data("azure", azure).iter().map(|data| gist(data)).collect();
    assert_eq!(
        gists,
        ["Delta", "Delta", "Delta \"Hello\"", "Delta \" there\"", "Delta finish=stop", "Done"]
    );
    let tools = include_bytes!("../../fixtures/openai/chat_stream_tools.sse");
    let gists: Vec<_> = data("tools", tools).iter().map(|data| gist(data)).collect();
    assert_eq!(gists[0], "Delta tool");
    assert_eq!(gists[4], "Delta finish=tool_calls");
    let thoughts = include_bytes!("../../fixtures/openai/chat_stream_reasoning.sse");
    let gists: Vec<_> = data("thoughts", thoughts).iter().map(|data| gist(data)).collect();
    assert_eq!(gists[..3], ["Delta reasoning", "Delta \"42\"", "Delta refusal"]);
}

#[test]
fn errors_and_garbage_are_told_apart() {
    assert_eq!(gist(br#"{"error":{"message":"overloaded"}}"#), "Error");
    assert_eq!(gist(br#"{"error":null,"choices":[]}"#), "Delta");
    assert_eq!(gist(b" [DONE] "), "Done");
    for garbage in [
        "",
        "[]",
        "12",
        "{\"id\":",
        "{\"id\":\"a}",
        "{}{}",
        "{\"a\":01}",
        "{\"a\":\"\\x\"}",
        "<html>",
        "\u{feff}{}",
    ] {
        assert_eq!(gist(garbage.as_bytes()), "Malformed", "{garbage}");
    }
    assert_eq!(gist(b"{\"a\":\"\xff\"}"), "Malformed");
}

#[test]
fn the_gist_of_an_anthropic_stream() {
    let stream = include_bytes!("../../fixtures/anthropic/messages_stream.sse");
    let gists: Vec<_> = data("stream", stream).iter().map(|data| anthropic_gist(data)).collect();
    insta::assert_snapshot!(gists.join("\n"), @r#"
    MessageStart usage
    BlockStart
    Ping
    Delta "Hello"
    Delta "! \"Grüße\"\n"
    BlockStop
    MessageDelta stop=end_turn usage
    MessageStop
    "#);
    let stream = include_bytes!("../../fixtures/anthropic/messages_stream_tools.sse");
    let gists: Vec<_> = data("stream", stream).iter().map(|data| anthropic_gist(data)).collect();
    assert_eq!(
        gists[2..8],
        ["Delta reasoning", "Delta", "BlockStop", "BlockStart tool", "Delta", "Delta tool"]
    );
    let named = anthropic::peek(Some(b"error"), b"{}");
    assert_eq!(named.kind, anthropic::PeekKind::Error, "the frame's name serves where no type is");
}

proptest! {
    #[test]
    fn any_document_in_any_dress(chunk in chunk(), dress in 0..5_u8, surplus in "[ {}\\[\\],:\"a1\\\\-]{0,3}") {
        let text = dressed(&chunk, dress);
        prop_assert_eq!(gist(text.as_bytes()), gist_by_full_parse(text.as_bytes()));
        prop_assert_eq!(anthropic_gist(text.as_bytes()), anthropic_by_full_parse(text.as_bytes()));
        let spoiled = format!("{text}{surplus}");
        prop_assert_eq!(gist(spoiled.as_bytes()), gist_by_full_parse(spoiled.as_bytes()));
    }

    #[test]
    fn any_damage(chunk in chunk(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = chunk.to_string().into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        prop_assert_eq!(gist(&bytes), gist_by_full_parse(&bytes));
        prop_assert_eq!(anthropic_gist(&bytes), anthropic_by_full_parse(&bytes));
    }
}

/// Chunks and events of the right build with anything in the places that matter, and objects made
/// of the same members in the wrong places.
fn chunk() -> impl Strategy<Value = Value> {
    prop_oneof![openai_chunk(), anthropic_event(), object(nested())]
}

fn openai_chunk() -> impl Strategy<Value = Value> {
    let names = ["content", "content", "tool_calls", "reasoning", "reasoning_content", "refusal"];
    let delta = named(names, leaf());
    let choice = (delta, prop_oneof![leaf(), nested()])
        .prop_map(|(delta, reason)| json!({"index": 0, "delta": delta, "finish_reason": reason}));
    let choices = prop::collection::vec(prop_oneof![8 => choice, 1 => leaf()], 0..3);
    (choices, named(["id", "model", "usage", "error", "index", "text"], leaf())).prop_map(
        |(choices, mut chunk)| {
            chunk["choices"] = json!(choices);
            chunk
        },
    )
}

fn anthropic_event() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec![
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
        "other",
    ]);
    let names = ["type", "text", "partial_json", "thinking", "stop_reason", "usage"];
    (kinds, named(names, leaf()), named(names, leaf()), leaf()).prop_map(
        |(kind, delta, block, usage)| {
            json!({"delta": delta, "content_block": block, "message": delta, "usage": usage, "type": kind})
        },
    )
}

fn nested() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!([{"index": 0}])),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| json!(number)),
        "(?s).{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["", "stop", "tool_use", "\"finish_reason\":\"x\"", "😀\u{8}\\"])
            .prop_map(Value::from),
    ]
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let names = [
        "choices",
        "delta",
        "content",
        "finish_reason",
        "usage",
        "error",
        "tool_calls",
        "type",
        "text",
        "content_block",
        "message",
        "we\"ird\n",
    ];
    named(names, value)
}

fn named<const N: usize>(
    names: [&'static str; N],
    value: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Value> {
    let name = prop::sample::select(names.to_vec()).prop_map(str::to_owned);
    prop::collection::vec((name, value), 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// The same document compact, with Python's spaces, indented, or with escapes (in names too).
fn dressed(value: &Value, dress: u8) -> String {
    match dress {
        0 => value.to_string(),
        1 => value.to_string().replace("\":", "\": ").replace(",\"", ", \""),
        2 => serde_json::to_string_pretty(value).unwrap(),
        _ => value.to_string().chars().fold(String::new(), |text, c| match c {
            'e' if dress == 3 => text + "\\u0065",
            c if c.is_ascii() => text + &c.to_string(),
            c => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .fold(text, |text, unit| text + &format!("\\u{unit:04x}")),
        }),
    }
}

fn gist(data: &[u8]) -> String {
    let peek = openai::peek(data);
    let mut gist = format!("{:?}", peek.kind);
    let output = peek.has_output();
    describe(&mut gist, peek.content.map(|text| text.unescape().into_owned()));
    for (flag, name) in
        [(peek.tool, "tool"), (peek.reasoning, "reasoning"), (peek.refusal, "refusal")]
    {
        if flag {
            gist = format!("{gist} {name}");
        }
    }
    assert_eq!(output, gist.contains(' '));
    if let Some(reason) = peek.finish_reason {
        gist = format!("{gist} finish={}", reason.unescape());
    }
    if peek.usage { gist + " usage" } else { gist }
}

fn gist_by_full_parse(data: &[u8]) -> String {
    if data.trim_ascii() == b"[DONE]" {
        return format!("{:?}", PeekKind::Done);
    }
    let Ok(chunk @ Value::Object(_)) = serde_json::from_slice::<Value>(data) else {
        return "Malformed".to_owned();
    };
    let mut gist = if chunk["error"].is_null() { "Delta".to_owned() } else { "Error".to_owned() };
    let none = Vec::new();
    let choices = chunk["choices"].as_array().unwrap_or(&none);
    let words = |name: &str| {
        let words = choices.iter().filter_map(|choice| choice["delta"][name].as_str());
        words.filter(|words| !words.is_empty()).map(str::to_owned).next()
    };
    describe(&mut gist, words("content"));
    let calls = |choice: &Value| {
        let calls = &choice["delta"]["tool_calls"];
        !calls.is_null() && calls != &json!([])
    };
    if choices.iter().any(calls) {
        gist += " tool";
    }
    if words("reasoning_content").or_else(|| words("reasoning")).is_some() {
        gist += " reasoning";
    }
    if words("refusal").is_some() {
        gist += " refusal";
    }
    if let Some(reason) = choices.iter().find_map(|choice| choice["finish_reason"].as_str()) {
        gist = format!("{gist} finish={reason}");
    }
    if chunk["usage"].is_null() { gist } else { gist + " usage" }
}

fn anthropic_gist(data: &[u8]) -> String {
    let peek = anthropic::peek(None, data);
    let mut gist = format!("{:?}", peek.kind);
    let output = peek.has_output();
    describe(&mut gist, peek.content.map(|text| text.unescape().into_owned()));
    for (flag, name) in [(peek.tool, "tool"), (peek.reasoning, "reasoning")] {
        if flag {
            gist = format!("{gist} {name}");
        }
    }
    assert_eq!(output, gist.contains(' '));
    if let Some(reason) = peek.stop_reason {
        gist = format!("{gist} stop={}", reason.unescape());
    }
    if peek.usage { gist + " usage" } else { gist }
}

fn anthropic_by_full_parse(data: &[u8]) -> String {
    let Ok(event @ Value::Object(_)) = serde_json::from_slice::<Value>(data) else {
        return "Malformed".to_owned();
    };
    let kind = match event["type"].as_str() {
        Some("message_start") => "MessageStart",
        Some("content_block_start") => "BlockStart",
        Some("ping") => "Ping",
        Some("content_block_delta") => "Delta",
        Some("content_block_stop") => "BlockStop",
        Some("message_delta") => "MessageDelta",
        Some("message_stop") => "MessageStop",
        Some("error") => "Error",
        _ => "Unknown",
    };
    let mut gist = kind.to_owned();
    let words = |name: &str| event["delta"][name].as_str().filter(|words| !words.is_empty());
    if kind == "Delta" {
        describe(&mut gist, words("text").map(str::to_owned));
    }
    if kind == "Delta" && words("partial_json").is_some()
        || kind == "BlockStart" && event["content_block"]["type"] == "tool_use"
    {
        gist += " tool";
    }
    if kind == "Delta" && words("thinking").is_some() {
        gist += " reasoning";
    }
    if let (true, Some(reason)) = (kind == "MessageDelta", event["delta"]["stop_reason"].as_str()) {
        gist = format!("{gist} stop={reason}");
    }
    let usage = !event["usage"].is_null() || !event["message"]["usage"].is_null();
    if usage { gist + " usage" } else { gist }
}

fn describe(gist: &mut String, words: Option<String>) {
    if let Some(words) = words {
        *gist += &format!(" {words:?}");
    }
}

fn data(name: &str, stream: &'static [u8]) -> Vec<Bytes> {
    let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
    decoder.push(Bytes::from_static(stream));
    let data: Vec<_> =
        std::iter::from_fn(|| decoder.next()).map(|event| event.unwrap().data).collect();
    assert!(!data.is_empty(), "{name} has no events");
    data
}
