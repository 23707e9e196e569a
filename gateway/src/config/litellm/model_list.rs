//! `model_list`: one deployment per entry.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use vocab::{DeploymentId, Protocol};
use wire::azure::NamedBase;
use world::{Authority, TrustOptions};

use super::NoteKind;
use super::additions;
use super::address::{self, Address};
use super::any_provider;
use super::clouds::{self, Keyed};
use super::error_policy;
use super::health_checks;
use super::mock;
use super::modes;
use super::provider::{self, Found, Provider};
use super::reader::{self, Reader, Section};
use super::settings::Settings;
use super::tables;
use super::tags;
use super::tls;
use crate::config::bare_names::is_listed;
use crate::config::{Ability, Deployment, Familiarity, Listed, Secret};
use crate::routing::strategy::LimitsFrom;

/// Most deployments; a thousand times what anybody has, and still cheap to rank.
const DEPLOYMENTS_MAX: usize = 10_000;

/// Reads the list; `None` if not one deployment came of it.
pub(super) fn read(
    root: &Section<'_>,
    settings: &Settings,
    reader: &mut Reader<'_>,
) -> Option<Vec<Deployment>> {
    let list = match root.get("model_list") {
        None => &[],
        Some(_) => reader.list(root, "model_list")?,
    };
    if list.is_empty() || list.len() > DEPLOYMENTS_MAX {
        let message = match list.len() {
            0 => "the config has no deployments".to_owned(),
            n => format!("the config has {n} deployments; at most {DEPLOYMENTS_MAX} are accepted"),
        };
        let help = match kept_in_a_database(root) {
            true => {
                "store_model_in_db: its models are in LiteLLM's database, which is not read; write them into \
                 model_list"
            }
            false => "write at least one entry with model_name and litellm_params.model",
        };
        reader.error("model_list", &message, help);
        return None;
    }
    let trust = tls::settings(root, reader);
    let mut deployments = Vec::with_capacity(list.len());
    let mut ids = BTreeSet::new();
    for (position, item) in list.iter().enumerate() {
        let path = format!("model_list[{position}]");
        match Section::at(path.clone(), item) {
            Some(entry) => {
                if let Some(opened) = ModelEntry::open(&entry, settings, reader) {
                    deployments.extend(opened.deployments((&mut ids, &trust), reader));
                }
            }
            None => {
                let help = "write model_name and litellm_params below it";
                reader.error(&path, "an entry must be a mapping", help);
            }
        }
    }
    // An entry that was refused left an error behind.
    if deployments.is_empty() {
        reader.nobody_is_left();
    }
    (!deployments.is_empty()).then_some(deployments)
}

/// Whether the config says that models are kept elsewhere.
fn kept_in_a_database(root: &Section<'_>) -> bool {
    let stored = root.get("general_settings").and_then(|general| general.get("store_model_in_db"));
    stored == Some(&Value::Bool(true))
}

/// Longest id of a deployment, in bytes: it is a header's value and a column of every table.
const ID_BYTES_MAX: usize = 200;

/// The three mappings of an entry, and what they say about the provider.
struct ModelEntry<'a> {
    top: &'a Section<'a>,
    params: Section<'a>,
    info: Option<Section<'a>>,
    group: String,
    model: String,
    /// The model is the name of a variable that nobody looked up.
    unread: bool,
    /// Strategies other than simple-shuffle look for limits outside `litellm_params` too.
    limits_everywhere: bool,
}

impl<'a> ModelEntry<'a> {
    fn open(top: &'a Section<'a>, settings: &Settings, reader: &mut Reader<'_>) -> Option<Self> {
        reader.survey(top, &tables::ENTRY);
        let group = required(top, "model_name", reader);
        let Some(params) = reader.section(top, "litellm_params") else {
            if top.get("litellm_params").is_none() {
                let help = "add litellm_params with at least a model";
                reader.error(top.path(), "the entry has no litellm_params", help);
            }
            return None;
        };
        reader.survey(&params, &tables::LITELLM_PARAMS);
        let model = required(&params, "model", reader);
        let info = reader.section(top, "model_info");
        if let Some(info) = &info {
            reader.survey(info, &tables::MODEL_INFO);
        }
        let limits_everywhere = settings.strategy().limits == LimitsFrom::AnySection;
        let model = model?;
        let unread = reader::variable_of(&params, "model") == Some(&model);
        Some(Self { top, params, info, group: group?, model, unread, limits_everywhere })
    }

