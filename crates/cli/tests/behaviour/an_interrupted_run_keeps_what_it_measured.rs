//! Ctrl-C in the middle: what was measured is written, reported, and marked.

use crate::standing::{Running, wait_for};
use crate::support::Scratch;

/// On the wall clock, so that there is a middle to interrupt.
#[test]
fn ctrl_c_writes_the_report_and_exits_with_130() {
    let scratch = Scratch::new();
    let arguments = ["run", "scenario.yaml", "--clock", "wall", "--out", "cut-short"];
    let mut run = Running::start(&mut scratch.command(&arguments));
    let folder = scratch.path(".");
    // A run writes beside its directory until it is whole.
    let under_way = || {
        assert_eq!(run.ended(), None, "it ended before it was interrupted");
        std::fs::read_dir(&folder)
            .expect("a folder")
            .flatten()
            .any(|entry| entry.path().join("direct/requests.part.csv").exists())
            .then_some(())
    };
    wait_for(under_way).expect("the first world begins");
    run.signal("-INT");
    let (code, screen) = run.end();
    assert_eq!(code, Some(130));
    assert!(screen.contains("INVALID") && screen.contains("interrupted"), "{screen}");
    let report = std::fs::read_to_string(scratch.path("cut-short/report.json")).expect("a report");
    assert!(report.contains("interrupted"));
}
