//! What a run is a function of, as canonical JSON with sorted keys. Two runs with one canonical form and
//! one binary have the same tables.
//!
//! It is made by serialising, never by `Debug`, and a golden digest in the tests holds it: who renames
//! a field keeps its serialised name, or says in the changelog that all runs get new names.
//!
//! It holds what `run.json` says, less what only tells who runs it and what we think of it, and what
//! decides a run besides: fakes, load, links, the merged config of every contender and what happens to
//! its instances.

use std::collections::BTreeMap;
use std::time::Duration;

use fake_providers::config::FakesConfig;
use gateway::config::Config;
use loadgen::config::LoadConfig;
use record::RunInfo;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::out::checked::Checked;
use crate::resolve::instance_events::{InstanceEvent, InstanceEventKind, Pause};
use crate::text::diagnostic::Problem;

/// What happens to the instances of one contender.
pub(crate) type Happening = (Vec<InstanceEvent>, Vec<Pause>);

/// Parts of the plan that are made before it has a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made<'m> {
    /// The providers.
    pub fakes: &'m FakesConfig,
    /// The schedule.
    pub load: &'m LoadConfig,
    /// Latency of the path to each host.
    pub links: &'m BTreeMap<String, Duration>,
    /// What happens to the instances of each contender.
    pub happenings: &'m [Happening],
}

/// Parts of `run.json` that do not decide what is in the tables: `section`, or `section.key`.
const LEFT_OUT: &[(&str, Option<&str>)] = &[
    ("schema", None),
    // Who runs it.
    ("build", None),
    ("scenario", Some("clock")),
    ("scenario", Some("hash")),
    // Comments and file names.
    ("scenario", Some("question")),
    ("config", Some("name")),
    // What is said about it; its causes are here.
    ("config", Some("no_effect")),
    ("assumed", None),
    ("left_out", None),
    ("warnings", None),
    ("notes", None),
];

/// The canonical form.
///
/// # Errors
/// A number that JSON has no word for.
pub(crate) fn canonical(
    checked: &Checked<'_>,
    info: &RunInfo,
    made: Made<'_>,
) -> Result<String, Problem> {
    let contenders: Result<Vec<Value>, Problem> = checked
        .contenders
        .iter()
        .zip(&checked.changed)
        .zip(made.happenings)
        .map(|((contender, changed), happening)| {
            let changed: Vec<&Value> = changed.iter().map(|change| &change.settings).collect();
            Ok(json!({
                "settings": contender.settings,
                "changed": changed,
                "costs": costs(&contender.gateway)?,
                "events": happening.0.iter().map(event).collect::<Vec<_>>(),
                "pauses": happening.1.iter().map(pause).collect::<Vec<_>>(),
            }))
        })
        .collect();
    let links: BTreeMap<&str, u128> =
        made.links.iter().map(|(host, link)| (host.as_str(), link.as_nanos())).collect();
    let whole = json!({
        "run": run(info)?,
        "fakes": value(made.fakes)?,
        "load": value(made.load)?,
        "links_ns": value(&links)?,
        "contenders": contenders?,
        "standing_fakes": checked.standing.as_ref().map(|standing| &standing.admin_url),
    });
    Ok(sorted(whole).to_string())
}

fn value<T: Serialize>(part: &T) -> Result<Value, Problem> {
    let wrong = |error| Problem::new(format!("the plan cannot be written as JSON: {error}"));
    serde_json::to_value(part).map_err(wrong)
}

fn run(info: &RunInfo) -> Result<Value, Problem> {
    let mut run = value(info)?;
    // An overlay is said by the settings that come of it.
    let contenders = run.get_mut("contenders").and_then(Value::as_array_mut);
    for contender in contenders.into_iter().flatten().filter_map(Value::as_object_mut) {
        contender.remove("overlay");
    }
    for (section, key) in LEFT_OUT {
        let parts = run.as_object_mut();
        match key {
            None => parts.and_then(|parts| parts.remove(*section)),
            Some(key) => parts
                .and_then(|parts| parts.get_mut(*section)?.as_object_mut())
                .and_then(|section| section.remove(*key)),
        };
    }
    Ok(run)
}

/// What cost-based routing believes, deployment by deployment: partly from the price snapshot.
fn costs(gateway: &Config) -> Result<Value, Problem> {
    let costs = gateway.deployments.iter();
    let costs = costs.map(|one| (one.input_cost_per_token, one.output_cost_per_token));
    value(&costs.collect::<Vec<_>>())
}

/// Which config it takes on is said by `changed`, in the same order.
fn event(event: &InstanceEvent) -> Value {
    let (what, until) = match &event.what {
        InstanceEventKind::Reload(_) => ("reload", None),
        InstanceEventKind::Die { until, config: Some(_) } => ("change", Some(until.ns())),
        InstanceEventKind::Die { until, config: None } => ("die", Some(until.ns())),
    };
    json!({ "at_ns": event.at.ns(), "instance": event.instance, "what": what, "until_ns": until })
}

fn pause(pause: &Pause) -> Value {
    let Pause { id, instance, from, to } = pause;
    json!({ "id": id, "instance": instance, "from_ns": from.ns(), "to_ns": to.ns() })
}

/// The same value, every object's keys in alphabetical order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries: BTreeMap<String, Value> =
                entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
