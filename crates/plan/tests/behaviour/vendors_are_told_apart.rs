//! Vendors are told apart, whatever protocol they speak; what no request reaches is not played; patterns
//! are called by a name that they admit.

use plan::Plan;

use crate::support::{CALM, load_config};

const THREE: &str = r"
model_list:
  - { model_name: chat, litellm_params: { model: openai/gpt-4o, api_key: k }, model_info: { id: o } }
  - { model_name: chat, litellm_params: { model: mistral/large, api_key: k }, model_info: { id: m } }
  - { model_name: chat, litellm_params: { model: xai/grok, api_key: k }, model_info: { id: x } }
  - { model_name: chat, litellm_params: { model: openai/q, api_base: 'http://gpu:8000/v1', api_key: k }, model_info: { id: g } }
";

#[expect(clippy::panic, reason = "a helper of tests")]
fn plan_of(config: &str, more: &str) -> Plan {
    load_config(&format!("{CALM}{more}"), config).unwrap_or_else(|report| panic!("{report}"))
}

fn hit(plan: &Plan, rule: usize) -> Vec<&str> {
    let targets = &plan.fakes.faults[rule].targets;
    targets.iter().map(|at| plan.fakes.deployments[*at].id.as_str()).collect()
}

#[test]
fn three_vendors_of_one_protocol_fail_one_by_one() {
    let fault =
        |target: &str| format!("  - {{ at: 60s, for: 20s, target: '{target}', inject: refuse }}\n");
    let targets = [
        "provider-of:first",
        "provider:mistral",
        "provider:xai",
        "provider:openai",
        "provider:openai@gpu:8000",
        "provider:openai*",
    ];
    let faults: String = targets.iter().map(|target| fault(target)).collect();
    let plan = plan_of(THREE, &format!("faults:\n{faults}"));
    let hits: Vec<Vec<&str>> = (0..targets.len()).map(|rule| hit(&plan, rule)).collect();
    assert_eq!(hits, [vec!["o"], vec!["m"], vec!["x"], vec!["o"], vec!["g"], vec!["o", "g"]]);
    let vendors: Vec<Option<&str>> =
        plan.info.deployments.iter().map(|one| one.vendor.as_deref()).collect();
    assert_eq!(vendors, [None, Some("mistral"), Some("xai"), Some("openai@gpu:8000")]);
    let unknown = load_config(&format!("{CALM}faults:\n{}", fault("provider:mistal")), THREE);
    let shown = unknown.map_or_else(|report| report.to_string(), |plan| plan.notes.join("\n"));
    assert!(shown.contains("mistral"), "{shown}");
}

#[test]
fn favourites_and_random_incidents_go_by_vendor() {
    let plan = plan_of(
        THREE,
        "faults: [{ at: 60s, for: 20s, target: 'provider-of:favourite', inject: refuse }]\n",
    );
    let favourite = plan.fakes.faults[0].favourite.as_ref().expect("a favourite");
    assert_eq!(favourite.set_of, [0, 1, 2, 3]);
    let random = "faults: [{ random: incident-model, target: all, each: provider }]\nclient: { timeout: 10s }\ncompress: { outages: 60, gaps: 12000 }\n";
    let plan = plan_of(THREE, random);
    let processes: std::collections::BTreeSet<&str> = plan
        .info
        .faults
        .iter()
        .filter_map(|fault| fault.origin.as_ref())
        .map(|origin| &*origin.process)
        .collect();
    assert!(
        processes.len() > 1 && processes.iter().all(|name| name.starts_with("provider:")),
        "{processes:?}"
    );
}

#[test]
fn no_two_vendors_share_a_quota() {
    let quota = "quotas: { pool: { limits: { requests: 6/min }, deployments: [o, m] } }\n";
    let shown = load_config(&format!("{CALM}{quota}"), THREE).expect_err("two vendors").to_string();
    assert!(shown.contains("openai (`o`) and mistral (`m`)"), "{shown}");
}

