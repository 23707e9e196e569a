//! The heat map, contender × fault: red from the first lost request, and every cell leads to its fault row. What is
//! not applicable or untested looks like neither lost nor kept.

use maud::{Markup, html};

use super::faults::{entry_row, row_of};
use super::ids;
use super::terms::{chip, term};
use crate::Analysis;
use crate::report::Contender;
use crate::summary::heat::{Cell, Heat, cell, heat, whole, worse};
use crate::summary::position;
use crate::words::fault::{Struck, detected, fault_name, fault_title};
use crate::words::figures::{clock, count, counted, or_not, percent, seconds};
use crate::words::reach::{differs, hit, listed};
use crate::words::text::plain;
use crate::words::windows::Group;

/// Squares in a cell of an entry with several windows; where there are more windows, neighbours share one.
const SQUARES_MAX: usize = 44;

/// The section; nothing without faults.
pub(super) fn heat_map(analysis: &Analysis) -> Markup {
    let Some(heat) = heat(analysis) else { return html! {} };
    html! {
        section #heat {
            h2 { "What did each fault cost?" }
            p.context { "Share of the requests exposed to a fault that were " (term("lost", "lost")) ". A cell leads to the details." }
            div.scroll {
                table.heatmap.sortable {
                    thead {
                        tr {
                            th { "contender" }
                            @for column in &heat.columns { (title(&heat, column)) }
                        }
                    }
                    tbody {
                        @for who in &heat.rows { (row(analysis, &heat, who)) }
                    }
                }
            }
            (legend())
        }
    }
}

fn title(heat: &Heat<'_>, column: &Group) -> Markup {
    let of_column = || column.positions.iter().filter_map(|at| heat.rows.first()?.faults.get(*at));
    let from = of_column().map(|fault| fault.from_s).fold(f64::INFINITY, f64::min);
    let to = of_column().map(|fault| fault.to_s).fold(0.0, f64::max);
    let Some(first) = of_column().next() else { return html! { th {} } };
    let windows = column.positions.len();
    html! {
        th title=(fault_title(first)) {
            @match &column.entry {
                Some(entry) if windows > 1 => {
                    (plain(entry))
                    small { (counted(windows as u64, "window")) ", the worst counts" }
                },
                Some(_) | None => {
                    (chip(Struck::by(first))) (fault_name(first))
                    small { "on " (plain(&first.target)) @if let Some(hit) = hit_by_all(heat, column) { " = " (hit) } }
                },
            }
            small { (clock(from)) " to " (clock(to)) }
        }
    }
}

fn row(analysis: &Analysis, heat: &Heat<'_>, who: &Contender) -> Markup {
    let at = position(analysis, who);
    html! {
        tr data-contender=(at) {
            th scope="row" { a href={ "#" (ids::contender(at)) } { (who.name) } }
            @for column in &heat.columns { (entry(analysis, heat, (at, who), column)) }
        }
    }
}

/// Whom a single fault hit where that was the same for all contenders, and its target does not say it.
fn hit_by_all(heat: &Heat<'_>, column: &Group) -> Option<String> {
    let [only] = column.positions[..] else { return None };
    (!differs(&heat.rows, only)).then(|| hit(&heat.rows, only)).flatten()
}

/// Whom a single fault hit at this contender, where that was not the same for all.
fn hit_of(heat: &Heat<'_>, who: &Contender, column: &Group) -> Option<String> {
    let [only] = column.positions[..] else { return None };
    let fault = who.faults.get(only).filter(|_| differs(&heat.rows, only))?;
    Some(format!("at {}", listed(&fault.deployments)))
}

fn entry(
    analysis: &Analysis,
    heat: &Heat<'_>,
    (at, who): (usize, &Contender),
    column: &Group,
) -> Markup {
    let all = whole(analysis, who, column);
    let href = entry_row((at, who), column);
    html! {
        td class=(class(all)) data-v=[sort_key(all)] {
            a href={ "#" (href) } title=(tip(who, column)) {
                (text(all))
                @if let Some(hit) = hit_of(heat, who, column) { small { (hit) } }
                @if column.positions.len() > 1 { (squares(analysis, (at, who), column)) }
            }
        }
    }
}

/// One square per window, in the order of time; each is the worst of the windows that share it.
fn squares(analysis: &Analysis, (at, who): (usize, &Contender), column: &Group) -> Markup {
    let per_square = column.positions.len().div_ceil(SQUARES_MAX);
    let square = |windows: &[usize]| {
        let faults = windows.iter().filter_map(|position| who.faults.get(*position));
        faults.map(|fault| cell(analysis, who, fault)).reduce(worse).unwrap_or(Cell::NotApplicable)
    };
    html! {
        span.squares {
            @for windows in column.positions.chunks(per_square) {
                @let worst = square(windows);
                span class=(class(worst)) data-href=(row_of((at, who), windows[0])) {}
            }
        }
    }
}

/// What a reader sees who points at a cell.
fn tip(who: &Contender, column: &Group) -> String {
    let only = column.positions.first().and_then(|at| who.faults.get(*at));
    match (only, column.positions.len()) {
        (Some(fault), 1) => format!(
            "{}: {} answered meanwhile, noticed {}, recovered {}, {} requests met it",
            plain(&who.name),
            or_not(fault.success_rate, percent),
            detected(fault),
            or_not(fault.time_to_recover_s, seconds),
            or_not(fault.met_requests, count),
        ),
        (Some(_) | None, windows) => {
            format!("{}: the worst of {}", plain(&who.name), counted(windows as u64, "window"))
        }
    }
}

/// Six depths of red, by what a reader would call them: some, one in a hundred, twenty, five, two, nearly all.
fn class(cell: Cell) -> &'static str {
    match cell {
        Cell::Nothing => "heat none",
        Cell::Untested => "heat untested",
        Cell::NotApplicable => "heat na",
        Cell::NotPlayed => "heat unplayed",
        Cell::Lost(share) if share < 0.01 => "heat lost1",
        Cell::Lost(share) if share < 0.05 => "heat lost2",
        Cell::Lost(share) if share < 0.2 => "heat lost3",
        Cell::Lost(share) if share < 0.5 => "heat lost4",
        Cell::Lost(share) if share < 0.9 => "heat lost5",
        Cell::Lost(_) => "heat lost6",
    }
}

fn text(cell: Cell) -> Markup {
    match cell {
        Cell::Lost(share) => html! { b { (percent(share)) } },
        Cell::Nothing => html! { "0" },
        Cell::Untested => html! { (term("not met", "not met")) },
        Cell::NotApplicable => html! { (term("n/a", "n/a")) },
        Cell::NotPlayed => html! { "not played" },
    }
}

fn sort_key(cell: Cell) -> Option<String> {
    match cell {
        Cell::Lost(share) => Some(share.to_string()),
        Cell::Nothing => Some("0".to_owned()),
        Cell::Untested | Cell::NotApplicable | Cell::NotPlayed => None,
    }
}

fn legend() -> Markup {
    html! {
        p.legend {
            span.heat.none {} " nothing lost " span.heat.lost1 {} " any " span.heat.lost3 {} " 5 % or more "
            span.heat.lost5 {} " half or more " span.heat.untested {} " not met: untested, which is no success "
            span.heat.na {} " nothing to tell"
        }
    }
}
