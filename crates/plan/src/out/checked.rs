//! A scenario of which every section was checked: what [`assemble`](super::assemble) puts together
//! and [`run_info`](super::run_info) tells.

use loadgen::config::{ClientConfig, Phase};
use record::run::{CompressInfo, ImpactInfo, ReachInfo};
use record::slo::Slo;
use vocab::{ContenderName, Seed};

use crate::resolve::callable::FirstCall;
use crate::resolve::contenders::{ChangedConfig, ContenderConfig};
use crate::resolve::deployments::Fakes;
use crate::resolve::events::Events;
use crate::resolve::finding::Finding;
use crate::resolve::fleet::Fleet;
use crate::resolve::gate::GateRules;
use crate::resolve::prices::Prices;
use crate::resolve::quotas::Quotas;
use crate::resolve::standing::StandingFakes;
use crate::resolve::timeline::Timeline;
use crate::text::request::{Request, Text};

/// Everything that was checked.
pub(crate) struct Checked<'p> {
    /// What was asked for.
    pub request: &'p Request<'p>,
    /// The scenario's name.
    pub name: ContenderName,
    /// Its question.
    pub question: Option<String>,
    /// Its seed.
    pub seed: Seed,
    /// The config's text and what is to be known about it.
    pub config: (Text, Vec<Finding>),
    /// Notes about the contenders' overlays.
    pub overlay_notes: Vec<String>,
    /// Its deployments.
    pub fleet: Fleet,
    /// The group that the first phase calls.
    pub called: String,
    /// Per called model, the first deployment of its group: whom clients without a gateway call.
    pub direct_reach: Vec<ReachInfo>,
    /// What clients call where they say nothing.
    pub first_call: Option<FirstCall>,
    /// One fake per deployment.
    pub fakes: Fakes,
    /// Limits that several of them share.
    pub quotas: Quotas,
    /// By how much random incidents are shortened.
    pub compress: Option<CompressInfo>,
    /// The schedule.
    pub phases: Vec<Phase>,
    /// The clients.
    pub client: ClientConfig,
    /// The faults.
    pub timeline: Timeline,
    /// The contenders.
    pub contenders: Vec<ContenderConfig>,
    /// What happens on purpose.
    pub events: Events,
    /// The config of each of `contenders` after each change.
    pub changed: Vec<Vec<ChangedConfig>>,
    /// Fakes that already stand, if the run is to use them.
    pub standing: Option<StandingFakes>,
    /// The promise.
    pub slo: Vec<Slo>,
    /// What an outage costs.
    pub impact: Option<ImpactInfo>,
    /// When a gate calls one config worse than another.
    pub gate: GateRules,
    /// The price snapshot.
    pub prices: Prices,
}

impl Checked<'_> {
    /// The models that clients call, in the order of first call.
    pub(crate) fn models(&self) -> Vec<&str> {
        called_models(&self.phases)
    }
}

/// The models that phases call, each once, in the order of first call.
pub(crate) fn called_models(phases: &[Phase]) -> Vec<&str> {
    let mut models: Vec<&str> = Vec::new();
    for phase in phases {
        if !models.contains(&phase.model.as_str()) {
            models.push(&phase.model);
        }
    }
    models
}
