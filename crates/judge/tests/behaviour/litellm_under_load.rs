//! The emulation under load, against runs of the real LiteLLM 1.106.2 that were recorded while it was mended by others.
//!
//! `records/litellm-1.106.2-least-busy.jsonl` has five runs of each cell of `least-busy` with three deployments, as
//! `brownout parity --only "load/*/least-busy/3"` recorded them on 2026-11-27. It is no published table.

use judge::parity::{Cases, LoadRow, Standing};

use super::support::play;

const RECORD: &str = include_str!("records/litellm-1.106.2-least-busy.jsonl");

/// Cells in the record.
const CELLS: usize = 10;

/// The cells of the record whose names hold `pattern`, played by a personality and judged.
fn cells(pattern: &str, personality: &str) -> Vec<LoadRow> {
    let cases = Cases::shipped().expect("shipped cases are right").only(pattern);
    play(&cases, personality, RECORD).expect("plays").cells
}

#[test]
fn least_busy_treats_sick_deployments_as_litellm_was_seen_to() {
    let rows = cells("load/*/least-busy/3", "litellm-1.106");
    assert_eq!(rows.len(), CELLS);
    let differing: Vec<_> = rows
        .iter()
        .filter(|row| row.standing != Standing::Agrees)
        .map(|row| (&row.cell, row.differing().collect::<Vec<_>>()))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn a_gateway_that_counts_exactly_is_told_apart() {
    let rows = cells("load/reset/least-busy/3", "brownout");
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.standing, Standing::Differs, "{:?}", row.differing().collect::<Vec<_>>());
}
