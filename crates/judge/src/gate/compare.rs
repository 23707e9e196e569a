//! Base against proposed: what is better, what is worse, and on how many seeds. The unit is the seed, never the request.
//!
//! ADR 16 has the rules and their reasons: a margin must be exceeded on at least four of five seeds (as a share of
//! whatever number there is), a promise is newly broken if more than half of the seeds break it that kept it, net of those
//! that keep it now.

use plan::GateRules;
use record::slo::Metric;
use reports::report::{
    GateReason, GateSeed, GateSide, GateSort, GateVerdict, Measured, NoData, SloResult,
};

use super::played::Side;

/// Differences smaller than this are rounding.
const EPSILON: f64 = 1e-9;

/// Both configs with one seed.
pub(super) struct Pair {
    pub(super) seed: u64,
    pub(super) base: Side,
    pub(super) proposed: Side,
    /// The first request that only the base answers well.
    pub(super) lost: Option<u64>,
}

impl Pair {
    /// How much a look at this seed tells: good answers lost or won, then attempts.
    pub(super) fn telling(&self) -> (u64, u64) {
        let (base, proposed) = (&self.base.contender, &self.proposed.contender);
        let attempts = |side: &Side| side.contender.attempts.known().unwrap_or(0);
        (base.good.abs_diff(proposed.good), attempts(&self.base).abs_diff(attempts(&self.proposed)))
    }

    fn is_identical(&self) -> bool {
        self.base.tables.is_some() && self.base.tables == self.proposed.tables
    }

    /// As `gate.json` has it.
    pub(super) fn written(&self) -> GateSeed {
        let Self { seed, base, proposed, .. } = self;
        GateSeed {
            seed: *seed,
            identical: self.is_identical(),
            base: written(base),
            proposed: written(proposed),
        }
    }
}

pub(crate) fn written(side: &Side) -> GateSide {
    let Side { contender, recover_s, tested, invalid, .. } = side;
    GateSide {
        offered: contender.offered,
        good: contender.good,
        succeeded: contender.succeeded,
        goodput: contender.goodput,
        recover_s: *recover_s,
        cost_per_1k_good_usd: contender.cost_per_1k_good_usd,
        attempts: contender.attempts,
        tested: *tested,
        slo: contender.slo.clone(),
        invalid: invalid.clone(),
    }
}

/// The verdict on a scenario, and why.
pub(super) fn compared(
    pairs: &[Pair],
    rules: &GateRules,
    has_faults: bool,
) -> (GateVerdict, Vec<GateReason>) {
    let mut reasons = Vec::new();
    reasons.extend(invalid(pairs));
    if reasons.is_empty() && pairs.iter().all(Pair::is_identical) {
        reasons.extend(silent(pairs));
        let untested = has_faults && met_nothing(pairs);
        let verdict = match (untested, reasons.is_empty()) {
            (true, _) => GateVerdict::Untested,
            (false, true) => GateVerdict::Same,
            (false, false) => GateVerdict::NoData,
        };
        reasons.extend(untested.then(no_fault));
        return (verdict, reasons);
    }
    if reasons.is_empty() {
        reasons.extend(silent(pairs));
        reasons.extend(promises(pairs));
        reasons.extend(unpriced(pairs));
        reasons.extend(margins(pairs, rules));
    }
    reasons.sort_by_key(|reason| reason.sort);
    let has = |sort: GateSort| reasons.iter().any(|reason| reason.sort == sort);
    let verdict = if has(GateSort::Worse) {
        GateVerdict::Worse
    } else if has(GateSort::NoData) {
        GateVerdict::NoData
    } else if has_faults && met_nothing(pairs) {
        reasons.push(no_fault());
        GateVerdict::Untested
    } else if has(GateSort::Better) {
        GateVerdict::Better
    } else {
        GateVerdict::Changed
    };
    if verdict == GateVerdict::Changed {
        reasons.push(moved(pairs));
    }
    (verdict, reasons)
}

/// Seeds that a margin must be exceeded on: four of five.
fn most(seeds: usize) -> usize {
    (seeds * 4).div_ceil(5)
}

fn reason(metric: &str, sort: GateSort, text: String, seeds: usize) -> GateReason {
    let seeds = u32::try_from(seeds).unwrap_or(u32::MAX);
    GateReason { metric: metric.to_owned(), sort, text, seeds }
}

/// Whether no request met a fault, on any seed, under either config.
fn met_nothing(pairs: &[Pair]) -> bool {
    let met = |side: &Side| side.tested == Measured::Known(true);
    !pairs.iter().any(|pair| met(&pair.base) || met(&pair.proposed))
}

fn no_fault() -> GateReason {
    let text = "no request of either config met a fault: nothing was tested here; `--allow-untested`, or `gate: { on_untested: pass }` \
                in the scenario, lets it pass".to_owned();
    reason("tested", GateSort::Note, text, 0)
}

