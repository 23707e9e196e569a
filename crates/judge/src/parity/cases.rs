//! The cases as data: lists in YAML, whose products are the cases. Every case has a name that never changes while its
//! definition stays, and a key that changes with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vocab::Protocol;

/// A file of probes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbeFile {
    /// Topologies by name.
    #[serde(default)]
    pub(crate) shapes: BTreeMap<String, Shape>,
    /// What is asked of them.
    pub(crate) sets: Vec<ProbeSet>,
}

/// Groups of deployments, and how their client asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    /// Deployments by the group's local name; `main` is called unless `calls` says otherwise.
    pub(crate) groups: BTreeMap<String, Vec<Member>>,
    /// What is called: a local name as `$main`.
    #[serde(default = "main_group")]
    pub(crate) calls: String,
    /// Router settings of this topology; `$name` stands for a group.
    #[serde(default)]
    pub(crate) router_settings: Map<String, Value>,
    /// How the client asks.
    #[serde(default)]
    pub(crate) pace: Pace,
    /// The instants at which it asks, in milliseconds from the first, whatever became of the requests before; nothing
    /// of `pace` counts then but the rest after the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) asks_at_ms: Vec<u64>,
    /// How members are told apart.
    #[serde(default)]
    pub(crate) members: Alike,
}

fn main_group() -> String {
    "$main".to_owned()
}

/// Whether members with the same fault can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Alike {
    /// Each is itself.
    #[default]
    Apart,
    /// They are equal, and which of them is called is drawn.
    Drawn,
}

/// One deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    /// Its health.
    pub(crate) is: Health,
    /// More of its `litellm_params`.
    #[serde(default)]
    pub(crate) params: Map<String, Value>,
    /// More of its `model_info`.
    #[serde(default)]
    pub(crate) info: Map<String, Value>,
}

/// Whether a deployment has the fault of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    /// It has.
    Sick,
    /// It answers.
    Good,
}

/// How a client asks: [`runner::ProbePace`] in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pace {
    /// Rest between the end of a request and the next.
    pub(crate) rest_ms: u64,
    /// Requests, at least.
    pub(crate) at_least: u32,
    /// How long it goes on, at least.
    pub(crate) lasting_ms: u64,
    /// After so long it does not begin another.
    pub(crate) at_most_ms: u64,
    /// Rest after the last.
    pub(crate) linger_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rest_ms: 50, at_least: 2, lasting_ms: 0, at_most_ms: 40_000, linger_ms: 300 }
    }
}

/// A product of lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbeSet {
    /// First part of the names of its cases.
    pub(crate) name: String,
    /// Whose words the fakes speak.
    #[serde(default = "openai")]
    pub(crate) providers: Vec<Provider>,
    /// Faults, as behind a model's name; `none` is a healthy deployment, `nobody` an address where nobody listens.
    pub(crate) faults: Vec<String>,
    /// Streamed, plain, or both.
    pub(crate) modes: Vec<Mode>,
    /// Names of shapes; all are parts of one case.
    pub(crate) shapes: Vec<String>,
    /// Of the config; `$name` stands for a group of the case.
    #[serde(default)]
    pub(crate) router_settings: Map<String, Value>,
    /// Of the config; `$name` stands for a group of the case.
    #[serde(default)]
    pub(crate) litellm_settings: Map<String, Value>,
    /// Groups of healthy deployments that all cases of the set share, by their full names.
    #[serde(default)]
    pub(crate) common: Vec<String>,
    /// `litellm_params` of every member of `main`.
    #[serde(default)]
    pub(crate) params: Map<String, Value>,
    /// `model_info` of every member of `main`.
    #[serde(default)]
    pub(crate) info: Map<String, Value>,
    /// More members of every request's body.
    #[serde(default)]
    pub(crate) body: Map<String, Value>,
    /// More headers of every request.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Directives for the fakes.
    #[serde(default)]
    pub(crate) directives: String,
    /// After so long the client hangs up.
    #[serde(default = "patience_ms")]
    pub(crate) patience_ms: u64,
    /// Words of the prompt.
    #[serde(default = "prompt_words")]
    pub(crate) prompt_words: u32,
    /// Whether the names of all `x-litellm-` headers are compared, too.
    #[serde(default)]
    pub(crate) header_names: Compared,
}

