//! What a manager reads in thirty seconds: valid or not, who led and why, the table behind it.

use maud::{Markup, html};

use super::verdict_cell;
use crate::Analysis;
use crate::figures::{NOT_APPLICABLE, factor, or_never, percent};
use crate::report::{Contender, ValidityVerdict};
use crate::terminal::comparison::{cost_per_1k, identity, mark, ranked, rescued, waste};
use crate::terminal::opening::{head_pieces, judged, tested, validity_text};
use crate::terminal::outcome::first_red;
use crate::verdict::{keeps, slo_value};

/// The first screen.
pub(super) fn first_screen(analysis: &Analysis) -> Markup {
    html! {
        header {
            p.eyebrow { (line(&head_pieces(analysis))) }
            @if let Some(question) = &analysis.report.scenario.question { h1 { (question) } }
            @else { h1 { (analysis.report.scenario.name) } }
            p.context { (line(&tested(analysis))) }
            p.context { (line(&judged(analysis))) }
            @for warning in &analysis.report.warnings { p.warning { b { "Warning " } (warning) } }
        }
        (verdict(analysis))
        (comparison(analysis))
    }
}

fn line(pieces: &[String]) -> Markup {
    html! {
        @for (at, piece) in pieces.iter().enumerate() {
            @if at > 0 { span.dot { " · " } }
            @if piece.starts_with("SIMULATED") { strong.simulated { (piece) } }
            @else { span { (piece) } }
        }
    }
}

fn verdict(analysis: &Analysis) -> Markup {
    let (word, class) = match analysis.report.validity.verdict {
        ValidityVerdict::Valid => ("VALID", "valid"),
        ValidityVerdict::Invalid => ("INVALID", "invalid"),
    };
    let line = &analysis.report.verdict.line;
    let (opening, rest) = line.split_once(": ").unwrap_or((line.as_str(), ""));
    let (achieved, others) = rest.split_once("; ").unwrap_or((rest, ""));
    html! {
        section.verdict class=(class) aria-label="verdict" {
            p.validity { span.chip { (word) } " " (validity_text(analysis)) }
            p.opening { (opening) }
            @if !achieved.is_empty() { p.achieved { (achieved) } }
            @if !others.is_empty() { p.others { (others) } }
        }
    }
}

fn comparison(analysis: &Analysis) -> Markup {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first() else { return html! {} };
    html! {
        section {
            h2 { "Who kept the promise?" }
            div.scroll {
                table.comparison {
                    thead {
                        tr {
                            th { "#" }
                            th { "contender" }
                            th { "promise" }
                            @for slo in &first.slo { th { (slo.metric) small { (slo.expr) } } }
                            th.number { "cost" small { "per 1,000 good" } }
                            th.number { "goodput" small { "within bounds" } }
                            th.number { "attempts" small { "per request" } }
                            th.number { "wasted" small { "of tokens" } }
                            th.number { "rescued" small { "of those hit" } }
                        }
                    }
                    tbody { @for (at, contender) in ranked.iter().enumerate() { (row(analysis, at, contender)) } }
                }
            }
            (marks(analysis))
            @if let Some(red) = first_red(analysis) {
                p.command { "Why is it red? " code { (red.command(analysis)) } " " span.faint { (red.why) } }
            }
        }
    }
}

fn row(analysis: &Analysis, at: usize, contender: &Contender) -> Markup {
    let verdict = &analysis.report.verdict;
    let leads = verdict.winner.as_deref() == Some(contender.name.as_str());
    let place = if verdict.ranking.is_empty() { "–".to_owned() } else { (at + 1).to_string() };
    let kept = (!contender.slo.is_empty()).then(|| keeps(contender));
    let word = if contender.slo.is_empty() { "none given" } else { mark(kept).1 };
    html! {
        tr.leader[leads] {
            td { (place) }
            th scope="row" {
                a href={ "#contender-" (position(analysis, contender)) } { (contender.name) }
                small { (identity(contender).join(", ")) }
            }
            td { (verdict_cell(kept, word)) }
            @for slo in &contender.slo {
                td { (verdict_cell(slo.pass, &slo_value(slo))) @if slo.too_few { small { "too few to gate on" } } }
            }
            td.number { (cost_per_1k(contender)) }
            td.number { (or_never(contender.goodput, percent)) }
            td.number { (contender.retry_amplification.map_or_else(none, factor)) }
            td.number { (waste(contender).map_or_else(none, percent)) }
            td.number { (rescued(contender)) }
        }
    }
}

/// The two reference points under the table.
fn marks(analysis: &Analysis) -> Markup {
    let marks = &analysis.report.marks;
    html! {
        p.marks {
            @if let Some(rate) = marks.direct_success_rate {
                "Without any gateway, straight at the first deployment: " b { (percent(rate)) } ". "
            }
            @if let Some(rate) = marks.savable_rate {
                "Some deployment would have answered at a first try: " b { (percent(rate)) } " (load ignored). "
            }
            "Headline percentiles count every failure as infinite."
        }
    }
}

/// Position in the report, which names the contender's section.
pub(super) fn position(analysis: &Analysis, contender: &Contender) -> usize {
    let contenders = &analysis.report.contenders;
    contenders.iter().position(|other| other.name == contender.name).unwrap_or(0)
}

fn none() -> String {
    NOT_APPLICABLE.to_owned()
}
