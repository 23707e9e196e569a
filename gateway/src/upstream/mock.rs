//! What a deployment that answers by itself would have said: the bytes of a provider's answer or stream in the client's
//! own words (or in OpenAI's, which are told in these), after LiteLLM 1.106 (`main.py`: `mock_completion`; `utils.py`: `mock_completion_streaming_obj`).
//!
//! It must never know routing: such a deployment is picked, tried again and cooled as any other.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wire::sse::encode::DONE;

use super::classify;
use super::dialect::{Dialect, Opening};
use super::failure::{ErrorClass, Failure, Trouble};
use super::forwarded;
use super::{contents, converse};
use crate::config::MockAnswer;
use crate::endpoint::{Endpoint, Kind, Wording};

/// Characters of a stream's piece (LiteLLM's).
const PIECE_CHARS: usize = 3;

/// Tokens that LiteLLM says were read and written.
const TOKENS: (u64, u64) = (10, 20);

/// What is to be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) stream: bool,
    pub(crate) at: Opening<'a>,
}

/// Who reads the answer.
pub(crate) fn dialect(endpoint: Endpoint) -> &'static dyn Dialect {
    match endpoint.row().wording {
        Wording::OpenAi | Wording::Events | Wording::Anthropic => forwarded::as_it_is(endpoint),
        Wording::Google => &contents::AT_OPENAI,
        Wording::Aws => &converse::AT_OPENAI,
    }
}

/// The answer's body; `None` where the endpoint has no such answer, and the provider is asked.
pub(crate) fn body(answer: &MockAnswer, asked: Asked<'_>) -> Option<Bytes> {
    let words = match answer {
        MockAnswer::Words(words) => words,
        MockAnswer::Members(members) => {
            return (asked.endpoint == Endpoint::Chat).then(|| members_of(members, asked));
        }
        MockAnswer::Vector(vector) => {
            let embedding = json!({ "object": "embedding", "index": 0, "embedding": &**vector });
            let usage = json!({ "prompt_tokens": TOKENS.0, "total_tokens": TOKENS.0 });
            let whole = json!({ "object": "list", "model": asked.at.model, "data": [embedding], "usage": usage });
            return (asked.endpoint == Endpoint::Embeddings).then(|| bytes(&whole));
        }
        MockAnswer::Error(_) | MockAnswer::Refusal(_) | MockAnswer::Timeout => return None,
    };
    let row = asked.endpoint.row();
    match (row.kind, row.wording) {
        (Kind::Answer, Wording::OpenAi) => Some(chat(words, asked)),
        (Kind::Answer, Wording::Google | Wording::Aws) => {
            // It is told as one that came from OpenAI.
            let at = Opening { include_usage: true, ..asked.at };
            Some(chat(words, Asked { at, ..asked }))
        }
        (Kind::Answer, Wording::Anthropic) => Some(message(words, asked)),
        (Kind::Answer, Wording::Events) => Some(response(words, asked)),
        (Kind::Text, _) => Some(completion(words, asked)),
        (Kind::Vectors | Kind::Count | Kind::OpenAisOwn, _) => None,
    }
}

/// The body of a refusal in those words.
pub(crate) fn refusal(words: &str) -> Bytes {
    bytes(&json!({ "error": { "message": format!("litellm.MockException: {words}") } }))
}

/// The failure that a deployment makes by itself.
pub(crate) fn failure(class: ErrorClass) -> Failure {
    let what = match class {
        ErrorClass::RateLimit => "rate limit error",
        ErrorClass::ContextWindow => "context window exceeded error",
        ErrorClass::InternalServer => "internal server error",
        ErrorClass::Timeout => "timeout error",
        ErrorClass::BadRequest
        | ErrorClass::Authentication
        | ErrorClass::PermissionDenied
        | ErrorClass::NotFound
        | ErrorClass::ContentPolicy
        | ErrorClass::UnprocessableEntity
        | ErrorClass::BadGateway
        | ErrorClass::ServiceUnavailable
        | ErrorClass::ApiConnection
        | ErrorClass::Api
        | ErrorClass::Unexpected => "error",
    };
    let this = if class == ErrorClass::Timeout { "This" } else { "this" };
    let message = format!("{this} is a mock {what}");
    let (status, reason) = (class.status(), classify::reason(class, class.status()));
    Failure { class, status, reason, ..Failure::broken(Trouble::Malformed, &message) }
}

