//! What can be named in a scenario, for `brownout list`: the tables of the other rooms, one line per
//! entry, so that the command line needs to know none of them.

use gateway::policy::{self, Kind, Personality};
use record::ParityScore;

use crate::text::embedded;
use crate::text::question::question;

/// One thing that can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub summary: String,
    /// How to write it, or what else belongs to it; one line each.
    pub details: Vec<String>,
}

/// Routing strategies, in the order of their table.
pub fn strategies() -> Vec<Line> {
    let line = |entry: &gateway::strategy::Entry| {
        let personality = personality(policy::default_for(entry.origin));
        let arguments = entry.arguments.iter().map(|argument| {
            format!("{} (default {}): {}", argument.name, argument.default, argument.help)
        });
        Line {
            name: entry.name.to_owned(),
            summary: entry.summary.to_owned(),
            details: std::iter::once(personality).chain(arguments).collect(),
        }
    };
    gateway::strategy::ALL.iter().map(line).collect()
}

/// How a personality is named where it goes with something.
fn personality(personality: Personality) -> String {
    let name = personality.name;
    match personality.kind {
        Kind::Emulated => format!("personality {name} ({})", emulated(name)),
        Kind::BuiltIn => format!("personality {name}"),
    }
}

/// How far an emulation was measured to be like its product.
fn emulated(personality: &str) -> String {
    record::parity_of(personality)
        .map_or_else(|| "emulated, parity not measured".to_owned(), ParityScore::said)
}

/// Name of the personality that plays a version of LiteLLM.
pub fn personality_of_litellm(version: &str) -> &'static str {
    policy::of_litellm(version).name
}

/// Personalities, in the order of their table.
pub fn personalities() -> Vec<Line> {
    let line = |personality: &Personality| {
        let strategies = gateway::strategy::ALL.iter();
        let by_default = strategies
            .filter(|entry| policy::default_for(entry.origin) == *personality)
            .map(|entry| entry.name);
        let by_default = by_default.collect::<Vec<_>>().join(", ");
        let kind = match personality.kind {
            Kind::Emulated => emulated(personality.name),
            Kind::BuiltIn => "built in".to_owned(),
        };
        Line {
            name: personality.name.to_owned(),
            summary: personality.summary.to_owned(),
            details: vec![kind, format!("the default of {by_default}")],
        }
    };
    policy::ALL.iter().map(line).collect()
}

/// Faults, in the order of their table.
pub fn faults() -> Vec<Line> {
    let line = |entry: &fake_providers::fault::Entry| Line {
        name: entry.name.to_owned(),
        summary: entry.description(),
        details: vec![format!("inject: {}", entry.example)],
    };
    fake_providers::fault::ALL.iter().map(line).collect()
}

/// What can be done to links (`target: "link:a->b"`), in the order of the table.
pub fn links() -> Vec<Line> {
    let line =
        |entry: &crate::resolve::toxics::Entry| elsewhere(entry.name, entry.summary, entry.example);
    crate::resolve::toxics::ALL.iter().map(line).collect()
}

/// What can befall gateway instances (`target: gateway[2]`), in the order of the table.
pub fn instances() -> Vec<Line> {
    let line = |entry: &crate::resolve::instance_faults::Entry| {
        elsewhere(entry.name, entry.summary, entry.example)
    };
    crate::resolve::instance_faults::ALL.iter().map(line).collect()
}

fn elsewhere(name: &str, summary: &str, example: &str) -> Line {
    Line {
        name: name.to_owned(),
        summary: summary.split_whitespace().collect::<Vec<_>>().join(" "),
        details: vec![format!("inject: {example}")],
    }
}

/// Shipped scenarios, with their questions.
pub fn scenarios() -> Vec<Line> {
    let line = |file: &embedded::File| Line {
        name: file.path.trim_end_matches(".yaml").to_owned(),
        summary: question(file.text).unwrap_or_default(),
        details: Vec::new(),
    };
    embedded::SCENARIOS.iter().chain(embedded::CI).map(line).collect()
}
