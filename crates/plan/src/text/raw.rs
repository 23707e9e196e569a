//! What the user wrote: the scenario's format, key by key. These types are the JSON schema that
//! editors use; what the program runs is made from them in the modules named after each section.
//!
//! A key that is not here is an error. Nothing here is checked beyond its own shape.

mod compress;
mod contender;
mod deployment;
mod entry;
mod event;
mod fakes;
mod fault;
mod gate;
mod traffic;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

pub(crate) use compress::{CompressText, Factors};
pub(crate) use contender::{BalanceWord, Contender};
pub(crate) use deployment::{CapacityText, Fake, LimitsText, Quota, SpreadText};
pub(crate) use entry::{
    Each, FaultEntry, Flapping, ModelParams, Random, Replay, Rhythm, Sojourn, Weighted,
};
pub(crate) use event::{ByWord, Event};
pub(crate) use fakes::{FakesText, Guarded};
pub(crate) use fault::{Fault, INJECT, Inject, Instant, WhenText};
pub(crate) use gate::GateText;
pub use gate::OnUntested;
pub(crate) use traffic::{InlineWorkload, Phase, TokensText, Traffic, WorkloadText};

use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Value};
use crate::text::quantity::{Share, Time};

/// A brownout scenario: traffic and faults for the deployments of a LiteLLM config, and the
/// contenders that must keep a promise under them.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Name of the scenario, also of its directory under `runs/`.
    pub scenario: Section<String>,
    /// Seed of all luck; the same seed gives the same run. Default 42.
    pub seed: Section<u64>,
    /// An unmodified LiteLLM proxy config, relative to this file. `--config F` replaces it.
    pub config: Section<String>,
    /// How the fakes behave, by deployment id, glob, `first`, `provider:x`, `region:x`; everything
    /// here is optional. Later entries refine earlier ones.
    pub deployments: Section<BTreeMap<String, Fake>>,
    /// Limits that several deployments share: two keys, one bucket.
    pub quotas: Section<BTreeMap<String, Quota>>,
    /// A list of phases, or named streams of phases that overlap.
    pub traffic: Section<Traffic>,
    /// What breaks, when.
    pub faults: Section<Vec<FaultEntry>>,
    /// By how much random incidents are shortened, so that months fit into a run. Default: not at all.
    pub compress: Section<CompressText>,
    /// What happens on purpose: config changes, rollouts, marks.
    pub events: Section<Vec<Event>>,
    /// Fakes that already stand, instead of fakes of the run's own; `--clock wall` only.
    pub fakes: Section<FakesText>,
    /// Who is compared: overlays on the config. Without it there is one, `config`.
    pub contenders: Section<Vec<Contender>>,
    /// How clients behave. They never retry.
    pub client: Section<Client>,
    /// What an outage costs, in US dollars.
    pub impact: Section<Impact>,
    /// The promise: metric to expression in k6's grammar, such as `ttft: "p(99)<3000"`.
    pub slo: Section<BTreeMap<String, String>>,
    /// From which difference on `brownout gate` calls a config worse, or better, than another.
    pub gate: Section<GateText>,
}

/// What an outage costs whoever runs the service, in US dollars.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Impact {
    /// Each request that failed. Default 0.
    pub failed_request: Option<f64>,
    /// Each minute in which too few answers were good. Default 0.
    pub bad_minute: Option<f64>,
}

/// How clients behave.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// Total time of a request from its intended instant. Default 300s.
    pub timeout: Option<Time>,
    /// How long to wait for a first token before giving up. Default: as long as the timeout.
    pub patience: Option<Time>,
    /// Clients that leave as planned, in the middle of an answer; successes where they got what they stayed for.
    pub leave: Option<Leave>,
}

/// Clients that leave in the middle of an answer.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leave {
    /// After so many good tokens.
    pub after_tokens: u32,
    /// Share of requests that leave. Default 100%.
    pub share: Option<Share>,
}

