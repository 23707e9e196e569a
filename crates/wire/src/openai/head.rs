//! What a forwarding gateway must know of a request, found in one validating pass that builds
//! nothing else.
//!
//! The head also remembers where in the body the model's name and the gateway-only members stand, so
//! that `splice` can change those bytes and leave every other one as the client wrote it.

mod gateway_only;
mod members;

pub use gateway_only::is_gateway_only;

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::members::{Found, Member, Members};
use super::StreamOptions;

/// Largest request body worth scanning, in bytes: the largest that a provider accepts (Anthropic's
/// 32 MB of messages; OpenAI's and Azure's edges refuse earlier).
pub const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// The head of a chat completion request. Positions are byte ranges of the scanned body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestHead {
    /// The model's name, unescaped; absent where the path names a deployment instead.
    pub model: Option<String>,
    /// Whether the answer is an event stream.
    pub stream: bool,
    /// Whether `stream_options` asks for a usage chunk.
    pub include_usage: bool,
    /// Bound of the answer in tokens: `max_completion_tokens`, else `max_tokens`.
    pub max_tokens: Option<u64>,
    /// The caller's name for its end user.
    pub user: Option<String>,
    /// Where the `messages` value stands; its length serves to estimate the prompt.
    pub messages: Option<Range<usize>>,
    /// LiteLLM's per-request override.
    pub num_retries: Option<u32>,
    /// LiteLLM's per-request override, in seconds.
    pub timeout_s: Option<f64>,
    /// LiteLLM's per-request override for streams, in seconds.
    pub stream_timeout_s: Option<f64>,
    /// Where the value of LiteLLM's `fallbacks` override stands.
    pub fallbacks: Option<Range<usize>>,
    /// Where the value of LiteLLM's `context_window_fallbacks` override stands.
    pub context_window_fallbacks: Option<Range<usize>>,
    /// Where the value of LiteLLM's `content_policy_fallbacks` override stands.
    pub content_policy_fallbacks: Option<Range<usize>>,
    /// LiteLLM's per-request override.
    pub disable_fallbacks: bool,
    /// LiteLLM's per-request override: what a provider cannot be asked may be left out.
    pub drop_params: Option<bool>,
    /// LiteLLM's per-request override: these members are left out.
    pub additional_drop_params: Vec<String>,
    /// Where LiteLLM's `headers` and `extra_headers` stand, objects of headers for the provider; the later one holds.
    pub headers: [Option<Range<usize>>; 2],
    /// Where LiteLLM's `extra_body` stands, an object of members in the provider's words.
    pub extra_body: Option<Range<usize>>,
    /// Whether the model is asked to think before it speaks: by an effort that is not `none`, or by `thinking`.
    pub thinks: bool,
    /// Whether the provider is asked to keep the answer.
    pub store: bool,
    /// Whether vectors are wanted as base64.
    pub base64: bool,
    /// Whether calls are written in the spelling of 2023: functions, not tools.
    pub functions: bool,
    /// Where the member `metadata` stands, name and value.
    pub metadata: Option<Range<usize>>,
    pub(super) model_at: Option<Range<usize>>,
    /// Members (name and value) that no provider knows.
    pub(super) gateway_only: Vec<Range<usize>>,
    pub(super) member_count: usize,
}

/// Why a body is not a chat completion request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Larger than [`MAX_BODY_BYTES`].
    #[error("request body of {len} bytes; at most {MAX_BODY_BYTES} are accepted")]
    TooLarge {
        /// Its length in bytes.
        len: usize,
    },
    /// Not JSON, or not an object.
    #[error("request body is not a JSON object: {problem} at byte {at}")]
    Malformed {
        /// Offset of the offending byte.
        at: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A member that decides where the request goes appears twice, and readers could differ in
    /// which one they believe.
    #[error("request body names `{member}` twice, again at byte {at}; send it once")]
    Repeated {
        /// The member's name.
        member: &'static str,
        /// Offset of its second value.
        at: usize,
    },
    /// A member has the wrong type.
    #[error("`{member}` at byte {at} must be {expected}")]
    WrongType {
        /// The member's name.
        member: &'static str,
        /// Offset of its value.
        at: usize,
        /// What it should be.
        expected: &'static str,
    },
}

