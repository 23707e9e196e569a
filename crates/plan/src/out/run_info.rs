//! What `run.json` says about a checked scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateway::config::Config;
use gateway::policy::Kind;
use loadgen::config::Phase;
use record::RunInfo;
use record::run::{
    AssumedLatency, Balance, BuildInfo, Clock, ConfigInfo, ContenderInfo, ContenderKind,
    DeploymentInfo, Personality, PhaseInfo, ProductInfo, RUN_SCHEMA, ReachInfo, ScenarioInfo,
    Strategy,
};
use vocab::At;

use crate::out::checked::Checked;
use crate::out::hash::{digest, sha256};
use crate::resolve::contenders::{ChangedConfig, ContenderConfig, DIRECT, ProcessSpec};
use crate::resolve::deployments::describe;
use crate::resolve::finding::Finding;
use crate::resolve::fleet::Member;
use crate::resolve::prices::{Price, SaidBy};
use crate::resolve::traffic::end;
use crate::text::litellm_words::{masked, may_show_value};
use crate::text::node::Node;
use crate::text::quoted::Quotable;
use crate::text::request::{ClockKind, Request, Text};
use crate::text::scalar::{Dialect, plain};
use crate::text::spelling::{show_arrivals, show_latency};
use crate::text::yaml;

/// Everything that determines a run, and how to read its tables.
pub(crate) fn info(checked: &Checked<'_>, warnings: &[String]) -> RunInfo {
    let request = checked.request;
    let (config, findings) = &checked.config;
    let contenders = contender_infos(checked);
    let reached = reached(&contenders);
    let base = config.name.rsplit(['/', '\\']).next().unwrap_or_default();
    RunInfo {
        schema: RUN_SCHEMA.to_owned(),
        scenario: ScenarioInfo {
            name: checked.name.to_string(),
            question: checked.question.clone(),
            // Over this and more, so the caller fills it in.
            hash: String::new(),
            seed: checked.seed.0,
            clock: clock(request.clock),
            duration_ns: end(&checked.phases).ns(),
            client_timeout_ns: ns(checked.client.timeout),
            patience_ns: checked.client.patience.map(ns),
            overrides: overrides(request),
        },
        config: ConfigInfo {
            name: base.to_owned(),
            hash: config_hash(config),
            no_effect: findings.iter().map(Finding::line).collect(),
        },
        build: BuildInfo {
            version: request.build.version.to_owned(),
            binary: request.build.binary.to_owned(),
        },
        deployments: deployment_infos(checked),
        contenders,
        phases: checked.phases.iter().map(phase_info).collect(),
        faults: checked.timeline.infos.clone(),
        compress: checked.compress,
        events: checked.events.infos.clone(),
        left_out: checked.timeline.left_out.iter().map(|one| one.info.clone()).collect(),
        impact: checked.impact,
        slo: checked.slo.clone(),
        assumed: assumed(checked, &reached),
        warnings: warnings.to_vec(),
        // Made of this and more, so the caller fills them in.
        notes: Vec::new(),
    }
}

fn deployment_infos(checked: &Checked<'_>) -> Vec<DeploymentInfo> {
    let both = checked.fleet.members.iter().zip(&checked.fakes.specs);
    (1u32..)
        .zip(both)
        .map(|(number, (member, spec))| DeploymentInfo {
            id: member.id.to_string(),
            number,
            group: member.group.to_string(),
            model: member.model.to_string(),
            provider: member.protocol,
            vendor: Some(&*member.vendor)
                .filter(|vendor| *vendor != member.protocol.name())
                .map(str::to_owned),
            region: member.region.clone(),
            host: member.host.clone(),
            fake: describe(spec),
            assumed: spec.assumed_ttft.then(|| AssumedLatency {
                preset: spec.preset.clone(),
                ttft_p50_ns: ns(spec.latency.ttft.median()),
            }),
            ttft_p50_ns: ns(spec.latency.ttft.median()),
            itl_p50_ns: ns(spec.latency.itl.median()),
            usd_per_million_in: spec.price.as_ref().map(|price| price.per_million.input),
            usd_per_million_out: spec.price.as_ref().map(|price| price.per_million.output),
        })
        .collect()
}

