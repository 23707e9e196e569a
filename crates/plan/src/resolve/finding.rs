//! Something to know about a config: what it says in vain, what contradicts, what surprises; with its
//! place, and what to do about it. Made where the config is read, told wherever people look first.
//!
//! It must never hold a value of the config that is not known to be harmless.

use schemars::JsonSchema;
use serde::Serialize;

/// One thing to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What sort of thing it is.
    pub sort: Sort,
    /// `file:line:column`, where it is about something that was written.
    pub place: Option<String>,
    /// The key, the group or the deployment that it is about.
    pub about: String,
    /// What is so.
    pub says: String,
    /// What to do about it, where something can be done.
    pub remedy: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Somebody meant something else, or will be surprised in an outage. `--strict` fails on it.
    Warning,
    /// Good to know.
    Note,
}

/// Sorts of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A key that nobody knows, a key in the wrong section, a name that nobody has.
    Mistake,
    /// Two values of which one does not count.
    Contradiction,
    /// What the config makes of an outage.
    Outage,
    /// LiteLLM, this strategy or this personality does nothing with it.
    NoEffect,
    /// LiteLLM does something with it that brownout does not do.
    NotYet,
    /// It leads to something outside, which is left alone.
    Outside,
    /// It has an effect, but perhaps not the expected one.
    Advice,
}

impl Finding {
    /// A note about a key.
    pub(crate) fn note(sort: Sort, about: String, says: impl Into<String>) -> Self {
        let (says, level) = (says.into(), Level::Note);
        Self { level, sort, place: None, about, says, remedy: None }
    }

    /// The same as a warning.
    #[must_use]
    pub(crate) fn warning(mut self) -> Self {
        self.level = Level::Warning;
        self
    }

    /// Where it stands.
    #[must_use]
    pub(crate) fn at(mut self, place: Option<String>) -> Self {
        self.place = place;
        self
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// In one line; a warning with its place.
    pub fn line(&self) -> String {
        let Self { level, place, about, says, remedy, .. } = self;
        let said = match remedy {
            Some(remedy) => format!("{about}: {says}; {remedy}"),
            None => format!("{about}: {says}"),
        };
        match (level, place) {
            (Level::Warning, Some(place)) => format!("{place}: {said}"),
            (Level::Warning, None) | (Level::Note, _) => said,
        }
    }
}
