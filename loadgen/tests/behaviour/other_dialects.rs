//! Gemini and Bedrock, called without a gateway: what is sent, and what their answers and streams mean.

use bytes::{Bytes, BytesMut};
use loadgen::body::BodyWriter;
use loadgen::config::{Dialect, TokenSpread, Workload};
use loadgen::reply::{self, Reply};
use loadgen::schedule::Intent;
use loadgen::stream::{Progress, Reading, StreamReader};
use loadgen::verdict::End;
use vocab::{At, PromptId, RequestId};
use wire::bedrock::{ConverseEvent, Metrics, StreamException, TokenUsage};

fn intent() -> Intent {
    Intent {
        request: RequestId(9),
        phase: 0,
        intended: At::START,
        stream: true,
        prompt: PromptId(7),
        prompt_tokens: 4,
        answer_tokens: 57,
        leave_after: None,
    }
}

fn body(dialect: Dialect, max_tokens: Option<u32>, repeat_share: f64) -> String {
    let workload = Workload {
        name: "w".to_owned(),
        stream_share: 1.0,
        prompt_tokens: TokenSpread::Constant(4),
        answer_tokens: TokenSpread::Constant(57),
        max_tokens,
        repeat_share,
    };
    let body = BodyWriter::new(dialect, "m", &workload).write(&intent());
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn bodies_are_these_bytes() {
    let prompt = "[[brownout:000007]] [[answer:57]] pearl flint";
    let gemini = format!(r#"{{"contents":[{{"role":"user","parts":[{{"text":"{prompt}"}}]}}]"#);
    assert_eq!(body(Dialect::Gemini, None, 0.5), format!("{gemini}}}"));
    let capped = format!(r#"{gemini},"generationConfig":{{"maxOutputTokens":64}}}}"#);
    assert_eq!(body(Dialect::Gemini, Some(64), 0.0), capped);
    let bedrock = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"{prompt}"}}]}}]"#);
    assert_eq!(body(Dialect::Bedrock, None, 0.0), format!("{bedrock}}}"));
    let named = r#","inferenceConfig":{"maxTokens":64},"requestMetadata":{"user":"9"}}"#;
    assert_eq!(body(Dialect::Bedrock, Some(64), 0.5), format!("{bedrock}{named}"));
}

