//! What people read: the first screen at two widths, with and without colour, and the summary.

use record::TargetRow;
use record::run::{ActsOn, EventInfo, EventKind, ReachInfo};
use reports::terminal::{Style, screen};

use crate::support::{RunDir, S, brownout};

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
fn an_event_that_changes_a_config_has_its_row_and_is_not_told_twice() {
    let mut dir = brownout::run();
    let event = |id: &str, kind, summary: &str| EventInfo {
        id: id.to_owned(),
        kind,
        summary: summary.to_owned(),
        at_ns: 100 * crate::support::S,
        every_ns: None,
        down_ns: None,
    };
    dir.run.events = vec![
        event("e1", EventKind::Apply, "apply num_retries"),
        event("e2", EventKind::Mark, "the press conference"),
    ];
    let analysis = dir.analyse();
    let summary = reports::render(&analysis).into_iter().find(|file| file.name == "summary.md");
    let summary = String::from_utf8(summary.expect("there").bytes).expect("UTF-8");
    let shown = screen(&analysis, Style { width: 160, colour: false });
    assert_eq!(shown.matches("apply num_retries").count(), 1, "{shown}");
    for told in [shown, summary] {
        assert!(!told.contains("e1 at 100 s: apply"), "{told}");
        assert_eq!(told.matches("e2 at 100 s: the press conference").count(), 1, "{told}");
    }
}

