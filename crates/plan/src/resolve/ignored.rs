//! Settings that this strategy or this personality does not look at, though LiteLLM knows them: said
//! where they stand, since nothing in a file tells them from the others.
//!
//! It must never know which strategies and personalities there are; their rows say what they ignore.

use gateway::config::Config;
use gateway::policy::Kind;

use crate::resolve::finding::{Finding, Sort};
use crate::text::diagnostic::{Sources, Span};
use crate::text::node::{Node, Value};

/// Settings of `tree` without effect in a gateway of `config`, each at its first place.
pub(crate) fn ignored(tree: &Node, config: &Config, sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut tell = |path: &str, says: String, remedy: Option<&str>| {
        if let Some((path, at)) = first(tree, path) {
            let mut finding = Finding::note(Sort::NoEffect, path, says).at(sources.place(at));
            finding.remedy = remedy.map(str::to_owned);
            findings.push(finding);
        }
    };
    let personality = config.personality;
    for ignored in personality.policy.ignores() {
        let says = format!("no effect under `{}`: {}", personality.name, ignored.instead);
        tell(ignored.path, says, None);
    }
    if personality.kind == Kind::Emulated {
        let says = format!("no effect under `{}`: only `brownout` heeds it", personality.name);
        tell("brownout_settings", says, Some("choose personality `brownout`"));
    }
    let (router, strategy) = (&config.router, &config.router.routing_strategy);
    let checked = personality.kind == Kind::Emulated && router.enable_pre_call_checks;
    for key in ["weight", "rpm", "tpm"] {
        let limits = key == "rpm" && checked;
        if strategy.weighs.contains(&key) || limits {
            continue;
        }
        let says = match key {
            "weight" => format!("no effect: {} does not weigh deployments", strategy.name),
            _ => format!(
                "decides nothing under {}; it only bounds requests at a time",
                strategy.name
            ),
        };
        tell(&format!("model_list[].litellm_params.{key}"), says, None);
    }
    if !config.deployments.iter().any(|one| one.tags.filtering == Some(true))
        && !router.tags.filtering
    {
        let remedy = "set router_settings.enable_tag_filtering";
        let says = "no effect on routing: no group looks at tags".to_owned();
        tell("model_list[].litellm_params.tags", says, Some(remedy));
    }
    if personality.kind == Kind::Emulated && !router.enable_pre_call_checks {
        let remedy = "set router_settings.enable_pre_call_checks";
        let says = "no effect: prompts are not measured before a call".to_owned();
        tell("model_list[].model_info.max_input_tokens", says, Some(remedy));
    }
    findings
}

/// The first place of a dotted path in which `[]` stands for any item, and the path with its number.
pub(crate) fn first(tree: &Node, path: &str) -> Option<(String, Span)> {
    let Some((list, rest)) = path.split_once("[].") else {
        return key(tree, path).map(|at| (path.to_owned(), at));
    };
    let Value::List(items) = &tree.get(list)?.value else { return None };
    items.iter().enumerate().find_map(|(number, item)| {
        key(item, rest).map(|at| (format!("{list}[{number}].{rest}"), at))
    })
}

/// Where the last key of a path of keys stands, if it has a value.
fn key(tree: &Node, path: &str) -> Option<Span> {
    let (mut here, mut at) = (tree, None);
    for step in path.split('.') {
        let (key, value) = here.entries().iter().find(|(key, _)| key.name == step)?;
        (here, at) = (value, Some(key.at));
    }
    at.filter(|_| !matches!(here.value, Value::Null))
}
