//! What the gateway says of a prompt's tokens before anybody counted them, or where nobody does: an estimate by the
//! length of what the model would read.
//!
//! It must never know who is asked.

use memchr::memmem;
use serde_json::{Map, Value};

/// Bytes per token of English JSON (LiteLLM asks a tokenizer).
const BYTES_PER_TOKEN: usize = 4;

/// Members of a request that the model reads: Anthropic's, and Google's.
const READ: [&str; 6] =
    ["messages", "system", "tools", "contents", "systemInstruction", "generateContentRequest"];

/// What stands before the bytes of pictures and files in the words of all APIs.
const INLINE: [&[u8]; 4] = [b"base64", b"inlineData", b"inline_data", b"\"bytes\""];

/// Tokens of what the model reads of a request, as JSON. Pictures and files are no text, and their bytes are left
/// out. At least 1.
pub(crate) fn tokens(json: &[u8]) -> u64 {
    let text = match INLINE.iter().any(|mark| memmem::find(json, mark).is_some()) {
        false => json.len(),
        true => serde_json::from_slice(json).map_or(json.len(), |value| length(&value)),
    };
    (text / BYTES_PER_TOKEN).max(1) as u64
}

/// Tokens that a message would have: of all that the model reads of it.
pub(crate) fn input_tokens(body: &[u8]) -> u64 {
    let members: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let read: Vec<&Value> = READ.iter().filter_map(|name| members.get(*name)).collect();
    let bytes: usize = read.into_iter().map(length).sum();
    (bytes / BYTES_PER_TOKEN).max(1) as u64
}

/// Bytes of a value as JSON, without those of pictures and files (`source: {type: base64, data: …}`,
/// `data:image/png;base64,…`, `inlineData: {mimeType: …, data: …}`, `source: {bytes: …}`). Values are as deep as the parser lets them be.
fn length(value: &Value) -> usize {
    match value {
        Value::Object(members) => {
            let inline = members.get("type").and_then(Value::as_str) == Some("base64")
                || ["mimeType", "mime_type"].iter().any(|name| members.contains_key(*name));
            let unread = |(name, value): (&str, &Value)| {
                value.is_string() && (name == "bytes" || inline && name == "data")
            };
            let members = members.iter().filter(|(name, value)| !unread((name, value)));
            // Two quotes, a colon and a comma.
            2 + members.map(|(name, value)| name.len() + 4 + length(value)).sum::<usize>()
        }
        Value::Array(values) => 2 + values.iter().map(|value| length(value) + 1).sum::<usize>(),
        Value::String(text) => match text.split_once(";base64,") {
            Some((kind, _)) if kind.starts_with("data:") => kind.len(),
            Some(_) | None => text.len() + 2,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::{input_tokens, tokens};

    #[test]
    fn what_the_model_reads_counts_and_pictures_do_not() {
        let body = |data: &str| {
            format!(
                r#"{{"model":"m","max_tokens":5,"system":"be brief","messages":[{{"role":"user","content":[{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{data}"}}}}]}}],"tools":[]}}"#
            )
        };
        let small = input_tokens(body("").as_bytes());
        assert_eq!(input_tokens(body(&"A".repeat(40_000)).as_bytes()), small);
        assert!((20..40).contains(&small), "{small}");
        assert_eq!(input_tokens(b"{}"), 1);
        let part = |data: &str| format!(r#"[{{"url":"data:image/png;base64,{data}"}}]"#);
        assert_eq!(tokens(part(&"A".repeat(40_000)).as_bytes()), tokens(part("").as_bytes()));
        assert_eq!(tokens(&[b' '; 400]), 100);
        for around in [
            r#"[{"inlineData":{"mimeType":"image/png","data":"…"}}]"#,
            r#"[{"inline_data":{"mime_type":"image/png","data":"…"}}]"#,
            r#"[{"image":{"format":"png","source":{"bytes":"…"}}}]"#,
        ] {
            let part = |data: &str| around.replace('…', data);
            let bytes = "A".repeat(40_000);
            assert_eq!(tokens(part(&bytes).as_bytes()), tokens(part("").as_bytes()), "{around}");
        }
    }
}
