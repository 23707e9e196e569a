//! Before a run each deployment answers one calm request over each contender's own way.

use plan::ClockKind;
use record::{PreflightRow, RowReader};

use crate::support::{Played, play, play_on, scenario};

fn preflight(played: &Played) -> Vec<PreflightRow> {
    let rows = RowReader::<PreflightRow>::open(&played.dir().join("preflight.csv")).expect("rows");
    rows.map(|row| row.expect("readable")).collect()
}

/// Contender and deployment of those that failed, and why.
fn failed(rows: &[PreflightRow]) -> Vec<(&str, &str, &str)> {
    let failed = rows.iter().filter(|row| !row.ok);
    failed.map(|row| (&*row.contender, &*row.deployment, &*row.detail)).collect()
}

#[test]
fn everybody_is_asked_whatever_faults_and_limits_come_later() {
    let faults = "[{ at: 0s, for: 1s, target: all, inject: { error: { status: 503 } } }]";
    let text = scenario("calm", 1, faults)
        .replace("{ constant: 4ms } }", "{ constant: 4ms }, limits: { requests: 1/min } }")
        .replace("timeout: 2s", "timeout: 2s, patience: 10ms");
    let rows = preflight(&play(&text, ClockKind::Virtual));
    let asked: Vec<(&str, &str)> =
        rows.iter().map(|row| (&*row.contender, &*row.deployment)).collect();
    let all = ["west", "direct-openai", "claude"];
    let each = |name| all.map(|id| (name, id));
    assert_eq!(asked, [&[("direct", "west")][..], &each("shuffle"), &each("priority")].concat());
    assert!(rows.iter().all(|row| row.ok && row.detail.is_empty()), "{rows:?}");
}

#[test]
fn an_address_that_our_own_fake_does_not_know_is_told_with_its_path() {
    const ODD: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params: { model: gpt-4o, api_key: k }
    model_info: { id: good }
  - model_name: gpt-4o
    litellm_params:
      { model: azure/gpt-4o, api_base: "https://apim.example.com/team", api_key: k, api_version: "" }
    model_info: { id: odd }
  - model_name: unused
    litellm_params: { model: gpt-4o, api_base: "https://unused.example.com/nowhere", api_key: k }
    model_info: { id: unused }
"#;
    let why =
        "404 from our own fake at /team/openai/deployments/gpt-4o/chat/completions?api-version=";
    for clock in [ClockKind::Virtual, ClockKind::Wall] {
        let rows = preflight(&play_on(ODD, &scenario("odd", 1, "[]"), clock));
        assert_eq!(failed(&rows), [("shuffle", "odd", why), ("priority", "odd", why)]);
        assert!(rows.iter().all(|row| row.deployment != "unused"), "nobody can reach it");
    }
}

#[test]
fn apis_that_stand_below_another_path_than_openais_are_known() {
    const OTHERS: &str = r#"
model_list:
  - { model_name: gpt-4o, litellm_params: { model: openrouter/x, api_key: k } }
  - { model_name: gpt-4o, litellm_params: { model: groq/llama-3.3-70b-versatile, api_key: k } }
  - { model_name: gpt-4o, litellm_params: { model: deepseek/deepseek-chat, api_key: k } }
  - { model_name: gpt-4o, litellm_params: { model: fireworks_ai/llama, api_key: k } }
  - { model_name: gpt-4o, litellm_params: { model: perplexity/sonar, api_key: k } }
  - { model_name: gpt-4o, litellm_params: { model: hosted_vllm/m, api_base: "http://10.0.0.1:8000/llm/v1", api_key: k } }
"#;
    let rows = preflight(&play_on(OTHERS, &scenario("others", 1, "[]"), ClockKind::Virtual));
    assert_eq!((rows.len(), failed(&rows)), (1 + 2 * 6, Vec::new()));
}

#[test]
fn deployments_are_asked_in_both_shapes_if_the_traffic_has_both() {
    // Whatever is asked is answered: what is left to see is that neither shape is in the other's way.
    for stream in ["100%", "0%", "50%"] {
        let text = scenario("shapes", 1, "[]").replace("stream: 70%", &format!("stream: {stream}"));
        assert_eq!(failed(&preflight(&play(&text, ClockKind::Virtual))), [], "{stream}");
    }
}

#[test]
fn a_request_that_is_refused_is_told_in_the_providers_sentence_with_the_key_to_blame() {
    const REFUSED: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-5, temperature: 0.2, api_key: k }
    model_info: { id: foreseen }
  - model_name: gpt-4o
    litellm_params: { model: groq/llama, stop: [a, b, c, d, e], api_key: k }
    model_info: { id: refused }
"#;
    let rows = preflight(&play_on(REFUSED, &scenario("refused", 1, "[]"), ClockKind::Virtual));
    let of = |id: &str| {
        let row = rows.iter().find(|row| row.deployment == id && row.contender == "shuffle");
        row.map(|row| (row.detail.clone(), row.key.clone())).expect("a row")
    };
    let (detail, key) = of("foreseen");
    assert!(detail.starts_with("400 from the gateway itself, which called nobody: `temperature`"));
    assert_eq!(key, "litellm_params.temperature");
    let (detail, key) = of("refused");
    assert!(
        detail.starts_with("400 from our own fake at /openai/v1/chat/completions: Invalid 'stop'")
    );
    assert_eq!(key, "litellm_params.stop");
}
