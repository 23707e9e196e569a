//! `router_settings`, and what `litellm_settings` and `general_settings` add to them.
//!
//! The router's own value wins; where it is silent LiteLLM looks into `litellm_settings`, then at
//! its defaults (litellm 1.106, `router.py`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::NoteKind;
use super::error_policy;
use super::fallbacks::{self, Which};
use super::reader::{Reader, Section, nearest};
use super::strategy_name;
use super::tables;
use crate::config::{Deployment, MetricsFor, RouterSettings, Secret, TagSettings};
use crate::policy::Personality;
use crate::routing::strategy;

/// Retries where nobody says (litellm: DEFAULT_MAX_RETRIES).
const NUM_RETRIES: u32 = 2;

/// Depth of fallbacks where nobody says (litellm: ROUTER_MAX_FALLBACKS).
const MAX_FALLBACKS: u32 = 5;

/// Deepest fallbacks that are accepted: every level multiplies the attempts.
const MAX_FALLBACKS_MAX: u32 = 100;

/// Timeout where nobody says (litellm: request_timeout).
const TIMEOUT: Duration = Duration::from_secs(6000);

/// Cooldown where nobody says (litellm: DEFAULT_COOLDOWN_TIME_SECONDS).
const COOLDOWN_TIME: Duration = Duration::from_secs(5);

/// Failures that are allowed where nobody says (litellm: allowed_fails). As a setting it is none.
const ALLOWED_FAILS: u32 = 3;

/// Variable that LiteLLM reads for a master key that the config does not give.
const MASTER_KEY_VARIABLE: &str = "LITELLM_MASTER_KEY";

/// Everything but the deployments.
pub(super) struct Settings {
    router: RouterSettings,
    personality: Personality,
    pub(super) metrics: MetricsFor,
}

impl Settings {
    /// The strategy: some read limits where others do not look.
    pub(super) fn strategy(&self) -> &strategy::Entry {
        &self.router.routing_strategy
    }

    /// Checks what names groups against the groups there are.
    pub(super) fn finish(
        self,
        deployments: &[Deployment],
        reader: &mut Reader<'_>,
    ) -> (Personality, RouterSettings) {
        let groups = deployments.iter().map(|deployment| &deployment.group);
        let ids = deployments.iter().map(|deployment| &deployment.id.0);
        let aliases = &self.router.model_group_alias;
        let known: BTreeSet<&str> =
            groups.chain(ids).chain(aliases.keys()).map(|name| &**name).collect();
        let wildcards = known.iter().any(|name| name.contains('*'));
        let strangers = aliases.iter().filter(|(_, to)| !wildcards && !known.contains(&***to));
        for (alias, to) in strangers {
            let path = format!("router_settings.model_group_alias.{alias}");
            let near = nearest(to, known.iter().copied());
            reader.stray(path, to, near);
        }
        if !wildcards {
            fallbacks::check(&self.router, &known, reader);
        }
        (self.personality, self.router)
    }
}

/// Reads the settings; what is wrong with them is in the reader.
pub(super) fn read(root: &Section<'_>, reader: &mut Reader<'_>) -> Settings {
    let empty = Value::Object(serde_json::Map::new());
    let none = |name: &str| Section::at(name.to_owned(), &empty);
    let router = reader.section(root, "router_settings").or_else(|| none("router_settings"));
    let litellm = reader.section(root, "litellm_settings").or_else(|| none("litellm_settings"));
    let (personality, routing_strategy, routing_strategy_args) = match &router {
        Some(router) => strategy_name::read(router, reader),
        None => strategy_name::default(),
    };
    let mut settings = RouterSettings { routing_strategy, routing_strategy_args, ..defaults() };
    let mut metrics = MetricsFor::default();
    if let (Some(router), Some(litellm)) = (&router, &litellm) {
        reader.survey(router, &tables::ROUTER_SETTINGS);
        read_attempts(router, litellm, &mut settings, reader);
        read_cooldowns(router, litellm, &mut settings, reader);
        read_names(router, litellm, &mut settings, reader);
        settings.tags = tags(router, reader);
        refuse_health_checks(router, reader);
        reader.survey(litellm, &tables::LITELLM_SETTINGS);
        note_overridden(router, litellm, reader);
        metrics = match reader.flag(litellm, "require_auth_for_metrics_endpoint") {
            Some(false) => MetricsFor::Everybody,
            Some(true) | None => MetricsFor::KeyHolders,
        };
    }
    Settings { router: settings, personality, metrics }
}

