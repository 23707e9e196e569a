//! From `deployments:` to one fake per deployment of the config: latency, limits, capacity, region,
//! price and link, with defaults that are named as assumptions.

use std::time::Duration;

use fake_providers::config::{Capacity, Latency, Limits};
use vocab::show_duration;

use crate::resolve::distributions::spread;
use crate::resolve::fleet::Fleet;
use crate::resolve::presets::Presets;
use crate::resolve::prices::{PerMillion, Price, Prices, SaidBy};
use crate::resolve::targets::{TargetError, Targets};
use crate::text::diagnostic::Problem;
use crate::text::node::Node;
use crate::text::raw::{CapacityText, Fake, LimitsText};
use crate::text::read::{Spot, read};
use crate::text::spelling::{show_latency, show_limits};

/// Highest price accepted, US dollars per million tokens; a typing error is likelier.
const PRICE_MAX: f64 = 100_000.0;

/// The fake that stands for one deployment.
#[derive(Clone, Debug)]
pub(crate) struct FakeSpec {
    /// How fast it speaks.
    pub latency: Latency,
    /// Where its latency comes from: a preset's name, or `custom`.
    pub preset: String,
    /// Whether the preset was assumed, not chosen.
    pub assumed: bool,
    /// Whether the time to first token is that of an assumed preset.
    pub assumed_ttft: bool,
    /// Whether the time between tokens is.
    pub assumed_itl: bool,
    /// What it admits.
    pub limits: Limits,
    /// How much it can do at a time.
    pub capacity: Option<Capacity>,
    /// What it bills, if known.
    pub price: Option<Price>,
    /// Most tokens of prompt and answer together.
    pub context_window: Option<u64>,
    /// One-way latency of the path to its host.
    pub link: Duration,
}

/// What the section gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fakes {
    /// In the order of the config.
    pub specs: Vec<FakeSpec>,
    /// Lines about keys that match nothing.
    pub notes: Vec<String>,
}