impl RequestHead {
    /// Reads the head of `body`, which must be one JSON object and nothing else. Values that do not
    /// matter are passed over without recursion, so depth costs a byte per level and no stack.
    ///
    /// # Errors
    /// [`HeadError`], with the byte where the problem is.
    pub fn scan(body: &[u8]) -> Result<Self, HeadError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(HeadError::TooLarge { len: body.len() });
        }
        let text = std::str::from_utf8(body).map_err(|error| HeadError::Malformed {
            at: error.valid_up_to(),
            problem: "invalid UTF-8".to_owned(),
        })?;
        let found = serde_json::from_str::<Members<'_>>(text).map_err(|e| malformed(text, &e))?;
        let start = text.as_ptr().addr();
        let mut head = Self { member_count: found.count, ..Self::default() };
        let mut seen = 0_u32;
        for Found { member, name, value } in found.known {
            let from = value.get().as_ptr().addr() - start;
            let at = from..from + value.get().len();
            let whole = match name {
                // one byte before the name is its opening quote
                Some(name) => name.as_ptr().addr() - start - 1..at.end,
                None => name_before(body, at.start)..at.end,
            };
            let Some(member) = member else {
                head.gateway_only.push(whole);
                continue;
            };
            let bit = 1 << member as u32;
            if seen & bit != 0 {
                return Err(HeadError::Repeated { member: member.name(), at: at.start });
            }
            seen |= bit;
            if is_gateway_only(member.name()) {
                head.gateway_only.push(whole);
            } else if member == Member::Metadata {
                head.metadata = Some(whole);
            }
            head.set(member, value, at)?;
        }
        Ok(head)
    }

    /// The members that no provider knows, names and values as they stand in `body`, whose head this is.
    pub fn gateway_members<'b>(&self, body: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
        self.gateway_only.iter().filter_map(|at| body.get(at.clone()))
    }

    fn set(&mut self, member: Member, value: &RawValue, at: Range<usize>) -> Result<(), HeadError> {
        let wrong =
            |expected| HeadError::WrongType { member: member.name(), at: at.start, expected };
        match member {
            Member::Model => {
                self.model = Some(read(value).ok_or_else(|| wrong("a string"))?);
                self.model_at = Some(at);
            }
            Member::Stream => self.stream = nullable(value).ok_or_else(|| wrong("a boolean"))?,
            Member::StreamOptions => {
                let options: Option<StreamOptions> =
                    read(value).ok_or_else(|| wrong("an object"))?;
                self.include_usage = options.unwrap_or_default().include_usage.unwrap_or(false);
            }
            Member::MaxTokens => {
                let old: Option<u64> = read(value).ok_or_else(|| wrong("a whole number"))?;
                self.max_tokens = self.max_tokens.or(old);
            }
            Member::MaxCompletionTokens => {
                let new: Option<u64> = read(value).ok_or_else(|| wrong("a whole number"))?;
                self.max_tokens = new.or(self.max_tokens);
            }
            Member::User => self.user = read(value).ok_or_else(|| wrong("a string"))?,
            Member::Messages => self.messages = Some(at),
            Member::NumRetries => {
                self.num_retries = read(value).ok_or_else(|| wrong("a whole number"))?;
            }
            Member::Timeout => self.timeout_s = read(value).ok_or_else(|| wrong("seconds"))?,
            Member::StreamTimeout => {
                self.stream_timeout_s = read(value).ok_or_else(|| wrong("seconds"))?;
            }
            Member::Fallbacks => self.fallbacks = Some(at),
            Member::ContextWindowFallbacks => self.context_window_fallbacks = Some(at),
            Member::ContentPolicyFallbacks => self.content_policy_fallbacks = Some(at),
            Member::DisableFallbacks => {
                self.disable_fallbacks = nullable(value).ok_or_else(|| wrong("a boolean"))?;
            }
            Member::DropParams => {
                self.drop_params = read(value).ok_or_else(|| wrong("a boolean"))?;
            }
            Member::AdditionalDropParams => {
                self.additional_drop_params =
                    nullable(value).ok_or_else(|| wrong("a list of names"))?;
            }
            Member::Store => self.store = nullable(value).ok_or_else(|| wrong("a boolean"))?,
            Member::ReasoningEffort | Member::Thinking => {
                let text = value.get();
                self.thinks |= !matches!(text, "null" | "\"none\"" | "false")
                    && !text.contains("\"disabled\"");
            }
            Member::EncodingFormat => self.base64 = value.get() == r#""base64""#,
            Member::Functions => self.functions = !matches!(value.get(), "null" | "[]"),
            Member::Headers => self.headers[0] = object(value, &at).map_err(wrong)?,
            Member::ExtraHeaders => self.headers[1] = object(value, &at).map_err(wrong)?,
            Member::ExtraBody => self.extra_body = object(value, &at).map_err(wrong)?,
            Member::Metadata => {}
        }
        Ok(())
    }
}

/// Where the name begins whose value begins at `value`: it was written with escapes, so that it has to be
/// looked for. Between the two stand a colon and blanks; a quote within a name has a backslash before it.
fn name_before(body: &[u8], value: usize) -> usize {
    let before = body[..value].trim_ascii_end();
    let before = before.strip_suffix(b":").unwrap_or(before).trim_ascii_end();
    let mut at = before.len().saturating_sub(1);
    // Ends: it goes towards the body's start.
    while at > 0 {
        at -= 1;
        let escapes = before[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        if before[at] == b'"' && escapes % 2 == 0 {
            break;
        }
    }
    at
}

/// Where an object stands; nowhere for null.
fn object(value: &RawValue, at: &Range<usize>) -> Result<Option<Range<usize>>, &'static str> {
    match value.get().as_bytes().first() {
        Some(b'{') => Ok(Some(at.clone())),
        _ if value.get() == "null" => Ok(None),
        Some(_) | None => Err("an object"),
    }
}

fn read<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

/// A value whose null means its default.
fn nullable<'a, T: Deserialize<'a> + Default>(value: &'a RawValue) -> Option<T> {
    read::<Option<T>>(value).map(Option::unwrap_or_default)
}

fn malformed(text: &str, error: &serde_json::Error) -> HeadError {
    let before: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let message = error.to_string();
    let problem = message.rsplit_once(" at line ").map_or(message.as_str(), |(problem, _)| problem);
    let at = (before + error.column().saturating_sub(1)).min(text.len());
    HeadError::Malformed { at, problem: problem.to_owned() }
}
