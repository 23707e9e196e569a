//! How a contender came through each fault: one row per fault, one per entry with several windows and those
//! windows folded below. A row leads to its place in the chart and to an example request.

use maud::{Markup, html};
use record::run::ContenderKind;

use super::ids;
use super::terms::{chip, term};
use crate::Analysis;
use crate::report::{ByInstance, Contender, FaultResult, Measured};
use crate::summary::faults::{group_title, was_reached, whole};
use crate::summary::hint::command;
use crate::words::fault::{Struck, detected, fault_title};
use crate::words::figures::{burn, count, counted, or_not, percent, seconds};
use crate::words::reach::listed;
use crate::words::windows::{Group, groups};

/// Windows of one entry that the page shows, the worst first; `faults.csv` has all of them.
const WINDOWS_MAX: usize = 60;

/// The table, and the windows of entries that have several.
pub(super) fn faults(analysis: &Analysis, (at, contender): (usize, &Contender)) -> Markup {
    let groups = groups(&contender.faults);
    html! {
        div.scroll {
            table.faults {
                (head())
                tbody { @for group in &groups { (group_row(analysis, (at, contender), group)) } }
            }
        }
        @for group in groups.iter().filter(|group| group.positions.len() > 1) {
            (windows(analysis, (at, contender), group))
        }
    }
}

/// Id of the row that tells about the fault at this position.
pub(super) fn row_of((at, contender): (usize, &Contender), fault: usize) -> String {
    let groups = groups(&contender.faults);
    let group = groups.iter().find(|group| group.positions.contains(&fault));
    match group {
        Some(group) if group.positions.len() > 1 && !shown(contender, group).contains(&fault) => {
            entry_row((at, contender), group)
        }
        Some(_) | None => ids::fault(at, fault),
    }
}

/// Id of the row that tells about a whole group.
pub(super) fn entry_row((at, _): (usize, &Contender), group: &Group) -> String {
    match group.positions[..] {
        [only] => ids::fault(at, only),
        _ => ids::entry(at, group.positions.first().copied().unwrap_or_default()),
    }
}

/// The windows of a group that get a row, in the order of time.
fn shown(contender: &Contender, group: &Group) -> Vec<usize> {
    let kept = |at: usize| {
        contender.faults.get(at).and_then(|fault| fault.success_rate.known()).unwrap_or(1.0)
    };
    let mut worst = group.positions.clone();
    worst.sort_by(|a, b| kept(*a).total_cmp(&kept(*b)));
    worst.truncate(WINDOWS_MAX);
    worst.sort_unstable();
    worst
}

fn head() -> Markup {
    html! {
        thead {
            tr {
                th.number { (term("answered", "success")) small { "meanwhile" } }
                th.number { (term("victims", "victims")) small { (term("of the exposed", "exposed")) } }
                th.number { (term("noticed", "detect")) small { "target left alone" } }
                th.number { (term("first rescue", "first rescue")) }
                th.number { (term("recovered", "recover")) small { "for users" } }
                th.number { (term("failed back", "failed back")) small { "after its end" } }
                th.number { (term("first victims", "first victims")) }
                th.number { (term("flaps", "flaps")) }
                th.number { (term("error budget", "error budget burn")) small { "burn" } }
            }
        }
    }
}

fn group_row(analysis: &Analysis, (at, contender): (usize, &Contender), group: &Group) -> Markup {
    match (&group.positions[..], whole(analysis, contender, group)) {
        ([only], Some(fault)) => {
            let id = ids::fault(at, *only);
            let see = see(analysis, (at, contender), (*only, &fault));
            html! {
                (row(&id, &resolved_title(&fault), &fault, &see))
                (reason(analysis, (at, contender), *only))
            }
        }
        (_, Some(all)) => {
            let id = entry_row((at, contender), group);
            row(
                &id,
                &group_title(group, &all),
                &all,
                &html! {
                    span.see { a href={ "#" (ids::chart(at)) } { "chart" } }
                },
            )
        }
        (_, None) => {
            html! { tr id=(entry_row((at, contender), group)) { th scope="rowgroup" colspan="9" { "not reached" } } }
        }
    }
}

fn windows(analysis: &Analysis, (at, contender): (usize, &Contender), group: &Group) -> Markup {
    let shown = shown(contender, group);
    let left_out = group.positions.len() - shown.len();
    let faults = shown.iter().filter_map(|position| {
        let fault = contender.faults.get(*position)?;
        was_reached(analysis, fault).then_some((*position, fault))
    });
    html! {
        details {
            summary { "every window of " (group.entry.as_deref().unwrap_or_default()) }
            div.scroll {
                table.faults {
                    (head())
                    tbody {
                        @for (position, fault) in faults {
                            (row(&ids::fault(at, position), &resolved_title(fault), fault,
                                &see(analysis, (at, contender), (position, fault))))
                            (reason(analysis, (at, contender), position))
                        }
                    }
                }
            }
            @if left_out > 0 {
                p.faint { "the worst " (shown.len()) "; " (counted(left_out as u64, "more window")) " in faults.csv" }
            }
        }
    }
}

