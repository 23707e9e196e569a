//! Entries for Gemini and Bedrock become fakes at the hosts that LiteLLM would call, with presets,
//! prices and dummy keys; what cannot be played is refused in a sentence.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use crate::support::{CALM, load_with};
use plan::{Plan, Report, Text, served_config};

const CONFIG: &str = r#"
model_list:
  - model_name: chat
    litellm_params: { model: gemini/gemini-2.5-flash, api_key: os.environ/GEMINI_API_KEY }
  - model_name: chat
    litellm_params: { model: bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0, aws_region_name: us-east-1, aws_access_key_id: os.environ/AWS_ID, aws_secret_access_key: os.environ/AWS_SECRET, aws_role_name: prod }
  - model_name: chat
    litellm_params: { model: bedrock/converse/eu-west-1/anthropic.claude-haiku-4-5-20251001-v1:0 }
  - model_name: chat
    litellm_params: { model: bedrock/amazon.nova-pro-v1:0, aws_bedrock_runtime_endpoint: "https://vpce-1.example.com/", aws_region_name: eu-central-1 }
"#;

fn load(config: &str) -> Result<Plan, Report> {
    let text = Text::new("c.yaml", config);
    load_with(CALM, |request| request.config = Some(Box::leak(Box::new(text.clone()))))
}

fn plan() -> Plan {
    load(CONFIG).expect("a valid config")
}

#[test]
fn they_live_where_litellm_would_call_them() {
    let plan = plan();
    let seen: Vec<(&str, &str, &str, &str)> =
        plan.info.deployments.iter().map(|d| (&*d.id, &*d.host, &*d.model, &*d.region)).collect();
    let google = "generativelanguage.googleapis.com";
    let sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let haiku = "anthropic.claude-haiku-4-5-20251001-v1:0";
    assert_eq!(
        seen,
        [
            ("gemini/gemini-2.5-flash@generativelanguage", google, "gemini-2.5-flash", google),
            (
                "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0@us-east-1",
                "bedrock-runtime.us-east-1.amazonaws.com",
                sonnet,
                "us-east-1"
            ),
            (
                "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0@eu-west-1",
                "bedrock-runtime.eu-west-1.amazonaws.com",
                haiku,
                "eu-west-1"
            ),
            (
                "bedrock/amazon.nova-pro-v1:0@eu-central-1",
                "vpce-1.example.com",
                "amazon.nova-pro-v1:0",
                "eu-central-1"
            ),
        ]
    );
    let prices: Vec<Option<f64>> =
        plan.info.deployments.iter().map(|d| d.usd_per_million_out).collect();
    assert_eq!(prices, [Some(2.5), Some(16.5), Some(5.0), Some(3.2)]);
    let presets: Vec<&str> =
        plan.info.deployments.iter().filter_map(|d| d.fake.split(':').next()).collect();
    assert_eq!(presets, ["gemini-flash", "bedrock-claude", "bedrock-claude", "bedrock-claude"]);
}

#[test]
fn a_run_plays_them() {
    assert!(plan().refusals.is_empty(), "{:?}", plan().refusals);
    assert!(crate::support::load(CALM).expect("a valid scenario").refusals.is_empty());
}

#[test]
fn repeated_prompts_are_refused_where_nobody_could_tell_their_requests_apart() {
    let repeating = CALM.replace("for: 5m,", "for: 5m, workload: { repeat: 20% },");
    assert_ne!(repeating, CALM);
    let repeats = |config: &str| {
        let text = Text::new("c.yaml".to_owned(), config.to_owned());
        let plan = load_with(&repeating, |request| {
            request.config = Some(Box::leak(Box::new(text.clone())));
        });
        plan.expect("a valid config").refusals
    };
    let refusals = repeats(CONFIG);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].contains("takes no name of an end user"), "{refusals:?}");
    let without_gemini = CONFIG.replace("gemini/gemini-2.5-flash", "openai/gpt-4o");
    assert!(repeats(&without_gemini).is_empty());
}

