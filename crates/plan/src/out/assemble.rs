//! Puts a checked scenario together: what the program runs, and the hash that names it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fake_providers::config::{DeploymentConfig, FakesConfig};
use gateway::config::Config;
use loadgen::config::{ClientConfig, LoadConfig, Phase};
use record::run::{CompressInfo, SloInfo};
use vocab::{ContenderName, DeploymentNumber, Seed};

use crate::out::hash::digest;
use crate::out::plan::{ContenderPlan, Plan, StandingFakes};
use crate::out::run_info::{clock_word, info, overrides};
use crate::out::warnings::{Situation, warnings};
use crate::resolve::contenders::{ContenderSpec, balance_word};
use crate::resolve::deployments::Fakes;
use crate::resolve::events::{self, Events, Pause, Turn};
use crate::resolve::faults::{Note, Timeline};
use crate::resolve::fleet::Fleet;
use crate::resolve::quotas::Quotas;
use crate::resolve::standing;
use crate::text::request::{Request, Text};

/// Most requests in flight at a time, DESIGN section 4; beyond it they are `never_sent`.
const IN_FLIGHT_MAX: usize = 10_000;

/// Everything that was checked.
pub(crate) struct Parts<'p> {
    /// What was asked for.
    pub request: &'p Request<'p>,
    /// The scenario's name.
    pub name: ContenderName,
    /// Its question.
    pub question: Option<String>,
    /// Its seed.
    pub seed: Seed,
    /// The config's text and the notes about it.
    pub config: (Text, Vec<String>),
    /// Notes about the contenders' overlays.
    pub overlay_notes: Vec<String>,
    /// Its deployments.
    pub fleet: Fleet,
    /// The group that the first phase calls.
    pub called: String,
    /// One fake per deployment.
    pub fakes: Fakes,
    /// Limits that several of them share.
    pub quotas: Quotas,
    /// By how much random incidents are shortened.
    pub compress: Option<CompressInfo>,
    /// The schedule.
    pub phases: Vec<Phase>,
    /// The clients.
    pub client: ClientConfig,
    /// The faults.
    pub timeline: Timeline,
    /// The contenders.
    pub playing: Vec<Playing>,
    /// What happens on purpose.
    pub events: Events,
    /// The config of each of `playing` after each change.
    pub changed: Vec<Vec<Arc<Config>>>,
    /// Fakes that already stand, if the run is to use them.
    pub standing: Option<StandingFakes>,
    /// The promise.
    pub slo: Vec<SloInfo>,
    /// Date of the price snapshot.
    pub price_date: String,
}

/// A contender whose config was read.
pub(crate) struct Playing {
    /// Who.
    pub spec: ContenderSpec,
    /// Its gateway.
    pub gateway: Config,
}

/// Puts the plan together.
pub(crate) fn assemble(parts: Parts<'_>) -> Plan {
    let fakes = FakesConfig {
        seed: parts.seed,
        deployments: deployment_configs(&parts),
        faults: parts.timeline.rules.clone(),
        quotas: parts.quotas.quotas.clone(),
    };
    let load = LoadConfig {
        seed: parts.seed,
        phases: parts.phases.clone(),
        client: parts.client,
        in_flight_max: IN_FLIGHT_MAX,
    };
    let links = links(&parts);
    let acts = acts(&parts);
    let hash = hash(&parts, (&fakes, &load, &links), &acts);
    let mut warnings = warnings(&Situation {
        fleet: &parts.fleet,
        called: &parts.called,
        fakes: &parts.fakes.specs,
        phases: &parts.phases,
        faults: &parts.timeline.infos,
        weather: &parts.timeline.weather,
        quotas: &parts.quotas.quotas,
        client: &parts.client,
        factor: parts.compress.map_or(1.0, |compress| compress.outages),
        playing: &parts.playing,
    });
    warnings.extend(parts.timeline.left_out.iter().cloned());
    let info = info(&parts, &hash, &warnings);
    let mut notes = parts.config.1.clone();
    notes.extend(parts.overlay_notes.iter().cloned());
    notes.extend(parts.fakes.notes.iter().cloned());
    notes.extend(parts.quotas.notes.iter().cloned());
    let said = |note: &&Note| !parts.timeline.left_out.contains(&note.text);
    notes.extend(parts.timeline.notes.iter().filter(said).map(|note| note.text.clone()));
    notes.extend(info.events.iter().map(|event| {
        format!(
            "{}: {}, at {}",
            event.id,
            event.summary,
            crate::resolve::faults::seconds(event.at_ns)
        )
    }));
    notes.extend(info.assumed.iter().map(|line| format!("assumed: {line}")));
    let build = parts.request.build;
    let digest = digest([
        ("hash", hash.as_bytes()),
        ("clock", clock_word(parts.request.clock).as_bytes()),
        ("version", build.version.as_bytes()),
        ("binary", build.binary.as_bytes()),
    ]);
    let refusals = refusals(&parts);
    let playing = parts.playing.into_iter().zip(acts);
    let contenders = playing.map(|(playing, (turns, pauses))| ContenderPlan {
        name: playing.spec.name,
        gateway: playing.gateway,
        instances: playing.spec.instances,
        balance: playing.spec.balance,
        turns,
        pauses,
    });
    Plan {
        clock: parts.request.clock,
        contenders: contenders.collect(),
        digest: digest.chars().take(12).collect(),
        info,
        fakes,
        load,
        links,
        link_faults: parts.timeline.links,
        notes,
        warnings,
        standing_fakes: parts.standing,
        refusals,
    }
}