/// Keys of the design that this version does not act on: told apart from typing errors.
const NOT_YET: &[(&str, &str)] = &[
    ("epoch", "leave `epoch` out and count instants from the start of the run"),
    ("decide", "leave `decide` out; among those who keep the promise the cheapest leads"),
];

/// A section as it stands in the file, not read yet, so that one mistake does not hide the others.
#[derive(Clone, Debug)]
pub(crate) struct Section<T> {
    /// Its value, if the file has it.
    pub node: Option<Node>,
    kind: PhantomData<T>,
}

impl<T> Default for Section<T> {
    fn default() -> Self {
        Self { node: None, kind: PhantomData }
    }
}

impl<T> Section<T> {
    /// Takes the section out of a scenario's top level.
    pub(crate) fn of(root: &Node, key: &str) -> Self {
        let given = |node: &&Node| !matches!(node.value, Value::Null);
        Self { node: root.get(key).filter(given).cloned(), kind: PhantomData }
    }
}

impl<T: JsonSchema> JsonSchema for Section<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }

    fn _schemars_private_is_option() -> bool {
        true
    }
}

impl Scenario {
    /// Keys of the top level, in the order of the format.
    pub(crate) const KEYS: &'static [&'static str] = &[
        "scenario",
        "seed",
        "config",
        "deployments",
        "quotas",
        "traffic",
        "faults",
        "compress",
        "events",
        "fakes",
        "contenders",
        "client",
        "impact",
        "slo",
        "gate",
    ];

    /// Splits a scenario's tree into its sections. Unknown keys go to `problems`.
    ///
    /// # Errors
    /// A tree that is no scenario at all.
    pub(crate) fn split(root: &Node, problems: &mut Vec<Problem>) -> Result<Self, Problem> {
        match &root.value {
            Value::Map(_) if root.get("model_list").is_some() && root.get("traffic").is_none() => {
                return Err(Problem::new("this file is a LiteLLM config, not a scenario")
                    .help("`brownout init --config F` writes a scenario for it")
                    .at(root.at));
            }
            Value::Map(entries) => {
                for (key, _) in entries {
                    problems.extend(unknown(&key.name).map(|problem| problem.at(key.at)));
                }
            }
            Value::Null => {
                let help = "`brownout init --config litellm_config.yaml` writes one to start from";
                return Err(Problem::new("the scenario is empty").help(help).at(root.at));
            }
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                let message = format!("a scenario is a mapping of keys, this is {}", root.sort());
                return Err(Problem::new(message)
                    .help("start with `scenario: my-first-one`; see `brownout schema`")
                    .at(root.at));
            }
        }
        Ok(Self {
            scenario: Section::of(root, "scenario"),
            seed: Section::of(root, "seed"),
            config: Section::of(root, "config"),
            deployments: Section::of(root, "deployments"),
            quotas: Section::of(root, "quotas"),
            traffic: Section::of(root, "traffic"),
            faults: Section::of(root, "faults"),
            compress: Section::of(root, "compress"),
            events: Section::of(root, "events"),
            fakes: Section::of(root, "fakes"),
            contenders: Section::of(root, "contenders"),
            client: Section::of(root, "client"),
            impact: Section::of(root, "impact"),
            slo: Section::of(root, "slo"),
            gate: Section::of(root, "gate"),
        })
    }
}

fn unknown(key: &str) -> Option<Problem> {
    if Scenario::KEYS.contains(&key) {
        return None;
    }
    if let Some((_, help)) = NOT_YET.iter().find(|(known, _)| *known == key) {
        return Some(
            Problem::new(format!("`{key}` is not available yet in this version")).help(*help),
        );
    }
    if matches!(
        key,
        "model_list"
            | "router_settings"
            | "litellm_settings"
            | "general_settings"
            | "brownout_settings"
    ) {
        let problem = Problem::new(format!("`{key}` belongs into a LiteLLM config"));
        return Some(
            problem.help("this file is read as a scenario; give the config by `--config`"),
        );
    }
    let problem = Problem::new(format!("unknown key `{key}`"));
    Some(problem.help(suggest(key, Scenario::KEYS, "known keys")))
}