/// A title over the whole width, then the numbers.
fn row(id: &str, title: &str, fault: &FaultResult, see: &Markup) -> Markup {
    let lost = fault.success_rate.known().is_some_and(|rate| rate < 1.0);
    let never = |value: &Measured<f64>| *value == Measured::Never;
    html! {
        tr.title id=(id) {
            th scope="rowgroup" colspan="9" {
                div.said { (chip(Struck::by(fault))) (title) (see) }
            }
        }
        tr.numbers {
            td.number.broken[lost] { (or_not(fault.success_rate, percent)) }
            td.number {
                (or_not(fault.victims, count))
                @if let Measured::Known(exposed) = fault.exposed { small { "of " (count(exposed)) } }
            }
            td.number.broken[never(&fault.time_to_detect_s)] {
                (detected(fault))
                @if let Measured::Known(by) = &fault.time_to_detect_by_instance_s { small { (instances(by)) } }
            }
            td.number { (or_not(fault.time_to_rescue_s, seconds)) }
            td.number.broken[never(&fault.time_to_recover_s)] { (or_not(fault.time_to_recover_s, seconds)) }
            td.number { (or_not(fault.failback_s, seconds)) }
            td.number { (or_not(fault.first_victims, count)) }
            td.number { (or_not(fault.flaps, count)) }
            td.number { (or_not(fault.error_budget_burn, burn)) }
        }
    }
}

/// The title, and whom the fault hit if its target does not say so.
fn resolved_title(fault: &FaultResult) -> String {
    let title = fault_title(fault);
    match fault.deployments.iter().all(|id| *id == fault.target) {
        true => title,
        false => format!("{title}: {}", listed(&fault.deployments)),
    }
}

/// Why the fault at this position cost requests, in a row of its own; nothing where nobody can tell.
fn reason(analysis: &Analysis, (at, contender): (usize, &Contender), position: usize) -> Markup {
    let why = analysis.reasons.get(at).and_then(|reasons| reasons.get(position)?.as_ref());
    let examples = analysis.examples.get(at);
    let told = |request| examples.is_some_and(|told| told.tells(request));
    let undecided = || {
        let fault = contender.faults.get(position)?;
        let example = examples.and_then(|told| *told.of_faults.get(position)?)?;
        Some((unnoticed(contender, fault)?, example))
    };
    let decided = why.map(|why| (why.text.as_str(), why.example));
    html! {
        @if let Some((text, example)) = decided.or_else(undecided) {
            tr.reason {
                td colspan="9" {
                    div.said {
                        b { "Why: " } (text) ", see "
                        @if told(example) { a href={ "#" (ids::request(at, example)) } { "request " (example) } }
                        @else { code { (command(analysis, &contender.name, example)) } }
                    }
                }
            }
        }
    }
}

/// Why there were victims about whom a gateway of ours decided nothing: it writes down whatever it makes of a failure.
fn unnoticed(contender: &Contender, fault: &FaultResult) -> Option<&'static str> {
    let ours = match contender.kind {
        ContenderKind::BuiltIn | ContenderKind::Emulated => true,
        ContenderKind::Process | ContenderKind::Remote => false,
    };
    fault.victims.known().filter(|victims| ours && *victims > 0)?;
    Some(match Struck::by(fault) {
        Struck::Provider => {
            "none of their attempts had failed in the gateway's eyes, so it had nothing to decide"
        }
        Struck::Gateway | Struck::Config => "they were open at an instance that was struck",
    })
}

/// Where to look closer: the chart at the time of the fault, and a request that it cost.
fn see(
    analysis: &Analysis,
    (at, contender): (usize, &Contender),
    (position, fault): (usize, &FaultResult),
) -> Markup {
    let examples = analysis.examples.get(at);
    let example = examples.and_then(|told| *told.of_faults.get(position)?);
    let lost = fault.success_rate.known().is_none_or(|rate| rate < 1.0);
    html! {
        span.see {
            a href={ "#" (ids::chart(at)) } data-from=(fault.from_s) data-to=(fault.to_s) { "chart" }
            @if let Some(request) = example.filter(|_| lost) {
                " · "
                @if examples.is_some_and(|told| told.tells(request)) {
                    a href={ "#" (ids::request(at, request)) } { "request " (request) }
                } @else { code { (command(analysis, &contender.name, request)) } }
            }
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
