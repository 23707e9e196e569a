//! What can befall a gateway instance: the catalogue. The runner carries it out; the gateway itself
//! never knows.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use vocab::show_duration;

use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Value};
use crate::text::quantity::Time;
use crate::text::read::{Spot, read};

/// Every one of them.
pub(crate) const ALL: &[Entry] = &[
    Entry {
        name: "kill",
        summary: "The process dies: its connections are reset, dials are refused until the window \
                  ends, then it starts again with nothing learned.",
        example: "kill",
        schema: Nothing::json_schema,
    },
    Entry {
        name: "pause",
        summary: "The process is stopped (SIGSTOP) until the window ends: it reads, writes and dials \
                  nothing, and loses nothing.",
        example: "pause",
        schema: Nothing::json_schema,
    },
    Entry {
        name: "restart",
        summary: "The process dies as by `kill` and is back after `down`, with nothing learned.",
        example: "{ restart: { down: 2s } }",
        schema: Restart::json_schema,
    },
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
    /// The schema of its parameters.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// What befalls an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstanceFaultKind {
    /// It is dead for so long.
    Dies(Duration),
    /// It is stopped for the whole window.
    Stops,
}

/// Takes no parameters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InstanceFaultWithoutParameters")]
struct Nothing {}

/// Parameters of `restart`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Restart {
    /// How long nobody listens; at most the window. Default 0s: back at once.
    down: Option<Spot<Time>>,
}

/// Reads what `inject:` says about an instance, in a window of this length.
///
/// # Errors
/// An unknown name, or a parameter that cannot be, with its place.
pub(crate) fn find(
    name: &str,
    inject: &Node,
    length: Duration,
) -> Result<(InstanceFaultKind, String), Problem> {
    let none = Node { value: Value::Map(Vec::new()), at: inject.at };
    let params = inject.get(name).filter(|node| !matches!(node.value, Value::Null));
    let params = params.unwrap_or(&none);
    match name {
        "kill" => {
            let Nothing {} = read(params)?;
            Ok((InstanceFaultKind::Dies(length), "kill".to_owned()))
        }
        "pause" => {
            let Nothing {} = read(params)?;
            Ok((InstanceFaultKind::Stops, "pause".to_owned()))
        }
        "restart" => {
            let Restart { down } = read(params)?;
            if let Some(down) = down.filter(|down| down.value.0 > length) {
                let message = "restart: `down` is longer than the window";
                return Err(Problem::new(message).help("make `for` longer").at(down.at));
            }
            let down = down.map_or(Duration::ZERO, |down| down.value.0);
            let words = match down.is_zero() {
                true => "restart (back at once)".to_owned(),
                false => format!("restart (down for {})", show_duration(down)),
            };
            Ok((InstanceFaultKind::Dies(down), words))
        }
        _ => {
            let names: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
            let at = inject.entries().first().map_or(inject.at, |(key, _)| key.at);
            Err(Problem::new(format!("there is no instance fault called `{name}`"))
                .help(suggest(name, &names, "instance faults"))
                .at(at))
        }
    }
}
