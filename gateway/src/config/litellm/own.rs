//! `brownout_settings`: the one section that is not LiteLLM's.

use serde_json::Value;

use super::health_checks;
use super::reader::{Reader, Section, nearest};
use super::tables;
use crate::config::{OnBreak, OwnSettings, RateLimitHeaders};

/// Reads the section; absent counts as empty.
pub(super) fn read(root: &Section<'_>, reader: &mut Reader<'_>) -> OwnSettings {
    let section = reader.section(root, "brownout_settings");
    let health_checks = health_checks::read(root, section.as_ref(), reader);
    let mut own = OwnSettings { health_checks, ..OwnSettings::default() };
    let Some(section) = section else { return own };
    reader.survey(&section, &tables::BROWNOUT_SETTINGS);
    if let Some(name) = reader.text(&section, "on_break") {
        match OnBreak::named(&name) {
            Some(on_break) => own.on_break = on_break,
            None => unknown(&section, &name, reader),
        }
    }
    if let Some(share) = share(&section, "hedging", reader) {
        own.hedging = share.unwrap_or(0.0);
    }
    if let Some(share) = share(&section, "retry_budget", reader) {
        own.retry_budget = share;
    }
    own.rate_limit_headers = match reader.flag(&section, "rate_limit_headers") {
        Some(true) => RateLimitHeaders::Heeded,
        Some(false) => RateLimitHeaders::Ignored,
        None => own.rate_limit_headers,
    };
    own.slow_start = reader.seconds(&section, "slow_start").unwrap_or(own.slow_start);
    own
}

fn unknown(section: &Section<'_>, name: &str, reader: &mut Reader<'_>) {
    let names = || OnBreak::ALL.iter().map(|(known, _)| *known);
    let help = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write {}", names().collect::<Vec<_>>().join(", ")),
    };
    reader.error(&section.path_of("on_break"), "`on_break` is none of its values", &help);
}

/// A share: `5%`, `0.05`, or `off`, which is `Some(None)`.
fn share(section: &Section<'_>, key: &str, reader: &mut Reader<'_>) -> Option<Option<f64>> {
    let value = section.get(key)?;
    let share = match value {
        // YAML 1.1 reads `off` as false.
        Value::Bool(false) => return Some(None),
        Value::String(text) if text == "off" => return Some(None),
        Value::String(text) => match text.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse().ok().map(|percent: f64| percent / 100.0),
            None => text.trim().parse().ok(),
        },
        Value::Number(number) => number.as_f64(),
        Value::Bool(true) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match share.filter(|share: &f64| (0.0..=1.0).contains(share)) {
        Some(share) => Some(Some(share)),
        None => {
            let message = format!("`{key}` must be a share between 0 and 1");
            reader.error(&section.path_of(key), &message, "write `5%`, `0.05` or `off`");
            None
        }
    }
}
