//! What surprises about tags: deployments that requests without tags do not reach, or not while anybody else is healthy.

use gateway::config::{Config, Deployment as Configured, DeploymentIndex, TAG_DEFAULT};
use gateway::decisions::{looks_at_tags, untagged};

use crate::resolve::finding::{Finding, Sort};

/// The deployments of a group that tags keep from calm traffic without tags, by their ids.
pub(super) fn kept_from_calm_traffic(
    members: &[(DeploymentIndex, &Configured)],
    config: &Config,
) -> Vec<(String, Finding)> {
    let indices: Vec<DeploymentIndex> = members.iter().map(|(index, _)| *index).collect();
    if !looks_at_tags(config, &indices) {
        return Vec::new();
    }
    let meant = untagged(config, &indices);
    let kept = members.iter().filter(|(index, _)| !meant.contains(index));
    kept.map(|(_, one)| (one.id.to_string(), finding(one))).collect()
}

/// Tags are a config's own words, and so are not repeated.
fn finding(one: &Configured) -> Finding {
    let about = |says: String| Finding::note(Sort::Advice, one.id.to_string(), says);
    if one.tags.own.is_empty() {
        let says = "has no tags while others of its group are tagged `default`: no request reaches it before all of \
                    these cool";
        let remedy = "tag it `default`, or give it a tag that clients send";
        return about(says.to_owned()).warning().remedy(remedy);
    }
    about(format!(
        "serves requests that carry one of its tags; those without tags reach it only while every deployment tagged \
         `{TAG_DEFAULT}` cools"
    ))
}
