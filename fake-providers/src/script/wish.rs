//! What a request asks of its answer beyond words: tools, forms, thoughts, several choices; and the
//! directives by which a prompt asks a fake for what no request member can.

use memchr::memmem;
use serde_json::Value;

/// Most calls in one answer.
const CALLS_MAX: u32 = 16;

/// What a request asks for. The default is plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// Answers to the same prompt; 0 is 1.
    pub(crate) choices: u32,
    /// What may be called.
    pub(crate) tools: Vec<ToolWish>,
    pub(crate) tool_choice: ToolChoice,
    /// Whether the last message is a tool's result.
    pub(crate) answers_tool: bool,
    /// Whether at most one call may be made.
    pub(crate) one_call: bool,
    pub(crate) format: Format,
    /// Tokens of thought.
    pub(crate) thinking: u32,
    /// Whether thoughts are counted and not shown, where the provider leaves that to the request.
    pub(crate) hides_thoughts: bool,
}

/// Something that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolWish {
    pub(crate) name: String,
    /// JSON schema of its arguments; null is none.
    pub(crate) schema: Value,
}

/// Whether to call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ToolChoice {
    /// As the model likes: here, unless it has just been told a tool's result.
    #[default]
    Auto,
    Never,
    /// Something.
    Any,
    Named(String),
}

/// The form of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Text,
    /// Any JSON object.
    Object,
    /// JSON by this schema.
    Schema(Value),
}

/// What a prompt asks a fake for, in double brackets anywhere in the request's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    /// `[[calls:2]]`: calls in the answer; 0 is 1.
    pub(crate) calls: u32,
    /// `[[thinking:30]]`: tokens of thought, whatever the request says.
    pub(crate) thinking: Option<u32>,
    /// `[[refuse]]`: the model declines.
    pub(crate) refuse: bool,
    /// `[[filtered]]`: the provider's filter stops the answer half-way.
    pub(crate) filtered: bool,
    /// `[[blocked]]`: the provider's filter objects to the prompt.
    pub(crate) blocked: bool,
}

impl Wishes {
    /// The tools to call, `count` of them (0 is 1) if several may be: the one that is named, else
    /// the first ones, repeated.
    pub(crate) fn calls(&self, count: u32) -> Vec<&ToolWish> {
        let count = if self.one_call { 1 } else { count.clamp(1, CALLS_MAX) };
        let named: Vec<&ToolWish> = match &self.tool_choice {
            ToolChoice::Never => Vec::new(),
            ToolChoice::Auto if self.answers_tool => Vec::new(),
            ToolChoice::Auto | ToolChoice::Any => self.tools.iter().collect(),
            ToolChoice::Named(name) => {
                self.tools.iter().filter(|tool| tool.name == *name).collect()
            }
        };
        let calls = if named.is_empty() { 0 } else { count as usize };
        named.into_iter().cycle().take(calls).collect()
    }
}

impl Directives {
    /// Reads them from a request's body.
    pub(crate) fn read(body: &[u8]) -> Self {
        if memmem::find(body, b"[[").is_none() {
            return Self::default();
        }
        let is_there = |directive: &[u8]| memmem::find(body, directive).is_some();
        Self {
            calls: number(body, b"[[calls:").unwrap_or(0),
            thinking: number(body, b"[[thinking:"),
            refuse: is_there(b"[[refuse]]"),
            filtered: is_there(b"[[filtered]]"),
            blocked: is_there(b"[[blocked]]"),
        }
    }
}

/// The number after the first `opening`, up to `]]`.
fn number(body: &[u8], opening: &[u8]) -> Option<u32> {
    let rest = body.get(memmem::find(body, opening)? + opening.len()..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(digits);
    if !rest.starts_with(b"]]") {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Directives;

    #[test]
    fn directives_are_read_anywhere() {
        let body = br#"{"content":"say [[calls:3]] and [[thinking:x]] [[thinking:9]] [[refuse]]"}"#;
        let read = Directives::read(body);
        assert_eq!((read.calls, read.thinking, read.refuse), (3, None, true));
        assert_eq!(
            Directives::read(b"[[brownout:1]] [[calls:99999999999]]"),
            Directives::default()
        );
    }
}
