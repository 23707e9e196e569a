//! The comparison: one row per contender, best first, one column per promise. Every number that is red leads to
//! what it goes back to.

use maud::{Markup, html};
use record::slo::Metric;

use super::faults::row_of;
use super::terms::term;
use super::{ids, verdict_cell};
use crate::Analysis;
use crate::report::{Contender, Measured, SloResult};
use crate::summary::evidence::of_promise;
use crate::summary::hint::first_red;
use crate::summary::{position, ranked};
use crate::words::bound::bound;
use crate::words::contender::{
    bad_minutes, brief_identity, cost_per_1k, impact, met_none, parity, rescued, shown, waste,
};
use crate::words::figures::{factor, percent};
use crate::words::promise::{
    judged, promise_remark, promise_value, promise_word, promises_success,
};
use crate::words::terms::plain_metric;

/// The section.
pub(super) fn comparison(analysis: &Analysis) -> Markup {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first() else { return html! {} };
    html! {
        section #comparison {
            h2 { @if analysis.judges() { "Who kept the promise?" } @else { "What was measured" } }
            div.scroll {
                table.comparison.sortable {
                    (head(first))
                    tbody { @for (at, contender) in ranked.iter().enumerate() { (row(analysis, at, contender)) } }
                }
            }
            (marks(analysis))
        }
    }
}

fn head(first: &Contender) -> Markup {
    let metric = |metric: Metric| term(plain_metric(metric), metric.name());
    html! {
        thead {
            tr {
                th.place { "#" }
                th { "contender" }
                th { (term("promise", "promise")) }
                @if !promises_success(first) { th.number { (term("answered", "success")) } }
                @for slo in &first.slo {
                    th.number {
                        (metric(slo.metric()))
                        small title={ (slo.metric()) " " (slo.slo.expr) } { (bound(&slo.slo)) }
                    }
                }
                @if !promises(first, Metric::Cost) {
                    th.number { (term("cost", "cost")) small { "per 1,000 good" } }
                }
                @if first.has_impact() {
                    th.number { (term("impact", "impact")) small { "of failures" } }
                }
                @if !promises(first, Metric::Goodput) {
                    th.number { (term("answered well", "goodput")) small { "goodput" } }
                }
                @if !promises(first, Metric::Attempts) {
                    th.number { (term("tries", "attempts")) small { "per request" } }
                }
                th.number { (term("wasted", "wasted")) small { "of tokens" } }
                th.number { (term("rescued", "rescued")) small { "of those hit" } }
            }
        }
    }
}

fn promises(first: &Contender, metric: Metric) -> bool {
    first.slo.iter().any(|slo| slo.metric() == metric)
}

fn row(analysis: &Analysis, place: usize, contender: &Contender) -> Markup {
    let verdict = &analysis.report.verdict;
    let at = position(analysis, contender);
    let leads = verdict.winner.as_deref() == Some(contender.name.as_str());
    let rank = if verdict.ranking.is_empty() { "–".to_owned() } else { (place + 1).to_string() };
    let validity = analysis.report.validity.verdict;
    let judges = analysis.judges();
    let (kept, word) = promise_word(contender, validity);
    let cell = |value: Measured<f64>, show: fn(f64) -> String| shown(contender, value, show);
    let number = |value: Measured<f64>, text: String| {
        html! { td.number data-v=[sort_key(value)] { (text) } }
    };
    html! {
        tr.leader[leads && kept == Some(true)] data-contender=(at) {
            td.place data-v=(place) { (rank) }
            th scope="row" {
                a href={ "#" (ids::contender(at)) } { (contender.name) }
                small { (brief_identity(contender)) }
                @if let Some(met) = met_none(contender).filter(|_| judges) { small.nodata { (met) } }
            }
            td { (verdict_cell(kept, word)) }
            @if !promises_success(contender) {
                (number(contender.success_rate, cell(contender.success_rate, percent)))
            }
            @for slo in &contender.slo { (promise(analysis, (at, contender), slo)) }
            @if !promises(contender, Metric::Cost) {
                (number(contender.cost_per_1k_good_usd, cost_per_1k(contender)))
            }
            @if contender.has_impact() {
                td.number data-v=[sort_key(contender.impact_usd)] {
                    (impact(contender))
                    @if let Some(minutes) = bad_minutes(contender) { small { (minutes) } }
                }
            }
            @if !promises(contender, Metric::Goodput) {
                (number(contender.goodput, cell(contender.goodput, percent)))
            }
            @if !promises(contender, Metric::Attempts) {
                (number(contender.retry_amplification, cell(contender.retry_amplification, factor)))
            }
            (number(waste(contender), cell(waste(contender), percent)))
            (number(contender.rescued, rescued(contender)))
        }
    }
}

fn promise(analysis: &Analysis, (at, who): (usize, &Contender), slo: &SloResult) -> Markup {
    let validity = analysis.report.validity.verdict;
    let pass = judged(slo.pass(), validity);
    let broken = pass == Some(false);
    let evidence = of_promise(analysis, (at, who), slo).filter(|_| broken);
    let href =
        evidence.map(|evidence| ids::evidence(at, evidence, |fault| row_of((at, who), fault)));
    let value = verdict_cell(pass, &promise_value(who, slo));
    html! {
        td.number data-v=[sort_key(slo.value)] {
            @if let Some(href) = href { a.why href={ "#" (href) } title="what this goes back to" { (value) } }
            @else { (value) }
            @if let Some(remark) = promise_remark(who, slo, validity) { small { (remark) } }
        }
    }
}

/// What a column is sorted by: never is larger than any number, and what is not known has no place.
fn sort_key(value: Measured<f64>) -> Option<String> {
    match value {
        Measured::Known(value) => Some(value.to_string()),
        Measured::Never => Some("1e308".to_owned()),
        Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => None,
    }
}

/// The reference points under the table, and where to look first.
fn marks(analysis: &Analysis) -> Markup {
    let marks = &analysis.report.marks;
    html! {
        p.marks {
            @if let Measured::Known(rate) = marks.direct_success_rate {
                (term("Without any gateway", "direct")) ", straight at the first deployment: " b { (percent(rate)) } ". "
            }
            @if let Measured::Known(rate) = marks.savable_rate {
                "Some deployment " (term("alone answers", "savable")) ": " b { (percent(rate)) } ". "
            }
            "Percentiles count every failure as infinite."
        }
        @if let Some(parity) = parity(analysis.report.contenders.iter(), &analysis.run.faults) { p.marks.faint { (parity) "." } }
        @if let Some(red) = first_red(analysis) {
            p.command { @if analysis.judges() { "Why is it red? " } @else { "Look closer: " } code { (red.command(analysis)) } " " span.faint { (red.why) } }
        }
    }
}
