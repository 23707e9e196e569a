//! What the program runs: a scenario and a config, checked and resolved. Nothing in here can be
//! wrong any more in a way that only running would show.

use std::collections::BTreeMap;
use std::time::Duration;

use fake_providers::config::FakesConfig;
use loadgen::config::LoadConfig;
use record::RunInfo;
use serde_json::Value;
use vocab::ContenderName;

use crate::out::hash::digest;
use crate::resolve::contenders::ProcessSpec;
use crate::resolve::gate::GateRules;
use crate::resolve::instance_events::{InstanceEvent, Pause};
use crate::resolve::standing::StandingFakes;
use crate::resolve::timeline::LinkFault;
use crate::text::node::Node;
use crate::text::request::ClockKind;

/// A run, ready to start.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is written to `run.json`; complete.
    pub info: RunInfo,
    /// In which time.
    pub clock: ClockKind,
    /// The providers. `host`s are those of the config; ports too.
    pub fakes: FakesConfig,
    /// The schedule, the same for everybody.
    pub load: LoadConfig,
    /// Who is compared, in order; the mark `direct` is not among them.
    pub contenders: Vec<ContenderPlan>,
    /// One-way latency of the path to each host, by host; absent is none.
    pub links: BTreeMap<String, Duration>,
    /// Faults of links, for the connectors of everybody who dials.
    pub link_faults: Vec<LinkFault>,
    /// Twelve hex digits over everything that determines the tables, and all that `run.json` says; names the run
    /// directory.
    pub digest: String,
    /// Lines to print before the run: keys without effect, resolved targets, assumptions.
    pub notes: Vec<String>,
    /// Warnings: mistakes in the config first, then those about the scenario, with their arithmetic.
    pub warnings: Vec<String>,
    /// How many of the warnings are mistakes in the config, which `--strict` refuses.
    pub mistakes: usize,
    /// When a gate calls one config worse than another.
    pub gate: GateRules,
    /// The fakes to run against, where `fakes:` says that they already stand.
    pub standing_fakes: Option<StandingFakes>,
    /// Why this plan can be checked, listed and served as fakes, but not run; one sentence each.
    pub refusals: Vec<String>,
}

/// Name for the directory of several runs together: nothing but the same runs has it.
pub fn series_name<'p>(plans: impl IntoIterator<Item = &'p Plan>) -> String {
    let parts = plans.into_iter().map(|plan| ("run", plan.digest.as_bytes()));
    let hash: String = digest(parts).chars().take(12).collect();
    format!("series-{hash}")
}

/// One contender.
#[derive(Clone, Debug)]
pub struct ContenderPlan {
    /// Its name.
    pub name: ContenderName,
    /// The gateway it runs; its deployments' secrets are the fakes' dummy keys.
    pub gateway: gateway::config::Config,
    /// How many of them.
    pub instances: u32,
    /// How requests are spread over them.
    pub balance: gateway::config::Balance,
    /// What happens to its instances, in the order of time.
    pub instance_events: Vec<InstanceEvent>,
    /// When its instances are stopped.
    pub pauses: Vec<Pause>,
    /// What lies over the config.
    pub overlay: Option<Overlay>,
    /// What is started instead of a gateway of ours.
    pub process: Option<ProcessPlan>,
}

/// What a contender lays over the config, as the scenario wrote it. It may hold secrets: it cannot be shown.
#[derive(Clone)]
pub struct Overlay(pub(crate) Node);

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Overlay(…)")
    }
}

/// A product that is started as a process.
#[derive(Clone, Debug)]
pub struct ProcessPlan {
    /// Which, and where it is.
    pub spec: ProcessSpec,
    /// The config under the overlay, as JSON, without secrets and without what reaches out; its deployments
    /// are those of the gateway's config, in the same order, and have no addresses.
    pub settings: Value,
}
