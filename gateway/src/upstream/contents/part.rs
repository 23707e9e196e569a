//! A part of Google's contents, under the one spelling of its members: Google's readers take `inline_data` for
//! `inlineData`, and so do these.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::upstream::by_chat::Chat;

/// The members of an object, under their names as Google writes them; those without a value are left out.
#[derive(Debug)]
pub(super) struct Named<'v>(Vec<(Cow<'v, str>, &'v Value)>);

impl<'v> Named<'v> {
    /// Reads an object; `None` if it is none.
    pub(super) fn read(value: &'v Value) -> Option<Self> {
        let members = value.as_object()?.iter().filter(|(_, value)| !value.is_null());
        Some(Self(members.map(|(name, value)| (written_together(name), value)).collect()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'v Value> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'v str> {
        self.get(name).and_then(Value::as_str)
    }

    pub(super) fn has_only(&self, names: &[&str]) -> bool {
        self.beyond(names).is_none()
    }

    /// The first member beside those.
    pub(super) fn beyond(&self, names: &[&str]) -> Option<&str> {
        self.0.iter().map(|(own, _)| &**own).find(|own| !names.contains(own))
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0.into_iter().map(|(name, value)| (name.into_owned(), value.clone())).collect()
    }
}

/// `inline_data` as Google writes it: `inlineData`.
fn written_together(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return Cow::Borrowed(name);
    }
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        whole.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        whole.push_str(chars.as_str());
    }
    Cow::Owned(whole)
}

/// A picture, a sound or a file of a user's as a part of a chat completion's message.
pub(super) fn medium(part: &Named<'_>, chat: Chat) -> Result<Value, &'static str> {
    let named = |name| part.get(name).and_then(Named::read);
    let known = ["data", "displayName", "fileUri", "mimeType"];
    match (named("inlineData"), named("fileData")) {
        (Some(data), None) | (None, Some(data)) if !data.has_only(&known) => {
            Err("is a file with members that have no counterpart")
        }
        (Some(data), None) => inline(&data),
        (None, Some(data)) => at_an_address(&data, chat),
        (_, _) => Err("is of a kind that has no counterpart"),
    }
}

fn inline(data: &Named<'_>) -> Result<Value, &'static str> {
    let kind = data.text("mimeType").ok_or("has no `mimeType`")?;
    let bytes = data.text("data").ok_or("has no `data`")?;
    let url = || format!("data:{kind};base64,{bytes}");
    match kind.split_once('/') {
        Some(("image", _)) => Ok(json!({ "type": "image_url", "image_url": { "url": url() } })),
        Some(("audio", format)) => {
            let format = match format {
                "mpeg" | "mp3" => "mp3",
                "x-wav" | "wave" | "wav" => "wav",
                other => other,
            };
            Ok(json!({ "type": "input_audio", "input_audio": { "data": bytes, "format": format } }))
        }
        Some(("application" | "text", ending)) => {
            let name = data.text("displayName").map(str::to_owned);
            let name = name.unwrap_or_else(|| format!("document.{ending}"));
            Ok(json!({ "type": "file", "file": { "filename": name, "file_data": url() } }))
        }
        Some(_) | None => Err("is of a kind that has no counterpart"),
    }
}

fn at_an_address(data: &Named<'_>, chat: Chat) -> Result<Value, &'static str> {
    let url = data.text("fileUri").ok_or("has no `fileUri`")?;
    let kind = data.text("mimeType").unwrap_or_default();
    let public = url.starts_with("https://") || url.starts_with("http://");
    match (public && !is_kept(url), kind.starts_with("image/")) {
        (false, _) => Err("is a file that Google keeps"),
        (true, true) => Ok(json!({ "type": "image_url", "image_url": { "url": url } })),
        (true, false) if chat.is_translated() => {
            let mut file = json!({ "file_id": url });
            if !kind.is_empty() {
                file["format"] = json!(kind);
            }
            Ok(json!({ "type": "file", "file": file }))
        }
        (true, false) => Err("is a file at an address; send its bytes"),
    }
}

/// Addresses that only Google reads.
fn is_kept(url: &str) -> bool {
    const PREFIXES: [&str; 3] = [
        "https://generativelanguage.googleapis.com/",
        "https://www.youtube.com/",
        "https://youtu.be/",
    ];
    PREFIXES.iter().any(|prefix| url.starts_with(prefix))
}
