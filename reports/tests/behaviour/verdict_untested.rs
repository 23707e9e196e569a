//! Untested is not kept: whoever met no fault ranks behind those that did, and never leads.

use reports::report::{Basis, Standing};
use reports::{Requirement, requirement};
use vocab::FailureKind;

use crate::support::{RunDir, S, Tables};

/// Ten requests a second for 100 s; west has an outage from 40 s to 60 s, which `lost` of every ten requests meet.
fn tables(lost: u64, deployment: &str) -> Tables {
    let mut tables = Tables::default();
    for n in 0..1_000 {
        let at = n * S / 10;
        if (40..60).contains(&(at / S)) && n % 10 < lost {
            let request = tables.failure(at, 20, FailureKind::ServerError);
            tables.failed_attempt(request, at, "west", "f1");
        } else {
            tables.success(at, 100, 20, deployment);
        }
    }
    tables
}

fn run(contenders: &[(&str, Tables)]) -> reports::Analysis {
    let mut dir = RunDir::new(100);
    dir.fault("error", "west", (40, 60));
    dir.slo("success", "rate > 0.95");
    for (name, tables) in contenders {
        dir.contender(name, tables.clone());
    }
    dir.analyse()
}

#[test]
fn an_untested_keeper_cannot_lead_a_tested_one_however_cheap_and_good_it_is() {
    let report = run(&[("hides", tables(0, "west")), ("meets", tables(2, "east"))]).report;
    let v = &report.verdict;
    assert_eq!((v.winner.as_deref(), v.basis), (Some("meets"), Basis::OnlyKeeper));
    assert_eq!((&*v.kept, &*v.untested), (&["meets".to_owned()][..], &["hides".to_owned()][..]));
    assert_eq!(v.ranking, ["meets", "hides"]);
    assert!(v.line.ends_with("; hides kept it untested"), "{}", v.line);
}

#[test]
fn where_only_untested_contenders_keep_the_promise_nobody_leads() {
    let report = run(&[("loses", tables(9, "west")), ("hides", tables(0, "east"))]).report;
    let v = &report.verdict;
    assert_eq!((v.winner.as_deref(), v.basis), (None, Basis::OnlyUntested));
    assert_eq!(v.ranking, ["hides", "loses"]);
    let line = "nobody leads on seed 42, only hides (built-in) kept the promise and it did not meet the fault: ";
    assert!(v.line.starts_with(line), "{}", v.line);
    assert!(v.line.contains("; loses broke success (82 %)"), "{}", v.line);
}

#[test]
fn the_word_for_it_is_kept_untested_and_has_no_tick() {
    let analysis = run(&[("loses", tables(9, "west")), ("hides", tables(0, "east"))]);
    let style = reports::terminal::Style { width: 160, colour: false };
    let screen = reports::terminal::screen(&analysis, style);
    assert!(screen.contains("hides      – kept, untested"), "{screen}");
    let files = reports::render(&analysis);
    let text = |name: &str| {
        let file = files.iter().find(|file| file.name == name).expect("rendered");
        String::from_utf8(file.bytes.clone()).expect("UTF-8")
    };
    assert!(text("summary.md").contains("| **hides** | – kept, untested |"));
    assert!(text("comparison.csv").contains("\"kept, untested\""));
    let json: serde_json::Value = serde_json::from_str(&text("report.json")).expect("JSON");
    assert_eq!(json["verdict"]["untested"], serde_json::json!(["hides"]));
    assert!(!text("report.html").contains("class=\"leader\""));
}

#[test]
fn whoever_requires_it_is_told_the_remedy() {
    let report = run(&[("hides", tables(0, "east"))]).report;
    assert_eq!(report.contenders[0].standing(), Standing::Untested);
    let Requirement::Undecided(text) = requirement(&report.contenders[0]) else {
        panic!("untested is neither met nor missed")
    };
    assert!(text.contains("untested") && text.contains("target: favourite"), "{text}");
}

#[test]
fn without_faults_nobody_is_untested() {
    let mut dir = RunDir::new(100);
    dir.slo("success", "rate > 0.95");
    dir.contender("only", tables(0, "west"));
    let report = dir.analyse().report;
    assert_eq!(report.contenders[0].standing(), Standing::Kept);
    assert_eq!(requirement(&report.contenders[0]), Requirement::Met);
}
