//! The providers' protocols, from the client's side: what to send, and what their answers mean.
//!
//! Pure: bytes to bytes, no sockets, no clock. One `attempt` serves all of them. [`provider`] is the
//! table of who speaks what; a cell of *endpoint × protocol* is a [`Dialect`]: OpenAI's bodies go
//! through as they are ([`forwarded`]), Azure's differ in path and key only, Anthropic's, Gemini's, Bedrock's
//! and Ollama's are translated both ways. Which error deserves what is decided in `classify`, not here.

pub(crate) mod additions;
pub(crate) mod announced;
mod answer_form;
mod anthropic;
mod azure;
mod bedrock;
mod beside_json;
mod betas;
mod beyond;
mod blocks;
mod breaks;
mod by_chat;
mod calls_of_2023;
mod chunk_writer;
mod chunks;
mod citations;
pub(crate) mod classify;
mod contents;
pub(crate) mod continued;
mod converse;
mod count;
pub(crate) mod dialect;
mod events;
mod extras;
pub(crate) mod failure;
mod forwarded;
mod function;
mod gemini;
pub(crate) mod members;
mod messages;
pub(crate) mod mock;
mod ollama;
mod openai;
mod pictures;
mod provider;
mod reasoning;
mod responses;
mod retold;
pub(crate) mod signature;
mod spoken;
pub(crate) mod stream;
mod texts;
mod thoughts;
pub(crate) mod tool_names;
mod translated;
pub(crate) mod translations;
mod vectors;
mod web_search;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use http_body_util::Full;
use world::Authority;

use crate::config::{AwsKeys, Deployment, Responses, Secret};
use crate::endpoint::Endpoint;
use additions::Asks;
use dialect::{Asked, Dialect, Encoded, Refused};
use extras::Extras;
use provider::{Call, Delivery, Headers, Provider};
use tool_names::ToolNames;

/// What the gateway calls itself to the providers.
pub(crate) const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("brownout/", env!("CARGO_PKG_VERSION")));

/// Everything about requests to one deployment that does not depend on the request.
#[derive(Debug)]
pub(crate) struct Route {
    provider: &'static dyn Provider,
    headers: HeaderMap,
}

/// A request in a provider's words, ready to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) request: Request<Full<Bytes>>,
    /// The request's body, which is signed with it.
    pub(crate) body: Bytes,
    /// Who reads its answer.
    pub(crate) dialect: &'static dyn Dialect,
    /// Members that were left out.
    pub(crate) dropped: Vec<Box<str>>,
    /// Names of tools that the provider has otherwise.
    pub(crate) names: ToolNames,
    /// Whether client or config spell calls as in 2023.
    pub(crate) functions: bool,
    /// Whether client or config want the usage within a stream.
    pub(crate) include_usage: bool,
    /// Whether the answer is to come as the input of a tool.
    pub(crate) in_json: bool,
}

/// What is shown to a provider, where that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// In the header `authorization`.
    Bearer(Secret),
    /// By a signature.
    Aws(AwsKeys),
}

/// Why no request can ever be sent to a deployment.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    #[error("its path `{0}` is not valid in a URL; check api_base, model and api_version")]
    Path(String),
    #[error("its {0} holds bytes that cannot stand in an HTTP header")]
    Header(&'static str),
    #[error(
        "it has no key of AWS; give aws_access_key_id and aws_secret_access_key, or set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK, or name a profile or a role"
    )]
    NoAwsKeys,
}

/// Where chat completions to a deployment go: path and query.
pub fn path_to(deployment: &Deployment) -> String {
    provider::of(deployment.protocol).path(
        deployment,
        Call { endpoint: Endpoint::Chat, model: &deployment.model, delivery: Delivery::Whole },
    )
}

