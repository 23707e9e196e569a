//! What a manager reads in thirty seconds: valid or not, who led and why, the table behind it.

use maud::{Markup, html};
use record::run::Clock;

use super::verdict_cell;
use crate::Analysis;
use crate::report::{Contender, Measured, ValidityVerdict};
use crate::summary::hint::first_red;
use crate::summary::opening::{Piece, can_judge, head, tested, validity_text};
use crate::summary::ranked;
use crate::verdict::sentence::{Parts, parts};
use crate::words::contender::{cost_per_1k, identity, met_none, rescued, shown, waste};
use crate::words::figures::{factor, percent};
use crate::words::promise::{judged, promise_value, promise_word, promises_success};
use crate::words::run::incidents;

/// The first screen.
pub(super) fn first_screen(analysis: &Analysis) -> Markup {
    html! {
        header {
            p.eyebrow { (line(&head(analysis))) }
            @if let Some(question) = &analysis.report.scenario.question { h1 { (question) } }
            @else { h1 { (analysis.report.scenario.name) } }
            p.context { (line(&plain_pieces(tested(analysis)))) }
            @for line in can_judge(analysis) { p.context { (line) } }
            @for warning in &analysis.report.warnings { p.warning { b { "Warning " } (warning) } }
        }
        (verdict(analysis))
        (comparison(analysis))
    }
}

fn plain_pieces(texts: Vec<String>) -> Vec<Piece> {
    texts.into_iter().map(Piece::Text).collect()
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
    let Parts { opening, achieved, remarks } = parts(&analysis.report.verdict.line);
    html! {
        section class={ "verdict " (class) } aria-label="verdict" {
            p.validity { span.chip { (word) } " " (validity_text(analysis)) }
            p.opening { (opening) }
            @if !achieved.is_empty() { p.achieved { (achieved) } }
            @if !remarks.is_empty() { p.others { (remarks) } }
            @if let Some(incidents) = incidents(&analysis.run) { p.others { strong.simulated { (incidents) } } }
        }
    }
}

fn comparison(analysis: &Analysis) -> Markup {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first() else { return html! {} };
    html! {
        section {
            h2 { @if analysis.judges() { "Who kept the promise?" } @else { "What was measured" } }
            div.scroll {
                table.comparison {
                    thead {
                        tr {
                            th.place { "#" }
                            th { "contender" }
                            th { "promise" }
                            @if !promises_success(first) { th.number { "success" } }
                            @for slo in &first.slo { th { (slo.metric()) small { (slo.slo.expr) } } }
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
                p.command { @if analysis.judges() { "Why is it red? " } @else { "Look closer: " } code { (red.command(analysis)) } " " span.faint { (red.why) } }
            }
        }
    }
}

fn row(analysis: &Analysis, at: usize, contender: &Contender) -> Markup {
    let verdict = &analysis.report.verdict;
    let leads = verdict.winner.as_deref() == Some(contender.name.as_str());
    let place = if verdict.ranking.is_empty() { "–".to_owned() } else { (at + 1).to_string() };
    let validity = analysis.report.validity.verdict;
    let judges = analysis.judges();
    let (kept, word) = promise_word(contender, validity);
    let cell = |value: Measured<f64>, show: fn(f64) -> String| shown(contender, value, show);
    html! {
        tr.leader[leads && kept == Some(true)] {
            td.place { (place) }
            th scope="row" {
                a href={ "#contender-" (position(analysis, contender)) } { (contender.name) }
                small { (identity(contender).join(", ")) }
                @if let Some(met) = met_none(contender).filter(|_| judges) { small.nodata { (met) } }
            }
            td { (verdict_cell(kept, word)) }
            @if !promises_success(contender) { td.number { (cell(contender.success_rate, percent)) } }
            @for slo in &contender.slo {
                td {
                    (verdict_cell(judged(slo.pass(), validity), &promise_value(contender, slo)))
                    @if slo.too_few && judges { small { "too few to gate on" } }
                }
            }
            td.number { (cost_per_1k(contender)) }
            td.number { (cell(contender.goodput, percent)) }
            td.number { (cell(contender.retry_amplification, factor)) }
            td.number { (cell(waste(contender), percent)) }
            td.number { (rescued(contender)) }
        }
    }
}

/// The two reference points under the table.
fn marks(analysis: &Analysis) -> Markup {
    let marks = &analysis.report.marks;
    html! {
        p.marks {
            @if let Measured::Known(rate) = marks.direct_success_rate {
                "Without any gateway, straight at the first deployment: " b { (percent(rate)) } ". "
            }
            @if let Measured::Known(rate) = marks.savable_rate {
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
