//! TLS towards providers: `ssl_verify` and `ssl_certificate`, as LiteLLM 1.106.2 reads them (`custom_httpx/http_handler.py`): a
//! deployment's word first, then the environment's, then that of `litellm_settings`.

use std::sync::Arc;

use serde_json::Value;
use world::{Believed, TrustOptions};

use super::NoteKind;
use super::reader::{Reader, Section};

const VERIFY: &str = "ssl_verify";
const CERTIFICATE: &str = "ssl_certificate";

/// What holds for every deployment that says nothing itself.
pub(super) fn settings(root: &Section<'_>, reader: &mut Reader<'_>) -> TrustOptions {
    let section = "litellm_settings";
    let own = root.get(section).and_then(|value| Section::at(section.to_owned(), value));
    let path = |key: &str| format!("{section}.{key}");
    let ambient = ambient("SSL_VERIFY", &path(VERIFY), reader);
    let believed = match (ambient, &own) {
        (Some(text), _) => believed_of(&text, &path(VERIFY), reader),
        (None, Some(own)) => verify(own, reader),
        (None, None) => None,
    };
    let certificate = self::ambient("SSL_CERTIFICATE", &path(CERTIFICATE), reader);
    let certificate = certificate.or_else(|| reader.text(own.as_ref()?, CERTIFICATE));
    let own = certificate.and_then(|file| read(&file, &path(CERTIFICATE), reader));
    TrustOptions { believed: believed.unwrap_or_default(), further: None, own }
}

/// What holds for a deployment.
pub(super) fn of_entry(
    params: &Section<'_>,
    settings: &TrustOptions,
    reader: &mut Reader<'_>,
) -> TrustOptions {
    match verify(params, reader) {
        Some(believed) => TrustOptions { believed, ..settings.clone() },
        None => settings.clone(),
    }
}

fn ambient(variable: &str, path: &str, reader: &mut Reader<'_>) -> Option<String> {
    if reader.looks_up() { reader.ambient(variable, path) } else { None }
}

/// What a section says, if it says something.
fn verify(section: &Section<'_>, reader: &mut Reader<'_>) -> Option<Believed> {
    let path = section.path_of(VERIFY);
    match section.get(VERIFY)? {
        Value::Bool(true) => Some(Believed::Usual),
        Value::Bool(false) => Some(anybody(path, reader)),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            let text = reader.text(section, VERIFY)?;
            believed_of(&text, &path, reader)
        }
    }
}

/// `true`, `false`, or the path of a bundle of authorities.
fn believed_of(text: &str, path: &str, reader: &mut Reader<'_>) -> Option<Believed> {
    match text.trim() {
        yes if yes.eq_ignore_ascii_case("true") => Some(Believed::Usual),
        no if no.eq_ignore_ascii_case("false") => Some(anybody(path.to_owned(), reader)),
        "" => None,
        file => read(file, path, reader).map(Believed::Only),
    }
}

fn anybody(path: String, reader: &mut Reader<'_>) -> Believed {
    let text = "no provider's certificate is checked: whoever is on the way can read keys and prompts, and answer; \
                name the file of a CA bundle instead";
    reader.note(path, NoteKind::Unsafe, text);
    Believed::Anybody
}

/// The text of a PEM file; nothing where no files are read.
fn read(file: &str, path: &str, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    match reader.file(file)? {
        Ok(pem) => Some(Arc::from(pem)),
        Err(why) => {
            let message = format!("the file that it names cannot be read: {why}");
            reader.error(path, &message, "write the path of a PEM file");
            None
        }
    }
}
