//! The messages of a Messages request as those of a chat completion, each of which remembers where it was written.

use serde_json::{Value, json};

use crate::upstream::beyond::{Unsaid, only};
use crate::upstream::translated::Marks;

/// What the messages of the chat completion may hold beside OpenAI's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    pub(super) marks: Marks,
    pub(super) outcomes: Outcomes,
}

/// What may come of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcomes {
    /// Words.
    Words,
    /// Whatever a user may say.
    Anything,
}

/// What a conversation becomes.
#[derive(Debug)]
pub(super) struct Said {
    beside: Beside,
    pub(super) messages: Vec<Value>,
    /// Which of the client's messages each of them is made of; none where it is made of `system`.
    places: Vec<Option<usize>>,
}

impl Said {
    /// Translates a conversation.
    pub(super) fn of(
        system: Option<&Value>,
        messages: &Value,
        beside: Beside,
    ) -> Result<Self, Unsaid> {
        let mut said = Self { beside, messages: Vec::new(), places: Vec::new() };
        if let Some(system) = system {
            said.instruct(system)?;
        }
        let list = messages.as_array().ok_or_else(|| ("messages".to_owned(), "is no list"))?;
        for (place, message) in list.iter().enumerate() {
            let at = format!("messages[{place}]");
            only(message, &at, &["role", "content"])?;
            let content = message.get("content").unwrap_or(&Value::Null);
            let role = message.get("role").and_then(Value::as_str);
            match (role, content) {
                (Some(role @ ("user" | "assistant")), Value::String(text)) => {
                    said.push(place, json!({ "role": role, "content": text }));
                }
                (Some("user"), Value::Array(blocks)) => said.user(blocks, (place, &at))?,
                (Some("assistant"), Value::Array(blocks)) => {
                    said.assistant(blocks, (place, &at))?;
                }
                (Some("user" | "assistant"), _) => {
                    return Err((
                        format!("{at}.content"),
                        "is neither a text nor a list of blocks",
                    ));
                }
                (Some(_) | None, _) => {
                    return Err((format!("{at}.role"), "is no role that it knows"));
                }
            }
        }
        Ok(said)
    }

    /// Where the client wrote what stands at `messages[…]…` of the chat completion.
    pub(super) fn place(&self, at: &str) -> Option<String> {
        let (number, _) = at.strip_prefix("messages[")?.split_once(']')?;
        let place = self.places.get(number.parse::<usize>().ok()?)?;
        Some(place.map_or_else(|| "system".to_owned(), |place| format!("messages[{place}]")))
    }

    fn push(&mut self, place: usize, message: Value) {
        self.messages.push(message);
        self.places.push(Some(place));
    }

    /// The first message; its blocks apart where one of them is marked.
    fn instruct(&mut self, system: &Value) -> Result<(), Unsaid> {
        let whole = words(system, "system")?;
        if whole.is_empty() {
            return Ok(());
        }
        let blocks = system.as_array().map(Vec::as_slice).unwrap_or_default();
        let content = match blocks.iter().any(|block| self.mark(block).is_some()) {
            false => json!(whole),
            true => blocks.iter().map(|block| self.marked(text_part(block), block)).collect(),
        };
        self.messages.push(json!({ "role": "system", "content": content }));
        self.places.push(None);
        Ok(())
    }

    /// Results of calls first, each a message of its own, as OpenAI demands; then what the user says.
    fn user(&mut self, blocks: &[Value], (place, at): (usize, &str)) -> Result<(), Unsaid> {
        let mut parts = Vec::new();
        for (number, block) in blocks.iter().enumerate() {
            let at = format!("{at}.content[{number}]");
            match block.get("type").and_then(Value::as_str) {
                Some("tool_result") => {
                    let result = self.result(block, &at)?;
                    self.push(place, result);
                }
                Some(_) | None => parts.extend(self.parts(block, &at)?),
            }
        }
        let content = match parts.as_slice() {
            [] => return Ok(()),
            [only] if only["type"] == "text" && only.get(MARK).is_none() => only["text"].clone(),
            _ => Value::Array(parts),
        };
        self.push(place, json!({ "role": "user", "content": content }));
        Ok(())
    }

