//! Random incidents: an on/off process per deployment, region or provider, whose times up and down
//! are log-normal, expanded into concrete windows before anything runs.
//!
//! Every draw is keyed by (seed, entry, process, number of the incident), so neither another entry
//! nor a longer schedule moves an incident. What an incident looks like depends on what it hits: a
//! deployment fails in one way; a region loses its DNS first and its connections later (AWS,
//! 20 October 2025); a provider rises and recovers model by model (OpenAI, 11 December 2024).

use std::collections::BTreeMap;
use std::time::Duration;

use fake_providers::config::{When, Window};
use record::run::OriginInfo;
use vocab::{At, Draw, Lognormal};

use super::draft::Draft;
use super::entry::{Expanded, Setting, WINDOWS_MAX, conditions, positions, whole_ms};
use super::mix::{Happening, Mix};
use super::published::Fit;
use super::unmet;
use crate::resolve::compress::TypicalOutage;
use crate::resolve::fleet::Fleet;
use crate::resolve::instants::instant;
use crate::resolve::timeline::incidents_of;
use crate::resolve::traffic;
use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Value as Written};
use crate::text::raw::{Each, ModelParams, Random, Sojourn};
use crate::text::read::{Spot, read};
use crate::text::spelling::{rounded, seconds, three_digits};

/// Shares that a partial incident hits. The data say "partial" and not how much: ours.
const PARTIAL: (f64, f64) = (0.1, 0.6);
/// Part of an outage of a provider after which its first model is back, and of its rise and fall:
/// 11 December 2024 was substantially over after 140 of 262 minutes, and rose over 3 to 30.
const PROVIDER: (f64, f64) = (0.53, 0.05);
/// Parts of an outage of a region: until DNS is back, and from when connections fail: 20 October
/// 2025, of 861 minutes the first 172, and the last 519.
const REGION: (f64, f64) = (0.2, 0.4);
/// Share of connections that fail in a region's second phase. Ours.
const REGION_CONNECTS: f64 = 0.5;
/// Bounds of a median and a sigma that somebody writes: a second to ten years, and wider than any fit.
const MEDIAN: (Duration, Duration) =
    (Duration::from_secs(1), Duration::from_secs(10 * 365 * 86_400));
const SIGMA_MAX: f64 = 4.0;

/// Expands an entry.
///
/// # Errors
/// The first mistake in it.
pub(crate) fn incidents(setting: &Setting<'_>, item: &Node, id: &str) -> Result<Expanded, Problem> {
    let text: Random = read(item)?;
    let model = model(item.get("random").unwrap_or(item))?;
    let mix = item.get("inject").map(Mix::read).transpose()?.unwrap_or_default();
    let hit = positions(setting, &text.target, id, text.optional)?;
    if hit.is_empty() {
        return Ok(Expanded::nothing(id, &text.target.value));
    }
    let span = span(setting, &text)?;
    let at = text.at.as_ref().map_or(item.at, |at| at.at);
    if let Some(note) = unmet::check(id, setting, span, (at, text.optional))? {
        return Ok(Expanded { note, ..Expanded::default() });
    }
    let when = conditions(id, setting, text.when, span)?;
    let entry = IncidentEntry {
        setting,
        id,
        model: &model,
        mix: &mix,
        when,
        share: text.share.map(|_| unmet::share(id, text.share, item)).transpose()?,
    };
    let mut drafts: Vec<Draft> = Vec::new();
    let mut shortest: Option<TypicalOutage> = None;
    let mut fits: Vec<&'static str> = Vec::new();
    for process in processes(setting.targets.fleet, &text, &hit) {
        let (fit, outage, gap) = model.sojourns(setting.targets.fleet, &process);
        if !fits.contains(&fit) {
            fits.push(fit);
        }
        let typical = Duration::from_secs_f64(outage.median * 60.0);
        let hangs = mix.hangs();
        let least = shortest.as_ref().is_none_or(|shortest| typical < shortest.length);
        if least {
            shortest = Some(TypicalOutage { entry: id.to_owned(), length: typical, hangs });
        }
        for (number, start, end) in entry.times(&process, span, (outage, gap)) {
            drafts.extend(entry.windows(&process, number, (start, end)));
        }
        if drafts.len() > WINDOWS_MAX {
            return Err(too_many(id, setting, item));
        }
    }
    drafts.sort_by_key(|draft| (draft.window.from, draft.window.to));
    for (number, draft) in (1u32..).zip(&mut drafts) {
        draft.id = format!("{id}.{number}");
    }
    let note = note(&entry, &drafts, &fits.join(", "), (span, &text.target.value));
    Ok(Expanded { drafts, note, typical_outage: shortest, compress: None })
}

