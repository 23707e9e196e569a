//! `credential_list`: credentials that are written once, and named by deployments with `litellm_credential_name`.
//! As LiteLLM has it (1.106, `utils.py`: `load_credentials_from_list`), each of their values is a parameter
//! of the deployment, unless the deployment has it itself; of two with one name the first counts.
//!
//! No message shows a value of one.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::reader::{Reader, Section, nearest};
use super::{Note, NoteKind};

/// By which a deployment names one.
const NAME: &str = "litellm_credential_name";

/// One credential.
struct Credential<'c> {
    name: String,
    /// Where its values stand.
    path: String,
    values: &'c Map<String, Value>,
}

/// The config with the values of credentials among the parameters of the deployments that name them.
pub(super) fn applied<'c>(
    config: &'c Value,
    root: &Section<'c>,
    reader: &mut Reader<'_>,
) -> Cow<'c, Value> {
    let credentials = read(root, reader);
    let entries = config.get("model_list").and_then(Value::as_array);
    let naming = |(index, entry): (usize, &Value)| {
        let path = format!("model_list[{index}].litellm_params");
        let params = Section::at(path, entry.get("litellm_params")?)?;
        let name = reader.text(&params, NAME).filter(|name| !name.is_empty())?;
        Some((index, params.path().to_owned(), name))
    };
    let named: Vec<_> = entries.into_iter().flatten().enumerate().filter_map(naming).collect();
    if named.is_empty() {
        return Cow::Borrowed(config);
    }
    let mut config = config.clone();
    for (index, path, name) in named {
        let Some(credential) = credentials.iter().find(|one| one.name == name) else {
            let known = credentials.iter().map(|one| one.name.as_str());
            reader.notes.push(unknown(format!("{path}.{NAME}"), name, known));
            continue;
        };
        let params = config["model_list"][index]["litellm_params"].as_object_mut();
        let Some(params) = params else { continue };
        for (key, value) in credential.values {
            if params.get(key).is_none_or(Value::is_null) {
                params.insert(key.clone(), value.clone());
                reader.taken_from(format!("{path}.{key}"), format!("{}.{key}", credential.path));
            }
        }
    }
    Cow::Owned(config)
}

fn read<'c>(root: &Section<'c>, reader: &mut Reader<'_>) -> Vec<Credential<'c>> {
    let list = match root.get("credential_list") {
        None => return Vec::new(),
        Some(_) => reader.list(root, "credential_list").unwrap_or_default(),
    };
    let mut credentials = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let path = format!("credential_list[{index}]");
        let Some(entry) = Section::at(path.clone(), item) else {
            let help = "write credential_name and credential_values below it";
            reader.error(&path, "a credential must be a mapping", help);
            continue;
        };
        let name = reader.text(&entry, "credential_name");
        let values = reader.section(&entry, "credential_values");
        if entry.get("credential_info").is_none() {
            let text = "LiteLLM refuses a credential without credential_info, which may be empty";
            reader.note(entry.path().to_owned(), NoteKind::Advice, text);
        }
        match (name, values) {
            (Some(name), Some(values)) => {
                let path = values.path().to_owned();
                credentials.push(Credential { name, path, values: values.object() });
            }
            _ => {
                let missing = ["credential_name", "credential_values"];
                for key in missing.into_iter().filter(|key| entry.get(key).is_none()) {
                    let message = format!("`{key}` is missing");
                    reader.error(entry.path(), &message, &format!("add `{key}`"));
                }
            }
        }
    }
    credentials
}

/// LiteLLM warns of a name that nobody has, and calls without the credential.
fn unknown<'n>(path: String, name: String, known: impl Iterator<Item = &'n str>) -> Note {
    let text = match nearest(&name, known) {
        Some(near) => format!("no credential of that name; did you mean `{near}`?"),
        None => "no credential of that name; the deployment is called without it".to_owned(),
    };
    Note { path, kind: NoteKind::Stray, text, word: Some(name) }
}
