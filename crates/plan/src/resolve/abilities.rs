//! What models can be asked: the dated snapshot in `scenarios/abilities.yaml`. By it deployments are preferred, and never
//! refused; what the config says itself is not looked up.

use std::collections::BTreeMap;

use gateway::config::{Ability, Deployment, Listed};
use serde::Deserialize;

use crate::resolve::model_names;
use crate::text::diagnostic::{Problem, Sources};
use crate::text::embedded::{ABILITIES, read_shipped};

/// The snapshot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelAbilities {
    /// Whose word it is: `litellm 1.106.2`. For who reads the file.
    #[serde(rename = "source")]
    _source: String,
    /// Its date.
    #[serde(rename = "date")]
    _date: String,
    models: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    max_input_tokens: Option<u64>,
    #[serde(default)]
    lacks: Vec<Lack>,
}

/// What a model lacks, in the words of the file: LiteLLM's keys without `supports_`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Lack {
    Vision,
    AudioInput,
    PdfInput,
    FunctionCalling,
    ResponseSchema,
}

impl From<Lack> for Ability {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Vision => Self::Pictures,
            Lack::AudioInput => Self::Sounds,
            Lack::PdfInput => Self::Documents,
            Lack::FunctionCalling => Self::Functions,
            Lack::ResponseSchema => Self::Schemas,
        }
    }
}

impl ModelAbilities {
    /// Reads the shipped snapshot.
    ///
    /// # Errors
    /// A mistake in the shipped file, which a test of this crate finds first.
    pub(crate) fn shipped(sources: &mut Sources) -> Result<Self, Problem> {
        read_shipped(sources, "abilities.yaml", ABILITIES)
    }

    /// What it says of a deployment's model where the config says nothing.
    pub(crate) fn listed(&self, deployment: &Deployment) -> Listed {
        let Deployment { model_as_written, base_model, has, lacks, max_input_tokens, .. } =
            deployment;
        let known = model_names::known(&self.models, model_as_written, base_model.as_deref());
        let Some((_, entry)) = known else { return Listed::default() };
        let said = |ability: &Ability| has.contains(ability) || lacks.contains(ability);
        let listed = entry.lacks.iter().map(|lack| Ability::from(*lack));
        Listed {
            lacks: listed.filter(|ability| !said(ability)).collect(),
            max_input_tokens: entry.max_input_tokens.filter(|_| max_input_tokens.is_none()),
        }
    }
}
