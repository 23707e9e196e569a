//! What people read: the first screen at two widths, with and without colour, and the summary.

use reports::terminal::{Style, screen};

use crate::support::brownout;

fn shown(width: usize) -> String {
    screen(&brownout::run().analyse(), Style { width, colour: false })
}

#[test]
fn the_first_screen_at_80_columns() {
    insta::assert_snapshot!(shown(80));
}

#[test]
fn the_first_screen_at_160_columns() {
    insta::assert_snapshot!(shown(160));
}

#[test]
fn an_invalid_wall_clock_run_says_so_and_ranks_nobody() {
    let mut dir = brownout::run();
    dir.on_the_wall();
    dir.machine.incomplete = Some("interrupted after 12.0 s".to_owned());
    insta::assert_snapshot!(screen(&dir.analyse(), Style { width: 100, colour: false }));
}

#[test]
fn an_interrupted_run_judges_nobody_and_says_who_was_not_played() {
    let mut dir = brownout::run();
    dir.machine.incomplete = Some("interrupted".to_owned());
    for (name, tables) in &mut dir.tables {
        let until = if name == "dear" { 0 } else { 50 };
        tables.requests.retain(|row| row.intended_ns < until * crate::support::S);
        tables.attempts.retain(|row| row.arrived_ns < until * crate::support::S);
        tables.decisions.clear();
    }
    let analysis = dir.analyse();
    let shown = screen(&analysis, Style { width: 100, colour: false });
    assert!(!shown.contains('✓') && !shown.contains('✗') && !shown.contains("broke"), "{shown}");
    assert_eq!(shown.matches("interrupted").count(), 1, "{shown}");
    insta::assert_snapshot!(shown);
    for file in reports::render(&analysis) {
        let text = String::from_utf8_lossy(&file.bytes);
        assert!(!text.contains('✓') && !text.contains('✗'), "{}", file.name);
    }
}

#[test]
fn a_long_warning_is_wrapped_and_not_cut() {
    let mut dir = brownout::run();
    let warning = format!("each of {} is throttled before any fault: END", "east, ".repeat(60));
    dir.run.warnings.push(warning);
    let shown = screen(&dir.analyse(), Style { width: 80, colour: false });
    assert!(shown.contains("fault: END") || shown.contains("END\n"), "{shown}");
}

#[test]
fn the_command_explains_the_number_that_is_red() {
    let mut dir = brownout::run();
    dir.run.slo.clear();
    dir.slo("ttft", "p(90)<700");
    dir.tables.remove("stubborn");
    dir.run.contenders.retain(|who| who.name != "stubborn");
    // A quick failure is no reason for a slow percentile.
    let swift = dir.tables.get_mut("swift").expect("there");
    swift.requests[300].outcome = vocab::Outcome::Failed;
    swift.requests[300].failure = Some(vocab::FailureKind::ServerError);
    let analysis = dir.analyse();
    let red =
        analysis.report.contenders.iter().find(|c| c.name == analysis.report.verdict.ranking[0]);
    let slowest = red.expect("ranked").slowest_by_metric["ttft"];
    let shown = screen(&analysis, Style { width: 160, colour: false });
    assert!(
        shown.contains(&format!("request {slowest} is its slowest success by ttft")),
        "{shown}"
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let mut many = brownout::run();
    for (metric, expr) in [("e2e", "p(99) < 60s"), ("tpot", "p(90) < 50ms"), ("cost", "rate < 3")] {
        many.slo(metric, expr);
    }
    let many = many.analyse();
    for width in [80, 100, 120, 160] {
        let shown = shown(width) + &screen(&many, Style { width, colour: false });
        for line in shown.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn colour_repeats_what_words_say() {
    let analysis = brownout::run().analyse();
    let coloured = screen(&analysis, Style { width: 100, colour: true });
    assert!(coloured.contains('\u{1b}'));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    assert_eq!(plain, screen(&analysis, Style { width: 100, colour: false }));
}

#[test]
fn names_from_outside_cannot_move_the_cursor() {
    let mut dir = brownout::run();
    dir.run.scenario.name = "evil\u{1b}[2Jname".to_owned();
    dir.run.faults[0].summary = "x\r\nVALID".to_owned();
    let shown = screen(&dir.analyse(), Style { width: 100, colour: false });
    assert!(!shown.contains('\u{1b}') && !shown.contains('\r'));
}

#[test]
fn the_summary_for_a_pull_request() {
    let files = reports::render(&brownout::run().analyse());
    let summary = files.into_iter().find(|file| file.name == "summary.md").expect("there");
    insta::assert_snapshot!(String::from_utf8(summary.bytes).expect("UTF-8"));
}