    /// What the entry stands for: one, but where its model is `*`.
    fn deployments(
        &self,
        (ids, trust): (&mut BTreeSet<String>, &TrustOptions),
        reader: &mut Reader<'_>,
    ) -> Vec<Deployment> {
        self.check_names(reader);
        let any = any_provider::providers(&self.params, &self.model, reader);
        if any.is_empty() {
            let custom = reader.text(&self.params, "custom_llm_provider");
            let found = self.found(custom.as_deref(), reader);
            return self.deployment(found, (ids, trust), reader).into_iter().collect();
        }
        let mut deployments = Vec::with_capacity(any.len());
        for found in any {
            let deployment = self.deployment(found, (ids, trust), reader);
            let of_any = Some(Arc::from(found.prefix));
            deployments.extend(deployment.map(|deployment| Deployment { of_any, ..deployment }));
        }
        deployments
    }

    fn deployment(
        &self,
        found: Found<'_>,
        (ids, trust): (&mut BTreeSet<String>, &TrustOptions),
        reader: &mut Reader<'_>,
    ) -> Option<Deployment> {
        let params = &self.params;
        let provider = found.provider;
        let (own_model, region) = clouds::place(params, &found, reader);
        let region_of = region.as_deref();
        let Address { authority, base_path } = address::read(params, (&found, region_of), reader)?;
        self.check_whose(&found, &authority, reader);
        let own_model = &*own_name(provider, own_model, &base_path);
        let id = self.id((&found, region_of), own_model, &authority, reader);
        let id = unique(&id, ids, self.top, reader);
        let info = self.info.as_ref();
        let mode = modes::of_entry(info, (found.prefix, own_model), reader);
        let health_check = health_checks::of_entry(info, (mode, own_model, &self.model), reader);
        let api_key = reader.text(params, "api_key").or_else(|| self.ambient_key(provider, reader));
        let api_key = api_key.filter(|key| !key.is_empty());
        let keyed = if api_key.is_some() { Keyed::Yes } else { Keyed::No };
        let credentials = clouds::credentials(params, (provider, region_of), keyed, reader);
        Some(Deployment {
            id: DeploymentId::from(id.as_str()),
            group: Arc::from(self.group.as_str()),
            protocol: provider.protocol,
            platform: clouds::platform(params, &found, reader),
            model_id: clouds::model_id(params, provider, reader),
            familiarity: match self.unread {
                true => Familiarity::Assumed,
                false => provider.familiarity,
            },
            vendor: Arc::from(found.vendor(&authority)),
            mode,
            model: Arc::from(own_model),
            model_as_written: Arc::from(self.model.as_str()),
            authority,
            base_path,
            api_version: self.api_version(provider, reader),
            api_key: api_key.map(|key| Secret::new(&key)),
            aws_keys: credentials.aws_keys,
            azure_ad_token: credentials.azure_ad_token,
            credential: credentials.source,
            trust: tls::of_entry(params, trust, reader),
            additions: additions::read(params, provider.protocol, reader),
            region: region.map(Arc::from),
            weight: reader.number(params, "weight"),
            rpm: self.limit("rpm", reader),
            tpm: self.limit("tpm", reader),
            order: self.order(reader),
            timeout: reader
                .truthy_seconds(params, "timeout")
                .or_else(|| reader.truthy_seconds(params, "request_timeout")),
            stream_timeout: reader.truthy_seconds(params, "stream_timeout"),
            num_retries: reader.small_count(params, "num_retries"),
            max_parallel_requests: reader.small_count(params, "max_parallel_requests"),
            cooldown_time: self.cooldown_time(reader),
            allowed_fails: self.of_info(|info| reader.small_count(info, "allowed_fails")),
            allowed_fails_policy: self.of_info(|info| {
                let names = error_policy::ALLOWED_FAILS;
                error_policy::read(info, "allowed_fails_policy", names, reader)
            }),
            input_cost_per_token: self.number("input_cost_per_token", reader),
            output_cost_per_token: self.number("output_cost_per_token", reader),
            listed_usd_per_token: None,
            base_model: self.base_model(reader),
            max_input_tokens: self.of_info(|info| reader.count(info, "max_input_tokens")),
            lacks: self.abilities(false),
            has: self.abilities(true),
            listed: Listed::default(),
            mock: mock::read(params, reader),
            health_check,
            tags: tags::read(params, self.info.as_ref(), reader),
            responses: found.responses(),
            of_any: None,
        })
    }

    /// Names travel in headers, paths and tables.
    fn check_names(&self, reader: &mut Reader<'_>) {
        let named = [(self.top, "model_name", &self.group), (&self.params, "model", &self.model)];
        for (section, key, _) in named.iter().filter(|(_, _, name)| name.contains(vocab::is_hidden))
        {
            let help = "it travels in headers, paths and tables; use letters, digits and `-`";
            let message = format!("a `{key}` is one line of printable text");
            reader.error(&section.path_of(key), &message, help);
        }
    }

