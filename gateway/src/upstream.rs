//! The providers' dialects, from the client's side: what to send, and what their streams mean.
//!
//! Pure: bytes to bytes, no sockets, no clock. One `attempt` serves all dialects. OpenAI's bodies go
//! through as they are; Azure's differ in path and key only; Anthropic's are translated both ways.
//! Which error deserves what is decided in `classify`, not here.

mod anthropic;
mod azure;
pub(crate) mod classify;
mod dialect;
pub(crate) mod failure;
mod openai;
pub(crate) mod stream;

pub(crate) use dialect::{Broken, Dialect, WholeAnswer, whole as whole_answer};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use http_body_util::Full;
use vocab::Protocol;
use wire::openai::RequestHead;

use crate::config::Deployment;

/// What the gateway calls itself to the providers.
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("brownout/", env!("CARGO_PKG_VERSION")));

/// Everything about requests to one deployment that does not depend on the request.
#[derive(Debug)]
pub(crate) struct Route {
    protocol: Protocol,
    uri: Uri,
    headers: HeaderMap,
}

/// Why no request can ever be sent to a deployment.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    #[error("its path `{0}` is not valid in a URL; check api_base, model and api_version")]
    Path(String),
    #[error("its {0} holds bytes that cannot stand in an HTTP header")]
    Header(&'static str),
    #[error("the provider `{0}` is not supported yet; use openai, azure or anthropic")]
    Provider(Protocol),
}

/// Why a request cannot be put into a provider's words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    #[error("request cannot be translated for Anthropic: {0}")]
    Untranslatable(String),
    #[error(transparent)]
    Path(RouteError),
}

/// Whether requests can be sent to providers of this protocol.
pub const fn can_call(protocol: Protocol) -> bool {
    match protocol {
        Protocol::OpenAi | Protocol::Azure | Protocol::Anthropic => true,
        Protocol::Gemini | Protocol::Bedrock => false,
    }
}

/// Where requests to a deployment go: path and query.
pub fn path_to(deployment: &Deployment) -> String {
    match deployment.protocol {
        Protocol::OpenAi | Protocol::Gemini | Protocol::Bedrock => openai::path(deployment),
        Protocol::Azure => azure::path(deployment, &deployment.model),
        Protocol::Anthropic => anthropic::path(deployment),
    }
}

impl Route {
    /// Prepares path and headers of a deployment.
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, RouteError> {
        let (path, key) = match deployment.protocol {
            Protocol::OpenAi => (openai::path(deployment), openai::key(deployment)?),
            Protocol::Azure => {
                (azure::path(deployment, &deployment.model), azure::key(deployment)?)
            }
            Protocol::Anthropic => (anthropic::path(deployment), anthropic::key(deployment)?),
            Protocol::Gemini | Protocol::Bedrock => {
                return Err(RouteError::Provider(deployment.protocol));
            }
        };
        let uri = uri(path)?;
        let host = HeaderValue::try_from(host_of(deployment));
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::HOST, host.map_err(|_| RouteError::Header("api_base"))?);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, USER_AGENT);
        if let Some((name, value)) = key {
            headers.insert(name, value);
        }
        if deployment.protocol == Protocol::Anthropic {
            headers.insert(
                HeaderName::from_static(wire::anthropic::VERSION),
                HeaderValue::from_static(wire::anthropic::VERSION_2023_06_01),
            );
        }
        Ok(Self { protocol: deployment.protocol, uri, headers })
    }

    /// Puts a client's request into this deployment's words. `model` is the deployment's own, unless
    /// that is a wildcard.
    pub(crate) fn encode(
        &self,
        (head, body): (&RequestHead, &Bytes),
        deployment: &Deployment,
        model: &str,
    ) -> Result<Request<Full<Bytes>>, EncodeError> {
        let body = match self.protocol {
            Protocol::OpenAi | Protocol::Azure => wire::openai::upstream_body(body, head, model),
            Protocol::Anthropic => anthropic::request(body, model)?,
            Protocol::Gemini | Protocol::Bedrock => body.clone(),
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = match deployment.protocol {
            Protocol::Azure if model != &*deployment.model => {
                uri(azure::path(deployment, model)).map_err(EncodeError::Path)?
            }
            Protocol::OpenAi
            | Protocol::Azure
            | Protocol::Anthropic
            | Protocol::Gemini
            | Protocol::Bedrock => self.uri.clone(),
        };
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

fn uri(path: String) -> Result<Uri, RouteError> {
    path.parse::<PathAndQuery>().map(Uri::from).map_err(|_| RouteError::Path(path))
}

/// A credential as a header value that debug output hides.
fn credential(text: &str) -> Result<HeaderValue, RouteError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| RouteError::Header("api_key"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The `host` header: without the port where it is the scheme's own.
fn host_of(deployment: &Deployment) -> String {
    let authority = &deployment.authority;
    let usual = if authority.tls { 443 } else { 80 };
    let host = match authority.host.contains(':') {
        true => format!("[{}]", authority.host),
        false => authority.host.to_string(),
    };
    if authority.port == usual { host } else { format!("{host}:{}", authority.port) }
}
