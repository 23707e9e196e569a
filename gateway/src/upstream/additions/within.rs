//! What a config adds to requests whose bounds and sampling stand within a member: Google's `generationConfig`, AWS's
//! `inferenceConfig` ([`crate::endpoint::Row::within`]). What has no name there is not meant for them.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::unreadable;
use crate::config::Additions;
use crate::endpoint::Endpoint;
use crate::upstream::dialect::Refused;

/// Whether a request of `endpoint` has a word for a parameter of chat completions.
pub(super) fn takes_default(endpoint: Endpoint, name: &str) -> bool {
    endpoint.row().within.is_some_and(|(_, names)| names.iter().any(|(chat, _)| *chat == name))
}

/// The body with the defaults that the client says nothing of; `None` where there are none.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn with_defaults(
    additions: &Additions,
    endpoint: Endpoint,
    body: &Bytes,
) -> Result<Option<Bytes>, Refused> {
    let Some((member, names)) = endpoint.row().within else { return Ok(None) };
    let added = names.iter().filter_map(|(chat, own)| Some((*own, additions.defaults.get(*chat)?)));
    let added: Vec<(&str, &Value)> = added.collect();
    if added.is_empty() {
        return Ok(None);
    }
    let mut members: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| unreadable(&format!("request cannot be added to: {error}")))?;
    let Value::Object(config) = members.entry(member).or_insert_with(|| json!({})) else {
        // What is no object is the provider's to refuse.
        return Ok(None);
    };
    for (own, value) in added {
        let value = match value {
            Value::String(_) if own == "stopSequences" => json!([value]),
            other => other.clone(),
        };
        config.entry(own).or_insert(value);
    }
    Ok(Some(Bytes::from(Value::Object(members).to_string())))
}