#[test]
fn ollamas_bodies_always_say_whether_they_want_a_stream() {
    let prompt = "[[brownout:000007]] [[answer:57]] pearl flint";
    let opening = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prompt}"}}]"#);
    assert_eq!(body(Dialect::Ollama, None, 0.5), format!(r#"{opening},"stream":true}}"#));
    let capped = format!(r#"{opening},"stream":true,"options":{{"num_predict":64}}}}"#);
    assert_eq!(body(Dialect::Ollama, Some(64), 0.0), capped);
}

#[test]
fn a_stream_of_ollamas_ends_with_the_line_that_is_done() {
    let words = Bytes::from(
        r#"{"model":"m","message":{"role":"assistant","content":"a b"},"done":false}
"#,
    );
    let last = Bytes::from(
        r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
"#,
    );
    let ollama = |pieces: &[Bytes]| read(Dialect::Ollama, pieces);
    assert_eq!(ollama(&[words.clone(), words.clone(), last]), (End::Whole, 2));
    assert_eq!(ollama(std::slice::from_ref(&words)), (End::Unterminated, 1));
    let error = Bytes::from("{\"error\":\"it broke\"}\n");
    assert_eq!(ollama(&[words.clone(), error]), (End::ErrorInside, 1));
    assert_eq!(ollama(&[words, Bytes::from("{\n")]), (End::Malformed, 1));
}

/// How a stream of these pieces goes, and how many of them brought something.
fn read(dialect: Dialect, pieces: &[Bytes]) -> (End, u64) {
    let mut reader = StreamReader::new(dialect, None);
    let mut reading = Reading::new(PromptId(7));
    let mut beats = 0;
    for (piece, at) in pieces.iter().zip(1..) {
        let progress = reader.push(piece.clone(), At(at), &mut reading);
        beats += u64::from(reading.pulse.last == Some(At(at)));
        if let Progress::Over(end) = progress {
            return (end, beats);
        }
    }
    (reader.end(), beats)
}

fn part(text: &str, more: &str) -> Bytes {
    let frame = format!(
        "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}}{more}}}]}}\r\n\r\n"
    );
    Bytes::from(frame)
}

#[test]
fn a_stream_of_geminis_ends_with_the_part_that_says_why() {
    let (words, last) = (part("a b", ""), part("", ",\"finishReason\":\"STOP\""));
    let gemini = |pieces: &[Bytes]| read(Dialect::Gemini, pieces);
    assert_eq!(gemini(&[words.clone(), words.clone(), last.clone()]), (End::Whole, 2));
    assert_eq!(gemini(&[words.clone(), last, words.clone()]), (End::Whole, 1));
    assert_eq!(gemini(std::slice::from_ref(&words)), (End::Unterminated, 1));
    let error = Bytes::from("data: {\"error\":{\"code\":503}}\r\n\r\n");
    assert_eq!(gemini(&[words.clone(), error]), (End::ErrorInside, 1));
    assert_eq!(gemini(&[words, Bytes::from("data: {{\r\n\r\n")]), (End::Malformed, 1));
}

fn frame(event: &ConverseEvent) -> Bytes {
    let mut out = BytesMut::new();
    event.write_frame(&mut out, 2);
    out.freeze()
}

#[test]
fn a_stream_of_converse_ends_with_its_usage_or_behind_its_reason() {
    let words = frame(&ConverseEvent::text(0, "a b"));
    let reason = frame(&ConverseEvent::MessageStop { stop_reason: "end_turn".to_owned() });
    let usage = frame(&ConverseEvent::Metadata {
        usage: TokenUsage::new(3, 2),
        metrics: Some(Metrics { latency_ms: 1 }),
    });
    let bedrock = |pieces: &[Bytes]| read(Dialect::Bedrock, pieces);
    assert_eq!(bedrock(&[words.clone(), reason.clone(), usage]), (End::Whole, 1));
    assert_eq!(bedrock(&[words.clone(), reason]), (End::Whole, 1));
    assert_eq!(bedrock(std::slice::from_ref(&words)), (End::Unterminated, 1));
    let mut out = BytesMut::new();
    StreamException::Throttling.frame("slower").write(&mut out);
    assert_eq!(bedrock(&[words.clone(), out.freeze()]), (End::ErrorInside, 1));
    let mut spoiled = words.to_vec();
    wire::bedrock::eventstream::spoil_checksum(&mut spoiled);
    assert_eq!(bedrock(&[words, Bytes::from(spoiled)]), (End::Malformed, 1));
}

#[test]
fn whole_answers_are_words_errors_or_neither() {
    for (dialect, body, said) in [
        (
            Dialect::Gemini,
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#,
            Reply::Words("a".into()),
        ),
        (Dialect::Gemini, r#"{"error":{"code":429}}"#, Reply::Error),
        (Dialect::Gemini, r#"{"output":{}}"#, Reply::Malformed),
        (
            Dialect::Bedrock,
            r#"{"output":{"message":{"role":"assistant","content":[{"text":"a"},{"text":"b"}]}}}"#,
            Reply::Words("ab".into()),
        ),
        (
            Dialect::Ollama,
            r#"{"message":{"role":"assistant","content":"a"},"done":true}"#,
            Reply::Words("a".into()),
        ),
        (Dialect::Ollama, r#"{"error":"it broke"}"#, Reply::Error),
        (Dialect::Bedrock, r#"{"message":"Too many requests"}"#, Reply::Error),
        (Dialect::Bedrock, r#"{"candidates":[]}"#, Reply::Malformed),
    ] {
        assert_eq!(reply::read(dialect, body.as_bytes()), said, "{body}");
    }
}
