//! `deployments:` as written: latency, limits, capacity, region, price and link of the fakes.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::text::quantity::{Limit, Time};
use crate::text::read::Spot;

/// How the fakes of some deployments behave.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fake {
    /// A latency preset by name: `brownout list presets`.
    pub preset: Option<Spot<String>>,
    /// From the admission of a request to its first token.
    pub ttft: Option<Spot<SpreadText>>,
    /// Between two tokens.
    pub itl: Option<Spot<SpreadText>>,
    /// Rate limits, enforced with the provider's own arithmetic.
    pub limits: Option<LimitsText>,
    /// How many answers it can work on at a time. Default: unlimited.
    pub capacity: Option<Spot<CapacityText>>,
    /// Its region, for `region:` targets.
    pub region: Option<String>,
    /// Its price. Default: the price snapshot.
    pub price: Option<Spot<PriceText>>,
    /// Most tokens of prompt and answer together. Default: unlimited.
    #[schemars(range(min = 1))]
    pub context_window: Option<u64>,
    /// One-way latency of the network path to its host. Default 0s.
    pub link: Option<Time>,
}

/// Rate limits.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsText {
    /// Requests per time, such as `6000/min`.
    pub requests: Option<Limit>,
    /// Tokens per time, such as `1M/min`: prompt and `max_tokens` (OpenAI, Azure), or input tokens
    /// (Anthropic).
    pub tokens: Option<Limit>,
    /// Output tokens per time (Anthropic).
    pub output_tokens: Option<Limit>,
    /// Requests per day, such as `10000`, cut at midnight UTC (Gemini).
    #[schemars(range(min = 1))]
    pub requests_per_day: Option<u64>,
}

/// Limits that several deployments share.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quota {
    /// What they may take together; in place of their own limits.
    pub limits: LimitsText,
    /// Who shares it: targets, as in `faults:`. All of one provider, each in one quota at most.
    pub deployments: Vec<Spot<String>>,
}

/// Finite parallelism.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CapacityText {
    /// Answers at a time.
    #[schemars(range(min = 1))]
    pub slots: u32,
    /// Requests that may wait for a slot. Default 0.
    #[serde(default)]
    pub queue: u32,
    /// Tokens come `1 + slowdown × busy / slots` times slower. Default 0.
    #[serde(default)]
    pub slowdown: f64,
}

/// US dollars per million tokens.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceText {
    /// Of the prompt.
    pub input: f64,
    /// Of the answer.
    pub output: f64,
}

/// A distribution of durations: `600ms`, `{ constant: 600ms }` or
/// `{ lognormal: { p50: 600ms, p99: 2.4s } }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpreadText {
    /// Always the same.
    Constant(Time),
    /// Log-normal through two of its quantiles.
    Lognormal(Quantiles),
}

/// Two quantiles of a log-normal distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quantiles {
    /// Median.
    pub p50: Time,
    /// 99th percentile, at least the median.
    pub p99: Time,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SpreadChoice {
    /// Always the same.
    Constant(Time),
    /// Log-normal through two of its quantiles.
    Lognormal(Quantiles),
}

impl<'de> Deserialize<'de> for SpreadText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpreadVisitor;
        impl<'de> Visitor<'de> for SpreadVisitor {
            type Value = SpreadText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration or { lognormal: { p50: 600ms, p99: 2.4s } }")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<SpreadText, E> {
                let time = Time::deserialize(serde::de::value::StrDeserializer::new(text))?;
                Ok(SpreadText::Constant(time))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<SpreadText, E> {
                let time = Time::deserialize(serde::de::value::U64Deserializer::new(number))?;
                Ok(SpreadText::Constant(time))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SpreadText, A::Error> {
                Ok(match SpreadChoice::deserialize(MapAccessDeserializer::new(map))? {
                    SpreadChoice::Constant(time) => SpreadText::Constant(time),
                    SpreadChoice::Lognormal(quantiles) => SpreadText::Lognormal(quantiles),
                })
            }
        }
        deserializer.deserialize_any(SpreadVisitor)
    }
}

impl JsonSchema for SpreadText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Spread".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let time = generator.subschema_for::<Time>();
        let choice = generator.subschema_for::<SpreadChoice>();
        json_schema!({
            "description": "A distribution of durations; a bare duration is a constant.",
            "anyOf": [time, choice]
        })
    }
}
