//! Ids of the places on the page that links lead to. Positions and numbers only: no name from outside
//! becomes an id.

use crate::summary::evidence::Evidence;

/// The section of a contender, by its position in the report.
pub(super) fn contender(at: usize) -> String {
    format!("contender-{at}")
}

/// Its chart through time.
pub(super) fn chart(at: usize) -> String {
    format!("chart-{at}")
}

/// Its row of a fault, by the fault's position.
pub(super) fn fault(at: usize, fault: usize) -> String {
    format!("fault-{at}-{fault}")
}

/// Its row of all windows of an entry, by the position of the entry's first window.
pub(super) fn entry(at: usize, first: usize) -> String {
    format!("entry-{at}-{first}")
}

/// Its story of a request.
pub(super) fn request(at: usize, request: u64) -> String {
    format!("request-{at}-{request}")
}

/// What stands behind a number of this contender.
pub(super) fn evidence(at: usize, evidence: Evidence, rows: impl Fn(usize) -> String) -> String {
    match evidence {
        Evidence::Fault(position) => rows(position),
        Evidence::Request(id) => request(at, id),
    }
}
