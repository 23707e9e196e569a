//! What providers charge: the dated snapshot in `scenarios/prices.yaml`.
//!
//! Two questions that must not be confused: what a deployment's provider bills (looked up with some
//! tolerance for prefixes), and what LiteLLM's cost-based routing believes (its own map, by the exact
//! string of `litellm_params.model`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::text::diagnostic::{Problem, Sources};
use crate::text::embedded::{PRICES, read_shipped};

/// The snapshot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
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

impl Prices {
    /// Reads the shipped snapshot.
    ///
    /// # Errors
    /// A mistake in the shipped file, which a test of this crate finds first.
    pub(crate) fn shipped(sources: &mut Sources) -> Result<Self, Problem> {
        read_shipped(sources, "prices.yaml", PRICES)
    }

    /// What the provider of `model` (as LiteLLM writes it: `azure/gpt-4o`) bills.
    pub(crate) fn billed(&self, model: &str) -> Option<PerMillion> {
        // Only prefixes that do not change who sells: a reseller's price is its own.
        let own = ["openai/", "anthropic/", "azure/"].iter().find_map(|p| model.strip_prefix(p));
        let bedrock = model.strip_prefix("bedrock/").map(|own| format!("bedrock/{}", family(own)));
        let known = |name: Option<&str>| self.prices.get(name?);
        let entry = known(Some(model)).or_else(|| known(own)).or_else(|| known(bedrock.as_deref()));
        entry.map(|entry| PerMillion { input: entry.input, output: entry.output })
    }

    /// What LiteLLM's own map says about exactly this string.
    pub(crate) fn in_litellm(&self, model: &str) -> Option<PerMillion> {
        let entry = self.prices.get(model).filter(|entry| entry.litellm)?;
        Some(PerMillion { input: entry.input, output: entry.output })
    }
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
