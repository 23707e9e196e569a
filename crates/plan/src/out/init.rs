//! `brownout init`: a commented scenario for one's own deployments, which runs as it is.

use std::fmt::Write as _;

use gateway::litellm::Dummies;

use crate::resolve::callable::first_call;
use crate::resolve::config;
use crate::resolve::fleet::Fleet;
use crate::resolve::traffic::known_model;
use crate::text::diagnostic::{Problem, Report, Sources};
use crate::text::reading;
use crate::text::request::Text;

/// Writes a scenario for the deployments of a config. `path` is the config's path relative to where
/// the scenario will be kept, `model` what its traffic calls: the first group where it is `None`.
///
/// # Errors
/// The config's own mistakes.
pub fn init(config: &Text, path: &str, model: Option<&str>) -> Result<String, Report> {
    let mut sources = Sources::default();
    let read = reading::config(&mut sources, config)
        .map_err(|problem| vec![problem])
        .and_then(|document| config::load(&document.tree, None, (&Dummies, &sources)));
    match read {
        Ok(loaded) => {
            if let Some(model) = model
                && let Err(help) = known_model(model, &loaded.config)
            {
                let message = format!("--model {model}: the config has no such model");
                return Err(Report::new(sources, vec![Problem::new(message).help(help)]));
            }
            let first = first_call(&loaded.config).map_or_else(String::new, |first| first.model);
            Ok(scenario(&Fleet::of(&loaded.config), path, model.unwrap_or(&first)))
        }
        Err(problems) => Err(Report::new(sources, problems)),
    }
}

fn scenario(fleet: &Fleet, path: &str, group: &str) -> String {
    let mut deployments = String::new();
    for member in &fleet.members {
        let (id, provider) = (quoted(member.id.as_str()), &*member.vendor);
        let line = format!("  # {id}: {{}}   # {provider}, region {}", quoted(&member.region));
        let _ = writeln!(deployments, "{line}");
    }
    TEMPLATE
        .replace("@CONFIG@", &quoted(path))
        .replace("@DEPLOYMENTS@", deployments.trim_end())
        .replace("@GROUP@", &quoted(group))
}

/// A text as a YAML scalar: JSON's strings are YAML, and so is `\U`, by which hidden characters stay out of the
/// terminal.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain);
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    if safe && !word {
        return text.to_owned();
    }
    let written = |c: char| match vocab::is_hidden(c) {
        true => format!("\\U{:08x}", u32::from(c)),
        false => c.to_string(),
    };
    serde_json::Value::from(text).to_string().chars().map(written).collect()
}

const TEMPLATE: &str = r#"# What happens to us when our first deployment is throttled, stalls and goes dark?
#
# Run it:    brownout run THIS_FILE
# Check it:  brownout validate THIS_FILE
scenario: my-first-scenario
seed: 42
config: @CONFIG@

# How the fakes behave that stand for your deployments. Everything here is optional: without it each
# has the latency preset of its provider (`brownout list presets`), no limits and no bound.
deployments:
@DEPLOYMENTS@
  first: { limits: { requests: 6000/min } }   # `first`, `provider:azure`, `region:westus` and globs work
  # first: { ttft: { lognormal: { p50: 600ms, p99: 2.4s } }, capacity: { slots: 64, queue: 32 } }

# Who calls, how often. Clients never retry.
traffic:
  - { for: 30s, arrivals: { poisson: 8/s }, workload: chat, warmup: true }
  - { for: 8m, arrivals: { poisson: 8/s }, workload: chat, model: @GROUP@ }

# What breaks, when (`brownout list faults`). Instants count from the start, warm-up included.
faults:
  - { at: 60s, for: 60s, target: first, inject: { throttle: { retry_after: 10s } } }
  - { at: 210s, for: 60s, target: first, inject: { stall: { after_tokens: 12 } }, share: 30%, ramp: 10s }
  - { at: 360s, for: 60s, target: first, inject: refuse }
  # Incidents as long and as rare as the published ones, made to fit (see docs/fakes.md, "Schedules"):
  # - { random: incident-model, target: all, each: provider }   # with `compress: { outages: 60, gaps: 1200 }`

# Who is compared: overlays on your config (`brownout list strategies`). Leave it out to run the
# config as it is.
contenders:
  - { name: simple-shuffle, router_settings: { routing_strategy: simple-shuffle } }
  - { name: least-busy, router_settings: { routing_strategy: least-busy } }
  - { name: priority, router_settings: { routing_strategy: priority } }

# The promise.
slo:
  success: "rate > 0.995"
  ttft: "p(99) < 3s"
  recover: "max <= 30s"
"#;
