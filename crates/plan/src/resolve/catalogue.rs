//! The fault catalogue as this folder needs it: names to entries, parameters to mistakes with a place; and which of the
//! three catalogues a name belongs to.

use fake_providers::fault::{ALL, Entry};

use crate::resolve::{instance_faults, toxics};
use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Part};
use crate::text::raw::Inject;

/// Looks up what is injected and checks its parameters.
///
/// # Errors
/// An unknown fault, or a parameter that it does not take, with its place inside `node`.
pub(crate) fn check(inject: &Inject, node: &Node) -> Result<&'static Entry, Problem> {
    let Some(entry) = fake_providers::fault::find(&inject.name) else {
        check_aim(&inject.name, Aim::Deployments, node)?;
        let names: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
        let at = node.entries().first().map_or(node.at, |(key, _)| key.at);
        return Err(Problem::new(format!("there is no fault called `{}`", inject.name))
            .help(suggest(&inject.name, &names, "faults"))
            .at(at));
    };
    entry.check(&inject.params).map(|()| entry).map_err(|error| {
        let params = node.get(entry.name).unwrap_or(node);
        let part = if takes(entry, &error.path) { Part::Value } else { Part::Key };
        Problem::new(format!("{}: {}", entry.name, error.message))
            .help(format!("for example `inject: {}`", entry.example))
            .at(params.place(&error.path, part))
    })
}

/// What a fault is aimed at. Each has a catalogue of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Deployments.
    Deployments,
    /// A link between places.
    Link,
    /// Gateway instances.
    Instances,
}

impl Aim {
    const ALL: [Self; 3] = [Self::Deployments, Self::Link, Self::Instances];

    fn knows(self, name: &str) -> bool {
        match self {
            Self::Deployments => ALL.iter().any(|entry| entry.name == name),
            Self::Link => toxics::ALL.iter().any(|entry| entry.name == name),
            Self::Instances => instance_faults::ALL.iter().any(|entry| entry.name == name),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Deployments => "deployments",
            Self::Link => "links",
            Self::Instances => "gateway instances",
        }
    }

    /// How to aim at it.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Deployments => {
                "write `target: favourite`, `first`, `region:x` or a deployment's id"
            }
            Self::Link => {
                "write `target: \"link:gateway->first\"`, or another source and destination"
            }
            Self::Instances => {
                "write `target: gateway[1]` for one of them, `target: gateway` for all"
            }
        }
    }
}

/// Refuses what is in another catalogue than that of its target.
///
/// # Errors
/// A fault that acts on something else, with its place inside `inject`.
pub(crate) fn check_aim(name: &str, aim: Aim, inject: &Node) -> Result<(), Problem> {
    let elsewhere = Aim::ALL.into_iter().find(|other| other.knows(name));
    let Some(elsewhere) = elsewhere.filter(|_| !aim.knows(name)) else { return Ok(()) };
    let message = format!("`{name}` acts on {}, not on {}", elsewhere.words(), aim.words());
    let at = inject.entries().first().map_or(inject.at, |(key, _)| key.at);
    Err(Problem::new(message).help(elsewhere.remedy()).at(at))
}

/// Whether a fault has this parameter: then its value is at fault, otherwise its name.
fn takes(entry: &Entry, parameter: &str) -> bool {
    let schema = entry.schema();
    let known = schema.get("properties").and_then(|properties| properties.get(parameter));
    known.is_some() || parameter.is_empty()
}
