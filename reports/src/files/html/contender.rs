//! Each contender: through time, through the faults, what failed, and requests that show it.

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::{faults, ids, stories};
use crate::Analysis;
use crate::plot::{self, Ground};
use crate::report::{Contender, Measured};
use crate::summary::hint::command;
use crate::summary::{position, ranked};
use crate::words::contender::identity;
use crate::words::figures::{NOT_OBSERVED, count, usd};

/// Deployments whose shares a reader can point at; a chart with more cannot be told apart.
const SHARES_MAX: usize = 40;

/// One section per contender, best first.
pub(super) fn contenders(analysis: &Analysis) -> Markup {
    html! { @for contender in ranked(analysis) { (section(analysis, contender)) } }
}

fn section(analysis: &Analysis, contender: &Contender) -> Markup {
    let at = position(analysis, contender);
    if !contender.was_played() {
        return html! {
            section.contender id=(ids::contender(at)) data-contender=(at) {
                h2 { (contender.name) }
                p.context { (identity(contender).join(" · ")) " · not played: the run was cut short before" }
            }
        };
    }
    html! {
        section.contender id=(ids::contender(at)) data-contender=(at) {
            div.together {
                h2 { (contender.name) @if analysis.simulated() { " " small.simulated { "SIMULATED" } } }
                p.context {
                    (identity(contender).join(" · "))
                    @if contender.is_observed() { " · strategy " (contender.strategy.word()) }
                }
                (facts(contender))
                (chart(analysis, at, &contender.name))
            }
            @if !contender.faults.is_empty() { (faults::faults(analysis, (at, contender))) }
            (failures(analysis, (at, contender)))
            (stories::stories(analysis, (at, contender)))
        }
    }
}

/// The chart, with the numbers that it was drawn from for whoever points at it.
fn chart(analysis: &Analysis, at: usize, name: &str) -> Markup {
    let caption = format!(
        "{name} through time: offered and good requests, failures in red, share of attempts per deployment, cooldowns; faults shaded"
    );
    html! {
        figure.time-chart id=(ids::chart(at)) data-series=[series(analysis, at)] {
            div.chart role="img" aria-label=(caption) { (PreEscaped(plot::timeline(analysis, at, Ground::Page))) }
            figcaption { (caption) }
        }
    }
}

/// What the chart shows as JSON: counts per bin, and where the time axis lies.
fn series(analysis: &Analysis, at: usize) -> Option<String> {
    let timeline = &analysis.charts.get(at)?.timeline;
    let named = timeline.attempts.iter().zip(&analysis.run.deployments);
    let used = named.filter(|(attempts, _)| attempts.iter().any(|&attempts| attempts > 0));
    let shares: Vec<_> = used
        .take(SHARES_MAX)
        .map(|(attempts, deployment)| json!({ "name": deployment.id, "n": attempts }))
        .collect();
    let cooldowns = timeline.cooldowns.iter().take(SHARES_MAX * 10);
    let cooldowns: Vec<_> = cooldowns
        .filter_map(|c| {
            let deployment = analysis.run.deployments.get(c.deployment)?;
            Some(json!([c.from_s, c.to_s, deployment.id]))
        })
        .collect();
    let series = json!({
        "bin": timeline.bin_s,
        "end": analysis.report.scenario.duration_s,
        "left": plot::LEFT,
        "inner": plot::INNER,
        "offered": timeline.offered,
        "good": timeline.good,
        "failed": timeline.failed,
        "shares": shares,
        "cooldowns": cooldowns,
    });
    Some(series.to_string())
}

fn facts(contender: &Contender) -> Markup {
    let cost = contender.cost_usd.known().map_or_else(|| "unknown".to_owned(), usd);
    let told =
        |number: Measured<u64>| number.known().map_or_else(|| NOT_OBSERVED.to_owned(), count);
    let extra = contender.extra_cost_per_rescued_usd.known().map(usd);
    html! {
        p.facts {
            b { (count(contender.offered)) } " offered, "
            b { (count(contender.succeeded)) } " answered well, "
            b.broken[contender.failed > 0] { (count(contender.failed)) } " failed"
            @if contender.cancelled > 0 { ", " b { (count(contender.cancelled)) } " cancelled" }
            @if contender.never_sent > 0 { ", " b { (count(contender.never_sent)) } " never sent" }
            @if contender.is_observed() {
                "; " b { (told(contender.attempts)) } " attempts reached a provider; bill " b { (cost) }
                ", " b { (told(contender.tokens.wasted)) } " tokens wasted"
            } @else { "; attempts, bill and waste " (NOT_OBSERVED) ": no ledger is kept of somebody else's gateway" }
            @if let Some(extra) = extra { "; " b { (extra) } " extra per answer saved compared with no gateway" }
            "."
        }
    }
}

fn failures(analysis: &Analysis, (at, contender): (usize, &Contender)) -> Markup {
    let examples =
        |kind: &String| contender.failure_examples.get(kind).cloned().unwrap_or_default();
    let told = |id: u64| analysis.examples.get(at).is_some_and(|examples| examples.tells(id));
    html! {
        @if contender.failures_by_kind.is_empty() { p.facts { "No request failed." } }
        @else {
            div.scroll {
                table.failures.sortable {
                    thead { tr { th { "failed as" } th.number { "requests" } th { "examples" } th { "look closer" } } }
                    tbody {
                        @for (kind, number) in &contender.failures_by_kind {
                            @let ids = examples(kind);
                            tr {
                                th scope="row" { (kind) }
                                td.number.broken data-v=(number) { (count(*number)) }
                                td {
                                    @for (nth, id) in ids.iter().enumerate() {
                                        @if nth > 0 { ", " }
                                        @if told(*id) { a href={ "#" (ids::request(at, *id)) } { (id) } } @else { (id) }
                                    }
                                }
                                td { @if let Some(id) = ids.first() { code { (command(analysis, &contender.name, *id)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