/// A measurement that is wrong judges nobody.
fn invalid(pairs: &[Pair]) -> Option<GateReason> {
    let mut wrong = pairs.iter().filter(|pair| {
        let of = |side: &Side| !side.invalid.is_empty() || side.contender.offered == 0;
        of(&pair.base) || of(&pair.proposed)
    });
    let first = wrong.next()?;
    let said = first.proposed.invalid.first().or(first.base.invalid.first());
    let said = said.map_or("no request was offered outside warm-up", String::as_str);
    let text = format!("seed {}: the measurement is invalid: {said}", first.seed);
    Some(reason("validity", GateSort::NoData, text, 1 + wrong.count()))
}

/// Promises of which nobody can tell whether they are kept.
fn silent(pairs: &[Pair]) -> Vec<GateReason> {
    let mut reasons: Vec<GateReason> = Vec::new();
    for (at, slo) in
        pairs.first().map_or(&[][..], |pair| &pair.base.contender.slo).iter().enumerate()
    {
        let without = |side: &Side| {
            let why = side.contender.slo.get(at).and_then(SloResult::no_data);
            why.filter(|why| *why != NoData::NotApplicable)
        };
        let why: Vec<NoData> = pairs
            .iter()
            .filter_map(|pair| without(&pair.proposed).or_else(|| without(&pair.base)))
            .collect();
        let Some(first) = why.first() else { continue };
        let because = match first {
            NoData::TooFew => "too few requests: let the scenario run longer",
            NoData::Unpriced => "a deployment has no price: set `price` in `deployments:`",
            NoData::NotObserved => "nobody recorded what would tell",
            NoData::Withheld => "the instrument's error could have moved it",
            NoData::NotApplicable => "the question does not arise",
        };
        let text = format!("no data on `{} {}`: {because}", name(slo), slo.slo.expr);
        reasons.push(reason(&name(slo), GateSort::NoData, text, why.len()));
    }
    reasons
}

fn name(slo: &SloResult) -> String {
    slo.metric().name().to_owned()
}

/// Promises that are broken now and were not, or the other way round.
fn promises(pairs: &[Pair]) -> Vec<GateReason> {
    let mut reasons = Vec::new();
    for (at, slo) in
        pairs.first().map_or(&[][..], |pair| &pair.base.contender.slo).iter().enumerate()
    {
        let pass = |side: &Side| side.contender.slo.get(at).and_then(SloResult::pass);
        let count = |base: bool, proposed: bool| {
            let is = |pair: &&Pair| {
                (pass(&pair.base), pass(&pair.proposed)) == (Some(base), Some(proposed))
            };
            pairs.iter().filter(is).count()
        };
        let (broke, mended) = (count(true, false), count(false, true));
        let half = pairs.len() / 2 + 1;
        let of = |number: usize| format!("on {number} of {} seeds", pairs.len());
        let promise = format!("`{} {}`", name(slo), slo.slo.expr);
        let turned = pairs.iter().find(|pair| {
            let both = (pass(&pair.base), pass(&pair.proposed));
            matches!(both, (Some(true), Some(false)))
                || broke == 0 && matches!(both, (Some(false), Some(true)))
        });
        let values = turned.map_or_else(String::new, |pair| values(pair, at, slo));
        let (sort, text) = if broke >= mended + half {
            (GateSort::Worse, format!("{promise} newly broken {}{values}", of(broke)))
        } else if mended >= broke + half {
            (GateSort::Better, format!("{promise} kept again {}{values}", of(mended)))
        } else if broke > 0 {
            (
                GateSort::Note,
                format!("{promise} newly broken {}, kept again on {mended}", of(broke)),
            )
        } else {
            let still = count(false, false);
            if still == 0 {
                continue;
            }
            (GateSort::Note, format!("{promise} broken by both {}", of(still)))
        };
        reasons.push(reason(&name(slo), sort, text, broke.max(mended)));
    }
    reasons
}

/// `: 99.8 % → 91.2 %`, of one seed.
fn values(pair: &Pair, at: usize, slo: &SloResult) -> String {
    let value = |side: &Side| {
        let value = side.contender.slo.get(at).map_or(Measured::NotApplicable, |one| one.value);
        reports::of_metric(slo.metric(), value, Some(slo.slo.bound))
    };
    format!(": {} → {} with seed {}", value(&pair.base), value(&pair.proposed), pair.seed)
}

/// The value in the middle, the worse of two; never is larger than any.
fn middle(values: impl Iterator<Item = Measured<f64>>) -> Option<Measured<f64>> {
    let number = |value: &Measured<f64>| value.known().unwrap_or(f64::INFINITY);
    let mut told: Vec<Measured<f64>> = values.filter(|value| !value.is_absent()).collect();
    told.sort_by(|a, b| number(a).total_cmp(&number(b)));
    told.get(told.len() / 2).copied()
}

/// One number that is compared within a margin.
struct Margin {
    metric: Metric,
    /// Of one side.
    of: fn(&Side) -> Measured<f64>,
    /// By how much the proposed one is worse, in the margin's unit; negative is better.
    worse_by: fn(f64, f64) -> f64,
    margin: f64,
    shown: String,
}

