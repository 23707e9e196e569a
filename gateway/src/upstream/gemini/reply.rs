//! A whole answer of Gemini's in OpenAI's words.

use wire::gemini::{
    Candidate, FunctionCall as Called, GenerateReply, Part, PromptFeedback, UsageMetadata,
};
use wire::openai::{
    ChatReply, Choice, CompletionTokensDetails, FunctionCall, PromptTokensDetails, ReplyMessage,
    ToolCall, Usage,
};

use crate::upstream::chunk_writer::native_finish;
use crate::upstream::dialect::{Opening, Says, WholeAnswer};
use crate::upstream::forwarded::CONTENT_FILTER;
use crate::upstream::pictures::picture;

/// Stands between the id of a call and the signature of the thought behind it, which Gemini wants back and
/// chat completions have no place for; LiteLLM writes it the same way.
const SIGNATURE: &str = "__thought__";

/// Translates an answer. `None` if the body is none.
pub(super) fn reply(body: &[u8], at: Opening<'_>) -> Option<WholeAnswer> {
    let reply: GenerateReply = serde_json::from_slice(body).ok()?;
    if reply.candidates.is_none() && reply.prompt_feedback.is_none() {
        return None;
    }
    let says = says(&reply);
    let id = reply.response_id.unwrap_or_else(|| at.answer_id());
    let model = reply.model_version.unwrap_or_else(|| at.model.to_owned());
    let usage = reply.usage_metadata.as_ref().map(usage);
    let candidates = reply.candidates.unwrap_or_default();
    let mut chat = ChatReply::text(&id, &model, at.created, "");
    chat.usage = usage;
    chat.choices = match candidates.is_empty() {
        // The prompt was blocked.
        true => vec![blocked(reply.prompt_feedback)],
        false => candidates.into_iter().map(|candidate| choice(&id, candidate)).collect(),
    };
    Some(WholeAnswer { body: chat.to_json(), usage, says })
}

/// What a reply comes to, by its first candidate. Where there is none and the prompt was blocked, a filter did it.
pub(super) fn says(reply: &GenerateReply) -> Says {
    let Some(first) = reply.candidates.as_ref().and_then(|candidates| candidates.first()) else {
        return match reply.prompt_feedback {
            Some(_) => Says::Filtered,
            None => Says::Nothing,
        };
    };
    let parts = first.content.as_ref().and_then(|content| content.parts.as_ref());
    let reason = first.finish_reason.as_deref().map(|reason| super::finish_reason(reason, false));
    let holds_any = |part: &Part| part.text.as_deref() != Some("");
    Says::of(parts.is_some_and(|parts| parts.iter().any(holds_any)), reason)
}

fn blocked(feedback: Option<PromptFeedback>) -> Choice {
    let refusal = feedback.and_then(|feedback| feedback.block_reason_message);
    let message = ReplyMessage { role: "assistant".to_owned(), refusal, ..ReplyMessage::default() };
    ended(0, message, (CONTENT_FILTER, None))
}

fn ended(index: u32, message: ReplyMessage, (finish, native): (&str, Option<&str>)) -> Choice {
    Choice {
        index,
        message,
        logprobs: None,
        finish_reason: Some(finish.to_owned()),
        content_filter_results: None,
        provider_specific_fields: native.map(native_finish),
    }
}

fn choice(id: &str, candidate: Candidate) -> Choice {
    let Candidate { content, finish_reason, finish_message, index, .. } = candidate;
    let mut message = ReplyMessage { role: "assistant".to_owned(), ..ReplyMessage::default() };
    for part in content.and_then(|content| content.parts).unwrap_or_default() {
        let Part { text, thought, thought_signature, function_call, inline_data, .. } = part;
        match (text, thought) {
            (Some(text), Some(true)) => *message.reasoning_content.get_or_insert_default() += &text,
            (Some(text), Some(false) | None) => *message.content.get_or_insert_default() += &text,
            (None, _) => {}
        }
        let media = inline_data.filter(|_| thought != Some(true));
        if let Some(url) = media.as_ref().and_then(super::picture) {
            message.images.get_or_insert_default().push(picture(&url));
        }
        if let Some(call) = function_call {
            let calls = message.tool_calls.get_or_insert_default();
            calls.push(tool_call(id, calls.len(), call, thought_signature.as_deref()));
        }
    }
    let reason = finish_reason.as_deref().unwrap_or("STOP");
    let finish = super::finish_reason(reason, message.tool_calls.is_some());
    let said = message.content.is_some() || message.images.is_some();
    if !said && message.tool_calls.is_none() {
        // Why nothing was said, in Gemini's words.
        message.refusal = finish_message;
    }
    ended(index, message, (finish, super::native_finish(reason)))
}

fn tool_call(answer: &str, nth: usize, call: Called, signature: Option<&str>) -> ToolCall {
    let arguments = call.args.map_or_else(|| "{}".to_owned(), |args| args.to_string());
    let function = FunctionCall { name: call.name, arguments };
    let id = call_id((answer, nth), call.id, signature);
    ToolCall { id, kind: "function".to_owned(), function }
}

/// The id of a call: Gemini's, or one after its answer; with its thought's signature.
pub(super) fn call_id(
    (answer, nth): (&str, usize),
    id: Option<String>,
    signature: Option<&str>,
) -> String {
    let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{answer}_{nth}"));
    match signature {
        Some(signature) => format!("{id}{SIGNATURE}{signature}"),
        None => id,
    }
}

/// The id of a call as Gemini knows it, and its thought's signature.
pub(super) fn signed(id: &str) -> (&str, Option<&str>) {
    id.split_once(SIGNATURE).map_or((id, None), |(id, signature)| (id, Some(signature)))
}

/// OpenAI counts thoughts within the answer.
pub(super) fn usage(usage: &UsageMetadata) -> Usage {
    let thoughts = usage.thoughts_token_count.unwrap_or_default();
    let answer = usage.candidates_token_count.unwrap_or_default().saturating_add(thoughts);
    let mut sum = Usage::new(usage.prompt_token_count, answer);
    if let Some(cached_tokens) = usage.cached_content_token_count.filter(|cached| *cached > 0) {
        let details = PromptTokensDetails { cached_tokens, ..PromptTokensDetails::default() };
        sum.prompt_tokens_details = Some(details);
    }
    if thoughts > 0 {
        let details = CompletionTokensDetails {
            reasoning_tokens: thoughts,
            ..CompletionTokensDetails::default()
        };
        sum.completion_tokens_details = Some(details);
    }
    sum
}
