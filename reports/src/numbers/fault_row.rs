//! What befell one contender on purpose, row by row: the faults of the scenario, then the events that change a config.
//!
//! Each row has a window, and says what it acted on: deployments, or gateway instances, each for its own time. It must
//! never know a request.

use std::collections::BTreeMap;
use std::path::Path;

use record::run::{ActsOn, ContenderInfo, EventInfo, EventKind, FaultInfo};
use record::{ReadError, RunInfo, TargetRow, is_instance};

use crate::reading;
use crate::report::FaultKind;

/// Most instances that a row tells apart: those that a scenario may have.
pub(crate) const INSTANCES_MAX: u32 = 64;

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct FaultRow {
    pub(crate) kind: FaultKind,
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) target: String,
    /// The scenario's entry that it was expanded from.
    pub(crate) entry: Option<String>,
    /// Start of its window.
    pub(crate) from_ns: u64,
    /// End of its window, exclusive; its start, where it takes no time.
    pub(crate) to_ns: u64,
    pub(crate) acts: Acts,
    /// Where it acts at whoever has that.
    pub(crate) acts_on: ActsOn,
    /// Whether every attempt at a target can fail by it, so that leaving the target alone means something.
    pub(crate) can_be_detected: bool,
}

/// What a row acted on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Acts {
    /// On deployments; the ledger names who met it.
    Deployments {
        /// Their ids.
        ids: Vec<String>,
        /// The instance whose link to them it is about; `None` is everybody's.
        caller: Option<u32>,
    },
    /// On gateway instances, or on a link to them.
    Instances(Vec<Hit>),
    /// On an instance that this contender does not have.
    Nowhere,
}

/// Instances that were acted on, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) instances: Instances,
    pub(crate) from_ns: u64,
    /// End, exclusive; later than the start by one nanosecond where it took no time.
    pub(crate) to_ns: u64,
}

/// A set of gateway instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instances(u64);

impl Instances {
    /// All of so many.
    pub(crate) fn all(count: u32) -> Self {
        (1..=count).map(Self::only).fold(Self::default(), Self::and)
    }

