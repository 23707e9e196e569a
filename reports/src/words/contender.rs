//! A contender in words: who it is, what it cost and wasted, and whom it rescued.

use std::collections::BTreeSet;

use record::run::{ContenderKind, FaultInfo, Personality, ProductInfo};
use record::slo::{Aggregate, Metric};
use record::{ParityScore, parity_of};

use super::figures::{NEVER, NOT_APPLICABLE, NOT_OBSERVED, WITHHELD, count, counted, percent, usd};
use super::promise::beside_own_bound;
use super::text::plain;
use crate::report::{Contender, GOODPUT_TIE, Measured, TIE_EPSILON};

/// A number of a contender: `show`n, or why there is none.
pub(crate) fn shown(
    contender: &Contender,
    value: Measured<f64>,
    show: impl Fn(f64) -> String,
) -> String {
    match value {
        _ if !contender.was_played() => "–".to_owned(),
        Measured::Known(value) => show(value),
        Measured::NotObserved => NOT_OBSERVED.to_owned(),
        Measured::Withheld => WITHHELD.to_owned(),
        Measured::Never | Measured::NotApplicable | Measured::TooFew | Measured::Unpriced => {
            NOT_APPLICABLE.to_owned()
        }
    }
}

/// Who a contender is: kind, personality and how many.
pub(crate) fn identity(contender: &Contender) -> Vec<String> {
    let kind = contender.kind;
    match kind {
        ContenderKind::Remote => return vec![format!("{kind}, somebody else's")],
        ContenderKind::Process => return vec![product_kind(contender)],
        ContenderKind::BuiltIn | ContenderKind::Emulated => {}
    }
    let mut pieces = match &contender.personality {
        Personality::None => vec![kind.to_string()],
        Personality::Unknown | Personality::Named(_) => {
            let personality = plain(contender.personality.word());
            match kind {
                // The engine is ours, so it says how far it was proved to be like the product.
                ContenderKind::Emulated => {
                    vec![emulated(&personality)]
                }
                ContenderKind::BuiltIn | ContenderKind::Process | ContenderKind::Remote => {
                    vec![kind.to_string(), personality]
                }
            }
        }
    };
    pieces.push(match contender.instances {
        1 => "1 instance".to_owned(),
        n => format!("{n} instances"),
    });
    pieces
}

/// Who a contender is, as short as it can be said: `emulated litellm-1.106`, `built-in brownout, 3 instances`.
pub(crate) fn brief_identity(contender: &Contender) -> String {
    let kind = contender.kind;
    let who = match &contender.personality {
        Personality::None | Personality::Unknown => kind.to_string(),
        Personality::Named(name) => format!("{kind} {}", plain(name)),
    };
    match contender.instances {
        _ if kind == ContenderKind::Remote => format!("{kind}, somebody else's"),
        _ if kind == ContenderKind::Process => product_kind(contender),
        1 => who,
        n => format!("{who}, {n} instances"),
    }
}

/// `process LiteLLM 1.106.2`: a product that the run started.
fn product_kind(contender: &Contender) -> String {
    let named = contender.product.as_ref().map(product);
    named.map_or_else(|| contender.kind.to_string(), |named| format!("{} {named}", contender.kind))
}

/// A product with its version: `litellm 1.106.2`.
pub(crate) fn product(product: &ProductInfo) -> String {
    let ProductInfo { name, version } = product;
    match version {
        Some(version) => format!("{} {}", plain(name), plain(version)),
        None => plain(name),
    }
}

/// What a verdict says of a contender behind its name: its kind, which product it is, and how far an emulation was proved
/// to be like its product: `built-in`, `process litellm 1.106.2`, `emulated, 231 of 240 parity cases`.
pub(crate) fn credentials(
    of: ContenderKind,
    personality: &Personality,
    named: Option<&ProductInfo>,
) -> String {
    match (of, named) {
        (ContenderKind::Emulated, None) => parity_of(personality.word())
            .map_or_else(|| format!("{of}, parity not measured"), ParityScore::said),
        (_, Some(named)) => format!("{of} {}", product(named)),
        (_, None) => of.to_string(),
    }
}

/// What a contender of several runs is, in short.
pub(crate) fn runs_as(
    of: ContenderKind,
    personality: &Personality,
    named: Option<&ProductInfo>,
) -> String {
    match named {
        Some(_) => credentials(of, personality, named),
        None => format!("{of}, {}", plain(personality.word())),
    }
}

/// An emulated personality and its score: `LiteLLM 1.106.2 (emulated, 231 of 240 parity cases)`.
fn emulated(personality: &str) -> String {
    match parity_of(personality) {
        Some(score) => format!("{} ({})", score.product, score.said()),
        None => format!("{personality} (emulated, parity not measured)"),
    }
}

