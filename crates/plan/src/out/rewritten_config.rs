//! A copy of a LiteLLM config whose deployments point at fakes that stand somewhere, for gateways
//! that are not ours to dial through a directory.

use fake_providers::config::{DeploymentConfig, FakesConfig};
use gateway::litellm::{Dummies, Secrets, asks_as_written, is_resold, with_own_name};
use serde_json::{Map, Value, json};
use vocab::{DeploymentId, Protocol};

use crate::out::isolated_config::isolated_config;
use crate::out::plan::ContenderPlan;
use crate::resolve::config::MASTER_KEY as DUMMY_MASTER_KEY;
use crate::text::diagnostic::{Report, Sources};
use crate::text::litellm_words::REFERENCE;
use crate::text::reading;
use crate::text::request::Text;

/// The key by which a gateway knows its clients.
const MASTER_KEY: &str = "master_key";

/// What [`served_config`] wrote.
#[derive(Clone, Debug)]
pub struct Served {
    /// The config.
    pub config: Value,
    /// Paths of what was left out.
    pub left_out: Vec<String>,
    /// The key that its clients show, where it is a dummy that stands for the config's own.
    pub master_key: Option<&'static str>,
}

/// Rewrites address and credentials of every entry of `model_list` to the fake that stands for it,
/// and writes its id down. What decides how requests are routed stays; what holds a secret or reaches out is
/// left out, by [`isolated_config`]. A master key becomes a dummy, unless it is a variable that the environment
/// `has`. With a contender, its overlay lies over the config before. `base_url` is where the fakes stand, without a
/// trailing slash.
///
/// # Errors
/// The text's own mistakes.
pub fn served_config(
    text: &Text,
    contender: Option<&ContenderPlan>,
    (fakes, base_url): (&FakesConfig, &str),
    has: &dyn Fn(&str) -> bool,
) -> Result<Served, Report> {
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
    let (kept, mut left_out) = isolated_config(&whole);
    let mut served = pointed_config(&kept, &ids, fakes, &|_| Some(base_url.to_owned()));
    let key = &whole["general_settings"][MASTER_KEY];
    let known = referred(key).is_some_and(has);
    let dummy = (!known && !key.is_null()).then_some(DUMMY_MASTER_KEY);
    if !key.is_null() {
        served["general_settings"][MASTER_KEY] = dummy.map_or_else(|| key.clone(), Value::from);
    }
    if referred(key).is_some() {
        left_out.retain(|path| *path != format!("general_settings.{MASTER_KEY}"));
    }
    let left_out = left_out.iter().map(|path| config.spoken(path)).collect();
    Ok(Served { config: served, left_out, master_key: dummy })
}

/// A config whose `model_list` stands for the deployments `ids`, in this order, rewritten like that;
/// `base_url` says where each fake stands. Entries without a fake are left out, and every other variable of the
/// environment is what it is in a run.
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
    stand_in(&mut config, "");
    config
}

/// Puts what a run takes for variables of the environment in their place.
fn stand_in(value: &mut Value, path: &str) {
    match value {
        Value::String(_) => {
            if let Some(dummy) = referred(value).and_then(|name| Dummies.resolve(name, path)) {
                *value = Value::from(dummy);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| stand_in(value, path)),
        Value::Object(members) => {
            members.iter_mut().for_each(|(key, value)| stand_in(value, key));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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

/// Points one entry's `litellm_params` at its fake: below its own path, which tells it from others with the same
/// words.
fn point(params: &mut Map<String, Value>, fake: &DeploymentConfig, base_url: &str) {
    let base_url = &format!("{base_url}{}", fake.root);
    if params.get("model").is_none_or(|model| referred(model).is_some()) {
        // Nothing but the fake tells what it is.
        params.remove("custom_llm_provider");
        params.insert("model".to_owned(), json!(format!("{}/{}", fake.protocol, fake.model)));
    }
    match fake.protocol {
        Protocol::OpenAi => speak_openai(params, fake),
        Protocol::Anthropic | Protocol::Gemini => speak_natively(params, fake),
        Protocol::Azure => name_deployment(params, fake),
        Protocol::Bedrock | Protocol::Ollama => {}
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

/// An address may name a deployment of Azure's, whatever the model is called; the fake is asked for it by name.
fn name_deployment(params: &mut Map<String, Value>, fake: &DeploymentConfig) {
    let of = |key: &str| params.get(key).and_then(Value::as_str);
    let named =
        of("model").map(|model| with_own_name(model, of("custom_llm_provider"), &fake.model));
    if let Some(named) = named {
        params.insert("model".to_owned(), json!(named));
    }
}

/// Bedrock is signed for, with a pair of keys; the fake takes its dummy for both. Every other way to
/// credentials is taken out, so that nothing is asked of AWS.
fn point_bedrock(params: &mut Map<String, Value>, fake: &DeploymentConfig, base_url: &str) {
    const REGION: &str = "aws_region_name";
    let region = params.get(REGION).filter(|region| referred(region).is_none()).cloned();
    params.retain(|key, _| {
        !(key.starts_with("aws_")
            || matches!(key.as_str(), "api_base" | "base_url" | "api_key" | "model_id"))
    });
    let own = fake.host.split('.').nth(1).filter(|_| fake.host.starts_with("bedrock-runtime."));
    let region = region.unwrap_or_else(|| json!(own.unwrap_or("us-east-1")));
    params.insert(REGION.to_owned(), region);
    params.insert("aws_bedrock_runtime_endpoint".to_owned(), json!(base_url));
    params.insert("aws_access_key_id".to_owned(), json!(fake.key));
    params.insert("aws_secret_access_key".to_owned(), json!(fake.key));
}

/// The variable of the environment that a value stands for.
fn referred(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(REFERENCE)
}
