//! `faults:` as written. The catalogue of what can be injected is `fake_providers::fault::ALL`; this
//! module only carries names and parameters to it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::text::quantity::{Share, Time};
use crate::text::read::Spot;

/// One fault window.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Its name in reports. Default `f1`, `f2`, ….
    #[expect(dead_code, reason = "read by its key, before the entry is")]
    pub id: Option<Spot<String>>,
    /// Its start: an instant from the start of the run (`60s`, warm-up included), or from the start
    /// of a phase (`main+20s`; `phase+20s` is the first phase that is measured).
    pub at: Spot<Instant>,
    /// Its length.
    #[serde(rename = "for")]
    pub length: Spot<Time>,
    /// Whom it hits: a deployment id or glob, `provider:x`, `region:x`, `first`, `region-of:first`,
    /// `provider-of:first`, `others`, `any:n`, `all`; or `favourite`, `region-of:favourite`,
    /// `provider-of:favourite`: whoever served most of each contender's requests in the 60 s before.
    pub target: Spot<String>,
    /// What happens: a name of the catalogue, or `{ name: { parameters } }`.
    pub inject: Spot<Inject>,
    /// Share of attempts that meet it. Default 100%.
    pub share: Option<Share>,
    /// The share (or factor) rises linearly over so long and falls over the last so long.
    pub ramp: Option<Spot<Time>>,
    /// Which attempts can meet it. Default: all.
    pub when: Option<Spot<WhenText>>,
    /// A target that matches nothing, or a window that no traffic meets, is then a note instead of an
    /// error. Default false.
    #[serde(default)]
    pub optional: bool,
}

/// Conditions; all that are given must hold.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenText {
    /// Only streams (true), or only plain requests (false).
    pub stream: Option<bool>,
    /// Only prompts of a size.
    pub prompt_tokens: Option<PromptRange>,
    /// Only the n-th attempt of a request over all deployments, from 1.
    pub attempt: Option<u32>,
    /// Only the first n attempts that reach the target inside the window.
    pub first: Option<u64>,
    /// Only every k-th attempt that reaches the target inside the window.
    pub every: Option<u64>,
    /// Only the k-th attempt that reaches the target inside the window, from 1.
    pub nth: Option<u64>,
}

/// Sizes of prompts, in tokens.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptRange {
    /// At least.
    pub min: Option<u64>,
    /// At most.
    pub max: Option<u64>,
}

/// An instant as written: `60s` or `main+20s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Instant {
    /// From the start of the run.
    FromStart(Time),
    /// From the start of a phase.
    FromPhase(String, Time),
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InstantVisitor;
        impl Visitor<'_> for InstantVisitor {
            type Value = Instant;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an instant such as 60s or main+20s")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
                let time = |text: &str| {
                    Time::deserialize(serde::de::value::StrDeserializer::<E>::new(text.trim()))
                };
                match text.split_once('+') {
                    Some((phase, after)) => {
                        Ok(Instant::FromPhase(phase.trim().to_owned(), time(after)?))
                    }
                    None => time(text).map(Instant::FromStart),
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Instant, E> {
                Time::deserialize(serde::de::value::U64Deserializer::new(number))
                    .map(Instant::FromStart)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Instant, E> {
                Time::deserialize(serde::de::value::I64Deserializer::new(number))
                    .map(Instant::FromStart)
            }
        }
        deserializer.deserialize_any(InstantVisitor)
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An instant: from the start of the run, or of a phase.",
            "examples": ["60s", "main+20s"]
        })
    }
}

/// What is injected: `refuse`, or `{ throttle: { retry_after: 10s } }`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Inject {
    /// Name in the catalogue.
    pub name: String,
    /// Parameters; null for none.
    pub params: serde_json::Value,
}

impl<'de> Deserialize<'de> for Inject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InjectVisitor;
        impl<'de> Visitor<'de> for InjectVisitor {
            type Value = Inject;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a fault, or { name: { parameters } }")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Inject, E> {
                Ok(Inject { name: name.to_owned(), params: serde_json::Value::Null })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Inject, A::Error> {
                let one = "a fault window injects exactly one fault\n\
                           write a second window for a second fault";
                let (name, params) = map.next_entry()?.ok_or_else(|| A::Error::custom(one))?;
                if map.next_key::<String>()?.is_some() {
                    return Err(A::Error::custom(one));
                }
                Ok(Inject { name, params })
            }
        }
        deserializer.deserialize_any(InjectVisitor)
    }
}

/// Where the schema says what can be injected.
pub(crate) const INJECT: &str = "Inject";

/// A place: what can be injected is not this folder's to know, [`crate::schema()`] puts it in.
impl JsonSchema for Inject {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        INJECT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}