    /// Says that neither its name nor its address tells LiteLLM whose a model is, so that it leaves the entry out.
    fn check_whose(&self, found: &Found<'_>, authority: &Authority, reader: &mut Reader<'_>) {
        let says = |keys: [&str; 2]| keys.iter().any(|key| self.params.get(key).is_some());
        let told =
            says(["custom_llm_provider", "mock_response"]) || self.model.contains(['/', '*']);
        let known_host = says(["api_base", "base_url"]) && provider::is_known_host(authority);
        if told || self.unread || known_host || is_listed(found.model) {
            return;
        }
        let text = format!(
            "the entry names no provider, and LiteLLM 1.106.2 knows no model of this name: it leaves the entry out. \
             Taken for a model of {}'s; write `{0}/` before it, or the provider that it is of",
            found.prefix
        );
        reader.note(self.params.path_of("model"), NoteKind::Unknown, text);
    }

    /// The provider. Of a model that is a variable's name nothing but an API version tells that it is Azure's.
    fn found<'m>(&'m self, custom: Option<&'m str>, reader: &mut Reader<'_>) -> Found<'m> {
        let azures = self.unread && self.params.get("api_version").is_some();
        let found = provider::of(&self.model, custom.or(azures.then_some("azure")));
        let custom_provider = custom.is_some() || self.unread || self.model.contains('*');
        if !custom_provider && found.is_nobodys(&reader.custom_providers) {
            let instead = match found.nearest() {
                Some(near) => format!("did you mean `{near}/`?"),
                None => {
                    "if it speaks OpenAI's protocol, write `openai/` before the model".to_owned()
                }
            };
            let text = format!(
                "nobody here knows a provider `{}`, and LiteLLM has no such deployment: it leaves the entry out; {instead}",
                found.prefix
            );
            reader.note(self.params.path_of("model"), NoteKind::Unknown, text);
        }
        if found.infix == Some(provider::BY_RESPONSES) {
            let text = "`responses/`: LiteLLM asks for the model by the Responses API; here a chat completion is \
                        asked for as one, which models refuse that know nothing else";
            reader.note(self.params.path_of("model"), NoteKind::Differs, text);
        }
        if found.prefix == "auto_router" {
            let text = "`auto_router/` chooses another group of the config by what is asked for, which is not done \
                        here: the entry is taken for a model of its own";
            reader.note(self.params.path_of("model"), NoteKind::Differs, text);
        }
        found
    }

    /// The key that LiteLLM finds by itself.
    fn ambient_key(&self, provider: &Provider, reader: &mut Reader<'_>) -> Option<String> {
        let path = self.params.path_of("api_key");
        let mut variables = provider.key_variables.split(' ').filter(|name| !name.is_empty());
        variables.find_map(|variable| reader.ambient(variable, &path))
    }

    fn api_version(&self, provider: &Provider, reader: &mut Reader<'_>) -> Option<Arc<str>> {
        let written = reader.text(&self.params, "api_version").map(Arc::from);
        if provider.protocol != Protocol::Azure {
            return written;
        }
        let variable = provider::AZURE_VERSION_VARIABLE;
        let from_variable = || match self.params.get("api_version") {
            None => reader.ambient(variable, &self.params.path_of("api_version")).map(Arc::from),
            Some(_) => None,
        };
        written.or_else(from_variable).or_else(|| Some(Arc::from(provider::AZURE_VERSION)))
    }

    /// `model_info.id`, else `azure/gpt-4o@westus-primary`; Bedrock's hosts differ in their region
    /// only, so that stands for them.
    fn id(
        &self,
        (found, region): (&Found<'_>, Option<&str>),
        own_model: &str,
        authority: &Authority,
        reader: &mut Reader<'_>,
    ) -> String {
        let info = self.info.as_ref();
        let written = info.and_then(|info| reader.text(info, "id"));
        if let (Some(id), Some(info)) = (&written, info)
            && (id.contains(vocab::is_hidden) || id.len() > ID_BYTES_MAX || id.is_empty())
        {
            reader.error(
                &info.path_of("id"),
                "a deployment's id is one line of printable text",
                "it travels in headers, tables and file names; use letters, digits and `-`",
            );
        }
        let place = match (found.provider.protocol, region) {
            (Protocol::Bedrock, Some(region)) => region.to_owned(),
            (
                Protocol::OpenAi
                | Protocol::Azure
                | Protocol::Anthropic
                | Protocol::Gemini
                | Protocol::Bedrock
                | Protocol::Ollama,
                _,
            ) => short(authority),
        };
        written.unwrap_or_else(|| format!("{}/{own_model}@{place}", found.prefix))
    }

    /// From `litellm_params`, or wherever else the strategy looks for limits.
    fn limit(&self, key: &str, reader: &mut Reader<'_>) -> Option<u64> {
        if self.params.get(key).is_some() {
            return reader.count(&self.params, key);
        }
        let elsewhere = [Some(self.top), self.info.as_ref()].into_iter().flatten();
        let section = elsewhere.into_iter().find(|section| section.get(key).is_some())?;
        let limit = reader.count(section, key);
        if self.limits_everywhere {
            return limit;
        }
        let text = "no effect: simple-shuffle reads it from litellm_params only";
        reader.note(section.path_of(key), NoteKind::Inert, text);
        None
    }

    /// What `model_info` says, if there is one.
    fn of_info<T>(&self, read: impl FnOnce(&Section<'a>) -> Option<T>) -> Option<T> {
        self.info.as_ref().and_then(read)
    }

    /// Of which abilities `model_info` says so; whatever else stands there says nothing.
    fn abilities(&self, said: bool) -> Vec<Ability> {
        let says = |ability: &Ability| self.info.as_ref()?.get(ability.key());
        let mut abilities = Ability::ALL.to_vec();
        abilities.retain(|ability| says(ability) == Some(&Value::Bool(said)));
        abilities
    }

    /// From `model_info` or `litellm_params`, in this order.
    fn cooldown_time(&self, reader: &mut Reader<'_>) -> Option<Duration> {
        let info = self.info.as_ref().filter(|info| info.get("cooldown_time").is_some());
        reader.seconds(info.unwrap_or(&self.params), "cooldown_time")
    }

    /// From `litellm_params` or `model_info`, in this order.
    fn number(&self, key: &str, reader: &mut Reader<'_>) -> Option<f64> {
        match self.params.get(key) {
            Some(_) => reader.number(&self.params, key),
            None => self.info.as_ref().and_then(|info| reader.number(info, key)),
        }
    }

    /// As LiteLLM's routing and spending look it up (`router_utils/deployment_pricing.py` of 1.106.2): that of
    /// `model_info`, else that of `litellm_params`; an empty one is none.
    fn base_model(&self, reader: &mut Reader<'_>) -> Option<Arc<str>> {
        let sections = self.info.iter().chain(std::iter::once(&self.params));
        let mut named = sections.filter_map(|section| reader.text(section, "base_model"));
        named.find(|name| !name.is_empty()).map(Arc::from)
    }

    fn order(&self, reader: &mut Reader<'_>) -> Option<i64> {
        let info = self.info.as_ref().filter(|_| self.params.get("order").is_none());
        let section = info.unwrap_or(&self.params);
        let value = section.get("order")?;
        let text = match value {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_i64(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        text.or_else(|| reader.wrong(section, "order", value, "a whole number"))
    }
}

/// The provider's own name of a model: where an address of Azure names a deployment, requests go to that, whatever
/// the model is called.
fn own_name<'m>(provider: &Provider, model: &'m str, base_path: &'m str) -> Cow<'m, str> {
    match (provider.protocol, wire::azure::base(base_path).1) {
        (Protocol::Azure, NamedBase::Deployment(name)) => {
            percent_decode_str(name).decode_utf8().unwrap_or(Cow::Borrowed(model))
        }
        (
            Protocol::OpenAi
            | Protocol::Azure
            | Protocol::Anthropic
            | Protocol::Gemini
            | Protocol::Bedrock
            | Protocol::Ollama,
            _,
        ) => Cow::Borrowed(model),
    }
}

/// A text that must be there and not be empty.
fn required(section: &Section<'_>, key: &str, reader: &mut Reader<'_>) -> Option<String> {
    if section.get(key).is_none() {
        let message = format!("`{key}` is missing");
        reader.error(section.path(), &message, &format!("add `{key}`"));
        return None;
    }
    let text = reader.text(section, key)?;
    if text.trim().is_empty() {
        reader.error(&section.path_of(key), &format!("`{key}` is empty"), "write a name");
        return None;
    }
    Some(text)
}

/// The first label of a host name; an IP address or a bare name whole, with an unusual port.
fn short(authority: &Authority) -> String {
    let host = &*authority.host;
    let numeric = host.contains(':') || host.split('.').all(|part| part.parse::<u8>().is_ok());
    let label = host.split('.').next().filter(|_| !numeric).unwrap_or(host);
    let usual = if authority.tls { 443 } else { 80 };
    if authority.port == usual { label.to_owned() } else { format!("{label}:{}", authority.port) }
}

/// `id`, or `id#2`, `id#3`, … where it is taken.
fn unique(
    id: &str,
    taken: &mut BTreeSet<String>,
    entry: &Section<'_>,
    reader: &mut Reader<'_>,
) -> String {
    let mut unique = id.to_owned();
    // Ends: every deployment takes one name.
    for number in 2.. {
        if taken.insert(unique.clone()) {
            break;
        }
        unique = format!("{id}#{number}");
    }
    if unique != id {
        let text = format!("another deployment is called `{id}` already; this one is `{unique}`");
        reader.note(entry.path().to_owned(), NoteKind::Advice, text);
    }
    unique
}
