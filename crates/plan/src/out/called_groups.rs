//! Which groups the traffic calls, and whether they can fail over at all: a comparison of strategies
//! over one deployment compares nothing.

use record::RunInfo;

use crate::out::checked::Checked;
use crate::resolve::targets::glob;

/// A group that is called.
#[derive(Clone, Debug)]
pub(crate) struct CalledGroup {
    /// How many deployments it has, and what its fallbacks add, in words.
    pub words: String,
    /// Whether its requests can reach one deployment and no other, under every contender.
    pub is_alone: bool,
    /// Another group that can fail over, where the config has one.
    other: Option<String>,
}

impl CalledGroup {
    /// What to say of a group that cannot fail over.
    pub(crate) fn warning(&self) -> String {
        let remedy = match &self.other {
            Some(other) => format!("call a group that can by `--model {other}`"),
            None => "add a deployment to the group, or a fallback".to_owned(),
        };
        format!("{}: whoever routes, nothing can fail over; {remedy}", self.words)
    }
}

/// The groups that are called, in the order of first call.
pub(crate) fn called_groups(checked: &Checked<'_>, info: &RunInfo) -> Vec<CalledGroup> {
    let group = |model: &&str| {
        let reaches = info.contenders.iter().filter(|one| !one.mark).flat_map(|one| &one.reach);
        let reaches = reaches.filter(|reach| reach.model == *model);
        let most = reaches.map(|reach| reach.deployments.len()).max().unwrap_or(0);
        let own = info.contenders.iter().filter(|one| one.mark).flat_map(|one| &one.reach);
        let first =
            own.filter(|reach| reach.model == *model).find_map(|reach| reach.deployments.first());
        let members = &checked.fleet.members;
        let called = members.iter().find(|member| first.is_some_and(|id| id == member.id.as_str()));
        let size =
            members.iter().filter(|member| called.is_some_and(|one| one.group == member.group));
        let size = size.count();
        let deployments = if size == 1 { "deployment" } else { "deployments" };
        let fallback = match most.saturating_sub(size) {
            0 => "no fallback".to_owned(),
            more => format!("fallbacks to {more} more"),
        };
        let name =
            |name: &str| if name == *model { String::new() } else { format!(" (group `{name}`)") };
        let group = called.map_or_else(String::new, |called| name(&called.group));
        CalledGroup {
            words: format!("traffic calls `{model}`{group}: {size} {deployments}, {fallback}"),
            is_alone: most <= 1,
            other: other(checked, called.map_or("", |called| &called.group)),
        }
    };
    checked.models().iter().map(group).collect()
}

/// The largest group of at least two deployments beside `called`, which clients can name.
fn other(checked: &Checked<'_>, called: &str) -> Option<String> {
    let members = &checked.fleet.members;
    let size = |group: &str| members.iter().filter(|member| *member.group == *group).count();
    let others = members.iter().map(|member| &*member.group);
    let mut others =
        others.filter(|group| *group != called && !group.contains('*') && size(group) > 1);
    let first = others.next()?;
    let largest =
        others.fold(first, |best, next| if size(next) > size(best) { next } else { best });
    (!glob(called, largest)).then(|| largest.to_owned())
}
