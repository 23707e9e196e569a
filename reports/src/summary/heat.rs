//! The heat map: what share of its requests each contender lost to each fault. Windows that one entry was
//! expanded into share a column. It must never know a colour or a width.

use super::faults::was_reached;
use super::ranked;
use crate::Analysis;
use crate::report::{Contender, FaultResult, Measured};
use crate::words::windows::{Group, groups};

/// What a fault cost a contender.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    /// This share of the requests that were exposed to it; more than nothing.
    Lost(f64),
    /// It met the fault, and lost nothing.
    Nothing,
    /// No request of it met the fault: it was not tested.
    Untested,
    /// There is nothing to tell: too few requests, or nobody recorded it.
    NotApplicable,
    /// An interrupted run did not come to it.
    NotPlayed,
}

/// The map.
#[derive(Clone, Debug)]
pub(crate) struct Heat<'a> {
    /// Contenders, best first.
    pub(crate) rows: Vec<&'a Contender>,
    /// Columns, in the order of the scenario.
    pub(crate) columns: Vec<Group>,
}

/// The map of a run; `None` without faults.
pub(crate) fn heat(analysis: &Analysis) -> Option<Heat<'_>> {
    let rows = ranked(analysis);
    let columns = groups(&rows.first()?.faults);
    (!columns.is_empty()).then_some(Heat { rows, columns })
}

/// One window.
pub(crate) fn cell(analysis: &Analysis, who: &Contender, fault: &FaultResult) -> Cell {
    if !who.was_played() || !was_reached(analysis, fault) {
        return Cell::NotPlayed;
    }
    let met_none = fault.met_requests == Measured::Known(0);
    match fault.success_rate {
        Measured::Known(rate) if rate < 1.0 => Cell::Lost(1.0 - rate),
        Measured::Known(_) if met_none => Cell::Untested,
        Measured::Known(_) => Cell::Nothing,
        Measured::Never => Cell::Lost(1.0),
        Measured::NotApplicable | Measured::TooFew if met_none => Cell::Untested,
        // Too few for a rate are still requests that were lost.
        Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => lost_of_few(fault),
    }
}

/// What was lost of too few requests for a rate.
fn lost_of_few(fault: &FaultResult) -> Cell {
    let few = fault.victims.known().zip(fault.exposed.known());
    let lost = few.filter(|(victims, exposed)| *victims > 0 && exposed >= victims);
    lost.map_or(Cell::NotApplicable, |(victims, exposed)| {
        Cell::Lost(victims as f64 / exposed as f64)
    })
}

/// All windows of a column together: the worst of them.
pub(crate) fn whole(analysis: &Analysis, who: &Contender, column: &Group) -> Cell {
    let windows = column.positions.iter().filter_map(|at| who.faults.get(*at));
    let cells = windows.map(|fault| cell(analysis, who, fault));
    cells.reduce(worse).unwrap_or(Cell::NotApplicable)
}

/// The worse of two, where a fact is worse than none.
pub(crate) fn worse(a: Cell, b: Cell) -> Cell {
    let rank = |cell: Cell| match cell {
        Cell::NotPlayed => (0, 0.0),
        Cell::NotApplicable => (1, 0.0),
        Cell::Untested => (2, 0.0),
        Cell::Nothing => (3, 0.0),
        Cell::Lost(share) => (4, share),
    };
    let (a_rank, b_rank) = (rank(a), rank(b));
    let more = a_rank.0.cmp(&b_rank.0).then(a_rank.1.total_cmp(&b_rank.1));
    if more.is_lt() { b } else { a }
}
