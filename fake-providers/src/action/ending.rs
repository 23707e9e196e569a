//! How a fault ends an attempt, for each moment at which it may.

use std::time::Duration;

use super::ProviderError;

/// A name does not resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NameFailure {
    /// What the resolver says.
    pub(crate) error: NameError,
    /// And after how long.
    pub(crate) after: Duration,
}

/// What a resolver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameError {
    /// There is no such name.
    Nxdomain,
    /// The resolver failed.
    Servfail,
    /// The resolver did not answer.
    Timeout,
}

/// A dial does not become a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DialEnd {
    /// It is left standing until the host has fewer connections, and judged again.
    Wait,
    /// It is turned away.
    TurnAway(TurnAway),
}

/// How a dial is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnAway {
    /// It is refused.
    Refuse,
    /// It is accepted and closed in order (FIN).
    Close,
    /// Its first bytes are answered with a fatal TLS alert of this code, and it is closed.
    Alert(u8),
    /// It stands, and nothing comes back.
    Blackhole,
    /// It is accepted, and reset at its first bytes.
    Reset,
}

/// How a connection that is open breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// It is reset.
    Reset,
    /// Nothing arrives any more, nothing comes back.
    Blackhole,
}

/// A request that was read is not worked on. What is said here of its connection happens to its stream
/// alone, where it shares the connection with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestEnd {
    /// The provider's error is its answer.
    Error(ProviderError),
    /// Its connection is closed in order (FIN).
    Close,
    /// Its connection says a fatal TLS alert of this code, and is closed.
    Alert(u8),
    /// Its connection becomes a black hole.
    Blackhole,
    /// Its connection is reset.
    Reset,
    /// The same; a stream is refused, as one on which nobody has begun to work.
    Refuse,
    /// Its connection is reset with all that it carries.
    ResetConnection,
}

/// A request that was admitted does not get its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadEnd {
    /// No head comes; the connection stays open.
    Silence,
    /// Another body than the one asked for comes, under the head of an answer.
    Substitute(Substitute),
}

/// What stands in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Substitute {
    /// An HTML page, under 200.
    Html,
    /// The first half of the answer, framed as if it were whole.
    HalfJson,
    /// Less than the head's `content-length` promises, and then the end of the connection.
    Short,
    /// The answer, padded with so many bytes of white space.
    Oversize(u64),
}

/// An answer that has begun does not end as planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// Silence on a connection that stays open.
    Silence,
    /// Nothing but heartbeats, one each so often, on a connection that stays open.
    Heartbeats(Duration),
    /// The connection is reset.
    Reset,
    /// The connection is closed without the end of its framing.
    BreakFraming(FramingBreak),
    /// The answer ends in order, but early and without its terminator.
    Truncate(CutPoint),
    /// An error inside the 2xx answer, and then the end.
    Error(InBandError),
    /// A malformed frame, and then the end.
    Garble,
}

/// How the framing of a body breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum FramingBreak {
    /// The connection is closed (FIN) without the last chunk.
    #[default]
    Fin,
    /// A chunk size that is no number, and then FIN.
    Garbage,
}

/// Where a clean but early end falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum CutPoint {
    /// Between two frames.
    #[default]
    Nothing,
    /// In the middle of a frame.
    Frame,
    /// In the middle of a character of several bytes.
    Utf8,
}

/// An error inside an answer that began with 200.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InBandError {
    /// Status whose error it is; without one, whatever the provider says when it is overloaded.
    pub(crate) status: Option<u16>,
    /// How it looks.
    pub(crate) shape: ErrorShape,
    /// Whether the terminator follows, as if all were well.
    pub(crate) terminated: bool,
}

/// How an error inside an answer looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum ErrorShape {
    /// As the provider itself says it.
    #[default]
    Native,
    /// As another provider would.
    Foreign,
    /// As a bare string: `{"error": "…"}`.
    String,
    /// As a member of an otherwise empty chunk.
    Chunk,
    /// As the whole body, a JSON document under the content type of a stream.
    Envelope,
}

impl ErrorShape {
    /// Its word in a scenario.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Foreign => "foreign",
            Self::String => "string",
            Self::Chunk => "chunk",
            Self::Envelope => "envelope",
        }
    }
}

impl From<TurnAway> for RequestEnd {
    /// What a fault of the dial does to a request on a connection that stood before: it cannot be
    /// refused any more, only reset.
    fn from(how: TurnAway) -> Self {
        match how {
            TurnAway::Close => Self::Close,
            TurnAway::Alert(code) => Self::Alert(code),
            TurnAway::Blackhole => Self::Blackhole,
            TurnAway::Refuse => Self::Refuse,
            TurnAway::Reset => Self::Reset,
        }
    }
}

impl From<Break> for RequestEnd {
    fn from(how: Break) -> Self {
        match how {
            Break::Reset => Self::ResetConnection,
            Break::Blackhole => Self::Blackhole,
        }
    }
}