/// One entry while it is expanded.
struct IncidentEntry<'e> {
    setting: &'e Setting<'e>,
    id: &'e str,
    model: &'e Model,
    mix: &'e Mix,
    when: When,
    share: Option<f64>,
}

/// What fails together.
#[derive(Clone, Debug)]
struct Process {
    /// Key of its luck, and its name in reports: `region:westus`, a deployment's id.
    name: String,
    kind: Kind,
    positions: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Deployment,
    Region,
    Provider,
}

/// The processes of an entry, in the order of the config.
fn processes(fleet: &Fleet, text: &Random, hit: &[usize]) -> Vec<Process> {
    let target = text.target.value.trim();
    let (word, _) = target.split_once(':').unwrap_or((target, ""));
    let kind = match word {
        "region" | "region-of" => Kind::Region,
        "provider" | "provider-of" | "all" => Kind::Provider,
        _ => Kind::Deployment,
    };
    let each = text.each.unwrap_or(match kind {
        Kind::Region | Kind::Provider => Each::Target,
        Kind::Deployment => Each::Deployment,
    });
    let key = |at: usize| {
        let member = &fleet.members[at];
        match each {
            Each::Deployment => (member.id.to_string(), Kind::Deployment),
            Each::Region => (format!("region:{}", member.region), Kind::Region),
            Each::Provider => (format!("provider:{}", member.vendor), Kind::Provider),
            Each::Target => (target.to_owned(), kind),
        }
    };
    let mut processes: Vec<Process> = Vec::new();
    for &at in hit {
        let (name, kind) = key(at);
        match processes.iter_mut().find(|process| process.name == name) {
            Some(process) => process.positions.push(at),
            None => processes.push(Process { name, kind, positions: vec![at] }),
        }
    }
    processes
}

/// When incidents may start, and when all have ended.
fn span(setting: &Setting<'_>, text: &Random) -> Result<(At, At), Problem> {
    let from = match &text.at {
        Some(at) => instant(at, setting.phases)?,
        None => traffic::measured_from(setting.phases),
    };
    let to = match &text.length {
        Some(length) => from.plus(length.value.0),
        None => traffic::end(setting.played),
    };
    Ok((from, to))
}

