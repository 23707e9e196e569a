//! Several runs of one scenario, or of several: who leads on every seed?
//!
//! The unit is the run, never the request. A contender *wins* only with five seeds or more and the
//! same leader on all of them; with fewer it *led*. Where somebody else led on another seed the verdict is FRAGILE;
//! a seed on which nobody leads takes the winning away and no more.
//! Where nobody keeps the promise on most seeds, leading is no winning, and the line says so first.
//! One invalid run makes the whole series invalid: leaving it out would be choosing the data.

use indexmap::IndexMap;
use record::run::{Clock, ContenderKind, Personality, ProductInfo};
use record::slo::{Aggregate, Metric, Slo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{
    Basis, Contender, Measured, RunReport, SEEDS_TO_WIN, ValidityVerdict, Verdict,
};
use crate::words::contender::credentials;
use crate::words::promise::beside_its_bound;

/// Version of the shape.
pub const SERIES_SCHEMA: &str = "brownout.series/1";

/// One run to combine.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its directory, relative to that of the series.
    pub dir: String,
    /// Its numbers.
    pub report: RunReport,
}

/// `report.json` of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// [`SERIES_SCHEMA`].
    pub schema: String,
    /// One entry per scenario, in the order in which they were run.
    pub scenarios: Vec<ScenarioSeries>,
}

/// All seeds of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioSeries {
    /// Its name.
    pub scenario: String,
    /// The question that it asks.
    pub question: Option<String>,
    /// `virtual` or `wall`.
    pub clock: Clock,
    /// What is promised, as written: `success rate > 0.995`; empty where nothing is.
    pub promise: Vec<String>,
    /// Whether every run was valid.
    pub validity: ValidityVerdict,
    /// The leader on all seeds; `null` where it changes, or where somebody is equal.
    pub winner: Option<String>,
    /// Whether one leads on some seeds and another on others.
    pub fragile: bool,
    /// One sentence.
    pub line: String,
    /// Names by the number of seeds on which they led, then by mean rank; best first.
    pub ranking: Vec<String>,
    /// The same, to set numbers beside their bounds; not in the file.
    #[serde(skip)]
    pub(crate) slo: Vec<Slo>,
    /// The runs.
    pub runs: Vec<SeedResult>,
    /// Spread over the seeds, per contender in the order of the scenario.
    pub contenders: Vec<Spread>,
}

impl ScenarioSeries {
    /// Whether it says what failures cost.
    pub(crate) fn has_impact(&self) -> bool {
        self.contenders.iter().any(|spread| spread.impact_usd.is_some())
    }

    /// A number of its contenders beside the bound that is promised on it, if one is.
    pub(crate) fn beside(&self, (metric, aggregate): (Metric, Aggregate), value: f64) -> String {
        beside_its_bound(self.slo.iter(), (metric, aggregate), value)
    }

    /// The contenders best first; in the order of the scenario where nothing was ranked.
    pub(crate) fn ranked(&self) -> Vec<&Spread> {
        let place = |name: &str| self.ranking.iter().position(|other| other == name);
        let mut ranked: Vec<&Spread> = self.contenders.iter().collect();
        ranked.sort_by_key(|spread| place(&spread.name).unwrap_or(usize::MAX));
        ranked
    }
}

/// One run of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedResult {
    /// Its seed.
    pub seed: u64,
    /// Its directory, relative to that of the series.
    pub dir: String,
    /// Whether it was valid.
    pub validity: ValidityVerdict,
    /// Its leader.
    pub winner: Option<String>,
    /// Its ranking, best first.
    pub ranking: Vec<String>,
    /// Who kept the promise, and was tested.
    pub kept: Vec<String>,
    /// Who kept it without meeting a fault.
    pub untested: Vec<String>,
    /// Who broke no bound, and of whom one cannot be told.
    pub no_data: Vec<String>,
    /// The rule that decided.
    pub basis: Basis,
}

/// One contender over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ContenderKind,
    /// Its personality.
    pub personality: Personality,
    /// The product that it is; absent of all that are no products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductInfo>,
    /// Seeds on which it led.
    pub led: u64,
    /// Seeds on which it kept the promise.
    pub kept: u64,
    /// Mean place in the ranking, from 1.
    pub mean_rank: Option<f64>,
    /// Success rate.
    pub success_rate: Range,
    /// Goodput.
    pub goodput: Range,
    /// 99th percentile of the time to first token, in milliseconds.
    pub ttft_p99_ms: Range,
    /// US dollars per 1,000 good requests.
    pub cost_per_1k_good_usd: Range,
    /// US dollars that failures cost; absent where the scenario has no `impact:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact_usd: Option<Range>,
}

