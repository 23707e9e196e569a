//! What a verdict hangs on, in words: the assumption that decides, or, where variants were played, how often the leader
//! stays first and where it does not.

use indexmap::IndexMap;
use record::RunInfo;
use record::run::{Clock, DeploymentInfo};
use vocab::Protocol;

use super::figures::{clock, millis, percent};
use super::text::plain;
use crate::report::{Contender, Robust, Split, SplitBy, ValidityVerdict};

/// A latency that nobody gave, and on which the order hangs more than on any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assumption {
    vendor: &'static str,
    p50: String,
    check: &'static str,
}

impl Assumption {
    /// `assumes OpenAI first token p50 450 ms; not checked: --robust`
    pub(crate) fn brief(&self) -> String {
        let Self { vendor, p50, check } = self;
        format!("assumes {vendor} first token p50 {p50}; not checked: {check}")
    }

    /// The same for readers who know no percentiles.
    pub(crate) fn plain(&self) -> String {
        let Self { vendor, p50, check } = self;
        format!(
            "It assumes that {vendor}'s first token takes {p50} in half of all cases; to check others: {check}."
        )
    }
}

/// Of all assumed latencies the one in which the first two of a ranking trust differently most, by their shares of
/// attempts; of a single contender the one most used.
pub(crate) fn assumption(run: &RunInfo, ranked: &[&Contender]) -> Option<Assumption> {
    let first = ranked.first()?;
    let share = |contender: &Contender, id: &str| {
        let shares = contender.deployments.as_ref().known()?;
        shares.iter().find(|share| share.id == id).map(|share| share.share)
    };
    let weight = |preset: &str| {
        let those = run.deployments.iter().filter(|one| assumes(one, preset));
        let of = |who: &Contender| those.clone().filter_map(|one| share(who, &one.id)).sum::<f64>();
        let own = of(first);
        let apart = ranked.get(1).map_or(own, |second| (own - of(second)).abs());
        (apart, own)
    };
    let assumed = run.deployments.iter().filter(|one| one.assumed.is_some());
    let mut best: Option<(&DeploymentInfo, (f64, f64))> = None;
    for one in assumed {
        let Some(assumed) = &one.assumed else { continue };
        let weight = weight(&assumed.preset);
        if best.is_none_or(|(_, other)| weight > other) {
            best = Some((one, weight));
        }
    }
    let (deployment, (_, own)) = best?;
    let assumed = deployment.assumed.as_ref()?;
    if own <= 0.0 && ranked.len() < 2 {
        return None;
    }
    let check = match run.scenario.clock {
        Clock::Virtual => "--robust",
        Clock::Wall => "--robust, in virtual time",
    };
    let p50 = millis(assumed.ttft_p50_ns as f64 / 1e6);
    Some(Assumption { vendor: vendor(deployment.provider), p50, check })
}

fn assumes(deployment: &DeploymentInfo, preset: &str) -> bool {
    deployment.assumed.as_ref().is_some_and(|assumed| assumed.preset == preset)
}

/// `r1 stays first in 41 of 50 variants (r2 led 9); flips where OpenAI's first token is slower than Azure's: so in 8 of
/// the 9 that flipped, in 2 of the 41 others. Varied: …`
pub(crate) fn firmness(run: &RunInfo, robust: &Robust) -> String {
    let n = robust.valid;
    let others = || {
        let led = robust.led.iter().filter(|led| Some(&led.name) != robust.leader.as_ref());
        let mut led: Vec<String> =
            led.map(|led| format!("{} led {}", plain(&led.name), led.variants)).collect();
        led.extend((robust.nobody > 0).then(|| format!("nobody {}", robust.nobody)));
        led.join(", ")
    };
    let others = Some(others()).filter(|text| !text.is_empty());
    let others = others.map_or_else(String::new, |text| format!(" ({text})"));
    let mut text = match &robust.leader {
        _ if n == 0 => "no variant was valid".to_owned(),
        Some(name) if robust.stayed == n => {
            format!("{} stays first in all {n} variants", plain(name))
        }
        Some(name) => {
            format!("{} stays first in {} of {n} variants{others}", plain(name), robust.stayed)
        }
        None => format!("nobody led; of {n} variants{others}"),
    };
    if robust.leader.is_some() && n > 0 {
        text.push_str(&format!(", and keeps the promise in {}", robust.kept));
    }
    match &robust.split {
        Some(split) => text.push_str(&format!("; flips {}", split_words(run, split))),
        None if robust.leader.is_some() && robust.stayed < n => {
            text.push_str("; no single difference tells where it flips");
        }
        None => {}
    }
    let invalid = u32::try_from(robust.variants.len()).unwrap_or(u32::MAX).saturating_sub(n);
    if invalid > 0 {
        text.push_str(&format!("; {invalid} more were invalid"));
    }
    text.push_str(&format!(". Varied: {}", varied(run, robust)));
    text
}

fn varied(run: &RunInfo, robust: &Robust) -> String {
    let range = robust.varied;
    let mut words = vec!["the seed".to_owned()];
    words.extend(range.latency.map(|most| {
        let tried = Some(tried(run, robust)).filter(|tried| !tried.is_empty());
        let tried =
            tried.map_or_else(String::new, |tried| format!(" (first tokens tried: {tried})"));
        format!("assumed latencies ±{}{tried}", percent(most))
    }));
    words.extend(range.starts_s.map(|most| format!("fault starts ±{}", clock(most))));
    words.extend(range.severity.map(|most| format!("severity ±{}", percent(most))));
    words.extend(without_degree(run, robust));
    words.join(", ")
}

