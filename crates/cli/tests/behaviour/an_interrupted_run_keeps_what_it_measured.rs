//! Ctrl-C in the middle: what was measured is written, reported, and marked.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::Scratch;

/// On the wall clock, so that there is a middle to interrupt.
#[test]
fn ctrl_c_writes_the_report_and_exits_with_130() {
    let scratch = Scratch::new();
    let mut child = scratch
        .command(&["run", "scenario.yaml", "--clock", "wall", "--out", "cut-short"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    // The first line is printed before the first world begins.
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    assert!(line.contains("seed 11"), "{line}");
    let table = scratch.path(".");
    let started = |path: &std::path::Path| {
        std::fs::read_dir(path)
            .expect("a folder")
            .flatten()
            .any(|entry| entry.path().join("direct/requests.part.csv").exists())
    };
    while !started(&table) {
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill");
    assert!(sent.success());
    let drained = std::thread::spawn(move || {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut said, &mut rest).expect("readable");
    });
    let output = child.wait_with_output().expect("ended");
    drained.join().expect("joined");
    assert_eq!(output.status.code(), Some(130));
    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(screen.contains("INVALID") && screen.contains("interrupted"), "{screen}");
    let report = std::fs::read_to_string(scratch.path("cut-short/report.json")).expect("a report");
    assert!(report.contains("interrupted"));
}
