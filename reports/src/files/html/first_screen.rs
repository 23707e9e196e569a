//! What a manager reads in thirty seconds, first part: what was asked, whether the answer can be trusted, who
//! kept the promise. In plain words first; the sentence with the terms follows.

use maud::{Markup, html};
use record::run::Clock;
use record::slo::{Aggregate, Metric};

use super::change::{settings, what_to_change};
use super::terms::term;
use crate::Analysis;
use crate::report::{Contender, Measured, SloResult, ValidityVerdict};
use crate::summary::brief::{Line, brief};
use crate::summary::headline::headline;
use crate::summary::opening::{Piece, called, can_judge, head, hit, tested, validity_text};
use crate::summary::ranked;
use crate::words::contender::{bad_minutes, cost_per_1k, impact, shown};
use crate::words::figures::{counted, millis, or_never, or_not, percent};
use crate::words::promise::{beside_own_bound, promise_value};
use crate::words::run::incidents;

/// What was asked, and the answer.
pub(super) fn first_screen(analysis: &Analysis) -> Markup {
    html! {
        header {
            p.eyebrow { (line(&head(analysis))) }
            @if let Some(question) = &analysis.report.scenario.question { h1 { (question) } }
            @else { h1 { (analysis.report.scenario.name) } }
            p.context { ([tested(analysis), called(analysis)].concat().join(" · ")) }
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
            @let answers = brief(analysis);
            @if answers.is_empty() { p.caveat { (headline.caveat) } }
            @if let Some(first) = ranked(analysis).first().filter(|_| analysis.judges()) {
                (figures(analysis, first))
            }
            dl.brief {
                @for Line { label, text } in &answers { dt { (label) } dd { (text) } }
                (what_to_change(analysis))
            }
            @if let Some(incidents) = incidents(&analysis.run) { p.others { strong.simulated { (incidents) } } }
            (settings(analysis))
            (fine_print(analysis))
        }
    }
}

/// The figures of who is first.
fn figures(analysis: &Analysis, first: &Contender) -> Markup {
    let marks = &analysis.report.marks;
    let recovered = Measured::largest(first.faults.iter().map(|fault| fault.time_to_recover_s));
    let beside =
        |metric, aggregate| move |value: f64| beside_own_bound(first, (metric, aggregate), value);
    let answered = beside(Metric::Success, Aggregate::Rate);
    html! {
        dl.figures aria-label={ "figures of " (first.name) } {
            div {
                dt { (term("answered", "success")) }
                dd {
                    b { (shown(first, first.success_rate, answered)) }
                    small {
                        @if let Measured::Known(rate) = marks.direct_success_rate { (percent(rate)) " " (term("without a gateway", "direct")) }
                        @if let Measured::Known(rate) = marks.savable_rate { ", " (percent(rate)) " " (term("savable", "savable")) }
                    }
                }
            }
            @if first.ttft_ms.n > 0 { (first_token(first)) }
            @if !first.faults.is_empty() {
                div {
                    dt { (term("slowest recovery", "recover")) }
                    dd { b { (or_not(recovered, beside(Metric::Recover, Aggregate::Max))) } small { "of " (counted(first.faults.len() as u64, "fault")) } }
                }
            }
            div {
                dt { (term("cost", "cost")) }
                dd { b { (cost_per_1k(first)) } small { "per 1,000 good answers" } }
            }
            @if first.has_impact() {
                div {
                    dt { (term("impact", "impact")) }
                    dd { b { (impact(first)) } small { (bad_minutes(first).unwrap_or_default()) } }
                }
            }
        }
    }
}

/// The first token by the percentile that is promised, else the 99th.
fn first_token(first: &Contender) -> Markup {
    let of_ttft = |slo: &&SloResult| slo.metric() == Metric::Ttft;
    let percentile = |slo: &SloResult| match slo.slo.aggregate {
        Aggregate::Percentile(p) => Some(p),
        Aggregate::Rate | Aggregate::Max => None,
    };
    let promised = first.slo.iter().filter(of_ttft).find_map(|slo| Some((slo, percentile(slo)?)));
    html! {
        div {
            dt { (term("first token", "ttft")) }
            @match promised {
                Some((slo, p)) => dd {
                    b { (promise_value(first, slo)) } small { (term(&format!("{p} of 100 at most"), "p99")) }
                },
                None => dd {
                    b { (or_never(first.ttft_ms.p99, millis)) } small { (term("99 of 100 at most", "p99")) }
                },
            }
        }
    }
}

/// Folded: the verdict in the terms of the report, warnings, whom the faults hit, what this run assumed and can judge.
fn fine_print(analysis: &Analysis) -> Markup {
    let warnings = &analysis.report.warnings;
    html! {
        details.fold {
            summary { "The verdict in the terms of the report" }
            p { (analysis.report.verdict.line) }
        }
        @let hit = hit(analysis);
        @if !hit.is_empty() {
            details.fold {
                summary { "Whom each fault hit" }
                ul { @for line in &hit { li { (line) } } }
            }
        }
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