fn usage() -> Value {
    let (read, written) = TOKENS;
    json!({ "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written })
}

fn chat(words: &str, asked: Asked<'_>) -> Bytes {
    let at = asked.at;
    let head = |object: &str, choices: Value| json!({ "id": at.answer_id(), "object": object, "created": at.created, "model": at.model, "choices": choices });
    if !asked.stream {
        let message = json!({ "role": "assistant", "content": words });
        let choice = json!({ "index": 0, "finish_reason": "stop", "message": message });
        let mut whole = head("chat.completion", json!([choice]));
        whole["usage"] = usage();
        return bytes(&whole);
    }
    let chunk = |delta: Value, finish: Option<&str>| {
        head(
            "chat.completion.chunk",
            json!([{ "index": 0, "delta": delta, "finish_reason": finish }]),
        )
    };
    let mut frames: Vec<Value> = Vec::new();
    for piece in pieces(words) {
        let delta = match frames.is_empty() {
            true => json!({ "role": "assistant", "content": piece }),
            false => json!({ "content": piece }),
        };
        frames.push(chunk(delta, None));
    }
    frames.push(chunk(json!({}), Some("stop")));
    if at.include_usage {
        let mut last = head("chat.completion.chunk", json!([]));
        last["usage"] = usage();
        frames.push(last);
    }
    events(&frames, DONE)
}

/// A chat completion of which the config says some members.
fn members_of(members: &Map<String, Value>, asked: Asked<'_>) -> Bytes {
    let said = members.get("choices").and_then(|choices| choices.pointer("/0/message/content"));
    let words = said.and_then(Value::as_str).unwrap_or_default();
    if asked.stream {
        return chat(words, asked);
    }
    let own = serde_json::from_slice(&chat(words, asked)).unwrap_or_default();
    let Value::Object(mut whole) = own else { return Bytes::new() };
    whole.extend(members.clone());
    bytes(&Value::Object(whole))
}

fn completion(words: &str, asked: Asked<'_>) -> Bytes {
    let at = asked.at;
    let of = |text: &str, finish: Option<&str>| {
        let choice = json!({ "index": 0, "text": text, "logprobs": null, "finish_reason": finish });
        json!({ "id": at.answer_id(), "object": "text_completion", "created": at.created, "model": at.model, "choices": [choice] })
    };
    if !asked.stream {
        let mut whole = of(words, Some("stop"));
        whole["usage"] = usage();
        return bytes(&whole);
    }
    let mut frames: Vec<Value> = pieces(words).map(|piece| of(&piece, None)).collect();
    frames.push(of("", Some("stop")));
    events(&frames, DONE)
}

fn message(words: &str, asked: Asked<'_>) -> Bytes {
    let id = format!("msg_{}", asked.at.call_id);
    let usage = json!({ "input_tokens": TOKENS.0, "output_tokens": TOKENS.1 });
    let of = |content: Value, stop: Option<&str>| {
        json!({
            "id": id, "type": "message", "role": "assistant", "model": asked.at.model, "content": content,
            "stop_reason": stop, "stop_sequence": null, "usage": usage,
        })
    };
    if !asked.stream {
        return bytes(&of(json!([{ "type": "text", "text": words }]), Some("end_turn")));
    }
    let empty = json!({ "type": "text", "text": "" });
    let mut frames = vec![
        json!({ "type": "message_start", "message": of(json!([]), None) }),
        json!({ "type": "content_block_start", "index": 0, "content_block": empty }),
    ];
    for piece in pieces(words) {
        let delta = json!({ "type": "text_delta", "text": piece });
        frames.push(json!({ "type": "content_block_delta", "index": 0, "delta": delta }));
    }
    let delta = json!({ "stop_reason": "end_turn", "stop_sequence": null });
    frames.push(json!({ "type": "content_block_stop", "index": 0 }));
    frames.push(
        json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": TOKENS.1 } }),
    );
    frames.push(json!({ "type": "message_stop" }));
    named_events(&frames)
}

fn response(words: &str, asked: Asked<'_>) -> Bytes {
    let (id, at) = (format!("resp_{}", asked.at.call_id), asked.at);
    let part = json!({ "type": "output_text", "text": words, "annotations": [] });
    let item = json!({ "id": format!("msg_{}", at.call_id), "type": "message", "role": "assistant", "status": "completed", "content": [part] });
    let usage = json!({ "input_tokens": TOKENS.0, "output_tokens": TOKENS.1, "total_tokens": TOKENS.0 + TOKENS.1 });
    let of = |status: &str, output: Value, usage: Value| json!({ "id": id, "object": "response", "created_at": at.created, "status": status, "model": at.model, "output": output, "usage": usage });
    let whole = of("completed", json!([item]), usage);
    if !asked.stream {
        return bytes(&whole);
    }
    let begun = of("in_progress", json!([]), Value::Null);
    let mut frames = vec![json!({ "type": "response.created", "response": begun })];
    let deltas = pieces(words).map(|piece| {
        json!({ "type": "response.output_text.delta", "item_id": item["id"], "output_index": 0, "content_index": 0, "delta": piece })
    });
    frames.extend(deltas);
    frames.push(json!({ "type": "response.completed", "response": whole }));
    named_events(&frames)
}

/// A text in pieces of some characters.
fn pieces(words: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = words.chars().collect();
    let pieces: Vec<String> =
        chars.chunks(PIECE_CHARS).map(|piece| piece.iter().collect()).collect();
    pieces.into_iter()
}

fn events(frames: &[Value], last: &[u8]) -> Bytes {
    let mut out: Vec<u8> =
        frames.iter().flat_map(|frame| format!("data: {frame}\n\n").into_bytes()).collect();
    out.extend_from_slice(last);
    Bytes::from(out)
}

/// Events under the name of their type.
fn named_events(frames: &[Value]) -> Bytes {
    let frame = |(number, frame): (usize, &Value)| {
        let kind = frame["type"].as_str().unwrap_or_default();
        let mut frame = frame.clone();
        if kind.starts_with("response.") {
            frame["sequence_number"] = json!(number);
        }
        format!("event: {kind}\ndata: {frame}\n\n").into_bytes()
    };
    frames.iter().enumerate().flat_map(frame).collect::<Vec<u8>>().into()
}

fn bytes(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}
