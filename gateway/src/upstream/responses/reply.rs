//! A whole chat completion as a response.

use wire::openai::responses::{
    IncompleteBecause, OutputItem, OutputPart, Reasoning, Response, SummaryPart, Usage,
};
use wire::openai::{ChatReply, Usage as ChatUsage};

use crate::upstream::citations::flat;
use crate::upstream::dialect::WholeAnswer;
use crate::upstream::forwarded::CONTENT_FILTER;
use crate::upstream::pictures::bytes as picture_bytes;

/// Translates an answer that was a chat completion. `None` if it is none after all.
pub(super) fn reply(answer: &WholeAnswer) -> Option<WholeAnswer> {
    let chat: ChatReply = serde_json::from_slice(&answer.body).ok()?;
    let choice = chat.choices.into_iter().next()?;
    let message = choice.message;
    let mut output = Vec::new();
    if let Some(thoughts) = message.reasoning_content.filter(|thoughts| !thoughts.is_empty()) {
        output.push(thought(&id("rs", &chat.id, output.len()), &thoughts));
    }
    let cited = message.annotations.iter().flatten().filter_map(flat).collect();
    let words = message.content.filter(|words| !words.is_empty());
    let words = words.map(|words| OutputPart::cited(&words, cited));
    let refusal = message.refusal.map(|refusal| OutputPart::Refusal { refusal });
    let content: Vec<OutputPart> = words.into_iter().chain(refusal).collect();
    if !content.is_empty() {
        output.push(said(&id("msg", &chat.id, output.len()), content, COMPLETED));
    }
    for picture in message.images.iter().flatten().filter_map(picture_bytes) {
        output.push(drawn(&id("ig", &chat.id, output.len()), picture));
    }
    for call in message.tool_calls.unwrap_or_default() {
        output.push(OutputItem::FunctionCall {
            id: id("fc", &chat.id, output.len()),
            status: COMPLETED.to_owned(),
            arguments: call.function.arguments,
            call_id: call.id,
            name: call.function.name,
        });
    }
    let begun = begun(&chat.id, &chat.model, chat.created);
    let usage = chat.usage.as_ref().map(usage);
    let finish = choice.finish_reason.as_deref();
    let response = ended(Response { output, usage, ..begun }, finish);
    Some(answer.with_body(response.to_json()))
}

pub(super) const COMPLETED: &str = "completed";
pub(super) const IN_PROGRESS: &str = "in_progress";

/// The id of the item at that place of an answer.
pub(super) fn id(kind: &str, answer: &str, place: usize) -> String {
    format!("{kind}_{answer}_{place}")
}

/// A response that says nothing yet, and nothing of what was asked: that is the request's.
pub(super) fn begun(id: &str, model: &str, created: u64) -> Response {
    Response {
        store: Some(false),
        temperature: None,
        top_p: None,
        text: None,
        service_tier: None,
        truncation: None,
        reasoning: None::<Reasoning>,
        ..Response::begun(&format!("resp_{id}"), model, created)
    }
}

/// The same with the word for why it ended.
pub(super) fn ended(response: Response, finish: Option<&str>) -> Response {
    let reason = match finish {
        Some("length") => Some("max_output_tokens"),
        Some(CONTENT_FILTER) => Some(CONTENT_FILTER),
        // `stop`, calls, and what later versions add.
        Some(_) | None => None,
    };
    let status = if reason.is_some() { "incomplete" } else { COMPLETED };
    let incomplete_details = reason.map(|reason| IncompleteBecause { reason: reason.to_owned() });
    Response { status: status.to_owned(), incomplete_details, ..response }
}

pub(super) fn thought(id: &str, words: &str) -> OutputItem {
    OutputItem::Reasoning { id: id.to_owned(), summary: vec![SummaryPart::words(words)] }
}

/// A picture, by its bytes.
pub(super) fn drawn(id: &str, base64: &str) -> OutputItem {
    let (id, status, result) = (id.to_owned(), COMPLETED.to_owned(), Some(base64.to_owned()));
    OutputItem::ImageGenerationCall { id, status, result }
}

pub(super) fn said(id: &str, content: Vec<OutputPart>, status: &str) -> OutputItem {
    let (id, status, role) = (id.to_owned(), status.to_owned(), "assistant".to_owned());
    OutputItem::Message { id, status, content, role }
}

pub(super) fn usage(usage: &ChatUsage) -> Usage {
    let thought = usage.completion_tokens_details.map_or(0, |details| details.reasoning_tokens);
    let mut counted = Usage::new(usage.prompt_tokens, usage.completion_tokens, thought);
    let written = usage.cache_written();
    counted.input_tokens_details.cached_tokens = usage.cache_read();
    counted.input_tokens_details.cache_write_tokens = (written > 0).then_some(written);
    counted
}
