//! `brownout gate`: one line of a config is changed, and the gate says whether failover is worse, on what, and which line did
//! it; what changes nothing passes.

use serde_json::Value;

use crate::support::{Ran, Scratch};

pub(crate) const CONFIG: &str = "model_list:
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o, api_base: \"https://westus-a.openai.azure.com/\", api_key: os.environ/A }
    model_info: { id: west }
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o, api_base: \"https://eastus-b.openai.azure.com/\", api_key: sk-canary-secret }
    model_info: { id: east }
  - model_name: claude
    litellm_params: { model: anthropic/claude-3-5-sonnet-20241022, api_key: os.environ/C }
router_settings:
  routing_strategy: simple-shuffle
  num_retries: 2
  cooldown_time: 30
  fallbacks: [{ gpt-4o: [claude] }]
";

pub(crate) const SCENARIO: &str = "scenario: west-dies
seed: 7
config: config.yaml
traffic:
  - { for: 80s, arrivals: { poisson: 5/s }, workload: short }
faults:
  - { id: dead, at: 30s, for: 20s, target: first, inject: { error: { status: 500 } } }
client: { timeout: 30s }
slo:
  success: \"rate > 0.97\"
";

/// A base, and a change of it.
pub(crate) fn changed(change: impl Fn(&str) -> String) -> Scratch {
    let scratch = Scratch::new();
    scratch.write("scenario.yaml", SCENARIO);
    scratch.write("base.yaml", CONFIG);
    scratch.write("config.yaml", &change(CONFIG));
    scratch
}

fn gate(scratch: &Scratch, more: &[&str]) -> Ran {
    let usual =
        ["gate", "scenario.yaml", "--config", "config.yaml", "--against", "base.yaml", "--quiet"];
    let seeds: &[&str] = if more.contains(&"--seeds") { &[] } else { &["--seeds", "3"] };
    scratch.run(&[&usual, seeds, more].concat())
}

#[expect(clippy::panic, reason = "a helper of tests")]
fn found(scratch: &Scratch, more: &[&str]) -> (i32, Value) {
    let ran = gate(scratch, &[more, &["--json"]].concat());
    assert_eq!(ran.err, "", "{}", ran.out);
    (
        ran.code,
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out)),
    )
}

pub(crate) fn without_retries(config: &str) -> String {
    config
        .replace("num_retries: 2", "num_retries: 0")
        .replace("  fallbacks: [{ gpt-4o: [claude] }]\n", "")
}

#[test]
fn what_changes_nothing_is_the_same() {
    let scratch = changed(|config| {
        config
            .replace("router_settings:\n  routing_strategy: simple-shuffle\n  num_retries: 2\n", "# ours\nrouter_settings:\n  num_retries: 2 # as before\n  routing_strategy: \"simple-shuffle\"\n")
            .replace("id: west", "id: primary")
    });
    let (code, found) = found(&scratch, &[]);
    assert_eq!((code, &found["verdict"], &found["pass"]), (0, &"SAME".into(), &true.into()));
    let seeds = found["scenarios"][0]["seeds"].as_array().expect("seeds");
    assert!(seeds.len() == 3 && seeds.iter().all(|seed| seed["identical"] == true), "{found:#}");
    assert_eq!(found["changes"].as_array().map(Vec::len), Some(1), "the id: {found:#}");
}

