//! What a gateway is made of: checked values, in LiteLLM's words. [`litellm`] makes them from
//! a `config.yaml` that was already read into JSON; nothing here knows YAML or the environment.

mod ability;
mod additions;
pub(crate) mod bare_names;
mod credential;
pub(crate) mod fleet;
mod health_check;
pub mod litellm;
mod mock;
pub(crate) mod modes;
mod own;
mod tags;

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;
use std::time::Duration;

use vocab::{DeploymentId, Protocol};
use world::{Authority, TrustOptions};

pub use ability::{Ability, Listed};
pub use additions::{Additions, belongs_to_the_connection, names_a_secret};
pub use credential::{
    AwsAssumer, AwsContainer, AwsRole, CredentialKind, CredentialSource, EntraApp, GoogleService,
    GoogleUser, TokenEndpoint, TokenText,
};
pub use health_check::{CheckAsks, HealthCheck, HealthChecks};
pub use mock::{Mock, MockAnswer};
pub use own::{OnBreak, OwnSettings, RateLimitHeaders};
pub use tags::{DEFAULT as TAG_DEFAULT, TagPattern, TagSettings, Tags};

use crate::policy::Personality;
use crate::routing::strategy::Entry as StrategyEntry;
use crate::upstream::failure::ErrorClass;

/// A whole gateway.
#[derive(Clone, Debug)]
pub struct Config {
    /// Entries of `model_list`, in order; see [`DeploymentIndex`].
    pub deployments: Vec<Deployment>,
    /// `router_settings`, with the defaults that `litellm_settings` gives them.
    pub router: RouterSettings,
    /// Whose behaviour to play when deployments fail.
    pub personality: Personality,
    /// `brownout_settings`.
    pub own: OwnSettings,
    /// Key that clients must present; `None` lets everybody in.
    pub master_key: Option<Secret>,
    /// Who may read the metrics where there is such a key.
    pub metrics: MetricsFor,
}

/// Who may read the metrics of a gateway with a key, at its own port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsFor {
    /// Whoever presents the key.
    #[default]
    KeyHolders,
    /// Whoever reaches the port.
    Everybody,
}

impl Config {
    /// [`Self::own`], as far as the personality heeds it: one that imitates another gateway has none of it.
    pub fn own_settings(&self) -> OwnSettings {
        self.personality.heeded(self.own)
    }

    /// The longest cooldown that the settings can cause by themselves.
    pub fn longest_cooldown(&self) -> Duration {
        if self.router.disable_cooldowns {
            return Duration::ZERO;
        }
        let own = self.deployments.iter().filter_map(|deployment| deployment.cooldown_time).max();
        own.unwrap_or_default().max(self.router.cooldown_time)
    }
}

/// Which deployment: its position in [`Config::deployments`]. Lists with an entry per deployment are
/// indexed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentIndex(usize);

impl DeploymentIndex {
    /// The deployment at `position`, from 0.
    pub const fn new(position: usize) -> Self {
        Self(position)
    }

    /// Its position.
    pub const fn get(self) -> usize {
        self.0
    }

    /// The indices of a fleet of `len` deployments, in order.
    pub fn all(len: usize) -> impl Iterator<Item = Self> + Clone {
        (0..len).map(Self)
    }
}

impl<T> Index<DeploymentIndex> for [T] {
    type Output = T;

    fn index(&self, index: DeploymentIndex) -> &T {
        &self[index.0]
    }
}

impl<T> IndexMut<DeploymentIndex> for [T] {
    fn index_mut(&mut self, index: DeploymentIndex) -> &mut T {
        &mut self[index.0]
    }
}

impl<T> Index<DeploymentIndex> for Vec<T> {
    type Output = T;

    fn index(&self, index: DeploymentIndex) -> &T {
        &self[index.0]
    }
}

impl<T> IndexMut<DeploymentIndex> for Vec<T> {
    fn index_mut(&mut self, index: DeploymentIndex) -> &mut T {
        &mut self[index.0]
    }
}

