//! No message, note, warning or line of `run.json` prints a value of a config that is not known to be
//! harmless, whatever the config looks like and whatever is wrong with it.

use plan::{Secrets, Text};
use proptest::prelude::*;

use crate::support::{CALM, load_with};

/// What must not be found. Damage may cut it once, so either half counts.
const CANARY: &str = "zq7CANARYq4";
const HALVES: [&str; 2] = ["CANA", "NARY"];

struct Environment;

impl Secrets for Environment {
    fn resolve(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

/// Everything that is said about a config: by `run`, `gateway`, `init`, `fakes`.
fn said(config: &str) -> String {
    let text = Text::new("mine.yaml", config);
    let mut said = String::new();
    match load_with(CALM, |request| request.config = Some(Box::leak(Box::new(text.clone())))) {
        Ok(plan) => {
            said += &format!("{:#?}{:#?}", plan.notes, plan.warnings);
            said += &serde_json::to_string(&plan.info).unwrap_or_else(|why| unreachable!("{why}"));
        }
        Err(report) => said += &format!("{report}{:#?}{report:?}", report.lines()),
    }
    match plan::gateway_config(&text, &Environment, None) {
        Ok((_, findings)) => said += &format!("{findings:#?}"),
        Err(report) => said += &report.to_string(),
    }
    if let Err(report) = plan::init(&text, "mine.yaml", None) {
        said += &report.to_string();
    }
    // A config that is taken for a scenario.
    if let Err(report) = crate::support::load(config) {
        said += &report.to_string();
    }
    said
}

fn leaks(said: &str) -> bool {
    HALVES.iter().any(|half| said.contains(half))
}

/// A valid config around something else, with a mistake beside it.
fn around(extra: &str) -> String {
    format!(
        "model_list:\n  - model_name: gpt-4o\n    litellm_params:\n      model: openai/gpt-4o\n{extra}\n      timeout: [1]\n"
    )
}

#[test]
fn each_way_of_writing_a_secret() {
    let params = |text: &str| around(&format!("      {}", text.replace('\n', "\n      ")));
    let root = |text: &str| format!("{}{text}\nrouter_setings: 1\n", around("      rpm: x"));
    for config in [
        params("api_key: |\n  zq7CANARYq4\n  second CANARY"),
        params("api_key: >-\n  zq7CANARYq4"),
        params("api_key:\n  zq7CANARYq4"),
        params("api_key:\n  \"zq7\n  CANARYq4\""),
        params("api_key: 'a''CANARY'"),
        params("api_key: \"a\\\"CANARY\""),
        params("api_key: a}CANARY"),
        params("api_key: a,CANARY"),
        params("api_key: [a, CANARY]"),
        params("api_key: { a: CANARY, CANARY: , b }"),
        params("api_key: !CANARY x"),
        params("api_key: &CANARY x"),
        params("api_key: *CANARY"),
        params("api_key: %CANARY"),
        params("api_key: @CANARY"),
        params("api_key: `CANARY`"),
        params("api_key: CANARY: x"),
        params("api_key: CANARY # CANARY"),
        params("api_key: os.environ/sk-CANARY"),
        params("# api_key: CANARY"),
        params("api_key:CANARY"),
        params("api_key:CANARY: x"),
        params("\"api_key\": \"CANARY"),
        params("\tapi_key: CANARY"),
        params("api_base: https://user:CANARY@host/v1"),
        params("api_base: CANARY CANARY"),
        params("aws_region_name: CANARY"),
        params("extra_headers: { x-api-key: CANARY, Authorization: Bearer CANARY }"),
        params("headers:\n  x-key: CANARY"),
        params("extra_body: { CANARY: CANARY }"),
        params("api_key: CANARY\napi_key: CANARY"),
        root(
            "general_settings:\n  master_key: CANARY\n  alerting: [CANARY]\n  alert_to_webhook_url:\n    llm: [https://h/CANARY]",
        ),
        root("general_settings: { database_url: 'postgres://u:CANARY@h/d' }"),
        root("general_settings: CANARY"),
        root("litellm_settings:\n  cache_params: { type: redis, url: 'redis://:CANARY@h' }"),
        root("environment_variables:\n  OPENAI_API_KEY: CANARY\n  OTHER: |\n    CANARY"),
        root("environment_variables: CANARY"),
        root("x: &a CANARY\ngeneral_settings: { master_key: *a }"),
        root("router_settings: { redis_password: 12CANARY, num_retries: CANARY, timeout: CANARY }"),
        root("router_settings: { CANARY, redis_url: CANARY }"),
        root("router_settings: { fallbacks: [ { gpt-4o: [ { model: x, api_key: CANARY } ] } ] }"),
        root("credential_list: [ { credential_name: a, credential_values: { api_key: CANARY } } ]"),
        root("CANARY"),
        "CANARY".to_owned(),
        "- CANARY\n- x: CANARY\n".to_owned(),
        "\"CANARY".to_owned(),
        "a: 1\n---\nCANARY: CANARY\n".to_owned(),
    ] {
        let said = said(&config);
        assert!(!leaks(&said), "{config}\n--------\n{said}");
        assert!(said.contains("mine.yaml:") || said.contains("mine.yaml"), "{said}");
    }
}

#[test]
fn what_a_scenario_lays_over_a_config_is_no_more_public() {
    for extra in [
        "contenders:\n  - { name: a, general_settings: { master_key: CANARY }, router_settings: { num_retrys: 1 } }\n",
        "contenders:\n  - name: a\n    general_settings:\n      master_key: |\n        CANARY\n    router_settings: { cooldown_tim: 1 }\n",
        "contenders:\n  - name: a\n    general_settings:\n      master_key: CANARY\n    instances: 0\n",
        "contenders:\n  - name: a\n    general_settings: { master_key: CANARY: }\nfaults: 1\n",
        "contenders:\n  - name: a\n    router_settings: { redis_url: 'CANARY }\n",
        "events: [{ at: 10s, apply: { general_settings: { master_key: CANARY }, router_settings: { x: 1 } } }]\n",
    ] {
        let report = crate::support::load(&format!("{CALM}{extra}")).expect_err("a mistake");
        let said = format!("{report}{:?}", report.lines());
        assert!(!leaks(&said), "{extra}\n--------\n{said}");
    }
    let extra = "contenders:\n  - name: a\n    general_settings: { master_key: CANARY, alert_to_webhook_url: { x: [CANARY] } }\n    litellm_settings: { cache_params: { url: CANARY, n: CANARY } }\n    router_settings: { num_retries: 1 }\n";
    let plan = crate::support::load(&format!("{CALM}{extra}")).expect("a plan");
    let info = serde_json::to_string(&plan.info).unwrap_or_else(|why| unreachable!("{why}"));
    assert!(!leaks(&info), "{info}");
    assert!(info.contains("num_retries: 1"), "{info}");
    let sets = vec![("contenders.0.general_settings.master_key".to_owned(), "CANARY".to_owned())];
    let plan = load_with(&format!("{CALM}{extra}"), |request| {
        request.sets = Box::leak(Box::new(sets.clone()));
    });
    let info = serde_json::to_string(&plan.expect("a plan").info).expect("serialises");
    assert!(!leaks(&info), "{info}");
}

/// A scalar that holds the canary, in some way of writing it, for a line with this indent.
fn scalar() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "zq7CANARYq4",
        "'zq7CANARYq4'",
        "\"zq7CANARYq4\"",
        "'a''zq7CANARYq4'",
        "\"a\\\"zq7CANARYq4\"",
        "|\n            zq7CANARYq4",
        ">-\n            a\n            zq7CANARYq4",
        "\n            zq7CANARYq4",
        "&anchor zq7CANARYq4",
        "zq7CANARYq4 # zq7CANARYq4",
        "a,zq7CANARYq4",
        "a}zq7CANARYq4",
        "https://u:zq7CANARYq4@host:99999/v1?x=1",
        "[zq7CANARYq4, { a: zq7CANARYq4 }]",
        "{ a: zq7CANARYq4, b: 'zq7CANARYq4' }",
        "{ zq7CANARYq4: 1 }",
        "12zq7CANARYq4",
        "!!int zq7CANARYq4",
    ])
    .prop_map(str::to_owned)
}

