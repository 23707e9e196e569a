//! Google's contents as the messages of a chat completion, each of which remembers where it was written.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wire::gemini::Part;

use super::part::{Named, medium};
use super::reply::Proof;
use crate::upstream::beyond::{UNSAID, Unsaid};
use crate::upstream::by_chat::Chat;
use crate::upstream::translated::Marks;

/// What a conversation becomes.
#[derive(Debug)]
pub(super) struct Said {
    chat: Chat,
    marks: Marks,
    pub(super) messages: Vec<Value>,
    /// Which member or content each of them is made of.
    places: Vec<String>,
    /// Paths of what is told to nobody, and asks for nothing.
    pub(super) left_out: Vec<String>,
    /// Ids of all calls so far, and those without a result, the earliest first, with their names.
    ids: BTreeSet<String>,
    unanswered: Vec<(String, String)>,
}

/// Members of a part that say nothing to another model.
const BESIDE: [&str; 3] = ["thought", "thoughtSignature", METADATA];

/// The client's own note on a part, which answers nothing.
const METADATA: &str = "partMetadata";

impl Said {
    /// Translates a conversation.
    pub(super) fn of(
        instruction: Option<&Value>,
        contents: &Value,
        (chat, marks): (Chat, Marks),
    ) -> Result<Self, Unsaid> {
        let (ids, unanswered) = (BTreeSet::new(), Vec::new());
        let mut said = Self {
            chat,
            marks,
            messages: Vec::new(),
            places: Vec::new(),
            left_out: Vec::new(),
            ids,
            unanswered,
        };
        if let Some(instruction) = instruction {
            said.instruct(instruction)?;
        }
        let list = contents.as_array().ok_or_else(|| ("contents".to_owned(), "is no list"))?;
        if list.is_empty() {
            return Err(("contents".to_owned(), "is empty"));
        }
        for (place, content) in list.iter().enumerate() {
            let at = format!("contents[{place}]");
            let content = Named::read(content).ok_or_else(|| (at.clone(), "is no content"))?;
            if let Some(name) = content.beyond(&["parts", "role"]) {
                return Err((format!("{at}.{name}"), UNSAID));
            }
            let parts = parts(&content, &at)?;
            let notes = parts.iter().enumerate().filter(|(_, part)| part.get(METADATA).is_some());
            let notes = notes.map(|(number, _)| format!("{at}.parts[{number}].{METADATA}"));
            said.left_out.extend(notes);
            match content.text("role") {
                None | Some("user" | "function" | "tool") => said.user(&parts, &at)?,
                Some("model") => said.model(&parts, (&at, place))?,
                Some(_) => return Err((format!("{at}.role"), "is no role that it knows")),
            }
        }
        Ok(said)
    }

    /// Where the client wrote what stands at `messages[…]…` of the chat completion.
    pub(super) fn place(&self, at: &str) -> Option<String> {
        let (number, _) = at.strip_prefix("messages[")?.split_once(']')?;
        self.places.get(number.parse::<usize>().ok()?).cloned()
    }

    fn push(&mut self, at: &str, message: Value) {
        self.messages.push(message);
        self.places.push(at.to_owned());
    }

    fn instruct(&mut self, instruction: &Value) -> Result<(), Unsaid> {
        const AT: &str = "systemInstruction";
        let content = Named::read(instruction).ok_or_else(|| (AT.to_owned(), "is no content"))?;
        let mut texts = Vec::new();
        for (number, part) in parts(&content, AT)?.iter().enumerate() {
            let text = part.text("text");
            texts.push(text.ok_or_else(|| (format!("{AT}.parts[{number}]"), "is not text"))?);
        }
        let whole = texts.join("\n\n");
        if !whole.is_empty() {
            self.push(AT, json!({ "role": "system", "content": whole }));
        }
        Ok(())
    }

    /// Results of calls first, each a message of its own, as OpenAI demands; then what the user says.
    fn user(&mut self, parts: &[Named<'_>], at: &str) -> Result<(), Unsaid> {
        let mut said = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let unsaid = |why| (format!("{at}.parts[{number}]"), why);
            match (part.text("text"), part.get("functionResponse")) {
                (Some(text), None) => {
                    only(part, &["text"]).map_err(unsaid)?;
                    said.push(json!({ "type": "text", "text": text }));
                }
                (None, Some(response)) => {
                    only(part, &["functionResponse"]).map_err(unsaid)?;
                    let message = self.result(response).map_err(unsaid)?;
                    self.push(at, message);
                }
                (_, _) => {
                    only(part, &["inlineData", "fileData"]).map_err(unsaid)?;
                    said.push(medium(part, self.chat).map_err(unsaid)?);
                }
            }
        }
        let content = match said.as_slice() {
            [] => return Ok(()),
            [only] if only["type"] == "text" => only["text"].clone(),
            _ => Value::Array(said),
        };
        self.push(at, json!({ "role": "user", "content": content }));
        Ok(())
    }

