//! Reads a whole answer that is not a stream: an error inside a 2xx, the words, or neither.
//!
//! Only the members that matter are looked at, and text is borrowed from the body, so that servers
//! which leave out members of the official shape are still measured. Pure.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::config::Dialect;

/// Largest body read into memory, in bytes: 16 MiB, a hundred times the longest answer on offer.
/// Beyond it the answer is malformed.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a whole body is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// An answer with these words; empty where the model said nothing that is shown.
    Words(Cow<'a, str>),
    /// An error, whatever the status said.
    Error,
    /// Neither.
    Malformed,
}

/// Reads a 2xx body in `dialect`.
pub fn read(dialect: Dialect, body: &[u8]) -> Reply<'_> {
    match dialect {
        Dialect::OpenAi | Dialect::Azure => chat(body),
        Dialect::Anthropic => messages(body),
        Dialect::Gemini => generated(body),
        Dialect::Bedrock => conversed(body),
        Dialect::Ollama => line(body),
    }
}

#[derive(Deserialize)]
struct Chat<'a> {
    error: Option<IgnoredAny>,
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Words<'a>,
}

#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
}

fn chat(body: &[u8]) -> Reply<'_> {
    let Ok(chat) = serde_json::from_slice::<Chat<'_>>(body) else { return Reply::Malformed };
    if chat.error.is_some() {
        return Reply::Error;
    }
    match chat.choices.and_then(|choices| choices.into_iter().next()) {
        Some(choice) => Reply::Words(choice.message.content.unwrap_or_default()),
        None => Reply::Malformed,
    }
}

#[derive(Deserialize)]
struct Messages<'a> {
    error: Option<IgnoredAny>,
    #[serde(borrow)]
    content: Option<Vec<Block<'a>>>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}

fn messages(body: &[u8]) -> Reply<'_> {
    let Ok(message) = serde_json::from_slice::<Messages<'_>>(body) else {
        return Reply::Malformed;
    };
    if message.error.is_some() {
        return Reply::Error;
    }
    blocks(message.content)
}

fn blocks(content: Option<Vec<Block<'_>>>) -> Reply<'_> {
    let Some(blocks) = content else { return Reply::Malformed };
    let mut texts = blocks.into_iter().filter_map(|block| block.text);
    let first = texts.next().unwrap_or_default();
    // More than one text block is rare; only then is anything copied.
    Reply::Words(texts.fold(first, |words, more| words + more))
}

fn generated(body: &[u8]) -> Reply<'_> {
    use wire::gemini::PeekKind;
    let peek = wire::gemini::peek(body);
    match peek.kind {
        PeekKind::Reply => Reply::Words(peek.content.unwrap_or_default()),
        PeekKind::Error => Reply::Error,
        PeekKind::Malformed => Reply::Malformed,
    }
}

#[derive(Deserialize)]
struct Conversed<'a> {
    /// Of an error.
    message: Option<IgnoredAny>,
    #[serde(borrow)]
    output: Option<Output<'a>>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    message: Messages<'a>,
}

fn conversed(body: &[u8]) -> Reply<'_> {
    match serde_json::from_slice::<Conversed<'_>>(body) {
        Ok(Conversed { output: Some(output), .. }) => blocks(output.message.content),
        Ok(Conversed { message: Some(_), .. }) => Reply::Error,
        Ok(_) | Err(_) => Reply::Malformed,
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    error: Option<IgnoredAny>,
    #[serde(borrow)]
    message: Option<Words<'a>>,
}

fn line(body: &[u8]) -> Reply<'_> {
    match serde_json::from_slice::<Line<'_>>(body) {
        Ok(Line { error: Some(_), .. }) => Reply::Error,
        Ok(Line { message: Some(said), .. }) => Reply::Words(said.content.unwrap_or_default()),
        Ok(_) | Err(_) => Reply::Malformed,
    }
}