/// One entry of `model_list`.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// `model_info.id`, or `azure/gpt-4o@westus-primary`, `#2` on collision.
    pub id: DeploymentId,
    /// `model_name`: the group that clients call.
    pub group: Arc<str>,
    /// From the prefix of `litellm_params.model`.
    pub protocol: Protocol,
    /// Where its provider's protocol is served.
    pub platform: Platform,
    /// Whether its provider is known to speak it.
    pub familiarity: Familiarity,
    /// Who runs it: LiteLLM's prefix, with the host for an endpoint of one's own that speaks OpenAI's
    /// protocol (`openai@gpu-1:8000`).
    pub vendor: Arc<str>,
    /// What its model is for.
    pub mode: Mode,
    /// The provider's model, without prefix; on Azure the deployment's name.
    pub model: Arc<str>,
    /// What Bedrock is asked for in the place of the model: an inference profile's or a provisioned model's name or ARN.
    pub model_id: Option<Arc<str>>,
    /// The string of `litellm_params.model` as written, for price look-ups.
    pub model_as_written: Arc<str>,
    /// Where to dial.
    pub authority: Authority,
    /// Path prefix of `api_base`, without trailing slash; may be empty.
    pub base_path: Arc<str>,
    /// Azure's `api-version`.
    pub api_version: Option<Arc<str>>,
    /// Credential.
    pub api_key: Option<Secret>,
    /// Keys of AWS, with which requests to Bedrock are signed; an `api_key` stands before them.
    pub aws_keys: Option<AwsKeys>,
    /// Credentials that are fetched, where it has none that stand.
    pub credential: Option<CredentialSource>,
    /// Whose certificates it believes, and what it shows itself.
    pub trust: TrustOptions,
    /// Azure's token of Entra ID, which is sent in the place of the key.
    pub azure_ad_token: Option<Secret>,
    /// What it adds to every request.
    pub additions: Additions,
    /// `region_name`, if given.
    pub region: Option<Arc<str>>,
    /// Relative weight of simple-shuffle.
    pub weight: Option<f64>,
    /// Requests per minute: weight or limit, depending on the strategy.
    pub rpm: Option<u64>,
    /// Tokens per minute: weight or limit, depending on the strategy.
    pub tpm: Option<u64>,
    /// Priority level, lower first.
    pub order: Option<i64>,
    /// Largest gap without bytes, plain requests.
    pub timeout: Option<Duration>,
    /// Largest gap without bytes, streams.
    pub stream_timeout: Option<Duration>,
    /// Retries, overriding the router's.
    pub num_retries: Option<u32>,
    /// Requests at a time; more wait.
    pub max_parallel_requests: Option<u32>,
    /// Cooldown, overriding the router's and Retry-After.
    pub cooldown_time: Option<Duration>,
    /// Failures per window before it cools, overriding the router's.
    pub allowed_fails: Option<u32>,
    /// The same by class of error.
    pub allowed_fails_policy: Option<ErrorPolicy>,
    /// US dollars per token in.
    pub input_cost_per_token: Option<f64>,
    /// US dollars per token out.
    pub output_cost_per_token: Option<f64>,
    /// US dollars per token in and out by a price list, where the config says nothing: what an answer's cost is told
    /// from. Routing by cost looks at the config's own figures only.
    pub listed_usd_per_token: Option<(f64, f64)>,
    /// `base_model` of `model_info`, else of `litellm_params`: what an Azure deployment of any name really is, for prices.
    pub base_model: Option<Arc<str>>,
    /// Largest prompt in tokens, for checks before a call.
    pub max_input_tokens: Option<u64>,
    /// What its model cannot be asked for, as `model_info` says.
    pub lacks: Vec<Ability>,
    /// What it can be asked for, as `model_info` says.
    pub has: Vec<Ability>,
    /// What a list of models says where `model_info` does not.
    pub listed: Listed,
    /// What it answers without asking its provider; `None` if it asks.
    pub mock: Option<Mock>,
    /// How the gateway checks its health, where checks are made.
    pub health_check: HealthCheck,
    /// Tags, by which requests choose among a group's deployments.
    pub tags: Tags,
    /// Whether it has OpenAI's Responses API, where it speaks OpenAI's protocol.
    pub responses: Responses,
    /// Of several that stand for one entry whose model is `*`: the provider's prefix that a request's model must have.
    pub of_any: Option<Arc<str>>,
}

/// Whether a deployment that speaks OpenAI's protocol has the Responses API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Responses {
    /// It has.
    #[default]
    Spoken,
    /// It has not, as far as LiteLLM knows: a request becomes a chat completion.
    ByChat,
}

/// Where a provider's protocol is served: a cloud that resells models has paths and keys of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Platform {
    /// At the provider's own, or wherever the address leads.
    #[default]
    Own,
    /// Azure AI Foundry: the key stands in `api-key`, the version of the API in the query.
    Foundry,
    /// Vertex AI: models stand in the path below their publisher, the key is an OAuth token.
    Vertex,
    /// Bedrock's InvokeModel: Claude is asked in Anthropic's own words, which come back in AWS's frames.
    Invoke,
}

/// Keys of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsKeys {
    /// Names the pair.
    pub access_key_id: Secret,
    /// Signs.
    pub secret_access_key: Secret,
    /// Of keys that end.
    pub session_token: Option<Secret>,
}