/// Keys whose values are nobody's business, or not what they should be.
fn line(keys: &'static [&'static str], indent: &'static str) -> impl Strategy<Value = String> {
    (proptest::sample::select(keys), scalar())
        .prop_map(move |(key, value)| format!("{indent}{key}: {value}\n"))
}

const PARAMS: &[&str] = &[
    "api_key",
    "api_base",
    "base_url",
    "organization",
    "client_secret",
    "aws_secret_access_key",
    "vertex_credentials",
    "extra_headers",
    "headers",
    "extra_body",
    "rpm",
    "timeout",
    "weight",
    "num_retries",
    "azure_ad_token",
    "mock_response",
    "langfuse_secret",
    "additional_drop_params",
    "user",
    "unknown_key",
    "litellm_params",
];
const SETTINGS: &[&str] = &[
    "master_key",
    "database_url",
    "alerting",
    "alert_to_webhook_url",
    "cache_params",
    "callbacks",
    "redis_password",
    "redis_url",
    "num_retries",
    "retry_policy",
    "allowed_fails_policy",
    "cooldown_time",
    "enable_pre_call_checks",
    "langfuse_secret",
    "guardrails",
    "routing_strategy_args",
    "max_fallbacks",
];

fn config() -> impl Strategy<Value = String> {
    let params = proptest::collection::vec(line(PARAMS, "      "), 0..5);
    let settings = || proptest::collection::vec(line(SETTINGS, "  "), 0..4);
    let environment =
        proptest::collection::vec(line(&["OPENAI_API_KEY", "DATABASE_URL"], "  "), 0..3);
    (params, settings(), settings(), settings(), environment).prop_map(|(params, router, litellm, general, variables)| {
        format!(
            "model_list:\n  - model_name: gpt-4o\n    litellm_params:\n      model: openai/gpt-4o\n{}router_settings:\n{}litellm_settings:\n{}general_settings:\n{}environment_variables:\n{}",
            params.concat(), router.concat(), litellm.concat(), general.concat(), variables.concat()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_canary_is_printed_whatever_is_wrong(
        config in config(),
        at in any::<prop::sample::Index>(),
        damage in proptest::sample::select(vec![
            "", ":", ": ", "\n", "\"", "'", "}", "{", "]", "[", ",", "\t", "*", "&", "!", "|", "\r\n", "#", "---\n", "\u{feff}",
        ]),
        cut in 0usize..3,
    ) {
        let at = at.index(config.len());
        let end = (at + cut).min(config.len());
        let config = format!("{}{damage}{}", &config[..at], &config[end..]);
        let said = said(&config);
        prop_assert!(!leaks(&said), "{config}\n--------\n{said}");
        prop_assert!(!said.contains(CANARY));
    }
}

#[test]
fn a_line_that_somebody_switched_off_is_no_question() {
    let config = "# OPENAI_API_KEY: CANARY\nmodel_list:\n#  OPENAI_API_KEY: CANARY\n  - model_name: !!int x\n";
    assert!(!leaks(&said(config)), "{}", said(config));
    let scenario = format!(
        "# Does it hold?\nscenario: s\ncontenders:\n# key: CANARY\n  - {{ name: !!int x\n{config}"
    );
    assert!(!leaks(&said(&scenario)), "{}", said(&scenario));
}

#[test]
fn a_config_that_is_written_for_fakes_leads_nowhere_and_says_what_it_lacks() {
    let config = "
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: CANARY-key, extra_headers: { x: CANARY } }
    model_info: { id: one }
router_settings: { num_retries: 4, redis_url: 'redis://:CANARY@h' }
litellm_settings: { success_callback: [langfuse], cache: true, cache_params: { url: CANARY }, request_timeout: 9 }
general_settings:
  master_key: os.environ/MASTER
  database_url: postgres://u:CANARY@h/d
  alerting: [slack]
  alert_to_webhook_url: { llm_exceptions: [https://hooks.slack.com/CANARY] }
environment_variables: { SLACK_WEBHOOK_URL: CANARY }
";
    let text = Text::new("mine.yaml", config);
    let plan = load_with(CALM, |request| request.config = Some(Box::leak(Box::new(text.clone()))));
    let plan = plan.expect("a plan");
    let written = |text: &Text, known: &str| {
        let at = (&plan.fakes, "http://127.0.0.1:4100");
        let served = plan::served_config(text, None, at, &|name| name == known);
        let plan::Served { config, left_out, master_key } = served.expect("it serves");
        let key = &config["general_settings"]["master_key"];
        assert_eq!(master_key.is_some(), key == plan::MASTER_KEY, "{key}");
        (config, left_out)
    };
    // A key of the environment stays where there is one; a gateway on the file could not start without.
    let (served, _) = written(&text, "OTHER");
    assert_eq!(served["general_settings"], serde_json::json!({ "master_key": plan::MASTER_KEY }));
    let (served, left_out) = written(&text, "MASTER");
    assert!(!leaks(&served.to_string()) && !leaks(&left_out.join(" ")), "{served}{left_out:?}");
    assert_eq!(
        served["general_settings"],
        serde_json::json!({ "master_key": "os.environ/MASTER" })
    );
    assert_eq!(served["router_settings"], serde_json::json!({ "num_retries": 4 }));
    assert_eq!(served["litellm_settings"], serde_json::json!({ "request_timeout": 9 }));
    assert_eq!(served["model_list"][0]["litellm_params"]["api_base"], "http://127.0.0.1:4100/v1");
    for path in [
        "general_settings.database_url",
        "general_settings.alerting",
        "environment_variables",
        "router_settings.redis_url",
        "litellm_settings.success_callback",
        "litellm_settings.cache_params",
    ] {
        assert!(left_out.iter().any(|one| one == path), "{path}: {left_out:?}");
    }
    // A key that stands in the file itself is nobody else's.
    let literal = Text::new("mine.yaml", config.replace("os.environ/MASTER", "CANARY"));
    let (served, left_out) = written(&literal, "MASTER");
    assert!(!leaks(&served.to_string()));
    assert_eq!(served["general_settings"], serde_json::json!({ "master_key": plan::MASTER_KEY }));
    assert!(left_out.iter().any(|one| one == "general_settings.master_key"));
}