#[test]
fn a_worse_config_fails_with_the_line_that_did_it() {
    let scratch = changed(without_retries);
    let ran = gate(&scratch, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    insta::assert_snapshot!("gate_worse", ran.out);
    let (code, found) = found(&scratch, &[]);
    assert_eq!((code, &found["verdict"]), (1, &"WORSE".into()));
    let reasons = found["scenarios"][0]["reasons"].as_array().expect("reasons");
    let metrics: Vec<&str> = reasons
        .iter()
        .filter(|reason| reason["sort"] == "worse")
        .filter_map(|reason| reason["metric"].as_str())
        .collect();
    assert!(metrics.contains(&"success") && metrics.contains(&"goodput"), "{reasons:#?}");
    assert!(!ran.out.contains("canary"), "{}", ran.out);
}

#[test]
fn every_way_of_making_it_worse_is_seen_by_a_shipped_scenario() {
    let scratch = Scratch::new();
    let alone = CONFIG.replace("  fallbacks: [{ gpt-4o: [claude] }]\n", "");
    for (name, base, from, to) in [
        ("no retries", &*alone, "num_retries: 2", "num_retries: 0"),
        ("no fallbacks", CONFIG, "  fallbacks: [{ gpt-4o: [claude] }]\n", ""),
        ("no patience", CONFIG, "num_retries: 2", "num_retries: 2\n  timeout: 0.3"),
    ] {
        let worse = base.replace(from, to);
        assert_ne!(worse, base, "{name}");
        scratch.write("base.yaml", base);
        scratch.write("config.yaml", &worse);
        let scenarios = ["dead-first", "dead-region", "throttled-first", "flapping"];
        let usual = [
            "--config",
            "config.yaml",
            "--against",
            "base.yaml",
            "--seeds",
            "1",
            "--quiet",
            "--json",
        ];
        let ran = scratch.run(&[&["gate"], &scenarios[..], &usual[..]].concat());
        let found: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{name}: {}", ran.err));
        assert_eq!(
            (ran.code, &found["verdict"]),
            (1, &"WORSE".into()),
            "{name}: {}",
            found["line"]
        );
    }
}

#[test]
fn of_two_changes_the_harmless_one_is_cleared() {
    let scratch =
        changed(|config| without_retries(config).replace("cooldown_time: 30", "cooldown_time: 29"));
    let (code, found) = found(&scratch, &[]);
    assert_eq!(code, 1, "{found:#}");
    let changes = found["changes"].as_array().expect("changes");
    let causes = found["scenarios"][0]["causes"].as_array().expect("causes");
    let of = |path: &str| {
        let at = changes.iter().position(|change| change["path"] == path).expect("a change");
        causes.iter().find(|cause| cause["change"] == at).expect("its cause")
    };
    let harmless = of("router_settings.cooldown_time");
    assert_eq!(harmless["alone"].as_f64(), Some(0.0), "{causes:#?}");
    let retries = of("router_settings.num_retries");
    assert!(
        retries["alone"].as_f64().expect("a number") < 0.0
            || of("router_settings.fallbacks")["alone"].as_f64().expect("a number") < 0.0,
        "{causes:#?}"
    );
    assert_ne!(causes[0]["change"], harmless["change"], "{causes:#?}");
}

#[test]
fn a_number_that_would_pass_is_told() {
    let timeout =
        |s: &str| CONFIG.replace("num_retries: 2", &format!("num_retries: 2\n  timeout: {s}"));
    let scratch = changed(|_| timeout("0.2"));
    scratch.write("base.yaml", &timeout("20"));
    let (code, found) = found(&scratch, &[]);
    assert_eq!(code, 1, "{found:#}");
    let told = found["scenarios"][0]["would_pass"].as_str().expect("a value");
    let value = told.strip_prefix("router_settings.timeout: ").expect("its key");
    let value: f64 = value.parse().expect("a number");
    assert!(0.2 < value && value < 20.0, "{told}");
    // It does pass, as it says.
    scratch.write("config.yaml", &timeout(&value.to_string()));
    assert_eq!(gate(&scratch, &[]).code, 0, "{told}");
}

#[test]
fn a_better_config_passes_and_says_so() {
    let scratch = changed(without_retries);
    let ran = scratch.run(&[
        "gate",
        "scenario.yaml",
        "--config",
        "base.yaml",
        "--against",
        "config.yaml",
        "--seeds",
        "3",
        "--quiet",
        "--json",
    ]);
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, &found["verdict"]), (0, &"BETTER".into()), "{found:#}");
}

