//! What `run.json` says about a checked scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway::config::{Config, Personality};
use loadgen::config::Phase;
use record::RunInfo;
use record::run::{
    BuildInfo, ConfigInfo, ContenderInfo, DeploymentInfo, PhaseInfo, RUN_SCHEMA, ScenarioInfo,
};
use vocab::At;

use crate::out::assemble::{Parts, Playing};
use crate::out::hash::sha256;
use crate::out::plan::ClockKind;
use crate::resolve::contenders::{DIRECT, balance_word};
use crate::resolve::deployments::{describe, show_latency};
use crate::resolve::fleet::Member;
use crate::resolve::traffic::{end, show_arrivals};
use crate::text::request::Request;

/// Everything that determines a run, and how to read its tables.
pub(crate) fn info(parts: &Parts<'_>, hash: &str, warnings: &[String]) -> RunInfo {
    let request = parts.request;
    let (config, no_effect) = &parts.config;
    let base = config.name.rsplit(['/', '\\']).next().unwrap_or_default();
    RunInfo {
        schema: RUN_SCHEMA.to_owned(),
        scenario: ScenarioInfo {
            name: parts.name.to_string(),
            question: parts.question.clone(),
            hash: hash.to_owned(),
            seed: parts.seed.0,
            clock: clock_word(request.clock).to_owned(),
            duration_ns: end(&parts.phases).ns(),
            client_timeout_ns: ns(parts.client.timeout),
            patience_ns: parts.client.patience.map(ns),
            overrides: overrides(request),
        },
        config: ConfigInfo {
            name: base.to_owned(),
            hash: sha256(config.text.as_bytes()),
            no_effect: no_effect.clone(),
        },
        build: BuildInfo {
            version: request.build.version.to_owned(),
            binary: request.build.binary.to_owned(),
        },
        deployments: deployment_infos(parts),
        contenders: contender_infos(&parts.playing),
        phases: parts.phases.iter().map(phase_info).collect(),
        faults: parts.timeline.infos.clone(),
        compress: parts.compress,
        events: parts.events.infos.clone(),
        slo: parts.slo.clone(),
        assumed: assumed(parts),
        warnings: warnings.to_vec(),
    }
}

fn deployment_infos(parts: &Parts<'_>) -> Vec<DeploymentInfo> {
    let both = parts.fleet.members.iter().zip(&parts.fakes.specs);
    (1u32..)
        .zip(both)
        .map(|(number, (member, spec))| DeploymentInfo {
            id: member.id.to_string(),
            number,
            group: member.group.to_string(),
            model: member.model.to_string(),
            provider: member.protocol.name().to_owned(),
            region: member.region.clone(),
            host: member.host.clone(),
            fake: describe(spec),
            usd_per_million_in: spec.price.map(|price| price.input),
            usd_per_million_out: spec.price.map(|price| price.output),
        })
        .collect()
}

fn contender_infos(playing: &[Playing]) -> Vec<ContenderInfo> {
    let mut infos: Vec<ContenderInfo> = playing
        .iter()
        .map(|Playing { spec, gateway }| ContenderInfo {
            name: spec.name.to_string(),
            kind: kind_word(gateway.personality).to_owned(),
            personality: personality_word(gateway.personality).to_owned(),
            strategy: gateway.router.routing_strategy.to_owned(),
            instances: spec.instances,
            balance: balance_word(spec.balance).to_owned(),
            cooldown_ns: ns(cooldown(gateway)),
            mark: false,
        })
        .collect();
    infos.push(ContenderInfo {
        name: DIRECT.to_owned(),
        kind: "built-in".to_owned(),
        personality: "none".to_owned(),
        strategy: "none".to_owned(),
        instances: 1,
        balance: balance_word(gateway::config::Balance::RoundRobin).to_owned(),
        cooldown_ns: 0,
        mark: true,
    });
    infos
}

fn phase_info(phase: &Phase) -> PhaseInfo {
    PhaseInfo {
        name: phase.name.clone(),
        from_ns: phase.from.ns(),
        to_ns: phase.to.ns(),
        warmup: phase.warmup,
        arrivals: show_arrivals(phase.arrivals),
    }
}

/// What the user did not say and the run took for granted.
fn assumed(parts: &Parts<'_>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let both: Vec<_> = parts.fleet.members.iter().zip(&parts.fakes.specs).collect();
    let mut presets: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for (member, spec) in both.iter().filter(|(_, spec)| spec.assumed) {
        presets.entry(&spec.preset).or_default().push(member);
    }
    for (preset, members) in presets {
        let latency = both.iter().find(|(_, spec)| spec.preset == preset);
        let ids: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        lines.push(format!(
            "latency preset {preset} for {} ({})",
            ids.join(", "),
            latency.map_or_else(String::new, |(_, spec)| show_latency(&spec.latency))
        ));
    }
    let (priced, unknown): (Vec<_>, Vec<_>) =
        both.iter().partition(|(_, spec)| spec.price.is_some());
    if !priced.is_empty() {
        lines.push(format!("list prices of {} where none is given", parts.price_date));
    }
    for (member, _) in unknown {
        lines.push(format!(
            "no price for {} ({}): costs stay unknown; give `price:` in `deployments:`",
            member.id, member.model_as_written
        ));
    }
    lines
}

/// What the command line changed, `key=value`.
pub(crate) fn overrides(request: &Request<'_>) -> Vec<String> {
    let mut overrides: Vec<String> =
        request.sets.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let length = request.shorten.map(vocab::show_duration);
    overrides.extend(request.timeline.map(|text| {
        // The name alone would not say which edit of it was played.
        let hash: String = sha256(text.text.as_bytes()).chars().take(8).collect();
        let name = text.name.rsplit(['/', '\\']).next().unwrap_or_default();
        format!("timeline={name} (sha {hash})")
    }));
    overrides.extend(length.map(|length| format!("for={}", length.replace(' ', ""))));
    overrides
}

/// The longest cooldown that a gateway's settings can cause by themselves.
pub(crate) fn cooldown(gateway: &Config) -> Duration {
    if gateway.router.disable_cooldowns {
        return Duration::ZERO;
    }
    let own = gateway.deployments.iter().filter_map(|deployment| deployment.cooldown_time).max();
    own.unwrap_or_default().max(gateway.router.cooldown_time)
}

fn kind_word(personality: Personality) -> &'static str {
    match personality {
        Personality::Litellm1106 => "emulated",
        Personality::Brownout => "built-in",
    }
}

fn personality_word(personality: Personality) -> &'static str {
    match personality {
        Personality::Litellm1106 => "litellm-1.106",
        Personality::Brownout => "brownout",
    }
}

/// A clock in the word of `run.json`.
pub(crate) fn clock_word(clock: ClockKind) -> &'static str {
    match clock {
        ClockKind::Virtual => "virtual",
        ClockKind::Wall => "wall",
    }
}

fn ns(duration: Duration) -> u64 {
    At::after_start(duration).ns()
}
