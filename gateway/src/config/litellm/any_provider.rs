//! An entry whose model is `*`: LiteLLM asks whatever provider the name in a request says, with the key that it finds in
//! the environment. Here such an entry is one deployment per provider that has one.
//!
//! It must never know a request.

use super::NoteKind;
use super::provider::{self, BaseForm, Found, Provider};
use super::reader::{Reader, Section};
use crate::config::Platform;
use vocab::Protocol;

/// The model of such an entry.
const ANY: &str = "*";

/// The providers that an entry stands for, in the table's order; empty for every other entry, and where there is
/// nothing to tell them apart by.
pub(super) fn providers(
    params: &Section<'_>,
    model: &str,
    reader: &mut Reader<'_>,
) -> Vec<Found<'static>> {
    let own = ["custom_llm_provider", "api_base", "base_url", "api_key"];
    if model != ANY || own[..3].iter().any(|key| params.get(key).is_some()) {
        return Vec::new();
    }
    let path = params.path_of("model");
    if params.get(own[3]).is_some() {
        let text = "`*` with a key of its own: OpenAI is asked with it, whatever provider the name in a request \
                    says; LiteLLM would show the key to that provider";
        reader.note(path, NoteKind::Advice, text);
        return Vec::new();
    }
    if !reader.looks_up() {
        let text = "`*` goes by the provider that the name in a request begins with, to those whose key the \
                    environment of `brownout gateway` has; where no environment is read, one that speaks OpenAI's \
                    protocol stands for all of them";
        reader.note(path, NoteKind::Advice, text);
        return Vec::new();
    }
    let mut found: Vec<Found<'static>> = provider::all().map(named).collect();
    found.retain(|found| can_be_asked(found.provider, params, reader));
    let names: Vec<&str> = found.iter().map(|found| found.prefix).collect();
    let text = match &*names {
        [] => "`*` goes by the provider that the name in a request begins with, to those whose key the environment \
               has: it has none, and OpenAI is asked without one"
            .to_owned(),
        names => format!(
            "`*` goes by the provider that the name in a request begins with, to those whose key or address the \
             environment has: {}; Bedrock and Vertex AI need an entry of their own",
            names.join(", ")
        ),
    };
    reader.note(path, NoteKind::Advice, text);
    found
}

fn named(provider: &'static Provider) -> Found<'static> {
    Found { provider, prefix: provider.name, model: ANY, infix: None }
}

/// Whether a provider's address and key are known without a word of the config's: its key by a variable, or, for one
/// that needs none, its address.
fn can_be_asked(provider: &Provider, params: &Section<'_>, reader: &mut Reader<'_>) -> bool {
    if provider.platform != Platform::Own || provider.protocol == Protocol::Bedrock {
        return false;
    }
    let mut set = |variables: &str, key: &str| {
        let path = params.path_of(key);
        variables.split_whitespace().any(|name| reader.ambient(name, &path).is_some())
    };
    let addressed = set(provider.base_variables, "api_base");
    let lives = provider.api_base.is_some() && provider.base_form != BaseForm::OfAccount;
    addressed || lives && set(provider.key_variables, "api_key")
}