#[test]
fn a_base_that_is_broken_itself_blames_nobody() {
    let scratch =
        changed(|_| without_retries(CONFIG).replace("cooldown_time: 30", "cooldown_time: 30 # s"));
    scratch.write("base.yaml", &without_retries(CONFIG));
    let (code, found) = found(&scratch, &[]);
    assert_eq!((code, &found["verdict"]), (0, &"SAME".into()), "{found:#}");
    let broken = &found["scenarios"][0]["seeds"][0]["base"]["slo"][0]["pass"];
    assert_eq!(*broken, false, "this case needs a base that misses its promise");
}

#[test]
fn a_name_that_clients_call_and_that_is_gone_is_worse() {
    let alias = |to: &str| {
        let aliases = format!("  model_group_alias: {{ {to}: gpt-4o }}\n  num_retries: 2");
        move |config: &str| config.replace("  num_retries: 2", &aliases)
    };
    for (base, proposed, gone) in [
        (
            CONFIG.to_owned(),
            CONFIG
                .replace("gpt-4o\n    litellm", "gpt-4o-new\n    litellm")
                .replace("gpt-4o: [claude]", "gpt-4o-new: [claude]"),
            "gpt-4o",
        ),
        (alias("best")(CONFIG), alias("better")(CONFIG), "best"),
        (
            CONFIG.to_owned(),
            CONFIG
                .replace("model_name: claude", "model_name: claude-3")
                .replace("[claude]", "[claude-3]"),
            "claude",
        ),
    ] {
        let scratch = changed(|_| proposed.clone());
        scratch.write("base.yaml", &base);
        let (code, found) = found(&scratch, &[]);
        assert_eq!((code, &found["verdict"]), (1, &"WORSE".into()), "{found:#}");
        let rows = found["scenarios"].as_array().expect("rows");
        let last = rows.last().expect("a row");
        assert_eq!(last["scenario"], format!("model {gone}"), "{found:#}");
        let text =
            format!("clients can no longer call `{gone}`: the proposed config has no such model");
        assert_eq!(last["reasons"][0]["text"], text);
    }
}

#[test]
fn what_makes_it_dearer_is_blamed_for_the_cost() {
    let base = CONFIG.replace(
        "model: azure/gpt-4o, api_base: \"https://westus",
        "model: azure/gpt-4o, base_model: azure/gpt-4o, api_base: \"https://westus",
    );
    let scratch = changed(|_| {
        base.replace("base_model: azure/gpt-4o,", "base_model: azure/gpt-4-turbo,")
            .replace("num_retries: 2", "num_retries: 3")
    });
    scratch.write("base.yaml", &base);
    scratch.change("rate > 0.97", "rate > 0.5");
    let (_, found) = found(&scratch, &[]);
    for row in found["scenarios"].as_array().expect("rows") {
        for cause in row["causes"].as_array().expect("causes") {
            let worse = cause["metric"] == "good" && cause["together"].as_f64() > Some(0.0);
            assert!(!(row["verdict"] == "WORSE" && worse), "blamed for what it saves: {row:#}");
        }
    }
}