fn margins(pairs: &[Pair], rules: &GateRules) -> Vec<GateReason> {
    let all = [
        Margin {
            metric: Metric::Goodput,
            of: |side| side.contender.goodput,
            worse_by: |base, proposed| base - proposed,
            margin: rules.goodput,
            shown: format!("{} points", trimmed(rules.goodput * 100.0)),
        },
        Margin {
            metric: Metric::Recover,
            of: |side| side.recover_s,
            worse_by: |base, proposed| proposed - base,
            margin: rules.recover.as_secs_f64(),
            shown: format!("{} s", trimmed(rules.recover.as_secs_f64())),
        },
        Margin {
            metric: Metric::Cost,
            // Where nobody is answered there is nothing that has a cost.
            of: |side| match side.contender.good {
                0 => Measured::NotApplicable,
                _ => side.contender.cost_per_1k_good_usd,
            },
            worse_by: |base, proposed| if base > 0.0 { proposed / base - 1.0 } else { proposed },
            margin: rules.cost,
            shown: format!("{} %", trimmed(rules.cost * 100.0)),
        },
    ];
    all.iter().filter_map(|margin| within(pairs, margin)).collect()
}

fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What a number says; nothing where it stays within its margin on too many seeds.
fn within(pairs: &[Pair], margin: &Margin) -> Option<GateReason> {
    let by = |pair: &Pair| {
        let (base, proposed) = ((margin.of)(&pair.base), (margin.of)(&pair.proposed));
        match (base.is_absent() || proposed.is_absent(), base.known(), proposed.known()) {
            (true, _, _) | (false, None, None) => 0.0,
            (false, Some(base), Some(proposed)) => (margin.worse_by)(base, proposed),
            (false, Some(_), None) => f64::INFINITY,
            (false, None, Some(_)) => f64::NEG_INFINITY,
        }
    };
    let count = |beyond: &dyn Fn(f64) -> bool| pairs.iter().filter(|pair| beyond(by(pair))).count();
    let worse = count(&|by| by > margin.margin + EPSILON);
    let better = count(&|by| -by > margin.margin + EPSILON);
    let (sort, seeds) = match most(pairs.len()) {
        most if worse >= most => (GateSort::Worse, worse),
        most if better >= most => (GateSort::Better, better),
        _ if worse > 0 && worse > better => (GateSort::Note, worse),
        _ => return None,
    };
    // Of a difference on few seeds the largest is told, of one on most that in the middle.
    let largest = pairs.iter().max_by(|a, b| by(a).total_cmp(&by(b)));
    let show = |side: &dyn Fn(&Pair) -> Measured<f64>| {
        let value = match sort {
            GateSort::Note => largest.map(side),
            GateSort::Worse | GateSort::NoData | GateSort::Better => middle(pairs.iter().map(side)),
        };
        reports::of_metric(margin.metric, value.unwrap_or(Measured::NotApplicable), None)
    };
    let (base, proposed) =
        (show(&|pair| (margin.of)(&pair.base)), show(&|pair| (margin.of)(&pair.proposed)));
    let text = format!(
        "{} {base} → {proposed}, beyond {} on {seeds} of {} seeds",
        margin.metric.name(),
        margin.shown,
        pairs.len()
    );
    Some(reason(margin.metric.name(), sort, text, seeds))
}

/// A cost that the base has and the proposed config has not, since nobody knows a price.
fn unpriced(pairs: &[Pair]) -> Option<GateReason> {
    let is = |pair: &&Pair| {
        pair.base.contender.cost_per_1k_good_usd.known().is_some()
            && pair.proposed.contender.cost_per_1k_good_usd == Measured::Unpriced
    };
    let seeds = pairs.iter().filter(is).count();
    let text = "no data on the cost: a deployment of the proposed config has no price; set \
                `input_cost_per_token` and `output_cost_per_token`, or `price` in the scenario's `deployments:`";
    (seeds > 0).then(|| reason("cost", GateSort::NoData, text.to_owned(), seeds))
}

/// What differs though nothing is beyond a margin.
fn moved(pairs: &[Pair]) -> GateReason {
    let sum = |of: &dyn Fn(&Side) -> u64, side: &dyn Fn(&Pair) -> Side| -> u64 {
        pairs.iter().map(|pair| of(&side(pair))).sum()
    };
    let both = |of: &dyn Fn(&Side) -> u64| {
        (sum(of, &|pair| pair.base.clone()), sum(of, &|pair| pair.proposed.clone()))
    };
    let good = both(&|side| side.contender.good);
    let attempts = both(&|side| side.contender.attempts.known().unwrap_or(0));
    let seeds = pairs.iter().filter(|pair| !pair.is_identical()).count();
    let first_token = |side: &dyn Fn(&Pair) -> Side| {
        let value = middle(pairs.iter().map(|pair| side(pair).contender.ttft_ms.p90));
        reports::of_metric(Metric::Ttft, value.unwrap_or(Measured::NotApplicable), None)
    };
    let text = format!(
        "requests took other ways, nothing beyond a margin: {} → {} good answers, {} → {} attempts, 90 % of first \
         tokens within {} → {}",
        good.0,
        good.1,
        attempts.0,
        attempts.1,
        first_token(&|pair| pair.base.clone()),
        first_token(&|pair| pair.proposed.clone())
    );
    reason("requests", GateSort::Note, text, seeds)
}
