//! The messages of a chat completion, read strictly: who speaks, and what each part of it is. What is said
//! of a part in a provider's words, or that it cannot be said, is the dialect's business.
//!
//! A member that means something and is not known here is refused, whoever is asked.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use super::beyond::{UNSAID, beyond};
use super::dialect::Refused;
use super::members::Members;

/// One message.
#[derive(Debug)]
pub(super) struct Spoken<'m> {
    pub(super) by: Speaker,
    pub(super) pieces: Vec<Piece<'m>>,
    /// What the assistant thought, in words that nothing proves: few can be told that.
    pub(super) thought: Option<&'m str>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Whoever instructs the model.
    Instructor,
    User,
    Assistant,
    /// A tool that was called.
    Tool,
}

/// One part of what is said.
#[derive(Debug)]
pub(super) struct Piece<'m> {
    pub(super) what: What<'m>,
    /// Anthropic's mark behind which a prompt is cached.
    pub(super) cache: Option<&'m Value>,
    pub(super) at: Place,
}

/// What a part is.
#[derive(Debug)]
pub(super) enum What<'m> {
    /// Never empty.
    Words(String),
    Picture(Media<'m>, Detail),
    Document {
        media: Media<'m>,
        title: Option<&'m str>,
    },
    /// A file that OpenAI keeps, by its id.
    Kept,
    /// Base64, and what it is: `wav`, `mp3`.
    Sound {
        data: &'m str,
        format: &'m str,
    },
    Call {
        id: &'m str,
        name: &'m str,
        input: Value,
        /// What Gemini signed of the thought before it.
        signature: Option<&'m str>,
    },
    /// What came of a call.
    Outcome {
        id: &'m str,
        name: Option<&'m str>,
        pieces: Vec<Piece<'m>>,
    },
    /// A thought of Anthropic's, as it came.
    Thought(&'m Value),
}

/// A picture, a document: its bytes, or where it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Media<'m> {
    /// Base64.
    Inline { kind: &'m str, data: &'m str },
    At {
        url: &'m str,
        /// Its media type, where the client says it.
        kind: Option<&'m str>,
    },
}

/// How closely a picture is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// As closely as the provider does.
    Usual,
    /// From afar, for less.
    Low,
}

/// Where something stands in the messages: `messages[2].content[0]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    message: usize,
    member: &'static str,
    part: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "messages[{}].{}", self.message, self.member)?;
        self.part.map_or(Ok(()), |part| write!(f, "[{part}]"))
    }
}

/// A part of the messages that cannot be said: where, and why.
#[derive(Debug)]
pub(super) struct Unsaid {
    at: String,
    why: &'static str,
}

impl Unsaid {
    /// What stands at `at` cannot be said; `why` completes the sentence that begins with its place.
    pub(super) fn at(at: Place, why: &'static str) -> Self {
        Self { at: at.to_string(), why }
    }

    /// The same of what stands at the path `inner` within that.
    fn within(at: Place, inner: &str, why: &'static str) -> Self {
        Self { at: format!("{at}.{inner}"), why }
    }

    /// Messages are never dropped.
    pub(super) fn refused(&self, members: &Members) -> Refused {
        members.refusal(&self.at, self.why)
    }
}

/// Members of a message that say nothing to the model: what answers bring along when they are sent back.
const ECHOES: [&str; 4] =
    ["annotations", "provider_specific_fields", "reasoning_content", "reasoning"];

/// Reads the messages.
pub(super) fn spoken(messages: &Value) -> Result<Vec<Spoken<'_>>, Unsaid> {
    let unsaid = |at: &str, why| Unsaid { at: at.to_owned(), why };
    let list = messages.as_array().ok_or_else(|| unsaid("messages", "is no list"))?;
    let mut calls = BTreeMap::new();
    let mut all = Vec::with_capacity(list.len());
    for (at, message) in list.iter().enumerate() {
        let message = Message::read(message, at)?;
        let said = message.spoken(&calls)?;
        for piece in &said.pieces {
            if let What::Call { id, name, .. } = &piece.what {
                calls.insert(*id, *name);
            }
        }
        all.push(said);
    }
    Ok(all)
}

/// One message, and where it stands.
struct Message<'m> {
    by: Speaker,
    members: &'m Map<String, Value>,
    at: usize,
}

