//! What providers charge: the dated snapshot in `scenarios/prices.yaml`.
//!
//! Two questions that must not be confused: what a deployment's provider bills (looked up with some
//! tolerance for prefixes), and what LiteLLM's cost-based routing believes (its own map, by the exact
//! string of `litellm_params.model`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diagnostic::{Problem, Sources};
use crate::presets::embedded;

/// The snapshot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// Its date.
    pub date: String,
    prices: BTreeMap<String, Entry>,
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
struct Entry {
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
        embedded(sources, "prices.yaml", crate::embedded::PRICES)
    }

    /// What the provider of `model` (as LiteLLM writes it: `azure/gpt-4o`) bills.
    pub(crate) fn billed(&self, model: &str) -> Option<PerMillion> {
        // Only prefixes that do not change who sells: a reseller's price is its own.
        let own = ["openai/", "anthropic/", "azure/"].iter().find_map(|p| model.strip_prefix(p));
        let entry = self.prices.get(model).or_else(|| self.prices.get(own?))?;
        Some(PerMillion { input: entry.input, output: entry.output })
    }

    /// What LiteLLM's own map says about exactly this string.
    pub(crate) fn in_litellm(&self, model: &str) -> Option<PerMillion> {
        let entry = self.prices.get(model).filter(|entry| entry.litellm)?;
        Some(PerMillion { input: entry.input, output: entry.output })
    }
}
