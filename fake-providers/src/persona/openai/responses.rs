//! The Responses API: items in, items out. Nothing is kept: `previous_response_id` is repeated, and
//! an input is only what a request itself holds.

use bytes::Bytes;
use serde_json::{Map, Value};
use wire::TextOr;
use wire::openai::responses::{
    IncompleteBecause, InputItem, OutputItem, OutputPart, Response, ResponsesRequest, SummaryPart,
    Usage,
};

use super::super::{Complaint, Prompt, RequestContext, Route, Subject, words};
use super::{body, call_id};
use crate::script::{Finish, Tally, ToolWish, Transcript, Uttered, Wishes};

/// Every member that the provider knows; from its SDK, version 3.54.
const MEMBERS: &[&str] = &[
    "access_programs",
    "background",
    "background_options",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// Smallest bound of an answer that the provider takes, in tokens.
const MAX_OUTPUT_TOKENS_MIN: u64 = 16;

pub(super) fn read(body: Map<String, Value>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    body::model_named(&body, route)?;
    body::known(&body, MEMBERS)?;
    let body: ResponsesRequest = body::typed(body)?;
    body::at_least("max_output_tokens", body.max_output_tokens, MAX_OUTPUT_TOKENS_MIN)?;
    let (prompt_tokens, answers_tool) = match &body.input {
        None => return Err(body::missing("input")),
        Some(TextOr::Text(text)) => (words(text), false),
        Some(TextOr::Parts(items)) => {
            let last = items.last().and_then(|item| item.kind.as_deref());
            results(items)?;
            (items.iter().map(tokens).sum(), last == Some("function_call_output"))
        }
    };
    let instructions = body.instructions.as_deref().map_or(0, words);
    let format = body.text.as_ref().and_then(|text| text.format.as_ref());
    let tools: Vec<ToolWish> = body.tools.iter().flatten().filter_map(tool).collect();
    let wishes = Wishes {
        hides_thoughts: false,
        choices: 1,
        tool_choice: body::tool_choice(body.tool_choice.as_ref(), "/name", &tools)?,
        tools,
        answers_tool,
        one_call: body.parallel_tool_calls == Some(false),
        format: body::format(format, "/schema", "text.format")?,
        thinking: body::effort(
            body.reasoning.as_ref().and_then(|reasoning| reasoning.effort.as_deref()),
        ),
    };
    Ok(Prompt {
        operation: route.operation,
        model: body.model.clone(),
        stream: body.stream.unwrap_or(false),
        include_usage: true,
        obfuscate: false,
        prompt_tokens: prompt_tokens + instructions,
        max_tokens: body.max_output_tokens,
        wishes,
        subject: Subject::Responses(Box::new(body)),
    })
}

/// Each result must answer a call of the same input.
fn results(items: &[InputItem]) -> Result<(), Complaint> {
    let kind = |item: &InputItem, kind: &str| item.kind.as_deref() == Some(kind);
    for (at, item) in items.iter().enumerate() {
        let calls = |other: &InputItem| {
            kind(other, "function_call") && other.call_id == item.call_id
                || kind(other, "item_reference")
        };
        if kind(item, "function_call_output") && !items[..at].iter().any(calls) {
            let id = item.call_id.as_deref().unwrap_or_default();
            let message = format!("No tool call found for function call output with call_id {id}.");
            return Err(Complaint::new(message, Some("input")));
        }
    }
    Ok(())
}

fn tokens(item: &InputItem) -> u64 {
    let content = match &item.content {
        None => 0,
        Some(TextOr::Text(text)) => words(text),
        Some(TextOr::Parts(parts)) => {
            parts.iter().filter_map(|part| part.text.as_deref()).map(words).sum()
        }
    };
    content + item.output.as_ref().and_then(Value::as_str).map_or(0, words)
}

/// Functions only; the provider's own tools are not played.
fn tool(tool: &Value) -> Option<ToolWish> {
    let name = tool.get("name").and_then(Value::as_str)?.to_owned();
    let schema = tool.get("parameters").cloned().unwrap_or_default();
    (tool.get("type")?.as_str()? == "function").then_some(ToolWish { name, schema })
}

/// A reply that says nothing yet, with the request's members repeated.
pub(in super::super) fn begun(
    context: &RequestContext<'_>,
    request: &ResponsesRequest,
) -> Response {
    let mut reply = Response::begun(&format!("resp_{}", context.id), context.model, context.unix_s);
    reply.instructions.clone_from(&request.instructions);
    reply.max_output_tokens = request.max_output_tokens;
    reply.parallel_tool_calls = request.parallel_tool_calls.unwrap_or(true);
    reply.previous_response_id.clone_from(&request.previous_response_id);
    reply.user.clone_from(&request.user);
    if let Some(reasoning) = &request.reasoning {
        reply.reasoning = Some(reasoning.clone());
    }
    if let Some(text) = request.text.as_ref().filter(|text| text.format.is_some()) {
        reply.text = Some(text.clone());
    }
    if let Some(choice) = &request.tool_choice {
        reply.tool_choice = choice.clone();
    }
    if let Some(tools) = &request.tools {
        reply.tools.clone_from(tools);
    }
    if let Some(metadata) = &request.metadata {
        reply.metadata = metadata.clone();
    }
    reply.store = request.store.or(reply.store);
    reply.temperature = request.temperature.or(reply.temperature);
    reply.top_p = request.top_p.or(reply.top_p);
    reply
}

/// Ends a reply whose output is complete.
pub(in super::super) fn end(reply: &mut Response, finish: Finish, usage: Option<Usage>) {
    let reason = match finish {
        Finish::Stop | Finish::ToolCalls | Finish::Refusal => None,
        Finish::Length => Some("max_output_tokens"),
        Finish::ContentFilter => Some("content_filter"),
    };
    reply.status = if reason.is_some() { "incomplete" } else { "completed" }.to_owned();
    reply.incomplete_details = reason.map(|reason| IncompleteBecause { reason: reason.to_owned() });
    reply.usage = usage;
}

pub(in super::super) const fn usage(prompt_tokens: u64, tally: Tally) -> Usage {
    Usage::new(prompt_tokens, tally.tokens, tally.thought)
}

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    let request = match &prompt.subject {
        Subject::Responses(request) => request,
        Subject::None
        | Subject::Embedding(_)
        | Subject::Moderation { .. }
        | Subject::Speech(_)
        | Subject::Drawing(_)
        | Subject::Transcription(_) => &ResponsesRequest::default(),
    };
    let mut reply = begun(context, request);
    let shown = shows_thoughts(request);
    let (mut calls, blocks) = (0, said.choices.first().into_iter().flatten());
    for (index, block) in (0u32..).zip(blocks) {
        let id = item_id(context.id, block_letters(block), index);
        reply.output.push(item(context.id, (id, &mut calls), block, shown));
    }
    if let Some(last) = reply.output.last_mut() {
        *last = ended(last.clone(), said.finish);
    }
    end(&mut reply, said.finish, Some(usage(prompt.prompt_tokens, said.tally)));
    reply.to_json()
}

