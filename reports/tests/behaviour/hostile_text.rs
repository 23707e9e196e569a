//! Text from outside, in every field of a run directory that takes any: nothing that acts on a terminal,
//! a page, a Markdown table or a spreadsheet comes out, and no number changes.

use std::path::Path;

use record::Row;
use reports::terminal::{Style, screen, story};
use reports::{Analysis, File};
use serde_json::Value;

use crate::support::{RunDir, brownout};

/// Clears the screen, sets a title, turns red by one byte, turns the writing round, hides itself.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\r\u{202e}\u{200b}\u{e0041}";

/// The run with [`EVIL`] at the end of every text that may be any text, in `run.json`, `machine.json` and the tables
/// alike.
fn evil_run() -> RunDir {
    let mut dir = brownout::run();
    dir.run = evil_in(&dir.run, &["schema"]);
    dir.machine = evil_in(&dir.machine, &["incomplete"]);
    let spoil = &mut |text: &mut String| {
        if !text.is_empty() {
            text.push_str(EVIL);
        }
    };
    for tables in dir.tables.values_mut() {
        tables.requests.iter_mut().for_each(|row| row.each_text(spoil));
        tables.decisions.iter_mut().for_each(|row| row.each_text(spoil));
        for row in &mut tables.attempts {
            // Instances are told by their names' beginning.
            row.each_text(spoil);
        }
    }
    dir.oracle.iter_mut().for_each(|row| row.each_text(spoil));
    dir
}

/// Every text of `value` that still reads as what it must be with [`EVIL`] behind it, but `spared`.
fn evil_in<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T, spared: &[&str]) -> T {
    let mut value = serde_json::to_value(value).expect("serialises");
    let mut pointers = Vec::new();
    texts(&value, String::new(), &mut pointers);
    for pointer in pointers.iter().filter(|one| !spared.contains(&one.trim_start_matches('/'))) {
        // Contenders name folders, and are refused otherwise.
        if pointer.starts_with("/contenders/") && pointer.ends_with("/name") {
            continue;
        }
        let mut tried = value.clone();
        let Some(Value::String(text)) = tried.pointer_mut(pointer) else { unreachable!() };
        text.push_str(EVIL);
        if serde_json::from_value::<T>(tried.clone()).is_ok() {
            value = tried;
        }
    }
    serde_json::from_value(value).expect("reads")
}

fn texts(value: &Value, at: String, pointers: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(_) => pointers.push(at),
        Value::Array(values) => {
            for (n, value) in values.iter().enumerate() {
                texts(value, format!("{at}/{n}"), pointers);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                texts(value, format!("{at}/{key}"), pointers);
            }
        }
    }
}

fn render(analysis: &Analysis) -> Vec<File> {
    reports::render(analysis)
}

/// What `text` holds that acts on whoever shows it, but line ends, tabs and `let_through`.
fn acting(text: &str, let_through: &str) -> Vec<char> {
    let acts = |c: &char| vocab::is_hidden(*c) && !"\n\t".contains(*c) && !let_through.contains(*c);
    text.chars().filter(acts).collect()
}

#[test]
fn no_field_of_a_run_directory_reaches_a_terminal_as_it_is() {
    let dir = evil_run();
    let analysis = dir.analyse();
    for width in [80, 160] {
        let shown = screen(&analysis, Style { width, colour: false });
        assert_eq!(acting(&shown, ""), [], "{shown}");
        assert!(shown.contains(r"synthetic\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m"), "{shown}");
    }
    let temp = tempfile::tempdir().expect("creates");
    dir.write(temp.path());
    let told = reports::explain::explain(temp.path(), None, 241).expect("there");
    let shown = story(&told, Style { width: 100, colour: false });
    assert_eq!(acting(&shown, ""), [], "{shown}");
    assert!(shown.contains(r"west\u{1b}[2J"), "{shown}");
}

#[test]
fn colours_are_our_own_five() {
    let analysis = evil_run().analyse();
    let shown = screen(&analysis, Style { width: 100, colour: true });
    let mut escapes: Vec<&str> = shown
        .split('\u{1b}')
        .skip(1)
        .map(|rest| rest.split_once('m').map_or(rest, |(code, _)| code))
        .collect();
    escapes.sort_unstable();
    escapes.dedup();
    assert!(
        escapes.iter().all(|code| ["[0", "[1", "[2", "[31", "[32", "[33"].contains(code)),
        "{escapes:?}"
    );
}

