//! The canary: in virtual time the tables and `run.json` are a function of scenario, config, seed
//! and build, byte for byte, from process to process, whatever else the machine does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::Scratch;

/// Files that a digest covers: all tables and `run.json`.
fn digested(scratch: &Scratch, dir: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = scratch.files(dir);
    files.retain(|(name, _)| {
        name == "run.json"
            || name == "oracle.csv"
            || name == "preflight.csv"
            || ["requests.csv", "attempts.csv", "decisions.csv"]
                .iter()
                .any(|table| name.ends_with(&format!("/{table}")))
    });
    files
}

fn first_difference(a: &[(String, Vec<u8>)], b: &[(String, Vec<u8>)]) -> Option<String> {
    assert_eq!(
        a.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        b.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
    a.iter().zip(b).find(|(a, b)| a != b).map(|((name, left), (_, right))| {
        let (left, right) = (String::from_utf8_lossy(left), String::from_utf8_lossy(right));
        let lines = left.lines().zip(right.lines()).find(|(a, b)| a != b);
        format!("{name}: {lines:?}")
    })
}

#[test]
fn two_processes_with_one_seed_write_the_same_bytes_also_under_contention() {
    let scratch = Scratch::new();
    let calm = scratch.run(&["run", "scenario.yaml", "--out", "calm"]);
    assert_eq!(calm.code, 0, "{}", calm.err);
    let stop = Arc::new(AtomicBool::new(false));
    let hogs: Vec<_> = (0..4)
        .map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let pressed = scratch.run(&["run", "scenario.yaml", "--out", "pressed"]);
    stop.store(true, Ordering::Relaxed);
    for hog in hogs {
        hog.join().expect("joined");
    }
    assert_eq!(pressed.code, 0, "{}", pressed.err);
    let (calm, pressed) = (digested(&scratch, "calm"), digested(&scratch, "pressed"));
    assert!(calm.len() >= 12, "three at the root, and three tables for each of three players");
    assert_eq!(first_difference(&calm, &pressed), None);
}

#[test]
fn another_seed_gives_other_bytes() {
    let scratch = Scratch::new();
    scratch.run(&["run", "scenario.yaml", "--out", "a"]);
    scratch.run(&["run", "scenario.yaml", "--seed", "12", "--out", "b"]);
    let difference = first_difference(&digested(&scratch, "a"), &digested(&scratch, "b"));
    assert!(difference.is_some());
}

#[test]
fn a_repeated_run_says_that_it_is_identical() {
    let scratch = Scratch::new();
    let first = scratch.run(&["run", "scenario.yaml"]);
    assert!(!first.err.contains("byte-identical"), "{}", first.err);
    let second = scratch.run(&["run", "scenario.yaml"]);
    assert_eq!(second.code, 0, "{}", second.err);
    assert!(second.err.contains("byte-identical to the earlier run ✓"), "{}", second.err);
}

#[test]
fn a_run_that_differs_from_the_earlier_one_is_an_internal_error() {
    let scratch = Scratch::new();
    scratch.run(&["run", "scenario.yaml", "--out", "same"]);
    let table = scratch.path("same/shuffle/requests.csv");
    let text = std::fs::read_to_string(&table).expect("a table");
    std::fs::write(&table, text.replacen("main", "mine", 1).replacen(",true,", ",false,", 1))
        .expect("written");
    let again = scratch.run(&["run", "scenario.yaml", "--out", "same"]);
    assert_eq!(again.code, 4, "{}", again.err);
    assert!(again.err.contains("shuffle/requests.csv, line"), "{}", again.err);
}
