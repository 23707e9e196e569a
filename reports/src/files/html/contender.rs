//! Each contender: through time, through the faults, and what failed.

use maud::{Markup, html};

use super::figure;
use super::first_screen::position;
use crate::Analysis;
use crate::plot::{self, Ground};
use crate::report::{ByInstance, Contender, FaultResult, Measured};
use crate::summary::faults::{group_title, was_reached, whole};
use crate::summary::hint::command;
use crate::summary::ranked;
use crate::words::contender::identity;
use crate::words::fault::{detected, fault_title};
use crate::words::figures::{NOT_OBSERVED, burn, count, or_not, percent, seconds, usd};
use crate::words::windows::{Group, groups};

/// One section per contender, best first.
pub(super) fn contenders(analysis: &Analysis) -> Markup {
    html! { @for contender in ranked(analysis) { (section(analysis, contender)) } }
}

fn section(analysis: &Analysis, contender: &Contender) -> Markup {
    let at = position(analysis, contender);
    let caption = format!(
        "{}: offered and good requests per second, share of attempts per deployment, cooldowns; faults shaded",
        contender.name
    );
    if !contender.was_played() {
        return html! {
            section.contender id={ "contender-" (at) } {
                h2 { (contender.name) }
                p.context { (identity(contender).join(" · ")) " · not played: the run was cut short before" }
            }
        };
    }
    html! {
        section.contender id={ "contender-" (at) } {
            h2 { (contender.name) @if analysis.simulated() { " " small.simulated { "SIMULATED" } } }
            p.context {
                (identity(contender).join(" · "))
                @if contender.is_observed() { " · strategy " (contender.strategy.word()) }
            }
            (facts(contender))
            (figure(plot::timeline(analysis, at, Ground::Page), &caption))
            @if !contender.faults.is_empty() { (faults(analysis, contender)) }
            (failures(analysis, contender))
        }
    }
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
            b { (count(contender.failed)) } " failed"
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

fn faults(analysis: &Analysis, contender: &Contender) -> Markup {
    let groups = groups(&contender.faults);
    let windows = |group: &Group| {
        let all = group.positions.iter().filter_map(|at| contender.faults.get(*at));
        all.filter(|fault| was_reached(analysis, fault)).collect::<Vec<_>>()
    };
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th { "fault" }
                        th.number { "success" small { "meanwhile" } }
                        th.number { "detected" small { "target left alone" } }
                        th.number { "first rescue" }
                        th.number { "recovered" small { "for users" } }
                        th.number { "failed back" small { "after its end" } }
                        th.number { "first victims" }
                        th.number { "flaps" }
                        th.number { "error budget" small { "burn" } }
                    }
                }
                tbody {
                    @for group in &groups {
                        @if let Some(all) = whole(analysis, contender, group) { (fault_row(&group_title(group, &all), &all)) }
                    }
                }
            }
        }
        @for group in groups.iter().filter(|group| group.positions.len() > 1) {
            details {
                summary { "every window of " (group.entry.as_deref().unwrap_or_default()) }
                div.scroll {
                    table {
                        tbody { @for fault in windows(group) { (fault_row(&fault_title(fault), fault)) } }
                    }
                }
            }
        }
    }
}

fn fault_row(title: &str, fault: &FaultResult) -> Markup {
    html! {
        tr {
            th scope="row" { (title) }
            td.number { (or_not(fault.success_rate, percent)) }
            td.number {
                (detected(fault))
                @if let Measured::Known(by) = &fault.time_to_detect_by_instance_s { small { (instances(by)) } }
            }
            td.number { (or_not(fault.time_to_rescue_s, seconds)) }
            td.number { (or_not(fault.time_to_recover_s, seconds)) }
            td.number { (or_not(fault.failback_s, seconds)) }
            td.number { (or_not(fault.first_victims, count)) }
            td.number { (or_not(fault.flaps, count)) }
            td.number { (or_not(fault.error_budget_burn, burn)) }
        }
    }
}

fn instances(by: &ByInstance) -> String {
    let show = |value: Measured<f64>| or_not(value, seconds);
    format!(
        "instances: first {}, median {}, last {}",
        show(by.first),
        show(by.median),
        show(by.last)
    )
}

fn failures(analysis: &Analysis, contender: &Contender) -> Markup {
    let examples =
        |kind: &String| contender.failure_examples.get(kind).cloned().unwrap_or_default();
    html! {
        @if contender.failures_by_kind.is_empty() { p.facts { "No request failed." } }
        @else {
            div.scroll {
                table.failures {
                    thead { tr { th { "failed as" } th.number { "requests" } th { "examples" } th { "look closer" } } }
                    tbody {
                        @for (kind, number) in &contender.failures_by_kind {
                            @let ids = examples(kind);
                            tr {
                                th scope="row" { (kind) }
                                td.number { (count(*number)) }
                                td { (ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")) }
                                td { @if let Some(id) = ids.first() { code { (command(analysis, &contender.name, *id)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
