//! What users get wrong: one clear sentence, the place, the remedy, the right exit code.

use crate::support::{Ran, SCENARIO, Scratch};

/// Runs a scenario that has `from` replaced by `to`.
fn with(from: &str, to: &str) -> Ran {
    assert!(SCENARIO.contains(from), "{from}");
    let scratch = Scratch::new();
    scratch.write("scenario.yaml", &SCENARIO.replacen(from, to, 1));
    scratch.run(&["run", "scenario.yaml"])
}

fn check(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(ran.out, "", "nothing was run");
    for word in words {
        assert!(ran.err.contains(word), "`{word}` is not in:\n{}", ran.err);
    }
}

#[test]
fn an_unknown_key() {
    check(&with("target: first", "targt: first"), &["scenario.yaml:10", "targt", "target"]);
}

#[test]
fn a_duration_without_a_unit() {
    check(&with("for: 4s", "for: 4"), &["scenario.yaml:10", "4s"]);
}

#[test]
fn a_negative_duration() {
    check(&with("at: 6s", "at: -6s"), &["scenario.yaml:10", "negative"]);
}

#[test]
fn a_fault_on_a_deployment_that_does_not_exist() {
    check(&with("target: first", "target: wset"), &["scenario.yaml:10", "wset", "west"]);
}

#[test]
fn an_unknown_fault() {
    check(&with("inject: refuse", "inject: refuze"), &["scenario.yaml:10", "refuze", "refuse"]);
}

#[test]
fn an_unknown_strategy() {
    check(
        &with("routing_strategy: priority", "routing_strategy: priorty"),
        &["scenario.yaml:13", "priorty", "priority"],
    );
}

#[test]
fn an_objective_that_is_none() {
    check(&with("rate > 0.5", "p(99) > 0.5"), &["scenario.yaml:15", "rate > 0.995"]);
}

#[test]
fn an_empty_scenario_and_an_empty_config() {
    let scratch = Scratch::new();
    scratch.write("empty.yaml", "");
    check(&scratch.run(&["run", "empty.yaml"]), &["empty.yaml", "empty"]);
    check(
        &scratch.run(&["run", "scenario.yaml", "--config", "empty.yaml"]),
        &["empty.yaml", "empty"],
    );
}

#[test]
fn a_config_without_deployments() {
    let scratch = Scratch::new();
    scratch.write("none.yaml", "model_list: []\n");
    let ran = scratch.run(&["run", "scenario.yaml", "--config", "none.yaml"]);
    check(&ran, &["none.yaml:1", "model_list"]);
}

#[test]
fn files_that_are_not_there() {
    let scratch = Scratch::new();
    check(&scratch.run(&["run", "nowhere.yaml"]), &["nowhere.yaml", "regional-brownout"]);
    let ran = scratch.run(&["run", "scenario.yaml", "--config", "nowhere.yaml"]);
    check(&ran, &["nowhere.yaml"]);
}

#[test]
fn a_file_of_ten_megabytes() {
    let scratch = Scratch::new();
    scratch.write("huge.yaml", &"# nothing but comments\n".repeat(450_000));
    check(&scratch.run(&["run", "huge.yaml"]), &["huge.yaml", "8 MB"]);
}

#[test]
fn a_yaml_bomb() {
    let scratch = Scratch::new();
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [below.as_str(); 10].join(", ")));
    }
    scratch.write("bomb.yaml", &bomb);
    check(&scratch.run(&["run", "bomb.yaml"]), &["bomb.yaml"]);
}

#[test]
fn bytes_that_are_no_text() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path("binary.yaml"), [0xff, 0xfe, 0x00, 0x9f]).expect("written");
    check(&scratch.run(&["run", "binary.yaml"]), &["binary.yaml", "UTF-8"]);
}

#[test]
fn a_directory_of_somebody_else() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("precious")).expect("created");
    scratch.write("precious/thesis.txt", "do not lose");
    let ran = scratch.run(&["run", "scenario.yaml", "--out", "precious"]);
    check(&ran, &["precious", "--out"]);
    assert_eq!(scratch.files("precious").len(), 1, "nothing was touched");
}

#[test]
fn a_contender_and_a_requirement_that_do_not_exist() {
    let scratch = Scratch::new();
    check(&scratch.run(&["run", "scenario.yaml", "--contender", "shufle"]), &["shufle", "shuffle"]);
    check(&scratch.run(&["run", "scenario.yaml", "--require", "shufle"]), &["shufle", "shuffle"]);
}

#[test]
fn a_port_in_use() {
    let scratch = Scratch::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let ran = scratch.run(&["fakes", "scenario.yaml", "--port", &port]);
    check(&ran, &[&port, "--port"]);
}

#[test]
fn an_unset_variable_of_a_gateway_that_needs_it() {
    let scratch = Scratch::new();
    let ran = scratch.run(&["gateway", "--config", "config.yaml", "--port", "0"]);
    check(&ran, &["config.yaml:7", "AZURE_API_KEY"]);
}

#[test]
fn wrong_usage_of_the_command_line() {
    let scratch = Scratch::new();
    check(&scratch.run(&["run"]), &["SCENARIO"]);
    check(&scratch.run(&["run", "scenario.yaml", "--for", "10"]), &["10s"]);
    check(&scratch.run(&["rum"]), &["rum", "run"]);
}

#[test]
fn a_full_disk_is_told_and_nothing_is_claimed() {
    let scratch = Scratch::new();
    // A limit on file size stands in for a full disk: writes beyond it fail.
    let script = format!(
        "trap '' XFSZ; ulimit -f 16; exec {} run scenario.yaml --out full",
        env!("CARGO_BIN_EXE_brownout")
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(scratch.path("."))
        .output()
        .expect("started");
    let ran = Ran::of(&output);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("cannot write"), "{}", ran.err);
    assert!(!scratch.path("full").exists(), "a run that is not whole does not stand there");
}

#[test]
fn a_fault_that_no_traffic_meets() {
    let scratch = Scratch::new();
    scratch.write("late.yaml", &crate::support::SCENARIO.replace("at: 6s", "at: 60s"));
    let place = ["late.yaml:10:11", "traffic ends at 15 s", "optional: true"];
    check(&scratch.run(&["run", "late.yaml"]), &place);
    check(&scratch.run(&["validate", "late.yaml"]), &place);
}

#[test]
fn a_length_that_leaves_no_fault() {
    let scratch = Scratch::new();
    let ran = scratch.run(&["run", "scenario.yaml", "--for", "5s"]);
    check(&ran, &["--for 5s leaves none of its faults", "give --for 10s or more"]);
}

#[test]
fn a_personality_that_nobody_knows() {
    let scratch = Scratch::new();
    for command in ["run", "validate"] {
        let ran = scratch.run(&[command, "scenario.yaml", "--personality", "litelm-1.106"]);
        check(&ran, &["litelm-1.106", "did you mean `litellm-1.106`?"]);
    }
    let fine = scratch.run(&["validate", "scenario.yaml", "--personality", "brownout"]);
    assert_eq!(fine.code, 0, "{}", fine.err);
}

#[test]
fn a_model_that_the_config_does_not_have() {
    let scratch = Scratch::new();
    for command in ["run", "validate"] {
        let ran = scratch.run(&[command, "scenario.yaml", "--model", "gpt-4"]);
        check(&ran, &["--model gpt-4", "did you mean `gpt-4o`?"]);
    }
    check(&scratch.run(&["init", "--config", "config.yaml", "--model", "x"]), &["--model x"]);
}