#[test]
fn what_nothing_reaches_is_not_played_and_stops_no_run() {
    let config = r"
model_list:
  - { model_name: embed, litellm_params: { model: text-embedding-3-small, api_key: k } }
  - { model_name: chat, litellm_params: { model: gpt-4o, api_key: k } }
  - { model_name: backup, litellm_params: { model: predibase/llama, api_key: k } }
  - { model_name: whisper, litellm_params: { model: openai/whisper-1, api_key: k } }
  - { model_name: far, litellm_params: { model: bedrock/some.model, aws_region_name: us-east-1 } }
  - { model_name: strange, litellm_params: { model: nobody/knows, api_key: k } }
router_settings: { fallbacks: [{ chat: [backup] }] }
";
    let plan = plan_of(config, "");
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert!(plan.load.phases.iter().all(|phase| phase.model == "chat"), "the first that chats");
    let said = "not played, since neither traffic nor a fallback reaches it: `embed`, `whisper`, `far`, `strange`";
    assert!(plan.notes.iter().any(|note| note == said), "{:?}", plan.notes);
    let assumed: Vec<&String> =
        plan.warnings.iter().filter(|line| line.starts_with("assumed: ")).collect();
    let [line] = &assumed[..] else { panic!("{assumed:?}") };
    assert!(line.contains("`predibase/llama@predibase` speaks OpenAI's protocol"), "{line}");
    let told = plan.info.assumed.join("\n");
    assert!(!told.contains("whisper") && !told.contains("nobody/knows"), "{told}");
}

#[test]
fn where_every_group_is_a_pattern_clients_call_a_name_that_the_first_admits() {
    for (group, model, called) in [
        ("*", "*", "gpt-4o"),
        ("openai/*", "openai/*", "openai/gpt-4o"),
        ("claude-*", "anthropic/claude-*", "claude-sonnet-4-20250514"),
        ("groq/*", "groq/*", "groq/any-model"),
    ] {
        let config = format!(
            "model_list: [{{ model_name: '{group}', litellm_params: {{ model: '{model}', api_key: k }} }}]"
        );
        let plan = plan_of(&config, "");
        assert_eq!(plan.load.phases[0].model, called);
        let said = format!("clients call `{called}`, which the config's `{group}` admits");
        assert!(
            plan.info.assumed.iter().any(|line| line.starts_with(&said)),
            "{:?}",
            plan.info.assumed
        );
    }
}

#[test]
fn traffic_may_name_whatever_a_pattern_admits() {
    let config = "model_list: [{ model_name: 'openai/*', litellm_params: { model: 'openai/*', api_key: k } }]";
    let with = |model: &str| {
        let scenario = CALM.replace("8/s } }", &format!("8/s }}, model: '{model}' }}"));
        load_config(&scenario, config)
    };
    for model in ["openai/gpt-5", "gpt-4o"] {
        assert_eq!(with(model).expect(model).load.phases[1].model, model);
    }
    for model in ["openai/", "anthropic/claude"] {
        assert!(with(model).is_err(), "{model}");
    }
}

/// The config as fakes at `http://f:1` write it where the environment has nothing.
fn served(text: &plan::Text, plan: &plan::Plan) -> serde_json::Value {
    let served = plan::served_config(text, None, (&plan.fakes, "http://f:1"), &|_| false);
    served.unwrap_or_else(|report| unreachable!("{report}")).config
}

#[test]
fn a_served_entry_is_one_that_litellm_asks_in_words_that_the_fake_speaks() {
    let entry = |model: &str| {
        format!("  - {{ model_name: m, litellm_params: {{ model: {model}, api_key: real }} }}\n")
    };
    let models = [
        ("groq/llama", "groq/llama", "/openai/v1"),
        ("gpt-4o", "gpt-4o", "/v1"),
        ("openai/o", "openai/o", "/v1"),
        ("mistral/large", "mistral/large", "/v1"),
        ("openrouter/a/b", "openrouter/a/b", "/api/v1"),
        ("cohere/command-r", "openai/command-r", "/compatibility/v1"),
        ("fireworks_ai/llama", "openai/llama", "/inference/v1"),
        ("nobody/knows", "openai/knows", "/v1"),
    ];
    let list: String = models.iter().map(|(written, ..)| entry(written)).collect();
    let config = format!("model_list:\n{list}");
    let plan = load_config(CALM, &config).expect("valid");
    let text = plan::Text::new("c.yaml", config);
    let served = served(&text, &plan);
    for (at, (written, asked, path)) in models.iter().enumerate() {
        let params = &served["model_list"][at]["litellm_params"];
        assert_eq!(params["model"], *asked, "{written}");
        assert_eq!(params["api_base"], format!("http://f:1{path}"), "{written}");
        assert_eq!(params["api_key"], format!("sk-brownout-{}", at + 1));
    }
}

