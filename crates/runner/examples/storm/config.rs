//! A random LiteLLM config: deployments of several providers in several groups, with the settings that routers have. It
//! must never know the scenario that is played on it.

use std::fmt::Write;

use super::luck::Luck;

/// A config, and what a scenario can name of it.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file.
    pub(crate) text: String,
    /// Groups in the order of the file; the first is called by default.
    pub(crate) groups: Vec<String>,
    /// Deployment ids, in the order of the file.
    pub(crate) deployments: Vec<String>,
    /// Providers by the names that targets use.
    pub(crate) providers: Vec<String>,
}

/// Providers to which the built-in gateway can send: the name that targets use, and its parameters.
const PROVIDERS: &[(&str, &str)] = &[
    (
        "azure",
        "model: azure/gpt-4o, api_base: https://HOST.openai.azure.com/, api_key: os.environ/AZURE_KEY, api_version: \"2024-08-01-preview\"",
    ),
    (
        "azure",
        "model: azure/gpt-4o-mini, api_base: https://HOST.openai.azure.com/, api_key: x, api_version: \"2024-08-01-preview\", region_name: REGION",
    ),
    ("openai", "model: gpt-4o, api_key: os.environ/OPENAI_API_KEY"),
    ("openai", "model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY"),
    (
        "anthropic",
        "model: anthropic/claude-3-5-sonnet-20241022, api_key: os.environ/ANTHROPIC_API_KEY",
    ),
    (
        "api.HOST.example",
        "model: openai/local-model, api_base: https://api.HOST.example/v1, api_key: x",
    ),
    ("groq", "model: groq/llama-3.3-70b-versatile, api_key: os.environ/GROQ_API_KEY"),
    ("mistral", "model: mistral/mistral-large-latest, api_key: os.environ/MISTRAL_API_KEY"),
    (
        "openrouter",
        "model: openrouter/anthropic/claude-3.5-sonnet, api_key: os.environ/OPENROUTER_API_KEY",
    ),
];

/// Providers that only `brownout fakes` can serve: a run of one is refused.
const ONLY_FAKED: &[(&str, &str)] = &[
    ("gemini", "model: gemini/gemini-2.0-flash, api_key: os.environ/GEMINI_API_KEY"),
    (
        "bedrock",
        "model: bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0, aws_region_name: us-east-1, aws_access_key_id: a, aws_secret_access_key: s",
    ),
];

/// Hosts of Azure; some are shared, some lie in regions that are known by their names.
const HOSTS: &[&str] = &["west", "westus-primary", "eastus-one", "swedencentral-a", "shared"];

const REGIONS: &[&str] = &["westus", "eastus", "europe"];

const GROUPS: &[&str] = &["gpt-4o", "spare", "cheap"];

/// Keys of `router_settings` with values that each can have.
const ROUTER: &[(&str, &[&str])] = &[
    ("num_retries", &["0", "1", "2", "3"]),
    ("cooldown_time", &["1", "5", "20", "60"]),
    ("allowed_fails", &["0", "1", "3", "10"]),
    ("timeout", &["5", "15", "60"]),
    ("stream_timeout", &["2", "8"]),
    ("retry_after", &["0", "1", "5"]),
    ("disable_cooldowns", &["true"]),
    ("enable_pre_call_checks", &["true"]),
    ("max_fallbacks", &["0", "1", "3"]),
    ("retry_policy", &["{ RateLimitErrorRetries: 3, TimeoutErrorRetries: 0 }"]),
    ("allowed_fails_policy", &["{ InternalServerErrorAllowedFails: 2 }"]),
    ("default_max_parallel_requests", &["2", "8"]),
];

/// Keys of a deployment's `litellm_params`.
const PARAMS: &[(&str, &[&str])] = &[
    ("weight", &["1", "3"]),
    ("rpm", &["30", "120"]),
    ("tpm", &["40000"]),
    ("max_parallel_requests", &["1", "4"]),
    ("timeout", &["4"]),
    ("cooldown_time", &["3"]),
    ("input_cost_per_token", &["0.000001"]),
    ("order", &["1", "2"]),
];

/// A random config.
pub(crate) fn config(luck: &mut Luck) -> Config {
    let count = luck.between(1, 6);
    let groups = luck.between(1, count.min(3));
    let (mut text, mut deployments, mut providers) =
        ("model_list:\n".to_owned(), Vec::new(), Vec::new());
    for n in 1..=count {
        // Every group has one at least.
        let group = if n <= groups { n } else { luck.between(1, groups) };
        let group = GROUPS[usize::try_from(group - 1).unwrap_or(0)];
        let (provider, params) =
            if luck.percent(1) { *luck.one(ONLY_FAKED) } else { *luck.one(PROVIDERS) };
        let (host, region) = (luck.word(HOSTS), luck.word(REGIONS));
        let place = |text: &str| text.replace("HOST", &host).replace("REGION", &region);
        let mut params = place(params);
        if luck.percent(20) {
            params.push_str(&setting(luck, PARAMS, ", "));
        }
        // Without an id a deployment is called after its model and place.
        let id = format!("d{n}");
        let info = format!(", model_info: {{ id: {id} }}");
        let _ =
            writeln!(text, "  - {{ model_name: {group}, litellm_params: {{ {params} }}{info} }}");
        deployments.push(id);
        providers.push(place(provider));
    }
    let groups: Vec<String> =
        GROUPS.iter().take(usize::try_from(groups).unwrap_or(1)).map(|&g| g.to_owned()).collect();
    text.push_str("router_settings:\n  routing_strategy: simple-shuffle\n");
    for _ in 0..luck.between(0, 4) {
        let line = setting(luck, ROUTER, "  ");
        let key = line.split(':').next().unwrap_or_default().to_owned();
        // A key stands once.
        if !text.contains(&format!("{key}:")) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    fallbacks(luck, &groups, &mut text);
    Config { text, groups, deployments, providers }
}

fn setting(luck: &mut Luck, of: &[(&str, &[&str])], before: &str) -> String {
    let (key, values) = luck.one(of);
    let value = luck.one(values);
    format!("{before}{key}: {value}")
}

fn fallbacks(luck: &mut Luck, groups: &[String], text: &mut String) {
    let Some((first, others)) = groups.split_first().filter(|(_, others)| !others.is_empty())
    else {
        return;
    };
    if !luck.percent(70) {
        return;
    }
    let other = luck.one(others);
    text.push_str("litellm_settings:\n");
    let _ = match luck.between(1, 4) {
        1 => writeln!(text, "  default_fallbacks: [{other}]"),
        2 => writeln!(text, "  context_window_fallbacks: [{{ {first}: [{other}] }}]"),
        _ => writeln!(text, "  fallbacks: [{{ {first}: [{}] }}]", others.join(", ")),
    };
}
