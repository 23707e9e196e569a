//! What `brownout gateway` and `brownout fakes` need: a config for a gateway that really serves, and
//! fakes without a scenario.

use fake_providers::config::{DeploymentConfig, FakesConfig, Limits};
use gateway::config::Config;
use gateway::litellm::Secrets;
use vocab::{DeploymentId, DeploymentNumber, Protocol, Seed};

use crate::resolve::config::{self, Loaded, dummy_key, with_known_prices};
use crate::resolve::contenders;
use crate::resolve::presets::Presets;
use crate::resolve::prices::Prices;
use crate::text::diagnostic::{Report, Sources};
use crate::text::request::Text;
use crate::text::yaml;

/// Reads a LiteLLM config for a gateway that serves real clients: secrets come from `secrets`, and
/// nothing is replaced. `personality` replaces the one that goes with the routing strategy. Also
/// returns one line per key without effect.
///
/// # Errors
/// Every mistake found, with its place.
pub fn gateway_config(
    text: &Text,
    secrets: &dyn Secrets,
    personality: Option<&str>,
) -> Result<(Config, Vec<String>), Report> {
    let mut sources = Sources::default();
    let source = sources.add(&text.name, &text.text);
    let read = yaml::parse(source, &text.text)
        .map_err(|problem| vec![problem])
        .and_then(|tree| config::load(&tree, None, secrets))
        .and_then(|Loaded { mut config, notes }| {
            let prices = Prices::shipped(&mut sources).map_err(|problem| vec![problem])?;
            with_known_prices(&mut config, &prices);
            if let Some(name) = personality {
                let personality = contenders::personality(name).map_err(|problem| vec![problem])?;
                config.personality = personality;
            }
            Ok((config, notes))
        });
    read.map_err(|problems| Report::new(sources, problems))
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
