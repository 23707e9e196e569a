//! The tags of a request, wherever LiteLLM 1.106 looks for them (`proxy/litellm_pre_call_utils.py`): the members `tags`,
//! `metadata.tags` and `litellm_metadata.tags` of the body, and the header `x-litellm-tags`, a list with commas; beside
//! them how the client names itself, which counts as a tag where a deployment has patterns.
//!
//! What has another shape holds no tags. It must never know what becomes of them.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http1::text;

/// Tags that a request may have; further ones are ignored. More than any group tells apart.
const TAGS_MAX: usize = 64;

/// The members that hold some.
#[derive(Default, Deserialize)]
struct Members<'a> {
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    litellm_metadata: Option<&'a RawValue>,
    #[serde(default)]
    tags: Option<Value>,
}

/// The tags of a request, each once.
pub(super) fn of(headers: &HeaderMap, body: &Bytes) -> Vec<Arc<str>> {
    let members: Members<'_> = serde_json::from_slice(body).unwrap_or_default();
    let described = [members.metadata, members.litellm_metadata].into_iter().flatten();
    let lists = described.filter_map(in_metadata).chain(members.tags);
    let mut tags: Vec<Arc<str>> = Vec::new();
    let mut add = |tag: &str| {
        if tags.len() < TAGS_MAX && !tags.iter().any(|known| &**known == tag) {
            tags.push(Arc::from(tag));
        }
    };
    for list in lists {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).for_each(&mut add);
    }
    let named = text(headers, "x-litellm-tags").split(',').map(str::trim);
    named.filter(|tag| !tag.is_empty()).for_each(add);
    tags
}

/// How a client names itself; `None` if it does not.
pub(super) fn user_agent(headers: &HeaderMap) -> Option<Arc<str>> {
    Some(text(headers, "user-agent")).filter(|name| !name.is_empty()).map(Arc::from)
}

/// The list within metadata, which may be an object or a text that holds one.
fn in_metadata(raw: &RawValue) -> Option<Value> {
    let metadata: Value = serde_json::from_str(raw.get()).ok()?;
    let spelled = metadata.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    spelled.unwrap_or(metadata).get("tags").cloned()
}
