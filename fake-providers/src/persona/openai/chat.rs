//! Whole chat completions, of OpenAI and Azure alike.

use bytes::Bytes;
use wire::openai::{ChatReply, Choice, FunctionCall, ReplyMessage, ToolCall};

use super::super::{Prompt, RequestContext};
use super::{FINGERPRINT, answer_id, call_id, finish_word, usage};
use crate::script::{Transcript, Uttered};

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    let mut reply = chat_reply(context, prompt, said);
    reply.service_tier = Some("default".to_owned());
    reply.to_json()
}

/// The reply without what only one of the two adds.
pub(in super::super) fn chat_reply(
    context: &RequestContext<'_>,
    prompt: &Prompt,
    said: &Transcript,
) -> ChatReply {
    let mut reply = ChatReply::text(&answer_id(context), context.model, context.unix_s, "");
    let choices = (0u32..).zip(&said.choices);
    reply.choices = choices
        .map(|(index, blocks)| Choice {
            index,
            message: message(context, index, blocks),
            logprobs: None,
            finish_reason: Some(finish_word(said.finish).to_owned()),
            content_filter_results: None,
            provider_specific_fields: None,
        })
        .collect();
    reply.usage = Some(usage(prompt.prompt_tokens, said.tally));
    reply.system_fingerprint = Some(FINGERPRINT.to_owned());
    reply
}

/// Thoughts are counted and not shown.
fn message(context: &RequestContext<'_>, choice: u32, blocks: &[Uttered]) -> ReplyMessage {
    let mut message = ReplyMessage {
        role: "assistant".to_owned(),
        annotations: Some(Vec::new()),
        ..ReplyMessage::default()
    };
    for block in blocks {
        match block {
            Uttered::Thinking(_) => {}
            Uttered::Text(words) => *message.content.get_or_insert_default() += words,
            Uttered::Refusal(words) => *message.refusal.get_or_insert_default() += words,
            Uttered::Call { name, arguments } => {
                let calls = message.tool_calls.get_or_insert_default();
                calls.push(ToolCall {
                    id: call_id(context.id, choice, calls.len() as u32),
                    kind: "function".to_owned(),
                    function: FunctionCall { name: name.clone(), arguments: arguments.clone() },
                });
            }
        }
    }
    message
}
