//! Releases of LiteLLM whose routers differ, and in what: each difference is a question that the rest of this folder
//! asks.

use crate::policy::SendsAgain;

/// A release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Release {
    /// 1.106.
    V1_106,
    /// 1.108.
    V1_108,
}

/// What a stream is that breaks before the client was sent anything of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unbegun {
    /// A stream that broke: its head was made, and other groups may go on with it.
    Stream,
    /// A failed attempt like any other.
    Attempt,
}

/// Who counts as alone in its group, where a config says how many failures are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lone {
    /// Nobody in particular: the router's numbers hold for whoever is alone, too; a deployment's own do not.
    OwnNumbers,
    /// Whoever has neither a sibling nor a fallback: no number holds for it, unless it is a policy's for the class of
    /// error.
    WithoutFallback,
}

/// What a stream is that falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SilentStream {
    /// A connection that broke, as all streams that break.
    Connection,
    /// A timeout.
    Timeout,
}

impl Release {
    /// Whether a request is sent once more after a reset of LiteLLM's own client. Seen on the wire: 1.106.2 does, 1.108.7
    /// does not, with streams.
    pub(super) const fn after_reset(self) -> SendsAgain {
        match self {
            Self::V1_106 => SendsAgain::Once,
            Self::V1_108 => SendsAgain::No,
        }
    }

    /// From 1.108 on a silence within a stream keeps its name.
    pub(super) const fn silent_stream(self) -> SilentStream {
        match self {
            Self::V1_106 => SilentStream::Connection,
            Self::V1_108 => SilentStream::Timeout,
        }
    }

    /// From 1.108 on the router reads the first frame before it hands the stream on (litellm 1.108:
    /// `router._aread_first_chunk`).
    pub(super) const fn unbegun(self) -> Unbegun {
        match self {
            Self::V1_106 => Unbegun::Stream,
            Self::V1_108 => Unbegun::Attempt,
        }
    }

    /// `cooldown_handlers.is_lone_deployment` (litellm 1.108).
    pub(super) const fn lone(self) -> Lone {
        match self {
            Self::V1_106 => Lone::OwnNumbers,
            Self::V1_108 => Lone::WithoutFallback,
        }
    }
}