fn contender_infos(checked: &Checked<'_>) -> Vec<ContenderInfo> {
    let models = checked.models();
    let configs = checked.contenders.iter().zip(&checked.changed);
    let mut infos: Vec<ContenderInfo> = configs
        .map(|(ContenderConfig { spec, gateway, .. }, changed)| ContenderInfo {
            name: spec.name.to_string(),
            kind: match spec.process {
                Some(_) => ContenderKind::Process,
                None => kind(gateway.personality.kind),
            },
            personality: match spec.process {
                Some(_) => Personality::Unknown,
                None => Personality::Named(gateway.personality.name.to_owned()),
            },
            product: spec.process.as_ref().map(product),
            witnessed: false,
            strategy: Strategy::Named(gateway.router.routing_strategy.name.to_owned()),
            instances: spec.instances,
            balance: balance(spec.balance),
            cooldown_ns: ns(gateway.longest_cooldown()),
            mark: false,
            config: spec.own.as_ref().map(|own| own.file.clone()),
            overlay: spec.overlay.as_ref().map(overlay),
            reach: reach(&models, gateway, changed),
        })
        .collect();
    infos.push(ContenderInfo {
        name: DIRECT.to_owned(),
        kind: ContenderKind::BuiltIn,
        personality: Personality::None,
        product: None,
        witnessed: false,
        strategy: Strategy::None,
        instances: 1,
        balance: Balance::RoundRobin,
        cooldown_ns: 0,
        mark: true,
        config: None,
        overlay: None,
        reach: checked.direct_reach.clone(),
    });
    infos
}

/// What the requests of each called model can reach by a config and by those that follow it.
fn reach(models: &[&str], gateway: &Config, changed: &[ChangedConfig]) -> Vec<ReachInfo> {
    let configs = || std::iter::once(gateway).chain(changed.iter().map(|one| &*one.gateway));
    let of = |model: &&str| {
        let mut deployments: Vec<String> = Vec::new();
        for id in configs().flat_map(|config| gateway::reachable(config, model)) {
            if !deployments.iter().any(|known| known == id.as_str()) {
                deployments.push(id.to_string());
            }
        }
        ReachInfo { model: (*model).to_owned(), deployments }
    };
    models.iter().map(of).collect()
}

/// Over the bytes of the config; of one that lies in several files over all of them.
pub fn config_hash(config: &Text) -> String {
    let parts: Vec<&str> = config.parts().collect();
    match &*parts {
        [only] => sha256(only.as_bytes()),
        _ => digest(parts.iter().map(|part| ("part", part.as_bytes()))),
    }
}

/// What lies over the config, as it would be written into one, without values that may be secrets.
fn overlay(overlay: &Node) -> String {
    yaml::written(&masked(overlay.to_json()))
}

/// A value of `--set`; of a config only those that are known to be harmless.
fn set_value<'v>(path: &str, value: &'v str) -> &'v str {
    let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
    let keys: Vec<&str> = steps.filter(|step| step.parse::<usize>().is_err()).collect();
    let shown =
        !Quotable::within_a_config(path) || may_show_value(&keys, &plain(value, Dialect::PyYaml));
    if shown { value } else { "****" }
}

fn phase_info(phase: &Phase) -> PhaseInfo {
    PhaseInfo {
        name: phase.name.clone(),
        from_ns: phase.from.ns(),
        to_ns: phase.to.ns(),
        warmup: phase.warmup,
        arrivals: show_arrivals(phase.arrivals),
        model: phase.model.clone(),
    }
}

/// Ids of the deployments that some request of some contender can reach.
pub(crate) fn reached(contenders: &[ContenderInfo]) -> BTreeSet<String> {
    let reaches = contenders.iter().flat_map(|contender| &contender.reach);
    reaches.flat_map(|reach| reach.deployments.iter().cloned()).collect()
}