/// Whether something is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compared {
    /// It is not.
    #[default]
    Ignored,
    /// It is.
    Compared,
}

fn openai() -> Vec<Provider> {
    vec![Provider::Openai]
}

fn patience_ms() -> u64 {
    30_000
}

fn prompt_words() -> u32 {
    8
}

/// Whose words fakes speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Provider {
    /// OpenAI.
    Openai,
    /// Azure OpenAI.
    Azure,
    /// Anthropic.
    Anthropic,
}

impl Provider {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
        }
    }

    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Openai => Protocol::OpenAi,
            Self::Azure => Protocol::Azure,
            Self::Anthropic => Protocol::Anthropic,
        }
    }

    /// A model of its own.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Openai | Self::Azure => "gpt-4o",
            Self::Anthropic => "claude-3-5-sonnet-20241022",
        }
    }
}

/// Whether a request wants a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// It does not.
    Plain,
    /// It does.
    Stream,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Stream => "stream",
        }
    }
}

/// One case: one row of the table, in all of its shapes.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `SET/PROVIDER/FAULT/MODE`.
    pub(crate) name: String,
    /// Where it comes from.
    pub(crate) set: ProbeSet,
    pub(crate) provider: Provider,
    pub(crate) fault: String,
    pub(crate) mode: Mode,
    /// Its shapes by name, in the order of the set.
    pub(crate) shapes: Vec<(String, Shape)>,
}

impl Case {
    /// 16 hex digits over everything that the case is made of, and `method`.
    pub(crate) fn key(&self, method: &str) -> String {
        let parts = serde_json::json!([method, self.name, self.set_without_lists(), self.shapes]);
        let draw = vocab::Seed(0).draw("parity/case").of(&parts.to_string());
        format!("{:016x}", draw.bits())
    }

    /// How many deployments its shapes have together.
    pub(crate) fn deployments(&self) -> usize {
        let groups = self.shapes.iter().flat_map(|(_, shape)| shape.groups.values());
        groups.map(Vec::len).sum::<usize>() + self.set.common.len()
    }

    /// The set without what only says how many cases it has.
    fn set_without_lists(&self) -> ProbeSet {
        ProbeSet {
            providers: Vec::new(),
            faults: Vec::new(),
            modes: Vec::new(),
            shapes: Vec::new(),
            ..self.set.clone()
        }
    }

    /// The name of a local group, a member or an alias in the config: the same in every world.
    pub(crate) fn global(&self, shape: &str, local: &str) -> String {
        let draw = vocab::Seed(0).draw("parity/name").of(&self.name).of(shape);
        format!("p{:08x}-{local}", draw.bits() >> 32)
    }
}

/// Every case of some files, in their order.
///
/// # Errors
/// In one sentence: a shape that is not there, or a name that two cases have.
pub(crate) fn expand(files: &[ProbeFile]) -> Result<Vec<Case>, String> {
    let shapes: BTreeMap<&String, &Shape> = files.iter().flat_map(|file| &file.shapes).collect();
    let mut cases = Vec::new();
    for set in files.iter().flat_map(|file| &file.sets) {
        let chosen = set.shapes.iter().map(|name| match shapes.get(name) {
            Some(shape) => Ok((name.clone(), (*shape).clone())),
            None => Err(format!("set `{}` wants the shape `{name}`, which no file has", set.name)),
        });
        let chosen = chosen.collect::<Result<Vec<_>, String>>()?;
        for &provider in &set.providers {
            for fault in &set.faults {
                cases.extend(set.modes.iter().map(|&mode| Case {
                    name: [&set.name, provider.name(), fault, mode.name()].join("/"),
                    set: set.clone(),
                    provider,
                    fault: fault.clone(),
                    mode,
                    shapes: chosen.clone(),
                }));
            }
        }
    }
    let mut names = BTreeSet::new();
    match cases.iter().find(|case| !names.insert(&case.name)) {
        Some(twice) => Err(format!("two cases have the name `{}`", twice.name)),
        None => Ok(cases),
    }
}
