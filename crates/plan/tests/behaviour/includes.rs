//! A config that lies in several files is one config: as LiteLLM puts it together, with mistakes told where they stand.

use std::collections::BTreeMap;
use std::path::Path;

use gateway::litellm::Dummies;
use plan::{Finding, Report, Text};

/// A config that stands at `conf/config.yaml`, with other files by their paths.
fn text(config: &str, files: &[(&str, &str)]) -> Text {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read = |path: &Path| {
        let path = path.to_str().unwrap_or_default();
        files.get(path).map(|text| match *text {
            "" => Err(format!("cannot read {path}")),
            text => Ok(text.to_owned()),
        })
    };
    Text::new("conf/config.yaml", config).with_includes(&read)
}

fn read(
    config: &str,
    files: &[(&str, &str)],
) -> Result<(gateway::config::Config, Vec<Finding>), Report> {
    plan::gateway_config(&text(config, files), &Dummies, None)
}

fn groups(config: &str, files: &[(&str, &str)]) -> Vec<String> {
    let (config, _) = read(config, files).unwrap_or_else(|report| unreachable!("{report}"));
    config.deployments.iter().map(|one| one.group.to_string()).collect()
}

fn lines(config: &str, files: &[(&str, &str)]) -> Vec<String> {
    read(config, files).err().map(|report| report.lines()).unwrap_or_default()
}

fn model(name: &str) -> String {
    format!("model_list: [{{ model_name: {name}, litellm_params: {{ model: openai/gpt-4o }} }}]\n")
}

#[test]
fn lists_are_joined_and_files_are_looked_for_beside_who_names_them_and_then_beside_the_config() {
    let root = format!("include: [a/one.yaml, b.yaml]\n{}", model("own"));
    let one = format!("include: [two.yaml, three.yaml]\n{}", model("one"));
    let files = [
        ("conf/a/one.yaml", one.as_str()),
        ("conf/a/two.yaml", &model("two")),
        ("conf/three.yaml", &model("three")),
        ("conf/b.yaml", &model("b")),
    ];
    // Those that the config names itself come before those that these name.
    assert_eq!(groups(&root, &files), ["own", "one", "b", "two", "three"]);
}

#[test]
fn a_file_is_read_once_however_often_it_is_named_and_a_cycle_ends() {
    let root = format!("include: [a.yaml, ./a.yaml, x/../a.yaml, config.yaml]\n{}", model("own"));
    let a = format!("include: [../conf/config.yaml, a.yaml]\n{}", model("a"));
    assert_eq!(groups(&root, &[("conf/a.yaml", a.as_str())]), ["own", "a"]);
}

#[test]
fn everything_but_a_list_is_replaced_whole_and_that_is_told_with_both_places() {
    let root = format!(
        "include: [a.yaml]\nrouter_settings:\n  num_retries: 5\n  max_fallbacks: 3\n{}",
        model("own")
    );
    let files = [("conf/a.yaml", "# more\nrouter_settings: { num_retries: 1 }\n")];
    let (config, findings) = read(&root, &files).expect("valid");
    assert_eq!((config.router.num_retries, config.router.max_fallbacks), (1, 5));
    let says = "router_settings: replaces what stands at conf/config.yaml:2:1, whole: an included file's counts";
    let told = |finding: &&Finding| finding.line().starts_with(says);
    let place = findings.iter().find(told).and_then(|finding| finding.place.as_deref());
    assert_eq!(place, Some("conf/a.yaml:2:1"), "{findings:#?}");
}

#[test]
fn what_is_wrong_with_an_included_file_is_told_where_it_stands() {
    let root = "include:\n  - a.yaml\n";
    for (a, line) in [
        ("model_list: [{ model_name: m }]\n", "conf/a.yaml:1:"),
        ("model_list:\n  - model_name: m\n   x\n", "conf/a.yaml:"),
        ("- model_name: m\n", "conf/a.yaml:1:1: an included file is a mapping"),
        ("include: b.yaml\n", "conf/a.yaml:1:10: `include` is a list of paths"),
        ("include: [b.yaml]\n", "conf/a.yaml:1:11: there is no file conf/b.yaml"),
        ("", "conf/config.yaml:2:5: cannot read conf/a.yaml"),
    ] {
        let lines = lines(root, &[("conf/a.yaml", a)]);
        assert!(lines.first().is_some_and(|told| told.starts_with(line)), "{a}: {lines:?}");
    }
    assert_eq!(lines(root, &[]), ["conf/config.yaml:2:5: there is no file conf/a.yaml"]);
}

#[test]
fn number_and_size_of_the_files_are_bounded() {
    let many: String = (0..70).map(|n| format!("  - f{n}.yaml\n")).collect();
    let root = format!("include:\n{many}");
    let names: Vec<String> = (0..70).map(|n| format!("conf/f{n}.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "{}")).collect();
    let told = lines(&root, &files);
    assert!(
        told[0].starts_with("conf/config.yaml:66:5: a config is put together from at most 64"),
        "{told:?}"
    );
    let large = format!("# {}\n", "x".repeat(plan::BYTES_MAX - 100));
    let files = [("conf/a.yaml", large.as_str()), ("conf/b.yaml", large.as_str())];
    let told = lines("include: [a.yaml, b.yaml]\n", &files);
    assert!(told[0].contains("the files of this config have more than 2.1 MB"), "{told:?}");
}

#[test]
fn a_run_has_another_hash_when_an_included_file_changes() {
    let root = "include: [a.yaml]\n";
    let of = |a: &str| {
        let text = text(root, &[("conf/a.yaml", a)]);
        let plan = crate::support::load_with(crate::support::CALM, |request| {
            request.config = Some(Box::leak(Box::new(text.clone())));
        });
        plan.unwrap_or_else(|report| unreachable!("{report}")).info.config.hash
    };
    let (one, other) = (model("gpt-4o"), model("gpt-4o") + "# another\n");
    assert_ne!(of(&one), of(&other));
    assert_eq!(of(&one), of(&one));
}
