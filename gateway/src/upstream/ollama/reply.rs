//! A whole answer of Ollama's in OpenAI's words.

use wire::ollama::{Reply, ToolCall as Called};
use wire::openai::{ChatReply, FunctionCall, ToolCall, Usage};

use crate::upstream::dialect::{Opening, Says, WholeAnswer};

/// Translates an answer. `None` if the body is no answer.
pub(super) fn reply(body: &[u8], at: Opening<'_>) -> Option<WholeAnswer> {
    let reply: Reply = serde_json::from_slice(body).ok()?;
    let usage = usage(&reply);
    let message = reply.message.filter(|_| reply.done)?;
    let answer = at.answer_id();
    let mut chat = ChatReply::text(&answer, &reply.model, at.created, &message.content);
    chat.usage = Some(usage);
    let calls = message.tool_calls.unwrap_or_default();
    let thinks = message.thinking.as_deref().is_some_and(|thought| !thought.is_empty());
    let says = Says::of(
        !message.content.is_empty() || !calls.is_empty() || thinks,
        reply.done_reason.as_deref(),
    );
    if let Some(choice) = chat.choices.first_mut() {
        let finish = super::finish_reason(reply.done_reason.as_deref(), !calls.is_empty());
        choice.finish_reason = Some(finish.to_owned());
        choice.message.reasoning_content = message.thinking;
        if !calls.is_empty() {
            choice.message.content = (!message.content.is_empty()).then_some(message.content);
            let call = |(nth, call): (u32, Called)| tool_call((&answer, nth), call);
            choice.message.tool_calls = Some((0..).zip(calls).map(call).collect());
        }
    }
    Some(WholeAnswer { body: chat.to_json(), usage: Some(usage), says })
}

fn tool_call(at: (&str, u32), call: Called) -> ToolCall {
    let id = call_id(at, call.id);
    let (name, arguments) = (call.function.name, call.function.arguments.to_string());
    ToolCall { id, kind: "function".to_owned(), function: FunctionCall { name, arguments } }
}

/// The id of a call: Ollama's, or one after its answer.
pub(super) fn call_id((answer, nth): (&str, u32), id: Option<String>) -> String {
    id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{answer}_{nth}"))
}

/// What it cost; Ollama leaves out the tokens of a prompt that it had in memory.
pub(super) fn usage(reply: &Reply) -> Usage {
    Usage::new(reply.prompt_eval_count.unwrap_or_default(), reply.eval_count.unwrap_or_default())
}
