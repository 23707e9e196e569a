//! `brownout explain`: everything that happened to one request, from all three books.

use crate::support::Scratch;

/// A run whose first deployment refuses everything, and the number of a request that met it.
fn refused() -> Scratch {
    let scratch = Scratch::new();
    scratch.change("at: 6s, for: 4s", "at: 0s, for: 15s");
    let ran = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    scratch
}

#[test]
fn every_book_tells_its_part_for_every_contender() {
    let scratch = refused();
    let told = scratch.run(&["explain", "run", "30"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("request 30"), "{}", told.out);
    assert!(told.out.contains("SIMULATED"), "{}", told.out);
    for word in ["shuffle", "priority", "direct", "client", "gateway", "provider", "picks"] {
        assert!(told.out.contains(word), "`{word}` is not in:\n{}", told.out);
    }
    assert!(told.out.contains("dial 1 at west: turned away"), "{}", told.out);
}

#[test]
fn one_contender_alone() {
    let scratch = refused();
    let told = scratch.run(&["explain", "run", "30", "--contender", "priority"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("priority") && !told.out.contains("shuffle"), "{}", told.out);
}

#[test]
fn the_screen_of_a_run_ends_with_a_command_that_works() {
    let scratch = Scratch::new();
    scratch.change("at: 6s, for: 4s", "at: 0s, for: 15s");
    let ran = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    let line = ran.out.lines().find_map(|line| line.split_once("brownout explain "));
    let (_, arguments) = line.unwrap_or_else(|| unreachable!("no command in:\n{}", ran.out));
    let mut command = vec!["explain"];
    command.extend(arguments.split_whitespace());
    let told = scratch.run(&command);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("failed"), "{}", told.out);
}

#[test]
fn what_is_not_there_is_told() {
    let scratch = refused();
    for (arguments, word) in [
        (&["explain", "run", "99999"][..], "99999"),
        (&["explain", "nowhere", "1"], "nowhere"),
        (&["explain", "run", "1", "--contender", "nobody"], "nobody"),
    ] {
        let told = scratch.run(arguments);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{arguments:?}: {}", told.err);
        assert!(told.err.contains(word), "{}", told.err);
    }
}
