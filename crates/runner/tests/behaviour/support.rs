//! Small scenarios, played into a scratch folder.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use plan::{Build, ClockKind, Plan, Report, Request, Text};
use runner::{ProductOptions, RunError, RunOptions, Watch};
use tempfile::TempDir;

const CONFIG: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o
      api_base: https://westus-primary.openai.azure.com/
      api_key: os.environ/AZURE_API_KEY
      api_version: "2024-08-01-preview"
    model_info: { id: west }
  - model_name: gpt-4o
    litellm_params: { model: gpt-4o, api_key: os.environ/OPENAI_API_KEY }
    model_info: { id: direct-openai }
  - model_name: gpt-4o
    litellm_params: { model: anthropic/claude-3-5-sonnet-20241022, api_key: os.environ/ANTHROPIC_API_KEY }
    model_info: { id: claude }
router_settings: { routing_strategy: simple-shuffle, num_retries: 1, cooldown_time: 2 }
"#;

/// So many seconds of short answers with `faults`, for two strategies.
pub(crate) fn scenario(name: &str, seconds: u32, faults: &str) -> String {
    format!(
        r#"
# Do the two worlds agree?
scenario: {name}
seed: 5
config: config.yaml
deployments: {{ all: {{ ttft: {{ constant: 40ms }}, itl: {{ constant: 4ms }} }} }}
traffic:
  - for: {seconds}s
    arrivals: {{ poisson: 30/s }}
    workload: {{ stream: 70%, prompt_tokens: 20, answer_tokens: 12 }}
faults: {faults}
contenders:
  - {{ name: shuffle }}
  - {{ name: priority, router_settings: {{ routing_strategy: priority }} }}
client: {{ timeout: 2s }}
slo: {{ success: "rate > 0.1" }}
"#
    )
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Played {
    folder: TempDir,
}

impl Played {
    /// Its run directory.
    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }
}

/// Plays a scenario with its own seed.
pub(crate) fn play(scenario: &str, clock: ClockKind) -> Played {
    play_with(scenario, clock, (None, &[]))
}

/// Plays a scenario with its own seed for one contender and the mark.
pub(crate) fn play_one(scenario: &str, clock: ClockKind, contender: &str) -> Played {
    play_with(scenario, clock, (None, &[contender.to_owned()]))
}

/// Plays a scenario with another seed.
pub(crate) fn play_seeded(scenario: &str, clock: ClockKind, seed: u64) -> Played {
    play_with(scenario, clock, (Some(seed), &[]))
}

/// Plays a scenario; no contenders are all of them.
fn play_with(
    scenario: &str,
    clock: ClockKind,
    (seed, contenders): (Option<u64>, &[String]),
) -> Played {
    run(&planned(scenario, clock, (seed, contenders))).expect("a run")
}

/// Plays a scenario over another config.
pub(crate) fn play_on(config: &str, scenario: &str, clock: ClockKind) -> Played {
    run(&planned_on(config, scenario, clock, (None, &[]))).expect("a run")
}

/// The plan of a scenario; no contenders are all of them.
pub(crate) fn planned(scenario: &str, clock: ClockKind, given: (Option<u64>, &[String])) -> Plan {
    planned_on(CONFIG, scenario, clock, given)
}

fn planned_on(
    config: &str,
    scenario: &str,
    clock: ClockKind,
    given: (Option<u64>, &[String]),
) -> Plan {
    match asked_for(config, scenario, clock, given) {
        Ok(plan) => plan,
        Err(report) => unreachable!("{}", report.render(false, 100)),
    }
}

/// The plan of a scenario over another config, if there is one.
pub(crate) fn plan_on(config: &str, scenario: &str, clock: ClockKind) -> Result<Plan, Report> {
    asked_for(config, scenario, clock, (None, &[]))
}

fn asked_for(
    config: &str,
    scenario: &str,
    clock: ClockKind,
    (seed, contenders): (Option<u64>, &[String]),
) -> Result<Plan, Report> {
    let text = Text::new("scenario.yaml", scenario);
    let config = Text::new("config.yaml", config);
    let request = Request {
        scenario: &text,
        config: Some(&config),
        find_config: &|_| Err("not needed".to_owned()),
        timeline: None,
        find_timeline: &|path| {
            let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
            read.map(|text| Text::new(path, text))
        },
        clock,
        seed,
        contenders,
        compared: None,
        personality: None,
        model: None,
        sets: &[],
        shorten: None,
        build: Build::default(),
    };
    plan::load(&request)
}

/// Plays a plan.
pub(crate) fn run(plan: &Plan) -> Result<Played, RunError> {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions {
        out: folder.path().to_owned(),
        scenario_path: "scenario.yaml".to_owned(),
        config_path: "config.yaml".to_owned(),
        stop: Arc::new(AtomicBool::new(false)),
        products: ProductOptions::default(),
        stuck: Arc::new(|name| unreachable!("{name} is stuck")),
    };
    runner::run(plan, &options, &Watch::new(plan)).map(|_| Played { folder })
}