    /// What a block says, in as many parts as it takes.
    fn parts(&self, block: &Value, at: &str) -> Result<Vec<Value>, Unsaid> {
        let unsaid = |why| (at.to_owned(), why);
        let text = |path: &str| block.pointer(path).and_then(Value::as_str);
        let part = match (text("/type"), text("/source/type")) {
            (Some("text"), _) => {
                only(block, at, &TEXT)?;
                text_part(block)
            }
            (Some("image"), kind @ Some("base64" | "url")) => {
                only(block, at, &["type", "source", MARK])?;
                let url = match kind {
                    Some("url") => text("/source/url").map(str::to_owned),
                    Some(_) | None => inline(block),
                };
                let url = url.ok_or_else(|| unsaid("is a picture without bytes or address"))?;
                json!({ "type": "image_url", "image_url": { "url": url } })
            }
            (Some("document"), Some("base64" | "text")) => return self.document(block, at),
            (Some(_) | None, _) => return Err(unsaid("is of a kind that has no counterpart")),
        };
        Ok(vec![self.marked(part, block)])
    }

    /// What the client says about a document stands before it, as words.
    fn document(&self, block: &Value, at: &str) -> Result<Vec<Value>, Unsaid> {
        only(block, at, &["type", "source", "title", "context", "citations", MARK])?;
        if block.pointer("/citations/enabled") == Some(&Value::Bool(true)) {
            return Err((format!("{at}.citations"), "asks for citations"));
        }
        let text = |path: &str| block.pointer(path).and_then(Value::as_str);
        let (title, context) = (text("/title"), text("/context"));
        let words = |texts: &[Option<&str>]| {
            let texts = texts.iter().flatten().filter(|text| !text.is_empty()).copied();
            texts.collect::<Vec<_>>().join("\n\n")
        };
        if text("/source/type") == Some("text") {
            let text = words(&[title, context, text("/source/data")]);
            return Ok(vec![self.marked(json!({ "type": "text", "text": text }), block)]);
        }
        let data = inline(block);
        let data = data.ok_or_else(|| (at.to_owned(), "is a document without bytes"))?;
        let name = title.unwrap_or("document.pdf");
        let file = json!({ "type": "file", "file": { "filename": name, "file_data": data } });
        let before = Some(words(&[context])).filter(|words| !words.is_empty());
        let before = before.map(|words| json!({ "type": "text", "text": words }));
        Ok(before.into_iter().chain([self.marked(file, block)]).collect())
    }

    fn result(&self, block: &Value, at: &str) -> Result<Value, Unsaid> {
        only(block, at, &["type", "tool_use_id", "content", "is_error", MARK])?;
        let Some(id) = block.get("tool_use_id").and_then(Value::as_str) else {
            return Err((format!("{at}.tool_use_id"), "is missing"));
        };
        let content = block.get("content").filter(|content| !content.is_null());
        let failed = block.get("is_error") == Some(&Value::Bool(true));
        // A prompt is cached up to a whole outcome, not within it.
        let within = content.and_then(Value::as_array).into_iter().flatten();
        let mark = self.mark(block).or_else(|| within.rev().find_map(|inner| self.mark(inner)));
        let content = match content {
            None => json!(if failed { FAILED } else { "" }),
            Some(content) => self.outcome(content, failed.then_some(FAILED), at)?,
        };
        let mut message = json!({ "role": "tool", "tool_call_id": id, "content": content });
        if let Some(mark) = mark {
            message[MARK] = mark.clone();
        }
        Ok(message)
    }

    /// What came of a call: a text, or parts where it is more than that and may be.
    fn outcome(
        &self,
        content: &Value,
        before: Option<&'static str>,
        at: &str,
    ) -> Result<Value, Unsaid> {
        let unsaid = match words(content, &format!("{at}.content")) {
            Ok(words) => return Ok(json!(format!("{}{words}", before.unwrap_or_default()))),
            Err(unsaid) => unsaid,
        };
        if self.beside.outcomes == Outcomes::Words {
            return Err(unsaid);
        }
        let mut parts = Vec::new();
        for (number, block) in content.as_array().into_iter().flatten().enumerate() {
            parts.extend(self.parts(block, &format!("{at}.content[{number}]"))?);
        }
        match (before, parts.first_mut()) {
            (None, _) => {}
            (Some(before), Some(first)) if first["type"] == "text" => {
                let words = format!("{before}{}", first["text"].as_str().unwrap_or_default());
                first["text"] = json!(words);
            }
            (Some(before), _) => parts.insert(0, json!({ "type": "text", "text": before })),
        }
        Ok(Value::Array(parts))
    }

