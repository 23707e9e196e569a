//! What changes an answer but lets it go on, for each moment at which it may.

use std::time::Duration;

/// Rate limits are this part of what they are otherwise, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LimitScale(pub(crate) f64);

/// A change of the answer as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadMutation {
    /// The head names this media type.
    ContentType(MediaType),
    /// The answer is whole, and has no tokens.
    Empty,
    /// The answer goes on after its planned end.
    Endless,
    /// The answer never tells how many tokens it took.
    NoUsage,
    /// A stream is no stream, but one document.
    NoStream,
    /// So many tokens of thought come first.
    Thinking(u32),
    /// The body leaves in pieces, whatever its frames are.
    Pieces(Pieces),
    /// The body leaves when it is complete.
    Buffered,
    /// The body breaks off where nothing was said for so long.
    IdleTimeout(Duration),
}

/// The pieces in which a body leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pieces {
    /// Size of a piece, in bytes.
    pub(crate) bytes: u16,
    /// Time between two pieces.
    pub(crate) every: Duration,
}

/// A change of the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenMutation {
    /// Frames that carry nothing come before it: comments, or what the dialect has.
    Comments {
        /// Whether frames with an `id:` line come with them.
        ids: bool,
    },
    /// Its frame comes twice.
    Duplicate,
    /// Its frame is malformed.
    Garble,
    /// Its frame comes after the one that follows it.
    Reorder,
    /// A frame of a kind that no client knows comes before it.
    UnknownEvent,
}

/// A change of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndMutation {
    /// The end comes twice, with data after the first one.
    DoubleDone,
}

/// All mutations of the head together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnswerForm {
    /// The media type that the head names; the last one that was asked for.
    pub(crate) content_type: Option<MediaType>,
    /// Without tokens.
    pub(crate) empty: bool,
    /// Without end.
    pub(crate) endless: bool,
    /// Without token counts.
    pub(crate) without_usage: bool,
    /// As one document, also where a stream was asked for.
    pub(crate) whole: bool,
    /// With so many tokens of thought before it; the most that were asked for.
    pub(crate) thinking: Option<u32>,
    /// In pieces; the first that were asked for.
    pub(crate) pieces: Option<Pieces>,
    /// All at once.
    pub(crate) buffered: bool,
    /// Longest silence in it; the shortest that was asked for.
    pub(crate) silence_max: Option<Duration>,
}

impl AnswerForm {
    /// What `mutations` make of an answer.
    pub(crate) fn new(mutations: &[HeadMutation]) -> Self {
        let mut form = Self::default();
        for mutation in mutations {
            match *mutation {
                HeadMutation::ContentType(media_type) => form.content_type = Some(media_type),
                HeadMutation::Empty => form.empty = true,
                HeadMutation::Endless => form.endless = true,
                HeadMutation::NoUsage => form.without_usage = true,
                HeadMutation::NoStream => form.whole = true,
                HeadMutation::Thinking(tokens) => form.thinking = form.thinking.max(Some(tokens)),
                HeadMutation::Buffered => form.buffered = true,
                HeadMutation::IdleTimeout(after) => {
                    let shortest = form.silence_max.map_or(after, |known| known.min(after));
                    form.silence_max = Some(shortest);
                }
                HeadMutation::Pieces(pieces) => {
                    form.pieces.get_or_insert(pieces);
                }
            }
        }
        form
    }
}

/// A media type that does not belong to the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum MediaType {
    /// `text/html`.
    #[default]
    Html,
    /// `text/plain`.
    Text,
    /// `application/json`, also for streams.
    Json,
    /// `text/event-stream`, also for plain answers.
    Stream,
    /// None at all.
    None,
}

impl MediaType {
    /// The header's value, if there is a header.
    pub(crate) const fn value(self) -> Option<&'static str> {
        match self {
            Self::Html => Some("text/html"),
            Self::Text => Some("text/plain"),
            Self::Json => Some("application/json"),
            Self::Stream => Some("text/event-stream"),
            Self::None => None,
        }
    }
}
