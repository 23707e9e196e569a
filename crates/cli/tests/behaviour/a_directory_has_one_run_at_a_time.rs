//! Two runs into one directory at once, and runs that are killed: real processes, real signals.

use std::path::PathBuf;

use crate::standing::{Running, wait_for};
use crate::support::Scratch;

/// A run on the wall clock, long enough to be met in the middle, that has begun to write to `out`.
fn under_way(scratch: &Scratch, out: &str) -> Running {
    let arguments = ["run", "scenario.yaml", "--clock", "wall", "--out", out];
    let running = Running::start(&mut scratch.command(&arguments));
    let begun = wait_for(|| beside(scratch).into_iter().find(|name| name.ends_with(".partial")));
    let partial = begun.expect("it begins to write");
    let table =
        || Some(()).filter(|()| scratch.path(&partial).join("direct/requests.part.csv").exists());
    wait_for(table).expect("it plays");
    running
}

/// What stands in the scratch folder that is hidden.
fn beside(scratch: &Scratch) -> Vec<String> {
    let entries = std::fs::read_dir(scratch.path(".")).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}

fn kill(running: Running) {
    running.signal("-KILL");
    assert_eq!(running.end().0, None, "a signal has no code");
}

#[test]
fn a_second_run_into_the_same_directory_is_refused_while_the_first_is_alive() {
    let scratch = Scratch::new();
    let first = under_way(&scratch, "run");
    let second = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!((second.code, second.out.as_str()), (2, ""), "{}", second.err);
    assert!(second.err.contains("is being written by process"), "{}", second.err);
    assert!(second.err.contains("--out"), "{}", second.err);
    // Another directory is free, whatever goes on beside it.
    let other = scratch.run(&["run", "scenario.yaml", "--out", "other"]);
    assert_eq!(other.code, 0, "{}", other.err);
    kill(first);
    // The lock of a killed process is nobody's, and what it left is removed.
    assert!(
        beside(&scratch).iter().any(|name| name.ends_with(".partial")),
        "{:?}",
        beside(&scratch)
    );
    let next = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!(next.code, 0, "{}", next.err);
    assert_eq!(beside(&scratch), Vec::<String>::new());
    let told = scratch.run(&["explain", "run", "30"]);
    assert_eq!(told.code, 0, "{}", told.err);
}

#[test]
fn a_killed_run_leaves_the_whole_one_that_stood_there() {
    let scratch = Scratch::new();
    let whole = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    let before = scratch.files("run");
    kill(under_way(&scratch, "run"));
    assert_eq!(scratch.files("run"), before);
    let again = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("byte-identical to the earlier run"), "{}", again.err);
    assert_eq!(beside(&scratch), Vec::<String>::new());
}

#[test]
fn a_run_killed_while_it_takes_anothers_place_loses_neither() {
    let scratch = Scratch::new();
    let whole = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    // What stands there between the two renames by which a run takes the place of another.
    let aside: PathBuf = scratch.path(".run.4242.old");
    std::fs::rename(scratch.path("run"), &aside).expect("moved");
    std::fs::create_dir(scratch.path(".run.4242.partial")).expect("made");
    let again = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("byte-identical to the earlier run"), "{}", again.err);
    assert_eq!(beside(&scratch), Vec::<String>::new());
}

#[test]
fn an_interrupted_run_takes_nobodys_files_away() {
    let scratch = Scratch::new();
    let whole = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    std::fs::create_dir(scratch.path("run-interrupted")).expect("made");
    scratch.write("run-interrupted/thesis.txt", "do not lose");
    let running = under_way(&scratch, "run");
    running.signal("-INT");
    assert_eq!(running.end().0, Some(130));
    let kept = std::fs::read_to_string(scratch.path("run-interrupted/thesis.txt"));
    assert_eq!(kept.expect("still there"), "do not lose");
    assert!(scratch.path("run-interrupted-2/run.json").exists());
    assert_eq!(beside(&scratch), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_hostile_directory_is_refused_and_not_waited_for() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("trap")).expect("made");
    let pipe = std::process::Command::new("mkfifo").arg(scratch.path("trap/run.json")).status();
    assert!(pipe.expect("mkfifo").success());
    for arguments in [
        &["run", "scenario.yaml", "--out", "trap"][..],
        &["explain", "trap", "1"],
        &["explain", "trap/run.json", "1"],
        &["explain", "/dev/zero", "1"],
    ] {
        let running = Running::start(&mut scratch.command(arguments));
        assert_eq!(running.end().0, Some(2), "{arguments:?}");
    }
    // Files that a scenario names come with it.
    scratch.change("config: config.yaml", "config: trap/run.json");
    let running = Running::start(&mut scratch.command(&["validate", "scenario.yaml"]));
    assert_eq!(running.end().0, Some(2));
}