#[test]
fn no_field_reaches_a_file_for_people_as_it_is() {
    for file in render(&evil_run().analyse()) {
        let text = String::from_utf8(file.bytes).expect("UTF-8");
        assert_eq!(acting(&text, ""), [], "{}", file.name);
    }
}

#[test]
fn names_from_outside_change_no_number() {
    let (calm, evil) = (brownout::run().analyse(), evil_run().analyse());
    for (calm, evil) in calm.report.contenders.iter().zip(&evil.report.contenders) {
        assert_eq!((calm.succeeded, calm.attempts), (evil.succeeded, evil.attempts));
        assert_eq!(calm.cost_usd, evil.cost_usd, "prices are found by the deployment's id");
        let met = |c: &reports::report::Contender| {
            c.faults.iter().map(|fault| fault.met_requests).collect::<Vec<_>>()
        };
        assert_eq!(met(calm), met(evil), "faults are found by their ids");
    }
    assert_eq!(calm.report.verdict.winner, evil.report.verdict.winner);
}

#[test]
fn a_summary_takes_no_cell_link_or_markup_from_a_name() {
    let mut dir = brownout::run();
    let evil = "a|b\n| c `d` <img src=x> [e](https://f.example) www.g.example *h* @team";
    dir.run.scenario.name = evil.to_owned();
    dir.run.faults[0].summary = evil.to_owned();
    for who in &mut dir.run.contenders {
        who.personality = record::run::Personality::Named(evil.to_owned());
    }
    let files = render(&dir.analyse());
    let summary = files.iter().find(|file| file.name == "summary.md").expect("there");
    let summary = std::str::from_utf8(&summary.bytes).expect("UTF-8");
    // What stands behind a backslash is text, and so is what stands between backticks.
    let escaped = ["\\`", "\\*", "\\[", "\\]", "\\|"];
    let text = escaped.iter().fold(summary.to_owned(), |text, mark| text.replace(mark, ""));
    let outside_code: String = text.split('`').step_by(2).collect();
    for markup in ["<img", "](http", "https://", "www.", "*h*", " @team"] {
        assert!(!outside_code.contains(markup), "{markup}:\n{summary}");
    }
    // Every row of a table has the cells of its header.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut header = 0;
    for line in summary.lines() {
        match line.starts_with('|') {
            true if header == 0 => header = cells(line),
            true => assert_eq!(cells(line), header, "{line}"),
            false => header = 0,
        }
    }
}

#[test]
fn a_spreadsheet_runs_no_cell_and_numbers_stay_numbers() {
    let mut dir = brownout::run();
    dir.run.faults[0].id = "=1+1".to_owned();
    dir.run.faults[0].summary = "@SUM(A1),\"x\"".to_owned();
    dir.run.faults[0].target = "-1+2".to_owned();
    for who in &mut dir.run.contenders {
        who.strategy = record::run::Strategy::Named("+cmd|' /C calc'!A0".to_owned());
    }
    let mut analysis = dir.analyse();
    analysis.report.contenders[0].faults[0].time_to_detect_s =
        reports::report::Measured::Known(-1.5);
    let files = render(&analysis);
    let mut seen = Vec::new();
    for file in files.iter().filter(|file| file.name.ends_with(".csv")) {
        let mut reader = csv::Reader::from_reader(&*file.bytes);
        for row in reader.records() {
            for cell in &row.expect("a row") {
                let number = cell.parse::<f64>().is_ok();
                assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
                seen.push(cell.to_owned());
            }
        }
    }
    for cell in ["'=1+1", "'@SUM(A1),\"x\"", "'-1+2", "'+cmd|' /C calc'!A0", "-1.5"] {
        assert!(seen.iter().any(|seen| seen == cell), "{cell} is not in {seen:?}");
    }
}

