//! From texts to a [`Plan`]: reads the scenario, then the config that it names, then every section
//! against both. All mistakes are collected; a plan exists only if there is none.
//!
//! Reads no file, no clock and no environment: the caller hands in texts.

mod configs;

use std::time::Duration;

use gateway::config::Config;
use loadgen::config::Phase;
use record::run::{CompressInfo, ReachInfo};
use vocab::Seed;

use crate::out::assemble::assemble;
use crate::out::checked::{Checked, called_models};
use crate::out::plan::Plan;
use crate::resolve::abilities::ModelAbilities;
use crate::resolve::callable::first_call;
use crate::resolve::compress::{self, Compress};
use crate::resolve::config::{self, Loaded};
use crate::resolve::contenders::{ContenderSpec, contenders, personality};
use crate::resolve::deployments::fakes;
use crate::resolve::events::{Events, events};
use crate::resolve::faults::entry::Setting;
use crate::resolve::faults::{links, timeline};
use crate::resolve::finding::Finding;
use crate::resolve::fleet::Fleet;
use crate::resolve::presets::Presets;
use crate::resolve::prices::Prices;
use crate::resolve::quotas::quotas;
use crate::resolve::shortened::leave_out;
use crate::resolve::targets::Targets;
use crate::resolve::timeline::Timeline;
use crate::resolve::traffic::{self, Known};
use crate::resolve::variation::Variation;
use crate::resolve::{gate, impact, slo, standing};
use crate::text::diagnostic::{Problem, Report, SourceId, Sources, suggest};
use crate::text::node::Node;
use crate::text::question::question;
use crate::text::raw::Scenario;
use crate::text::read::{Spot, read};
use crate::text::reading;
use crate::text::request::{Request, Text};

/// Seed where nobody names one.
const SEED: u64 = 42;

/// Makes the plan of a run.
///
/// # Errors
/// Every mistake found, with its place.
pub fn load(request: &Request<'_>) -> Result<Plan, Report> {
    let mut loader = Loader::default();
    match loader.load(request) {
        Some(plan) if loader.problems.is_empty() => Ok(plan),
        Some(_) | None => Err(Report::new(loader.sources, loader.problems)),
    }
}

/// Makes the plan of the same run with other values for what nobody knows.
///
/// Everything is resolved again, with the seed of `variation`: what is random in the timeline is drawn anew. Then its
/// factors and shifts are laid over the typed values, never over the text. What it does not name stays.
///
/// # Errors
/// Every mistake found, with its place.
pub fn vary(request: &Request<'_>, variation: &Variation) -> Result<Plan, Report> {
    let request = Request { seed: Some(variation.seed), ..*request };
    let mut loader = Loader { variation: Some(variation.clone()), ..Loader::default() };
    match loader.load(&request) {
        Some(plan) if loader.problems.is_empty() => Ok(plan),
        Some(_) | None => Err(Report::new(loader.sources, loader.problems)),
    }
}

#[derive(Default)]
struct Loader {
    sources: Sources,
    problems: Vec<Problem>,
    /// About the config.
    findings: Vec<Finding>,
    /// About overlays.
    notes: Vec<String>,
    /// Other values for what nobody knows.
    variation: Option<Variation>,
}

impl Loader {
    /// `None` or problems, or both: the caller looks at the problems.
    fn load(&mut self, request: &Request<'_>) -> Option<Plan> {
        let (root, source) = self.scenario_tree(request)?;
        let split = Scenario::split(&root, &mut self.problems);
        let scenario = self.kept(|_| split)?;
        let name = self.name(&scenario);
        let seed = Seed(request.seed.or_else(|| self.seed(&scenario)).unwrap_or(SEED));
        let slo = slo::slos(scenario.slo.node.as_ref(), &mut self.problems);
        let client = traffic::client(scenario.client.node.as_ref(), &mut self.problems);
        let specs = self.contenders(scenario.contenders.node.as_ref(), request)?;
        let shipped = (self.kept(Presets::shipped), self.kept(Prices::shipped));
        let (presets, prices) = (shipped.0?, shipped.1?);
        let abilities = self.kept(ModelAbilities::shipped)?;
        let (config_text, tree) = self.config_tree(request, &scenario)?;
        let Loaded { config, findings } = self.read_config(&tree, None)?;
        self.findings.extend(findings);
        let mut fleet = Fleet::of(&config);
        let specs = self.with_own_configs(specs, request, (&tree, &mut fleet))?;
        let (written, phases) = self.schedule(request, &scenario, (&config, &presets))?;
        let called = called(&config, phases.first());
        let node = scenario.deployments.node.as_ref();
        let mut fakes = fakes(node, &mut fleet, &called, (&presets, &prices), &mut self.problems);
        self.variation.iter().for_each(|variation| variation.of_fakes(&mut fakes.specs));
        let targets = Targets { fleet: &fleet, called: &called, seed };
        let node = scenario.quotas.node.as_ref();
        let quotas = quotas(node, targets, &fakes.specs, &mut self.problems);
        let compress = self.kept(|_| compress::compress(scenario.compress.node.as_ref()))?;
        let find = request.find_timeline;
        let setting = Setting { targets, phases: &written, played: &phases, compress, find };
        let (timeline, events) = self.happenings(request, &scenario, &setting);
        let factors = self.factors(compress, &timeline);
        links::check(&timeline, &specs, &mut self.problems);
        let impact = self.kept(|_| impact::impact(scenario.impact.node.as_ref()));
        let gate = self.kept(|_| gate::gate(scenario.gate.node.as_ref()));
        let standing = self.kept(|_| standing::standing(scenario.fakes.node.as_ref()));
        let known = config::Known { prices: &prices, abilities: &abilities };
        let configs = self.contender_configs(&specs, (&tree, source), (&fleet, known));
        let changed = self.changed(&configs, &events.changes, (&tree, source), (&fleet, known));
        let outages = &timeline.typical_outages;
        self.problems.extend(compress::refusal(outages, compress, &configs, &client));
        if !self.problems.is_empty() || fakes.specs.len() != fleet.members.len() {
            return None;
        }
        let plan = assemble(Checked {
            request,
            name: name?,
            question: question(&request.scenario.text),
            seed,
            config: (config_text, std::mem::take(&mut self.findings)),
            overlay_notes: std::mem::take(&mut self.notes),
            fleet,
            called,
            direct_reach: direct_reach(&config, &phases),
            first_call: first_call(&config),
            fakes,
            quotas,
            compress: factors,
            phases,
            client,
            timeline,
            contenders: configs,
            events,
            changed,
            impact: impact?,
            gate: gate?,
            standing: standing?,
            slo,
            prices,
        });
        self.kept(|_| plan)
    }