/// Smallest, middle (nearest rank) and largest over the seeds; `null` = never, or unknown, and
/// counts as the worst.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// Smallest.
    pub min: Option<f64>,
    /// Middle.
    pub median: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// Combines runs; those of one scenario need not be neighbours.
pub fn combine(runs: &[Run]) -> Series {
    let mut scenarios: IndexMap<&str, Vec<&Run>> = IndexMap::new();
    for run in runs {
        scenarios.entry(run.report.scenario.name.as_str()).or_default().push(run);
    }
    let scenarios =
        scenarios.into_iter().filter_map(|(name, runs)| scenario(name, &runs)).collect();
    Series { schema: SERIES_SCHEMA.to_owned(), scenarios }
}

/// The JSON schema of the series, as committed.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Series).to_value()
}

/// The runs of one scenario; `None` without any.
fn scenario(name: &str, runs: &[&Run]) -> Option<ScenarioSeries> {
    let first = &runs.first()?.report;
    let clock = first.scenario.clock;
    let promise = first.contenders.first().map_or(&[][..], |one| &one.slo);
    let slo: Vec<Slo> = promise.iter().map(|result| result.slo.clone()).collect();
    let valid = |run: &&Run| run.report.validity.verdict == ValidityVerdict::Valid;
    let all_valid = runs.iter().all(valid);
    let agreement = if all_valid { agreement(runs) } else { Agreement::Invalid };
    let winner = match &agreement {
        Agreement::All(name) => Some(*name),
        Agreement::Invalid | Agreement::Nobody | Agreement::Some | Agreement::Changing => None,
    };
    let contenders = spreads(runs);
    let mut ranked: Vec<&Spread> = if all_valid { contenders.iter().collect() } else { Vec::new() };
    let rank = |spread: &Spread| spread.mean_rank.unwrap_or(f64::INFINITY);
    ranked.sort_by(|a, b| b.led.cmp(&a.led).then(rank(a).total_cmp(&rank(b))));
    let ranking: Vec<String> = ranked.iter().map(|spread| spread.name.clone()).collect();
    Some(ScenarioSeries {
        scenario: name.to_owned(),
        question: first.scenario.question.clone(),
        clock,
        promise: slo.iter().map(ToString::to_string).collect(),
        validity: if all_valid { ValidityVerdict::Valid } else { ValidityVerdict::Invalid },
        winner: winner.map(str::to_owned),
        fragile: matches!(agreement, Agreement::Changing),
        line: line((runs, &slo), &ranked, &agreement),
        ranking,
        slo,
        runs: runs.iter().map(|run| seed_result(run)).collect(),
        contenders,
    })
}

/// How far the seeds agree on a leader.
enum Agreement<'a> {
    /// A run is invalid.
    Invalid,
    /// Nobody leads on any.
    Nobody,
    /// The same leads on all.
    All(&'a str),
    /// The same leads on some, and nobody on the others.
    Some,
    /// One leads here and another there.
    Changing,
}

fn agreement<'a>(runs: &[&'a Run]) -> Agreement<'a> {
    let winners = || runs.iter().filter_map(|run| run.report.verdict.winner.as_deref());
    let Some(first) = winners().next() else { return Agreement::Nobody };
    match winners().all(|other| other == first) {
        true if winners().count() == runs.len() => Agreement::All(first),
        true => Agreement::Some,
        false => Agreement::Changing,
    }
}