/// Presets whose medians are told, at most.
const TRIED_MAX: usize = 4;

/// `OpenAI 316 ms to 584 ms, Azure …`: between which medians the variants looked, so that whoever asks for a value beyond
/// them knows that it was not tried.
fn tried(run: &RunInfo, robust: &Robust) -> String {
    let mut presets: IndexMap<&str, &DeploymentInfo> = IndexMap::new();
    for one in &run.deployments {
        if let Some(assumed) = &one.assumed {
            presets.entry(&assumed.preset).or_insert(one);
        }
    }
    let valid = || robust.variants.iter().filter(|one| one.validity == ValidityVerdict::Valid);
    let range = |(preset, one): (&str, &DeploymentInfo)| {
        let p50_ms = one.assumed.as_ref()?.ttft_p50_ns as f64 / 1e6;
        let factors = || valid().filter_map(|one| one.latency.get(preset).copied());
        let (least, most) = (factors().reduce(f64::min)?, factors().reduce(f64::max)?);
        let name = vendor(one.provider);
        Some(format!("{name} {} to {}", millis(p50_ms * least), millis(p50_ms * most)))
    };
    let told: Vec<String> = presets.into_iter().filter_map(range).collect();
    let more = told.len().saturating_sub(TRIED_MAX);
    let mut shown = told[..told.len() - more].join(", ");
    if more > 0 {
        shown.push_str(&format!(", {more} more in robust.json"));
    }
    shown
}

/// Faults that are told by name, at most.
const NAMED_MAX: usize = 3;

/// `f1 and f3 are complete and have no degree`; nothing where all have one, or were drawn by the seed.
fn without_degree(run: &RunInfo, robust: &Robust) -> Option<String> {
    let drawn = &robust.variants.first()?.severity;
    let written = run.faults.iter().filter(|fault| fault.origin.is_none());
    let complete = written.filter(|fault| !drawn.contains_key(&fault.id));
    let names: Vec<String> = complete.map(|fault| plain(&fault.id)).collect();
    match &names[..] {
        [] => None,
        [only] => Some(format!("{only} is complete and has no degree")),
        [first @ .., last] if names.len() <= NAMED_MAX => {
            Some(format!("{} and {last} are complete and have no degree", first.join(", ")))
        }
        more => Some(format!("{} faults are complete and have no degree", more.len())),
    }
}

fn split_words(run: &RunInfo, split: &Split) -> String {
    let first_token = |preset: &str| format!("{} first token", possessive(run, preset));
    let p50 = |preset: &str, factor: f64| {
        let one = run.deployments.iter().find(|one| assumes(one, preset));
        let assumed = one.and_then(|one| one.assumed.as_ref());
        millis(assumed.map_or(0.0, |assumed| assumed.ttft_p50_ns as f64 / 1e6 * factor))
    };
    let start = |fault: &str, by_s: f64| {
        let fault = run.faults.iter().find(|one| one.id == fault);
        clock(fault.map_or(by_s, |one| one.from_ns as f64 / 1e9 + by_s).round())
    };
    let harder = |factor: f64| percent((factor * 100.0).round() / 100.0);
    let what = match &split.by {
        SplitBy::SlowerThan { slower, other } => {
            format!("{} is slower than {}", first_token(slower), possessive(run, other))
        }
        SplitBy::LatencyAbove { preset, factor } => {
            format!(
                "{} takes longer than {} at the median",
                first_token(preset),
                p50(preset, *factor)
            )
        }
        SplitBy::LatencyBelow { preset, factor } => {
            format!(
                "{} takes less than {} at the median",
                first_token(preset),
                p50(preset, *factor)
            )
        }
        SplitBy::StartsLater { fault, by_s } => {
            format!("{} starts after {}", plain(fault), start(fault, *by_s))
        }
        SplitBy::StartsEarlier { fault, by_s } => {
            format!("{} starts before {}", plain(fault), start(fault, *by_s))
        }
        SplitBy::Harder { fault, factor } => {
            format!("{} hits harder than {} of what is written", plain(fault), harder(*factor))
        }
        SplitBy::Milder { fault, factor } => {
            format!("{} hits less hard than {} of what is written", plain(fault), harder(*factor))
        }
    };
    format!(
        "where {what} (so in {} of the {} that flipped, in {} of the {} others)",
        split.turned_with, split.turned, split.stayed_with, split.stayed
    )
}

/// `OpenAI's`: whose latency a preset stands for.
fn possessive(run: &RunInfo, preset: &str) -> String {
    let one = run.deployments.iter().find(|one| assumes(one, preset));
    one.map_or_else(|| plain(preset), |one| format!("{}'s", vendor(one.provider)))
}

/// A provider's name as it writes it.
const fn vendor(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::OpenAi => "OpenAI",
        Protocol::Azure => "Azure",
        Protocol::Anthropic => "Anthropic",
        Protocol::Gemini => "Gemini",
        Protocol::Bedrock => "Bedrock",
        Protocol::Ollama => "Ollama",
    }
}