/// Makes the fakes of `fleet`; regions that the section gives are written into the fleet.
///
/// `called` is the group whose first deployment is `first`. Mistakes go to `problems`.
pub(crate) fn fakes(
    section: Option<&Node>,
    fleet: &mut Fleet,
    called: &str,
    data: (&Presets, &Prices),
    problems: &mut Vec<Problem>,
) -> Fakes {
    let (presets, prices) = data;
    let mut fakes = Fakes::default();
    for member in &fleet.members {
        let preset = presets.of_provider(member.protocol).to_owned();
        match presets.latency(&preset) {
            Ok(latency) => fakes.specs.push(FakeSpec {
                latency,
                preset,
                assumed: true,
                assumed_ttft: true,
                assumed_itl: true,
                limits: Limits::default(),
                capacity: None,
                price: prices.billed(member),
                context_window: None,
                link: Duration::ZERO,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if fakes.specs.len() < fleet.members.len() {
        return fakes;
    }
    if let Some(node) = section.filter(|node| node.entries().is_empty()) {
        let help = "write `first: { limits: { requests: 6000/min } }`, or leave the key out";
        problems.push(
            Problem::new(format!("expected deployments and their fakes, found {}", node.kind()))
                .help(help)
                .at(node.at),
        );
    }
    for (key, node) in section.map_or(&[][..], Node::entries) {
        // Resolved one by one: a region given above is known below.
        let targets = Targets { fleet, called, seed: vocab::Seed(0) };
        let positions = match targets.resolve(&key.name, "deployments") {
            Ok(positions) => positions,
            Err(TargetError::Invalid(message, help)) => {
                problems.push(Problem::new(message).help(help).at(key.at));
                continue;
            }
            Err(TargetError::NoMatch(message, help)) => {
                fakes.notes.push(format!("deployments: {message}, nothing changed ({help})"));
                Vec::new()
            }
        };
        let fake = match read::<Fake>(node) {
            Ok(fake) => fake,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for position in positions {
            if let Some(region) = &fake.region {
                region.clone_into(&mut fleet.members[position].region);
            }
            if let Err(problem) = refine(&mut fakes.specs[position], &fake, presets) {
                problems.push(problem);
                break;
            }
        }
    }
    fakes
}

fn refine(spec: &mut FakeSpec, fake: &Fake, presets: &Presets) -> Result<(), Problem> {
    let placed = |at| move |message: String| problem_of(&message).at(at);
    if let Some(preset) = &fake.preset {
        spec.latency = presets.latency(&preset.value).map_err(|problem| problem.at(preset.at))?;
        spec.preset.clone_from(&preset.value);
        spec.assumed = false;
        (spec.assumed_ttft, spec.assumed_itl) = (false, false);
    }
    if let Some(Spot { value, at }) = fake.ttft {
        spec.latency.ttft = spread(value).map_err(placed(at))?;
        spec.assumed_ttft = false;
    }
    if let Some(Spot { value, at }) = fake.itl {
        spec.latency.itl = spread(value).map_err(placed(at))?;
        spec.assumed_itl = false;
    }
    if fake.ttft.is_some() && fake.itl.is_some() {
        "custom".clone_into(&mut spec.preset);
        spec.assumed = false;
    }
    if let Some(limits) = fake.limits {
        spec.limits = merged(spec.limits, limits);
    }
    if let Some(Spot { value, at }) = fake.capacity {
        spec.capacity = Some(capacity(value).map_err(placed(at))?);
    }
    if let Some(Spot { value, at }) = fake.price {
        let sane = [value.input, value.output].iter().all(|usd| (0.0..=PRICE_MAX).contains(usd));
        if !sane {
            let message = format!("a price is between 0 and {PRICE_MAX} US dollars per million\n");
            return Err(placed(at)(message + "write { input: 2.50, output: 10.00 }"));
        }
        let per_million = PerMillion { input: value.input, output: value.output };
        spec.price = Some(Price { per_million, said_by: SaidBy::Scenario });
    }
    spec.context_window = fake.context_window.or(spec.context_window);
    if let Some(link) = fake.link {
        spec.link = link.0;
    }
    Ok(())
}

fn problem_of(message: &str) -> Problem {
    match message.split_once('\n') {
        Some((message, help)) => Problem::new(message).help(help),
        None => Problem::new(message),
    }
}

fn capacity(text: CapacityText) -> Result<Capacity, String> {
    if text.slots == 0 {
        return Err(
            "a capacity of 0 slots answers nothing\nleave `capacity` out for no bound".into()
        );
    }
    if !(0.0..=1000.0).contains(&text.slowdown) {
        return Err("slowdown is a factor from 0 to 1000\nwrite `slowdown: 0.5`".to_owned());
    }
    Ok(Capacity { slots: text.slots, queue: text.queue, slowdown: text.slowdown })
}

/// Limits with what `text` says laid over them.
pub(crate) fn merged(mut limits: Limits, text: LimitsText) -> Limits {
    limits.requests = text.requests.map(|limit| limit.0).or(limits.requests);
    limits.tokens = text.tokens.map(|limit| limit.0).or(limits.tokens);
    limits.output_tokens = text.output_tokens.map(|limit| limit.0).or(limits.output_tokens);
    limits.requests_per_day = text.requests_per_day.or(limits.requests_per_day);
    limits
}

/// A fake in words, for `run.json` and the report.
pub(crate) fn describe(spec: &FakeSpec) -> String {
    let mut words = vec![format!("{}: {}", spec.preset, show_latency(&spec.latency))];
    words.extend(show_limits(&spec.limits));
    words.extend(spec.context_window.map(|tokens| format!("context of {tokens} tokens")));
    if let Some(capacity) = spec.capacity {
        words.push(format!("{} slots, queue {}", capacity.slots, capacity.queue));
    }
    if !spec.link.is_zero() {
        words.push(format!("link {}", show_duration(spec.link)));
    }
    words.join("; ")
}
