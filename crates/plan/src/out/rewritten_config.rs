//! A copy of a LiteLLM config whose deployments point at fakes that stand somewhere, for gateways
//! that are not ours to dial through a directory.

use fake_providers::config::{DeploymentConfig, FakesConfig};
use gateway::litellm::{asks_as_written, is_resold};
use serde_json::{Map, Value, json};
use vocab::{DeploymentId, Protocol};

use crate::out::isolated_config::isolated_config;
use crate::out::plan::ContenderPlan;
use crate::text::diagnostic::{Report, Sources};
use crate::text::reading;
use crate::text::request::Text;

/// The key by which a gateway knows its clients.
const MASTER_KEY: &str = "master_key";

/// Rewrites address and credentials of every entry of `model_list` to the fake that stands for it,
/// and writes its id down. What decides how requests are routed stays; what holds a secret or reaches out is
/// left out, by [`isolated_config`], but for a master key that the environment has. With a contender, its
/// overlay lies over the config before. `base_url` is where the fakes stand, without a trailing slash. Also
/// returns the paths that were left out.
///
/// # Errors
/// The text's own mistakes.
pub fn served_config(
    text: &Text,
    contender: Option<&ContenderPlan>,
    fakes: &FakesConfig,
    base_url: &str,
) -> Result<(Value, Vec<String>), Report> {
    let mut sources = Sources::default();
    let read = reading::config(&mut sources, text);
    let mut config = match read {
        Ok(document) => document.tree,
        Err(problem) => return Err(Report::new(sources, vec![problem])),
    };
    let overlay = contender.and_then(|contender| contender.overlay.as_ref());
    overlay.into_iter().for_each(|overlay| config.merge(&overlay.0));
    // An overlay may choose from the config's deployments.
    let ids: Vec<DeploymentId> = match contender {
        Some(contender) => contender.gateway.deployments.iter().map(|own| own.id.clone()).collect(),
        None => fakes.deployments.iter().map(|fake| fake.id.clone()).collect(),
    };
    let whole = config.to_json();
    let (mut kept, mut left_out) = isolated_config(&whole);
    let key = &whole["general_settings"][MASTER_KEY];
    if is_reference(key) {
        kept["general_settings"][MASTER_KEY] = key.clone();
        left_out.retain(|path| *path != format!("general_settings.{MASTER_KEY}"));
    }
    let left_out = left_out.iter().map(|path| config.spoken(path)).collect();
    Ok((pointed_config(&kept, &ids, fakes, &|_| Some(base_url.to_owned())), left_out))
}

/// A config whose `model_list` stands for the deployments `ids`, in this order, rewritten like that;
/// `base_url` says where each fake stands. Entries without a fake are left out.
pub fn pointed_config(
    settings: &Value,
    ids: &[DeploymentId],
    fakes: &FakesConfig,
    base_url: &dyn Fn(&DeploymentConfig) -> Option<String>,
) -> Value {
    let mut config = settings.clone();
    if let Some(entries) = config.get_mut("model_list").and_then(Value::as_array_mut) {
        let both = std::mem::take(entries).into_iter().zip(ids);
        entries.extend(both.filter_map(|(mut entry, id)| {
            let fake = fakes.deployments.iter().find(|fake| fake.id == *id)?;
            point_entry(&mut entry, fake, &base_url(fake)?);
            Some(entry)
        }));
    }
    config
}

/// Points an entry of `model_list` at its fake, which stands at `base_url`, and gives it the fake's id.
pub fn point_entry(entry: &mut Value, fake: &DeploymentConfig, base_url: &str) {
    let Some(entry) = entry.as_object_mut() else { return };
    if let Some(params) = entry.get_mut("litellm_params").and_then(Value::as_object_mut) {
        point(params, fake, base_url);
    }
    let info = entry.entry("model_info").or_insert_with(|| json!({}));
    if let Some(info) = info.as_object_mut() {
        info.insert("id".to_owned(), json!(fake.id.as_str()));
    }
}

/// Points one entry's `litellm_params` at its fake.
fn point(params: &mut Map<String, Value>, fake: &DeploymentConfig, base_url: &str) {
    match fake.protocol {
        Protocol::OpenAi => speak_openai(params, fake),
        Protocol::Anthropic | Protocol::Gemini => speak_natively(params, fake),
        Protocol::Azure | Protocol::Bedrock | Protocol::Ollama => {}
    }
    params.retain(|key, _| !key.starts_with("vertex_"));
    let mut set = |key: &str, value: &str| params.insert(key.to_owned(), json!(value));
    match fake.protocol {
        Protocol::OpenAi => set("api_base", &format!("{base_url}/v1")),
        // LiteLLM appends `/models/MODEL:generateContent` to what it is given.
        Protocol::Gemini => set("api_base", &format!("{base_url}/v1beta")),
        Protocol::Azure | Protocol::Anthropic | Protocol::Ollama => set("api_base", base_url),
        Protocol::Bedrock => return point_bedrock(params, fake, base_url),
    };
    set("api_key", &fake.key);
}

/// Under some prefixes LiteLLM speaks another protocol, or changes the model's name; our fake speaks OpenAI's, and
/// knows the model as the config names it.
fn speak_openai(params: &mut Map<String, Value>, fake: &DeploymentConfig) {
    let of = |key: &str| params.get(key).and_then(Value::as_str);
    if !of("model").is_some_and(|model| asks_as_written(model, of("custom_llm_provider"))) {
        params.remove("custom_llm_provider");
        params.insert("model".to_owned(), json!(format!("openai/{}", fake.model)));
    }
}

/// A cloud's way to a model leads to that cloud, or wants a token of it; our fake also speaks as the model's house.
fn speak_natively(params: &mut Map<String, Value>, fake: &DeploymentConfig) {
    let of = |key: &str| params.get(key).and_then(Value::as_str);
    if of("model").is_some_and(|model| is_resold(model, of("custom_llm_provider"))) {
        params.remove("custom_llm_provider");
        params.insert("model".to_owned(), json!(format!("{}/{}", fake.protocol, fake.model)));
    }
}

/// Bedrock is signed for, with a pair of keys; the fake takes its dummy for both. Every other way to
/// credentials is taken out, so that nothing is asked of AWS.
fn point_bedrock(params: &mut Map<String, Value>, fake: &DeploymentConfig, base_url: &str) {
    const REGION: &str = "aws_region_name";
    let region = params.get(REGION).filter(|region| !is_reference(region)).cloned();
    params.retain(|key, _| {
        !(key.starts_with("aws_") || matches!(key.as_str(), "api_base" | "base_url" | "api_key"))
    });
    let own = fake.host.split('.').nth(1).filter(|_| fake.host.starts_with("bedrock-runtime."));
    let region = region.unwrap_or_else(|| json!(own.unwrap_or("us-east-1")));
    params.insert(REGION.to_owned(), region);
    params.insert("aws_bedrock_runtime_endpoint".to_owned(), json!(base_url));
    params.insert("aws_access_key_id".to_owned(), json!(fake.key));
    params.insert("aws_secret_access_key".to_owned(), json!(fake.key));
}

/// Whether a value stands for a variable of the environment.
fn is_reference(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("os.environ/"))
}
