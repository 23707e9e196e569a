//! What a gate found, for CI servers and reviewers: shapes that their programs read, and names from outside that can start
//! nothing.

use quick_xml::Reader;
use quick_xml::events::Event;
use reports::gate_files::{annotations, gitlab, junit, markdown};
use reports::report::{
    GATE_SCHEMA, Gate, GateCause, GateChange, GateConfig, GateMargins, GateReason, GateRow,
    GateSort, GateVerdict,
};
use reports::terminal::{Style, gate};

/// A name that tries everything: markup, a mention, a workflow command, an escape of a terminal.
const HOSTILE: &str = "a|b</td>`x`\n::error::@all\u{1b}[2J,c:d%0A]]>&##[error]";

fn row(name: &str, verdict: GateVerdict, pass: bool) -> GateRow {
    GateRow {
        scenario: name.to_owned(),
        question: None,
        model: None,
        verdict,
        pass,
        reasons: vec![GateReason {
            metric: "goodput".to_owned(),
            sort: GateSort::Worse,
            text: format!("goodput of {name} 99.8 % → 91.2 %"),
            seeds: 5,
        }],
        margins: GateMargins { goodput_points: 0.5, recover_s: 5.0, cost_percent: 5.0 },
        seeds: Vec::new(),
        causes: vec![GateCause {
            change: 0,
            metric: "good".to_owned(),
            together: -29.0,
            alone: -27.0,
            others: -2.0,
            text: format!("{name} alone explains 27 of 29 lost good answers"),
        }],
        would_pass: Some("30".to_owned()),
        command: format!("brownout run {name}"),
        request: Some(1811),
    }
}

fn found(name: &str) -> Gate {
    Gate {
        schema: GATE_SCHEMA.to_owned(),
        build: "0.0.0".to_owned(),
        verdict: GateVerdict::Worse,
        pass: false,
        line: format!("1 of 4 scenarios got worse. {name}"),
        base: GateConfig { name: "git:main".to_owned(), hash: "aa".repeat(32) },
        proposed: GateConfig { name: name.to_owned(), hash: "bb".repeat(32) },
        from_baseline: false,
        seeds: 5,
        changes: vec![GateChange {
            path: format!("router_settings.{name}"),
            sort: "changed".to_owned(),
            about: None,
            file: format!("conf/{name}.yaml"),
            line: 41,
            gone: false,
            near: 41,
            from: Some("60".to_owned()),
            to: Some(name.to_owned()),
        }],
        unseen: vec![name.to_owned()],
        notes: vec![name.to_owned()],
        scenarios: vec![
            row(name, GateVerdict::Worse, false),
            row("quiet", GateVerdict::Same, true),
            row("blind", GateVerdict::Untested, true),
            row("unknown", GateVerdict::NoData, false),
        ],
    }
}

/// The elements of a document, each with the name of the one that it stands in; every one is closed.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    let (mut open, mut found): (Vec<String>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    let name = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(element) => {
                let name = name(element.name().as_ref());
                found.push((open.last().cloned().unwrap_or_default(), name.clone()));
                open.push(name);
            }
            Event::Empty(element) => {
                let name = name(element.name().as_ref());
                found.push((open.last().cloned().unwrap_or_default(), name));
            }
            Event::End(_) => drop(open.pop()),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

#[test]
fn junit_has_a_test_for_each_scenario() {
    let xml = junit(&found("dead-first"));
    let found = elements(&xml);
    let in_tests: Vec<&str> = found
        .iter()
        .filter(|(above, _)| above == "testcase")
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(in_tests, ["failure", "system-out", "skipped", "system-out", "error"]);
    assert_eq!(found.iter().filter(|(_, name)| name == "testcase").count(), 4);
    let head = "<testsuite name=\"";
    let suite = xml.lines().find(|line| line.trim_start().starts_with(head)).expect("a suite");
    assert!(suite.contains("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\""), "{suite}");
}

#[test]
fn names_from_outside_start_nothing() {
    let hostile = found(HOSTILE);
    let tests = elements(&junit(&hostile)).into_iter().filter(|(_, name)| name == "testcase");
    assert_eq!(tests.count(), 4);
    let quality: serde_json::Value = serde_json::from_str(&gitlab(&hostile)).expect("JSON");
    assert_eq!(quality.as_array().map(Vec::len), Some(2));
    let lines = annotations(&hostile);
    assert_eq!(lines.lines().count(), 2, "one command each: {lines}");
    for line in lines.lines() {
        assert!(
            line.starts_with("::error file=conf/a|b</td>`x`%0A%3A%3Aerror%3A%3A@all"),
            "{line}"
        );
        assert!(!line.contains("##["), "{line}");
    }
    let log = reports::gate_files::harmless(&gate(&hostile, Style { width: 80, colour: false }));
    assert!(!log.contains("::") && !log.contains("##["), "{log}");
    let page = markdown(&hostile);
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let bars = line.matches('|').count() - line.matches("\\|").count();
        assert_eq!(bars, 5, "a cell is broken: {line}");
        assert!(!line.contains("</td>") && !line.contains("@all"), "{line}");
    }
    let screen = gate(&hostile, Style { width: 80, colour: false });
    assert!(!screen.contains('\u{1b}'), "{screen}");
}

#[test]
fn the_terminal_is_kept_to() {
    let screen = gate(&found("dead-first"), Style { width: 80, colour: false });
    let long: Vec<&str> = screen.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(long.is_empty(), "{long:?}");
    insta::assert_snapshot!("gate_screen", screen);
}

#[test]
fn findings_are_known_again_whatever_their_figures() {
    let mut other = found("dead-first");
    other.scenarios[0].reasons[0].text = "goodput 99.8 % → 50 %".to_owned();
    let prints = |found: &Gate| -> Vec<String> {
        let all: serde_json::Value = serde_json::from_str(&gitlab(found)).expect("JSON");
        let all = all.as_array().expect("findings").clone();
        all.iter().map(|one| one["fingerprint"].to_string()).collect()
    };
    assert_eq!(prints(&found("dead-first")), prints(&other));
    let both = prints(&other);
    assert_ne!(both[0], both[1]);
}
