//! What changes an answer but lets it go on.

use std::time::Duration;

/// A change of one step or of the whole answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Twist {
    /// The next token's frame is malformed.
    Garble,
    /// The next token's frame comes twice.
    Duplicate,
    /// The next token's frame comes after the one that follows it.
    Reorder,
    /// Frames that carry nothing come before the next token: comments, or what the dialect has.
    Comments {
        /// Whether frames with an `id:` line come with them.
        ids: bool,
    },
    /// A frame of a kind that no client knows comes before the next token.
    UnknownEvent,
    /// The end comes twice, with data after the first one.
    DoubleDone,
    /// The answer never tells how many tokens it took.
    NoUsage,
    /// The head names this content type.
    ContentType(ContentType),
    /// The body leaves in pieces, whatever its frames are.
    Pieces {
        /// Size of a piece, in bytes.
        bytes: u16,
        /// Time between two pieces.
        every: Duration,
    },
    /// The answer is whole, and has no tokens.
    Empty,
    /// The answer goes on after its planned end.
    Endless,
    /// Rate limits are this part of what they are otherwise, 0 to 1.
    Limits(f64),
}

/// A content type that does not belong to the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ContentType {
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

impl ContentType {
    /// The header's value, if there is a header.
    pub const fn value(self) -> Option<&'static str> {
        match self {
            Self::Html => Some("text/html"),
            Self::Text => Some("text/plain"),
            Self::Json => Some("application/json"),
            Self::Stream => Some("text/event-stream"),
            Self::None => None,
        }
    }
}
