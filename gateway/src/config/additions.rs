//! What a deployment adds to every request that it is asked: members of the body, headers, and which members
//! it may be asked without. LiteLLM's `litellm_params` beyond those that say where and how to call.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Secret;

/// Headers that belong to a connection or to a body's length, not to a request.
const OF_THE_CONNECTION: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a header, by its name in lower case, belongs to a connection or to a body's length, not to a request.
pub fn belongs_to_the_connection(header: &str) -> bool {
    OF_THE_CONNECTION.contains(&header)
}

/// What is added, by where it goes. Values may be somebody's secrets: `Debug` shows names only.
#[derive(Clone, Default, PartialEq)]
pub struct Additions {
    /// Members of a request (`temperature`, `tools`, …), in the words of the endpoint that the client calls: added
    /// where that endpoint knows them and the client says nothing of that name. `tools` are put before the client's own.
    pub defaults: Map<String, Value>,
    /// Members that LiteLLM does not know, in the provider's words: added where the request has none, and at
    /// Messages and Responses only those that these know.
    pub unknown: Map<String, Value>,
    /// `extra_body`: members in the provider's words, which replace the request's.
    pub extra_body: Map<String, Value>,
    /// `headers`, `extra_headers` and `organization`: names in lower case, each once. They replace the gateway's own.
    pub headers: Vec<(Arc<str>, Secret)>,
    /// Whether members that the provider has nothing like are left out; `None` where the config says nothing.
    pub drop_params: Option<bool>,
    /// Members, and paths into members, that are always left out, unless the client has a list of its own.
    pub additional_drop_params: Vec<String>,
}

impl Additions {
    /// What of it nobody else may hear: every header's value, the credential behind a header's scheme, and members of the
    /// body whose names say so.
    pub fn secrets(&self) -> Vec<&str> {
        let headers = self.headers.iter().map(|(_, value)| value.reveal());
        let mut secrets: Vec<&str> =
            headers.flat_map(|value| [value, value.rsplit(' ').next().unwrap_or(value)]).collect();
        for members in [&self.unknown, &self.extra_body] {
            told(members, &mut secrets);
        }
        secrets
    }

    /// Whether the body of a request is left as it is.
    pub fn leaves_the_body(&self) -> bool {
        self.defaults.is_empty()
            && self.unknown.is_empty()
            && self.extra_body.is_empty()
            && self.additional_drop_params.is_empty()
    }
}

/// Texts below names of secrets; ends with the members, which a config's reader has bounded in depth.
fn told<'a>(members: &'a Map<String, Value>, secrets: &mut Vec<&'a str>) {
    for (name, value) in members {
        match value {
            Value::String(text) if names_a_secret(name) => secrets.push(text),
            Value::Object(inner) => told(inner, secrets),
            Value::String(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_) => {}
        }
    }
}

/// Whether a member's name says that its value is a secret: `openai_api_key`, `hf_token`, `webhook_url`.
pub fn names_a_secret(name: &str) -> bool {
    const WORDS: &[&str] =
        &["api_key", "apikey", "token", "secret", "password", "credential", "webhook"];
    /// What counts tokens holds none.
    const COUNTS: &[&str] = &["tokens", "per_token", "token_limit", "token_ids"];
    let name = name.to_ascii_lowercase();
    let counts = COUNTS.iter().any(|word| name.contains(word));
    WORDS.iter().any(|word| name.contains(word)) && !counts
}

impl std::fmt::Debug for Additions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |members: &Map<String, Value>| members.keys().cloned().collect::<Vec<_>>();
        f.debug_struct("Additions")
            .field("defaults", &names(&self.defaults))
            .field("drop_params", &self.drop_params)
            .finish_non_exhaustive()
    }
}
