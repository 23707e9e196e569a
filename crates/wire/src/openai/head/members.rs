//! Finds the members of a request that matter to a gateway, and skips all others unbuilt.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::gateway_only::is_gateway_only;

/// Members that are the gateway's at most: several times as many as there are names, so that only
/// repetitions reach it.
const OURS_MAX: usize = 512;

/// The known members of an object, in order, and how many members it has in all.
pub(super) struct Members<'a> {
    pub(super) known: Vec<Found<'a>>,
    pub(super) count: usize,
}

/// One known member.
pub(super) struct Found<'a> {
    /// `None` for one of which only the place matters.
    pub(super) member: Option<Member>,
    /// The name as it stands in the body; `None` if it is written with escapes.
    pub(super) name: Option<&'a str>,
    pub(super) value: &'a RawValue,
}

/// The members that matter here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Model,
    Stream,
    StreamOptions,
    MaxTokens,
    MaxCompletionTokens,
    User,
    Messages,
    NumRetries,
    Timeout,
    StreamTimeout,
    Fallbacks,
    ContextWindowFallbacks,
    ContentPolicyFallbacks,
    DisableFallbacks,
    DropParams,
    AdditionalDropParams,
    Metadata,
    ReasoningEffort,
    Store,
    Thinking,
    EncodingFormat,
    Functions,
    Headers,
    ExtraHeaders,
    ExtraBody,
}

impl Member {
    const ALL: [Self; 25] = [
        Self::Model,
        Self::Stream,
        Self::StreamOptions,
        Self::MaxTokens,
        Self::MaxCompletionTokens,
        Self::User,
        Self::Messages,
        Self::NumRetries,
        Self::Timeout,
        Self::StreamTimeout,
        Self::Fallbacks,
        Self::ContextWindowFallbacks,
        Self::ContentPolicyFallbacks,
        Self::DisableFallbacks,
        Self::DropParams,
        Self::AdditionalDropParams,
        Self::Metadata,
        Self::ReasoningEffort,
        Self::Store,
        Self::Thinking,
        Self::EncodingFormat,
        Self::Functions,
        Self::Headers,
        Self::ExtraHeaders,
        Self::ExtraBody,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Stream => "stream",
            Self::StreamOptions => "stream_options",
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::User => "user",
            Self::Messages => "messages",
            Self::NumRetries => "num_retries",
            Self::Timeout => "timeout",
            Self::StreamTimeout => "stream_timeout",
            Self::Fallbacks => "fallbacks",
            Self::ContextWindowFallbacks => "context_window_fallbacks",
            Self::ContentPolicyFallbacks => "content_policy_fallbacks",
            Self::DisableFallbacks => "disable_fallbacks",
            Self::DropParams => "drop_params",
            Self::AdditionalDropParams => "additional_drop_params",
            Self::Metadata => "metadata",
            Self::ReasoningEffort => "reasoning_effort",
            Self::Store => "store",
            Self::Thinking => "thinking",
            Self::EncodingFormat => "encoding_format",
            Self::Functions => "functions",
            Self::Headers => "headers",
            Self::ExtraHeaders => "extra_headers",
            Self::ExtraBody => "extra_body",
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members { known: Vec::with_capacity(8), count: 0 };
        let (mut kinds, mut ours) = (0, 0);
        while let Some(Name { member, matters, text }) = map.next_key_seed(NameSeed)? {
            members.count += 1;
            kinds += usize::from(member.is_some());
            ours += usize::from(matters);
            if ours > OURS_MAX {
                return Err(de::Error::custom("too many members that are the gateway's"));
            }
            // one more than there are kinds proves a repetition; more would only cost memory
            if matters || (member.is_some() && kinds <= Member::ALL.len() + 1) {
                members.known.push(Found { member, name: text, value: map.next_value()? });
            } else {
                let _ = map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members)
    }
}

/// A member's name, recognised.
struct Name<'de> {
    member: Option<Member>,
    /// Whether its place matters, though it is no known member.
    matters: bool,
    /// The name as it stands in the body; `None` if it is written with escapes.
    text: Option<&'de str>,
}

impl<'de> Name<'de> {
    fn of(name: &str, text: Option<&'de str>) -> Self {
        let member = Member::ALL.into_iter().find(|member| member.name() == name);
        Self { member, matters: member.is_none() && is_gateway_only(name), text }
    }
}

/// Recognises a member's name without copying it.
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Name::of(name, Some(name)))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Name::of(name, None))
    }
}