impl<'m> Message<'m> {
    fn read(message: &'m Value, at: usize) -> Result<Self, Unsaid> {
        let unsaid = |member: &str, why| Unsaid { at: format!("messages[{at}]{member}"), why };
        let members = message.as_object().ok_or_else(|| unsaid("", "is no message"))?;
        let by = match members.get("role").and_then(Value::as_str) {
            Some("system" | "developer") => Speaker::Instructor,
            Some("user") => Speaker::User,
            Some("assistant") => Speaker::Assistant,
            Some("tool") => Speaker::Tool,
            Some(_) => return Err(unsaid(".role", "is no role that it knows")),
            None => return Err(unsaid(".role", "is missing")),
        };
        for (name, value) in members {
            let known = match name.as_str() {
                "role" | "content" | "name" | "cache_control" => true,
                "tool_calls" | "thinking_blocks" | "refusal" => by == Speaker::Assistant,
                "tool_call_id" => by == Speaker::Tool,
                echo => ECHOES.contains(&echo),
            };
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            if !known && !empty {
                return Err(unsaid(&format!(".{name}"), "has no counterpart"));
            }
        }
        Ok(Self { by, members, at })
    }

    fn spoken(&self, calls: &BTreeMap<&str, &'m str>) -> Result<Spoken<'m>, Unsaid> {
        let mut pieces = self.thoughts();
        pieces.extend(self.said()?);
        if let Some(refusal) = self.text("refusal") {
            pieces.extend(words(refusal).map(|what| self.piece(what, "refusal", None)));
        }
        for (part, call) in self.list("tool_calls").enumerate() {
            let at = self.place("tool_calls", Some(part));
            only(call, at, &["type", "id", "index", "function", MARK], &OF_CALLS)?;
            let what = called(call).ok_or_else(|| Unsaid::at(at, "is no call of a function"))?;
            only_within(call, at, "function", &["name", "arguments", OF_CALLS[1]])?;
            pieces.push(Piece { what, cache: mark(call), at });
        }
        if self.by == Speaker::Tool {
            let at = self.place("tool_call_id", None);
            let id = self.text("tool_call_id").ok_or_else(|| Unsaid::at(at, "is missing"))?;
            let name = calls.get(id).copied().or_else(|| self.text("name"));
            // A prompt is cached up to a whole outcome, not within it.
            let cache =
                pieces.iter_mut().rev().fold(None, |cache, piece| cache.or(piece.cache.take()));
            let what = What::Outcome { id, name, pieces };
            pieces = vec![Piece { what, cache, at }];
        }
        let mut thoughts = ["reasoning_content", "reasoning"].iter();
        let thought = thoughts.find_map(|name| self.text(name));
        Ok(Spoken { by: self.by, pieces, thought })
    }

    const fn place(&self, member: &'static str, part: Option<usize>) -> Place {
        Place { message: self.at, member, part }
    }

    const fn piece(&self, what: What<'m>, member: &'static str, part: Option<usize>) -> Piece<'m> {
        Piece { what, cache: None, at: self.place(member, part) }
    }

    fn text(&self, member: &str) -> Option<&'m str> {
        self.members.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn list(&self, member: &str) -> impl Iterator<Item = &'m Value> + use<'m> {
        self.members.get(member).and_then(Value::as_array).into_iter().flatten()
    }

    fn thoughts(&self) -> Vec<Piece<'m>> {
        let thoughts = self.list("thinking_blocks").enumerate();
        let piece =
            |(part, thought)| self.piece(What::Thought(thought), "thinking_blocks", Some(part));
        thoughts.map(piece).collect()
    }

    /// Nothing of a part is left unread.
    fn whole(&self, part: &Value, at: Place) -> Result<(), Unsaid> {
        const KINDS: [(&str, &[&str]); 5] = [
            ("text", &[]),
            ("refusal", &[]),
            ("image_url", &["url", "detail", "format"]),
            ("file", &["file_data", "file_id", "filename", "format"]),
            ("input_audio", &["data", "format"]),
        ];
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        let echoes: &[&str] = match self.by {
            Speaker::Assistant => &["annotations", "citations", "provider_specific_fields"],
            Speaker::Instructor | Speaker::User | Speaker::Tool => &[],
        };
        only(part, at, &["type", kind, MARK], echoes)?;
        let within = KINDS.iter().find(|(own, _)| *own == kind);
        within.map_or(Ok(()), |(name, known)| only_within(part, at, name, known))
    }

    /// Parts of the content; a text is one part. Whoever is named speaks in the first.
    fn said(&self) -> Result<Vec<Piece<'m>>, Unsaid> {
        const MEMBER: &str = "content";
        let mut pieces = Vec::new();
        match self.members.get(MEMBER) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => {
                pieces.extend(words(text).map(|what| self.piece(what, MEMBER, None)));
            }
            Some(Value::Array(parts)) => {
                for (part, value) in parts.iter().enumerate() {
                    let at = self.place(MEMBER, Some(part));
                    let what = part_of(value).map_err(|why| Unsaid::at(at, why))?;
                    self.whole(value, at)?;
                    pieces.extend(what.map(|what| Piece { what, cache: mark(value), at }));
                }
            }
            Some(_) => {
                let why = "is neither a text nor a list of parts";
                return Err(Unsaid::at(self.place(MEMBER, None), why));
            }
        }
        if let (Some(name), true) = (self.text("name"), self.by != Speaker::Tool) {
            match pieces.first_mut().map(|piece| &mut piece.what) {
                Some(What::Words(text)) => text.insert_str(0, &format!("{name}: ")),
                Some(_) | None => {
                    let named = What::Words(format!("{name}:"));
                    pieces.insert(0, self.piece(named, "name", None));
                }
            }
        }
        let cache = self.members.get(MARK).filter(|cache| !cache.is_null());
        if let (Some(last), Some(_)) = (pieces.last_mut(), cache) {
            last.cache = cache;
        }
        Ok(pieces)
    }
}