#[test]
fn a_served_entry_of_ollamas_stays_one_of_its_own_api() {
    let config =
        "model_list: [{ model_name: m, litellm_params: { model: ollama_chat/llama3:8b } }]";
    let plan = load_config(CALM, config).expect("valid");
    let text = plan::Text::new("c.yaml".to_owned(), config.to_owned());
    let served = served(&text, &plan);
    let params = &served["model_list"][0]["litellm_params"];
    assert_eq!(
        (&params["model"], &params["api_base"]),
        (&"ollama_chat/llama3:8b".into(), &"http://f:1".into())
    );
}

#[test]
fn a_served_entry_of_a_cloud_asks_the_fake_as_the_models_house() {
    let entry = |model: &str| {
        format!(
            "  - {{ model_name: m, litellm_params: {{ model: {model}, vertex_project: p{} }} }}\n",
            match model.starts_with("azure_ai/") {
                true => ", api_base: 'https://h.services.ai.azure.com'",
                false => "",
            }
        )
    };
    let models = [
        (
            "vertex_ai/gemini-2.5-pro",
            "gemini/gemini-2.5-pro",
            "/v1/projects/p/locations/us-central1/publishers/google/v1beta",
        ),
        (
            "vertex_ai/claude-sonnet-4@20250514",
            "anthropic/claude-sonnet-4@20250514",
            "/v1/projects/p/locations/us-central1/publishers/anthropic",
        ),
        (
            "vertex_ai/meta/llama-3",
            "openai/meta/llama-3",
            "/v1/projects/p/locations/us-central1/endpoints/openapi/v1",
        ),
        ("azure_ai/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5", "/anthropic"),
        ("azure_ai/mistral-large", "azure_ai/mistral-large", "/models/v1"),
    ];
    let list: String = models.iter().map(|(written, ..)| entry(written)).collect();
    let config = format!("model_list:\n{list}");
    let plan = load_config(CALM, &config).expect("valid");
    let text = plan::Text::new("c.yaml", config);
    let served = served(&text, &plan);
    for (at, (written, asked, base)) in models.iter().enumerate() {
        let params = &served["model_list"][at]["litellm_params"];
        assert_eq!(params["model"], *asked, "{written}");
        assert_eq!(params["api_base"], format!("http://f:1{base}"), "{written}");
        assert!(params.get("vertex_project").is_none(), "{written}");
    }
}

#[test]
fn a_served_entry_names_the_deployment_that_its_fake_is() {
    let entry = |params: &str| {
        format!("  - {{ model_name: m, litellm_params: {{ {params}, api_key: k }} }}\n")
    };
    let entries = [
        (
            "model: azure/any, api_base: 'https://h.example/eu/openai/deployments/own'",
            ("azure/own", "http://f:1/eu"),
        ),
        (
            "model: azure/o_series/any, api_base: 'https://h.example/openai/deployments/own'",
            ("azure/o_series/own", "http://f:1"),
        ),
        (
            "model: os.environ/CHAT_MODEL, api_version: os.environ/VERSION, api_base: os.environ/BASE",
            ("azure/CHAT_MODEL", "http://f:1"),
        ),
        (
            "model: os.environ/OTHER_MODEL, api_base: 'https://h.example/x/v1'",
            ("openai/OTHER_MODEL", "http://f:1/x/v1"),
        ),
        (
            "model: anthropic/c, api_base: 'https://h.example/v1/p'",
            ("anthropic/c", "http://f:1/v1/p"),
        ),
    ];
    let list: String = entries.iter().map(|(params, _)| entry(params)).collect();
    let config = format!("model_list:\n{list}");
    let plan = load_config(CALM, &config).expect("valid");
    let text = plan::Text::new("c.yaml", config);
    let served = served(&text, &plan);
    for (at, (written, (model, base))) in entries.iter().enumerate() {
        let params = &served["model_list"][at]["litellm_params"];
        let both = (&params["model"], &params["api_base"]);
        assert_eq!(both, (&(*model).into(), &(*base).into()), "{written}");
        assert!(!params.to_string().contains("os.environ"), "{params}");
    }
}
