//! What a newcomer starts from works: the scenario that `init` writes, the schema that editors use,
//! the config of a gateway that really serves.

use crate::generated;
use crate::support::{CALM, CONFIG, load};

#[test]
fn the_scenario_that_init_writes_runs_as_it_is() {
    let config = plan::Text::new("config.yaml", CONFIG);
    let text = plan::init(&config, "config.yaml", None).expect("a valid config");
    let plan = load(&text).unwrap_or_else(|report| panic!("{text}\n{report}"));
    assert_eq!(plan.contenders.len(), 3);
    assert!(text.contains("west") && text.contains("claude"));
    assert_eq!(plan.warnings, Vec::<String>::new());
    insta::assert_snapshot!(text);
}

#[test]
fn init_tells_the_mistakes_of_a_config() {
    let config = plan::Text::new("c.yaml", "model_list: 3");
    assert!(plan::init(&config, "c.yaml", None).is_err());
}

#[test]
fn the_committed_schema_is_current_and_accepts_what_the_reader_accepts() {
    let schema = plan::schema();
    let text = serde_json::to_string_pretty(&schema).expect("JSON");
    generated::hold("crates/plan/scenario.schema.json", None, &format!("{text}\n"));
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    for file in plan::embedded::SCENARIOS {
        let json: serde_json::Value = serde_yaml::from_str(file.text).expect("YAML");
        let errors: Vec<String> =
            validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", file.path);
    }
    let calm: serde_json::Value = serde_yaml::from_str(CALM).expect("YAML");
    assert!(validator.is_valid(&calm));
    for wrong in [
        "{ scenario: x, traffic: [], nope: 1 }",
        "{ scenario: x, traffic: [{ for: 60, arrivals: { poisson: 8/s } }] }",
        "{ scenario: x, traffic: [{ for: 60s, arrivals: { poison: 8/s } }] }",
        "{ scenario: x, traffic: [], faults: [{ at: 1s, for: 1s, target: all, inject: nothing }] }",
        "{ scenario: x, traffic: [], contenders: [{ name: Upper Case }] }",
    ] {
        let json: serde_json::Value = serde_yaml::from_str(wrong).expect("YAML");
        assert!(!validator.is_valid(&json), "{wrong}");
    }
}

#[test]
fn a_serving_gateway_gets_the_real_secrets() {
    #[derive(Debug)]
    struct Named;
    impl gateway::litellm::Secrets for Named {
        fn resolve(&self, name: &str, _path: &str) -> Option<String> {
            // No proxy stands before a provider.
            (!name.contains("_BASE")).then(|| format!("value of {name}"))
        }
    }
    let text = plan::Text::new("c.yaml", CONFIG);
    let (config, notes) = plan::gateway_config(&text, &Named, None).expect("a valid config");
    let key = config.deployments[0].api_key.as_ref().map(|key| key.reveal().to_owned());
    assert_eq!(key.as_deref(), Some("value of AZURE_KEY"));
    assert!(notes.iter().any(|note| note.about.starts_with("general_settings.database_url")));
}

#[test]
fn a_persona_stands_alone() {
    let fakes = plan::persona(
        vocab::Protocol::Anthropic,
        "claude-sonnet-4-5",
        ("127.0.0.1", 4010),
        vocab::Seed(1),
    )
    .expect("the shipped presets");
    assert_eq!((fakes.deployments.len(), fakes.deployments[0].port), (1, 4010));
}
