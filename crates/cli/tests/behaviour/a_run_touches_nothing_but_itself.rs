//! Secrets of the config and of the environment reach neither the run directory nor the terminal.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::support::Scratch;

/// Keys below a deployment's parameters that may hold anything at all.
const PARAMS: &[&str] = &[
    "api_key",
    "azure_ad_token",
    "organization",
    "client_secret",
    "aws_secret_access_key",
    "vertex_credentials",
    "user",
    "prompt_cache_key",
    "my_own_member",
    "guided_json",
    "metadata: { tenant",
    "extra_body: { nested",
    "extra_headers: { x-tenant",
    "headers: { Authorization",
    "mock_response",
];

/// The same in a deployment's information, and in further sections.
const INFO: &[&str] = &["description", "metadata: { owner", "my_notes", "access_groups: [a], tier"];
const ELSEWHERE: &[(&str, &str)] = &[
    ("router_settings", "redis_password"),
    ("router_settings", "redis_url"),
    ("litellm_settings", "cache_params: { password"),
    ("litellm_settings", "success_callback: [langfuse], langfuse_secret"),
    ("litellm_settings", "my_setting"),
    ("general_settings", "master_key"),
    ("general_settings", "database_url"),
    ("general_settings", "alert_to_webhook_url: { llm"),
    ("environment_variables", "OPENAI_API_KEY"),
    ("environment_variables", "SLACK_WEBHOOK_URL"),
    ("callback_settings", "otel: { headers"),
    ("mcp_servers", "one: { auth_value"),
    ("my_section", "anything"),
];

/// Three seconds in which nothing breaks.
const CALM: &str = "scenario: calm\nconfig: config.yaml\ncontenders: [{ name: own }]\ntraffic:\n\
    - { for: 1s, arrivals: { poisson: 4/s }, workload: chat, warmup: true }\n\
    - { for: 2s, arrivals: { poisson: 4/s }, workload: chat }\n";

/// A canary as a scalar, in the ways in which people write one.
fn canary() -> impl Strategy<Value = String> {
    let ways =
        vec!["CANARY-@", "\"CANARY-@\"", "'a''CANARY-@'", "\"\\x41 CANARY-@: #x\"", "&a@ CANARY-@"];
    (proptest::sample::select(ways), 0u32..1000)
        .prop_map(|(way, n)| way.replace('@', &n.to_string()))
}

/// `key: canary`, with the braces that the key has opened.
fn entry(key: &str, canary: &str) -> String {
    format!("{key}: {canary}{}", " }".repeat(key.matches('{').count()))
}

fn entries(keys: &'static [&'static str]) -> impl Strategy<Value = String> {
    let chosen = proptest::sample::subsequence(keys, 0..=keys.len());
    (chosen, proptest::collection::vec(canary(), keys.len())).prop_map(|(keys, canaries)| {
        let entries = keys.iter().zip(&canaries).map(|(key, canary)| entry(key, canary));
        entries.collect::<Vec<_>>().join(", ")
    })
}

/// A config that runs, with canaries wherever a text may stand.
fn config() -> impl Strategy<Value = String> {
    let elsewhere = proptest::sample::subsequence(ELSEWHERE, 0..=ELSEWHERE.len());
    let canaries = proptest::collection::vec(canary(), ELSEWHERE.len());
    let credential = canary();
    (entries(PARAMS), entries(INFO), elsewhere, canaries, credential).prop_map(
        |(params, info, elsewhere, canaries, credential)| {
            let mut config = format!(
                "# CANARY-comment\nmodel_list:\n\
                 - {{ model_name: gpt-4o, litellm_params: {{ model: gpt-4o, {params} }}, model_info: {{ id: a, {info} }} }}\n\
                 - {{ model_name: gpt-4o, litellm_params: {{ model: openai/gpt-4o, litellm_credential_name: c }} }}\n\
                 credential_list:\n\
                 - {{ credential_name: c, credential_info: {{ x: {credential} }}, credential_values: {{ api_key: {credential} }} }}\n"
            );
            let mut sections: Vec<(&str, Vec<String>)> = Vec::new();
            for ((section, key), canary) in elsewhere.iter().zip(&canaries) {
                match sections.iter_mut().find(|(known, _)| known == section) {
                    Some((_, lines)) => lines.push(entry(key, canary)),
                    None => sections.push((section, vec![entry(key, canary)])),
                }
            }
            for (section, lines) in sections {
                let _ = writeln!(config, "{section}: {{ {} }}", lines.join(", "));
            }
            config
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]

    #[test]
    fn canaries_in_any_scalar_are_in_no_file_of_a_run_and_in_no_output(config in config()) {
        let scratch = Scratch::new();
        scratch.write("config.yaml", &config);
        scratch.write("calm.yaml", CALM);
        let run = scratch.run(&["run", "calm.yaml", "--out", "run", "--json"]);
        prop_assert!(run.code == 0 || run.code == 1, "{config}\n{}{}", run.err, run.out);
        let check = scratch.run(&["check", "config.yaml", "--json"]);
        let mut seen = scratch.files("run");
        prop_assert!(seen.len() > 10);
        let said = [run.out, run.err, check.out, check.err].concat();
        seen.push(("the terminal".to_owned(), said.into_bytes()));
        for (name, bytes) in seen {
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(!text.contains("CANARY"), "{name} of\n{config}");
        }
    }
}

/// A config with a canary in every field that can hold a secret or an address.
const CANARIES: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o
      api_base: https://westus-primary.openai.azure.com/
      api_key: CANARY-literal-key
      api_version: "2024-08-01-preview"
    model_info: { id: west }
  - model_name: gpt-4o
    litellm_params: { model: gpt-4o, api_key: os.environ/CANARY_ENV }
    model_info: { id: direct }
router_settings:
  redis_host: canary-redis.example
  redis_password: CANARY-redis-password
litellm_settings:
  cache: true
  cache_params: { type: redis, host: canary-cache.example, password: CANARY-cache-password }
  success_callback: [langfuse]
general_settings:
  master_key: CANARY-master-key
  database_url: postgresql://user:CANARY-database-password@canary-db.example/litellm
  alerting: [slack]
environment_variables:
  LANGFUSE_SECRET_KEY: CANARY-langfuse
  SLACK_WEBHOOK_URL: https://hooks.slack.example/CANARY-slack
"#;

#[test]
fn canaries_in_every_secret_field_are_nowhere_in_the_run() {
    let scratch = Scratch::new();
    scratch.write("config.yaml", CANARIES);
    let mut command = scratch.command(&["run", "scenario.yaml", "--out", "run"]);
    for name in ["CANARY_ENV", "OPENAI_API_KEY", "AZURE_API_KEY", "LITELLM_MASTER_KEY"] {
        command.env(name, "CANARY-from-the-environment");
    }
    let output = command.output().expect("started");
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    let mut seen: Vec<(String, Vec<u8>)> = scratch.files("run");
    seen.push(("the terminal".to_owned(), said));
    assert!(seen.len() > 10);
    for (name, bytes) in seen {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("CANARY-"), "a canary sings in {name}");
    }
}

#[test]
fn what_the_config_would_contact_is_said_to_be_off() {
    let scratch = Scratch::new();
    scratch.write("config.yaml", CANARIES);
    let ran = scratch.run(&["validate", "scenario.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for key in ["database_url", "cache", "alerting"] {
        assert!(ran.err.contains(key), "{key} is not mentioned in:\n{}", ran.err);
    }
}
