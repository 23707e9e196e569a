//! Before a run at most five lines of notes, once per series; all of them, or nothing, where that is asked for; colours
//! where they are asked for; and a repetition says when the run was first played.

use crate::support::{Ran, Scratch};

/// Notes, without the line that says what is run.
fn notes(ran: &Ran) -> Vec<&str> {
    ran.err.lines().filter(|line| line.starts_with("  ")).collect()
}

/// Keys that LiteLLM knows and brownout does not act on; mistakes would be told whole.
const IN_VAIN: [&str; 7] = [
    "modify_params",
    "default_soft_budget",
    "default_redis_ttl",
    "json_logs",
    "set_verbose",
    "suppress_debug_info",
    "turn_off_message_logging",
];

fn noisy() -> Scratch {
    let scratch = Scratch::new();
    let config = std::fs::read_to_string(scratch.path("config.yaml")).expect("there");
    let vain: String = IN_VAIN.iter().map(|key| format!("  {key}: 1\n")).collect();
    scratch.write("config.yaml", &format!("{config}litellm_settings:\n{vain}"));
    scratch
}

#[test]
fn at_most_five_lines_of_notes_come_before_a_run_and_the_report_has_all() {
    let scratch = noisy();
    let ran = scratch.run(&["run", "scenario.yaml", "--out", "brief"]);
    assert_eq!((ran.code, notes(&ran).len()), (0, 5), "{}", ran.err);
    assert!(notes(&ran)[4].contains("more notes: --verbose"), "{}", ran.err);
    assert!(!ran.err.contains("turn_off_message_logging"), "{}", ran.err);
    let page = std::fs::read_to_string(scratch.path("brief/report.html")).expect("a page");
    assert!(page.contains("turn_off_message_logging") && page.contains("f1: refuse"));
    let all = scratch.run(&["run", "scenario.yaml", "--out", "all", "--verbose"]);
    assert!(notes(&all).len() > 8 && all.err.contains("turn_off_message_logging"), "{}", all.err);
    let none = scratch.run(&["run", "scenario.yaml", "--out", "none", "--quiet"]);
    assert_eq!((none.code, none.err.as_str()), (0, ""));
    assert!(none.out.contains("VERDICT"));
}

#[test]
fn a_series_tells_its_notes_once() {
    let scratch = noisy();
    let ran = scratch.run(&["run", "scenario.yaml", "--seeds", "2", "--out", "both"]);
    assert_eq!((ran.code, notes(&ran).len()), (0, 5), "{}", ran.err);
    assert!(ran.err.contains("seed 11") && ran.err.contains("seed 12"), "{}", ran.err);
}

#[test]
fn a_repetition_says_when_the_run_was_first_played() {
    let scratch = Scratch::new();
    assert_eq!(scratch.run(&["run", "scenario.yaml"]).code, 0);
    let again = scratch.run(&["run", "scenario.yaml"]);
    let (_, date) = again.err.split_once("✓ (first played 20").expect("a date");
    assert!(date.contains(" UTC)"), "{}", again.err);
}

#[test]
fn colours_are_forced_and_forbidden_by_the_usual_variables() {
    let scratch = Scratch::new();
    assert_eq!(scratch.run(&["run", "scenario.yaml", "--out", "run"]).code, 0);
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = scratch.command(&["explain", "run", "30"]);
        let output = command.envs(variables.iter().copied()).output().expect("started");
        Ran::of(&output).out.contains('\u{1b}')
    };
    assert!(!coloured(&[]), "a pipe takes no colours");
    assert!(coloured(&[("FORCE_COLOR", "1")]) && coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")]) && !coloured(&[("NO_COLOR", "1")]));
}
