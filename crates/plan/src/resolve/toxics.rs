//! What can be done to a link, in toxiproxy's words: the catalogue. One file and one row each.
//!
//! An entry reads the parameters of its toxic as the scenario gives them, and says what it comes to:
//! a link fault, whose mechanism is `world`'s. It must never know who stands at the ends of a link.

mod bandwidth;
mod down;
mod latency;
mod limit_data;
mod reset_peer;
mod slicer;
mod slow_close;
mod timeout;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use world::{Stream, Toxic};

use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Value};

/// Every toxic, in toxiproxy's order; `down` is there a proxy that is not enabled.
pub(crate) const ALL: &[Entry] = &[
    latency::ENTRY,
    bandwidth::ENTRY,
    slow_close::ENTRY,
    timeout::ENTRY,
    reset_peer::ENTRY,
    slicer::ENTRY,
    limit_data::ENTRY,
    down::ENTRY,
];

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// How to write it.
    pub example: &'static str,
    /// Whether it can only slow a request, never fail it.
    pub only_slows: bool,
    /// Reads its parameters.
    pub parse: fn(&Node) -> Result<LinkFaultSpec, Problem>,
    /// The schema of its parameters.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// What a toxic with its parameters comes to.
#[derive(Clone, Debug)]
pub(crate) struct LinkFaultSpec {
    /// For the connections.
    pub toxic: Toxic,
    /// In which direction.
    pub stream: Stream,
    /// In words: `latency (200 ms ± 50 ms)`.
    pub words: String,
}

/// A direction, in toxiproxy's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StreamWord {
    /// Answers: from who listens to who dialled.
    #[default]
    Downstream,
    /// Requests: from who dialled to who listens.
    Upstream,
}

impl StreamWord {
    fn stream(self) -> Stream {
        match self {
            Self::Downstream => Stream::Downstream,
            Self::Upstream => Stream::Upstream,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Downstream => "",
            Self::Upstream => ", upstream",
        }
    }
}

/// Looks up what `inject:` names and reads its parameters.
///
/// # Errors
/// An unknown toxic, or a parameter that it does not take, with its place.
pub(crate) fn find(name: &str, inject: &Node) -> Result<(&'static Entry, LinkFaultSpec), Problem> {
    let Some(entry) = ALL.iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
        let at = inject.entries().first().map_or(inject.at, |(key, _)| key.at);
        return Err(Problem::new(format!("there is no link fault called `{name}`"))
            .help(suggest(name, &names, "link faults"))
            .at(at));
    };
    let none = Node { value: Value::Map(Vec::new()), at: inject.at };
    let params = inject.get(name).filter(|node| !matches!(node.value, Value::Null));
    let spec = (entry.parse)(params.unwrap_or(&none)).map_err(|problem| match problem.helps() {
        true => problem,
        false => problem.help(format!("for example `inject: {}`", entry.example)),
    })?;
    Ok((entry, spec))
}

/// A parameter that cannot be.
fn wrong(entry: &Entry, parameter: &str, node: &Node, message: &str) -> Problem {
    let at = node.get(parameter).map_or(node.at, |value| value.at);
    Problem::new(format!("{}: {message}", entry.name))
        .help(format!("for example `inject: {}`", entry.example))
        .at(at)
}
