//! `quotas:`: limits that several deployments share, because their keys belong to one subscription.
//! Two keys, one bucket: failing over from one to the other wins nothing.

use fake_providers::config::{Limits, Quota};

use crate::resolve::deployments::{FakeSpec, merged};
use crate::resolve::fleet::Fleet;
use crate::resolve::targets::{TargetError, Targets};
use crate::text::diagnostic::Problem;
use crate::text::node::{Key, Node};
use crate::text::raw;
use crate::text::read::read;
use crate::text::spelling::show_limits;

/// What the section gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quotas {
    /// For the fakes.
    pub quotas: Vec<Quota>,
    /// One line per quota: who shares what.
    pub notes: Vec<String>,
}

/// Reads the section. Mistakes go to `problems`.
pub(crate) fn quotas(
    section: Option<&Node>,
    targets: Targets<'_>,
    specs: &[FakeSpec],
    problems: &mut Vec<Problem>,
) -> Quotas {
    let mut made = Quotas::default();
    if let Some(node) = section.filter(|node| node.entries().is_empty()) {
        let help = "write `pool: { limits: { requests: 6000/min }, deployments: [\"azure-*\"] }`";
        let message = format!("expected quotas by name, found {}", node.kind());
        problems.push(Problem::new(message).help(help).at(node.at));
    }
    for (key, node) in section.map_or(&[][..], Node::entries) {
        match quota((key, node), targets, specs, &made.quotas) {
            Ok((quota, note)) => {
                made.quotas.push(quota);
                made.notes.push(note);
            }
            Err(problem) => problems.push(problem),
        }
    }
    made
}

fn quota(
    (key, node): (&Key, &Node),
    targets: Targets<'_>,
    specs: &[FakeSpec],
    before: &[Quota],
) -> Result<(Quota, String), Problem> {
    let text: raw::Quota = read(node)?;
    let limits = merged(Limits::default(), text.limits);
    if limits == Limits::default() {
        return Err(Problem::new(format!("the quota `{}` limits nothing", key.name))
            .help("give it `limits: { requests: 6000/min, tokens: 1M/min }`")
            .at(key.at));
    }
    let fleet = targets.fleet;
    let mut positions: Vec<usize> = Vec::new();
    for target in &text.deployments {
        let found = targets.resolve(&target.value, &key.name).map_err(|error| match error {
            TargetError::Invalid(message, help) | TargetError::NoMatch(message, help) => {
                Problem::new(message).help(help).at(target.at)
            }
        })?;
        for at in found {
            let member = &fleet.members[at];
            let first = positions.first().map_or(member, |first| &fleet.members[*first]);
            if member.vendor != first.vendor || member.protocol != first.protocol {
                let message = format!(
                    "the quota `{}` spans {} (`{}`) and {} (`{}`): no two providers share a bucket",
                    key.name, first.vendor, first.id, member.vendor, member.id
                );
                let help = "one quota per provider: choose its deployments by id or glob";
                return Err(Problem::new(message).help(help).at(target.at));
            }
            if let Some(other) = before.iter().find(|quota| quota.deployments.contains(&at)) {
                let message = format!("`{}` shares the quota `{}` already", member.id, other.id);
                return Err(Problem::new(message)
                    .help("a deployment draws from one quota at most")
                    .at(target.at));
            }
            if !positions.contains(&at) {
                positions.push(at);
            }
        }
    }
    positions.sort_unstable();
    if positions.is_empty() {
        let help = "name them: `deployments: [\"region:eastus\"]`";
        return Err(Problem::new(format!("nobody shares the quota `{}`", key.name))
            .help(help)
            .at(key.at));
    }
    let note = note(&key.name, &limits, fleet, &positions, specs);
    Ok((Quota { id: key.name.clone(), deployments: positions, limits }, note))
}

/// Who shares what, and whose own limits no longer count.
fn note(
    name: &str,
    limits: &Limits,
    fleet: &Fleet,
    positions: &[usize],
    specs: &[FakeSpec],
) -> String {
    let own = |at: &&usize| specs.get(**at).is_some_and(|spec| spec.limits != Limits::default());
    let replaced: Vec<usize> = positions.iter().filter(own).copied().collect();
    let mut note = format!(
        "quota {name}: {} share {}",
        fleet.ids(positions).join(", "),
        show_limits(limits).join(", ")
    );
    if !replaced.is_empty() {
        let ids = fleet.ids(&replaced).join(", ");
        note += &format!("; it takes the place of the own limits of {ids}");
    }
    note
}
