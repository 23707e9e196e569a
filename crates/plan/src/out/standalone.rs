//! What `brownout gateway` and `brownout fakes` need: a config for a gateway that really serves, and
//! fakes without a scenario.

use fake_providers::config::{DeploymentConfig, FakesConfig, Limits};
use gateway::config::Config;
use gateway::litellm::Secrets;
use vocab::{DeploymentId, DeploymentNumber, Protocol, Seed};

use crate::resolve::abilities::ModelAbilities;
use crate::resolve::config::{self, Known, Loaded, dummy_key, with_known};
use crate::resolve::contenders;
use crate::resolve::finding::Finding;
use crate::resolve::ignored::ignored;
use crate::resolve::presets::Presets;
use crate::resolve::prices::Prices;
use crate::text::diagnostic::{Problem, Report, Sources};
use crate::text::node::Node;
use crate::text::reading;
use crate::text::request::Text;

/// Reads a LiteLLM config for a gateway that serves real clients: secrets come from `secrets`, and
/// nothing is replaced. `personality` replaces the one that goes with the routing strategy. Also
/// returns what is to be known about it, warnings first.
///
/// # Errors
/// Every mistake found, with its place.
pub fn gateway_config(
    text: &Text,
    secrets: &dyn Secrets,
    personality: Option<&str>,
) -> Result<(Config, Vec<Finding>), Report> {
    let mut sources = Sources::default();
    let read = read_config(&mut sources, text, (secrets, personality));
    let read = read.map(|(_, loaded)| (loaded.config, loaded.findings));
    read.map_err(|problems| Report::new(sources, problems))
}

/// A config as a gateway would get it that stands alone, its tree, and what is to be known about it.
pub(crate) fn read_config(
    sources: &mut Sources,
    text: &Text,
    (secrets, personality): (&dyn Secrets, Option<&str>),
) -> Result<(Node, Loaded), Vec<Problem>> {
    let one = |problem: Problem| vec![problem];
    let document = reading::config(sources, text).map_err(one)?;
    let Loaded { mut config, mut findings } =
        config::load(&document.tree, None, (secrets, sources))?;
    let prices = &Prices::shipped(sources).map_err(one)?;
    let abilities = &ModelAbilities::shipped(sources).map_err(one)?;
    with_known(&mut config, Known { prices, abilities });
    if let Some(name) = personality {
        config.personality = contenders::personality(name).map_err(one)?;
    }
    findings.extend(config::repeated(&document, sources));
    let told: Vec<String> = findings.iter().map(|finding| finding.about.clone()).collect();
    let ignored = ignored(&document.tree, &config, sources);
    findings.extend(ignored.into_iter().filter(|finding| !told.contains(&finding.about)));
    findings.sort_by_key(|finding| finding.level);
    Ok((document.tree, Loaded { config, findings }))
}

/// One fake of a provider, with its default latency, no limits and no faults; its key is
/// `sk-brownout-1`. `host` and `port` are those that it will listen on.
///
/// # Errors
/// A preset that the shipped file does not have, which a test of this crate finds first.
pub fn persona(
    protocol: Protocol,
    model: &str,
    (host, port): (&str, u16),
    seed: Seed,
) -> Result<FakesConfig, Report> {
    let mut sources = Sources::default();
    let latency = Presets::shipped(&mut sources)
        .and_then(|presets| presets.latency(presets.of_provider(protocol)));
    let latency = latency.map_err(|problem| Report::new(sources, vec![problem]))?;
    Ok(FakesConfig {
        seed,
        deployments: vec![DeploymentConfig {
            id: DeploymentId::from(protocol.name()),
            number: DeploymentNumber(1),
            protocol,
            host: host.to_owned(),
            port,
            root: String::new(),
            model: model.to_owned(),
            key: dummy_key(1),
            latency,
            limits: Limits::default(),
            capacity: None,
            context_window: None,
        }],
        faults: Vec::new(),
        quotas: Vec::new(),
    })
}

/// Every shipped preset, for `brownout list presets`.
///
/// # Errors
/// A mistake in a shipped file, which a test of this crate finds first.
pub fn list_presets() -> Result<Vec<crate::resolve::presets::PresetLine>, Report> {
    let mut sources = Sources::default();
    let presets = Presets::shipped(&mut sources);
    presets.map(|presets| presets.list()).map_err(|problem| Report::new(sources, vec![problem]))
}
