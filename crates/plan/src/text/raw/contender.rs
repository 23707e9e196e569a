//! `contenders:` as written: a name, how many of it, and sections of a LiteLLM config that lie over
//! the user's.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::read::Spot;

/// Who is compared: an overlay on the config.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contender {
    /// Its name, also of its directory.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9._-]*$"))]
    pub name: Spot<String>,
    /// Its own LiteLLM config in the place of the run's, relative to the scenario. Overlays lie over this one.
    pub config: Option<Spot<String>>,
    /// How many gateways, each with its own state. Default 1.
    pub instances: Option<Spot<u32>>,
    /// How requests are spread over them. Default round-robin.
    pub balance: Option<BalanceWord>,
    /// Whose behaviour its gateways play when deployments fail: retries, fallbacks, cooldowns, deadlines.
    /// Default: that of the gateway from which its routing strategy comes.
    pub personality: Option<Spot<String>>,
    /// Laid over the config's `router_settings`.
    pub router_settings: Option<Overlay>,
    /// Laid over the config's `litellm_settings`.
    pub litellm_settings: Option<Overlay>,
    /// Laid over the config's `general_settings`.
    pub general_settings: Option<Overlay>,
    /// Laid over the config's `brownout_settings`.
    pub brownout_settings: Option<Overlay>,
    /// Replaces the config's `model_list`; every deployment in it must be one of the config's.
    pub model_list: Option<Vec<Overlay>>,
    /// A real product, started as a process: `litellm`. It is given the config with this overlay. Only with
    /// `--clock wall`.
    pub process: Option<Spot<String>>,
    /// The version of the product. Default: the one that this version of brownout was checked against.
    pub version: Option<Spot<String>>,
    /// The Python of the environment in which the product is installed, whatever its version: a path, relative
    /// to where brownout is run. Default: what `scripts/peers` installed.
    pub python: Option<Spot<String>>,
    /// A real gateway at an address. Not available yet in this version.
    pub remote: Option<Spot<serde_json::Value>>,
    /// Gateways in front of gateways. Not available yet in this version.
    pub topology: Option<Spot<serde_json::Value>>,
}

/// A section of a LiteLLM config.
pub(super) type Overlay = std::collections::BTreeMap<String, serde_json::Value>;

/// How a balancer spreads requests.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BalanceWord {
    /// In turn.
    RoundRobin,
    /// To the instance with the fewest requests under way.
    LeastConn,
    /// Uniformly, keyed by the request.
    Random,
}
