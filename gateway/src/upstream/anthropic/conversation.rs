//! The messages of a chat completion as Anthropic's turns: instructions apart, neighbours with one speaker
//! together, the user first.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::TextOr;
use wire::anthropic::{
    DocumentSource, ImageSource, InputBlock, InputMessage, InputRole, SystemBlock,
};

use crate::upstream::dialect::Refused;
use crate::upstream::members::Members;

/// Anthropic refuses empty turns; LiteLLM says this instead.
const NOTHING_SAID: &str = ".";

/// A part of the messages that cannot be said: where, and why.
#[derive(Debug)]
pub(super) struct Unsaid {
    at: String,
    why: &'static str,
}

impl Unsaid {
    /// Messages are never dropped.
    pub(super) fn refused(&self, members: &Members) -> Refused {
        members.refusal(&self.at, self.why)
    }
}

/// Members of a message that say nothing to the model: what answers bring along when they are sent back.
const ECHOES: [&str; 4] =
    ["annotations", "provider_specific_fields", "reasoning_content", "reasoning"];

/// Instructions apart, and the turns.
pub(super) fn conversation(
    messages: &Value,
) -> Result<(Option<TextOr<SystemBlock>>, Vec<InputMessage>), Unsaid> {
    let mut system: Vec<SystemBlock> = Vec::new();
    let mut turns: Vec<(InputRole, Vec<InputBlock>)> = Vec::new();
    let list = messages.as_array().ok_or_else(|| unsaid("messages".to_owned(), "is no list"))?;
    for (at, message) in list.iter().enumerate() {
        let message = Message::read(message, format!("messages[{at}]"))?;
        let (role, blocks) = match message.role {
            "system" | "developer" => {
                system.extend(message.instructions()?);
                continue;
            }
            "user" => (InputRole::User, message.said()?),
            "assistant" => (InputRole::Assistant, message.said_and_called()?),
            "tool" => (InputRole::User, vec![message.result()?]),
            _ => return Err(message.unsaid("role", "is no role that it knows")),
        };
        match turns.last_mut() {
            Some((last, earlier)) if *last == role => earlier.extend(blocks),
            Some(_) | None => turns.push((role, blocks)),
        }
    }
    if turns.first().is_none_or(|(role, _)| *role == InputRole::Assistant) {
        turns.insert(0, (InputRole::User, Vec::new()));
    }
    Ok((instructions(system), turns.into_iter().map(turn).collect()))
}

/// One text where nothing is to be cached, else its blocks.
fn instructions(blocks: Vec<SystemBlock>) -> Option<TextOr<SystemBlock>> {
    if blocks.is_empty() {
        return None;
    }
    if blocks.iter().any(|block| block.cache_control.is_some()) {
        return Some(TextOr::Parts(blocks));
    }
    let texts: Vec<String> = blocks.into_iter().map(|block| block.text).collect();
    Some(TextOr::Text(texts.join("\n\n")))
}

fn turn((role, mut blocks): (InputRole, Vec<InputBlock>)) -> InputMessage {
    let content = match blocks.as_mut_slice() {
        [] => TextOr::Text(NOTHING_SAID.to_owned()),
        [InputBlock::Text { text, cache_control: None }] => TextOr::Text(std::mem::take(text)),
        _ => TextOr::Parts(blocks),
    };
    InputMessage { role, content }
}

fn unsaid(at: String, why: &'static str) -> Unsaid {
    Unsaid { at, why }
}

/// One message, and where it stands.
struct Message<'m> {
    role: &'m str,
    members: &'m Map<String, Value>,
    at: String,
}

impl<'m> Message<'m> {
    fn read(message: &'m Value, at: String) -> Result<Self, Unsaid> {
        let Some(members) = message.as_object() else { return Err(unsaid(at, "is no message")) };
        let Some(role) = members.get("role").and_then(Value::as_str) else {
            return Err(unsaid(format!("{at}.role"), "is missing"));
        };
        let message = Self { role, members, at };
        for (name, value) in members {
            let known = match name.as_str() {
                "role" | "content" | "name" | "cache_control" => true,
                "tool_calls" | "thinking_blocks" | "refusal" => role == "assistant",
                "tool_call_id" => role == "tool",
                echo => ECHOES.contains(&echo),
            };
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            if !known && !empty {
                return Err(message.unsaid(name, "has no counterpart"));
            }
        }
        Ok(message)
    }

    fn unsaid(&self, member: &str, why: &'static str) -> Unsaid {
        unsaid(format!("{}.{member}", self.at), why)
    }

