//! Finds the members of a request that matter to a gateway, and skips all others unbuilt.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The known members of an object, in order, and how many members it has in all.
pub(super) struct Members<'a> {
    pub(super) known: Vec<Found<'a>>,
    pub(super) count: usize,
}

/// One known member.
pub(super) struct Found<'a> {
    pub(super) member: Member,
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
    DisableFallbacks,
    ContextWindowFallbacks,
    ContentPolicyFallbacks,
    Cache,
}

impl Member {
    const ALL: [Self; 15] = [
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
        Self::DisableFallbacks,
        Self::ContextWindowFallbacks,
        Self::ContentPolicyFallbacks,
        Self::Cache,
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
            Self::DisableFallbacks => "disable_fallbacks",
            Self::ContextWindowFallbacks => "context_window_fallbacks",
            Self::ContentPolicyFallbacks => "content_policy_fallbacks",
            Self::Cache => "cache",
        }
    }

    /// LiteLLM's own members, which OpenAI would refuse as unknown.
    pub(super) const fn is_gateway_only(self) -> bool {
        match self {
            Self::Model
            | Self::Stream
            | Self::StreamOptions
            | Self::MaxTokens
            | Self::MaxCompletionTokens
            | Self::User
            | Self::Messages => false,
            Self::NumRetries
            | Self::Timeout
            | Self::StreamTimeout
            | Self::Fallbacks
            | Self::DisableFallbacks
            | Self::ContextWindowFallbacks
            | Self::ContentPolicyFallbacks
            | Self::Cache => true,
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
        while let Some((member, name)) = map.next_key_seed(NameSeed)? {
            members.count += 1;
            match member {
                // one more than there are kinds proves a repetition; more would only cost memory
                Some(member) if members.known.len() <= Member::ALL.len() => {
                    members.known.push(Found { member, name, value: map.next_value()? });
                }
                Some(_) | None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(members)
    }
}

/// Recognises a member's name without copying it.
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = (Option<Member>, Option<&'de str>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = (Option<Member>, Option<&'de str>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok((member_named(name), Some(name)))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((member_named(name), None))
    }
}

fn member_named(name: &str) -> Option<Member> {
    Member::ALL.into_iter().find(|member| member.name() == name)
}
