//! What a forwarder or a stopwatch must know of a chunk, without decoding it.
//!
//! Compact chunks, which is all that providers send, are walked in place without allocation;
//! anything unusual goes through `serde_json` with the same result.

use serde_json::Value;

use super::DONE;
use crate::{
    json_text::Text,
    walk::{Skipped, Walk, once},
};

/// The gist of one chunk's data.
#[derive(Clone, Debug)]
pub struct Peek<'a> {
    /// What the data is.
    pub kind: PeekKind,
    /// The first choice's words that are not empty.
    pub content: Option<Text<'a>>,
    /// Whether it holds a piece of a tool call.
    pub tool: bool,
    /// Whether it holds a thought (`reasoning_content` or `reasoning`).
    pub reasoning: bool,
    /// Whether it holds words of a refusal.
    pub refusal: bool,
    /// The first finish reason that is not null.
    pub finish_reason: Option<Text<'a>>,
    /// Whether it reports usage; [`super::Usage::read`] reads it.
    pub usage: bool,
}

/// What a frame's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeekKind {
    /// `[DONE]`.
    Done,
    /// An object with an `error` that is not null; [`super::ErrorDetail::read`] reads it.
    Error,
    /// Any other object.
    Delta,
    /// Not a JSON object.
    Malformed,
}

/// Looks at the data of one frame.
pub fn peek(data: &[u8]) -> Peek<'_> {
    if data.trim_ascii() == DONE {
        return Peek::of(PeekKind::Done);
    }
    walk(data).unwrap_or_else(|| parse(data))
}

impl Peek<'_> {
    /// Whether the client gets something to read or to act on: words, a thought, a call, a refusal.
    pub const fn has_output(&self) -> bool {
        self.content.is_some() || self.tool || self.reasoning || self.refusal
    }

    const fn of(kind: PeekKind) -> Self {
        Self {
            kind,
            content: None,
            tool: false,
            reasoning: false,
            refusal: false,
            finish_reason: None,
            usage: false,
        }
    }
}

fn walk(data: &[u8]) -> Option<Peek<'_>> {
    let mut peek = Peek::of(PeekKind::Delta);
    let mut walk = Walk::new(data)?;
    let mut seen = 0;
    walk.members(|walk, name| match name {
        "choices" => {
            once(&mut seen, 1)?;
            if walk.next_byte()? != b'[' {
                return walk.skip().map(drop);
            }
            walk.elements(|walk| choice(walk, &mut peek))
        }
        "error" => {
            once(&mut seen, 2)?;
            if walk.skip()? != Skipped::Null {
                peek.kind = PeekKind::Error;
            }
            Some(())
        }
        "usage" => {
            once(&mut seen, 4)?;
            peek.usage = walk.skip()? != Skipped::Null;
            Some(())
        }
        _ => walk.skip().map(drop),
    })?;
    walk.end()?;
    Some(peek)
}

fn choice<'a>(walk: &mut Walk<'a>, peek: &mut Peek<'a>) -> Option<()> {
    let mut seen = 0;
    walk.members_if_object(|walk, name| match name {
        "delta" => {
            once(&mut seen, 1)?;
            delta(walk, peek)
        }
        "finish_reason" => {
            once(&mut seen, 2)?;
            let reason = walk.text()?;
            peek.finish_reason = peek.finish_reason.take().or(reason);
            Some(())
        }
        _ => walk.skip().map(drop),
    })
}

fn delta<'a>(walk: &mut Walk<'a>, peek: &mut Peek<'a>) -> Option<()> {
    let mut seen = 0;
    walk.members_if_object(|walk, name| {
        match name {
            "content" => {
                once(&mut seen, 1)?;
                let content = walk.text()?.filter(|content| !content.is_empty());
                peek.content = peek.content.take().or(content);
            }
            "tool_calls" => {
                once(&mut seen, 2)?;
                peek.tool |= walk.skip()? == Skipped::Other;
            }
            "reasoning_content" => {
                once(&mut seen, 4)?;
                peek.reasoning |= walk.text()?.is_some_and(|thought| !thought.is_empty());
            }
            "reasoning" => {
                once(&mut seen, 8)?;
                peek.reasoning |= walk.text()?.is_some_and(|thought| !thought.is_empty());
            }
            "refusal" => {
                once(&mut seen, 16)?;
                peek.refusal |= walk.text()?.is_some_and(|refusal| !refusal.is_empty());
            }
            _ => drop(walk.skip()?),
        }
        Some(())
    })
}

fn parse(data: &[u8]) -> Peek<'static> {
    let Ok(Value::Object(chunk)) = serde_json::from_slice(data) else {
        return Peek::of(PeekKind::Malformed);
    };
    let is_error = chunk.get("error").is_some_and(|error| !error.is_null());
    let mut peek = Peek::of(if is_error { PeekKind::Error } else { PeekKind::Delta });
    peek.usage = chunk.get("usage").is_some_and(|usage| !usage.is_null());
    for choice in chunk.get("choices").and_then(Value::as_array).into_iter().flatten() {
        let owned = |text: Option<&str>| text.map(|text| Text::owned(text.to_owned()));
        let reason = choice.get("finish_reason").and_then(Value::as_str);
        peek.finish_reason = peek.finish_reason.or_else(|| owned(reason));
        let Some(delta) = choice.get("delta") else { continue };
        let words = |name| delta.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        peek.content = peek.content.or_else(|| owned(words("content")));
        peek.reasoning |= words("reasoning_content").or_else(|| words("reasoning")).is_some();
        peek.refusal |= words("refusal").is_some();
        peek.tool |= delta.get("tool_calls").is_some_and(|calls| {
            !calls.is_null() && calls.as_array().is_none_or(|calls| !calls.is_empty())
        });
    }
    peek
}
