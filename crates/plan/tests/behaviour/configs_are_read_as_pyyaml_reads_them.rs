//! What LiteLLM reads with PyYAML is read here, and means the same.

use plan::{Secrets, Text};

struct Nothing;

impl Secrets for Nothing {
    fn resolve(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

/// The names of the groups, the retries, and everything that is remarked.
fn read(config: &str) -> (Vec<String>, u32, Vec<String>) {
    let text = Text::new("mine.yaml", config);
    let (config, notes) = plan::gateway_config(&text, &Nothing, None)
        .unwrap_or_else(|report| unreachable!("{config}\n{report}"));
    let groups = config.deployments.iter().map(|one| one.group.to_string()).collect();
    let notes = notes.iter().map(plan::Finding::line).collect();
    (groups, config.router.num_retries, notes)
}

const LIST: &str =
    "model_list: [{ model_name: gpt-4o, litellm_params: { model: openai/gpt-4o } }]\n";

#[test]
fn of_a_key_that_stands_twice_the_last_value_holds_and_both_lines_are_told() {
    let config = format!(
        "{LIST}router_settings: {{ num_retries: 1 }}\nrouter_settings:\n  num_retries: 2\n  num_retries: 7\n"
    );
    let (_, retries, notes) = read(&config);
    assert_eq!(retries, 7);
    let told = |line: &str, before: &str| {
        notes.iter().any(|note| note.contains(line) && note.contains(before))
    };
    assert!(told("line 3 counts", "line 2 does not"), "{notes:#?}");
    assert!(told("line 5 counts", "line 4 does not"), "{notes:#?}");
}

#[test]
fn many_lines_of_comments_may_follow_a_key() {
    for number in [33, 97, 2000] {
        let comments = "  # a line\n".repeat(number);
        let config = format!("{LIST}router_settings:\n{comments}  num_retries: 4\n");
        assert_eq!(read(&config).1, 4);
    }
}

#[test]
fn names_that_look_like_something_else_stay_names() {
    for name in [
        "y",
        "n",
        "Y",
        "1e3",
        "0o7",
        "2024-10-21",
        "12e03",
        "!!str 7",
        "'on'",
        "\"null\"",
        "a b",
        "gpt-4.1",
    ] {
        let config = format!(
            "model_list:\n  - model_name: {name}\n    litellm_params: {{ model: openai/x }}\n"
        );
        let bare = name.trim_start_matches("!!str ").trim_matches(['"', '\'']);
        assert_eq!(read(&config).0, [bare]);
    }
}

#[test]
fn numbers_have_pyyamls_bases() {
    for (written, value) in
        [("010", 8), ("0x10", 16), ("0b11", 3), ("1_0", 10), ("+3", 3), ("1:00", 60), ("'5'", 5)]
    {
        assert_eq!(
            read(&format!("{LIST}router_settings: {{ num_retries: {written} }}\n")).1,
            value,
            "{written}"
        );
    }
}

#[test]
fn anchors_merges_and_explicit_documents() {
    let config = "---
x: &defaults { num_retries: 3, timeout: 5 }
y: &more { num_retries: 9, cooldown_time: 1 }
model_list: &list
  - &one { model_name: gpt-4o, litellm_params: { model: openai/gpt-4o } }
router_settings:
  <<: [*defaults, *more]
  timeout: 7
litellm_settings: { <<: *more, num_retries: 2 }
...
";
    assert_eq!(read(config).1, 3);
    assert_eq!(read(&config.replace("[*defaults, *more]", "[*more, *defaults]")).1, 9);
    assert_eq!(read(&config.replace("  timeout: 7", "  num_retries: 1")).1, 1);
}

#[test]
fn sections_may_be_empty_and_files_come_from_windows() {
    let config = format!(
        "\u{feff}{LIST}router_settings:\nlitellm_settings: ~\ngeneral_settings: null\nenvironment_variables:\n"
    );
    assert_eq!(read(&config).1, 2);
    let config = format!("{LIST}router_settings:\n  num_retries: 6 # six\n  timeout: 3\n");
    assert_eq!(read(&config.replace('\n', "\r\n")).1, 6);
    // A tab may separate, though not indent.
    assert_eq!(read(&format!("{LIST}router_settings:\n  num_retries:\t6\t# six\n")).1, 6);
}

#[test]
fn what_pyyaml_refuses_is_refused_with_its_place() {
    for (config, place, words) in [
        (format!("{LIST}router_settings:\n\tnum_retries: 1\n"), "mine.yaml:3:", "YAML"),
        (format!("{LIST}router_settings: {{ a: *nobody }}\n"), "mine.yaml:2:23", "anchor"),
        (format!("{LIST}router_settings: {{ <<: 1 }}\n"), "mine.yaml:2:24", "`<<`"),
        (format!("{LIST}router_settings: !ours {{ a: 1 }}\n"), "mine.yaml:2:", "!tag"),
        (
            format!("{LIST}router_settings: {{ [a]: 1 }}\n"),
            "mine.yaml:2:20",
            "a key must be a text",
        ),
        (
            format!("{LIST}router_settings: &a {{ a: *a }}\n"),
            "mine.yaml:2:26",
            "inside of what it refers to",
        ),
        (format!("{LIST}---\n{LIST}"), "mine.yaml:2:", "more than one YAML document"),
        (format!("{LIST}router_settings: {{ a: %b }}\n"), "mine.yaml:2:23", "no value may start"),
    ] {
        let text = Text::new("mine.yaml", config.clone());
        let report = plan::gateway_config(&text, &Nothing, None).err();
        let lines = report.map(|report| report.lines()).unwrap_or_default();
        assert!(
            lines.iter().any(|line| line.starts_with(place) && line.contains(words)),
            "{config}{lines:?}"
        );
    }
}
