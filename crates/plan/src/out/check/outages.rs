//! What surprises about a config in an outage: waits that no proxy in front sits out, groups without
//! anywhere to go, deployments that are never chosen, failures that take nobody out of the rotation.

use std::sync::Arc;

use gateway::config::{Config, Deployment as Configured, DeploymentIndex};
use gateway::decisions::Fleet;
use gateway::policy::Kind;
use gateway::strategy::Preference;

use crate::out::check::groups::takes_part;
use crate::out::check::{Group, Outlook, limits, tags};
use crate::resolve::finding::{Finding, Sort};
use crate::text::diagnostic::Sources;
use crate::text::node::{Node, Part};
use crate::text::spelling::three_digits;

/// How long what usually stands in front of a gateway waits for it, by default.
struct Proxy {
    name: &'static str,
    seconds: f64,
}

/// Sources: Azure Front Door, "Troubleshoot Azure Front Door common issues" (learn.microsoft.com: origin
/// response timeout, 30 s by default, 240 s at most); Google Cloud, "External Application Load Balancer
/// overview" (backend service timeout, 30 s); nginx, `ngx_http_proxy_module` (`proxy_read_timeout`, 60 s
/// between two reads); AWS, "Application Load Balancers" (idle timeout, 60 s). The first was read in November
/// 2026, the others are these pages as they are usually quoted.
const PROXIES: &[Proxy] = &[
    Proxy { name: "Azure Front Door", seconds: 30.0 },
    Proxy { name: "Google Cloud's load balancer", seconds: 30.0 },
    Proxy { name: "nginx", seconds: 60.0 },
    Proxy { name: "AWS's ALB", seconds: 60.0 },
];

/// Everything that surprises.
pub(super) fn findings(
    groups: &[Group],
    config: &Config,
    (tree, sources): (&Node, &Sources),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let fleet = Fleet::new(Arc::new(config.clone()));
    let place = |id: &str| {
        let position = config.deployments.iter().position(|one| one.id.as_str() == id)?;
        sources.place(tree.place(&format!("model_list[{position}].model_name"), Part::Value))
    };
    for group in groups.iter().filter(|group| !never_fails(group, config)) {
        let at = group.deployments.first().and_then(|first| place(&first.id));
        let members: Vec<(DeploymentIndex, &Configured)> =
            DeploymentIndex::all(config.deployments.len())
                .zip(&config.deployments)
                .filter(|(_, one)| *one.group == *group.name)
                .collect();
        let own =
            [nowhere_to_go(group), longer_than_proxies(group), too_few_attempts(group, config)];
        findings.extend(own.into_iter().flatten().map(|finding| finding.at(at.clone())));
        let chosen = never_chosen(&members, config).into_iter();
        findings.extend(chosen.map(|(id, finding)| finding.at(place(&id))));
        let kept = tags::kept_from_calm_traffic(&members, config).into_iter();
        findings.extend(kept.map(|(id, finding)| finding.at(place(&id))));
        findings.extend(never_out(group, &members, config).map(|finding| finding.at(at.clone())));
        let refuses = limits::refuses_at_a_limit(&fleet, &group.name);
        findings.extend(refuses.map(|finding| finding.at(at)));
    }
    findings
}

/// Whether all of its deployments answer by themselves, as the config says.
fn never_fails(group: &Group, config: &Config) -> bool {
    let mut members = config.deployments.iter().filter(|one| *one.group == *group.name);
    members.all(|one| one.mock.as_ref().is_some_and(|mock| mock.answers()))
}

fn outage(group: &Group, says: String) -> Finding {
    Finding::note(Sort::Outage, group.name.clone(), says)
}

/// One deployment, and no fallback.
fn nowhere_to_go(group: &Group) -> Option<Finding> {
    let alone = group.deployments.len() == 1 && group.falls_back_to.is_empty();
    alone.then(|| {
        outage(group, "has nowhere to fail over to: when its one deployment fails, it fails".into())
            .warning()
            .remedy("add a second deployment of that name, or a fallback for it")
    })
}