    fn assistant(&mut self, blocks: &[Value], (place, at): (usize, &str)) -> Result<(), Unsaid> {
        let (mut texts, mut calls, mut thoughts) = (Vec::new(), Vec::new(), Vec::new());
        for (number, block) in blocks.iter().enumerate() {
            let at = format!("{at}.content[{number}]");
            match block.get("type").and_then(Value::as_str) {
                Some("text") => {
                    // Citations are what an answer brought along.
                    only(block, &at, &[TEXT.as_slice(), &["citations"]].concat())?;
                    texts.push(self.marked(text_part(block), block));
                }
                Some("tool_use") => calls.push(self.call(block, &at)?),
                // Only the model that had them can read them.
                Some("thinking" | "redacted_thinking") => {
                    only(block, &at, &["type", "thinking", "signature", "data", MARK])?;
                    let proofs = ["signature", "data"];
                    let mut proofs = proofs.iter().filter_map(|name| block.get(*name)?.as_str());
                    if proofs.any(|proof| !proof.is_empty()) {
                        thoughts.push(block.clone());
                    }
                }
                Some(_) | None => return Err((at, "is of a kind that has no counterpart")),
            }
        }
        let words = |part: &Value| part["text"].as_str().unwrap_or_default().to_owned();
        let content = match texts.iter().any(|part| part.get(MARK).is_some()) {
            _ if texts.is_empty() => Value::Null,
            true => Value::Array(texts),
            false => Value::String(texts.iter().map(words).collect()),
        };
        let mut message = json!({ "role": "assistant", "content": content });
        if !calls.is_empty() {
            message["tool_calls"] = Value::Array(calls);
        }
        if self.beside.marks == Marks::Kept && !thoughts.is_empty() {
            message["thinking_blocks"] = Value::Array(thoughts);
        }
        self.push(place, message);
        Ok(())
    }

    fn call(&self, block: &Value, at: &str) -> Result<Value, Unsaid> {
        only(block, at, &["type", "id", "name", "input", "caller", MARK])?;
        if block.pointer("/caller/type").is_some_and(|caller| caller != "direct") {
            return Err((format!("{at}.caller"), "is a program that Anthropic ran"));
        }
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        let arguments = block.get("input").map_or_else(|| "{}".to_owned(), Value::to_string);
        let function = json!({ "name": text("name"), "arguments": arguments });
        let call = json!({ "id": text("id"), "type": "function", "function": function });
        Ok(self.marked(call, block))
    }

    /// A part, or a message, with the mark of the block that it is made of.
    fn marked(&self, mut part: Value, block: &Value) -> Value {
        if let Some(mark) = self.mark(block) {
            part[MARK] = mark.clone();
        }
        part
    }

    /// The mark of a block, where marks go along.
    fn mark<'b>(&self, block: &'b Value) -> Option<&'b Value> {
        match self.beside.marks {
            Marks::Kept => block.get(MARK).filter(|mark| !mark.is_null()),
            Marks::LeftOut => None,
        }
    }
}

/// Anthropic's mark behind which a prompt is cached.
pub(super) const MARK: &str = "cache_control";

/// Stands before what came of a call that failed.
const FAILED: &str = "Error: ";

/// Members of a block of text.
const TEXT: [&str; 3] = ["type", "text", MARK];

/// The bytes of a block, as chat completions carry them.
fn inline(block: &Value) -> Option<String> {
    let text = |path: &str| block.pointer(path).and_then(Value::as_str);
    let (kind, data) = (text("/source/media_type")?, text("/source/data")?);
    Some(format!("data:{kind};base64,{data}"))
}

fn text_part(block: &Value) -> Value {
    json!({ "type": "text", "text": block.get("text").and_then(Value::as_str).unwrap_or_default() })
}

/// A text, or blocks of text as one.
fn words(content: &Value, at: &str) -> Result<String, Unsaid> {
    if let Some(text) = content.as_str() {
        return Ok(text.to_owned());
    }
    let mut texts = Vec::new();
    for (place, block) in content.as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}[{place}]");
        match (block.get("type").and_then(Value::as_str), block.get("text").and_then(Value::as_str))
        {
            (Some("text"), Some(text)) => {
                only(block, &at, &TEXT)?;
                texts.push(text);
            }
            (_, _) => return Err((at, "is not text")),
        }
    }
    Ok(texts.join("\n\n"))
}
