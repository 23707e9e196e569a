//! Puts a checked scenario together: what the program runs, and the hash that names it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fake_providers::config::{DeploymentConfig, FakesConfig};
use loadgen::config::LoadConfig;
use record::RunInfo;
use vocab::{DeploymentNumber, Protocol};

use crate::out::called_groups::called_groups;
use crate::out::canonical::{Happening, Made, canonical};
use crate::out::checked::Checked;
use crate::out::hash::{digest, sha256};
use crate::out::isolated_config::isolated_config;
use crate::out::plan::{ContenderPlan, Overlay, Plan, ProcessPlan};
use crate::out::played_as;
use crate::out::processes;
use crate::out::run_info::{clock_word, info, reached};
use crate::out::untold::untold;
use crate::out::warnings::{Situation, warnings};
use crate::resolve::config::dummy_key;
use crate::resolve::contenders::{ChangedConfig, ContenderConfig};
use crate::resolve::finding::{Finding, Level};
use crate::resolve::fleet::Member;
use crate::resolve::instance_events;
use crate::resolve::standing;
use crate::resolve::timeline::Note;
use crate::text::diagnostic::Problem;
use crate::text::spelling::seconds;

/// Most requests in flight at a time, DESIGN section 4; beyond it they are `never_sent`.
const IN_FLIGHT_MAX: usize = 10_000;

/// Puts the plan together.
///
/// # Errors
/// A plan that cannot be written down.
pub(crate) fn assemble(checked: Checked<'_>) -> Result<Plan, Problem> {
    let fakes = FakesConfig {
        seed: checked.seed,
        deployments: deployment_configs(&checked),
        faults: checked.timeline.rules.clone(),
        quotas: checked.quotas.quotas.clone(),
    };
    let load = LoadConfig {
        seed: checked.seed,
        phases: checked.phases.clone(),
        client: checked.client,
        in_flight_max: IN_FLIGHT_MAX,
    };
    let links = links(&checked);
    let happenings = happenings(&checked);
    let mut info = info(&checked, &[]);
    info.warnings = all_warnings(&checked, &info);
    let made = Made { fakes: &fakes, load: &load, links: &links, happenings: &happenings };
    let hash = sha256(canonical(&checked, &info, made)?.as_bytes());
    info.scenario.hash.clone_from(&hash);
    let notes = notes(&checked, &info);
    info.notes.clone_from(&notes);
    let build = checked.request.build;
    // All that is written down of it, too: runs that differ in a question or a file's name alone have the same
    // tables, and each its own report.
    let written = serde_json::to_vec(&info)
        .map_err(|error| Problem::new(format!("the plan cannot be written as JSON: {error}")))?;
    let digest = digest([
        ("hash", hash.as_bytes()),
        ("run", &written),
        ("clock", clock_word(checked.request.clock).as_bytes()),
        ("version", build.version.as_bytes()),
        ("binary", build.binary.as_bytes()),
    ]);
    let (refusals, mistakes) = (refusals(&checked, &info), mistakes(&checked).len());
    let contenders = checked.contenders.into_iter().zip(happenings);
    let contenders = contenders.map(|(contender, (instance_events, pauses))| ContenderPlan {
        name: contender.spec.name,
        gateway: contender.gateway,
        instances: contender.spec.instances,
        balance: contender.spec.balance,
        instance_events,
        pauses,
        overlay: contender.spec.overlay.map(Overlay),
        process: contender
            .spec
            .process
            .map(|spec| ProcessPlan { spec, settings: isolated_config(&contender.settings).0 }),
    });
    Ok(Plan {
        clock: checked.request.clock,
        contenders: contenders.collect(),
        digest: digest.chars().take(12).collect(),
        fakes,
        load,
        links,
        link_faults: checked.timeline.links,
        notes,
        warnings: info.warnings.clone(),
        mistakes,
        info,
        gate: checked.gate,
        standing_fakes: checked.standing,
        refusals,
    })
}

/// What is suspicious, and what is left out.
fn all_warnings(checked: &Checked<'_>, info: &RunInfo) -> Vec<String> {
    let mut alone = called_groups(checked, info);
    alone.retain(|group| group.is_alone);
    let mut all = mistakes(checked);
    all.extend(alone.into_iter().map(|group| group.warning()));
    let reached = reached(&info.contenders);
    all.extend(played_as::assumed(&checked.fleet, &reached));
    let situation = Situation {
        fleet: &checked.fleet,
        called: &checked.called,
        fakes: &checked.fakes.specs,
        phases: &checked.phases,
        faults: &checked.timeline.infos,
        typical_outages: &checked.timeline.typical_outages,
        quotas: &checked.quotas.quotas,
        client: &checked.client,
        factor: checked.compress.map_or(1.0, |compress| compress.outages),
        contenders: &checked.contenders,
        changes: &checked.events.changes,
    };
    all.extend(warnings(&situation));
    all.extend(untold(&situation, &checked.slo, &checked.events.infos));
    all.extend(checked.timeline.left_out.iter().map(|one| one.text.clone()));
    all
}

