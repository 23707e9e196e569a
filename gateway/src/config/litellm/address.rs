//! Where an entry of `model_list` is called: `api_base` and its synonyms, the environment's variables for it, the
//! table's default, and a stand-in where nothing is contacted. What an address says that is not an address
//! (user info, a query, a fragment, a port that is none) is a mistake: a part that is dropped in silence
//! would send a request, and its key, somewhere else.
//!
//! No message repeats any part of an address.

use std::sync::Arc;

use vocab::Protocol;
use world::Authority;

use super::clouds;
use super::provider::{self, BaseForm, Found, Provider};
use super::reader::{Reader, Section};
use super::{ConfigError, NoteKind};
use crate::config::Platform;

/// Where to dial, and the path before the provider's own.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) authority: Authority,
    /// Without a trailing slash; may be empty.
    pub(super) base_path: Arc<str>,
}

/// Reads the address of an entry; `None` if it has none that can be called, which the reader then knows.
pub(super) fn read(
    params: &Section<'_>,
    (found, region): (&Found<'_>, Option<&str>),
    reader: &mut Reader<'_>,
) -> Option<Address> {
    let keys: &[&str] = match found.provider.protocol {
        Protocol::Bedrock => &["api_base", "aws_bedrock_runtime_endpoint", "base_url"],
        Protocol::OpenAi
        | Protocol::Azure
        | Protocol::Anthropic
        | Protocol::Gemini
        | Protocol::Ollama => &["api_base", "base_url"],
    };
    if let Some(key) = keys.iter().find(|key| params.get(key).is_some()) {
        let url = reader.text(params, key)?;
        let place = params.path_of(key);
        let address = parsed(&url, (key, &place), reader)?;
        let address = formed(address, found.provider, &place, reader);
        return Some(on_platform(address, (params, found.provider), reader));
    }
    let path = params.path_of("api_base");
    let variables = found.provider.base_variables.split(' ').filter(|name| !name.is_empty());
    for variable in variables {
        if let Some(url) = reader.ambient(variable, &path) {
            let address = parsed(&url, (variable, &path), reader)?;
            let address = formed(address, found.provider, &path, reader);
            return Some(on_platform(address, (params, found.provider), reader));
        }
    }
    let url = match (found.provider.protocol, found.provider.api_base, region) {
        _ if found.provider.platform == Platform::Vertex => {
            Some(provider::vertex_host(&vertex_location(params, reader)))
        }
        (Protocol::Bedrock, _, Some(region)) => Some(provider::bedrock_base(region)),
        (_, Some(base), _) => of_account(base, (params, found.provider), reader),
        (_, None, _) => reader.stand_in(found.prefix),
    };
    let Some(url) = url else {
        match found.provider.name {
            "" => left_out(params, found, reader),
            _ => needed(params, found, reader),
        }
        return None;
    };
    let address = parsed(&url, ("api_base", &path), reader)?;
    Some(on_platform(address, (params, found.provider), reader))
}

/// End of the hosts of Azure AI Foundry that serve models below `/models`.
const FOUNDRY_HOSTS: &str = ".services.ai.azure.com";

/// The path that a cloud puts before the provider's own, unless the address names it itself.
fn on_platform(
    address: Address,
    (params, provider): (&Section<'_>, &Provider),
    reader: &mut Reader<'_>,
) -> Address {
    let Address { authority, base_path } = address;
    let base_path = match (provider.platform, provider.protocol) {
        (Platform::Vertex, protocol) if !base_path.contains("/projects/") => {
            let location = vertex_location(params, reader);
            let project = vertex_project(params, reader);
            let path = provider::vertex_path(protocol, (&project, &location));
            Arc::from(format!("{base_path}{path}"))
        }
        (Platform::Foundry, Protocol::OpenAi)
            if authority.host.ends_with(FOUNDRY_HOSTS) && base_path.is_empty() =>
        {
            Arc::from("/models")
        }
        (Platform::Foundry, Protocol::Anthropic) if base_path.is_empty() => Arc::from("/anthropic"),
        (Platform::Own | Platform::Foundry | Platform::Vertex | Platform::Invoke, _) => base_path,
    };
    Address { authority, base_path }
}

/// What an entry says under either of two keys, else what a variable says.
fn said(
    params: &Section<'_>,
    (keys, variables): ([&str; 2], &[&str]),
    reader: &mut Reader<'_>,
) -> Option<String> {
    if let Some(key) = keys.iter().find(|key| params.get(key).is_some()) {
        return reader.text(params, key).filter(|text| !text.is_empty());
    }
    let path = params.path_of(keys[0]);
    variables.iter().find_map(|variable| reader.ambient(variable, &path))
}

fn vertex_location(params: &Section<'_>, reader: &mut Reader<'_>) -> String {
    let keys = ["vertex_location", "vertex_ai_location"];
    let location = said(params, (keys, &["VERTEXAI_LOCATION", "VERTEX_LOCATION"]), reader);
    location.unwrap_or_else(|| provider::VERTEX_LOCATION.to_owned())
}

fn vertex_project(params: &Section<'_>, reader: &mut Reader<'_>) -> String {
    let keys = ["vertex_project", "vertex_ai_project"];
    let project = said(params, (keys, &["VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT"]), reader);
    let project = project.or_else(|| clouds::google_project(params, reader));
    project.unwrap_or_else(|| {
        let help = "add vertex_project, set VERTEXAI_PROJECT, or give credentials that name one";
        reader.error(params.path(), "`vertex_ai/` needs a project", help);
        String::new()
    })
}

/// Says that an entry is left out: nobody here knows its provider, or where that is.
fn left_out(params: &Section<'_>, found: &Found<'_>, reader: &mut Reader<'_>) {
    let text = format!(
        "nobody here knows where a provider `{}` is, and the entry has no api_base: it is left out, and calls of a model \
         that has no other entry fail; add the api_base of an endpoint that speaks OpenAI's protocol",
        found.prefix
    );
    reader.note(params.path_of("model"), NoteKind::Differs, text);
    let instead = found.nearest().map(|near| format!("did you mean `{near}/`? Or add"));
    reader.left_out(ConfigError {
        path: params.path().to_owned(),
        message: format!(
            "nobody here knows a provider `{}`, and the entry has no api_base",
            found.prefix
        ),
        help: format!(
            "{} the api_base of an endpoint that speaks OpenAI's protocol",
            instead.as_deref().unwrap_or("add")
        ),
    });
}

/// Says that an address is missing, and which.
fn needed(params: &Section<'_>, found: &Found<'_>, reader: &mut Reader<'_>) {
    let Found { provider, prefix, .. } = found;
    let help = match (provider.protocol, provider.base_form) {
        (Protocol::Azure, _) => "add api_base, such as https://my-resource.openai.azure.com",
        (_, BaseForm::OfAccount) => "add account_id, or an api_base",
        (
            Protocol::OpenAi
            | Protocol::Anthropic
            | Protocol::Gemini
            | Protocol::Bedrock
            | Protocol::Ollama,
            BaseForm::AsGiven | BaseForm::Versioned,
        ) => "add api_base, such as http://localhost:8000/v1",
    };
    reader.error(params.path(), &format!("`{prefix}/` needs an api_base"), help);
}

/// An address of the table with the account's id in its place.
fn of_account(
    base: &str,
    (params, provider): (&Section<'_>, &Provider),
    reader: &mut Reader<'_>,
) -> Option<String> {
    if provider.base_form != BaseForm::OfAccount {
        return Some(base.to_owned());
    }
    let variable = format!("{}_ACCOUNT_ID", provider.name.to_ascii_uppercase());
    let account = match params.get("account_id") {
        Some(_) => reader.text(params, "account_id")?,
        None => reader.ambient(&variable, &params.path_of("account_id"))?,
    };
    Some(base.replace("{account_id}", &wire::percent::segment(&account)))
}

/// Reads a URL; what is wrong with it is told at `place`, under the name of what holds it.
fn parsed(url: &str, (holder, place): (&str, &str), reader: &mut Reader<'_>) -> Option<Address> {
    match parse(url.trim()) {
        Ok(address) => Some(address),
        Err(wrong) => {
            reader.error(place, &format!("`{holder}` {}", wrong.message()), wrong.help());
            None
        }
    }
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    NotAUrl,
    UserInfo,
    Port,
    Query,
    Fragment,
}

impl Wrong {
    const fn message(self) -> &'static str {
        match self {
            Self::NotAUrl => "is no address that can be called",
            Self::UserInfo => "holds a user or a password, which no provider is sent",
            Self::Port => "has a port that is none",
            Self::Query => "has a query, which no request would carry",
            Self::Fragment => "has a fragment, which no request would carry",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::NotAUrl => "write an absolute URL, such as https://api.openai.com/v1",
            Self::UserInfo => "write the credential into api_key, and the address without `…@`",
            Self::Port => "write a port from 1 to 65535, or none",
            Self::Query => {
                "end the address before the `?`; an api-version belongs into api_version, a key into \
                 api_key"
            }
            Self::Fragment => "end the address before the `#`",
        }
    }
}

fn parse(url: &str) -> Result<Address, Wrong> {
    // Parsers leave a fragment out in silence.
    if url.contains('#') {
        return Err(Wrong::Fragment);
    }
    let Ok(uri) = url.parse::<http::Uri>() else {
        let authority = url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split(['/', '?']).next().unwrap_or_default();
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let odd_port =
            !authority.ends_with(']') && !port.is_empty() && port.parse::<u16>().is_err();
        return Err(match (authority.contains('@'), odd_port) {
            (true, _) => Wrong::UserInfo,
            (false, true) => Wrong::Port,
            (false, false) => Wrong::NotAUrl,
        });
    };
    let written = uri.authority().map_or("", |authority| authority.as_str());
    if written.contains('@') {
        return Err(Wrong::UserInfo);
    }
    let behind_host = written.rsplit_once(']').map_or(written, |(_, rest)| rest);
    if let Some((_, port)) = behind_host.rsplit_once(':')
        && !port.parse::<u16>().is_ok_and(|port| port > 0)
    {
        return Err(Wrong::Port);
    }
    if uri.query().is_some() {
        return Err(Wrong::Query);
    }
    let authority = Authority::from_uri(&uri).ok_or(Wrong::NotAUrl)?;
    Ok(Address { authority, base_path: Arc::from(uri.path().trim_end_matches('/')) })
}

/// What LiteLLM makes of an address that it is given.
fn formed(address: Address, provider: &Provider, place: &str, reader: &mut Reader<'_>) -> Address {
    const OPERATION: &str = "/chat/completions";
    if provider.protocol != Protocol::OpenAi {
        return address;
    }
    let mut path = &*address.base_path;
    if let Some(before) = path.strip_suffix(OPERATION) {
        let text = format!(
            "ends in `{OPERATION}`, which is left out here; LiteLLM appends it once more for most \
             providers"
        );
        reader.note(place.to_owned(), NoteKind::Advice, text);
        path = before;
    }
    let base_path = match provider.base_form {
        BaseForm::Versioned if !path.ends_with("/v1") => Arc::from(format!("{path}/v1")),
        BaseForm::Versioned | BaseForm::AsGiven | BaseForm::OfAccount => Arc::from(path),
    };
    Address { base_path, ..address }
}

#[cfg(test)]
mod tests {
    use super::{Wrong, parse};

    #[test]
    fn an_address_is_a_url_without_user_query_or_fragment() {
        for (url, path) in [
            ("https://api.groq.com/openai/v1/", "/openai/v1"),
            ("http://10.0.0.1:8000", ""),
            ("http://[fd00::12]:8000/v1", "/v1"),
            ("http://[::1]/v1", "/v1"),
            ("HTTP://HOST/v1", "/v1"),
        ] {
            assert_eq!(&*parse(url).expect(url).base_path, path, "{url}");
        }
        for (url, wrong) in [
            ("http://h:99999/v1", Wrong::Port),
            ("http://h:0", Wrong::Port),
            ("http://h:/v1", Wrong::Port),
            ("http://h:eighty", Wrong::Port),
            ("http://[::1]:99999/v1", Wrong::Port),
            ("https://user:secret@h/v1", Wrong::UserInfo),
            ("https://secret@h", Wrong::UserInfo),
            ("https://user:99999@h", Wrong::UserInfo),
            ("https://h/v1?key=secret", Wrong::Query),
            ("https://h?", Wrong::Query),
            ("https://h/v1#secret", Wrong::Fragment),
            ("localhost:11434", Wrong::NotAUrl),
            ("ftp://h/v1", Wrong::NotAUrl),
            ("https://", Wrong::NotAUrl),
            ("<your-endpoint>", Wrong::NotAUrl),
            ("", Wrong::NotAUrl),
        ] {
            assert_eq!(parse(url).err(), Some(wrong), "{url}");
        }
    }
}
