//! A copy of a LiteLLM config whose deployments point at fakes that stand somewhere, for gateways
//! that are not ours to dial through a directory.

use fake_providers::config::FakesConfig;
use serde_json::{Value, json};
use vocab::Protocol;

use crate::diagnostic::{Report, Sources};
use crate::request::Text;
use crate::yaml;

/// Rewrites `api_base` and `api_key` of every entry of `model_list` to the fake that stands for it,
/// and writes its id down; everything else stays. `base_url` is where the fakes stand, without a
/// trailing slash.
///
/// # Errors
/// The text's own mistakes.
pub fn served_config(text: &Text, fakes: &FakesConfig, base_url: &str) -> Result<Value, Report> {
    let mut sources = Sources::default();
    let source = sources.add(&text.name, &text.text);
    let mut config = yaml::parse(source, &text.text)
        .map_err(|problem| Report::new(sources, vec![problem]))?
        .to_json();
    let entries = config.get_mut("model_list").and_then(Value::as_array_mut);
    for (entry, fake) in entries.into_iter().flatten().zip(&fakes.deployments) {
        let base = match fake.protocol {
            Protocol::OpenAi => format!("{base_url}/v1"),
            Protocol::Azure | Protocol::Anthropic | Protocol::Gemini | Protocol::Bedrock => {
                base_url.to_owned()
            }
        };
        let Some(entry) = entry.as_object_mut() else { continue };
        if let Some(params) = entry.get_mut("litellm_params").and_then(Value::as_object_mut) {
            params.insert("api_base".to_owned(), json!(base));
            params.insert("api_key".to_owned(), json!(fake.key));
        }
        let info = entry.entry("model_info").or_insert_with(|| json!({}));
        if let Some(info) = info.as_object_mut() {
            info.insert("id".to_owned(), json!(fake.id.as_str()));
        }
    }
    Ok(config)
}
