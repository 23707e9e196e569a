//! What every output for people says first, as plain words in one order: what was run, who is
//! ranked where, what the faults did, and where to look. Terminal, page and Markdown lay it out;
//! none of them knows another. It must never know a colour, a width or a mark-up.

pub(crate) mod brief;
pub(crate) mod change;
pub(crate) mod evidence;
pub(crate) mod faults;
pub(crate) mod headline;
pub(crate) mod heat;
pub(crate) mod hint;
pub(crate) mod opening;

use crate::Analysis;
use crate::report::Contender;

/// Contenders best first; in the scenario's order where nothing was ranked.
pub(crate) fn ranked(analysis: &Analysis) -> Vec<&Contender> {
    let report = &analysis.report;
    let place = |c: &&Contender| report.verdict.ranking.iter().position(|name| *name == c.name);
    let mut ranked: Vec<&Contender> = report.contenders.iter().collect();
    ranked.sort_by_key(|contender| place(contender).unwrap_or(usize::MAX));
    ranked
}

/// Position in the report, which names the contender's places on the page.
pub(crate) fn position(analysis: &Analysis, contender: &Contender) -> usize {
    let contenders = &analysis.report.contenders;
    contenders.iter().position(|other| other.name == contender.name).unwrap_or(0)
}