    fn result(&mut self, response: &Value) -> Result<Value, &'static str> {
        let response = Named::read(response).ok_or("is no result")?;
        if !response.has_only(&["id", "name", "response"]) {
            return Err("is a result with more than an object");
        }
        let name = response.text("name").ok_or("has no `name`")?;
        let given = response.text("id").filter(|id| !id.is_empty());
        let known = given.filter(|id| self.ids.contains(*id));
        let waiting = self.unanswered.iter().position(|(id, called)| match known {
            Some(known) => known == id,
            None => called == name,
        });
        let waiting = waiting.map(|place| self.unanswered.remove(place).0);
        let id = waiting.or_else(|| known.or(given).map(str::to_owned));
        let id = id.ok_or("answers a call that was not made")?;
        let content = outcome(response.get("response"));
        Ok(json!({ "role": "tool", "tool_call_id": id, "content": content }))
    }

    fn model(&mut self, parts: &[Named<'_>], (at, place): (&str, usize)) -> Result<(), Unsaid> {
        let (mut texts, mut calls) = (Vec::new(), Vec::new());
        let mut thoughts = Thoughts::default();
        for (number, part) in parts.iter().enumerate() {
            let unsaid = |why| (format!("{at}.parts[{number}]"), why);
            let thought = part.get("thought") == Some(&Value::Bool(true));
            match (part.text("text"), part.get("functionCall")) {
                (text, None) if thought => thoughts.add(text.unwrap_or_default(), part),
                (Some(text), None) => {
                    only(part, &["text"]).map_err(unsaid)?;
                    texts.push(text);
                }
                (None, Some(call)) => {
                    only(part, &["functionCall"]).map_err(unsaid)?;
                    let made = format!("call_{place}_{number}");
                    calls.push(self.call(call, made).map_err(unsaid)?);
                }
                (None, None) if part.has_only(&BESIDE) => {}
                (_, _) => return Err(unsaid("is of a kind that has no counterpart")),
            }
        }
        let content = if texts.is_empty() { Value::Null } else { json!(texts.concat()) };
        let mut message = json!({ "role": "assistant", "content": content });
        if !calls.is_empty() {
            message["tool_calls"] = Value::Array(calls);
        }
        if self.marks == Marks::Kept && !thoughts.blocks.is_empty() {
            message["thinking_blocks"] = Value::Array(thoughts.blocks);
        }
        self.push(at, message);
        Ok(())
    }

    fn call(&mut self, call: &Value, made: String) -> Result<Value, &'static str> {
        let call = Named::read(call).ok_or("is no call")?;
        if !call.has_only(&["id", "name", "args"]) {
            return Err("is a call with members that have no counterpart");
        }
        let name = call.text("name").ok_or("has no `name`")?;
        let given = call.text("id").filter(|id| !id.is_empty());
        let id = given.map_or(made, str::to_owned);
        self.ids.insert(id.clone());
        self.unanswered.push((id.clone(), name.to_owned()));
        let arguments = call.get("args").map_or_else(|| "{}".to_owned(), Value::to_string);
        let function = json!({ "name": name, "arguments": arguments });
        Ok(json!({ "id": id, "type": "function", "function": function }))
    }
}

/// The parts of a content.
fn parts<'v>(content: &Named<'v>, at: &str) -> Result<Vec<Named<'v>>, Unsaid> {
    let list = content.get("parts").and_then(Value::as_array);
    let read = |(number, part): (usize, &'v Value)| {
        Named::read(part).ok_or_else(|| (format!("{at}.parts[{number}]"), "is no part"))
    };
    list.into_iter().flatten().enumerate().map(read).collect()
}

fn only(part: &Named<'_>, names: &[&str]) -> Result<(), &'static str> {
    match part.has_only(&[names, &BESIDE].concat()) {
        true => Ok(()),
        false => Err("is of a kind that has no counterpart"),
    }
}

/// What came of a call: the one text that its object holds, or else the object as JSON.
fn outcome(response: Option<&Value>) -> String {
    let Some(response) = response else { return String::new() };
    let members: Option<&Map<String, Value>> = response.as_object().filter(|it| it.len() == 1);
    let sole = ["result", "output"].iter().find_map(|name| members?.get(*name)?.as_str());
    sole.map_or_else(|| response.to_string(), str::to_owned)
}

/// Thoughts as Anthropic's blocks. What was streamed is a series of words, and the proof behind them.
#[derive(Default)]
struct Thoughts {
    words: String,
    blocks: Vec<Value>,
}

impl Thoughts {
    fn add(&mut self, text: &str, part: &Named<'_>) {
        self.words.push_str(text);
        let signature = part.text("thoughtSignature").map(str::to_owned);
        let part = Part { thought_signature: signature, ..Part::default() };
        // What another provider signed is nobody's here.
        match part.proof().and_then(|proof| Proof::read(&proof)) {
            None => {}
            Some(Proof::Signature(signature)) => {
                let thinking = std::mem::take(&mut self.words);
                self.blocks.push(
                    json!({ "type": "thinking", "thinking": thinking, "signature": signature }),
                );
            }
            Some(Proof::Redacted(data)) => {
                self.blocks.push(json!({ "type": "redacted_thinking", "data": data }));
            }
        }
    }
}
