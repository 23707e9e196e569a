//! What providers charge: the dated snapshot in `scenarios/prices.yaml`.
//!
//! Two questions that must not be confused: what a deployment's provider bills (looked up with some
//! tolerance, as LiteLLM's cost calculator does), and what its cost-based routing believes (its own map, by
//! the exact strings of `base_model` and `model`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::resolve::fleet::Member;
use crate::resolve::model_names::{self, undated};
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
        let (name, entry) = model_names::known(&self.prices, written, base)?;
        let per_million = PerMillion { input: entry.input, output: entry.output };
        Some(Price { per_million, said_by: SaidBy::List(name.to_owned()) })
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
