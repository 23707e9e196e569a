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
    dir.run.scenario.clock = "wall".to_owned();
    dir.machine.incomplete = Some("interrupted after 12.0 s".to_owned());
    insta::assert_snapshot!(screen(&dir.analyse(), Style { width: 100, colour: false }));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [80, 100, 120, 160] {
        for line in shown(width).lines() {
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