#[test]
fn a_changed_group_that_the_traffic_does_not_reach_is_played_too() {
    let entry = "  - model_name: mini\n    litellm_params: { model: openai/gpt-4o-mini, api_key: k, timeout: 20 }\n\
                 \x20 - model_name: mini\n    litellm_params: { model: azure/mini, api_base: \"https://eastus-b.openai.azure.com/\", api_key: k }\nrouter_settings";
    let base = CONFIG.replace("router_settings", entry);
    let scratch = changed(|_| base.replace(", timeout: 20", ", timeout: 0.2"));
    scratch.write("base.yaml", &base);
    let (_, found) = found(&scratch, &[]);
    let rows = found["scenarios"].as_array().expect("rows");
    let played: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["model"].as_str().unwrap_or("-"), row["verdict"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(played[0], ("gpt-4o", "SAME"), "{played:?}");
    assert_eq!(played[1].0, "mini", "{played:?}");
    assert_ne!(played[1].1, "SAME", "{played:?}");
}

#[test]
fn what_was_not_tested_does_not_pass() {
    let scratch = changed(|config| config.replace("cooldown_time: 30", "cooldown_time: 31"));
    // Claude is asked only if both others fail, and they do not.
    scratch.change("target: first", "target: \"provider:anthropic\"");
    let (code, found) = found(&scratch, &[]);
    assert_eq!(
        (code, &found["verdict"], &found["pass"]),
        (3, &"UNTESTED".into(), &false.into()),
        "{found:#}"
    );
    let ran = gate(&scratch, &["--allow-untested"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    scratch.change("slo:\n", "gate: { on_untested: pass }\nslo:\n");
    assert_eq!(gate(&scratch, &[]).code, 0);
    // Where nothing differs there is nothing to test.
    let scratch = changed(|config| format!("# ours\n{config}"));
    scratch.change("target: first", "target: \"provider:anthropic\"");
    assert_eq!(gate(&scratch, &[]).code, 0);
}

#[test]
fn half_of_the_seeds_are_not_more_than_half() {
    // Which seeds break a promise depends on where its line is: here one of two does.
    let scratch = changed(without_retries);
    let seeds = |found: &Value| -> Vec<f64> {
        let seeds = found["scenarios"][0]["seeds"].as_array().expect("seeds");
        seeds.iter().filter_map(|seed| seed["proposed"]["goodput"].as_f64()).collect()
    };
    scratch.change("slo:\n", "gate: { goodput: 90 points, recover: 1h, cost: 100% }\nslo:\n");
    let (_, first) = found(&scratch, &["--seeds", "2"]);
    let rates = seeds(&first);
    let between = (rates[0] + rates[1]) / 2.0;
    assert!((rates[0] - rates[1]).abs() > 1e-6, "both seeds do the same: {rates:?}");
    scratch.change("rate > 0.97", &format!("rate > {between}"));
    let (code, found) = found(&scratch, &["--seeds", "2"]);
    assert_eq!((code, &found["verdict"]), (0, &"CHANGED".into()), "{found:#}");
    let text = found["scenarios"][0]["reasons"][0]["text"].as_str().expect("a text");
    assert!(text.contains("newly broken on 1 of 2 seeds"), "{text}");
}

#[test]
fn too_few_requests_are_no_pass() {
    let scratch = changed(|config| config.replace("cooldown_time: 30", "cooldown_time: 31"));
    scratch.change("  success: \"rate > 0.97\"", "  ttft: \"p(99.9) < 9s\"");
    let (code, found) = found(&scratch, &[]);
    assert_eq!((code, &found["verdict"]), (3, &"NO_DATA".into()), "{found:#}");
}

#[test]
fn margins_are_the_scenarios() {
    // Without the second provider's help a few requests are lost.
    let scratch = changed(without_retries);
    let wide =
        "gate: { goodput: 90 points, recover: 1h, cost: 100% }\nslo:\n  success: \"rate > 0.01\"\n";
    scratch.change("slo:\n  success: \"rate > 0.97\"\n", wide);
    let (code, found) = found(&scratch, &[]);
    assert_eq!((code, &found["verdict"]), (0, &"CHANGED".into()), "{found:#}");
    assert_eq!(found["scenarios"][0]["margins"]["goodput_points"], 90.0);
    scratch.change("goodput: 90 points", "goodput: 0.5 points");
    let (code, found) = self::found(&scratch, &[]);
    assert_eq!((code, &found["verdict"]), (1, &"WORSE".into()), "{found:#}");
    assert_eq!(found["scenarios"][0]["reasons"][0]["metric"], "goodput");
    scratch.change("goodput: 0.5 points", "goodput: 90");
    let ran = gate(&scratch, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`90` has no unit"), "{}", ran.err);
}

#[test]
fn a_cost_that_nobody_can_tell_any_more_does_not_pass() {
    let scratch =
        changed(|config| config.replacen("model: azure/gpt-4o,", "model: azure/ours,", 1));
    let (code, found) = found(&scratch, &[]);
    assert_eq!((code, &found["verdict"]), (3, &"NO_DATA".into()), "{found:#}");
    let reason = &found["scenarios"][0]["reasons"][0];
    assert_eq!((&reason["metric"], &reason["sort"]), (&"cost".into(), &"no_data".into()));
}

#[test]
fn a_deployment_that_moves_is_missed_where_it_was() {
    let entry = |group: &str, host: &str| {
        format!(
            "  - model_name: {group}\n    litellm_params: {{ model: azure/mini, api_base: \"https://{host}.openai.azure.com/\", api_key: k }}\n"
        )
    };
    let both = |group: &str| {
        let entries =
            format!("{}{}router_settings", entry("mini", "eastus-m"), entry(group, "westus-m"));
        CONFIG.replace("router_settings", &entries)
    };
    let scratch = changed(|_| both("mini-two"));
    scratch.write("base.yaml", &both("mini"));
    let (_, found) = found(&scratch, &["--seeds", "1"]);
    let rows = found["scenarios"].as_array().expect("rows");
    let played: Vec<&str> = rows.iter().filter_map(|row| row["model"].as_str()).collect();
    assert_eq!(played, ["gpt-4o", "mini"], "{found:#}");
}

#[test]
fn files_for_ci_servers_name_the_line() {
    let scratch = changed(without_retries);
    let ran = gate(
        &scratch,
        &["--junit", "junit.xml", "--gitlab", "quality.json", "--markdown", "gate.md", "--github"],
    );
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(
        ran.err.starts_with("::error file=config.yaml,line=10,title=WORSE west-dies::"),
        "{}",
        ran.err
    );
    let read = |name: &str| std::fs::read_to_string(scratch.path(name)).expect(name);
    insta::assert_snapshot!("gate_junit", read("junit.xml"));
    insta::assert_snapshot!("gate_markdown", read("gate.md"));
    insta::assert_snapshot!("gate_gitlab", read("quality.json"));
}

#[test]
fn what_is_printed_as_json_has_the_committed_shape() {
    let scratch = changed(without_retries);
    let schema: Value = serde_json::from_str(include_str!("../../../../reports/gate.schema.json"))
        .expect("a schema");
    let (_, found) = found(&scratch, &[]);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<String> = validator.iter_errors(&found).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_run_shows_the_same_numbers_as_the_gate() {
    let scratch = changed(without_retries);
    let (_, found) = found(&scratch, &[]);
    let row = &found["scenarios"][0];
    let command = row["command"].as_str().expect("a command");
    let words: Vec<&str> = command.split(' ').skip(1).chain(["--json", "--quiet"]).collect();
    let ran = scratch.run(&words);
    assert_eq!(ran.code, 0, "{command}: {}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let seed = report["scenario"]["seed"].clone();
    let of_seed = row["seeds"]
        .as_array()
        .expect("seeds")
        .iter()
        .find(|one| one["seed"] == seed)
        .expect("the seed");
    for (at, side) in ["base", "proposed"].into_iter().enumerate() {
        let contender = &report["contenders"][at];
        assert_eq!(contender["name"], side);
        for field in ["offered", "good", "attempts", "cost_per_1k_good_usd"] {
            assert_eq!(contender[field], of_seed[side][field], "{side} {field}");
        }
    }
}

#[test]
fn a_config_that_cannot_be_read_is_no_verdict() {
    let scratch = changed(|config| config.replace("num_retries: 2", "num_retries: [2"));
    let ran = gate(&scratch, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("config.yaml:"), "{}", ran.err);
    let ran = scratch.run(&["gate", "scenario.yaml", "--against", "base.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("which config is judged?"), "{}", ran.err);
}
