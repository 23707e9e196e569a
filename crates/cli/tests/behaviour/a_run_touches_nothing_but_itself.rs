//! Secrets of the config and of the environment reach neither the run directory nor the terminal.

use crate::support::Scratch;

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
