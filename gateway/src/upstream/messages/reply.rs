//! A whole chat completion in the words of Messages.

use serde::Deserialize as _;
use serde_json::{Value, json};
use wire::anthropic::{MessagesReply, OutputBlock, Usage};
use wire::openai::{ChatReply, ReplyMessage, Usage as ChatUsage};

use crate::upstream::dialect::WholeAnswer;

/// Translates an answer that was a chat completion. `None` if it is none after all.
pub(super) fn reply(answer: &WholeAnswer) -> Option<WholeAnswer> {
    let chat: ChatReply = serde_json::from_slice(&answer.body).ok()?;
    let choice = chat.choices.into_iter().next()?;
    let finish = choice.finish_reason.as_deref().unwrap_or_default();
    let mut content = thoughts(&choice.message);
    let texts = [choice.message.content, choice.message.refusal];
    let said = texts.into_iter().flatten().filter(|text| !text.is_empty());
    content.extend(said.map(|text| OutputBlock::Text { text }));
    for call in choice.message.tool_calls.unwrap_or_default() {
        let (id, name) = (call.id, call.function.name);
        content.push(OutputBlock::ToolUse { id, name, input: input(&call.function.arguments) });
    }
    let usage = chat.usage.unwrap_or_default();
    let stop_reason = Some(super::stop_reason(finish).to_owned());
    let begun = MessagesReply::begun(&chat.id, &chat.model, self::usage(&usage));
    let message = MessagesReply { content, stop_reason, ..begun };
    Some(answer.with_body(message.to_json()))
}

/// Thoughts with what it takes to send them back, where there is that; else their words.
fn thoughts(message: &ReplyMessage) -> Vec<OutputBlock> {
    let blocks = message.thinking_blocks.iter().flatten();
    let blocks: Vec<_> = blocks.filter_map(|block| OutputBlock::deserialize(block).ok()).collect();
    if !blocks.is_empty() {
        return blocks;
    }
    let words = message.reasoning_content.iter().cloned();
    words.map(|thinking| OutputBlock::Thinking { thinking, signature: String::new() }).collect()
}

/// The arguments of a call; what is no object goes along as text.
fn input(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(object)) => Value::Object(object),
        Ok(_) | Err(_) if arguments.trim().is_empty() => json!({}),
        Ok(_) | Err(_) => json!({ "arguments": arguments }),
    }
}

/// Anthropic counts apart what the cache gave and took.
pub(super) fn usage(usage: &ChatUsage) -> Usage {
    let (read, written) = (usage.cache_read(), usage.cache_written());
    Usage {
        input_tokens: usage.prompt_tokens.saturating_sub(read).saturating_sub(written),
        output_tokens: usage.completion_tokens,
        cache_creation_input_tokens: (written > 0).then_some(written),
        cache_read_input_tokens: (read > 0).then_some(read),
        ..Usage::default()
    }
}