    /// The instance of this number, from 1; nobody where there can be none.
    pub(crate) fn only(number: u32) -> Self {
        let bit = number.checked_sub(1).filter(|bit| *bit < INSTANCES_MAX);
        Self(bit.map_or(0, |bit| 1 << bit))
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is nobody in it.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether somebody is in both.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FaultRow {
    /// The rows of one contender, whose tables are in `dir`: faults in the order of the scenario, then events.
    pub(crate) fn all(
        run: &RunInfo,
        who: &ContenderInfo,
        dir: &Path,
    ) -> Result<Vec<Self>, ReadError> {
        let resolved = resolved_targets(&dir.join("targets.csv"))?;
        let faults = run.faults.iter().map(|fault| of_fault(fault, who, &resolved));
        let events = run.events.iter().filter_map(|event| of_event(event, who));
        Ok(faults.chain(events).collect())
    }

    /// Whether this contender had what the row acted on.
    pub(crate) fn is_here(&self) -> bool {
        self.acts != Acts::Nowhere
    }

    /// Ids of the deployments that it acted on; none of instances.
    pub(crate) fn deployments(&self) -> &[String] {
        match &self.acts {
            Acts::Deployments { ids, .. } => ids,
            Acts::Instances(_) | Acts::Nowhere => &[],
        }
    }

    /// What it acted on, of instances; nothing of deployments.
    pub(crate) fn hits(&self) -> &[Hit] {
        match &self.acts {
            Acts::Instances(hits) => hits,
            Acts::Deployments { .. } | Acts::Nowhere => &[],
        }
    }
}

/// What a target that depends on the contender was, by fault; empty where the scenario has none.
fn resolved_targets(path: &Path) -> Result<BTreeMap<String, Vec<String>>, ReadError> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let resolved = reading::rows::<TargetRow>(path)?.map(|row| {
        let TargetRow { fault, deployments, .. } = row?;
        let ids = deployments.split('+').filter(|id| !id.is_empty());
        Ok((fault, ids.map(str::to_owned).collect()))
    });
    resolved.collect()
}

fn of_fault(
    fault: &FaultInfo,
    who: &ContenderInfo,
    resolved: &BTreeMap<String, Vec<String>>,
) -> FaultRow {
    let ids = || resolved.get(&fault.id).unwrap_or(&fault.deployments).clone();
    let all = instances_of(who);
    let named = fault.instance.map_or(all, Instances::only);
    let whole_window = fault.to_ns.saturating_sub(fault.from_ns);
    let acts = match fault.acts_on {
        _ if fault.instance.is_some() && !named.meets(all) => Acts::Nowhere,
        ActsOn::Deployments => Acts::Deployments { ids: ids(), caller: fault.instance },
        ActsOn::Instances | ActsOn::Link if all.is_empty() => Acts::Nowhere,
        ActsOn::Instances | ActsOn::Link => {
            let lasts_ns = fault.down_ns.unwrap_or(whole_window);
            Acts::Instances(vec![hit(named, fault.from_ns, lasts_ns)])
        }
    };
    FaultRow {
        kind: FaultKind::Fault,
        id: fault.id.clone(),
        summary: fault.summary.clone(),
        target: fault.target.clone(),
        entry: fault.origin.as_ref().map(|origin| origin.entry.clone()),
        from_ns: fault.from_ns,
        to_ns: fault.to_ns,
        acts,
        acts_on: fault.acts_on,
        can_be_detected: fault.share >= 1.0 && fault.when.is_empty() && !fault.only_slows,
    }
}

/// A mark changes nothing and has no row.
fn of_event(event: &EventInfo, who: &ContenderInfo) -> Option<FaultRow> {
    let all = instances_of(who);
    let down_ns = event.down_ns.unwrap_or(0);
    let turn = |number: u32| {
        let turns_before = u64::from(number - 1);
        let since_ns = event.every_ns.unwrap_or(0).saturating_mul(turns_before);
        hit(Instances::only(number), event.at_ns.saturating_add(since_ns), down_ns)
    };
    let hits: Vec<Hit> = match event.kind {
        EventKind::Apply => vec![hit(all, event.at_ns, 0)],
        EventKind::Rollout => (1..=who.instances.min(INSTANCES_MAX)).map(turn).collect(),
        EventKind::Mark => return None,
    };
    let to_ns = match (event.kind, hits.last()) {
        (EventKind::Rollout, Some(last)) => last.from_ns.saturating_add(down_ns),
        (EventKind::Rollout | EventKind::Apply | EventKind::Mark, _) => event.at_ns,
    };
    Some(FaultRow {
        kind: FaultKind::Event,
        id: event.id.clone(),
        summary: event.summary.clone(),
        target: "gateway".to_owned(),
        entry: None,
        from_ns: event.at_ns,
        to_ns,
        acts: if all.is_empty() { Acts::Nowhere } else { Acts::Instances(hits) },
        acts_on: ActsOn::Instances,
        can_be_detected: false,
    })
}

fn hit(instances: Instances, from_ns: u64, lasts_ns: u64) -> Hit {
    Hit { instances, from_ns, to_ns: from_ns.saturating_add(lasts_ns.max(1)) }
}

/// The instances of a contender; the mark without a gateway has none.
fn instances_of(who: &ContenderInfo) -> Instances {
    if who.mark { Instances::default() } else { Instances::all(who.instances) }
}

/// The instance that the tables call `name`; nobody for the address of a caller on sockets.
pub(crate) fn instance_named(name: &str) -> Instances {
    let number = name.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
    let number = number.filter(|_| is_instance(name)).and_then(|number| number.parse().ok());
    number.map_or_else(Instances::default, Instances::only)
}

#[cfg(test)]
mod tests {
    use super::{Instances, instance_named};

    #[test]
    fn instances_are_sets_of_numbers_from_one_to_sixty_four() {
        let two = Instances::only(1).and(Instances::only(2));
        assert_eq!(Instances::all(2), two);
        assert!(two.meets(Instances::only(2)) && !two.meets(Instances::only(3)));
        for nobody in [Instances::all(0), Instances::only(0), Instances::only(65)] {
            assert!(nobody.is_empty());
        }
        assert!(Instances::all(64).meets(Instances::only(64)));
    }

    #[test]
    fn only_names_tell_which_instance_called() {
        assert_eq!(instance_named("gateway[2]"), Instances::only(2));
        for stranger in ["127.0.0.1:4000", "balancer", "gateway[x]", "gateway[0]", "[2]"] {
            assert!(instance_named(stranger).is_empty(), "{stranger}");
        }
    }
}
