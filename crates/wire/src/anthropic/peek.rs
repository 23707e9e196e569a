//! What a forwarder or a stopwatch must know of an event, without decoding it. Works as
//! [`crate::openai::peek`] does: a walk in place, and `serde_json` for anything unusual.

use serde_json::Value;

use crate::{
    json_text::Text,
    walk::{Skipped, Walk, once},
};

/// The gist of one event.
#[derive(Clone, Debug)]
pub struct Peek<'a> {
    /// What the event is.
    pub kind: PeekKind,
    /// Words of a `text_delta` that are not empty.
    pub content: Option<Text<'a>>,
    /// Whether a call begins or its arguments grow.
    pub tool: bool,
    /// Whether a thought grows.
    pub reasoning: bool,
    /// Why the answer ended.
    pub stop_reason: Option<Text<'a>>,
    /// Whether it reports usage.
    pub usage: bool,
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeekKind {
    /// `message_start`.
    MessageStart,
    /// `content_block_start`.
    BlockStart,
    /// `ping`.
    Ping,
    /// `content_block_delta`.
    Delta,
    /// `content_block_stop`.
    BlockStop,
    /// `message_delta`.
    MessageDelta,
    /// `message_stop`.
    MessageStop,
    /// `error`; [`super::ErrorDetail::read`] reads it.
    Error,
    /// Another event; skip it.
    Unknown,
    /// Not a JSON object.
    Malformed,
}

/// Looks at one event. Its kind is the data's `type`, or the frame's name if there is none.
pub fn peek<'a>(event: Option<&[u8]>, data: &'a [u8]) -> Peek<'a> {
    let gist = walk(data).or_else(|| parse(data));
    let Some(gist) = gist else { return Gist::default().of_kind(PeekKind::Malformed) };
    let kind = match &gist.kind {
        Some(kind) => kind_named(kind.clone().unescape().as_bytes()),
        None => event.map_or(PeekKind::Unknown, kind_named),
    };
    gist.of_kind(kind)
}

impl Peek<'_> {
    /// Whether the client gets something to read or to act on: words, a thought, a call.
    pub const fn has_output(&self) -> bool {
        self.content.is_some() || self.tool || self.reasoning
    }
}

fn kind_named(name: &[u8]) -> PeekKind {
    match name {
        b"message_start" => PeekKind::MessageStart,
        b"content_block_start" => PeekKind::BlockStart,
        b"ping" => PeekKind::Ping,
        b"content_block_delta" => PeekKind::Delta,
        b"content_block_stop" => PeekKind::BlockStop,
        b"message_delta" => PeekKind::MessageDelta,
        b"message_stop" => PeekKind::MessageStop,
        b"error" => PeekKind::Error,
        _ => PeekKind::Unknown,
    }
}

/// The members that matter, whichever event they belong to.
#[derive(Default)]
struct Gist<'a> {
    kind: Option<Text<'a>>,
    /// `content_block.type`
    block: Option<Text<'a>>,
    text: Option<Text<'a>>,
    partial_json: bool,
    thinking: bool,
    stop_reason: Option<Text<'a>>,
    usage: bool,
}

impl<'a> Gist<'a> {
    /// An event's members mean something only in their own kind.
    fn of_kind(self, kind: PeekKind) -> Peek<'a> {
        let grows = kind == PeekKind::Delta;
        let begins = kind == PeekKind::BlockStart;
        let is_call = |block: Text<'_>| block.unescape() == "tool_use";
        Peek {
            kind,
            content: self.text.filter(|text| grows && !text.is_empty()),
            tool: grows && self.partial_json || begins && self.block.is_some_and(is_call),
            reasoning: grows && self.thinking,
            stop_reason: self.stop_reason.filter(|_| kind == PeekKind::MessageDelta),
            usage: self.usage,
        }
    }
}

fn walk(data: &[u8]) -> Option<Gist<'_>> {
    let mut gist = Gist::default();
    let mut walk = Walk::new(data)?;
    let mut seen = 0;
    walk.members(|walk, name| match name {
        "type" => {
            once(&mut seen, 1)?;
            gist.kind = walk.text()?;
            Some(())
        }
        "delta" => {
            once(&mut seen, 2)?;
            delta(walk, &mut gist)
        }
        "content_block" => {
            once(&mut seen, 4)?;
            block(walk, &mut gist)
        }
        "message" => {
            once(&mut seen, 8)?;
            message(walk, &mut gist)
        }
        "usage" => {
            once(&mut seen, 16)?;
            gist.usage |= walk.skip()? != Skipped::Null;
            Some(())
        }
        _ => walk.skip().map(drop),
    })?;
    walk.end()?;
    Some(gist)
}

fn delta<'a>(walk: &mut Walk<'a>, gist: &mut Gist<'a>) -> Option<()> {
    let mut seen = 0;
    walk.members_if_object(|walk, name| {
        match name {
            "text" => {
                once(&mut seen, 1)?;
                gist.text = walk.text()?;
            }
            "partial_json" => {
                once(&mut seen, 2)?;
                gist.partial_json = walk.text()?.is_some_and(|json| !json.is_empty());
            }
            "thinking" => {
                once(&mut seen, 4)?;
                gist.thinking = walk.text()?.is_some_and(|thought| !thought.is_empty());
            }
            "stop_reason" => {
                once(&mut seen, 8)?;
                gist.stop_reason = walk.text()?;
            }
            _ => drop(walk.skip()?),
        }
        Some(())
    })
}

fn block<'a>(walk: &mut Walk<'a>, gist: &mut Gist<'a>) -> Option<()> {
    let mut seen = 0;
    walk.members_if_object(|walk, name| match name {
        "type" => {
            once(&mut seen, 1)?;
            gist.block = walk.text()?;
            Some(())
        }
        _ => walk.skip().map(drop),
    })
}

fn message<'a>(walk: &mut Walk<'a>, gist: &mut Gist<'a>) -> Option<()> {
    let mut seen = 0;
    walk.members_if_object(|walk, name| match name {
        "usage" => {
            once(&mut seen, 1)?;
            gist.usage |= walk.skip()? != Skipped::Null;
            Some(())
        }
        _ => walk.skip().map(drop),
    })
}

fn parse(data: &[u8]) -> Option<Gist<'static>> {
    let Ok(event @ Value::Object(_)) = serde_json::from_slice::<Value>(data) else {
        return None;
    };
    let text = |path| event.pointer(path).and_then(Value::as_str);
    let owned = |path| text(path).map(|text| Text::owned(text.to_owned()));
    let says = |path| text(path).is_some_and(|text| !text.is_empty());
    let reports = |path| event.pointer(path).is_some_and(|usage| !usage.is_null());
    Some(Gist {
        kind: owned("/type"),
        block: owned("/content_block/type"),
        text: owned("/delta/text"),
        partial_json: says("/delta/partial_json"),
        thinking: says("/delta/thinking"),
        stop_reason: owned("/delta/stop_reason"),
        usage: reports("/usage") || reports("/message/usage"),
    })
}
