//! An entry whose model is `*` asks the provider that the name in a request says, with the key that the environment
//! has of it; entries that nobody can be asked by are left out, and said.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies, NoteKind, Secrets};
use serde_json::{Value, json};

/// Keys of three providers, and an address without one.
struct Environment;

impl Secrets for Environment {
    fn resolve(&self, name: &str, _: &str) -> Option<String> {
        let value = match name {
            "OPENAI_API_KEY" => "sk-openai",
            "ANTHROPIC_API_KEY" => "sk-anthropic",
            "GROQ_API_KEY" => "sk-groq",
            "HOSTED_VLLM_API_BASE" => "https://vllm.example/v1",
            _ => return None,
        };
        Some(value.to_owned())
    }
}

fn any(group: &str, params: &Value) -> Value {
    let mut own = json!({ "model": "*" });
    own.as_object_mut().expect("an object").extend(params.as_object().expect("an object").clone());
    json!({ "model_list": [{ "model_name": group, "litellm_params": own }], "router_settings": { "num_retries": 0 } })
}

fn lab(config: Config) -> Lab {
    let lab = Lab::new();
    let said = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}});
    lab.upstream("api.anthropic.com", &[Act::Reply(200, vec![], said.to_string())]);
    for host in ["api.openai.com", "api.groq.com", "vllm.example"] {
        lab.upstream(host, &[answer("hi")]);
    }
    lab.gateway(config);
    lab
}

/// Where a request for `model` arrives, with which key, and as a request for which model.
async fn asked(config: &Config, model: &str) -> String {
    let lab = lab(config.clone());
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
    let got = lab.chat(&body.to_string()).await;
    if got.status != 200 {
        return format!("{}: {}", got.status, got.json()["error"]["message"]);
    }
    let sent = lab.sent.lock().expect("no poison");
    let key = ["authorization", "x-api-key"].iter().find_map(|name| sent[0].headers.get(*name));
    let key = key.map_or("no key", |key| key.to_str().expect("text"));
    let sent_model: Value = serde_json::from_str(&sent[0].body).expect("JSON");
    format!("{} {key} {}", sent[0].host, sent_model["model"])
}

#[tokio::test(start_paused = true)]
async fn a_star_goes_by_the_providers_prefix_or_by_whose_model_it_is() {
    let read = litellm::read(&any("*", &json!({})), &Environment).expect("valid");
    let notes: Vec<&str> = read.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("has: openai, anthropic, custom_openai"), "{notes:?}");
    for (model, expected) in [
        ("openai/gpt-4o", r#"api.openai.com Bearer sk-openai "gpt-4o""#),
        ("gpt-4o", r#"api.openai.com Bearer sk-openai "gpt-4o""#),
        ("anthropic/claude-opus-4-5", r#"api.anthropic.com sk-anthropic "claude-opus-4-5""#),
        ("claude-opus-4-5", r#"api.anthropic.com sk-anthropic "claude-opus-4-5""#),
        ("groq/openai/gpt-oss-120b", r#"api.groq.com Bearer sk-groq "openai/gpt-oss-120b""#),
        ("hosted_vllm/mine", r#"vllm.example no key "mine""#),
    ] {
        assert_eq!(asked(&read.config, model).await, expected, "{model}");
    }
    for model in ["mistral/large", "nobody/anything", "gemini-2.5-flash"] {
        let refused = asked(&read.config, model).await;
        assert!(
            refused.starts_with("400: ") && refused.contains("has no key"),
            "{model}: {refused}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_star_behind_a_prefix_of_ones_own_does_too() {
    let read = litellm::read(&any("mine/*", &json!({})), &Environment).expect("valid");
    let expected = r#"api.groq.com Bearer sk-groq "llama""#;
    assert_eq!(asked(&read.config, "mine/groq/llama").await, expected);
}

#[test]
fn a_star_with_a_key_an_address_or_a_provider_is_one_deployment() {
    for params in [
        json!({ "api_key": "sk-mine" }),
        json!({ "api_base": "https://own.example/v1" }),
        json!({ "custom_llm_provider": "groq" }),
    ] {
        let read = litellm::read(&any("*", &params), &Environment).expect("valid");
        assert_eq!(read.config.deployments.len(), 1, "{params}");
        assert_eq!(read.config.deployments[0].of_any, None);
    }
    // Where no environment is read, one stands for all.
    let read = litellm::read(&any("*", &json!({})), &Dummies).expect("valid");
    assert_eq!(read.config.deployments.len(), 1);
    assert!(read.notes[0].text.contains("stands for all of them"), "{:?}", read.notes);
}

fn entries(models: &[&str]) -> Value {
    let entry = |model: &&str| json!({ "model_name": model, "litellm_params": { "model": model } });
    json!({ "model_list": models.iter().map(entry).collect::<Vec<_>>() })
}

#[test]
fn who_cannot_be_asked_is_left_out_and_said() {
    let file = entries(&["github_copilot/gpt-4o", "openai/gpt-4o"]);
    let read = litellm::read(&file, &Environment).expect("one is left");
    assert_eq!(read.config.deployments.len(), 1);
    let note = &read.notes[0];
    assert_eq!((note.kind, &*note.path), (NoteKind::Differs, "model_list[0].litellm_params.model"));
    assert!(note.text.contains("it is left out"), "{}", note.text);

    let errors = litellm::read(&entries(&["github_copilot/gpt-4o"]), &Environment)
        .expect_err("nobody is left");
    let said = "model_list[0].litellm_params: nobody here knows a provider `github_copilot`, and the entry has no api_base";
    assert_eq!(errors[0].to_string(), said);
}

#[test]
fn names_without_a_provider_are_litellms_lists_or_said() {
    let read = litellm::read(&entries(&["gpt-4o", "claude-3-opus-20240229", "my-model"]), &Dummies);
    let said: Vec<String> =
        read.expect("valid").notes.into_iter().map(|note| note.path + ": " + &note.text).collect();
    let says = |number: usize, whose: &str| {
        let path =
            format!("model_list[{number}].litellm_params.model: the entry names no provider");
        said.iter().any(|note| note.starts_with(&path) && note.contains(&format!("of {whose}'s")))
    };
    assert!(says(1, "anthropic") && says(2, "openai") && said.len() == 2, "{said:?}");
}

#[test]
fn a_guardrail_that_litellm_always_applies_is_missed_at_a_gateway() {
    let mut file = entries(&["openai/gpt-4o"]);
    let guardrail = |on: bool| json!({ "guardrail_name": "g", "litellm_params": { "guardrail": "x", "default_on": on } });
    file["guardrails"] = json!([guardrail(false), guardrail(true)]);
    let missed = |secrets: &dyn Secrets| {
        let notes = litellm::read(&file, secrets).expect("valid").notes;
        notes.into_iter().find(|note| note.kind == NoteKind::Differs).map(|note| note.path)
    };
    assert_eq!(missed(&Environment), Some("guardrails[1]".to_owned()));
    assert_eq!(missed(&Dummies), None);
}
