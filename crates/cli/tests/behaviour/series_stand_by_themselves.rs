//! `--seeds` ends in a directory of its own, with a page; no series overwrites another, and no run one that differs in
//! any input.

use std::collections::BTreeSet;

use crate::support::Scratch;

/// Directories below `runs/four-dark-seconds`.
fn directories(scratch: &Scratch) -> BTreeSet<String> {
    let entries = std::fs::read_dir(scratch.path("runs/four-dark-seconds")).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_series_ends_in_a_page_of_its_own_that_leads_to_each_seed() {
    let scratch = Scratch::new();
    let ran = scratch.run(&["run", "scenario.yaml", "--seeds", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (_, page) = ran.out.rsplit_once("report  ").expect("a path");
    let page = scratch.path(page.trim());
    let folder = page.parent().expect("a folder").to_owned();
    for name in ["report.html", "report.json", "summary.md", "comparison.csv"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    let text = std::fs::read_to_string(&page).expect("a page");
    let links = text.split("href=\"./").skip(1).filter_map(|rest| rest.split('"').next());
    let links: Vec<&str> = links.collect();
    assert_eq!(links.len(), 2, "{links:?}");
    for link in links {
        assert!(folder.join(link).is_file(), "{link}");
    }
}

#[test]
fn a_series_prints_a_verdict_for_each_seed_and_one_table_of_all() {
    let scratch = Scratch::new();
    let run = |more: &[&str]| {
        let asked = [&["run", "scenario.yaml", "--seeds", "2"], more].concat();
        let ran = scratch.run(&asked);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    let short = run(&[]);
    let (verdicts, tables) = (short.matches("VERDICT").count(), short.matches("contender").count());
    assert_eq!((verdicts, short.matches("\nreport  ").count()), (3, 3), "{short}");
    assert!(!short.contains("fault f1") && tables < 5, "{short}");
    let long = run(&["--verbose"]);
    assert_eq!(long.matches("fault f1").count(), 2, "{long}");
}

#[test]
fn series_and_runs_that_differ_in_any_input_stand_beside_one_another() {
    let scratch = Scratch::new();
    let run = |seeds: &str, seed: &str| {
        let ran = scratch.run(&["run", "scenario.yaml", "--seeds", seeds, "--seed", seed]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        directories(&scratch)
    };
    let first = run("2", "11");
    assert_eq!(first.len(), 3, "two runs and a series: {first:?}");
    let other_seeds = run("2", "12");
    assert_eq!(other_seeds.len(), 5, "{other_seeds:?}");
    assert_eq!(run("2", "11"), other_seeds, "the same series again");
    scratch.change("Does a small config survive", "Will a small config survive");
    assert_eq!(run("2", "11").len(), 8, "another question");
    let prices = "deployments:\n  west: { price: { input: 1.0, output: 2.0 } }\n";
    scratch.change("faults:", &format!("{prices}faults:"));
    assert_eq!(run("2", "11").len(), 11, "another price");
}
