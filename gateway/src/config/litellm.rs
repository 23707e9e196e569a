//! Reads a LiteLLM proxy config, as users have it, into a [`Config`].
//!
//! Takes JSON (the caller reads the YAML) and a [`Secrets`] (the caller knows whether the environment
//! may be looked at). No key is dropped in silence: what the gateway acts on ends up in the config,
//! and everything else ends up in a [`Note`] that says why it has no effect. Paths such as
//! `model_list[2].litellm_params.model` let the caller point into the file. Values of keys that hold
//! credentials never appear in notes or errors.

mod additions;
mod address;
mod any_provider;
mod clouds;
mod credentials;
mod error_policy;
mod fallbacks;
mod further_keys;
mod guardrails;
mod health_checks;
mod keys;
mod mock;
mod model_list;
mod modes;
mod own;
mod provider;
mod reader;
mod settings;
mod strategy_name;
mod tables;
mod tags;
mod tls;
mod unknown_keys;
mod variables;

use serde_json::Value;

pub use additions::is_parameter_of_chats;
pub use provider::{asks_as_written, is_resold, with_own_name};

use crate::config::Config;
use reader::{Reader, Section};

/// Reads a whole `config.yaml`.
///
/// # Errors
/// Everything that is wrong, section by section; a config without deployments is.
pub fn read(config: &Value, secrets: &dyn Secrets) -> Result<Loaded, Vec<ConfigError>> {
    let mut reader = Reader::new(secrets);
    let config = read_sections(config, &mut reader);
    match config {
        Some(config) if reader.errors.is_empty() => Ok(Loaded { config, notes: reader.notes }),
        Some(_) | None => Err(reader.errors),
    }
}

/// A config that can be used, and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The config.
    pub config: Config,
    /// What has no effect, and what may surprise; section by section.
    pub notes: Vec<Note>,
}

/// Something to know about a key that is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where: `router_settings.retry_afer`. A key of several deployments is noted at the first.
    pub path: String,
    /// What sort of thing.
    pub kind: NoteKind,
    /// One sentence fragment about it, without the path.
    pub text: String,
    /// The word below that path which it is about, where it is about one.
    pub word: Option<String>,
}

/// Sorts of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// LiteLLM knows the key; this gateway accepts it and does not act on it yet.
    NoEffectYet,
    /// The key has no effect in LiteLLM either.
    Inert,
    /// Nobody knows the key, or it stands where nobody reads it: somebody meant something else.
    Unknown,
    /// A name that nobody has: a fallback or an alias that leads nowhere.
    Stray,
    /// The key names something outside (database, cache, alerting), which is not contacted.
    NotContacted,
    /// It has an effect, but perhaps not the expected one.
    Advice,
    /// It has an effect by which secrets may be lost.
    Unsafe,
    /// LiteLLM does something else with it, which requests feel.
    Differs,
}

/// Something that must be mended before the config can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct ConfigError {
    /// Where.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// What a config refers to outside of itself: `os.environ/NAME`, files with credentials.
pub trait Secrets {
    /// The value of `NAME`, which is asked for at `path`, such as
    /// `model_list[0].litellm_params.api_key`; `None` if it is not set.
    fn resolve(&self, name: &str, path: &str) -> Option<String>;

    /// The value of a variable that LiteLLM looks up by itself where the config has nothing at
    /// `path`, such as OPENAI_API_KEY.
    fn ambient(&self, name: &str, path: &str) -> Option<String> {
        self.resolve(name, path)
    }

    /// The text of a file that config or environment name, or why it cannot be read; `None` where no files are read.
    fn file(&self, _path: &str) -> Option<Result<String, String>> {
        None
    }

    /// Whether values of variables are looked up: where they are not, what stands for them is only a stand-in.
    fn looks_up(&self) -> bool {
        true
    }

    /// An address for a provider of which neither config nor environment name one, nor LiteLLM's own table: only
    /// where nothing is contacted.
    fn stand_in(&self, _provider: &str) -> Option<String> {
        None
    }
}

/// Longest label of a host that stands in for one; DNS has 63 at most.
const LABEL_CHARS_MAX: usize = 40;

/// Resolves every name to something harmless: for runs, which read no environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dummies;

impl Secrets for Dummies {
    /// An address is a host named after the variable, an Azure version and an AWS region are real
    /// ones, a name stays the variable's, everything else is a key.
    fn resolve(&self, name: &str, path: &str) -> Option<String> {
        let host = name.to_ascii_lowercase().replace('_', "-");
        Some(match path.rsplit('.').next() {
            Some("api_base" | "base_url" | "aws_bedrock_runtime_endpoint") => {
                format!("https://{host}.invalid")
            }
            Some("aws_region_name") => "us-east-1".to_owned(),
            Some("api_version") => "2024-10-21".to_owned(),
            Some("region_name" | "vertex_project" | "vertex_ai_project") => host,
            Some("vertex_location" | "vertex_ai_location") => "us-central1".to_owned(),
            Some("model" | "model_name" | "base_model" | "custom_llm_provider" | "id") => {
                name.to_owned()
            }
            Some(_) | None => format!("sk-dummy-{host}"),
        })
    }

    /// No variable locks a gateway whose config has no master key, or leads away from the table's address.
    fn ambient(&self, name: &str, path: &str) -> Option<String> {
        match path.rsplit('.').next() {
            Some("master_key" | "api_base") => None,
            Some(_) | None => self.resolve(name, path),
        }
    }

    fn looks_up(&self) -> bool {
        false
    }

    fn stand_in(&self, provider: &str) -> Option<String> {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let label: String = provider.chars().take(LABEL_CHARS_MAX).map(plain).collect();
        let label = Some(label.trim_matches('-')).filter(|label| !label.is_empty());
        Some(format!("https://{}.invalid", label.unwrap_or("provider")))
    }
}

fn read_sections(config: &Value, reader: &mut Reader<'_>) -> Option<Config> {
    let root = match config {
        Value::Object(_) => Section::root(config)?,
        Value::Null => {
            reader.error("", "the config is empty", "write a model_list with at least one entry");
            return None;
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            let help = "a LiteLLM config starts with `model_list:` and settings below it";
            reader.error("", "the config is no mapping", help);
            return None;
        }
    };
    reader.survey(&root, &tables::ROOT);
    reader.variables = variables::read(&root, reader);
    reader.custom_providers = variables::custom_providers(&root);
    let config = credentials::applied(config, &root, reader);
    let root = Section::root(&config)?;
    let settings = settings::read(&root, reader);
    let deployments = model_list::read(&root, &settings, reader)?;
    let master_key = settings::master_key(&root, reader);
    let metrics = settings.metrics;
    let (personality, router) = settings.finish(&deployments, reader);
    let own = own::read(&root, reader);
    guardrails::note(&root, reader);
    reader.note_unused_variables();
    Some(Config { deployments, router, personality, own, master_key, metrics })
}