#[test]
fn the_command_to_type_is_one_whatever_the_directory_is_called() {
    let mut analysis = brownout::run().analyse();
    analysis.dir = "my runs; it's/42".into();
    let shown = screen(&analysis, Style { width: 160, colour: false });
    assert!(shown.contains(r"brownout explain 'my runs; it'\''s/42/"), "{shown}");
}

/// Errors of whatever `change` did to a run directory.
fn refused(change: impl FnOnce(&Path)) -> String {
    let temp = tempfile::tempdir().expect("creates");
    let root = temp.path().join("run");
    std::fs::create_dir(&root).expect("creates");
    brownout::run().write(&root);
    change(&root);
    let analysed = reports::analyse(&root).expect_err("refused").to_string();
    let told = reports::explain::explain(&root, None, 241);
    format!("{analysed}\n{}", told.map_or_else(|error| error.to_string(), |_| String::new()))
}

#[test]
fn names_that_leave_the_directory_are_refused() {
    for name in ["../swift", "/etc", "swift/../../x", "", ".", ".."] {
        let said = refused(|root| {
            let text = std::fs::read_to_string(root.join("run.json")).expect("there");
            let text = text.replace("\"swift\"", &format!("{name:?}"));
            std::fs::write(root.join("run.json"), text).expect("writes");
        });
        assert_eq!(said.matches("cannot be a directory's name").count(), 2, "{name}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn links_that_leave_the_directory_are_refused() {
    for file in ["run.json", "swift/requests.csv", "swift/decisions.csv", "oracle.csv", "swift"] {
        let said = refused(|root| {
            let (inside, outside) = (root.join(file), root.join("../elsewhere"));
            std::fs::rename(&inside, &outside).expect("moves");
            std::os::unix::fs::symlink(&outside, &inside).expect("links");
        });
        assert_eq!(said.matches("leads out of the run directory").count(), 2, "{file}: {said}");
    }
    // Links that stay inside are somebody's way to keep runs.
    let temp = tempfile::tempdir().expect("creates");
    let root = temp.path().join("run");
    std::fs::create_dir(&root).expect("creates");
    brownout::run().write(&root);
    std::fs::rename(root.join("run.json"), root.join("kept.json")).expect("moves");
    std::os::unix::fs::symlink("kept.json", root.join("run.json")).expect("links");
    std::os::unix::fs::symlink(&root, temp.path().join("latest")).expect("links");
    reports::explain::explain(&temp.path().join("latest"), None, 241).expect("told");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_and_not_waited_for() {
    use std::os::unix::net::UnixListener;
    for file in ["run.json", "swift/requests.csv", "swift/attempts.csv"] {
        let folder = refused(|root| {
            std::fs::remove_file(root.join(file)).expect("removes");
            std::fs::create_dir(root.join(file)).expect("creates");
        });
        assert!(folder.contains("not a regular file"), "{file}: {folder}");
        let pipe = refused(|root| {
            std::fs::remove_file(root.join(file)).expect("removes");
            let made = std::process::Command::new("mkfifo").arg(root.join(file)).status();
            assert!(made.expect("mkfifo").success());
        });
        assert!(pipe.contains("not a regular file"), "{file}: {pipe}");
        let socket = refused(|root| {
            std::fs::remove_file(root.join(file)).expect("removes");
            // A socket's path is short; the folder is entered by no test.
            let _ = UnixListener::bind(root.join(file)).expect("binds");
        });
        assert!(socket.contains("not a regular file"), "{file}: {socket}");
    }
}

#[test]
fn what_never_ends_is_refused_before_it_fills_the_memory() {
    let long = "x".repeat(5 * 1024 * 1024);
    let row = refused(|root| {
        let path = root.join("swift/requests.csv");
        let text = std::fs::read_to_string(&path).expect("there");
        let head = text.lines().next().expect("a header");
        std::fs::write(&path, format!("{head}\n1,\"{long}")).expect("writes");
    });
    assert!(row.contains("longer than 4 MB"), "{row}");
    let run = refused(|root| {
        let file = std::fs::File::create(root.join("run.json")).expect("creates");
        file.set_len(33 * 1024 * 1024).expect("grows");
    });
    assert!(run.contains("longer than 32 MB"), "{run}");
}
