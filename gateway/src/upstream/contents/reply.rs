//! A whole chat completion in Google's words.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::anthropic::OutputBlock;
use wire::gemini::{Candidate, Content, FunctionCall, GenerateReply, Part, UsageMetadata};
use wire::openai::{ChatReply, Choice, ReplyMessage, Usage};

use crate::upstream::dialect::WholeAnswer;
use crate::upstream::pictures;

/// Translates an answer that was a chat completion. `None` if it is none after all.
pub(super) fn reply(answer: &WholeAnswer) -> Option<WholeAnswer> {
    let chat: ChatReply = serde_json::from_slice(&answer.body).ok()?;
    if chat.choices.is_empty() {
        return None;
    }
    let reply = GenerateReply {
        candidates: Some(chat.choices.into_iter().map(candidate).collect()),
        prompt_feedback: None,
        usage_metadata: chat.usage.as_ref().map(usage),
        model_version: Some(chat.model),
        response_id: Some(chat.id),
    };
    Some(answer.with_body(reply.to_json()))
}

fn candidate(choice: Choice) -> Candidate {
    let Choice { index, message, finish_reason, .. } = choice;
    let finish = finish_reason.as_deref().unwrap_or_default();
    let mut parts = thoughts(&message);
    let texts = [message.content, message.refusal];
    let said = texts.into_iter().flatten().filter(|text| !text.is_empty());
    parts.extend(said.map(|text| Part::words(&text)));
    parts.extend(message.images.iter().flatten().filter_map(picture));
    for call in message.tool_calls.unwrap_or_default() {
        parts.push(self::call(call.id, call.function.name, &call.function.arguments));
    }
    let finish_reason = Some(super::finish_reason(finish).to_owned());
    Candidate {
        content: Some(Content::of_model(parts)),
        finish_reason,
        index,
        ..Candidate::default()
    }
}

/// A picture, by its bytes.
pub(super) fn picture(picture: &Value) -> Option<Part> {
    let (kind, data) = pictures::read(picture)?;
    let inline_data = Some(json!({ "mimeType": kind, "data": data }));
    Some(Part { inline_data, ..Part::default() })
}

/// Thoughts with what proves them, where there is that; else their words.
fn thoughts(message: &ReplyMessage) -> Vec<Part> {
    let blocks = message.thinking_blocks.iter().flatten();
    let proven: Vec<Part> = blocks.filter_map(|block| proven(block.clone(), true)).collect();
    if !proven.is_empty() {
        return proven;
    }
    message.reasoning_content.iter().map(|words| Part::thinking(words)).collect()
}

/// One of Anthropic's blocks as a thought; without its words where these were said before.
pub(super) fn proven(block: Value, with_words: bool) -> Option<Part> {
    let (words, proof) = match serde_json::from_value(block).ok()? {
        OutputBlock::Thinking { thinking, signature } => (thinking, Proof::Signature(signature)),
        OutputBlock::RedactedThinking { data } => (String::new(), Proof::Redacted(data)),
        _ => return None,
    };
    let words = if with_words { words } else { String::new() };
    Some(Part::proven(&words, json!(proof).to_string().as_bytes()))
}

/// What proves a thought of Anthropic's, as it travels in Google's member for that.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Proof {
    Signature(String),
    /// A thought that is not shown.
    Redacted(String),
}

impl Proof {
    /// Reads it; `None` if it is somebody else's.
    pub(super) fn read(proof: &[u8]) -> Option<Self> {
        serde_json::from_slice(proof).ok()
    }
}

/// A call; arguments that are no object go along as text.
pub(super) fn call(id: String, name: String, arguments: &str) -> Part {
    let args = match serde_json::from_str(arguments) {
        Ok(Value::Object(object)) => Value::Object(object),
        Ok(_) | Err(_) if arguments.trim().is_empty() => json!({}),
        Ok(_) | Err(_) => json!({ "arguments": arguments }),
    };
    Part::call(FunctionCall { id: Some(id).filter(|id| !id.is_empty()), name, args: Some(args) })
}

/// Google counts thoughts apart.
pub(super) fn usage(usage: &Usage) -> UsageMetadata {
    let thoughts = usage.completion_tokens_details.map_or(0, |details| details.reasoning_tokens);
    let cached = usage.cache_read();
    UsageMetadata {
        prompt_token_count: usage.prompt_tokens,
        candidates_token_count: Some(usage.completion_tokens.saturating_sub(thoughts)),
        total_token_count: usage.prompt_tokens.saturating_add(usage.completion_tokens),
        cached_content_token_count: (cached > 0).then_some(cached),
        prompt_tokens_details: None,
        thoughts_token_count: (thoughts > 0).then_some(thoughts),
    }
}
