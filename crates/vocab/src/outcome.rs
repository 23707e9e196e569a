//! How an offered request ended, as its user saw it. Closed sets: a report that met an unknown
//! ending would have to invent a number.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order in which reports list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in tables, charts and prose.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words! {
    /// The ending of an offered request. `offered = success + failed + cancelled + never_sent`.
    Outcome {
        /// 2xx, no in-band error, terminator seen, content complete and in order; or left as planned
        /// after k good tokens.
        Success = "success",
        /// Anything else that was sent; [`FailureKind`] says what.
        Failed = "failed",
        /// The run was interrupted.
        Cancelled = "cancelled",
        /// The generator's bound on requests in flight was reached.
        NeverSent = "never_sent",
    }
}

words! {
    /// What went wrong, as observed by the client. Whether to retry it is a gateway's opinion.
    FailureKind {
        /// The connection was refused, or could not be opened in time.
        Connect = "connect",
        /// The connection ended before a response head.
        Reset = "reset",
        /// HTTP 400, 404, 405, 409, 413, 415, 422 and other client errors.
        BadRequest = "bad_request",
        /// HTTP 401, 402, 403.
        Denied = "denied",
        /// HTTP 408: the gateway says that a provider took too long.
        UpstreamTimeout = "upstream_timeout",
        /// Answered with HTTP 429.
        RateLimited = "rate_limited",
        /// Answered with HTTP 500 to 599.
        ServerError = "server_error",
        /// An error inside a 2xx answer: an error event of a stream, an error body.
        ErrorEvent = "error_event",
        /// The stream ended cleanly, but without terminator or before the planned last token.
        Truncated = "truncated",
        /// The transport broke after the response head.
        Cut = "cut",
        /// A frame or a body that is not what the protocol allows.
        Malformed = "malformed",
        /// Complete in form, but the content is not the answer to this prompt.
        Corrupt = "corrupt",
        /// The client's own total timeout passed.
        Timeout = "timeout",
        /// The client's patience ended before the first token.
        ClientGaveUp = "client_gave_up",
    }
}

words! {
    /// What the token marks say about the content of an answer.
    Integrity {
        /// Every planned token of one visit, once and in order.
        Complete = "complete",
        /// In order, but the planned last token never came.
        Truncated = "truncated",
        /// Tokens came more than once.
        Duplicated = "duplicated",
        /// Tokens of two visits or two deployments in one answer.
        Spliced = "spliced",
        /// Every planned token once and in order, of two visits or more, each change of them marked by the stream: a gateway
        /// had somebody else go on with an answer that broke off, and said so.
        Resumed = "resumed",
        /// Tokens out of order, or with holes.
        Reordered = "reordered",
        /// Complete, but of an earlier request with the same prompt: a cache answered.
        Cached = "cached",
        /// Tokens of another prompt, or text without marks.
        Wrong = "wrong",
        /// No content at all.
        Empty = "empty",
    }
}
