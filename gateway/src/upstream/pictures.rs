//! Pictures of an answer as LiteLLM tells them in chat completions, and as OpenRouter does: `image_url` objects.
//!
//! It must never know a provider.

use serde_json::{Value, json};

/// A picture at that data URL.
pub(super) fn picture(url: &str) -> Value {
    json!({ "type": "image_url", "image_url": { "url": url, "detail": "auto" }, "index": 0 })
}

/// The kind of a picture (`image/png`), and its bytes as base64; `None` where it is elsewhere.
pub(super) fn read(picture: &Value) -> Option<(&str, &str)> {
    let url = picture.pointer("/image_url/url").and_then(Value::as_str)?;
    url.strip_prefix("data:")?.split_once(";base64,")
}

/// The bytes of a picture alone.
pub(super) fn bytes(picture: &Value) -> Option<&str> {
    read(picture).map(|(_, bytes)| bytes)
}