impl IncidentEntry<'_> {
    fn draw(&self, purpose: &str, process: &Process, number: u32) -> Draw {
        let seed = self.setting.targets.seed;
        seed.draw(purpose).of(self.id).of(&process.name).n(u64::from(number))
    }

    /// Number, start and end of every incident of a process; one more than may be at most.
    fn times(
        &self,
        process: &Process,
        (from, to): (At, At),
        (outage, gap): (Lognormal, Lognormal),
    ) -> Vec<(u32, At, At)> {
        let factors = self.setting.compress.factors;
        let mut times = Vec::new();
        let mut at = from;
        for number in 1..=WINDOWS_MAX as u32 + 1 {
            let hours = gap.sample(&self.draw("incident gap", process, number));
            let minutes = outage.sample(&self.draw("incident outage", process, number));
            at = at.plus(whole_ms(bounded(hours * 3600.0 / factors.gaps)));
            if at >= to {
                break;
            }
            let end = at.plus(whole_ms(bounded(minutes * 60.0 / factors.outages))).min(to);
            times.push((number, at, end));
            at = end;
        }
        times
    }

    /// The windows of one incident; their ids are given later.
    fn windows(&self, process: &Process, number: u32, (from, to): (At, At)) -> Vec<Draft> {
        let length = to.since(from);
        let after = |part: f64| from.plus(whole_ms(length.mul_f64(part))).min(to);
        let own = |part, positions: Vec<usize>, (from, to), ramp| {
            let happening = self.happening(process, number);
            let share = self.impact(process, number);
            self.draft((process, number, part), positions, (happening, share), (from, to, ramp))
        };
        match process.kind {
            Kind::Deployment => {
                vec![own(None, process.positions.clone(), (from, to), Duration::ZERO)]
            }
            Kind::Region if self.mix.is_default() => {
                let (dns, connects) = (after(REGION.0), after(REGION.1));
                let all = || process.positions.clone();
                let phase = |part: &str, happening, (from, to), share| {
                    let times = (from, to, Duration::ZERO);
                    let part = Some(part.to_owned());
                    self.draft((process, number, part), all(), (happening, share), times)
                };
                let share = self.share.unwrap_or(REGION_CONNECTS);
                vec![
                    phase("dns", Happening::dns(), (from, dns), self.share.unwrap_or(1.0)),
                    phase("connect", Happening::connect(), (connects, to), share),
                ]
            }
            Kind::Region => vec![own(None, process.positions.clone(), (from, to), Duration::ZERO)],
            Kind::Provider => {
                let models = self.models(process, number);
                let last = models.len().saturating_sub(1).max(1) as f64;
                let staggered = models.len() > 1;
                let each = models.into_iter().enumerate().map(|(at, (model, positions))| {
                    let part = PROVIDER.0 + (1.0 - PROVIDER.0) * at as f64 / last;
                    let end = if staggered { after(part) } else { to };
                    let ramp = whole_ms(end.since(from).mul_f64(PROVIDER.1));
                    let part = staggered.then(|| format!("model {model}"));
                    own(part, positions, (from, end), ramp)
                });
                each.collect()
            }
        }
    }

    fn draft(
        &self,
        (process, incident, part): (&Process, u32, Option<String>),
        positions: Vec<usize>,
        (happening, share): (Happening, f64),
        (from, to, ramp): (At, At, Duration),
    ) -> Draft {
        // An incident that was cut off may be too short for its ramps.
        let to = to.max(from.plus(whole_ms(Duration::ZERO)));
        Draft {
            id: String::new(),
            entry: happening.entry,
            params: happening.params,
            target: process.name.clone(),
            positions,
            favourite: None,
            window: Window { from, to, ramp: ramp.min(to.since(from) / 2) },
            share,
            when: self.when,
            origin: Some(OriginInfo {
                entry: self.id.to_owned(),
                summary: "incident-model".to_owned(),
                process: process.name.clone(),
                incident,
                part,
            }),
        }
    }

    fn happening(&self, process: &Process, number: u32) -> Happening {
        let members = &self.setting.targets.fleet.members;
        let protocols: Vec<_> = process.positions.iter().map(|at| members[*at].protocol).collect();
        self.mix.pick(self.draw("incident kind", process, number).unit(), &protocols)
    }

    /// Share of attempts that an incident hits.
    fn impact(&self, process: &Process, number: u32) -> f64 {
        let draw = self.draw("incident impact", process, number);
        let major = self.model.fit(self.setting.targets.fleet, process).major;
        self.share.unwrap_or_else(|| {
            if draw.unit() < major {
                return 1.0;
            }
            let (least, most) = PARTIAL;
            let share = least + (most - least) * draw.n(1).unit();
            // Whole per cents read better and change nothing.
            (share * 100.0).round() / 100.0
        })
    }

    /// The models of a process in the order in which they recover, drawn anew for each incident.
    fn models(&self, process: &Process, number: u32) -> Vec<(String, Vec<usize>)> {
        let mut models: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for &at in &process.positions {
            let member = &self.setting.targets.fleet.members[at];
            models.entry(member.model.to_string()).or_default().push(at);
        }
        let mut models: Vec<_> = models.into_iter().collect();
        let draw = self.draw("incident recovery", process, number);
        models.sort_by_key(|(model, _)| draw.clone().of(model).bits());
        models
    }
}

/// Seconds as a duration, at least a millisecond and at most a century.
fn bounded(seconds: f64) -> Duration {
    const LONGEST: f64 = 100.0 * 365.0 * 86_400.0;
    Duration::from_secs_f64(seconds.clamp(0.001, LONGEST))
}

/// The parameters of the model, checked.
#[derive(Clone, Copy, Debug, Default)]
struct Model {
    fit: Option<Fit>,
    minutes: Option<Lognormal>,
    hours: Option<Lognormal>,
}