/// Whether a provider is known to speak the protocol that it is spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Familiarity {
    /// It does.
    Known,
    /// Nobody here knows it: OpenAI's protocol is taken for granted.
    Assumed,
}

/// What a model is for, as far as chat completions are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It answers prompts.
    Chat,
    /// It embeds, draws, speaks, listens, ranks or moderates.
    Other,
}

/// How requests are routed, retried and cooled.
#[derive(Clone, Debug)]
pub struct RouterSettings {
    /// A row of [`crate::routing::strategy::ALL`].
    pub routing_strategy: StrategyEntry,
    /// `routing_strategy_args` as JSON, checked by the strategy's entry.
    pub routing_strategy_args: serde_json::Value,
    /// Retries per model group.
    pub num_retries: u32,
    /// Floor of the backoff.
    pub retry_after: Duration,
    /// Largest gap without bytes, plain requests.
    pub timeout: Duration,
    /// Largest gap without bytes, streams.
    pub stream_timeout: Option<Duration>,
    /// Failures per window before a deployment cools, as the router's own settings say.
    pub allowed_fails: Option<u32>,
    /// What LiteLLM takes for its default of the same: what `litellm_settings` say, or its own.
    pub allowed_fails_default: u32,
    /// Length of a cooldown.
    pub cooldown_time: Duration,
    /// Never cool.
    pub disable_cooldowns: bool,
    /// Model group → groups or deployment ids to try next. `"*"` is every group.
    pub fallbacks: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// The same, for prompts that do not fit.
    pub context_window_fallbacks: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// The same, for answers that a policy refused.
    pub content_policy_fallbacks: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Depth of fallbacks.
    pub max_fallbacks: u32,
    /// Members that a provider has nothing like are left out, whatever client and deployment say.
    pub drop_params: bool,
    /// Other names for groups.
    pub model_group_alias: BTreeMap<Arc<str>, Arc<str>>,
    /// Check limits and context size before calling.
    pub enable_pre_call_checks: bool,
    /// How tags choose.
    pub tags: TagSettings,
    /// Requests at a time per deployment, where neither it nor its limits say so.
    pub default_max_parallel_requests: Option<u32>,
    /// Retries by class of error, for all groups.
    pub retry_policy: Option<ErrorPolicy>,
    /// Retries by class of error, per group.
    pub model_group_retry_policy: BTreeMap<Arc<str>, ErrorPolicy>,
    /// Allowed failures by class of error.
    pub allowed_fails_policy: Option<ErrorPolicy>,
}

/// A count per class of error; `None` where the policy says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorPolicy {
    /// 400.
    pub bad_request: Option<u32>,
    /// 401.
    pub authentication: Option<u32>,
    /// 404.
    pub not_found: Option<u32>,
    /// 408.
    pub timeout: Option<u32>,
    /// 429.
    pub rate_limit: Option<u32>,
    /// Content policy.
    pub content_policy: Option<u32>,
    /// 500.
    pub internal_server: Option<u32>,
    /// 502.
    pub bad_gateway: Option<u32>,
    /// 503.
    pub service_unavailable: Option<u32>,
    /// Every class of which the policy says nothing.
    pub default: Option<u32>,
}

impl ErrorPolicy {
    /// What the policy says for a class. LiteLLM's context and content errors are kinds of bad
    /// request, and fall back to what is said for it.
    pub const fn of(&self, class: ErrorClass) -> Option<u32> {
        let own = match class {
            ErrorClass::Authentication => self.authentication,
            ErrorClass::NotFound => self.not_found,
            ErrorClass::Timeout => self.timeout,
            ErrorClass::RateLimit => self.rate_limit,
            ErrorClass::ContentPolicy => match self.content_policy {
                Some(count) => Some(count),
                None => self.bad_request,
            },
            ErrorClass::BadRequest | ErrorClass::ContextWindow => self.bad_request,
            ErrorClass::InternalServer => self.internal_server,
            ErrorClass::BadGateway => self.bad_gateway,
            ErrorClass::ServiceUnavailable => self.service_unavailable,
            ErrorClass::PermissionDenied
            | ErrorClass::UnprocessableEntity
            | ErrorClass::ApiConnection
            | ErrorClass::Api
            | ErrorClass::Unexpected => None,
        };
        match own {
            Some(count) => Some(count),
            None => self.default,
        }
    }
}

/// A credential: it can be sent and compared, not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a credential.
    pub fn new(secret: &str) -> Self {
        Self(Arc::from(secret))
    }

    /// The credential itself, to be sent and never to be printed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How a balancer spreads requests over instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// In turn.
    RoundRobin,
    /// To the instance with the fewest requests under way; ties in order.
    LeastConn,
    /// Uniformly, keyed by the request.
    Random,
}