    /// The schedule as it is written, and as it is played: shortened by `--for`.
    fn schedule(
        &mut self,
        request: &Request<'_>,
        scenario: &Scenario,
        (config, presets): (&Config, &Presets),
    ) -> Option<(Vec<Phase>, Vec<Phase>)> {
        let first = first_call(config);
        let asked = self.asked(request, config)?;
        let known = Known { presets, config, first: first.as_ref(), asked };
        let written = traffic::phases(scenario.traffic.node.as_ref(), known, &mut self.problems);
        let played = self.shortened(written.clone(), request.shorten)?;
        Some((written, played))
    }

    /// What breaks and what is done, when; without what a shortened schedule has no room for.
    fn happenings(
        &mut self,
        request: &Request<'_>,
        scenario: &Scenario,
        setting: &Setting<'_>,
    ) -> (Timeline, Events) {
        let (sources, problems) = (&mut self.sources, &mut self.problems);
        let faults = scenario.faults.node.as_ref();
        let mut timeline = timeline(faults, request.timeline, setting, sources, problems);
        if let Some(variation) = &self.variation {
            variation.of_timeline(&mut timeline, traffic::end(setting.phases));
        }
        let mut events = events(scenario.events.node.as_ref(), setting.phases, problems);
        if request.shorten.is_some() {
            let end = traffic::end(setting.played);
            timeline.nothing_left = leave_out(&mut timeline, &mut events, end);
        }
        (timeline, events)
    }

    /// The scenario's tree with every `--set` laid over it.
    fn scenario_tree(&mut self, request: &Request<'_>) -> Option<(Node, SourceId)> {
        let (source, mut root) =
            self.kept(|sources| reading::scenario(sources, request.scenario))?;
        for (key, value) in request.sets {
            let value = self.kept(|sources| reading::argument(sources, key, value))?;
            let at = value.at;
            if let Err(message) = root.set(key, value) {
                self.problems.push(
                    Problem::new(format!("--set {key}: {message}"))
                        .help("keys are dotted: `--set traffic.0.for=2m`")
                        .at(at),
                );
                return None;
            }
        }
        Some((root, source))
    }

    /// The value, or the problem put with the others.
    fn kept<T>(&mut self, make: impl FnOnce(&mut Sources) -> Result<T, Problem>) -> Option<T> {
        make(&mut self.sources).map_err(|problem| self.problems.push(problem)).ok()
    }

    fn name(&mut self, scenario: &Scenario) -> Option<vocab::ContenderName> {
        let Some(node) = &scenario.scenario.node else {
            self.problems.push(
                Problem::new("`scenario` is missing: the run has no name")
                    .help("start the file with `scenario: my-first-one`"),
            );
            return None;
        };
        let name: Spot<String> = self.kept(|_| read(node))?;
        let checked = vocab::ContenderName::new(&name.value);
        if checked.is_none() {
            self.problems.push(
                Problem::new(format!("`{}` cannot name a scenario", name.value))
                    .help("it names a directory: lowercase letters, digits, `.`, `_` and `-`")
                    .at(name.at),
            );
        }
        checked
    }

    fn seed(&mut self, scenario: &Scenario) -> Option<u64> {
        let node = scenario.seed.node.as_ref()?;
        self.kept(|_| {
            read(node).map_err(|_| {
                Problem::new(format!("a seed is a whole number from 0, this is {}", node.kind()))
                    .help("write `seed: 42`")
                    .at(node.at)
            })
        })
    }