/// Anthropic's mark behind which a prompt is cached.
const MARK: &str = "cache_control";

fn mark(value: &Value) -> Option<&Value> {
    value.get(MARK).filter(|cache| !cache.is_null())
}

/// Members that calls bring along when they are sent back.
const OF_CALLS: [&str; 2] = ["extra_content", "provider_specific_fields"];

/// Nothing else may stand in `value` than what is known, and what answers bring along.
fn only(value: &Value, at: Place, known: &[&str], echoes: &[&str]) -> Result<(), Unsaid> {
    match beyond(value, known).find(|name| !echoes.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Unsaid::within(at, name, UNSAID)),
    }
}

/// The same of the object within `value` of that name.
fn only_within(value: &Value, at: Place, name: &str, known: &[&str]) -> Result<(), Unsaid> {
    let inner = value.get(name).unwrap_or(&Value::Null);
    match beyond(inner, known).next() {
        None => Ok(()),
        Some(inner) => Err(Unsaid::within(at, &format!("{name}.{inner}"), UNSAID)),
    }
}

fn words<'m>(text: &str) -> Option<What<'m>> {
    (!text.is_empty()).then(|| What::Words(text.to_owned()))
}

fn called(call: &Value) -> Option<What<'_>> {
    let text = |path: &str| call.pointer(path).and_then(Value::as_str);
    let written = text("/function/arguments").unwrap_or_default();
    // The model wrote the arguments; what is no JSON object goes along as text.
    let input = match serde_json::from_str(written) {
        Ok(Value::Object(object)) => Value::Object(object),
        Ok(_) | Err(_) if written.trim().is_empty() => json!({}),
        Ok(_) | Err(_) => json!({ "arguments": written }),
    };
    // LiteLLM's member, and that of Google's own chat completions.
    let signature = text("/provider_specific_fields/thought_signature")
        .or_else(|| text("/extra_content/google/thought_signature"));
    Some(What::Call { id: text("/id")?, name: text("/function/name")?, input, signature })
}

/// One part of a content; nothing where it is empty text, which providers refuse.
fn part_of(part: &Value) -> Result<Option<What<'_>>, &'static str> {
    let text = |path: &str| part.pointer(path).and_then(Value::as_str);
    match text("/type") {
        Some("text") => Ok(words(text("/text").unwrap_or_default())),
        Some("refusal") => Ok(words(text("/refusal").unwrap_or_default())),
        Some("image_url") => {
            // LiteLLM also takes the address itself.
            let url = text("/image_url/url").or_else(|| text("/image_url"));
            let url = url.ok_or("has no `image_url.url`")?;
            let detail = match text("/image_url/detail") {
                Some("low") => Detail::Low,
                // Nobody looks more closely than as usual.
                None | Some("auto" | "high") => Detail::Usual,
                Some(_) => return Err("is a picture to be seen at a resolution that is unknown"),
            };
            Ok(Some(What::Picture(media(url, text("/image_url/format")), detail)))
        }
        Some("file") => {
            let (title, kind) = (text("/file/filename"), text("/file/format"));
            match (text("/file/file_data"), text("/file/file_id")) {
                (Some(data), _) => Ok(Some(What::Document { media: media(data, kind), title })),
                (None, Some(url)) if url.contains("://") => {
                    Ok(Some(What::Document { media: Media::At { url, kind }, title }))
                }
                (None, Some(_)) => Ok(Some(What::Kept)),
                (None, None) => Err("has neither `file.file_data` nor `file.file_id`"),
            }
        }
        Some("input_audio") => {
            let data = text("/input_audio/data").ok_or("has no `input_audio.data`")?;
            Ok(Some(What::Sound { data, format: text("/input_audio/format").unwrap_or("wav") }))
        }
        Some(_) | None => Err("is of a kind that has no counterpart"),
    }
}

/// `data:image/png;base64,…` is its bytes, anything else an address; `kind` is the media type that the client says.
fn media<'m>(url: &'m str, kind: Option<&'m str>) -> Media<'m> {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((own, data)) => Media::Inline { kind: kind.unwrap_or(own), data },
        None => Media::At { url, kind },
    }
}