#[test]
fn no_big_figure_is_rounded_across_the_bound_that_it_is_judged_by() {
    let mut dir = brownout::run();
    dir.run.slo.clear();
    dir.slo("success", "rate > 0.66670");
    dir.slo("cost", "rate < 0.50001");
    dir.tables.retain(|name, _| name == "stubborn" || name == "direct");
    dir.run.contenders.retain(|who| who.name == "stubborn" || who.mark);
    let page = reports::render(&dir.analyse());
    let page = page.iter().find(|file| file.name == "report.html").expect("there");
    let page = std::str::from_utf8(&page.bytes).expect("UTF-8");
    let figures = page.split("class=\"figures\"").nth(1).expect("there");
    let figures = figures.split("</dl>").next().expect("its end");
    // 480 of 720 are 66.667 %: not 66.7 %, beside a bound of 66.67 %.
    assert!(figures.contains("<b>66.667 %</b>") && !figures.contains("<b>66.7"), "{figures}");
    assert!(figures.contains("<b>$0.50000</b>"), "{figures}");
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

/// The brownout with a name of more than half a narrow terminal.
fn with_a_long_name() -> RunDir {
    let mut dir = brownout::run();
    let long = "swift_with_a_very-long.name-that-goes-on-and-on-and-on-and-on".to_owned();
    for who in dir.run.contenders.iter_mut().filter(|who| who.name == "swift") {
        who.name.clone_from(&long);
    }
    let tables = dir.tables.remove("swift").expect("there");
    dir.tables.insert(long, tables);
    dir
}

/// The brownout, in the middle of which an instance is killed and every config is changed.
fn with_events() -> RunDir {
    let mut dir = brownout::run();
    dir.fault("kill", "gateway[1]", (130, 140)).acts_on = ActsOn::Instances;
    dir.run.faults[1].deployments.clear();
    let event = |id: &str, kind: EventKind, summary: &str| EventInfo {
        id: id.to_owned(),
        kind,
        summary: summary.to_owned(),
        at_ns: 150 * S,
        every_ns: None,
        down_ns: None,
    };
    dir.run.events = vec![
        event("e1", EventKind::Apply, "apply num_retries = 1"),
        event("e2", EventKind::Mark, "half of them are new"),
    ];
    dir
}

/// The brownout, whose fault is at whomever each contender uses most.
fn with_a_favourite() -> RunDir {
    let mut dir = brownout::run();
    dir.run.faults[0].target = "favourite".to_owned();
    dir.run.faults[0].deployments.clear();
    for who in &mut dir.run.contenders {
        let ids = if who.name == "stubborn" { &["west"][..] } else { &["west", "east"][..] };
        let deployments = ids.iter().map(|id| (*id).to_owned()).collect();
        who.reach = vec![ReachInfo { model: "chat".to_owned(), deployments }];
    }
    for (name, tables) in &mut dir.tables {
        let deployments = if name == "dear" { "east" } else { "west" }.to_owned();
        tables.targets.push(TargetRow { fault: "f1".to_owned(), at_ns: 60 * S, deployments });
    }
    dir
}

#[test]
fn a_narrow_terminal_tells_under_each_row_what_has_no_room_in_it() {
    let (narrow, wide) = (shown(80), shown(160));
    // Of three contenders each, once; on a wide terminal they are columns.
    for column in ["error budget burn ", "flaps"] {
        assert_eq!(narrow.matches(column).count(), 3, "{column}: {narrow}");
    }
    assert_eq!(narrow.matches("rescued of those that met a fault").count(), 2, "{narrow}");
    assert!(wide.contains("error budget\n") && !wide.contains("error budget burn "), "{wide}");
    for number in ["50.0×", "27 s", "1.01×", "66.7 %"] {
        assert!(narrow.contains(number) && wide.contains(number), "{number}: {narrow}");
    }
}

#[test]
fn a_long_name_takes_several_lines_and_none_of_it_is_lost() {
    let shown = screen(&with_a_long_name().analyse(), Style { width: 80, colour: false });
    let (_, table) = shown.split_once("#  contender").expect("a table");
    let (table, _) = table.split_once("fault f1").expect("faults");
    let rows = table.lines().filter(|line| !line.starts_with("    "));
    let column: String = rows
        .map(|line| line.chars().skip(3).take(20).collect::<String>().trim().to_owned())
        .collect();
    assert!(
        column.contains("swift_with_a_very-long.name-that-goes-on-and-on-and-on-and-on"),
        "{shown}"
    );
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{shown}");
}

#[test]
fn events_and_faults_of_gateways_look_otherwise_and_tell_only_what_they_can() {
    let analysis = with_events().analyse();
    let style = Style { width: 120, colour: false };
    let shown = screen(&analysis, style);
    let part = |title: &str| {
        let (_, rest) = shown.split_once(title).unwrap_or_else(|| panic!("{title}: {shown}"));
        rest.split_once("\n\n").expect("an end").0.to_owned()
    };
    let (fault, kill, event) = (
        part("fault f1 refuse (connections turned away) on west"),
        part("gateway fault f2 kill on gateway[1], 130 s to 140 s"),
        part("event e1 apply num_retries = 1 on gateway, at 150 s"),
    );
    assert!(fault.contains("detected") && fault.contains("flaps"), "{fault}");
    for other in [kill, event] {
        assert!(other.contains("recovered") && other.contains("burn"), "{other}");
        assert!(!other.contains("detected") && !other.contains("flaps"), "{other}");
    }
    assert!(shown.contains("\ne2 at 150 s: half of them are new\n"), "{shown}");
    let coloured = screen(&analysis, Style { colour: true, ..style });
    let painted = |title: &str| {
        let (before, _) = coloured.split_once(title).expect("there");
        before.rsplit_once('\u{1b}').expect("painted").1.to_owned()
    };
    assert_ne!(painted("event e1"), painted("fault f1"));
}

#[test]
fn the_called_group_and_whom_a_favourite_was_stand_in_every_output() {
    let analysis = with_a_favourite().analyse();
    let calls = "traffic calls `chat`: 1 deployment, no fallback (stubborn); 2 deployments, no fallback (swift and dear)";
    let hit = "west (swift and stubborn); east (dear)";
    let shown = screen(&analysis, Style { width: 160, colour: false });
    assert!(shown.contains(calls) && shown.contains(&format!("\n  hit {hit}\n")), "{shown}");
    let files = reports::render(&analysis);
    let text = |name: &str| {
        let file = files.iter().find(|file| file.name == name).expect(name);
        String::from_utf8(file.bytes.clone()).expect("UTF-8")
    };
    let page = text("report.html");
    assert!(page.contains(calls) && page.contains(&format!("f1 hit (favourite): {hit}")));
    assert!(page.contains("<small>at east</small>") && page.contains("<small>at west</small>"));
    assert!(page.contains("on favourite, 60 s to 120 s: east"));
    let summary = text("summary.md").replace('\\', "");
    assert!(summary.contains(calls) && summary.contains(&format!("- f1 hit (favourite): {hit}")));
    let csv = text("faults.csv");
    let row = csv.lines().find(|line| line.starts_with("dear,f1,fault,")).expect("a row");
    assert!(row.contains(",favourite,60,120,") && row.contains(",east,"), "{row}");
    let json: serde_json::Value = serde_json::from_str(&text("report.json")).expect("JSON");
    let dear = &json["contenders"][2];
    assert_eq!(dear["faults"][0]["deployments"], serde_json::json!(["east"]));
    assert_eq!(
        dear["reach"],
        serde_json::json!([{ "model": "chat", "deployments": ["west", "east"], "fallbacks": [] }])
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
        let style = Style { width, colour: false };
        let shown = shown(width)
            + &screen(&many, style)
            + &screen(&with_events().analyse(), style)
            + &screen(&with_a_favourite().analyse(), style);
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
