//! What every strategy of the registry must keep, whatever it learned and whoever is healthy.

use gateway::decisions::ErrorClass;
use std::collections::BTreeSet;
use std::time::Duration;

use super::given::{at, config_of, d, ds, rng};
use gateway::config::{Config, DeploymentIndex};
use gateway::strategy::{ALL, Ask, Learned, Lesson, Strategy, Success, View, find};
use proptest::prelude::*;
use serde_json::{Value, json};

fn fleet(n: usize) -> Config {
    let params: Vec<Value> = (0..n)
        .map(|index| match index % 4 {
            0 => json!({}),
            1 => json!({"rpm": 3, "order": 2}),
            2 => json!({"tpm": 100, "weight": 2, "input_cost_per_token": 0.000_002}),
            _ => json!({"weight": 0, "rpm": 0}),
        })
        .collect();
    config_of(&params, json!({}))
}

fn ask(seconds: u64, stream: bool) -> Ask<'static> {
    Ask { stream, ..super::given::ask(at(seconds as f64)) }
}

fn learned(kind: u8, ms: u64) -> Learned {
    let elapsed = Duration::from_millis(ms);
    match kind % 6 {
        0 => Learned::Started,
        5 => Learned::FirstToken { ttft: elapsed },
        1 => Learned::Succeeded(Success {
            prompt_estimate: 10,
            answer_max: None,
            elapsed,
            ttft: Some(elapsed / 2),
            first_frame: Some(elapsed / 4),
            prompt_tokens: 10,
            completion_tokens: ms % 50,
            stream: true,
        }),
        2 => Learned::Failed { class: ErrorClass::Timeout, elapsed },
        3 => Learned::Failed { class: ErrorClass::RateLimit, elapsed },
        _ => Learned::Abandoned,
    }
}

type Story = Vec<(usize, u8, u64)>;

/// Tells a strategy the story, and asks it after every line of it.
fn picks(
    strategy: &mut dyn Strategy,
    config: &Config,
    story: &Story,
    healthy: &[DeploymentIndex],
) -> Vec<Option<DeploymentIndex>> {
    let group: Vec<DeploymentIndex> = DeploymentIndex::all(config.deployments.len()).collect();
    let mut picks = Vec::new();
    for (line, &(deployment, kind, ms)) in story.iter().enumerate() {
        let ask = ask(line as u64 * 7, kind % 2 == 0);
        let what = learned(kind, ms);
        let Ask { at, unix_seconds, .. } = ask;
        if deployment < group.len() {
            let deployment = d(deployment);
            strategy.learn(&Lesson { deployment, group: "g", at, unix_seconds, what });
        }
        let view = View { deployments: &config.deployments, candidates: healthy, group: &group };
        picks.push(strategy.pick(&ask, &view, &rng(line as u32)));
    }
    picks
}

proptest! {
    #[test]
    fn picks_are_candidates_and_repeatable(
        n in 0usize..9,
        mask in 0u16..512,
        story in prop::collection::vec((0usize..9, 0u8..10, 1u64..100_000), 1..40),
    ) {
        let config = fleet(n.max(1));
        let n = config.deployments.len();
        let healthy: Vec<usize> = (0..n).filter(|index| mask >> index & 1 == 1).collect();
        let healthy = ds(&healthy);
        for entry in ALL {
            let build = || (entry.build)(&Value::Null).expect("null is no argument");
            let first = picks(&mut *build(), &config, &story, &healthy);
            for picked in first.iter().flatten() {
                prop_assert!(healthy.contains(picked), "{} picks the sick", entry.name);
            }
            let again = picks(&mut *build(), &config, &story, &healthy);
            prop_assert_eq!(first, again, "{} is not repeatable", entry.name);
        }
    }
}

#[test]
fn a_lone_deployment_without_limits_is_always_found() {
    let config = config_of(&[json!({})], json!({}));
    for entry in ALL {
        let mut strategy = (entry.build)(&Value::Null).expect("null is no argument");
        let lone = ds(&[0]);
        let view = View { deployments: &config.deployments, candidates: &lone, group: &lone };
        assert_eq!(strategy.pick(&ask(0, true), &view, &rng(0)), Some(d(0)), "{}", entry.name);
        let nobody = View { candidates: &[], ..view };
        assert_eq!(strategy.pick(&ask(0, true), &nobody, &rng(0)), None, "{}", entry.name);
    }
}

#[test]
fn every_file_of_the_folder_is_a_row_of_the_table() {
    /// What strategies share.
    const SHARED: [&str; 3] = ["arguments.rs", "in_flight.rs", "minute.rs"];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/routing/strategy");
    let mut named: Vec<String> = Vec::new();
    for file in std::fs::read_dir(folder).expect("the folder") {
        let path = file.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        if SHARED.contains(&name) {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("source");
        let row = source.lines().find_map(|line| line.trim().strip_prefix("name: \""));
        let row = row.unwrap_or_else(|| panic!("{name} has no ENTRY"));
        named.push(row.trim_end_matches("\",").to_owned());
    }
    let mut rows: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
    named.sort_unstable();
    rows.sort_unstable();
    assert_eq!(named, rows);
}

#[test]
fn names_are_unique_and_found() {
    let names: BTreeSet<&str> = ALL.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), ALL.len());
    for entry in ALL {
        assert_eq!(find(entry.name).map(|found| found.name), Some(entry.name));
        assert!(entry.summary.ends_with('.'), "{}", entry.name);
    }
    assert!(find("fastest").is_none());
}

#[test]
fn arguments_of_the_wrong_type_name_themselves() {
    let latency = find("latency-based-routing").expect("registered");
    for (arguments, message) in [
        (json!({"ttl": "soon"}), "`ttl` must be a number, 0 or more"),
        (json!({"ttl": -1}), "`ttl` is -1, but must be at least 0"),
        (
            json!({"max_latency_list_size": 0}),
            "`max_latency_list_size` is 0, but must be at least 1",
        ),
        (json!([]), "`` routing_strategy_args must be a mapping of names to values"),
    ] {
        let error = (latency.build)(&arguments).expect_err("must be refused");
        assert_eq!(error.to_string(), message);
    }
    assert!((latency.build)(&json!({"ttl": "60", "lowest_latency_buffer": 0.5})).is_ok());
}