/// Waits that end at a proxy in front, before the gateway gives up or even begins to look elsewhere.
fn longer_than_proxies(group: &Group) -> Option<Finding> {
    let Outlook { attempts, seconds, .. } = &group.silent;
    let gone: Vec<String> = PROXIES
        .iter()
        .filter(|proxy| *seconds > proxy.seconds)
        .map(|proxy| format!("{} ({:.0} s)", proxy.name, proxy.seconds))
        .collect();
    if gone.is_empty() {
        return None;
    }
    let each = if *attempts > 0 { seconds / f64::from(*attempts) } else { 0.0 };
    let says = format!(
        "a silent provider keeps its clients waiting {}, over {attempts} attempt{}; in front of it, by \
         default, these answer 504 before that: {}",
        length(*seconds),
        if *attempts == 1 { "" } else { "s" },
        gone.join(", ")
    );
    let longest = PROXIES.iter().map(|proxy| proxy.seconds).fold(0.0, f64::max);
    let finding = outage(group, says).remedy(
        "set router_settings.timeout so that all attempts together end before the proxy does",
    );
    // The first attempt alone outlasts them all: no retry and no fallback is ever reached behind one.
    Some(if each >= longest { finding.warning() } else { finding })
}

/// Retries that end before everybody was asked.
fn too_few_attempts(group: &Group, config: &Config) -> Option<Finding> {
    let (members, leg) = (group.deployments.len(), group.refusing.legs.first()?);
    let few = (leg.attempts as usize) < members && config.personality.kind == Kind::Emulated;
    few.then(|| {
        let says = format!(
            "a request asks at most {} of its {members} deployments: num_retries is {}",
            leg.attempts, config.router.num_retries
        );
        outage(group, says).remedy(format!("set num_retries to {}", members - 1))
    })
}

/// Deployments that no request of their group reaches, or none in calm traffic by an oversight.
fn never_chosen(
    members: &[(DeploymentIndex, &Configured)],
    config: &Config,
) -> Vec<(String, Finding)> {
    let all: Vec<&Configured> = members.iter().map(|(_, one)| *one).collect();
    let emulated = config.personality.kind == Kind::Emulated;
    let weighted = config.router.routing_strategy.prefers == Preference::Weighted;
    let any_weight = all.iter().any(|one| one.weight.is_some_and(|weight| weight > 0.0));
    let any_order = all.iter().any(|one| one.order.is_some());
    let mut findings = Vec::new();
    for one in &all {
        let id = one.id.to_string();
        let about = |says: &str| Finding::note(Sort::Contradiction, id.clone(), says).warning();
        if emulated && any_order && one.order.is_none() {
            let says = "has no `order` while others of its group have: it is never chosen";
            let finding = about(says).remedy("give it an `order`, such as the highest");
            findings.push((id.clone(), finding));
        } else if weighted && any_weight && one.weight.is_none() && takes_part(config, &all, one) {
            let says = "has no `weight` while others of its group have: it gets no calm traffic";
            findings.push((id.clone(), about(says).remedy("give it a `weight`")));
        }
    }
    findings
}

/// Failures after which the next request goes to the same deployment again.
fn never_out(
    group: &Group,
    members: &[(DeploymentIndex, &Configured)],
    config: &Config,
) -> Option<Finding> {
    let (index, _) = members.first()?;
    let classes = gateway::never_cools(config, *index);
    if classes.is_empty() {
        return None;
    }
    let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    let why = match (config.router.disable_cooldowns, members.len()) {
        (true, _) => "disable_cooldowns is set",
        (false, 1) => "it is alone in its group",
        (false, _) => "the rules do not count them, or allow them",
    };
    let says = format!(
        "{} never take a deployment out of the rotation, however often they come: {why}",
        names.join(", ")
    );
    Some(outage(group, says))
}

fn length(seconds: f64) -> String {
    three_digits(std::time::Duration::from_secs_f64(seconds.max(0.0)))
}
