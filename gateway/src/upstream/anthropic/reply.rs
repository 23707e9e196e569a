//! A whole answer of Anthropic's in OpenAI's words.

use wire::anthropic::{MessagesReply, OutputBlock};
use wire::openai::{ChatReply, FunctionCall, PromptTokensDetails, ToolCall, Usage};

use crate::upstream::dialect::WholeAnswer;
use crate::upstream::forwarded::CONTENT_FILTER;

/// Translates an answer; `created` is unix seconds. `None` if the body is no Messages reply.
pub(crate) fn reply(body: &[u8], created: u64) -> Option<WholeAnswer> {
    let reply: MessagesReply = serde_json::from_slice(body).ok()?;
    let usage = usage(&reply.usage);
    let mut words = String::new();
    let mut calls = Vec::new();
    for block in reply.content {
        match block {
            OutputBlock::Text { text } => words.push_str(&text),
            OutputBlock::ToolUse { id, name, input } => calls.push(ToolCall {
                id,
                kind: "function".to_owned(),
                function: FunctionCall { name, arguments: input.to_string() },
            }),
            OutputBlock::Thinking { .. }
            | OutputBlock::RedactedThinking { .. }
            | OutputBlock::Unknown => {}
        }
    }
    let mut chat = ChatReply::text(&reply.id, &reply.model, created, &words);
    chat.usage = Some(usage);
    let finish = reply.stop_reason.as_deref().map(super::finish_reason);
    if let Some(choice) = chat.choices.first_mut() {
        choice.finish_reason = finish.map(str::to_owned);
        if !calls.is_empty() {
            choice.message.content = (!words.is_empty()).then_some(words);
            choice.message.tool_calls = Some(calls);
        }
    }
    let filtered = finish == Some(CONTENT_FILTER);
    Some(WholeAnswer { body: chat.to_json(), usage: Some(usage), filtered })
}

/// OpenAI counts the cache's part within the prompt.
pub(super) fn usage(usage: &wire::anthropic::Usage) -> Usage {
    let read = usage.cache_read_input_tokens.unwrap_or_default();
    let written = usage.cache_creation_input_tokens.unwrap_or_default();
    let prompt = usage.input_tokens.saturating_add(read).saturating_add(written);
    let mut sum = Usage::new(prompt, usage.output_tokens);
    if read > 0 {
        let details = PromptTokensDetails { cached_tokens: read, ..PromptTokensDetails::default() };
        sum.prompt_tokens_details = Some(details);
    }
    sum
}
