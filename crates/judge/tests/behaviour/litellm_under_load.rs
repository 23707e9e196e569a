//! The emulation under load, against runs of the real LiteLLM 1.106.2 that were recorded while it was mended by others.
//!
//! `records/litellm-1.106.2-least-busy.jsonl` has five runs of each cell of `least-busy` with three deployments, as
//! `brownout parity --only "load/*/least-busy/3"` recorded them on 2026-11-27. It is no published table.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use judge::parity::{Cases, Emulation, LoadRow, Playing, Recorded, Standing, parity};

const RECORD: &str = include_str!("records/litellm-1.106.2-least-busy.jsonl");

/// Cells in the record.
const CELLS: usize = 10;

/// The cells of the record whose names hold `pattern`, played by a personality and judged.
fn play(pattern: &str, personality: &str) -> Vec<LoadRow> {
    let emulation =
        Emulation { product: "LiteLLM 1.106.2".to_owned(), personality: personality.to_owned() };
    let (stop, stuck): (_, Arc<dyn Fn(&str) + Send + Sync>) =
        (Arc::new(AtomicBool::new(false)), Arc::new(|world| panic!("{world} stands still")));
    let mut playing = Playing {
        emulation: &emulation,
        plays: 1,
        at_a_time: 1,
        stop: &stop,
        stuck: &stuck,
        record: &mut |_| panic!("nobody plays"),
        progress: &mut |_, _, _| {},
    };
    let cases = Cases::shipped().expect("shipped cases are right").only(pattern);
    parity(&cases, &mut Recorded::read(RECORD), None, &mut playing).expect("plays").cells
}

#[test]
fn least_busy_treats_sick_deployments_as_litellm_was_seen_to() {
    let rows = play("load/*/least-busy/3", "litellm-1.106");
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
    let rows = play("load/reset/least-busy/3", "brownout");
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.standing, Standing::Differs, "{:?}", row.differing().collect::<Vec<_>>());
}
