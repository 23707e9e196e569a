//! What an error inside an answer that began with 200 looks like: as the provider says it, or not.

use bytes::Bytes;
use serde_json::{Value, json};
use wire::ErrorReply;

use crate::action::{ErrorShape, InBandError};
use crate::persona::OwnedContext;

/// The error of `in_band_error`, in its shape.
pub(crate) fn error(in_band_error: &InBandError, context: &OwnedContext) -> ErrorReply {
    let native = context.persona.error_body(in_band_error.status, &context.borrow());
    let body = match in_band_error.shape {
        ErrorShape::Native | ErrorShape::Envelope => return native,
        ErrorShape::Foreign => {
            return context.persona.neighbour().error_body(in_band_error.status, &context.borrow());
        }
        ErrorShape::String => json!({ "error": message(&native.body) }),
        ErrorShape::Chunk => json!({
            "id": format!("chatcmpl-{}", context.id),
            "object": "chat.completion.chunk",
            "created": context.unix_s,
            "model": context.model,
            "choices": [],
            "error": { "message": message(&native.body), "code": native.status },
        }),
    };
    ErrorReply { body: Bytes::from(body.to_string()), ..native }
}

/// What an error's body says to people.
fn message(body: &[u8]) -> String {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let places = [said.pointer("/error/message"), said.get("message")];
    let text = places.into_iter().flatten().find_map(Value::as_str);
    text.unwrap_or("Internal server error").to_owned()
}