/// What happens to the instances of each contender.
fn acts(parts: &Parts<'_>) -> Vec<(Vec<Turn>, Vec<Pause>)> {
    let faults = &parts.timeline.instances;
    let one = |(playing, configs): (&Playing, &Vec<Arc<Config>>)| {
        let instances = playing.spec.instances;
        let turns = events::turns(instances, &parts.events.changes, configs, faults);
        (turns, events::pauses(instances, faults))
    };
    parts.playing.iter().zip(&parts.changed).map(one).collect()
}

/// Why this plan cannot be run, though its fakes can be served.
fn refusals(parts: &Parts<'_>) -> Vec<String> {
    let mut refusals: Vec<String> = Vec::new();
    for Playing { spec, gateway } in &parts.playing {
        let mut deployments = gateway.deployments.iter();
        if let Some(deployment) = deployments.find(|one| !gateway::can_call(one.protocol)) {
            refusals.push(format!(
                "contender {}: deployment `{}` speaks {}, to which the built-in gateway cannot \
                 send requests yet; `brownout fakes` serves it to gateways that can",
                spec.name, deployment.id, deployment.protocol
            ));
        }
    }
    refusals.truncate(1);
    refusals.extend(standing::refusal(parts.standing.as_ref(), parts.request.clock));
    refusals
}

fn deployment_configs(parts: &Parts<'_>) -> Vec<DeploymentConfig> {
    let both = parts.fleet.members.iter().zip(&parts.fakes.specs);
    (1u32..)
        .zip(both)
        .map(|(number, (member, spec))| DeploymentConfig {
            id: member.id.clone(),
            number: DeploymentNumber(number),
            protocol: member.protocol,
            host: member.host.clone(),
            port: member.port,
            model: member.model.to_string(),
            key: crate::resolve::config::dummy_key(number as usize),
            latency: spec.latency,
            limits: spec.limits,
            capacity: spec.capacity,
            context_window: spec.context_window,
        })
        .collect()
}

/// The slowest link that a host's deployments ask for: there is one path per host.
fn links(parts: &Parts<'_>) -> BTreeMap<String, Duration> {
    let mut links = BTreeMap::new();
    for (member, spec) in parts.fleet.members.iter().zip(&parts.fakes.specs) {
        if !spec.link.is_zero() {
            let link: &mut Duration = links.entry(member.host.clone()).or_default();
            *link = spec.link.max(*link);
        }
    }
    links
}

/// Over everything that determines the tables, whoever runs them.
fn hash(
    parts: &Parts<'_>,
    (fakes, load, links): (&FakesConfig, &LoadConfig, &BTreeMap<String, Duration>),
    acts: &[(Vec<Turn>, Vec<Pause>)],
) -> String {
    // Debug of plain values in a fixed order; secrets show as `Secret(…)` and are dummies.
    let mut plan = format!("{fakes:?}\n{load:?}\n{links:?}");
    // Only where there is something to say, so that other runs keep their names.
    if !parts.timeline.links.is_empty() {
        plan += &format!("\n{:?}", parts.timeline.links);
    }
    if acts.iter().any(|(turns, pauses)| !turns.is_empty() || !pauses.is_empty()) {
        plan += &format!("\n{acts:?}");
    }
    if !parts.events.infos.is_empty() {
        plan += &format!("\n{:?}", parts.events.infos);
    }
    let mut contenders = String::new();
    for Playing { spec, gateway } in &parts.playing {
        let balance = balance_word(spec.balance);
        contenders += &format!("{} {} {balance} {gateway:?}\n", spec.name.as_str(), spec.instances);
    }
    let slo = format!("{:?}", parts.slo);
    // Labels of a replayed timeline may differ where its rules do not.
    let told = format!("{:?}\n{:?}", parts.timeline.infos, parts.compress);
    let overrides = overrides(parts.request).join("\n");
    digest([
        ("name", parts.name.as_str().as_bytes()),
        ("plan", plan.as_bytes()),
        ("contenders", contenders.as_bytes()),
        ("slo", slo.as_bytes()),
        ("timeline", told.as_bytes()),
        ("config", parts.config.0.text.as_bytes()),
        ("overrides", overrides.as_bytes()),
    ])
}
