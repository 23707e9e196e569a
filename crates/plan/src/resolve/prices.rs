//! What providers charge: the dated snapshot in `scenarios/prices.yaml`.
//!
//! Two questions that must not be confused: what a deployment's provider bills (looked up with some
//! tolerance, as LiteLLM's cost calculator does), and what its cost-based routing believes (its own map, by
//! the exact strings of `base_model` and `model`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::resolve::fleet::Member;
use crate::text::diagnostic::{Problem, Sources};
use crate::text::embedded::{PRICES, read_shipped};

/// The snapshot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// Whose figures: `litellm 1.106.2`.
    pub source: String,
    /// Its date.
    pub date: String,
    prices: BTreeMap<String, ListPrice>,
}

/// US dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PerMillion {
    /// Of the prompt.
    pub input: f64,
    /// Of the answer.
    pub output: f64,
}

/// A price and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Price {
    /// US dollars per million tokens.
    pub per_million: PerMillion,
    /// Who says so.
    pub said_by: SaidBy,
}

/// Who says what a deployment costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SaidBy {
    /// `input_cost_per_token` and `output_cost_per_token` of the config.
    Config,
    /// `price:` in the scenario.
    Scenario,
    /// The snapshot, under this name.
    List(String),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListPrice {
    input: f64,
    output: f64,
    #[serde(default = "yes")]
    litellm: bool,
}

fn yes() -> bool {
    true
}

/// Prefixes that do not change who sells. A reseller's price is its own, but for OpenRouter, which passes
/// on the price of the model's maker (openrouter.ai/docs, "FAQ", 2026-10).
const SAME_SELLER: &[(&str, &str)] = &[
    ("openai/", ""),
    ("anthropic/", ""),
    ("azure/", ""),
    ("azure_ai/", "azure/"),
    ("vertex_ai/", ""),
    ("cohere/", ""),
    ("cohere_chat/", ""),
    ("openrouter/openai/", ""),
    ("openrouter/anthropic/", ""),
    ("openrouter/google/", "gemini/"),
    ("openrouter/deepseek/", "deepseek/"),
    ("openrouter/mistralai/", "mistral/"),
    ("openrouter/x-ai/", "xai/"),
];

impl Prices {
    /// Reads the shipped snapshot.
    ///
    /// # Errors
    /// A mistake in the shipped file, which a test of this crate finds first.
    pub(crate) fn shipped(sources: &mut Sources) -> Result<Self, Problem> {
        read_shipped(sources, "prices.yaml", PRICES)
    }

    /// What a deployment's provider bills: as its config says, else by the list, where what it really
    /// is (`base_model`, for an Azure deployment of any name) comes before what it is called.
    pub(crate) fn billed(&self, member: &Member) -> Option<Price> {
        let listed = self.listed(&member.model_as_written, member.base_model.as_deref());
        let (input, output) = member.usd_per_token;
        let from_list = listed.as_ref().map(|price| price.per_million);
        let million = |own: Option<f64>, listed: Option<f64>| own.map(|usd| usd * 1e6).or(listed);
        if input.is_none() && output.is_none() {
            return listed;
        }
        let per_million = PerMillion {
            input: million(input, from_list.map(|price| price.input))?,
            output: million(output, from_list.map(|price| price.output))?,
        };
        Some(Price { per_million, said_by: SaidBy::Config })
    }

    /// What the list says of a model, as a config writes it, and of what it really is.
    pub(crate) fn listed(&self, written: &str, base: Option<&str>) -> Option<Price> {
        let provider = written.split_once('/').map(|(provider, _)| provider);
        let qualified = base.zip(provider).map(|(base, provider)| format!("{provider}/{base}"));
        let names = [qualified.as_deref(), base, Some(written)];
        let (name, entry) = names.into_iter().flatten().find_map(|name| self.find(name))?;
        let per_million = PerMillion { input: entry.input, output: entry.output };
        Some(Price { per_million, said_by: SaidBy::List(name.to_owned()) })
    }

    /// A model of the list, as LiteLLM looks it up: with its prefix, without it, without the date of
    /// its snapshot; capitals do not count.
    fn find(&self, model: &str) -> Option<(&str, &ListPrice)> {
        let own = SAME_SELLER.iter().find_map(|(prefix, instead)| {
            model.strip_prefix(prefix).map(|own| format!("{instead}{own}"))
        });
        // OpenRouter writes versions with dots: `claude-sonnet-4.5`.
        let dashed = model.strip_prefix("openrouter/anthropic/").map(|own| own.replace('.', "-"));
        let names = [Some(model), own.as_deref(), dashed.as_deref()];
        let named = || names.into_iter().flatten();
        named()
            .find_map(|name| self.entry(name))
            .or_else(|| named().find_map(|name| self.entry(undated(name)?)))
            .or_else(|| self.bedrock(model.strip_prefix("bedrock/")?))
    }

    fn entry(&self, name: &str) -> Option<(&str, &ListPrice)> {
        let mut entries = self.prices.iter();
        let exact = self.prices.get_key_value(name);
        let entry = exact.or_else(|| entries.find(|(known, _)| known.eq_ignore_ascii_case(name)));
        entry.map(|(name, entry)| (name.as_str(), entry))
    }

    /// A model of Bedrock by its family: nobody has to write the date and the version.
    fn bedrock(&self, model: &str) -> Option<(&str, &ListPrice)> {
        let alike = |known: &str| !known.contains('/') && family(known) == family(model);
        let entry = self.prices.iter().find(|(known, _)| alike(known));
        entry.map(|(name, entry)| (name.as_str(), entry))
    }

    /// What LiteLLM's own map says about a deployment to cost-based routing: by the exact strings of its
    /// `base_model` and `model`. The list leaves out dated snapshots that cost what the undated model
    /// costs, so a date is looked past.
    pub(crate) fn in_litellm(&self, base_model: Option<&str>, model: &str) -> Option<PerMillion> {
        let exact = |name: &str| self.prices.get(name).filter(|entry| entry.litellm);
        let found = |name: &str| exact(name).or_else(|| exact(undated(name)?));
        let entry = base_model.and_then(found).or_else(|| found(model))?;
        Some(PerMillion { input: entry.input, output: entry.output })
    }
}

/// The name without the date of a snapshot at its end: `-2024-08-06` or `-20250929`.
fn undated(name: &str) -> Option<&str> {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let (rest, day) = name.rsplit_once('-')?;
    if digits(day, 8) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-').filter(|_| digits(day, 2))?;
    let (rest, year) = rest.rsplit_once('-').filter(|_| digits(month, 2))?;
    digits(year, 4).then_some(rest)
}

/// A model of Bedrock without the way to it, its region, its date and its version:
/// `converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0` is `us.anthropic.claude-sonnet-4-5`.
fn family(model: &str) -> &str {
    let own = model.rsplit('/').next().unwrap_or(model);
    let versioned = own.rsplit_once("-v").filter(|(_, version)| {
        version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_digit() || c == ':')
    });
    let own = versioned.map_or(own, |(name, _)| name);
    let dated = own
        .rsplit_once('-')
        .filter(|(_, date)| date.len() == 8 && date.bytes().all(|digit| digit.is_ascii_digit()));
    dated.map_or(own, |(name, _)| name)
}
