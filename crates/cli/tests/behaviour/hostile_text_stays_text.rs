//! Names, keys, models and messages that would act on a terminal are shown and do nothing, whatever
//! command prints them.

use crate::support::{CONFIG, Ran, Scratch};

/// Clears the screen, turns red by one byte, turns the writing round, takes no room; as YAML writes it.
const EVIL: &str = r"x\e[2J\x9b31m\u202e\u200b";

/// The same as it comes out.
const SHOWN: &str = r"x\u{1b}[2J\u{9b}31m\u{202e}\u{200b}";

/// Every text that a scenario and a config may choose freely, chosen to do harm.
fn evil() -> Scratch {
    let scratch = Scratch::new();
    let config = format!(
        r#"
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: "azure/gpt-4o"
      api_base: https://westus-primary.openai.azure.com/
      api_key: "key{EVIL}"
      api_version: "2024-08-01-preview"
    model_info: {{ id: west }}
  - model_name: group
    litellm_params: {{ model: "gpt-4o", api_key: os.environ/OPENAI_API_KEY }}
    model_info: {{ id: direct }}
router_settings: {{ routing_strategy: simple-shuffle, num_retries: 2 }}
general_settings: {{ "unknown{EVIL}": 1 }}
"#
    );
    scratch.write("evil.yaml", &config);
    scratch.change("config: config.yaml", "config: evil.yaml");
    scratch.change("# Does a small", "# Does\u{202e}\u{200b} a small");
    scratch.change("inject: refuse", "id: dark, inject: refuse");
    let events = format!("events:\n  - {{ at: 5s, mark: \"deploy {EVIL}\" }}\nslo:");
    scratch.change("slo:", &events);
    scratch
}

/// That nothing on either stream acts on a terminal.
fn inert(ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        let acts = |c: char| vocab::is_hidden(c) && c != '\n';
        assert!(!text.contains(acts), "{text:?}");
    }
}

#[test]
fn a_run_and_its_story_show_names_and_do_nothing() {
    let scratch = evil();
    for arguments in [
        &["validate", "scenario.yaml"][..],
        &["run", "scenario.yaml", "--out", "run"],
        &["explain", "run", "50"],
    ] {
        let ran = scratch.run(arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        inert(&ran);
    }
    let again = scratch.run(&["run", "scenario.yaml", "--out", "run"]);
    assert!(again.out.contains(SHOWN), "{}", again.out);
    for (name, bytes) in scratch.files("run") {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let acts = |c: char| vocab::is_hidden(c) && !"\n\t".contains(c);
        // The tables say what was; who shows them makes it visible.
        let table = ["run.json", "attempts.csv", "decisions.csv", "requests.csv", "oracle.csv"];
        let raw = table.iter().any(|table| name.ends_with(table));
        assert!(raw || !text.contains(acts), "{name}");
    }
}

#[test]
fn names_that_travel_are_refused_where_they_are_written() {
    for (from, to) in [
        ("model_name: gpt-4o", "model_name: \"gpt-4o@EVIL\""),
        ("model: azure/gpt-4o", "model: \"azure/gpt-4o@EVIL\""),
        ("id: west", "id: \"west@EVIL\""),
    ] {
        for evil in [EVIL, r"\u202e", r"\u200b", r"\n"] {
            let scratch = Scratch::new();
            let evil = CONFIG.replacen(from, &to.replace("@EVIL", evil), 1);
            scratch.write("config.yaml", &evil);
            let ran = scratch.run(&["run", "scenario.yaml"]);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{to}: {}", ran.err);
            assert!(ran.err.contains("config.yaml:"), "{}", ran.err);
            inert(&ran);
        }
    }
}

#[test]
fn a_report_as_json_is_json() {
    let ran = evil().run(&["run", "scenario.yaml", "--out", "run", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    inert(&ran);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let question = report["scenario"]["question"].as_str().expect("a question");
    assert!(question.starts_with(r"Does\u{202e}\u{200b} a small"), "{question}");
}

#[test]
fn init_writes_yaml_that_reads_as_the_same_names() {
    let scratch = evil();
    let named = "e\u{1b}[2J\u{202e}\u{e0041}vil.yaml";
    std::fs::copy(scratch.path("evil.yaml"), scratch.path(named)).expect("copied");
    let ran = scratch.run(&["init", "--config", named]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    inert(&ran);
    assert!(ran.out.contains(r#""e\u001b[2J\U0000202e\U000e0041vil.yaml""#), "{}", ran.out);
    scratch.write("mine.yaml", &ran.out);
    let checked = scratch.run(&["validate", "mine.yaml"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
}

#[test]
fn mistakes_quote_a_hostile_line_and_point_at_the_place() {
    let scratch = Scratch::new();
    for (from, to) in [
        ("target: first", "target: \"\u{1b}[2Jw\u{202e}est\""),
        ("target: first", "\u{9b}31mtargt: first"),
        ("inject: refuse", "inject: \"\\e]0;x\\a\""),
    ] {
        scratch.write("scenario.yaml", &crate::support::SCENARIO.replacen(from, to, 1));
        let ran = scratch.run(&["run", "scenario.yaml"]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        inert(&ran);
        assert!(ran.err.contains("scenario.yaml:10:") && ran.err.contains(r"\u{"), "{}", ran.err);
    }
    // The mark stands under the word, however much wider the line has become.
    scratch.write(
        "scenario.yaml",
        &crate::support::SCENARIO.replacen("{ at: 6s, for", "{ \"\u{1b}[2J\": 6s, for", 1),
    );
    let ran = scratch.run(&["run", "scenario.yaml"]);
    let lines: Vec<&str> = ran.err.lines().collect();
    let at = lines.iter().position(|line| line.contains(r#""\u{1b}[2J""#)).expect("quoted");
    let column = |line: &str, c: &str| line.find(c).map(|at| line[..at].chars().count());
    assert_eq!(column(lines[at], r"\u{1b}"), column(lines[at + 1], "─"), "{}", ran.err);
}

#[test]
fn names_of_files_and_wrong_arguments_are_shown() {
    let scratch = Scratch::new();
    let name = "no\u{1b}[2J\u{202e}where.yaml";
    for arguments in [
        &["run", name][..],
        &["run", "scenario.yaml", "--config", name],
        &["run", "scenario.yaml", "--timeline", name],
        &["explain", name, "1"],
        &["explain", name, name],
        &["run", "scenario.yaml", "--contender", name],
        &["run", "scenario.yaml", "--require", name],
        &["fakes", "--persona", name],
        &[name],
        &["load", "scenario.yaml", "--target", name],
    ] {
        let ran = scratch.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        inert(&ran);
    }
}

#[test]
fn only_the_screen_writes_to_the_terminal() {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut writers = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a file");
            let writes = ["print!(", "println!(", "io::stdout()", "io::stderr()", ".print()"];
            if writes.iter().any(|writes| text.contains(writes)) {
                writers.push(path.strip_prefix(&src).expect("below").display().to_string());
            }
        }
    }
    writers.sort();
    // clap prints what has no hidden argument in it; the bars are drawn with names of `screen::line`.
    assert_eq!(writers, ["exit.rs", "progress.rs", "screen.rs"]);
}
