//! Which entry of one `model_list` is which of another: by its id, by all that it says, by where it leads, by the model
//! that it asks for, by the group that it belongs to; each once, the surest first.

use serde_json::Value as Json;

use crate::text::node::Node;

/// Keys of `litellm_params` that say where an entry leads.
const ADDRESS: &[&str] = &[
    "model",
    "api_base",
    "base_url",
    "custom_llm_provider",
    "organization",
    "region_name",
    "aws_region_name",
    "vertex_project",
    "vertex_location",
];

/// Positions in both lists of what is the same entry, in the order of the first.
pub(super) fn pairs(first: &[Node], second: &[Node]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let rules: [fn(&Json) -> Option<String>; 6] = [id, all, address, asked, group, model];
    for rule in rules {
        let key = |entry: &Node| rule(&entry.to_json());
        let keys: Vec<_> = second.iter().map(key).collect();
        for (a, entry) in first.iter().enumerate() {
            if pairs.iter().any(|(known, _)| *known == a) {
                continue;
            }
            let Some(wanted) = key(entry) else { continue };
            let free = |b: &usize| pairs.iter().all(|(_, known)| known != b);
            let mut fitting = (0..second.len()).filter(|b| keys[*b].as_ref() == Some(&wanted));
            if let Some(b) = fitting.find(free) {
                pairs.push((a, b));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

fn id(entry: &Json) -> Option<String> {
    entry["model_info"]["id"].as_str().map(str::to_owned)
}

/// Everything but the id.
fn all(entry: &Json) -> Option<String> {
    let mut entry = entry.clone();
    if let Some(info) = entry.get_mut("model_info").and_then(Json::as_object_mut) {
        info.remove("id");
        if info.is_empty() {
            entry.as_object_mut()?.remove("model_info");
        }
    }
    Some(entry.to_string())
}

/// The group, and where it leads.
fn address(entry: &Json) -> Option<String> {
    let params = &entry["litellm_params"];
    let parts: Vec<&Json> = ADDRESS.iter().map(|key| &params[*key]).collect();
    Some(serde_json::json!([entry["model_name"], parts]).to_string())
}

/// The group, and the model that its provider is asked for.
fn asked(entry: &Json) -> Option<String> {
    let model = &entry["litellm_params"]["model"];
    Some(serde_json::json!([entry["model_name"], model]).to_string())
}

fn group(entry: &Json) -> Option<String> {
    entry["model_name"].as_str().map(str::to_owned)
}

/// Where it leads, whatever its group: a group that has another name now.
fn model(entry: &Json) -> Option<String> {
    let params = &entry["litellm_params"];
    let parts: Vec<&Json> = ADDRESS.iter().map(|key| &params[*key]).collect();
    Some(serde_json::json!(parts).to_string())
}