/// Keys and names of the config that nobody knows: before everything else, for whoever wrote them meant
/// something that will not happen.
fn mistakes(checked: &Checked<'_>) -> Vec<String> {
    let findings = checked.config.1.iter().filter(|finding| finding.level == Level::Warning);
    findings.map(Finding::line).collect()
}

/// Lines to print before the run, what will happen first.
fn notes(checked: &Checked<'_>, info: &RunInfo) -> Vec<String> {
    let left_out = || checked.timeline.left_out.iter();
    let said = |note: &&Note| left_out().all(|one| one.text != note.text);
    let timeline = checked.timeline.notes.iter().filter(said);
    let mut notes: Vec<String> =
        called_groups(checked, info).into_iter().map(|one| one.words).collect();
    notes.extend(played_as::not_played(&checked.fleet, &reached(&info.contenders)));
    notes.extend(timeline.map(|note| note.text.clone()));
    notes.extend(
        info.events
            .iter()
            .map(|event| format!("{}: {}, at {}", event.id, event.summary, seconds(event.at_ns))),
    );
    notes.extend(checked.events.notes.iter().cloned());
    notes.extend(checked.fakes.notes.iter().cloned());
    notes.extend(checked.quotas.notes.iter().cloned());
    notes.extend(checked.overlay_notes.iter().cloned());
    notes.extend(checked.contenders.iter().filter_map(processes::left_out));
    let findings = checked.config.1.iter().filter(|finding| finding.level == Level::Note);
    notes.extend(findings.map(Finding::line));
    notes.extend(info.assumed.iter().map(|line| format!("assumed: {line}")));
    notes
}

/// What happens to the instances of each contender.
fn happenings(checked: &Checked<'_>) -> Vec<Happening> {
    let faults = &checked.timeline.instances;
    let one = |(contender, changed): (&ContenderConfig, &Vec<ChangedConfig>)| {
        let (count, changes) = (contender.spec.instances, &checked.events.changes);
        let configs: Vec<_> = changed.iter().map(|one| Arc::clone(&one.gateway)).collect();
        let events = instance_events::instance_events(count, changes, &configs, faults);
        (events, instance_events::pauses(count, faults))
    };
    checked.contenders.iter().zip(&checked.changed).map(one).collect()
}

/// Why this plan cannot be run, though its fakes can be served.
fn refusals(checked: &Checked<'_>, info: &RunInfo) -> Vec<String> {
    let mut refusals: Vec<String> = Vec::new();
    refusals.extend(unnamed_repeats(checked, &reached(&info.contenders)));
    refusals.extend(processes::refusal(checked));
    refusals.extend(checked.timeline.nothing_left.clone());
    refusals.extend(standing::refusal(checked.standing.as_ref(), checked.request.clock));
    refusals
}

/// Requests that repeat a prompt are told apart by the user whom they name.
fn unnamed_repeats(checked: &Checked<'_>, reached: &BTreeSet<String>) -> Option<String> {
    let phase = checked.phases.iter().find(|phase| phase.workload.repeat_share > 0.0)?;
    let takes_no_name = |member: &&Member| match member.protocol {
        Protocol::Gemini | Protocol::Ollama => reached.contains(member.id.as_str()),
        Protocol::OpenAi | Protocol::Azure | Protocol::Anthropic | Protocol::Bedrock => false,
    };
    let member = checked.fleet.members.iter().find(takes_no_name)?;
    Some(format!(
        "phase {} repeats prompts, and deployment `{}` takes no name of an end user ({} has none), by which \
         such requests are told apart; set `repeat: 0%`",
        phase.name, member.id, member.protocol
    ))
}

fn deployment_configs(checked: &Checked<'_>) -> Vec<DeploymentConfig> {
    let both = checked.fleet.members.iter().zip(&checked.fakes.specs);
    (1u32..)
        .zip(both)
        .map(|(number, (member, spec))| DeploymentConfig {
            id: member.id.clone(),
            number: DeploymentNumber(number),
            protocol: member.protocol,
            host: member.host.clone(),
            port: member.port,
            root: fake_providers::root_of(member.protocol, &member.base_path).to_owned(),
            model: member.model.to_string(),
            key: dummy_key(number as usize),
            latency: spec.latency,
            limits: spec.limits,
            capacity: spec.capacity,
            context_window: spec.context_window,
        })
        .collect()
}

/// The slowest link that a host's deployments ask for: there is one path per host.
fn links(checked: &Checked<'_>) -> BTreeMap<String, Duration> {
    let mut links = BTreeMap::new();
    for (member, spec) in checked.fleet.members.iter().zip(&checked.fakes.specs) {
        if !spec.link.is_zero() {
            let link: &mut Duration = links.entry(member.host.clone()).or_default();
            *link = spec.link.max(*link);
        }
    }
    links
}