/// What the emulations of a run have proved, and in which cases of its own faults they are known to differ from their
/// products; nothing where no contender is one.
pub(crate) fn parity<'a>(
    contenders: impl Iterator<Item = &'a Contender>,
    faults: &[FaultInfo],
) -> Option<String> {
    let emulations = contenders.filter(|contender| contender.kind == ContenderKind::Emulated);
    let names: BTreeSet<&str> = emulations.map(|one| one.personality.word()).collect();
    let kinds: BTreeSet<&str> = faults.iter().map(|fault| fault.kind.as_str()).collect();
    let said = names.into_iter().map(|name| match parity_of(name) {
        Some(score) => proved(score, &kinds),
        None => "emulated: plays another gateway's documented behaviour; parity is not measured"
            .to_owned(),
    });
    let said: BTreeSet<String> = said.collect();
    (!said.is_empty()).then(|| said.into_iter().collect::<Vec<_>>().join("; "))
}

/// One emulation's score, and its known deviations under faults of these kinds.
fn proved(score: &ParityScore, kinds: &BTreeSet<&str>) -> String {
    let ParityScore { product, agree, of, .. } = score;
    let known = kinds.iter().filter_map(|kind| {
        let cases = score.deviations.get(*kind)?;
        let shown = cases.iter().take(DEVIATIONS_SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
        let more = cases.len().saturating_sub(DEVIATIONS_SHOWN_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        Some(format!("{kind}: {shown}{more}"))
    });
    let known: Vec<String> = known.collect();
    let known = match known.is_empty() {
        true => "none of the others is about a fault of this run".to_owned(),
        false => format!("of this run's faults these differ: {}", known.join("; ")),
    };
    format!(
        "emulated: answers as {product} does in {agree} of {of} parity cases; {known} (docs/parity.md)"
    )
}

/// Cases of one kind of fault that are named.
const DEVIATIONS_SHOWN_MAX: usize = 3;

/// Share of the bill's tokens that bought nothing.
pub(crate) fn waste(contender: &Contender) -> Measured<f64> {
    let tokens = &contender.tokens;
    let billed = tokens.billed_in.and_then(|input| tokens.billed_out.map(|output| input + output));
    billed.and_then(|billed| match billed {
        0 => Measured::NotApplicable,
        _ => tokens.wasted.map(|wasted| wasted as f64 / billed as f64),
    })
}

/// Cost per 1,000 good answers, in words where there is none.
pub(crate) fn cost_per_1k(contender: &Contender) -> String {
    match contender.cost_per_1k_good_usd {
        _ if !contender.was_played() => "–".to_owned(),
        Measured::Known(cost) => beside_own_bound(contender, (Metric::Cost, Aggregate::Rate), cost),
        Measured::Never => NEVER.to_owned(),
        Measured::Unpriced => "no price".to_owned(),
        Measured::NotObserved => NOT_OBSERVED.to_owned(),
        Measured::Withheld => WITHHELD.to_owned(),
        Measured::NotApplicable | Measured::TooFew => NOT_APPLICABLE.to_owned(),
    }
}

/// Share of good answers; never rounded across a bound on it.
pub(crate) fn goodput(contender: &Contender) -> String {
    let beside = |share| beside_own_bound(contender, (Metric::Goodput, Aggregate::Rate), share);
    shown(contender, contender.goodput, beside)
}

/// What failures cost by the scenario's `impact:`.
pub(crate) fn impact(contender: &Contender) -> String {
    shown(contender, contender.impact_usd, usd)
}

/// `3 of 10 minutes bad`, and how many were not judged; nothing where the scenario has no `impact:`.
pub(crate) fn bad_minutes(contender: &Contender) -> Option<String> {
    let judged = contender.minutes_judged.known().filter(|_| contender.was_played())?;
    let bad = match contender.bad_minutes {
        Measured::Known(bad) => format!("{} of {} bad", count(bad), counted(judged, "minute")),
        Measured::Withheld => format!("which minutes were bad: {WITHHELD}"),
        Measured::Never
        | Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced => "no minute could be judged".to_owned(),
    };
    match contender.minutes_not_judged.known().unwrap_or(0) {
        0 => Some(bad),
        few => Some(format!("{bad}, {} not judged", count(few))),
    }
}

/// Share of the requests that met a fault and still succeeded, in words where there is none.
pub(crate) fn rescued(contender: &Contender) -> String {
    let none = Measured::Known(0);
    let met_none = contender.met_fault == none && contender.attempts_unattributed == none;
    match contender.rescued.known() {
        _ if !contender.was_played() => "–".to_owned(),
        Some(share) => percent(share),
        None if met_none => "met none".to_owned(),
        None => NOT_OBSERVED.to_owned(),
    }
}

/// `met none of the 3 faults`: whoever never asked the target in time was not tested by it.
pub(crate) fn met_none(contender: &Contender) -> Option<String> {
    contender.met_no_fault().then(|| match contender.faults_alone().count() {
        1 => "did not meet the fault".to_owned(),
        n => format!("met none of the {}", counted(n as u64, "fault")),
    })
}

/// Goodput of `direct` and of the best contender, where no gateway at all was better than all of them.
pub(crate) fn direct_is_better(
    direct: Option<&Contender>,
    contenders: &[&Contender],
) -> Option<(f64, f64)> {
    let direct = direct?.goodput.known()?;
    let best = contenders.iter().filter_map(|one| one.goodput.known()).reduce(f64::max)?;
    (direct - best >= GOODPUT_TIE - TIE_EPSILON).then_some((direct, best))
}
