//! One client's request, understood once: where it goes, how it wants to be treated, and its bytes.
//!
//! Nothing here knows providers. The body stays as the client wrote it, so that every attempt can
//! replay it for the price of a reference count.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wire::openai::RequestHead;

use crate::config::fleet::Target;
use crate::endpoint::Endpoint;

/// A request that was let in.
#[derive(Debug)]
pub(crate) struct ClientRequest {
    pub(crate) endpoint: Endpoint,
    /// The name that the client asked for.
    pub(crate) model: Arc<str>,
    /// What that name stands for.
    pub(crate) target: Target,
    pub(crate) head: RequestHead,
    pub(crate) body: Bytes,
    /// Estimated tokens of the prompt.
    pub(crate) prompt_tokens: u64,
    pub(crate) overrides: Overrides,
}

/// What LiteLLM lets a request override.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    /// Largest gap without bytes.
    pub(crate) timeout: Option<Duration>,
    /// The same, for streams.
    pub(crate) stream_timeout: Option<Duration>,
    pub(crate) num_retries: Option<u32>,
    /// Names to fall back to, whatever the error, a bounded number; empty if the request names
    /// none.
    pub(crate) fallbacks: Vec<Arc<str>>,
    pub(crate) disable_fallbacks: bool,
}
