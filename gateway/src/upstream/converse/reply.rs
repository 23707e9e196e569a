//! A whole chat completion in Converse's words. How long it took is not said: nobody measured it.

use serde_json::Value;
use wire::anthropic::OutputBlock as Thought;
use wire::bedrock::{
    ConverseReply, Output, OutputBlock, OutputMessage, Reasoning, TokenUsage, ToolUse,
};
use wire::openai::{ChatReply, ReplyMessage, ToolCall, Usage};

use crate::upstream::dialect::WholeAnswer;

/// Translates an answer that was a chat completion. `None` if it is none after all.
pub(super) fn reply(answer: &WholeAnswer) -> Option<WholeAnswer> {
    let chat: ChatReply = serde_json::from_slice(&answer.body).ok()?;
    let choice = chat.choices.into_iter().next()?;
    let finish = choice.finish_reason.as_deref().unwrap_or_default();
    let mut content = thoughts(&choice.message);
    let texts = [choice.message.content, choice.message.refusal];
    let said = texts.into_iter().flatten().filter(|text| !text.is_empty());
    content.extend(said.map(|text| OutputBlock::words(&text)));
    content.extend(choice.message.tool_calls.unwrap_or_default().into_iter().map(call));
    let reply = ConverseReply {
        output: Output { message: OutputMessage { role: "assistant".to_owned(), content } },
        stop_reason: super::stop_reason(finish).to_owned(),
        usage: usage(&chat.usage.unwrap_or_default()),
        metrics: None,
    };
    Some(answer.with_body(reply.to_json()))
}

/// Thoughts with what it takes to send them back, where there is that; else their words.
fn thoughts(message: &ReplyMessage) -> Vec<OutputBlock> {
    let block =
        |thought| OutputBlock { reasoning_content: Some(thought), ..OutputBlock::default() };
    let proven = message.thinking_blocks.iter().flatten().filter_map(proven);
    let proven: Vec<OutputBlock> = proven.map(block).collect();
    if !proven.is_empty() {
        return proven;
    }
    let words = message.reasoning_content.iter();
    words
        .map(|text| {
            let mut thought = Reasoning::whole(text, "");
            if let Some(whole) = &mut thought.reasoning_text {
                whole.signature = None;
            }
            block(thought)
        })
        .collect()
}

fn proven(block: &Value) -> Option<Reasoning> {
    match serde_json::from_value(block.clone()).ok()? {
        Thought::Thinking { thinking, signature } => Some(Reasoning::whole(&thinking, &signature)),
        Thought::RedactedThinking { data } => {
            Some(Reasoning { redacted_content: Some(data), ..Reasoning::default() })
        }
        _ => None,
    }
}

/// A call; arguments that are no object go along as text.
fn call(call: ToolCall) -> OutputBlock {
    let arguments = &call.function.arguments;
    let input = match serde_json::from_str(arguments) {
        Ok(Value::Object(object)) => Value::Object(object),
        Ok(_) | Err(_) if arguments.trim().is_empty() => serde_json::json!({}),
        Ok(_) | Err(_) => serde_json::json!({ "arguments": arguments }),
    };
    let tool_use = Some(ToolUse { tool_use_id: call.id, name: call.function.name, input });
    OutputBlock { tool_use, ..OutputBlock::default() }
}

/// Bedrock counts apart what the cache gave and took.
pub(super) fn usage(usage: &Usage) -> TokenUsage {
    let (read, written) = (usage.cache_read(), usage.cache_written());
    TokenUsage {
        input_tokens: usage.prompt_tokens.saturating_sub(read).saturating_sub(written),
        output_tokens: usage.completion_tokens,
        total_tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
        cache_read_input_tokens: (read > 0).then_some(read),
        cache_write_input_tokens: (written > 0).then_some(written),
    }
}
