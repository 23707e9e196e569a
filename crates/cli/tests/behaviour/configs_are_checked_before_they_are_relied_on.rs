//! Mistakes in a config stand out wherever it is read, `--strict` refuses them, and `check` tells what a
//! config does without any scenario.

use crate::support::{CONFIG, Ran, Scratch};

/// The small config with a section that nobody knows, and a fallback to nobody.
fn misspelt(scratch: &Scratch) {
    let config =
        CONFIG.replace("num_retries: 2 }", "num_retries: 2, fallbacks: [{ gpt-4o: [gtp-4o] }] }");
    scratch.write("config.yaml", &format!("{config}router_setings: {{ cooldown_time: 60 }}\n"));
}

#[track_caller]
fn warned_first(ran: &Ran) {
    let first: Vec<&str> =
        ran.err.lines().filter(|line| !line.starts_with("four-")).take(2).collect();
    let at = |place: &str, word: &str| {
        first.iter().any(|line| {
            line.starts_with("warning: config.yaml:") && line.contains(place) && line.contains(word)
        })
    };
    assert!(at("config.yaml:15:1:", "did you mean `router_settings`?"), "{}", ran.err);
    assert!(
        at("config.yaml:13:", "no model `gtp-4o` in model_list; did you mean `gpt-4o`?"),
        "{}",
        ran.err
    );
}

#[test]
fn mistakes_come_first_and_whole_before_a_run_and_in_its_report() {
    let scratch = Scratch::new();
    misspelt(&scratch);
    warned_first(&scratch.run(&["validate", "scenario.yaml"]));
    let ran = scratch.run(&[
        "run",
        "scenario.yaml",
        "--out",
        "run",
        "--for",
        "12s",
        "--contender",
        "shuffle",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = std::fs::read_to_string(scratch.path("run/report.html")).expect("a report");
    assert!(report.contains("router_setings"), "the report does not say it");
    let warnings = ran.err.find("router_setings").expect("told");
    let harmless =
        ran.err.find("left alone").or(ran.err.find("no effect yet")).unwrap_or(usize::MAX);
    assert!(warnings < harmless, "{}", ran.err);
}

#[test]
fn strict_refuses_what_is_otherwise_a_warning() {
    let scratch = Scratch::new();
    for command in [
        vec!["run", "scenario.yaml"],
        vec!["validate", "scenario.yaml"],
        vec!["check", "config.yaml", "--personality", "brownout"],
    ] {
        misspelt(&scratch);
        let strict: Vec<&str> = command.iter().copied().chain(["--strict"]).collect();
        let ran = scratch.run(&strict);
        assert_eq!(ran.code, 2, "{command:?}: {}", ran.err);
        assert!(!scratch.path("runs").exists(), "{command:?} ran");
    }
    misspelt(&scratch);
    let mut gateway =
        scratch.command(&["gateway", "--config", "config.yaml", "--port", "0", "--strict"]);
    for name in ["AZURE_API_KEY", "OPENAI_API_KEY", "LITELLM_MASTER_KEY"] {
        gateway.env(name, "sk-of-the-environment");
    }
    let ran = Ran::of(&gateway.output().expect("started"));
    assert_eq!(ran.code, 2, "{}", ran.err);
    warned_first(&ran);
    scratch.write("config.yaml", CONFIG);
    assert_eq!(scratch.run(&["validate", "scenario.yaml", "--strict"]).code, 0);
}

#[test]
fn validate_refuses_what_run_refuses() {
    let scratch = Scratch::new();
    // A config of another protocol, fakes that already stand, a product: each with its clock.
    let bedrock = CONFIG.replace(
        "{ model: gpt-4o, api_key: os.environ/OPENAI_API_KEY }",
        "{ model: bedrock/anthropic.claude-3-haiku-20240307-v1:0 }",
    );
    let standing = "\nfakes: { url: \"http://127.0.0.1:9\" }\n";
    for (config, scenario) in [(bedrock.as_str(), ""), (CONFIG, standing), (CONFIG, "")] {
        let scratch_scenario = format!("{}{scenario}", crate::support::SCENARIO);
        scratch.write("config.yaml", config);
        scratch.write("scenario.yaml", &scratch_scenario);
        let validated = scratch.run(&["validate", "scenario.yaml", "--for", "8s"]);
        let ran = scratch.run(&["run", "scenario.yaml", "--out", "run", "--for", "8s"]);
        assert_eq!(validated.code, ran.code, "{}\n--\n{}", validated.err, ran.err);
    }
}

#[test]
fn check_needs_no_scenario_and_no_environment() {
    let scratch = Scratch::new();
    let ran = scratch.run(&["check", "config.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for words in [
        "config.yaml: simple-shuffle under litellm-1.106",
        "gpt-4o: 2 deployments",
        "nothing is primary",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let json = scratch.run(&["check", "config.yaml", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(value["schema"], "brownout.check.v1");
    let schema: serde_json::Value =
        serde_json::from_str(&scratch.run(&["schema", "check"]).out).expect("JSON");
    assert!(jsonschema::validator_for(&schema).expect("a schema").is_valid(&value));
    scratch.write("config.yaml", "model_list: 3\n");
    let refused = scratch.run(&["check", "config.yaml"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("config.yaml:1:13"), "{}", refused.err);
}

#[test]
fn a_check_stands_out_on_terminals_and_reads_the_same_elsewhere() {
    let scratch = Scratch::new();
    let plain = scratch.run(&["check", "config.yaml"]).out;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let mut command = scratch.command(&["check", "config.yaml"]);
    let output = command.env("FORCE_COLOR", "1").output().expect("started");
    let painted = String::from_utf8(output.stdout).expect("text");
    assert!(painted.contains("\u{1b}[1;33mWarnings\u{1b}[0m"), "{painted}");
    assert!(painted.contains("\u{1b}[1mWhat it does\u{1b}[0m"), "{painted}");
    let mut bare = painted;
    for escape in ["\u{1b}[1;33m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"] {
        bare = bare.replace(escape, "");
    }
    assert_eq!(bare, plain);
}
