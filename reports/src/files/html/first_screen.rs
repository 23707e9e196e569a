//! What a manager reads in thirty seconds, first part: what was asked, whether the answer can be trusted, who
//! kept the promise. In plain words first; the sentence with the terms follows.

use maud::{Markup, html};
use record::run::Clock;

use super::change::what_to_change;
use super::terms::term;
use crate::Analysis;
use crate::report::{Contender, Measured, ValidityVerdict};
use crate::summary::headline::headline;
use crate::summary::opening::{Piece, can_judge, firmness, head, tested, validity_text};
use crate::summary::ranked;
use crate::words::contender::{cost_per_1k, shown};
use crate::words::figures::{counted, millis, or_never, or_not, percent, seconds};
use crate::words::run::incidents;

/// What was asked, and the answer.
pub(super) fn first_screen(analysis: &Analysis) -> Markup {
    html! {
        header {
            p.eyebrow { (line(&head(analysis))) }
            @if let Some(question) = &analysis.report.scenario.question { h1 { (question) } }
            @else { h1 { (analysis.report.scenario.name) } }
            p.context { (tested(analysis).join(" · ")) }
        }
        (verdict(analysis))
    }
}

fn line(pieces: &[Piece]) -> Markup {
    html! {
        @for (at, piece) in pieces.iter().enumerate() {
            @if at > 0 { span.dot { " · " } }
            @match piece {
                Piece::Clock(Clock::Virtual, _) => strong.simulated { (piece.text()) },
                Piece::Clock(Clock::Wall, _) | Piece::Text(_) => span { (piece.text()) },
            }
        }
    }
}

fn verdict(analysis: &Analysis) -> Markup {
    let (word, class) = match analysis.report.validity.verdict {
        ValidityVerdict::Valid => ("VALID", "valid"),
        ValidityVerdict::Invalid => ("INVALID", "invalid"),
    };
    let headline = headline(analysis);
    html! {
        section class={ "verdict " (class) } aria-label="verdict" {
            p.validity { span.chip { (word) } " " (validity_text(analysis)) }
            p.opening { (headline.claim) }
            p.caveat { (headline.caveat) }
            @if let Some(first) = ranked(analysis).first().filter(|_| analysis.judges()) {
                (figures(analysis, first))
            }
            p.others { (analysis.report.verdict.line) }
            @if let Some(firmness) = firmness(analysis) {
                p.others { @if analysis.robust.is_some() { b { "Robust: " } } (firmness) }
            }
            @if let Some(incidents) = incidents(&analysis.run) { p.others { strong.simulated { (incidents) } } }
            (what_to_change(analysis))
            (fine_print(analysis))
        }
    }
}

/// Four figures about who is first.
fn figures(analysis: &Analysis, first: &Contender) -> Markup {
    let marks = &analysis.report.marks;
    let rate = |value: Measured<f64>| value.known().map(percent);
    let scale: Vec<String> = [
        rate(marks.direct_success_rate).map(|rate| format!("{rate} without a gateway")),
        rate(marks.savable_rate).map(|rate| format!("{rate} savable")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let recovered = Measured::largest(first.faults.iter().map(|fault| fault.time_to_recover_s));
    html! {
        dl.figures aria-label={ "figures of " (first.name) } {
            div {
                dt { (term("answered", "success")) }
                dd { b { (shown(first, first.success_rate, percent)) } small { (scale.join(", ")) } }
            }
            @if first.ttft_ms.n > 0 {
                div {
                    dt { (term("first token", "ttft")) }
                    dd { b { (or_never(first.ttft_ms.p99, millis)) } small { (term("99 of 100 at most (p99)", "p99")) } }
                }
            }
            @if !first.faults.is_empty() {
                div {
                    dt { (term("slowest recovery", "recover")) }
                    dd { b { (or_not(recovered, seconds)) } small { "of " (counted(first.faults.len() as u64, "fault")) } }
                }
            }
            div {
                dt { (term("cost", "cost")) }
                dd { b { (cost_per_1k(first)) } small { "per 1,000 good answers" } }
            }
        }
    }
}

/// Folded: warnings, and what this run assumed and can judge.
fn fine_print(analysis: &Analysis) -> Markup {
    let warnings = &analysis.report.warnings;
    html! {
        @if !warnings.is_empty() {
            details.fold.care {
                summary { (counted(warnings.len() as u64, "warning")) " about this scenario" }
                (warning_list(warnings))
            }
        }
        details.fold {
            summary { "What this run assumes, and what it can judge" }
            ul { @for line in can_judge(analysis) { li { (line) } } }
        }
    }
}

/// Warnings, one per line.
pub(super) fn warning_list(warnings: &[String]) -> Markup {
    html! { ul.warnings { @for warning in warnings { li { (warning) } } } }
}
