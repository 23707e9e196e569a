//! A whole answer of Anthropic's in OpenAI's words.

use serde_json::Value;
use wire::anthropic::{MessagesReply, OutputBlock};
use wire::openai::{ChatReply, FunctionCall, ReplyMessage, ToolCall, Usage};

use super::citations;
use crate::upstream::answer_form::ANSWER_TOOL;
use crate::upstream::chunk_writer::native_finish;
use crate::upstream::dialect::{Opening, Says, WholeAnswer};

/// Translates an answer. `None` if the body is no Messages reply.
pub(in crate::upstream) fn reply(body: &[u8], at: Opening<'_>) -> Option<WholeAnswer> {
    let reply: MessagesReply = serde_json::from_slice(body).ok()?;
    let usage = usage(&reply.usage);
    let mut said = Said::default();
    for block in reply.content {
        said.add(block);
    }
    said.words = said.in_json.clone().unwrap_or(said.words);
    let mut chat = ChatReply::text(&reply.id, &reply.model, at.created, &said.words);
    chat.usage = Some(usage);
    let finish = reply.stop_reason.as_deref().map(super::finish_reason);
    let says = Says::of(!said.is_nothing(), finish);
    if let Some(choice) = chat.choices.first_mut() {
        choice.finish_reason = said.finish(finish).map(str::to_owned);
        let native = reply.stop_reason.as_deref().and_then(super::native_finish);
        choice.provider_specific_fields = native.map(native_finish);
        if said.in_json.is_none() {
            citations::tell(body, &mut choice.message);
        }
        said.write(&mut choice.message);
    }
    Some(WholeAnswer { body: chat.to_json(), usage: Some(usage), says })
}

/// What the blocks of an answer say.
#[derive(Default)]
struct Said {
    words: String,
    thoughts: String,
    thinking_blocks: Vec<Value>,
    calls: Vec<ToolCall>,
    /// An answer in JSON, which came as a call; words beside it are none of it.
    in_json: Option<String>,
}

impl Said {
    fn add(&mut self, block: OutputBlock) {
        match block {
            OutputBlock::Text { text } => self.words.push_str(&text),
            OutputBlock::ToolUse { name, input, .. } if name == ANSWER_TOOL => {
                self.in_json.get_or_insert_with(|| input.to_string());
            }
            OutputBlock::ToolUse { id, name, input } => self.calls.push(ToolCall {
                id,
                kind: "function".to_owned(),
                function: FunctionCall { name, arguments: input.to_string() },
            }),
            OutputBlock::Thinking { ref thinking, .. } => {
                self.thoughts.push_str(thinking);
                self.thinking_blocks.extend(serde_json::to_value(&block).ok());
            }
            OutputBlock::RedactedThinking { .. } => {
                self.thinking_blocks.extend(serde_json::to_value(&block).ok());
            }
            OutputBlock::Unknown => {}
        }
    }

    fn is_nothing(&self) -> bool {
        self.words.is_empty() && self.calls.is_empty() && self.thinking_blocks.is_empty()
    }

    /// The call by which an answer in JSON comes is none for the client.
    fn finish(&self, reason: Option<&'static str>) -> Option<&'static str> {
        match reason {
            Some(super::TOOL_CALLS) if self.in_json.is_some() && self.calls.is_empty() => {
                Some("stop")
            }
            other => other,
        }
    }

    fn write(self, message: &mut ReplyMessage) {
        if !self.calls.is_empty() {
            message.content = (!self.words.is_empty()).then_some(self.words);
            message.tool_calls = Some(self.calls);
        }
        if !self.thinking_blocks.is_empty() {
            message.reasoning_content = Some(self.thoughts);
            message.thinking_blocks = Some(self.thinking_blocks);
        }
    }
}

/// OpenAI counts the cache's part within the prompt.
pub(in crate::upstream) fn usage(usage: &wire::anthropic::Usage) -> Usage {
    let read = usage.cache_read_input_tokens.unwrap_or_default();
    let written = usage.cache_creation_input_tokens.unwrap_or_default();
    let prompt = usage.input_tokens.saturating_add(read).saturating_add(written);
    Usage::new(prompt, usage.output_tokens).with_cache(read, written)
}