/// The last item of a reply that ends so: what was cut short says so.
pub(in super::super) fn ended(mut item: OutputItem, finish: Finish) -> OutputItem {
    let cut = match finish {
        Finish::Length | Finish::ContentFilter => true,
        Finish::Stop | Finish::ToolCalls | Finish::Refusal => false,
    };
    match &mut item {
        OutputItem::Message { status, .. } | OutputItem::FunctionCall { status, .. } if cut => {
            "incomplete".clone_into(status);
        }
        OutputItem::Message { .. }
        | OutputItem::FunctionCall { .. }
        | OutputItem::Reasoning { .. }
        | OutputItem::ImageGenerationCall { .. }
        | OutputItem::Unknown => {}
    }
    item
}

/// An item that is complete. `calls` counts the calls before it.
pub(in super::super) fn item(
    scene_id: &str,
    (id, calls): (String, &mut u32),
    block: &Uttered,
    thoughts_shown: bool,
) -> OutputItem {
    let status = "completed".to_owned();
    let says = |part| OutputItem::Message {
        id: id.clone(),
        status: status.clone(),
        content: vec![part],
        role: "assistant".to_owned(),
    };
    match block {
        Uttered::Thinking(words) => OutputItem::Reasoning {
            id,
            summary: if thoughts_shown { vec![SummaryPart::words(words)] } else { Vec::new() },
        },
        Uttered::Text(words) => says(OutputPart::words(words)),
        Uttered::Refusal(words) => says(OutputPart::Refusal { refusal: words.clone() }),
        Uttered::Call { name, arguments } => {
            *calls += 1;
            OutputItem::FunctionCall {
                id,
                status,
                arguments: arguments.clone(),
                call_id: call_id(scene_id, 0, *calls - 1),
                name: name.clone(),
            }
        }
    }
}

/// Whether a summary of thoughts was asked for.
pub(in super::super) fn shows_thoughts(request: &ResponsesRequest) -> bool {
    request.reasoning.as_ref().is_some_and(|reasoning| reasoning.summary.is_some())
}

/// The letters that an item's id begins with.
pub(in super::super) const fn block_letters(block: &Uttered) -> &'static str {
    match block {
        Uttered::Thinking(_) => "rs",
        Uttered::Text(_) | Uttered::Refusal(_) => "msg",
        Uttered::Call { .. } => "fc",
    }
}

/// The id of output item number `index`.
pub(in super::super) fn item_id(scene_id: &str, letters: &str, index: u32) -> String {
    format!("{letters}_{scene_id}{index:02}")
}
