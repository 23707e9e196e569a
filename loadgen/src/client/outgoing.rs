//! What goes out in a phase: its target's path and headers, written once, and each request's numbers
//! and body.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri};
use http_body_util::Full;
use world::Authority;

use crate::body::BodyWriter;
use crate::config::{Dialect, Phase, Target};
use crate::schedule::Intent;

/// Writes the requests of a phase to its target.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// Of whole answers, and of streams.
    uris: (Uri, Uri),
    /// The headers that all requests share.
    headers: HeaderMap,
    body: BodyWriter,
}

/// A target that no request can be written for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The path is no path.
    #[error("target path `{0}` is not a valid URL path; write it with a leading slash")]
    Path(Arc<str>),
    /// The key holds bytes that a header cannot carry.
    #[error("the target's key cannot be sent in a header; remove control characters")]
    Key,
    /// The host cannot be written into a header.
    #[error("target host `{0}` cannot be sent in a header; use a DNS name or an IP address")]
    Host(Arc<str>),
}

/// Header with the request's number, for our own books.
const REQUEST_NUMBER: HeaderName = HeaderName::from_static("x-brownout-request");

/// Header with the same number where LiteLLM looks for a call id.
const CALL_ID: HeaderName = HeaderName::from_static("x-litellm-call-id");

impl Outgoing {
    pub(super) fn new(phase: &Phase, target: &Target) -> Result<Self, TargetError> {
        let whole = uri(&target.path)?;
        let streamed = target.stream_path.as_ref().map_or_else(|| Ok(whole.clone()), uri)?;
        let model = target.model.as_deref().unwrap_or(&phase.model);
        Ok(Self {
            uris: (whole, streamed),
            headers: shared_headers(target)?,
            body: BodyWriter::new(target.dialect, model, &phase.workload),
        })
    }

    /// One request of the phase.
    pub(super) fn request(&self, intent: &Intent) -> Request<Full<Bytes>> {
        let body = self.body.write(intent);
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        let (whole, streamed) = &self.uris;
        *request.uri_mut() = if intent.stream { streamed.clone() } else { whole.clone() };
        let mut headers = self.headers.clone();
        let number = HeaderValue::from(intent.request.0);
        headers.insert(REQUEST_NUMBER, number.clone());
        headers.insert(CALL_ID, number);
        *request.headers_mut() = headers;
        request
    }
}

fn uri(path: &Arc<str>) -> Result<Uri, TargetError> {
    let parsed = PathAndQuery::try_from(&**path).ok().filter(|_| path.starts_with('/'));
    parsed.map(Uri::from).ok_or_else(|| TargetError::Path(Arc::clone(path)))
}

fn shared_headers(target: &Target) -> Result<HeaderMap, TargetError> {
    let mut headers = HeaderMap::with_capacity(12);
    let host = host_header(&target.to);
    let host =
        HeaderValue::from_str(&host).map_err(|_| TargetError::Host(Arc::clone(&target.to.host)))?;
    headers.insert(header::HOST, host);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let (name, value) = match target.dialect {
        Dialect::OpenAi | Dialect::Bedrock | Dialect::Ollama => {
            (header::AUTHORIZATION, format!("Bearer {}", target.key.0))
        }
        Dialect::Azure => (HeaderName::from_static("api-key"), target.key.0.to_string()),
        Dialect::Anthropic => {
            let version = HeaderValue::from_static(wire::anthropic::VERSION_2023_06_01);
            headers.insert(HeaderName::from_static(wire::anthropic::VERSION), version);
            (HeaderName::from_static(wire::anthropic::API_KEY), target.key.0.to_string())
        }
        Dialect::Gemini => {
            (HeaderName::from_static(wire::gemini::API_KEY), target.key.0.to_string())
        }
    };
    let mut value = HeaderValue::from_str(&value).map_err(|_| TargetError::Key)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(headers)
}

/// Host, and port unless it is the scheme's own; IPv6 addresses in brackets.
fn host_header(to: &Authority) -> String {
    let host = if to.host.contains(':') { format!("[{}]", to.host) } else { to.host.to_string() };
    let default_port = if to.tls { 443 } else { 80 };
    if to.port == default_port { host } else { format!("{host}:{}", to.port) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vocab::At;
    use world::Authority;

    use super::{Outgoing, TargetError, host_header};
    use crate::arrival::{self, Arrivals};
    use crate::config::{Dialect, Phase, Secret, Target, TokenSpread, Workload};

    fn target(path: &str, key: &str) -> Target {
        Target {
            to: Authority { host: Arc::from("gateway"), port: 4000, tls: false },
            path: Arc::from(path),
            stream_path: None,
            dialect: Dialect::OpenAi,
            key: Secret(Arc::from(key)),
            model: None,
        }
    }

    fn refusal(target: &Target) -> Option<TargetError> {
        let phase = Phase {
            name: "main".to_owned(),
            from: At::START,
            to: At(1),
            warmup: false,
            arrivals: Arrivals { process: &arrival::ALL[0], per_second: 1.0 },
            workload: Workload {
                name: "one".to_owned(),
                stream_share: 1.0,
                prompt_tokens: TokenSpread::Constant(2),
                answer_tokens: TokenSpread::Constant(2),
                max_tokens: None,
                repeat_share: 0.0,
            },
            model: "m".to_owned(),
        };
        Outgoing::new(&phase, target).err()
    }

    #[test]
    fn a_target_that_cannot_be_written_is_refused_without_showing_its_key() {
        assert_eq!(refusal(&target("/v1/chat/completions?api-version=2024-08-01", "sk-1")), None);
        for path in ["", "v1/chat", "/a b"] {
            assert_eq!(refusal(&target(path, "sk-1")), Some(TargetError::Path(Arc::from(path))));
        }
        let secret = target("/v1", "sk-secret\n");
        assert_eq!(refusal(&secret), Some(TargetError::Key));
        assert!(!format!("{secret:?} {}", TargetError::Key).contains("sk-secret"));
    }

    #[test]
    fn the_host_header_leaves_out_the_schemes_own_port() {
        let host =
            |host: &str, port, tls| host_header(&Authority { host: Arc::from(host), port, tls });
        assert_eq!(host("api.openai.com", 443, true), "api.openai.com");
        assert_eq!(host("localhost", 80, false), "localhost");
        assert_eq!(host("localhost", 443, false), "localhost:443");
        assert_eq!(host("::1", 8080, false), "[::1]:8080");
    }
}
