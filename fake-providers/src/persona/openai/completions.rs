//! Completions, the API of 2022: a text goes on.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::openai::{CompletionChoice, CompletionReply, StreamOptions};

use super::super::{Complaint, Prompt, RequestContext, Route, Subject, words};
use super::{body, finish_word, usage};
use crate::script::{Transcript, Uttered, Wishes};

/// What a fake must know of a body.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    prompt: Option<Value>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    n: Option<u32>,
}

/// Every member that the provider knows; from its SDK, version 3.54.
const MEMBERS: &[&str] = &[
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];

/// Answer tokens if a request does not say.
const MAX_TOKENS_USUAL: u64 = 16;

/// Most choices over all prompts of a request.
const CHOICES_MAX: u32 = 128;

pub(super) fn read(body: Map<String, Value>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    body::model_named(&body, route)?;
    body::known(&body, MEMBERS)?;
    let body: Body = body::typed(body)?;
    body::at_least("max_tokens", body.max_tokens, 1)?;
    let texts = texts(body.prompt.as_ref().unwrap_or(&Value::Null));
    let choices = body.n.unwrap_or(1).saturating_mul(texts.len().max(1) as u32);
    if choices > CHOICES_MAX {
        let message = format!(
            "Invalid 'n': integer above maximum value. Expected a value <= {CHOICES_MAX}, but got \
             {choices} instead."
        );
        return Err(Complaint::coded(message, "n", "integer_above_max_value"));
    }
    Ok(Prompt {
        operation: route.operation,
        model: body.model,
        stream: body.stream.unwrap_or(false),
        include_usage: body.stream_options.and_then(|extra| extra.include_usage).unwrap_or(false),
        obfuscate: false,
        prompt_tokens: texts.iter().sum(),
        max_tokens: Some(body.max_tokens.unwrap_or(MAX_TOKENS_USUAL)),
        wishes: Wishes { choices, ..Wishes::default() },
        subject: Subject::None,
    })
}

/// Tokens of each text of `prompt`, which may be a text, texts, tokens or lists of tokens.
fn texts(prompt: &Value) -> Vec<u64> {
    match prompt {
        Value::String(text) => vec![words(text)],
        Value::Array(tokens) if tokens.iter().all(Value::is_u64) => vec![tokens.len() as u64],
        Value::Array(texts) => texts
            .iter()
            .map(|text| match text {
                Value::String(text) => words(text),
                Value::Array(tokens) => tokens.len() as u64,
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => 0,
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![0],
    }
}

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    let choices = (0u32..).zip(&said.choices).map(|(index, blocks)| CompletionChoice {
        text: blocks.iter().map(spoken).collect(),
        index,
        logprobs: None,
        finish_reason: Some(finish_word(said.finish).to_owned()),
    });
    let mut reply = begun(context, choices.collect());
    reply.usage = Some(Some(usage(prompt.prompt_tokens, said.tally)));
    reply.to_json()
}

pub(in super::super) fn begun(
    context: &RequestContext<'_>,
    choices: Vec<CompletionChoice>,
) -> CompletionReply {
    CompletionReply::new(&format!("cmpl-{}", context.id), context.model, context.unix_s, choices)
}

fn spoken(block: &Uttered) -> &str {
    match block {
        Uttered::Text(words) | Uttered::Refusal(words) => words,
        Uttered::Thinking(_) | Uttered::Call { .. } => "",
    }
}