    fn text(&self, member: &str) -> Option<&'m str> {
        self.members.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Parts of the content; a text is one part. Whoever is named speaks in the first.
    fn said(&self) -> Result<Vec<InputBlock>, Unsaid> {
        let mut blocks = Vec::new();
        match self.members.get("content") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => blocks.extend(text_block(text, None)),
            Some(Value::Array(parts)) => {
                for (place, part) in parts.iter().enumerate() {
                    let at = || format!("{}.content[{place}]", self.at);
                    blocks.extend(block(part).map_err(|why| unsaid(at(), why))?);
                }
            }
            Some(_) => return Err(self.unsaid("content", "is neither a text nor a list of parts")),
        }
        if let (Some(name), true) = (self.text("name"), self.role != "tool") {
            match blocks.first_mut() {
                Some(InputBlock::Text { text, .. }) => text.insert_str(0, &format!("{name}: ")),
                Some(_) | None => blocks.insert(0, InputBlock::text(&format!("{name}:"))),
            }
        }
        if let Some(cache) = cache_control(self.members)
            && let Some(last) = blocks.last_mut()
        {
            last.cut_cache(cache);
        }
        Ok(blocks)
    }

    fn instructions(&self) -> Result<Vec<SystemBlock>, Unsaid> {
        let mut blocks = Vec::new();
        for block in self.said()? {
            match block {
                InputBlock::Text { text, cache_control } => {
                    blocks.push(SystemBlock { kind: "text".to_owned(), text, cache_control });
                }
                InputBlock::Image { .. }
                | InputBlock::Document { .. }
                | InputBlock::ToolUse { .. }
                | InputBlock::ToolResult { .. }
                | InputBlock::Thinking { .. }
                | InputBlock::RedactedThinking { .. }
                | InputBlock::Unknown => {
                    return Err(self.unsaid("content", "gives instructions other than words"));
                }
            }
        }
        Ok(blocks)
    }

    /// Thoughts first, as Anthropic demands, then words, then calls.
    fn said_and_called(&self) -> Result<Vec<InputBlock>, Unsaid> {
        let mut blocks = Vec::new();
        for thought in
            self.members.get("thinking_blocks").and_then(Value::as_array).into_iter().flatten()
        {
            let thought = InputBlock::deserialize(thought).ok();
            let thought = thought.filter(|block| !matches!(block, InputBlock::Unknown));
            let why = "holds something other than thoughts";
            blocks.push(thought.ok_or_else(|| self.unsaid("thinking_blocks", why))?);
        }
        blocks.extend(self.said()?);
        if let Some(refusal) = self.text("refusal") {
            blocks.extend(text_block(refusal, None));
        }
        for call in self.members.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let called = tool_use(call);
            blocks.push(called.ok_or_else(|| self.unsaid("tool_calls", "holds no function"))?);
        }
        Ok(blocks)
    }

    fn result(&self) -> Result<InputBlock, Unsaid> {
        let Some(id) = self.text("tool_call_id") else {
            return Err(self.unsaid("tool_call_id", "is missing"));
        };
        let blocks = self.said()?;
        let content = match blocks.as_slice() {
            [] => None,
            [InputBlock::Text { text, cache_control: None }] => Some(TextOr::Text(text.clone())),
            _ => Some(TextOr::Parts(blocks)),
        };
        let (tool_use_id, is_error, cache_control) = (id.to_owned(), None, None);
        Ok(InputBlock::ToolResult { tool_use_id, content, is_error, cache_control })
    }
}

fn tool_use(call: &Value) -> Option<InputBlock> {
    let text = |path: &str| call.pointer(path).and_then(Value::as_str);
    let (id, name) = (text("/id")?.to_owned(), text("/function/name")?.to_owned());
    let written = text("/function/arguments").unwrap_or_default();
    // The model wrote the arguments; what is no JSON object goes along as text.
    let input = match serde_json::from_str(written) {
        Ok(Value::Object(object)) => Value::Object(object),
        Ok(_) | Err(_) if written.trim().is_empty() => json!({}),
        Ok(_) | Err(_) => json!({ "arguments": written }),
    };
    Some(InputBlock::ToolUse { id, name, input, cache_control: None })
}

fn cache_control(members: &Map<String, Value>) -> Option<Value> {
    members.get("cache_control").filter(|cache| !cache.is_null()).cloned()
}

/// One part; nothing where it is empty text, which Anthropic refuses.
fn block(part: &Value) -> Result<Option<InputBlock>, &'static str> {
    let members = part.as_object().ok_or("is no part")?;
    let cache = cache_control(members);
    let text = |path: &str| part.pointer(path).and_then(Value::as_str);
    match text("/type") {
        Some("text") => Ok(text_block(text("/text").unwrap_or_default(), cache)),
        Some("refusal") => Ok(text_block(text("/refusal").unwrap_or_default(), cache)),
        Some("image_url") => {
            // LiteLLM also takes the address itself.
            let url = text("/image_url/url").or_else(|| text("/image_url"));
            let source = image(url.ok_or("has no `image_url.url`")?);
            if text("/image_url/detail") == Some("low") {
                return Err("is a picture to be seen at low resolution");
            }
            Ok(Some(InputBlock::Image { source, cache_control: cache }))
        }
        Some("file") => {
            let source = match (text("/file/file_data"), text("/file/file_id")) {
                (Some(data), _) => document(data),
                (None, Some(url)) if url.starts_with("https://") => {
                    Some(DocumentSource::Url { url: url.to_owned() })
                }
                (None, _) => None,
            };
            let source = source.ok_or("is a file that is no PDF by its bytes")?;
            let title = text("/file/filename").map(str::to_owned);
            Ok(Some(InputBlock::Document { source, title, cache_control: cache }))
        }
        Some("input_audio") => Err("is audio"),
        Some(_) | None => Err("is of a kind that has no counterpart"),
    }
}

fn text_block(text: &str, cache_control: Option<Value>) -> Option<InputBlock> {
    (!text.is_empty()).then(|| InputBlock::Text { text: text.to_owned(), cache_control })
}

/// `data:image/png;base64,…` becomes its bytes, anything else stays an address.
fn image(url: &str) -> ImageSource {
    match inline(url) {
        Some((media_type, data)) => {
            ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() }
        }
        None => ImageSource::Url { url: url.to_owned() },
    }
}

fn document(data: &str) -> Option<DocumentSource> {
    let (media_type, data) = inline(data).filter(|(kind, _)| *kind == "application/pdf")?;
    Some(DocumentSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() })
}

fn inline(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"))
}