#[test]
fn a_run_signs_with_dummies_where_the_config_has_keys_and_brings_a_token_where_it_has_one() {
    let config = CONFIG.replace(
        "model: bedrock/amazon.nova-pro-v1:0,",
        "model: bedrock/amazon.nova-pro-v1:0, api_key: os.environ/AWS_TOKEN,",
    );
    let plan = load(&config).expect("a valid config");
    let deployments = &plan.contenders[0].gateway.deployments;
    let keys = |at: usize| {
        let one = &deployments[at];
        let id = one.aws_keys.as_ref().map(|keys| keys.access_key_id.reveal().to_owned());
        let secret = one.aws_keys.as_ref().map(|keys| keys.secret_access_key.reveal().to_owned());
        (one.api_key.as_ref().map(|key| key.reveal().to_owned()), id, secret)
    };
    let own = |number: u32| Some(format!("sk-brownout-{number}"));
    assert_eq!(keys(0), (own(1), None, None));
    assert_eq!(keys(1), (None, own(2), own(2)));
    assert_eq!(keys(2), (None, own(3), own(3)));
    assert_eq!(keys(3), (own(4), None, None));
}

#[test]
fn fakes_that_stand_are_run_in_real_time_only() {
    let with = |fakes: &str| crate::support::load(&format!("{CALM}fakes: {fakes}\n"));
    let plan = with("http://127.0.0.1:4101/").expect("an address");
    let standing = plan.standing_fakes.expect("they stand");
    assert_eq!(standing.admin_url, "http://127.0.0.1:4101");
    assert_eq!(standing.token_file, None);
    assert!(plan.refusals[0].contains("run with --clock wall"), "{:?}", plan.refusals);
    let guarded = with("{ url: 'https://fakes.example:4101', token_file: token }");
    let standing = guarded.expect("guarded").standing_fakes.expect("they stand");
    assert_eq!(standing.token_file.as_deref(), Some("token"));
    for (fakes, sentence) in [
        ("ftp://x", "is no http or https URL"),
        ("'http://x:99999'", "is no address of an admin API"),
        ("'http://user:secret@x'", "is no address of an admin API"),
        ("{ url: 'http://fakes.example', token_file: token }", "in the clear"),
        ("{ url: 'http://x', tokn_file: token }", "did you mean `token_file`"),
    ] {
        let shown = with(fakes).expect_err("a mistake").to_string();
        assert!(shown.contains(sentence), "{fakes}: {shown}");
    }
}

#[test]
fn a_served_config_points_every_credential_at_the_fakes() {
    let plan = plan();
    let text = Text::new("c.yaml", CONFIG);
    let at = (&plan.fakes, "http://127.0.0.1:4100");
    let served = served_config(&text, None, at, &|_| false).expect("it serves").config;
    let params = |at: usize| served["model_list"][at]["litellm_params"].clone();
    assert_eq!(
        params(0),
        serde_json::json!({
            "model": "gemini/gemini-2.5-flash",
            "api_base": "http://127.0.0.1:4100/v1beta",
            "api_key": "sk-brownout-1",
        })
    );
    assert_eq!(
        params(1),
        serde_json::json!({
            "model": "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "aws_region_name": "us-east-1",
            "aws_bedrock_runtime_endpoint": "http://127.0.0.1:4100",
            "aws_access_key_id": "sk-brownout-2",
            "aws_secret_access_key": "sk-brownout-2",
        })
    );
    assert_eq!(params(2)["aws_region_name"], "eu-west-1");
}

#[test]
fn what_cannot_be_played_is_refused_in_a_sentence() {
    for (params, sentence, help) in [
        (
            "model: gemini/gemini-2.5-pro, api_base: 'https://h:99999/v1beta'",
            "`api_base` has a port that is none",
            "a port from 1 to 65535",
        ),
        (
            "model: bedrock/anthropic.claude-x, aws_region_name: Virginia",
            "this is no region of AWS",
            "us-east-1",
        ),
    ] {
        let config =
            format!("model_list:\n  - model_name: chat\n    litellm_params: {{ {params} }}\n");
        let shown = load(&config).expect_err("a mistake").to_string();
        assert!(shown.contains(sentence) && shown.contains(help), "{shown}");
    }
}

#[test]
fn a_persona_stands_alone_with_its_providers_latency() {
    for protocol in [vocab::Protocol::Gemini, vocab::Protocol::Bedrock] {
        let fakes = plan::persona(protocol, "m", ("fakes", 80), vocab::Seed(1)).expect("a preset");
        assert_eq!(fakes.deployments[0].protocol, protocol);
    }
}
