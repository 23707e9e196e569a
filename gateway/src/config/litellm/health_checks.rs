//! What a config says of checks of health, in LiteLLM's keys and in our own.
//!
//! LiteLLM sends them in the background (`general_settings.background_health_checks`) to every deployment at once, every
//! `health_check_interval` seconds, and without `enable_health_check_routing` the choice of a deployment does not hear of
//! them (litellm 1.106.2, `proxy_server.py`: `_run_background_health_check`, `_write_health_state_to_router_cache`).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::reader::{Reader, Section, nearest};
use crate::config::{CheckAsks, HealthCheck, HealthChecks, Mode};

/// Time between checks where nobody says (litellm: DEFAULT_HEALTH_CHECK_INTERVAL).
const INTERVAL: Duration = Duration::from_secs(300);

/// What the sections say, of which `own` is `brownout_settings`: our own word first.
pub(super) fn read(
    root: &Section<'_>,
    own: Option<&Section<'_>>,
    reader: &mut Reader<'_>,
) -> HealthChecks {
    let general = reader.section(root, "general_settings");
    let mut of = |key| general.as_ref().and_then(|section| reader.flag(section, key));
    let background = of("background_health_checks").unwrap_or(false);
    let every = general.as_ref().map_or(Some(INTERVAL), |section| interval(section, reader));
    let all = every.map_or(HealthChecks::Off, |every| HealthChecks::All { every });
    let unsaid = if background { all } else { HealthChecks::Off };
    let Some(own) = own else { return unsaid };
    match own.get("health_checks") {
        None => unsaid,
        // YAML 1.1 reads `off` as false.
        Some(Value::Bool(false)) => HealthChecks::Off,
        Some(Value::String(name)) if name == "off" => HealthChecks::Off,
        Some(Value::String(name)) if name == "half_open" => HealthChecks::HalfOpen,
        Some(Value::String(name)) if name == "all" => {
            HealthChecks::All { every: every.unwrap_or(INTERVAL) }
        }
        Some(value) => {
            let names = HealthChecks::NAMES;
            let near = value.as_str().and_then(|name| nearest(name, names.into_iter()));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write {}", names.join(", ")),
            };
            let message = "`health_checks` is none of its values";
            reader.error(&own.path_of("health_checks"), message, &help);
            unsaid
        }
    }
}

/// LiteLLM checks nobody where the interval is no positive number.
fn interval(general: &Section<'_>, reader: &mut Reader<'_>) -> Option<Duration> {
    match general.get("health_check_interval") {
        None => Some(INTERVAL),
        Some(_) => reader.truthy_seconds(general, "health_check_interval"),
    }
}

/// How an entry is checked whose model is `own_model`, and whose `litellm_params.model` is `written`.
pub(super) fn of_entry(
    info: Option<&Section<'_>>,
    (mode, own_model, written): (Mode, &str, &str),
    reader: &mut Reader<'_>,
) -> HealthCheck {
    let embeds = |said: Option<String>| match said {
        Some(mode) => mode.trim() == "embedding",
        None => own_model.to_ascii_lowercase().contains("embed"),
    };
    let Some(info) = info else {
        let asks = CheckAsks::of(mode, embeds(None));
        return HealthCheck { asks, ..HealthCheck::default() };
    };
    let asks = match reader.flag(info, "disable_background_health_check") {
        Some(true) => CheckAsks::Nothing,
        Some(false) | None => CheckAsks::of(mode, embeds(reader.text(info, "mode"))),
    };
    HealthCheck {
        asks,
        model: reader.text(info, "health_check_model").map(|name| bare(&name, written)),
        timeout: reader.truthy_seconds(info, "health_check_timeout"),
        max_tokens: reader.small_count(info, "health_check_max_tokens").filter(|most| *most > 0),
    }
}

/// The model of `name` without the provider that the entry has as well.
fn bare(name: &str, written: &str) -> Arc<str> {
    let provider = written.split_once('/').map(|(provider, _)| provider);
    let behind = name.split_once('/').filter(|(prefix, _)| Some(*prefix) == provider);
    Arc::from(behind.map_or(name, |(_, model)| model))
}
