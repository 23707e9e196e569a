//! The data that ships inside the binary, so that an installed `brownout` needs no checkout:
//! scenarios, the config they name, presets, prices, what models can.

use crate::text::diagnostic::{Problem, Sources};
use crate::text::read::read;
use crate::text::yaml;

/// A shipped file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below `scenarios/`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! shipped {
    ($path:literal) => {
        File { path: $path, text: include_str!(concat!("../../../../scenarios/", $path)) }
    };
}

/// Shipped scenarios, in the order of `brownout list scenarios`.
pub const SCENARIOS: &[File] = &[
    shipped!("regional-brownout.yaml"),
    shipped!("one-provider-dies.yaml"),
    shipped!("throttling-storm.yaml"),
    shipped!("two-replicas.yaml"),
    shipped!("incident-weather.yaml"),
    shipped!("shared-quota.yaml"),
    shipped!("rolling-restart.yaml"),
    shipped!("failover-trial.yaml"),
];

/// Shipped scenarios for gates: short, one question each, for any config.
pub const CI: &[File] = &[
    shipped!("ci/throttled-first.yaml"),
    shipped!("ci/dead-first.yaml"),
    shipped!("ci/dead-group.yaml"),
    shipped!("ci/dead-region.yaml"),
    shipped!("ci/silent-streams.yaml"),
    shipped!("ci/cut-streams.yaml"),
    shipped!("ci/slow-first-token.yaml"),
    shipped!("ci/quota-below-load.yaml"),
    shipped!("ci/context-overflow.yaml"),
    shipped!("ci/flapping.yaml"),
    shipped!("ci/all-down.yaml"),
];

/// Configs that shipped scenarios name.
pub const CONFIGS: &[File] =
    &[shipped!("configs/four-deployments.yaml"), shipped!("configs/two-deployments.yaml")];

/// Cases in which the emulation of a product is held against the product.
pub const PARITY: &[File] = &[shipped!("parity/probes.yaml"), shipped!("parity/settings.yaml")];

/// The second layer of the same: a group under load.
pub const PARITY_LOAD: File = shipped!("parity/load.yaml");

/// Published results of parity, by the version of the product.
const PARITY_RESULTS: &[(&str, &str)] = &[
    ("1.106.2", include_str!("../../../../scenarios/parity/results/litellm-1.106.2.json")),
    ("1.108.7", include_str!("../../../../scenarios/parity/results/litellm-1.108.7.json")),
];

/// The published results about a version of LiteLLM; `None` where there are none.
pub fn parity_results(version: &str) -> Option<&'static str> {
    PARITY_RESULTS.iter().find(|(about, _)| *about == version).map(|(_, text)| *text)
}

/// Latency presets.
pub(crate) const LATENCY: &str = include_str!("../../../../scenarios/presets/latency.yaml");
/// Workload presets.
pub(crate) const WORKLOADS: &str = include_str!("../../../../scenarios/presets/workloads.yaml");
/// What models can.
pub(crate) const ABILITIES: &str = include_str!("../../../../scenarios/abilities.yaml");
/// Prices.
pub(crate) const PRICES: &str = include_str!("../../../../scenarios/prices.yaml");

/// A shipped scenario by its name: `regional-brownout`, with or without `.yaml`, with or without a
/// folder in front.
pub fn scenario(name: &str) -> Option<File> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name = name.trim_end_matches(".yaml");
    let own = |file: &File| {
        file.path.rsplit('/').next().unwrap_or(file.path).trim_end_matches(".yaml") == name
    };
    SCENARIOS.iter().chain(CI).copied().find(own)
}

/// A shipped config by the path that shipped scenarios use.
pub fn config(path: &str) -> Option<File> {
    CONFIGS.iter().copied().find(|file| file.path == path.trim_start_matches("./"))
}

/// Reads a shipped file.
pub(crate) fn read_shipped<T: serde::de::DeserializeOwned>(
    sources: &mut Sources,
    name: &str,
    text: &str,
) -> Result<T, Problem> {
    let source = sources.add(name, text);
    read(&yaml::parse(source, text)?)
}