fn line((runs, slo): (&[&Run], &[Slo]), ranked: &[&Spread], agreement: &Agreement<'_>) -> String {
    let seeds: Vec<String> = runs.iter().map(|run| run.report.scenario.seed.to_string()).collect();
    let (n, seeds) = (seeds.len(), seeds.join(", "));
    let Some(first) = ranked.first() else {
        let bad = runs.iter().filter(|r| r.report.validity.verdict == ValidityVerdict::Invalid);
        let bad: Vec<String> = bad.map(|run| run.report.scenario.seed.to_string()).collect();
        return format!("no verdict: invalid on seed {}", bad.join(", "));
    };
    let who = format!(
        "{} ({})",
        first.name,
        credentials(first.kind, &first.personality, first.product.as_ref())
    );
    let rate = median(slo, &first.success_rate, (Metric::Success, "success"));
    let kept = format!("kept the promise on {} of {n}", first.kept);
    let unkept = unkept(runs);
    match agreement {
        Agreement::Invalid => "no verdict".to_owned(),
        // Who is alone beats nobody: it neither leads nor wins.
        Agreement::Nobody | Agreement::All(_) | Agreement::Some | Agreement::Changing
            if ranked.len() == 1 =>
        {
            alone(runs, first, &rate)
        }
        Agreement::Nobody if n == 1 => {
            format!("nobody leads on seed {seeds}: {}", leaderless(runs))
        }
        Agreement::Nobody => {
            format!("nobody leads on any of {n} seeds ({seeds}): {}", leaderless(runs))
        }
        Agreement::All(_) if unkept.is_some() => {
            let on = if n == 1 { format!("seed {seeds}") } else { format!("all {n} seeds") };
            let goodput = median(slo, &first.goodput, (Metric::Goodput, "goodput"));
            format!("{}; {who} led on {on}{goodput}{rate}", unkept.unwrap_or_default())
        }
        Agreement::All(_) if n >= SEEDS_TO_WIN => {
            format!("{who} wins on all {n} seeds: {kept}{rate}")
        }
        Agreement::All(_) if n == 1 => format!("{who} led on seed {seeds}: {kept}{rate}"),
        Agreement::All(_) => format!(
            "{who} led on seeds {seeds}: {kept}{rate}; {SEEDS_TO_WIN} seeds are needed to win"
        ),
        Agreement::Some => {
            let unkept = unkept.map_or_else(String::new, |unkept| format!("{unkept}; "));
            format!(
                "{unkept}{who} led on {} of {n}, {}: {kept}{rate}; nobody else led",
                first.led,
                leaderless(runs)
            )
        }
        Agreement::Changing => {
            let led = ranked.iter().filter(|spread| spread.led > 0);
            let mut led: Vec<String> =
                led.map(|spread| format!("{} on {}", spread.name, spread.led)).collect();
            led.extend(Some(leaderless(runs)).filter(|text| !text.is_empty()));
            let unkept = unkept.map_or_else(String::new, |unkept| format!("; {unkept}"));
            format!("FRAGILE: the leader changes between {n} seeds ({}){unkept}", led.join(", "))
        }
    }
}

fn median(slo: &[Slo], range: &Range, (metric, what): (Metric, &str)) -> String {
    let share = range.median;
    let share = share.map(|share| beside_its_bound(slo.iter(), (metric, Aggregate::Rate), share));
    share.map_or_else(String::new, |share| format!(", median {what} {share}"))
}

/// What is to be said of one contender by itself: `config (built-in) kept the promise on 4 of 5 seeds, untested on 1`.
fn alone(runs: &[&Run], only: &Spread, rate: &str) -> String {
    let who = format!(
        "{} ({})",
        only.name,
        credentials(only.kind, &only.personality, only.product.as_ref())
    );
    let n = runs.len();
    let on = match (n, runs.first()) {
        (1, Some(run)) => format!("seed {}", run.report.scenario.seed),
        _ => format!("{n} seeds"),
    };
    if nothing_promised(runs) {
        return format!("no promise given; {who} on {on}{rate}");
    }
    let number = |of: fn(&Verdict) -> &Vec<String>| {
        runs.iter().filter(|run| !of(&run.report.verdict).is_empty()).count()
    };
    let (kept, untested, no_data) =
        (number(|v| &v.kept), number(|v| &v.untested), number(|v| &v.no_data));
    let others = [(untested, "kept it untested"), (no_data, "has no data")];
    let others = others.into_iter().filter(|(number, _)| *number > 0);
    let others: String = others.map(|(number, what)| format!(", {what} on {number}")).collect();
    format!("{who} kept the promise on {kept} of {on}{others}{rate}")
}

/// Whether nobody promised anything.
fn nothing_promised(runs: &[&Run]) -> bool {
    runs.iter().all(|run| run.report.contenders.iter().all(|one| one.slo.is_empty()))
}