    /// The contenders that are asked for; who names no personality gets that of `--personality`.
    fn contenders(
        &mut self,
        section: Option<&Node>,
        request: &Request<'_>,
    ) -> Option<Vec<ContenderSpec>> {
        let mut specs = contenders(section, &mut self.problems);
        if let Some(name) = request.personality {
            let personality = self.kept(|_| personality(name))?;
            for spec in specs.iter_mut().filter(|spec| spec.process.is_none()) {
                spec.personality.get_or_insert(personality);
            }
        }
        Some(self.chosen(specs, request.contenders))
    }

    /// Only the contenders that `--contender` names, in the scenario's order.
    fn chosen(&mut self, specs: Vec<ContenderSpec>, names: &[String]) -> Vec<ContenderSpec> {
        let known: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            self.problems.push(
                Problem::new(format!("--contender {name}: the scenario has no such contender"))
                    .help(suggest(name, &known, "contenders")),
            );
        }
        let wanted = |spec: &ContenderSpec| {
            names.is_empty() || names.iter().any(|name| name == spec.name.as_str())
        };
        specs.into_iter().filter(wanted).collect()
    }

    /// The config of the command line, else the one that the scenario names.
    fn config_tree(&mut self, request: &Request<'_>, scenario: &Scenario) -> Option<(Text, Node)> {
        let text = match (request.config, &scenario.config.node) {
            (Some(text), _) => text.clone(),
            (None, Some(node)) => {
                let path: String = self.kept(|_| read(node))?;
                let found = (request.find_config)(&path).map_err(|reason| {
                    Problem::new(reason)
                        .help("the path is relative to the scenario; `--config F` replaces it")
                        .at(node.at)
                });
                self.kept(|_| found)?
            }
            (None, None) => {
                self.problems.push(
                    Problem::new("no config: whom should the traffic go to?")
                        .help("add `config: litellm_config.yaml`, or give `--config F`"),
                );
                return None;
            }
        };
        let document = self.kept(|sources| reading::config(sources, &text))?;
        self.findings.extend(config::repeated(&document, &self.sources));
        Some((text, document.tree))
    }

    fn read_config(&mut self, tree: &Node, strict: Option<SourceId>) -> Option<Loaded> {
        match config::load(tree, strict, (&gateway::litellm::Dummies, &self.sources)) {
            Ok(loaded) => Some(loaded),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    /// The model of `--model`, if the config has it.
    fn asked<'r>(&mut self, request: &Request<'r>, config: &Config) -> Option<Option<&'r str>> {
        let Some(model) = request.model else { return Some(None) };
        self.kept(|_| {
            traffic::known_model(model, config).map(|()| Some(model)).map_err(|help| {
                Problem::new(format!("--model {model}: the config has no such model")).help(help)
            })
        })
    }

    /// By how much what runs was compressed: what the scenario says of its random entries, or what
    /// a replayed timeline says of itself.
    fn factors(&mut self, compress: Compress, timeline: &Timeline) -> Option<CompressInfo> {
        let own =
            compress.at.filter(|_| !timeline.typical_outages.is_empty()).map(|_| compress.factors);
        if let (Some(at), Some(replayed)) = (compress.at, timeline.replayed)
            && replayed != compress.factors
        {
            let message = format!(
                "the timeline was compressed by outages {} and gaps {}, the scenario says {} and {}",
                replayed.outages, replayed.gaps, compress.factors.outages, compress.factors.gaps
            );
            let help = "leave `compress` out: a timeline brings its own";
            self.problems.push(Problem::new(message).help(help).at(at));
        }
        if compress.at.is_some() && own.is_none() && timeline.replayed.is_none() {
            self.notes.push("compress: no effect, nothing in `faults` is random".to_owned());
        }
        own.or(timeline.replayed)
    }

    fn shortened(&mut self, phases: Vec<Phase>, length: Option<Duration>) -> Option<Vec<Phase>> {
        match length {
            Some(length) if !phases.is_empty() => self.kept(|_| traffic::shorten(phases, length)),
            Some(_) | None => Some(phases),
        }
    }
}

/// The group that the first phase calls: whose first deployment is `first`.
fn called(config: &Config, phase: Option<&Phase>) -> String {
    let Some(model) = phase.map(|phase| &*phase.model) else {
        return config.deployments.first().map(|one| one.group.to_string()).unwrap_or_default();
    };
    let first = gateway::reachable(config, model).into_iter().next();
    let mut deployments = config.deployments.iter();
    let called = deployments.find(|one| first.as_ref() == Some(&one.id));
    called.map_or_else(|| model.to_owned(), |one| one.group.to_string())
}

/// Whom clients without a gateway call, per model: the first deployment of its group.
fn direct_reach(config: &Config, phases: &[Phase]) -> Vec<ReachInfo> {
    let of = |model: &str| {
        let first = gateway::reachable(config, model).into_iter().next();
        let deployments = first.iter().map(ToString::to_string).collect();
        ReachInfo { model: model.to_owned(), deployments }
    };
    called_models(phases).into_iter().map(of).collect()
}
