//! The items of a Responses request as the messages of a chat completion, each of which remembers where it was written.

use serde_json::{Value, json};

use crate::upstream::beyond::{Unsaid, only};

/// What the input becomes.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) messages: Vec<Value>,
    /// Which member or item each of them begins with.
    places: Vec<String>,
}

impl Said {
    /// Translates instructions and items.
    pub(super) fn of(instructions: Option<&Value>, input: &Value) -> Result<Self, Unsaid> {
        let mut said = Self::default();
        if let Some(text) = instructions.and_then(Value::as_str).filter(|text| !text.is_empty()) {
            said.push("instructions", json!({ "role": "system", "content": text }));
        }
        match input {
            Value::String(text) => said.push("input", json!({ "role": "user", "content": text })),
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    said.item(item, &format!("input[{number}]"))?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                return Err(("input".to_owned(), "is neither a text nor a list of items"));
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

    fn item(&mut self, item: &Value, at: &str) -> Result<(), Unsaid> {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let known: Option<&[&str]> = match text("type") {
            None | Some("message") => Some(&["role", "content"]),
            Some("function_call") => Some(&["call_id", "name", "arguments"]),
            Some("function_call_output") => Some(&["call_id", "output"]),
            Some(_) => None,
        };
        if let Some(known) = known {
            only(item, at, &[known, &OF_ITEMS].concat())?;
        }
        match text("type") {
            None | Some("message") => self.message(item, at),
            Some("function_call") => {
                let function = json!({ "name": text("name"), "arguments": text("arguments") });
                let id = text("call_id").or_else(|| text("id"));
                self.call(json!({ "id": id, "type": "function", "function": function }), at);
                Ok(())
            }
            Some("function_call_output") => {
                let id = text("call_id");
                let output = item.get("output").unwrap_or(&Value::Null);
                let content = match output {
                    Value::Array(_) => content(output, &format!("{at}.output"))?,
                    Value::String(_) => output.clone(),
                    other => json!(other.to_string()),
                };
                let message = json!({ "role": "tool", "tool_call_id": id, "content": content });
                self.push(at, message);
                Ok(())
            }
            // Only the model that had them can read them.
            Some("reasoning") => Ok(()),
            Some(_) => Err((at.to_owned(), "is of a kind that has no counterpart")),
        }
    }

    fn message(&mut self, item: &Value, at: &str) -> Result<(), Unsaid> {
        let role = item.get("role").and_then(Value::as_str);
        let Some(role @ ("user" | "assistant" | "system" | "developer")) = role else {
            return Err((format!("{at}.role"), "is no role that it knows"));
        };
        let said = item.get("content").unwrap_or(&Value::Null);
        let content = match said {
            Value::String(_) => said.clone(),
            _ => content(said, &format!("{at}.content"))?,
        };
        self.push(at, json!({ "role": role, "content": content }));
        Ok(())
    }

    /// Calls that follow each other, or what the assistant said, are one message.
    fn call(&mut self, call: Value, at: &str) {
        match self.messages.last_mut().filter(|last| last["role"] == "assistant") {
            Some(Value::Object(last)) => {
                let calls = last.entry("tool_calls").or_insert_with(|| json!([]));
                if let Value::Array(calls) = calls {
                    calls.push(call);
                }
            }
            Some(_) | None => {
                let message = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
                self.push(at, message);
            }
        }
    }
}

/// Members of every item: what it is, and what an answer brings along.
const OF_ITEMS: [&str; 3] = ["id", "status", "type"];

/// What is read of a part, and what answers bring along.
fn known(part: &Value) -> &'static [&'static str] {
    match part.get("type").and_then(Value::as_str) {
        Some("input_image") => &["detail", "image_url", "type"],
        Some("input_file") => &["file_data", "file_url", "filename", "type"],
        Some("input_audio") => &["input_audio", "type"],
        Some("refusal") => &["refusal", "type"],
        Some(_) | None => &["annotations", "logprobs", "text", "type"],
    }
}

/// Parts of a message.
fn content(parts: &Value, at: &str) -> Result<Value, Unsaid> {
    let list = parts.as_array().ok_or_else(|| (at.to_owned(), "is neither a text nor a list"))?;
    let part = |(number, value): (usize, &Value)| {
        let at = format!("{at}[{number}]");
        let said = part(value).map_err(|why| (at.clone(), why))?;
        only(value, &at, known(value))?;
        Ok(said)
    };
    list.iter().enumerate().map(part).collect()
}

fn part(part: &Value) -> Result<Value, &'static str> {
    let text = |name: &str| part.get(name).and_then(Value::as_str);
    match text("type") {
        Some("input_text" | "output_text" | "text") => {
            Ok(json!({ "type": "text", "text": text("text").unwrap_or_default() }))
        }
        Some("refusal") => {
            Ok(json!({ "type": "text", "text": text("refusal").unwrap_or_default() }))
        }
        Some("input_image") => {
            let url = text("image_url").ok_or("is a picture that OpenAI keeps")?;
            let mut image = json!({ "url": url });
            if let Some(detail) = text("detail") {
                image["detail"] = json!(detail);
            }
            Ok(json!({ "type": "image_url", "image_url": image }))
        }
        Some("input_file") => {
            let mut file = json!({});
            let named =
                [("file_data", "file_data"), ("filename", "filename"), ("file_url", "file_id")];
            for (theirs, ours) in named {
                if let Some(value) = text(theirs) {
                    file[ours] = json!(value);
                }
            }
            if file.get("file_data").is_none() && file.get("file_id").is_none() {
                return Err("is a file that OpenAI keeps");
            }
            Ok(json!({ "type": "file", "file": file }))
        }
        Some("input_audio") => Ok(part.clone()),
        Some(_) | None => Err("is of a kind that has no counterpart"),
    }
}
