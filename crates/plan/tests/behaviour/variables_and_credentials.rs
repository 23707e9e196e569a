//! What a config sets for its own variables, and credentials that it writes once, reach the deployments that mean them.

use gateway::config::{Config, Deployment, Secret};
use gateway::litellm::Dummies;
use plan::{Finding, Report, Secrets, Text};

/// An environment in which only `REAL` is set.
struct Environment;

impl Secrets for Environment {
    fn resolve(&self, name: &str, _: &str) -> Option<String> {
        (name == "REAL").then(|| "of-the-environment".to_owned())
    }
}

fn read(config: &str, secrets: &dyn Secrets) -> Result<(Config, Vec<Finding>), Report> {
    plan::gateway_config(&Text::new("mine.yaml", config), secrets, None)
}

/// The deployments, and what is remarked.
fn valid(config: &str, secrets: &dyn Secrets) -> (Vec<Deployment>, Vec<String>) {
    let (config, findings) =
        read(config, secrets).unwrap_or_else(|report| unreachable!("{report}"));
    (config.deployments, findings.iter().map(Finding::line).collect())
}

fn key(deployment: &Deployment) -> &str {
    deployment.api_key.as_ref().map_or("none", Secret::reveal)
}

fn list(params: &[&str]) -> String {
    let entry =
        |params: &&str| format!("  - {{ model_name: m, litellm_params: {{ {params} }} }}\n");
    format!("model_list:\n{}", params.iter().map(entry).collect::<String>())
}

#[test]
fn references_find_what_the_config_sets_and_before_it_what_the_environment_has() {
    let config = list(&[
        "model: openai/a, api_key: os.environ/OWN",
        "model: openai/b, api_key: os.environ/REAL",
        "model: openai/c, api_base: os.environ/BASE",
        "model: azure/d, api_base: 'https://d.test'",
    ]) + "environment_variables: { OWN: of-the-config, REAL: hidden, BASE: 'http://c.test:81/v1', \
          AZURE_API_KEY: os.environ/REAL, OPENAI_API_KEY: 7 }\n";
    let (deployments, told) = valid(&config, &Environment);
    let keys: Vec<&str> = deployments.iter().map(key).collect();
    // What LiteLLM looks up by itself is looked up there, too.
    assert_eq!(keys, ["of-the-config", "of-the-environment", "7", "of-the-environment"]);
    let base = &deployments[2].authority;
    assert_eq!((&*base.host, base.port), ("c.test", 81));
    let late = "model_list[0].litellm_params.api_key: LiteLLM looks this up before it sets";
    assert!(told.iter().any(|line| line.starts_with(late)), "{told:#?}");
    assert!(!told.iter().any(|line| line.contains("model_list[1]")), "{told:#?}");
    assert!(!told.iter().any(|line| line.contains("no effect yet")), "{told:#?}");
}

#[test]
fn a_run_takes_addresses_that_the_config_sets_and_looks_nothing_up() {
    let config = list(&["model: openai/a, api_base: os.environ/BASE", "model: openai/b"])
        + "environment_variables: { BASE: 'http://c.test:81/v1', OPENAI_API_BASE: os.environ/ELSEWHERE }\n";
    let (deployments, _) = valid(&config, &Dummies);
    let hosts: Vec<&str> = deployments.iter().map(|one| &*one.authority.host).collect();
    assert_eq!(hosts, ["c.test", "api.openai.com"]);
}

#[test]
fn a_variable_that_nothing_here_reads_is_named_without_effect() {
    let config = list(&["model: openai/a, api_key: os.environ/A"]);
    let told = |variables: &str| {
        valid(&format!("{config}environment_variables: {variables}\n"), &Environment).1
    };
    let unread = |lines: &[String]| {
        lines.iter().any(|line| line.starts_with("environment_variables: no effect yet"))
    };
    assert!(unread(&told("{ A: x, LANGFUSE_HOST: y }")));
    assert!(!unread(&told("{ A: x }")));
}

#[test]
fn a_credential_fills_in_what_a_deployment_leaves_out() {
    let config = list(&[
        "model: azure/a, litellm_credential_name: eu",
        "model: azure/b, litellm_credential_name: eu, api_key: own",
        "model: azure/c, litellm_credential_name: us, api_base: 'https://c.test'",
    ]) + "credential_list:\n\
          - { credential_name: eu, credential_info: {}, credential_values: { api_base: 'https://eu.test', api_key: os.environ/REAL, api_version: v1 } }\n\
          - { credential_name: eu, credential_info: {}, credential_values: { api_base: 'https://late.test' } }\n";
    let (deployments, told) = valid(&config, &Environment);
    let of = |n: usize| {
        (
            &*deployments[n].authority.host,
            key(&deployments[n]),
            deployments[n].api_version.as_deref(),
        )
    };
    assert_eq!(of(0), ("eu.test", "of-the-environment", Some("v1")));
    assert_eq!(of(1), ("eu.test", "own", Some("v1")));
    assert_eq!(of(2).0, "c.test");
    let stray = "mine.yaml:4:46: model_list[2].litellm_params.litellm_credential_name: no credential of that name";
    assert!(
        told.iter().any(|line| line.starts_with("mine.yaml:4:") && line.contains(&stray[15..])),
        "{told:#?}"
    );
}

#[test]
fn a_mistake_in_a_credential_is_told_where_it_stands() {
    let config = list(&["model: azure/a, litellm_credential_name: eu"]);
    for (credentials, line) in [
        (
            "- { credential_name: eu, credential_info: {}, credential_values: { api_base: 'ftp://x' } }",
            "mine.yaml:4:78: `api_base` is no address that can be called",
        ),
        ("- { credential_name: eu, credential_info: {} }", "mine.yaml:4:"),
        ("- eu", "mine.yaml:4:3: a credential must be a mapping"),
    ] {
        let config = format!("{config}credential_list:\n{credentials}\n");
        let told =
            read(&config, &Environment).err().map(|report| report.lines()).unwrap_or_default();
        assert!(told.iter().any(|told| told.starts_with(line)), "{credentials}: {told:?}");
    }
}