impl Route {
    /// Prepares the headers of a deployment, and tries its path.
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, RouteError> {
        let provider = provider::of(deployment.protocol);
        let call =
            Call { endpoint: Endpoint::Chat, model: &deployment.model, delivery: Delivery::Whole };
        uri(provider.path(deployment, call))?;
        let host = HeaderValue::try_from(host_of(&deployment.authority));
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::HOST, host.map_err(|_| RouteError::Header("api_base"))?);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, USER_AGENT);
        headers.extend(provider.headers(deployment)?);
        for (name, value) in &deployment.additions.headers {
            let name = HeaderName::try_from(&**name);
            let name = name.map_err(|_| RouteError::Header("extra_headers"))?;
            let mut value = HeaderValue::try_from(value.reveal())
                .map_err(|_| RouteError::Header("extra_headers"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        // Answers are read here: neither a client's wish nor a config's may have them come in another coding.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Ok(Self { provider, headers })
    }

    /// Puts a client's request into this deployment's words.
    ///
    /// # Errors
    /// What of it the deployment cannot be asked.
    pub(crate) fn encode(
        &self,
        asked: &Asked<'_>,
        deployment: &Deployment,
    ) -> Result<Outgoing, Refused> {
        let by = asked.endpoint;
        let dialect = match (by, deployment.responses) {
            (Endpoint::Responses, Responses::ByChat) => Some(&responses::AT_OPENAI as _),
            _ => self.provider.dialect(by, deployment.platform),
        };
        let dialect: &'static dyn Dialect = dialect.ok_or_else(|| no_endpoint(asked))?;
        let mut extras = Extras::of(asked, &deployment.additions)?;
        let relayed = extras.relayed(asked.relayed);
        let relayed = betas::joined(&self.headers, &relayed);
        let encoded = dialect.encode(&Asked { relayed: &relayed, ..*asked })?;
        let endpoint = dialect.called(by);
        let Encoded { body, mut dropped, names } = match endpoint == Endpoint::Chat {
            true => reasoning::fitted(deployment, (by, asked.model), asked.lenience, encoded)?,
            false => encoded,
        };
        let said = (asked.head, asked.body);
        if !additions::takes_extra_body(by, endpoint) {
            extras.without_body(asked.lenience)?;
        }
        let asks = Asks { of: self.provider, at: endpoint, said, extra_body: extras.body };
        // What the config adds is meant for answers.
        let body = if by.counts() {
            body
        } else {
            additions::extended(&deployment.additions, asks, body)?
        };
        let delivery = if asked.head.stream { Delivery::Stream } else { Delivery::Whole };
        let call = Call { endpoint, model: asked.model, delivery };
        let body = self.provider.finished(deployment, call, body);
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = http::Method::POST;
        if wire::percent::is_dots(asked.model) {
            let message = format!("`{}` is no model's name, but a step in a path", asked.model);
            return Err(Refused { param: Box::from("model"), message });
        }
        *request.uri_mut() = uri(self.provider.path(deployment, call))
            .map_err(|error| Refused { param: Box::from("model"), message: error.to_string() })?;
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().extend(extras.headers);
        dropped.extend(extras.dropped);
        dropped.extend(betas::told((deployment.protocol, by), &relayed, request.headers_mut()));
        let (functions, include_usage) = (asked.head.functions, asked.head.include_usage);
        let in_json = answer_form::is_called_for(&body);
        Ok(Outgoing { request, body, dialect, dropped, names, functions, include_usage, in_json })
    }

    /// Shows a request that is about to be sent to be the deployment's, at `unix_seconds`: with what was fetched for it,
    /// or by a signature where the provider wants one.
    pub(crate) fn authorize(
        &self,
        (deployment, shown): (&Deployment, Option<&Shown>),
        outgoing: &mut Outgoing,
        unix_seconds: u64,
    ) -> Result<(), RouteError> {
        let keys = match shown {
            Some(Shown::Bearer(token)) => {
                // What the config says itself stands before that.
                if !self.headers.contains_key(header::AUTHORIZATION) {
                    let (name, value) = bearer(token)?;
                    outgoing.request.headers_mut().insert(name, value);
                }
                None
            }
            Some(Shown::Aws(keys)) => Some(keys),
            None => None,
        };
        let signed = (&mut outgoing.request, &*outgoing.body);
        self.provider.sign(deployment, keys, signed, unix_seconds);
        Ok(())
    }
}

/// A provider has no such endpoint, whatever is asked of it.
fn no_endpoint(asked: &Asked<'_>) -> Refused {
    let (path, model) = (asked.endpoint.row().path, asked.model);
    let message =
        format!("`{model}` is at a provider that cannot serve {path}; name another model");
    Refused { param: Box::from("model"), message }
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

/// A key as a bearer token.
fn bearer(key: &Secret) -> Result<(HeaderName, HeaderValue), RouteError> {
    Ok((header::AUTHORIZATION, credential(&format!("Bearer {}", key.reveal()))?))
}

/// The key that a deployment has, as a bearer token; nothing where it has none.
fn bearer_of(deployment: &Deployment) -> Result<Headers, RouteError> {
    deployment.api_key.iter().map(bearer).collect()
}

/// The `host` header: without the port where it is the scheme's own.
pub(crate) fn host_of(authority: &Authority) -> String {
    let usual = if authority.tls { 443 } else { 80 };
    let host = match authority.host.contains(':') {
        true => format!("[{}]", authority.host),
        false => authority.host.to_string(),
    };
    if authority.port == usual { host } else { format!("{host}:{}", authority.port) }
}
