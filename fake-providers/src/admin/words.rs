//! A timeline as JSON: rules as people write them, as `GET /timeline` says them, or as a run's
//! `run.json` recorded them.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use vocab::{At, parse_duration};

use crate::config::{DeploymentConfig, FaultRule, Favourite, When, Window};

/// A rule as people write it, close to a scenario's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoken {
    id: Option<String>,
    /// A fault's name, or an object of its name and parameters.
    inject: Value,
    /// Ids of deployments, or `["favourite"]`; all, if absent.
    targets: Option<Vec<String>>,
    /// Start; the timeline's zero, if absent.
    at: Option<String>,
    /// Length; for ever, if absent.
    #[serde(rename = "for")]
    length: Option<String>,
    ramp: Option<String>,
    share: Option<f64>,
    when: Option<When>,
}

/// A rule as `run.json` records it; what else stands there describes these.
#[derive(Debug, Deserialize)]
struct Recorded {
    id: String,
    kind: String,
    #[serde(default)]
    target: String,
    deployments: Vec<String>,
    from_ns: u64,
    to_ns: u64,
    share: f64,
    ramp_ns: u64,
    #[serde(default)]
    when: String,
    #[serde(default)]
    params: Value,
}

/// Reads a timeline in any of the three forms.
///
/// # Errors
/// What is wrong, with the position of the rule.
pub(super) fn rules(
    timeline: Value,
    deployments: &[DeploymentConfig],
) -> Result<Vec<FaultRule>, String> {
    let listed = match timeline {
        Value::Array(listed) => listed,
        Value::Object(mut run) => match run.remove("faults") {
            Some(Value::Array(listed)) => listed,
            _ => return Err("an object without a list of `faults` is no timeline".to_owned()),
        },
        _ => return Err("a timeline is a list of rules".to_owned()),
    };
    let rules = listed.into_iter().enumerate().map(|(index, rule)| {
        one(rule, index, deployments).map_err(|problem| format!("rule {}: {problem}", index + 1))
    });
    rules.collect()
}

fn one(rule: Value, index: usize, deployments: &[DeploymentConfig]) -> Result<FaultRule, String> {
    let wrong = |error: serde_json::Error| error.to_string();
    if rule.get("inject").is_some() {
        spoken(serde_json::from_value(rule).map_err(wrong)?, index, deployments)
    } else if rule.get("from_ns").is_some() {
        recorded(serde_json::from_value(rule).map_err(wrong)?, deployments)
    } else {
        serde_json::from_value(rule).map_err(wrong)
    }
}

fn spoken(
    rule: Spoken,
    index: usize,
    deployments: &[DeploymentConfig],
) -> Result<FaultRule, String> {
    let (name, params) = match rule.inject {
        Value::String(name) => (name, Value::Null),
        Value::Object(fault) if fault.len() == 1 => {
            fault.into_iter().next().unwrap_or_else(|| (String::new(), Value::Null))
        }
        _ => return Err("`inject` is a fault's name, or {name: parameters}".to_owned()),
    };
    let span = |text: Option<String>| match text {
        Some(text) => parse_duration(&text).map(Some).map_err(|error| error.to_string()),
        None => Ok(None),
    };
    let from = At::after_start(span(rule.at)?.unwrap_or_default());
    let to = span(rule.length)?.map_or(At::NEVER, |length| from.plus(length));
    let (targets, favourite) = match rule.targets {
        Some(ids) if ids == [FAVOURITE] => first_or_favourite(deployments),
        Some(ids) => (positions(&ids, deployments)?, None),
        None => ((0..deployments.len()).collect(), None),
    };
    Ok(FaultRule {
        id: rule.id.unwrap_or_else(|| format!("f{}", index + 1)),
        name,
        params,
        targets,
        favourite,
        window: Window { from, to, ramp: span(rule.ramp)?.unwrap_or_default() },
        share: rule.share.unwrap_or(1.0),
        when: rule.when.unwrap_or_default(),
    })
}

fn recorded(rule: Recorded, deployments: &[DeploymentConfig]) -> Result<FaultRule, String> {
    if !rule.when.is_empty() {
        return Err(format!(
            "its condition `{}` is recorded in words only; write the rule with `inject` and `when`",
            rule.when
        ));
    }
    let (targets, favourite) = match &*rule.target {
        FAVOURITE => first_or_favourite(deployments),
        target if target.ends_with(":favourite") => {
            return Err(format!(
                "run.json does not say whom `{target}` stands for; write the rule as GET /timeline \
                 of fakes with that scenario says it"
            ));
        }
        _ => (positions(&rule.deployments, deployments)?, None),
    };
    Ok(FaultRule {
        id: rule.id,
        name: rule.kind,
        params: rule.params,
        targets,
        favourite,
        window: Window {
            from: At(rule.from_ns),
            to: At(rule.to_ns),
            ramp: Duration::from_nanos(rule.ramp_ns),
        },
        share: rule.share,
        when: When::default(),
    })
}

/// What a target is called that is found when the window opens.
const FAVOURITE: &str = "favourite";

/// The favourite of all deployments; the first one, where nobody was called.
fn first_or_favourite(deployments: &[DeploymentConfig]) -> (Vec<usize>, Option<Favourite>) {
    (vec![0], Some(Favourite::alone(deployments.len())))
}

fn positions(ids: &[String], deployments: &[DeploymentConfig]) -> Result<Vec<usize>, String> {
    let position = |id: &String| {
        let found = deployments.iter().position(|deployment| deployment.id.as_str() == id);
        found.ok_or_else(|| {
            let known: Vec<&str> =
                deployments.iter().take(SHOWN_MAX).map(|each| each.id.as_str()).collect();
            format!("there is no deployment `{id}`; there are {}", known.join(", "))
        })
    };
    ids.iter().map(position).collect()
}

/// Deployments that a message names.
const SHOWN_MAX: usize = 20;