/// The key that clients must present: the config's, or the one that LiteLLM finds by itself.
pub(super) fn master_key(root: &Section<'_>, reader: &mut Reader<'_>) -> Option<Secret> {
    let general = reader.section(root, "general_settings");
    if let Some(general) = &general {
        reader.survey(general, &tables::GENERAL_SETTINGS);
    }
    const PATH: &str = "general_settings.master_key";
    let key = match general.filter(|general| general.get("master_key").is_some()) {
        Some(general) => reader.text(&general, "master_key")?,
        None => reader.ambient(MASTER_KEY_VARIABLE, PATH)?,
    };
    // Files of secrets end with a line break, which no client could send.
    match key.trim() {
        "" => {
            let help = "write a key, or leave it out if everybody who reaches the gateway may call";
            reader.error(PATH, "`master_key` is blank", help);
            None
        }
        key => Some(Secret::new(key)),
    }
}

fn defaults() -> RouterSettings {
    RouterSettings {
        routing_strategy: strategy::DEFAULT,
        routing_strategy_args: Value::Null,
        num_retries: NUM_RETRIES,
        retry_after: Duration::ZERO,
        timeout: TIMEOUT,
        stream_timeout: None,
        allowed_fails: None,
        allowed_fails_default: ALLOWED_FAILS,
        cooldown_time: COOLDOWN_TIME,
        disable_cooldowns: false,
        fallbacks: BTreeMap::new(),
        context_window_fallbacks: BTreeMap::new(),
        content_policy_fallbacks: BTreeMap::new(),
        max_fallbacks: MAX_FALLBACKS,
        drop_params: false,
        model_group_alias: BTreeMap::new(),
        enable_pre_call_checks: false,
        tags: TagSettings::default(),
        default_max_parallel_requests: None,
        retry_policy: None,
        model_group_retry_policy: BTreeMap::new(),
        allowed_fails_policy: None,
    }
}

fn read_attempts(
    router: &Section<'_>,
    litellm: &Section<'_>,
    settings: &mut RouterSettings,
    reader: &mut Reader<'_>,
) {
    let count = |reader: &mut Reader<'_>, key: &str| {
        let own = reader.small_count(router, key);
        let shared = reader.small_count(litellm, key);
        own.or(shared)
    };
    settings.num_retries = count(reader, "num_retries").unwrap_or(NUM_RETRIES);
    let depth = count(reader, "max_fallbacks").unwrap_or(MAX_FALLBACKS);
    settings.max_fallbacks = depth.min(MAX_FALLBACKS_MAX);
    settings.retry_after = reader.seconds(router, "retry_after").unwrap_or_default();
    let own = reader.truthy_seconds(router, "timeout");
    let shared = reader.truthy_seconds(litellm, "request_timeout");
    settings.timeout = own.or(shared).unwrap_or(TIMEOUT);
    settings.stream_timeout = reader.truthy_seconds(router, "stream_timeout");
    settings.enable_pre_call_checks =
        reader.flag(router, "enable_pre_call_checks").unwrap_or(false);
    settings.drop_params = reader.flag(litellm, "drop_params").unwrap_or(false);
    settings.default_max_parallel_requests =
        reader.small_count(router, "default_max_parallel_requests");
    settings.retry_policy =
        error_policy::read(router, "retry_policy", error_policy::RETRIES, reader);
    if let Some(groups) = reader.section(router, "model_group_retry_policy") {
        for (group, _) in groups.entries() {
            let policy = error_policy::read(&groups, group, error_policy::RETRIES, reader);
            if let Some(policy) = policy {
                settings.model_group_retry_policy.insert(Arc::from(group.as_str()), policy);
            }
        }
    }
}

fn read_cooldowns(
    router: &Section<'_>,
    litellm: &Section<'_>,
    settings: &mut RouterSettings,
    reader: &mut Reader<'_>,
) {
    settings.allowed_fails = reader.small_count(router, "allowed_fails");
    let shared = reader.small_count(litellm, "allowed_fails");
    settings.allowed_fails_default = shared.unwrap_or(ALLOWED_FAILS);
    note_allowed_fails(router, litellm, settings, reader);
    settings.allowed_fails_policy =
        error_policy::read(router, "allowed_fails_policy", error_policy::ALLOWED_FAILS, reader);
    // LiteLLM takes 0 for "not set".
    if router.get("cooldown_time").and_then(Value::as_f64) == Some(0.0) {
        let text = "0 counts as not set in LiteLLM: 5 s; disable_cooldowns takes nobody out";
        reader.note(router.path_of("cooldown_time"), NoteKind::Advice, text);
    }
    settings.cooldown_time =
        reader.truthy_seconds(router, "cooldown_time").unwrap_or(COOLDOWN_TIME);
    settings.disable_cooldowns = reader.flag(router, "disable_cooldowns").unwrap_or(false);
}

