//! A small scenario and config to vary, and the request around them.

use plan::{Build, ClockKind, Plan, Report, Request, Text, Variation};

/// A config of two Azure regions and Anthropic.
pub(crate) const CONFIG: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o, api_base: "https://westus-a.openai.azure.com/", api_key: os.environ/AZURE_KEY, api_version: "2024-10-21" }
    model_info: { id: west }
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o, api_base: "https://eastus-b.openai.azure.com/", api_key: sk-real-secret, api_version: "2024-10-21" }
    model_info: { id: east }
  - model_name: gpt-4o
    litellm_params: { model: anthropic/claude-3-5-sonnet-20241022, api_key: os.environ/ANTHROPIC_KEY }
    model_info: { id: claude }
router_settings: { routing_strategy: least-busy, cooldown_time: 60 }
general_settings: { master_key: os.environ/MASTER, database_url: os.environ/DATABASE_URL }
"#;

/// A scenario without faults and contenders.
pub(crate) const CALM: &str = "scenario: calm
config: config.yaml
traffic:
  - { for: 30s, arrivals: { poisson: 8/s }, warmup: true }
  - { for: 5m, arrivals: { poisson: 8/s } }
";

/// Loads a scenario with [`CONFIG`].
pub(crate) fn load(scenario: &str) -> Result<Plan, Report> {
    load_with(scenario, |_| {})
}

/// Loads a scenario with [`CONFIG`], after `change` to the request.
pub(crate) fn load_with(scenario: &str, change: impl Fn(&mut Request<'_>)) -> Result<Plan, Report> {
    ask(scenario, CONFIG, |request| {
        change(request);
        plan::load(request)
    })
}

/// Loads a scenario with another config.
pub(crate) fn load_config(scenario: &str, config: &str) -> Result<Plan, Report> {
    ask(scenario, config, |request| plan::load(request))
}

/// The plan of the same run with other values for what nobody knows.
pub(crate) fn vary(scenario: &str, variation: &Variation) -> Result<Plan, Report> {
    ask(scenario, CONFIG, |request| plan::vary(request, variation))
}

/// Asks with a request for a scenario with [`CONFIG`].
fn ask(
    scenario: &str,
    config: &str,
    load: impl FnOnce(&mut Request<'_>) -> Result<Plan, Report>,
) -> Result<Plan, Report> {
    let scenario = Text::new("scenario.yaml", scenario);
    let find = |path: &str| match path {
        "config.yaml" => Ok(Text::new(path, config)),
        // The same with a model of which nobody knows a price.
        "unpriced.yaml" => {
            Ok(Text::new(path, CONFIG.replacen("model: azure/gpt-4o,", "model: azure/ours,", 1)))
        }
        _ => Err(format!("cannot read `{path}`: no such file")),
    };
    let mut request = Request {
        scenario: &scenario,
        config: None,
        find_config: &find,
        timeline: None,
        find_timeline: &|path| Err(format!("cannot read `{path}`: no such file")),
        clock: ClockKind::Virtual,
        seed: None,
        contenders: &[],
        compared: None,
        personality: None,
        model: None,
        sets: &[],
        shorten: None,
        build: Build { version: "0.0.0", binary: "" },
    };
    load(&mut request)
}