impl Model {
    fn fit(&self, fleet: &Fleet, process: &Process) -> Fit {
        let vendor = |at: &usize| &*fleet.members[*at].vendor;
        let vendors: Vec<&str> = process.positions.iter().map(vendor).collect();
        self.fit.unwrap_or_else(|| Fit::of(&vendors))
    }

    /// The fit's name, outages in minutes and the calm in hours.
    fn sojourns(&self, fleet: &Fleet, process: &Process) -> (&'static str, Lognormal, Lognormal) {
        let fit = self.fit(fleet, process);
        let name =
            if self.minutes.is_some() && self.hours.is_some() { "your own" } else { fit.name };
        let (minutes, hours) = (self.minutes, self.hours);
        (name, minutes.unwrap_or(fit.minutes()), hours.unwrap_or(fit.hours()))
    }
}

/// Reads `random:`.
fn model(node: &Node) -> Result<Model, Problem> {
    const NAME: &str = "incident-model";
    let unknown = |name: &str, at| {
        Problem::new(format!("there is no random model called `{name}`"))
            .help(suggest(name, &[NAME], "models"))
            .at(at)
    };
    let params: ModelParams = match (&node.value, node.entries()) {
        (Written::Text(name), _) if name == NAME => ModelParams::default(),
        (Written::Text(name), _) => return Err(unknown(name, node.at)),
        (_, [(key, params)]) if key.name == NAME => read(params)?,
        (_, [(key, _)]) => return Err(unknown(&key.name, key.at)),
        _ => {
            return Err(Problem::new(format!("expected a random model, found {}", node.kind()))
                .help("write `random: incident-model`")
                .at(node.at));
        }
    };
    let fit = params.fit.map(|fit| {
        Fit::find(&fit.value).map_err(|help| {
            let message = format!("there is no fit called `{}`", fit.value);
            Problem::new(message).help(help).at(fit.at)
        })
    });
    let minutes = params.duration.map(|sojourn| lognormal(sojourn, 60.0)).transpose()?;
    let hours = params.gap.map(|sojourn| lognormal(sojourn, 3600.0)).transpose()?;
    Ok(Model { fit: fit.transpose()?, minutes, hours })
}

fn lognormal(text: Spot<Sojourn>, unit_s: f64) -> Result<Lognormal, Problem> {
    let Sojourn { median, sigma } = text.value;
    if !(MEDIAN.0..=MEDIAN.1).contains(&median.0) || !(0.0..=SIGMA_MAX).contains(&sigma) {
        let message = format!(
            "a median is between {} and {}, a sigma between 0 and {SIGMA_MAX}",
            three_digits(MEDIAN.0),
            three_digits(MEDIAN.1)
        );
        return Err(Problem::new(message).help("write { median: 75min, sigma: 1.2 }").at(text.at));
    }
    Ok(Lognormal { median: median.0.as_secs_f64() / unit_s, sigma })
}

fn too_many(id: &str, setting: &Setting<'_>, item: &Node) -> Problem {
    let message = format!(
        "{id} comes to more than {WINDOWS_MAX} windows (gaps compressed by {})",
        rounded(setting.compress.factors.gaps)
    );
    Problem::new(message).help("compress gaps less, or shorten the schedule").at(item.at)
}

/// What the entry came to, in one line.
fn note(
    entry: &IncidentEntry<'_>,
    drafts: &[Draft],
    fits: &str,
    ((from, to), target): ((At, At), &str),
) -> String {
    let incidents = incidents_of(drafts.iter().filter_map(|draft| draft.origin.as_ref()));
    let mut positions: Vec<usize> = drafts.iter().flat_map(|d| d.positions.clone()).collect();
    positions.sort_unstable();
    positions.dedup();
    let factors = entry.setting.compress.factors;
    format!(
        "{}: incident-model ({fits}) at {target}: {incidents} incidents in {} windows from {} to {}{}, \
         outages {} and gaps {} times shorter than in life",
        entry.id,
        drafts.len(),
        seconds(from.ns()),
        seconds(to.ns()),
        match entry.setting.targets.fleet.ids(&positions).join(", ") {
            ids if ids.is_empty() => String::new(),
            ids => format!(", on {ids}"),
        },
        rounded(factors.outages),
        rounded(factors.gaps),
    )
}
