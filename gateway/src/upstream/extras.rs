//! What a client says beside the members of its request, as LiteLLM lets it: `extra_headers` (or `headers`), headers
//! for the provider, and `extra_body`, members in the provider's words.
//!
//! What shows the gateway to a provider, and what belongs to the connection, is not a client's to say. It must never
//! know who the provider is.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use wire::anthropic::BETA;

use super::dialect::{Asked, Refused};
use super::members::Lenience;
use crate::config::{Additions, belongs_to_the_connection};

/// Headers by which providers know who asks, and where the request goes.
const OF_THE_GATEWAY: [&str; 10] = [
    "accept",
    "accept-encoding",
    "api-key",
    "authorization",
    "content-type",
    "cookie",
    "host",
    "proxy-authorization",
    "x-api-key",
    "x-goog-api-key",
];

/// What signs a request to AWS.
const OF_AWS: &str = "x-amz-";

/// Most headers that a client adds: far more than any provider knows.
const HEADERS_MAX: usize = 64;

/// Members without which it would be another request, or that the gateway's books depend on.
const NOT_EXTRA: [&str; 6] = ["input", "messages", "model", "modelId", "prompt", "stream"];

/// What a client says beside its request.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Headers that replace the gateway's own; betas of Anthropic's are not among them.
    pub(super) headers: HeaderMap,
    /// Betas of Anthropic's.
    pub(super) betas: Option<HeaderValue>,
    /// Members that replace those of the request.
    pub(super) body: Map<String, Value>,
    /// What is left out, because the client or the config allows it.
    pub(super) dropped: Vec<Box<str>>,
}

impl Extras {
    /// What is said beside `asked` to a deployment that adds `configured`.
    ///
    /// # Errors
    /// The first that is not the client's to say, unless it may be left out.
    pub(super) fn of(asked: &Asked<'_>, configured: &Additions) -> Result<Self, Refused> {
        let mut extras = Self::default();
        for (at, member) in asked.head.headers.iter().zip(["headers", "extra_headers"]) {
            for (name, value) in object(asked, at.as_ref(), member)? {
                extras.header((member, &name), &value, (asked.lenience, configured))?;
            }
        }
        for (name, value) in object(asked, asked.head.extra_body.as_ref(), "extra_body")? {
            if NOT_EXTRA.contains(&&*name) {
                let why = "belongs to the request itself";
                extras.refuse(format!("extra_body.{name}"), why, asked.lenience)?;
            } else {
                extras.body.insert(name, value);
            }
        }
        Ok(extras)
    }

    /// The client's headers for providers of its own kind, with the betas that it names here.
    pub(super) fn relayed<'h>(&self, client: &'h HeaderMap) -> Cow<'h, HeaderMap> {
        match &self.betas {
            None => Cow::Borrowed(client),
            Some(betas) => {
                let mut all = client.clone();
                all.append(HeaderName::from_static(BETA), betas.clone());
                Cow::Owned(all)
            }
        }
    }

    /// Where no such members can be said.
    ///
    /// # Errors
    /// If there are any, unless they may be left out.
    pub(super) fn without_body(&mut self, lenience: Lenience) -> Result<(), Refused> {
        if self.body.is_empty() {
            return Ok(());
        }
        self.body.clear();
        self.refuse("extra_body".to_owned(), "has no place in such a request", lenience)
    }

    fn header(
        &mut self,
        (member, name): (&str, &str),
        value: &Value,
        (lenience, configured): (Lenience, &Additions),
    ) -> Result<(), Refused> {
        let path = || format!("{member}.{}", name.to_ascii_lowercase());
        if value.is_null() {
            return Ok(());
        }
        let text = match value {
            Value::String(text) => Some(Cow::Borrowed(&**text)),
            Value::Number(_) | Value::Bool(_) => Some(Cow::Owned(value.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let value = text.and_then(|text| HeaderValue::try_from(&*text).ok());
        let (Ok(name), Some(value)) = (HeaderName::try_from(name), value) else {
            return self.refuse(path(), "cannot be sent as a header", lenience);
        };
        if self.headers.len() >= HEADERS_MAX {
            return self.refuse(path(), "is one header too many", lenience);
        }
        if name.as_str() == BETA {
            self.betas = Some(value);
            return Ok(());
        }
        let text = name.as_str();
        let ours = OF_THE_GATEWAY.contains(&text) || text.starts_with(OF_AWS);
        let said = configured.headers.iter().any(|(known, _)| **known == *text);
        if ours || said || belongs_to_the_connection(text) {
            return self.refuse(path(), "is not the client's to say", lenience);
        }
        self.headers.insert(name, value);
        Ok(())
    }

    fn refuse(&mut self, path: String, why: &str, lenience: Lenience) -> Result<(), Refused> {
        match lenience {
            Lenience::Drop => {
                self.dropped.push(path.into());
                Ok(())
            }
            Lenience::Refuse => {
                let message =
                    format!("`{path}` {why}; leave it out, or allow that with `drop_params: true`");
                Err(Refused { param: path.into(), message })
            }
        }
    }
}

/// The members of an object that stands in the body; none where there is no such object.
fn object(
    asked: &Asked<'_>,
    at: Option<&std::ops::Range<usize>>,
    member: &str,
) -> Result<Map<String, Value>, Refused> {
    let Some(text) = at.and_then(|at| asked.body.get(at.clone())) else { return Ok(Map::new()) };
    serde_json::from_slice(text).map_err(|error| Refused {
        param: member.into(),
        message: format!("`{member}` cannot be read: {error}"),
    })
}
