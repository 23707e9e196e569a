//! Entries of `faults:` that stand for many windows, as written: random incidents, flapping, and a
//! timeline that was expanded before.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fault::{Fault, Inject, Instant, WhenText};
use crate::text::quantity::{Share, Time};
use crate::text::read::Spot;

/// One entry of `faults:`. Only its schema: entries are told apart by their keys and read one by one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FaultEntry;

impl JsonSchema for FaultEntry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FaultEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kinds = [
            generator.subschema_for::<Fault>(),
            generator.subschema_for::<Random>(),
            generator.subschema_for::<Flapping>(),
            generator.subschema_for::<Replay>(),
        ];
        json_schema!({
            "description": "A window, random incidents, a flapping target, or a timeline of an \
                            earlier run.",
            "anyOf": kinds
        })
    }
}

/// Incidents as the weather brings them: drawn by the seed, expanded into windows before the run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Random {
    /// `incident-model`, or `{ incident-model: { fit: openai-api } }` with its parameters.
    #[schemars(with = "Model")]
    #[expect(dead_code, reason = "read by its key, before the entry is")]
    pub random: IgnoredAny,
    /// Its name in reports; its windows are `name.1`, `name.2`, …. Default `f1`, `f2`, ….
    #[expect(dead_code, reason = "read by its key, before the entry is")]
    pub id: Option<Spot<String>>,
    /// When incidents may start. Default: where the measured traffic starts.
    pub at: Option<Spot<Instant>>,
    /// For how long they may. Default: until the traffic ends.
    #[serde(rename = "for")]
    pub length: Option<Spot<Time>>,
    /// Whom they hit.
    pub target: Spot<String>,
    /// Who shares one fate. Default: all of a `provider:`, `region:` or `all`; each deployment alone
    /// of other targets.
    pub each: Option<Each>,
    /// What an incident does: one fault, or several with weights. Default: a mix.
    #[schemars(with = "Option<Mix>")]
    #[expect(dead_code, reason = "read by its key, before the entry is")]
    pub inject: Option<IgnoredAny>,
    /// Share of attempts that an incident hits. Default: drawn, most incidents are partial.
    pub share: Option<Share>,
    /// Which attempts can meet it. Default: all.
    pub when: Option<Spot<WhenText>>,
    /// A target that matches nothing, or a window that no traffic meets, is then a note instead of an
    /// error. Default false.
    #[serde(default)]
    pub optional: bool,
}

/// Who shares one fate: what one process of incidents hits at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Each {
    /// Each deployment has its own.
    Deployment,
    /// Each region has its own, which hits all of it.
    Region,
    /// Each provider has its own, which hits all of it.
    Provider,
    /// One for the whole target.
    Target,
}

/// Schema of `random:`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model;

/// Parameters of the incident model.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelParams {
    /// Whose incidents: `openai-api`, `anthropic-api`, `chatgpt`, `claude-ai` (published) or `pooled`.
    /// Default: by provider.
    pub fit: Option<Spot<String>>,
    /// Length of an outage in life, instead of the fit's.
    pub duration: Option<Spot<Sojourn>>,
    /// Length of the calm between two in life, instead of the fit's.
    pub gap: Option<Spot<Sojourn>>,
}

/// A log-normal length of time.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sojourn {
    /// Half are shorter: `75min`, `40h`.
    pub median: Time,
    /// Standard deviation of the logarithm: 0 is always the median. Default 1.2.
    #[serde(default = "sigma")]
    pub sigma: f64,
}

/// About that of published outages.
fn sigma() -> f64 {
    1.2
}

impl JsonSchema for Model {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IncidentModel".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let params = generator.subschema_for::<ModelParams>();
        json_schema!({
            "description": "The model of incidents, fitted to published status pages.",
            "anyOf": [
                { "const": "incident-model" },
                {
                    "type": "object",
                    "properties": { "incident-model": params },
                    "required": ["incident-model"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

/// Schema of an `inject:` with weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mix;

/// One of several faults.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Weighted {
    /// What happens.
    pub inject: Inject,
    /// How often, relative to the others. Default 1.
    #[serde(default = "one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

impl JsonSchema for Mix {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "InjectMix".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inject = generator.subschema_for::<Inject>();
        let weighted = generator.subschema_for::<Vec<Weighted>>();
        json_schema!({ "anyOf": [inject, weighted] })
    }
}

/// A target that goes up and down, again and again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flapping {
    /// How it flaps.
    pub flapping: Spot<Rhythm>,
    /// Its name in reports; its windows are `name.1`, `name.2`, …. Default `f1`, `f2`, ….
    #[expect(dead_code, reason = "read by its key, before the entry is")]
    pub id: Option<Spot<String>>,
    /// Start of the first window.
    pub at: Spot<Instant>,
    /// For how long it flaps.
    #[serde(rename = "for")]
    pub length: Spot<Time>,
    /// Whom it hits, all together.
    pub target: Spot<String>,
    /// What happens while it is down.
    pub inject: Spot<Inject>,
    /// Share of attempts that meet it. Default 100%.
    pub share: Option<Share>,
    /// Which attempts can meet it. Default: all.
    pub when: Option<Spot<WhenText>>,
    /// A target that matches nothing, or a window that no traffic meets, is then a note instead of an
    /// error. Default false.
    #[serde(default)]
    pub optional: bool,
}

/// How a target flaps.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rhythm {
    /// From the start of one window to the start of the next.
    pub period: Time,
    /// Share of the period that it is down. Default 50%.
    pub duty: Option<Share>,
    /// Draw every time up and down from exponential distributions with these means. Default false.
    #[serde(default)]
    pub random: bool,
}

/// A timeline that was expanded before, with every window's id, times and targets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// The `run.json` of an earlier run, or a JSON or YAML file with a list of faults, relative to
    /// this file.
    pub timeline: Spot<String>,
}
