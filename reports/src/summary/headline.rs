//! The verdict in plain words: what a reader who knows none of the terms takes away. The sentence with the terms
//! is `verdict`'s, and stands beside it.

use super::ranked;
use crate::Analysis;
use crate::report::{Basis, Contender, SEEDS_TO_WIN, Standing, ValidityVerdict};

/// The verdict in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headline {
    /// Who did what.
    pub(crate) claim: String,
    /// What to keep in mind about it.
    pub(crate) caveat: String,
}

/// Of one run.
pub(crate) fn headline(analysis: &Analysis) -> Headline {
    let report = &analysis.report;
    let ranked = ranked(analysis);
    let first = ranked.first();
    let Some(first) = first.filter(|_| report.validity.verdict == ValidityVerdict::Valid) else {
        return Headline {
            claim: "No verdict: this measurement cannot be trusted".to_owned(),
            caveat: "Nobody is ranked, and no number below is a comparison.".to_owned(),
        };
    };
    Headline { claim: claim(analysis, &ranked, first), caveat: caveat(analysis) }
}

fn claim(analysis: &Analysis, ranked: &[&Contender], first: &Contender) -> String {
    let verdict = &analysis.report.verdict;
    let (name, alone) = (&first.name, ranked.len() == 1);
    let keepers = verdict.kept.len();
    match verdict.basis {
        Basis::Invalid => "No verdict: this measurement cannot be trusted".to_owned(),
        Basis::Withheld => "Nobody leads: what would rank them is withheld".to_owned(),
        Basis::Equal => {
            let kept = match (first.slo.is_empty(), keepers) {
                (true, _) => "",
                (false, 0) => ", and nobody kept the promise",
                (false, _) => ", and kept the promise",
            };
            let second =
                ranked.get(1).map_or_else(String::new, |second| format!(" and {}", second.name));
            format!("Nobody leads: {name}{second} are equal{kept}")
        }
        Basis::NobodyKept if first.slo.is_empty() => format!("{name} gave the most good answers"),
        Basis::NobodyKept if alone && first.standing() == Standing::NoData => {
            format!("Whether {name} kept the promise cannot be told")
        }
        Basis::NobodyKept if alone => format!("{name} broke the promise"),
        Basis::NobodyKept if !verdict.no_data.is_empty() => {
            format!("Nobody is known to have kept the promise; {name} came closest")
        }
        Basis::NobodyKept => format!("Nobody kept the promise; {name} came closest"),
        Basis::OnlyUntested if alone => format!("{name} kept the promise, but met no fault"),
        Basis::OnlyUntested => "Nobody leads: those who kept the promise met no fault".to_owned(),
        Basis::OnlyKeeper if alone => format!("{name} kept the promise"),
        Basis::OnlyKeeper if !verdict.untested.is_empty() || !verdict.no_data.is_empty() => {
            format!("{name} kept the promise, and nobody else is known to under faults")
        }
        Basis::OnlyKeeper => format!("{name} kept the promise, and nobody else did"),
        Basis::Cost => format!("{name} kept the promise for the least money"),
        Basis::Goodput => format!("{name} kept the promise with the most good answers"),
    }
}

/// What to keep in mind about it.
pub(super) fn caveat(analysis: &Analysis) -> String {
    let verdict = &analysis.report.verdict;
    let more = format!("run --seeds {SEEDS_TO_WIN} to see whether it holds");
    match verdict.winner {
        Some(_) if analysis.report.contenders.len() > 1 => {
            format!("Best in this one trial; {more}.")
        }
        Some(_) | None => format!("This is one trial; {more}."),
    }
}
