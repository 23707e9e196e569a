//! Who is measured in a world, and whom its clients call. It must never know which world it is.

use std::sync::Arc;

use fake_providers::config::{DeploymentConfig, FakesConfig};
use loadgen::config::{Dialect, Secret, Target, Targets};
use plan::{ContenderPlan, Plan};
use vocab::Protocol;
use world::Authority;

use crate::DIRECT;
use crate::places::authority;
use crate::recorder::Decisions;

/// Who is measured: a contender, or the clients alone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// No gateway: clients call the first deployment themselves.
    Direct,
    /// A contender.
    Contender(&'a ContenderPlan),
}

impl<'a> Subject<'a> {
    /// Everybody, the mark first.
    pub(crate) fn all(plan: &'a Plan) -> Vec<Self> {
        std::iter::once(Self::Direct).chain(plan.contenders.iter().map(Self::Contender)).collect()
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Direct => DIRECT,
            Self::Contender(contender) => contender.name.as_str(),
        }
    }

    /// Gateways of this subject, from 1; none for the mark.
    pub(crate) fn instances(&self) -> u32 {
        match self {
            Self::Direct => 0,
            Self::Contender(contender) => contender.instances,
        }
    }

    /// Whether it tells what it decides: a product does not.
    pub(crate) fn decisions(&self) -> Decisions {
        match self {
            Self::Contender(contender) if contender.process.is_some() => Decisions::Untold,
            Self::Contender(_) | Self::Direct => Decisions::Told,
        }
    }

    /// The fakes that it meets: the mark has no favourite, for it the first deployment stands.
    pub(crate) fn fakes(&self, plan: &Plan) -> FakesConfig {
        match self {
            Self::Direct => plan.fakes.clone().without_favourites(),
            Self::Contender(_) => plan.fakes.clone(),
        }
    }

    /// Whom the clients call. `entry` is where gateway or balancer stands; a product has a `key` of its own.
    pub(crate) fn targets(&self, plan: &Plan, entry: Authority, key: Option<&str>) -> Targets {
        match self {
            Self::Direct => direct_targets(plan),
            Self::Contender(contender) => Targets::from(Target {
                to: entry,
                path: Arc::from("/v1/chat/completions"),
                stream_path: None,
                dialect: Dialect::OpenAi,
                key: Secret(Arc::from(key.unwrap_or_else(|| {
                    contender.gateway.master_key.as_ref().map_or("sk-none", |key| key.reveal())
                }))),
                model: None,
            }),
        }
    }
}

/// The first deployment of the group that each phase calls.
fn direct_targets(plan: &Plan) -> Targets {
    let of_model = |model: &str| {
        let reach = plan.info.contenders.iter().filter(|one| one.mark).flat_map(|one| &one.reach);
        let id =
            reach.filter(|reach| reach.model == model).find_map(|reach| reach.deployments.first());
        let mut deployments = plan.fakes.deployments.iter();
        deployments.find(|one| id.is_some_and(|id| id == one.id.as_str()))
    };
    let direct = |model: &str| of_model(model).map_or_else(nowhere, straight_at);
    let mut phases = plan.load.phases.iter().map(|phase| direct(&phase.model));
    let first = phases.next().unwrap_or_else(nowhere);
    Targets::by_phase(first, phases.collect())
}

/// Where no deployment is; a checked plan has one for every model that it calls.
fn nowhere() -> Target {
    Target {
        to: authority("nowhere", 80),
        path: Arc::from("/"),
        stream_path: None,
        dialect: Dialect::OpenAi,
        key: Secret(Arc::from("")),
        model: None,
    }
}

/// A deployment, called as its provider's own clients would, whatever model a phase names.
pub(crate) fn straight_at(deployment: &DeploymentConfig) -> Target {
    let dialect = match deployment.protocol {
        Protocol::Azure => Dialect::Azure,
        Protocol::Anthropic => Dialect::Anthropic,
        Protocol::Gemini => Dialect::Gemini,
        Protocol::Bedrock => Dialect::Bedrock,
        Protocol::Ollama => Dialect::Ollama,
        Protocol::OpenAi => Dialect::OpenAi,
    };
    let model = deployment.sample_model();
    Target {
        to: authority(&deployment.host, deployment.port),
        path: Arc::from(deployment.chat_path(&model)),
        stream_path: deployment.stream_path(&model).map(Arc::from),
        dialect,
        key: Secret(Arc::from(deployment.key.as_str())),
        model: Some(Arc::from(model)),
    }
}