/// Why nobody leads where nobody does: `equal on 3`, `only untested keepers on 1`; where it is so on all seeds, in a
/// clause of its own. Empty where somebody always leads.
fn leaderless(runs: &[&Run]) -> String {
    let with = |basis: Basis| runs.iter().filter(|run| run.report.verdict.basis == basis).count();
    let reasons = [
        (with(Basis::Equal), "the first two are equal", "equal"),
        (
            with(Basis::OnlyUntested),
            "those who kept the promise met no fault",
            "only untested keepers",
        ),
        (with(Basis::Withheld), "what would rank them is withheld", "withheld"),
    ];
    if let Some((_, always, _)) = reasons.iter().find(|(number, ..)| *number == runs.len()) {
        return (*always).to_owned();
    }
    let told = reasons.iter().filter(|(number, ..)| *number > 0);
    told.map(|(number, _, what)| format!("{what} on {number}")).collect::<Vec<_>>().join(", ")
}

/// That nobody keeps the promise, where that is so on most seeds: then leading is no winning.
fn unkept(runs: &[&Run]) -> Option<String> {
    let promised = !nothing_promised(runs);
    let n = runs.len();
    let without: Vec<_> =
        runs.iter().map(|run| &run.report.verdict).filter(|v| v.kept.is_empty()).collect();
    let nobody = if without.iter().any(|verdict| !verdict.untested.is_empty()) {
        "nobody who met a fault keeps the promise"
    } else if without.iter().any(|verdict| !verdict.no_data.is_empty()) {
        "nobody is known to keep the promise"
    } else {
        "nobody keeps the promise"
    };
    match (promised, without.len()) {
        (false, _) => Some("no promise given".to_owned()),
        (true, without) if without == n => Some(nobody.to_owned()),
        (true, without) if 2 * without > n => Some(format!("{nobody} on {without} of {n} seeds")),
        (true, _) => None,
    }
}

fn seed_result(run: &Run) -> SeedResult {
    let verdict = &run.report.verdict;
    SeedResult {
        seed: run.report.scenario.seed,
        dir: run.dir.clone(),
        validity: run.report.validity.verdict,
        winner: verdict.winner.clone(),
        ranking: verdict.ranking.clone(),
        kept: verdict.kept.clone(),
        untested: verdict.untested.clone(),
        no_data: verdict.no_data.clone(),
        basis: verdict.basis,
    }
}

fn spreads(runs: &[&Run]) -> Vec<Spread> {
    let mut by_name: IndexMap<&str, Vec<(&Run, &Contender)>> = IndexMap::new();
    for run in runs {
        for contender in &run.report.contenders {
            by_name.entry(contender.name.as_str()).or_default().push((*run, contender));
        }
    }
    by_name.into_iter().filter_map(|(name, seen)| spread(name, &seen)).collect()
}

/// What was seen of one contender; `None` if nothing was.
fn spread(name: &str, seen: &[(&Run, &Contender)]) -> Option<Spread> {
    let (_, first) = seen.first()?;
    let count = |holds: &dyn Fn(&RunReport) -> bool| {
        seen.iter().filter(|(run, _)| holds(&run.report)).count() as u64
    };
    let places: Vec<f64> = seen
        .iter()
        .filter_map(|(run, _)| run.report.verdict.ranking.iter().position(|other| other == name))
        .map(|at| at as f64 + 1.0)
        .collect();
    let values = |of: fn(&Contender) -> Measured<f64>| seen.iter().map(move |(_, c)| of(c).known());
    Some(Spread {
        name: name.to_owned(),
        kind: first.kind,
        personality: first.personality.clone(),
        product: first.product.clone(),
        led: count(&|report| report.verdict.winner.as_deref() == Some(name)),
        kept: count(&|report| report.verdict.kept.iter().any(|kept| kept == name)),
        mean_rank: (!places.is_empty()).then(|| places.iter().sum::<f64>() / places.len() as f64),
        success_rate: range(values(|c| c.success_rate), f64::NEG_INFINITY),
        goodput: range(values(|c| c.goodput), f64::NEG_INFINITY),
        ttft_p99_ms: range(values(|c| c.ttft_ms.p99), f64::INFINITY),
        cost_per_1k_good_usd: range(values(|c| c.cost_per_1k_good_usd), f64::INFINITY),
        impact_usd: first.has_impact().then(|| range(values(|c| c.impact_usd), f64::INFINITY)),
    })
}

/// `worst` stands for `null` while sorting.
fn range(values: impl Iterator<Item = Option<f64>>, worst: f64) -> Range {
    let mut sorted: Vec<f64> = values.map(|value| value.unwrap_or(worst)).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |position: usize| sorted.get(position).copied().filter(|value| value.is_finite());
    Range {
        min: at(0),
        median: at(sorted.len().div_ceil(2).saturating_sub(1)),
        max: at(sorted.len().saturating_sub(1)),
    }
}
