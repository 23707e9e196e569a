//! What surprises about limits: deployments that take only so many requests at a time, and whoever comes then is
//! refused.

use gateway::config::DeploymentIndex;
use gateway::decisions::{Fleet, LimitedBy};
use gateway::policy::{AtLimit, Busy};

use crate::resolve::finding::{Finding, Sort};

/// The narrowest deployment of a group, where further requests are refused and not kept waiting.
pub(super) fn refuses_at_a_limit(fleet: &Fleet, group: &str) -> Option<Finding> {
    let limit = |index: &DeploymentIndex| {
        let (most, by) = fleet.parallel_limit(*index)?;
        let deployment = &fleet.deployments()[index.get()];
        match fleet.config().personality.policy.at_limit(&Busy { deployment, most }) {
            AtLimit::Waits | AtLimit::Spills { .. } => None,
            AtLimit::Refuses(_) => Some((most, by)),
        }
    };
    let (most, by) = fleet.members(group).iter().filter_map(limit).min_by_key(|(most, _)| *most)?;
    let from = match by {
        LimitedBy::Own => String::new(),
        LimitedBy::Rpm | LimitedBy::Tpm | LimitedBy::Default => {
            format!(" (`{}` stands for `max_parallel_requests` here)", by.key())
        }
    };
    let says = format!(
        "takes at most {most} request{} at a time{from}, a stream until its end: the next one is refused with 429 at \
         once, and tried again as after any 429; nothing queues",
        if most == 1 { "" } else { "s" }
    );
    let finding = Finding::note(Sort::Advice, group.to_owned(), says);
    Some(match by {
        LimitedBy::Own => finding,
        LimitedBy::Rpm | LimitedBy::Tpm | LimitedBy::Default => {
            finding.remedy("set `max_parallel_requests` to what the deployment really takes")
        }
    })
}