/// LiteLLM asks whether the router's number differs from its default, and `litellm_settings` set that
/// default: so a number that equals it is no setting, and one in `litellm_settings` never is.
fn note_allowed_fails(
    router: &Section<'_>,
    litellm: &Section<'_>,
    settings: &RouterSettings,
    reader: &mut Reader<'_>,
) {
    let default = settings.allowed_fails_default;
    if settings.allowed_fails == Some(default) {
        let text = format!(
            "no effect in LiteLLM either: {default} is its default, and the default is no setting"
        );
        reader.note(router.path_of("allowed_fails"), NoteKind::Inert, text);
    }
    if litellm.get("allowed_fails").is_some() && settings.allowed_fails.is_none() {
        let text = "no effect in LiteLLM either: it becomes the default, and the default is no \
                    setting; write router_settings.allowed_fails";
        reader.note(litellm.path_of("allowed_fails"), NoteKind::Inert, text);
    }
}

fn read_names(
    router: &Section<'_>,
    litellm: &Section<'_>,
    settings: &mut RouterSettings,
    reader: &mut Reader<'_>,
) {
    settings.fallbacks = fallbacks::read(router, litellm, Which::Any, reader);
    settings.context_window_fallbacks =
        fallbacks::read(router, litellm, Which::ContextWindow, reader);
    settings.content_policy_fallbacks =
        fallbacks::read(router, litellm, Which::ContentPolicy, reader);
    let Some(aliases) = reader.section(router, "model_group_alias") else { return };
    for (alias, value) in aliases.entries() {
        let to = match value {
            Value::Object(_) => reader.section(&aliases, alias).and_then(|to| {
                if to.get("hidden").is_some() {
                    let text = "accepted, no effect yet: the alias is listed";
                    reader.note(to.path_of("hidden"), NoteKind::NoEffectYet, text);
                }
                reader.text(&to, "model")
            }),
            // LiteLLM starts, and answers calls by that name with 400.
            Value::Array(_) => {
                let text = "leads nowhere: a list is the name of no group, and calls by this alias fail; write the \
                            name of one group";
                reader.note(aliases.path_of(alias), NoteKind::Unknown, text);
                None
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                reader.text(&aliases, alias)
            }
        };
        if let Some(to) = to {
            settings.model_group_alias.insert(Arc::from(alias.as_str()), Arc::from(to));
        }
    }
}

fn tags(router: &Section<'_>, reader: &mut Reader<'_>) -> TagSettings {
    let TagSettings { filtering, match_any, routing_prefix } = TagSettings::default();
    TagSettings {
        filtering: reader.flag(router, "enable_tag_filtering").unwrap_or(filtering),
        match_any: reader.flag(router, "tag_filtering_match_any").unwrap_or(match_any),
        routing_prefix: reader
            .text(router, "tag_routing_prefix")
            .map_or(routing_prefix, |prefix| Arc::from(prefix.as_str())),
    }
}

/// LiteLLM refuses to start with these, so this is the place to hear of it.
fn refuse_health_checks(router: &Section<'_>, reader: &mut Reader<'_>) {
    for key in ["health_check_interval", "health_check_concurrency"] {
        if router.get(key).is_some() {
            let message =
                format!("`{key}` does not belong into router_settings; LiteLLM refuses it");
            reader.error(&router.path_of(key), &message, "move it to general_settings");
        }
    }
}

/// Says which of two contradicting values counts.
fn note_overridden(router: &Section<'_>, litellm: &Section<'_>, reader: &mut Reader<'_>) {
    let pairs = [
        ("num_retries", "num_retries"),
        ("request_timeout", "timeout"),
        ("max_fallbacks", "max_fallbacks"),
        ("fallbacks", "fallbacks"),
        ("context_window_fallbacks", "context_window_fallbacks"),
        ("content_policy_fallbacks", "content_policy_fallbacks"),
        ("default_fallbacks", "default_fallbacks"),
    ];
    for (shared, own) in pairs {
        let both = (litellm.get(shared), router.get(own));
        if let (Some(loser), Some(winner)) = both
            && loser != winner
        {
            let text = format!("overridden by {}", router.path_of(own));
            reader.note(litellm.path_of(shared), NoteKind::Advice, text);
        }
    }
}