/// What the user did not say and the run took for granted, as far as a request can tell.
fn assumed(checked: &Checked<'_>, reached: &BTreeSet<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(called(checked));
    let both = checked.fleet.members.iter().zip(&checked.fakes.specs);
    let both: Vec<_> = both.filter(|(member, _)| reached.contains(member.id.as_str())).collect();
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
    lines.extend(prices(checked, reached));
    lines
}

/// What clients call, where nobody said so and only a pattern admits it.
fn called(checked: &Checked<'_>) -> Option<String> {
    let first = checked.first_call.as_ref()?;
    let pattern = first.pattern.as_ref()?;
    let is_called = checked.models().contains(&first.model.as_str());
    is_called.then(|| {
        format!(
            "clients call `{}`, which the config's `{pattern}` admits; `model:` of a phase and `--model` \
             name another",
            first.model
        )
    })
}

/// Which price each deployment has, and who says so.
fn prices(checked: &Checked<'_>, reached: &BTreeSet<String>) -> Vec<String> {
    let mut listed: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut unknown: Vec<String> = Vec::new();
    let both = checked.fleet.members.iter().zip(&checked.fakes.specs);
    for (member, spec) in both.filter(|(member, _)| reached.contains(member.id.as_str())) {
        let Some(Price { per_million, said_by }) = &spec.price else {
            unknown.push(format!("{} ({})", member.id, member.model_as_written));
            continue;
        };
        match said_by {
            // Said by the user: nothing is assumed.
            SaidBy::Config | SaidBy::Scenario => {}
            SaidBy::List(name) => {
                let (input, output) = (per_million.input, per_million.output);
                let line = format!("{name} at ${input} in and ${output} out per million tokens");
                listed.entry(line).or_default().push(member.id.as_str());
            }
        }
    }
    let (date, source) = (&checked.prices.date, &checked.prices.source);
    let mut lines: Vec<String> = listed
        .into_iter()
        .map(|(line, ids)| {
            format!("list price of {date} ({source}): {line}, for {}", ids.join(", "))
        })
        .collect();
    if !unknown.is_empty() {
        lines.push(format!(
            "no price for {}: costs stay unknown; set `input_cost_per_token` and \
             `output_cost_per_token` in the config, or `price:` in `deployments:`",
            unknown.join(", ")
        ));
    }
    lines
}

/// What the command line changed, `key=value`; in one order, however the flags stood.
fn overrides(request: &Request<'_>) -> Vec<String> {
    let mut sets: Vec<&(String, String)> = request.sets.iter().collect();
    // Stable: of one key the last one holds, as given.
    sets.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut overrides: Vec<String> =
        sets.iter().map(|(key, value)| format!("{key}={}", set_value(key, value))).collect();
    let length = request.shorten.map(vocab::show_duration);
    overrides.extend(request.timeline.map(|text| {
        // The name alone would not say which edit of it was played.
        let hash: String = sha256(text.text.as_bytes()).chars().take(8).collect();
        let name = text.name.rsplit(['/', '\\']).next().unwrap_or_default();
        format!("timeline={name} (sha {hash})")
    }));
    overrides.extend(request.personality.map(|name| format!("personality={name}")));
    overrides.extend(request.model.map(|model| format!("model={model}")));
    overrides.extend(length.map(|length| format!("for={}", length.replace(' ', ""))));
    overrides
}

fn product(process: &ProcessSpec) -> ProductInfo {
    ProductInfo { name: process.product.word().to_owned(), version: process.version.clone() }
}

fn kind(kind: Kind) -> ContenderKind {
    match kind {
        Kind::Emulated => ContenderKind::Emulated,
        Kind::BuiltIn => ContenderKind::BuiltIn,
    }
}

fn balance(balance: gateway::config::Balance) -> Balance {
    match balance {
        gateway::config::Balance::RoundRobin => Balance::RoundRobin,
        gateway::config::Balance::LeastConn => Balance::LeastConn,
        gateway::config::Balance::Random => Balance::Random,
    }
}

fn clock(clock: ClockKind) -> Clock {
    match clock {
        ClockKind::Virtual => Clock::Virtual,
        ClockKind::Wall => Clock::Wall,
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
