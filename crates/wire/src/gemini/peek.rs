//! What a stopwatch must know of a part of a stream, or of a whole answer, without decoding all of it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The gist of one reply: of the first candidate, and of the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peek<'a> {
    /// What the reply is.
    pub kind: PeekKind,
    /// Words that are shown; `None` where there are none, or only empty ones.
    pub content: Option<Cow<'a, str>>,
    /// Whether it says anything else: a thought, a call.
    pub other_output: bool,
    /// Whether it says why the answer ended, or that the prompt was blocked.
    pub finish: bool,
}

/// What a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeekKind {
    /// An answer, or a part of one.
    Reply,
    /// An error.
    Error,
    /// Neither.
    Malformed,
}

impl Peek<'_> {
    /// Whether the client gets something to read or to act on.
    pub const fn has_output(&self) -> bool {
        self.content.is_some() || self.other_output
    }

    const fn of(kind: PeekKind) -> Self {
        Self { kind, content: None, other_output: false, finish: false }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(default)]
    error: Option<IgnoredAny>,
    #[serde(default, borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(default)]
    prompt_feedback: Option<IgnoredAny>,
    #[serde(default)]
    usage_metadata: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(default, borrow)]
    content: Option<Content<'a>>,
    #[serde(default)]
    finish_reason: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(default, borrow)]
    parts: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(default, borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(default)]
    thought: bool,
    #[serde(default)]
    function_call: Option<IgnoredAny>,
}

/// Looks at one reply.
pub fn peek(data: &[u8]) -> Peek<'_> {
    let Ok(reply) = serde_json::from_slice::<Reply<'_>>(data) else {
        return Peek::of(PeekKind::Malformed);
    };
    if reply.error.is_some() {
        return Peek::of(PeekKind::Error);
    }
    let blocked = reply.prompt_feedback.is_some();
    if reply.candidates.is_none() && !blocked && reply.usage_metadata.is_none() {
        return Peek::of(PeekKind::Malformed);
    }
    let Some(first) = reply.candidates.into_iter().flatten().next() else {
        return Peek { finish: blocked, ..Peek::of(PeekKind::Reply) };
    };
    let mut peek = Peek { finish: first.finish_reason.is_some(), ..Peek::of(PeekKind::Reply) };
    for part in first.content.and_then(|content| content.parts).unwrap_or_default() {
        let text = part.text.filter(|text| !text.is_empty());
        match (text, part.thought) {
            (Some(text), false) => {
                // More than one is rare; only then is anything copied.
                peek.content = Some(match peek.content.take() {
                    Some(before) => before + text,
                    None => text,
                });
            }
            (Some(_), true) => peek.other_output = true,
            (None, _) => peek.other_output |= part.function_call.is_some(),
        }
    }
    peek
}

#[cfg(test)]
mod tests {
    use super::{Peek, PeekKind, peek};

    #[test]
    fn the_gist_of_a_reply_is_what_its_first_candidate_says() {
        let reply = |content: Option<&'static str>, other_output, finish| Peek {
            kind: PeekKind::Reply,
            content: content.map(Into::into),
            other_output,
            finish,
        };
        for (data, gist) in [
            (
                r#"{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"b"}]}}]}"#,
                reply(Some("ab"), false, false),
            ),
            (
                r#"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}"#,
                reply(None, false, true),
            ),
            (
                r#"{"candidates":[{"content":{"parts":[{"text":"t","thought":true}]}}]}"#,
                reply(None, true, false),
            ),
            (
                r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}"#,
                reply(None, true, false),
            ),
            (r#"{"promptFeedback":{"blockReason":"OTHER"}}"#, reply(None, false, true)),
            (r#"{"usageMetadata":{"promptTokenCount":3}}"#, reply(None, false, false)),
            (r#"{"error":{"code":503}}"#, Peek::of(PeekKind::Error)),
            (r#"{"choices":[]}"#, Peek::of(PeekKind::Malformed)),
            ("[", Peek::of(PeekKind::Malformed)),
        ] {
            assert_eq!(peek(data.as_bytes()), gist, "{data}");
        }
    }
}
