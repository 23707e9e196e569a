//! Parameters of faults: the types that several of them share, and errors that name the parameter.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::Value;

use super::Fault;
use crate::action::{Action, BeforeToken};

/// A parameter that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParamError {
    /// Which one, such as `retry_after`; empty for the parameters as a whole.
    pub path: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl ParamError {
    /// An error about `path`.
    pub(super) fn at(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into() }
    }
}

/// Reads a fault; `null` is none of its parameters.
pub(super) fn parse<F>(params: &Value) -> Result<Box<dyn Fault>, ParamError>
where
    F: Fault + DeserializeOwned + 'static,
{
    parse_checked(params, |_: &F| Ok(()))
}

/// The same, with what a type cannot say: that parameters fit each other, or a bound with a hint.
pub(super) fn parse_checked<F>(
    params: &Value,
    check: fn(&F) -> Result<(), ParamError>,
) -> Result<Box<dyn Fault>, ParamError>
where
    F: Fault + DeserializeOwned + 'static,
{
    let fault: F = read(params)?;
    check(&fault)?;
    Ok(Box::new(fault))
}

/// A fault and its parameters, as its type documents them.
pub(super) fn document<F: JsonSchema>() -> Schema {
    schemars::schema_for!(F)
}

/// Reads parameters.
fn read<P: DeserializeOwned>(params: &Value) -> Result<P, ParamError> {
    let empty = Value::Object(serde_json::Map::new());
    let params = if params.is_null() { &empty } else { params };
    if !params.is_object() {
        let message = format!("{params} is no set of parameters; write `{{ name: value }}`");
        return Err(ParamError::at("", message));
    }
    P::deserialize(params).map_err(|whole| {
        blame::<P>(params).unwrap_or(ParamError { path: String::new(), message: whole.to_string() })
    })
}

/// Refuses 0 with a message that says what to write instead.
pub(super) fn not_zero(path: &str, number: impl Into<u32>, hint: &str) -> Result<(), ParamError> {
    if number.into() == 0 { Err(ParamError::at(path, hint)) } else { Ok(()) }
}

/// A status that says an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u16")]
pub(super) struct ErrorStatus(pub(super) u16);

impl TryFrom<u16> for ErrorStatus {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        if (400..600).contains(&status) {
            return Ok(Self(status));
        }
        Err(format!("status {status} is no error; use 400 to 599"))
    }
}

/// A status in words, or what a provider says without one.
pub(super) fn status_or_overloaded(status: Option<ErrorStatus>) -> String {
    status.map_or("overloaded".to_owned(), |ErrorStatus(status)| status.to_string())
}

/// By how many times something takes longer.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Factor(pub(super) f64);

/// Largest factor: a second becomes about a quarter of an hour; beyond it, use `stall`.
const FACTOR_MAX: f64 = 1000.0;

impl TryFrom<f64> for Factor {
    type Error = String;

    fn try_from(factor: f64) -> Result<Self, String> {
        if (1.0..=FACTOR_MAX).contains(&factor) {
            return Ok(Self(factor));
        }
        Err(format!("factor {factor} is out of range; use 1 to {FACTOR_MAX}"))
    }
}

impl Factor {
    /// The factor; 1 without one.
    pub(super) fn or_one(factor: Option<Self>) -> f64 {
        factor.map_or(1.0, |Self(factor)| factor)
    }
}

/// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(super) struct AfterTokens(u32);

impl AfterTokens {
    /// `action` where the answer has come to this place.
    pub(super) fn at(self, token: u32, action: BeforeToken) -> BeforeToken {
        if token == self.0 { action } else { Action::Pass }
    }
}

impl fmt::Display for AfterTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} tokens", self.0)
    }
}

/// Finds the member at fault by reading each one alone; a member that merely lacks its siblings is
/// not blamed.
fn blame<P: DeserializeOwned>(params: &Value) -> Option<ParamError> {
    params.as_object()?.iter().find_map(|(name, value)| {
        let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
        let error = P::deserialize(&alone).err()?.to_string();
        (!error.starts_with("missing field"))
            .then(|| ParamError { path: name.clone(), message: error })
    })
}

/// A duration, written with its unit: `250ms`, `10s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

/// Milliseconds: a number, or a duration with its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Millis(pub(super) Duration);

struct SpanVisitor {
    bare_numbers_are_ms: bool,
}

impl Visitor<'_> for SpanVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration with a unit, such as 250ms or 10s")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        vocab::parse_duration(text).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Duration, E> {
        if self.bare_numbers_are_ms && number <= MILLIS_MAX {
            return Ok(Duration::from_millis(number));
        }
        Err(E::custom(format!("`{number}` has no unit; write {number}s or {number}ms")))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Duration, E> {
        Err(E::custom(format!("`{number}` is negative; durations start at 0s")))
    }
}

/// Ten years, the bound of every duration.
const MILLIS_MAX: u64 = 10 * 365 * 86_400 * 1000;

impl<'de> de::Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor { bare_numbers_are_ms: false }).map(Self)
    }
}

impl<'de> de::Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor { bare_numbers_are_ms: true }).map(Self)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": SPAN_PATTERN })
    }
}

impl JsonSchema for ErrorStatus {
    fn schema_name() -> Cow<'static, str> {
        "ErrorStatus".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "format": "uint16", "minimum": 400, "maximum": 599 })
    }
}

impl JsonSchema for Factor {
    fn schema_name() -> Cow<'static, str> {
        "Factor".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "format": "double", "minimum": 1, "maximum": FACTOR_MAX })
    }
}

impl JsonSchema for Millis {
    fn schema_name() -> Cow<'static, str> {
        "Milliseconds".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": SPAN_PATTERN }
        ] })
    }
}

/// What `vocab::parse_duration` reads, for editors.
const SPAN_PATTERN: &str = r"^\s*([0-9.]+\s*(ns|us|µs|ms|s|sec|m|min|h|d)\s*)+$";
