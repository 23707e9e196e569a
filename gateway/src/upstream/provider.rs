//! Who speaks which protocol: a [`Provider`] per protocol says where its endpoints are, how requests
//! carry the key, and in which [`Dialect`] each endpoint is served. [`of`] is the table; adding a
//! provider is one file in `upstream/` and one row here.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use vocab::Protocol;

use super::RouteError;
use super::anthropic::Anthropic;
use super::azure::Azure;
use super::bedrock::Bedrock;
use super::dialect::Dialect;
use super::gemini::Gemini;
use super::ollama::Ollama;
use super::openai::OpenAi;
use crate::config::{AwsKeys, Deployment, Platform};
use crate::endpoint::Endpoint;

/// A protocol, from the client's side.
pub(super) trait Provider: fmt::Debug + Sync {
    /// How an endpoint is served on a platform; `None` where it cannot be.
    fn dialect(&self, endpoint: Endpoint, platform: Platform) -> Option<&'static dyn Dialect>;

    /// Path and query of a call.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String;

    /// Headers of every request: the key, and what else the protocol demands.
    ///
    /// # Errors
    /// [`RouteError::Header`] where a value cannot stand in one.
    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError>;

    /// Where a member of a chat completion belongs that LiteLLM does not know, and so has no word of OpenAI's for.
    fn placed<'n>(&self, name: &'n str) -> Placed<'n> {
        Placed { within: None, name: Cow::Borrowed(name) }
    }

    /// The body of a call as the deployment's platform wants it; mostly as it is.
    fn finished(&self, deployment: &Deployment, call: Call<'_>, body: Bytes) -> Bytes {
        let _ = (deployment, call);
        body
    }

    /// Signs a request with that body which is about to be sent, at `unix_seconds`, with `keys` where these were
    /// fetched. Nothing to do where a key stands in a header.
    fn sign(
        &self,
        deployment: &Deployment,
        keys: Option<&AwsKeys>,
        request: (&mut Request<Full<Bytes>>, &[u8]),
        unix_seconds: u64,
    ) {
        let _ = (deployment, keys, request, unix_seconds);
    }
}

/// The place of a member in a provider's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed<'n> {
    /// The member that it stands within; `None` for the top.
    pub(super) within: Option<&'static str>,
    /// The provider's name of it.
    pub(super) name: Cow<'n, str>,
}

/// Names and values.
pub(super) type Headers = Vec<(HeaderName, HeaderValue)>;

/// One call of a provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) endpoint: Endpoint,
    /// The deployment's own name of the model, unless that is a wildcard.
    pub(super) model: &'a str,
    pub(super) delivery: Delivery,
}

/// How an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// At once.
    Whole,
    /// As it comes.
    Stream,
}

/// Who speaks `protocol`.
pub(super) fn of(protocol: Protocol) -> &'static dyn Provider {
    match protocol {
        Protocol::OpenAi => &OpenAi,
        Protocol::Azure => &Azure,
        Protocol::Anthropic => &Anthropic,
        Protocol::Gemini => &Gemini,
        Protocol::Bedrock => &Bedrock,
        Protocol::Ollama => &Ollama,
    }
}
