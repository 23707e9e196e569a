//! `traffic:` as written: phases, arrivals and workloads.

use std::collections::BTreeMap;

use loadgen::arrival::{self, Arrivals};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, EnumAccess, Error, MapAccess, VariantAccess, Visitor};
use serde_json::Map;

use crate::text::quantity::{PerSecond, Share, Time};
use crate::text::read::Spot;

/// A list of phases, or named streams of phases that overlap. Only its schema: the sections are
/// read phase by phase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic;

impl JsonSchema for Traffic {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Traffic".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<Phase>>();
        let streams = generator.subschema_for::<BTreeMap<String, Vec<Phase>>>();
        json_schema!({
            "description": "A list of phases, or named streams of phases that overlap.",
            "anyOf": [list, streams]
        })
    }
}

/// A stretch of traffic.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phase {
    /// Its name, for tables and `name+20s` instants. Default `warmup`, `main`, `main-2`, ….
    pub name: Option<Spot<String>>,
    /// Its length.
    #[serde(rename = "for")]
    pub length: Spot<Time>,
    /// Its start. Default: the end of the phase before it.
    pub at: Option<Spot<Time>>,
    /// When requests come.
    pub arrivals: ArrivalsText,
    /// What they ask: a preset by name, or its properties. Default `chat`.
    pub workload: Option<Spot<WorkloadText>>,
    /// The `model_name` that clients call. Default: the first of the config.
    pub model: Option<Spot<String>>,
    /// Left out of every number. Default false.
    #[serde(default)]
    pub warmup: bool,
}

/// An arrival process of [`arrival::ALL`], at a rate: `{ poisson: 8/s }`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArrivalsText(pub Arrivals);

impl<'de> Deserialize<'de> for ArrivalsText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArrivalsVisitor;
        impl<'de> Visitor<'de> for ArrivalsVisitor {
            type Value = ArrivalsText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an arrival process and its rate")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<ArrivalsText, A::Error> {
                let (process, rate) = choice.variant::<Process>()?;
                let PerSecond(per_second) = rate.newtype_variant()?;
                Ok(ArrivalsText(Arrivals { process: process.0, per_second }))
            }
        }
        deserializer.deserialize_enum("ArrivalsText", arrival::NAMES, ArrivalsVisitor)
    }
}

/// The name of an arrival process.
struct Process(&'static arrival::Entry);

impl<'de> Deserialize<'de> for Process {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Process;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of an arrival process")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Process, E> {
                let unknown = || E::unknown_variant(name, arrival::NAMES);
                arrival::find(name).map(Process).ok_or_else(unknown)
            }
        }
        deserializer.deserialize_identifier(NameVisitor)
    }
}

impl JsonSchema for ArrivalsText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ArrivalsText".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rate = generator.subschema_for::<PerSecond>();
        let one = |entry: &arrival::Entry| {
            let properties = Map::from_iter([(entry.name.to_owned(), rate.clone().into())]);
            json_schema!({
                "type": "object",
                "properties": properties,
                "required": [entry.name],
                "additionalProperties": false,
                "description": entry.summary
            })
        };
        let processes: Vec<Schema> = arrival::ALL.iter().map(one).collect();
        json_schema!({ "oneOf": processes, "description": "An arrival process." })
    }
}

/// A workload preset by name, or its properties.
#[derive(Clone, Debug)]
pub(crate) enum WorkloadText {
    /// A preset: `brownout list presets`.
    Named(String),
    /// Its properties; what is left out comes from `like`.
    Inline(InlineWorkload),
}

/// Properties of a workload.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InlineWorkload {
    /// The preset that gives what is left out. Default `chat`.
    pub like: Option<Spot<String>>,
    /// Share of requests that ask for a stream.
    pub stream: Option<Share>,
    /// Words of the prompt.
    pub prompt_tokens: Option<Spot<TokensText>>,
    /// Tokens of the answer.
    pub answer_tokens: Option<Spot<TokensText>>,
    /// `max_tokens` of the requests. Default: not sent.
    pub max_tokens: Option<u32>,
    /// Share of requests that repeat one of the last prompts. Default 0%.
    pub repeat: Option<Share>,
}

impl<'de> Deserialize<'de> for WorkloadText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WorkloadVisitor;
        impl<'de> Visitor<'de> for WorkloadVisitor {
            type Value = WorkloadText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a workload, or its properties")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<WorkloadText, E> {
                Ok(WorkloadText::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WorkloadText, A::Error> {
                InlineWorkload::deserialize(MapAccessDeserializer::new(map))
                    .map(WorkloadText::Inline)
            }
        }
        deserializer.deserialize_any(WorkloadVisitor)
    }
}

impl JsonSchema for WorkloadText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Workload".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inline = generator.subschema_for::<InlineWorkload>();
        json_schema!({
            "description": "A workload preset by name, or its properties.",
            "anyOf": [{ "type": "string" }, inline]
        })
    }
}

/// A distribution of token counts: `300`, `{ constant: 300 }` or
/// `{ lognormal: { p50: 100, p99: 500, max: 1000 } }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TokensText {
    /// Always the same.
    Constant(u32),
    /// Log-normal through two quantiles, cut at `max`.
    Lognormal(TokenQuantiles),
}

/// Two quantiles of a log-normal distribution of token counts.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenQuantiles {
    /// Median.
    pub p50: f64,
    /// 99th percentile, at least the median.
    pub p99: f64,
    /// Largest. Default: twice the 99th percentile.
    pub max: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TokensChoice {
    /// Always the same.
    Constant(u32),
    /// Log-normal through two quantiles, cut at `max`.
    Lognormal(TokenQuantiles),
}

impl<'de> Deserialize<'de> for TokensText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TokensVisitor;
        impl<'de> Visitor<'de> for TokensVisitor {
            type Value = TokensText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number of tokens or { lognormal: { p50: 100, p99: 500 } }")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<TokensText, E> {
                let tokens = u32::try_from(number);
                tokens.map(TokensText::Constant).map_err(|_| E::custom("too many tokens"))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TokensText, A::Error> {
                Ok(match TokensChoice::deserialize(MapAccessDeserializer::new(map))? {
                    TokensChoice::Constant(tokens) => TokensText::Constant(tokens),
                    TokensChoice::Lognormal(quantiles) => TokensText::Lognormal(quantiles),
                })
            }
        }
        deserializer.deserialize_any(TokensVisitor)
    }
}

impl JsonSchema for TokensText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tokens".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let choice = generator.subschema_for::<TokensChoice>();
        json_schema!({
            "description": "A distribution of token counts; a bare number is a constant.",
            "anyOf": [{ "type": "integer", "minimum": 1 }, choice]
        })
    }
}
