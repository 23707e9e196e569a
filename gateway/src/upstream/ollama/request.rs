//! A chat completion request in Ollama's words.

use serde_json::{Value, json};
use wire::ollama::{CalledFunction, ChatRequest, Message, Options, Settings, ToolCall};

use super::CHAT;
use crate::upstream::answer_form::AnswerForm;
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::function::{self, Function};
use crate::upstream::members::Members;
use crate::upstream::spoken::{Detail, Media, Piece, Speaker, Spoken, Unsaid, What, spoken};

/// Translates a request.
pub(super) fn request(asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let mut members =
        Members::check(asked.members()?, CHAT.members, (CHAT.provider, asked.lenience))?;
    let messages = members.take("messages").unwrap_or_default();
    let said = spoken(&messages).and_then(|all| all.into_iter().map(message).collect());
    let messages: Vec<Message> = said.map_err(|what| what.refused(&members))?;
    let settings = Settings {
        stream: Some(asked.head.stream),
        format: answer_format(&mut members)?,
        options: Some(options(&mut members)?).filter(|options| *options != Options::default()),
        tools: tools(&mut members)?,
        think: think(&mut members, asked.model)?,
        keep_alive: members.take("keep_alive"),
    };
    let request = ChatRequest { model: asked.model.to_owned(), messages, settings };
    Ok(Encoded::new(request.to_json(), members.into_dropped()))
}

fn message(spoken: Spoken<'_>) -> Result<Message, Unsaid> {
    let role = match spoken.by {
        Speaker::Instructor => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
        Speaker::Tool => "tool",
    };
    let mut said = Said::default();
    for piece in spoken.pieces {
        said.add(piece)?;
    }
    let Said { words, images, calls, tool_name } = said;
    Ok(Message {
        role: role.to_owned(),
        content: words.join("\n"),
        thinking: spoken.thought.map(str::to_owned),
        images: (!images.is_empty()).then_some(images),
        tool_calls: (!calls.is_empty()).then_some(calls),
        tool_name,
    })
}

/// What a message says.
#[derive(Default)]
struct Said {
    words: Vec<String>,
    images: Vec<String>,
    calls: Vec<ToolCall>,
    tool_name: Option<String>,
}

impl Said {
    fn add(&mut self, piece: Piece<'_>) -> Result<(), Unsaid> {
        let Piece { what, cache, at } = piece;
        let unsaid = |why| Err(Unsaid::at(at, why));
        if cache.is_some() {
            return unsaid("has a `cache_control`");
        }
        match what {
            What::Words(text) => self.words.push(text),
            What::Picture(_, Detail::Low) => {
                return unsaid("is a picture to be seen at low resolution");
            }
            What::Picture(Media::Inline { data, .. }, Detail::Usual) => {
                self.images.push(data.to_owned());
            }
            What::Picture(Media::At { .. }, Detail::Usual) => {
                return unsaid("is at an address; send its bytes");
            }
            What::Call { id, name, input, .. } => {
                let function = CalledFunction { name: name.to_owned(), arguments: input };
                self.calls.push(ToolCall { id: Some(id.to_owned()), function });
            }
            What::Outcome { id: _, name, pieces } => {
                self.tool_name = name.map(str::to_owned);
                for piece in pieces {
                    self.add(piece)?;
                }
            }
            What::Document { .. } | What::Kept => return unsaid("is a file"),
            What::Sound { .. } => return unsaid("is audio"),
            What::Thought(_) => return unsaid("is a thought of another provider"),
        }
        Ok(())
    }
}

fn options(members: &mut Members) -> Result<Options, Refused> {
    Ok(Options {
        num_predict: members.answer_limit()?.map(|most| i64::try_from(most).unwrap_or(i64::MAX)),
        num_ctx: members.whole("num_ctx")?,
        temperature: members.float("temperature")?,
        top_p: members.float("top_p")?,
        top_k: members.whole("top_k")?,
        seed: members.get("seed").and_then(Value::as_i64),
        stop: members.texts("stop")?,
        frequency_penalty: members.float("frequency_penalty")?,
        presence_penalty: members.float("presence_penalty")?,
    })
}

fn answer_format(members: &mut Members) -> Result<Option<Value>, Refused> {
    Ok(match AnswerForm::taken(members)? {
        AnswerForm::Words => None,
        AnswerForm::Object => Some(json!("json")),
        AnswerForm::Schema { schema, .. } => Some(schema),
    })
}

/// What is said of a function.
const OF_FUNCTIONS: [&str; 4] = ["description", "name", "parameters", "strict"];

fn tools(members: &mut Members) -> Result<Option<Vec<Value>>, Refused> {
    const CHOICE: &str = "tool_choice";
    let choice = members.take(CHOICE);
    let list = members.take("tools").unwrap_or_default();
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut tools = Vec::with_capacity(list.len());
    for tool in list.iter().enumerate() {
        let function = Function::of(tool, members)?;
        if function.strict {
            return Err(members.refusal("tools", "holds a strict function"));
        }
        if function.cache.is_some() {
            return Err(members.refusal("tools", "holds a `cache_control`"));
        }
        let mut said = tool.1["function"].clone();
        if let Value::Object(members) = &mut said {
            members.retain(|name, _| OF_FUNCTIONS.contains(&name.as_str()));
        }
        tools.push(json!({ "type": "function", "function": said }));
    }
    if tools.is_empty() {
        function::without_tools(choice.as_ref(), members)?;
        return Ok(None);
    }
    match choice.as_ref().map(Value::as_str) {
        None | Some(Some("auto")) => Ok(Some(tools)),
        Some(Some("none")) => Ok(None),
        Some(Some(_) | None) => {
            members.refuse(CHOICE, "forces a call")?;
            Ok(Some(tools))
        }
    }
}

fn think(members: &mut Members, model: &str) -> Result<Option<Value>, Refused> {
    const NAME: &str = "reasoning_effort";
    if let Some(own) = members.take("think") {
        if members.get(NAME).is_some() {
            members.refuse(NAME, "stands beside `think`")?;
        }
        return Ok(Some(own));
    }
    let Some(effort) = members.take(NAME) else { return Ok(None) };
    match effort.as_str() {
        Some("none") => Ok(Some(Value::Bool(false))),
        Some("low" | "medium" | "high") if model.contains("gpt-oss") => Ok(Some(effort)),
        Some("minimal" | "low" | "medium" | "high" | "xhigh" | "max") => {
            Ok(Some(Value::Bool(true)))
        }
        Some(_) | None => {
            members.refuse(NAME, "names an effort that it does not know")?;
            Ok(None)
        }
    }
}
