//! What each gateway instance of a contender does when. Deaths of instances by faults join the config
//! changes in one list, because a process that starts again starts with the config of its time.

use std::sync::Arc;

use gateway::config::Config;
use vocab::At;

use crate::resolve::events::Change;
use crate::resolve::instance_faults::InstanceFaultKind;
use crate::resolve::timeline::InstanceFault;

/// Something that happens to one gateway instance of a contender.
#[derive(Clone, Debug)]
pub struct InstanceEvent {
    /// When.
    pub at: At,
    /// To which instance, from 1.
    pub instance: u32,
    /// What.
    pub what: InstanceEventKind,
}

/// What happens to an instance.
#[derive(Clone, Debug)]
pub enum InstanceEventKind {
    /// It takes on another config while it serves.
    Reload(Arc<Config>),
    /// It dies, and starts again at `until`, with another config or the same.
    Die {
        /// When it listens again.
        until: At,
        /// Its config from then on; `None` is the one it had.
        config: Option<Arc<Config>>,
    },
}

/// A time in which an instance is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The fault's id.
    pub id: String,
    /// Which instance, from 1.
    pub instance: u32,
    /// Start.
    pub from: At,
    /// End, exclusive.
    pub to: At,
}

/// What happens to the instances of one contender, in the order of time. `configs` are those after
/// each change.
pub(crate) fn instance_events(
    instances: u32,
    changes: &[Change],
    configs: &[Arc<Config>],
    faults: &[InstanceFault],
) -> Vec<InstanceEvent> {
    let changed = changes.iter().zip(configs);
    let mut events: Vec<InstanceEvent> =
        changed.flat_map(|(change, config)| of_change(change, instances, config)).collect();
    for fault in faults {
        let InstanceFaultKind::Dies(down) = fault.kind else { continue };
        let until = fault.from.plus(down);
        events.extend(hit(fault, instances).map(|instance| InstanceEvent {
            at: fault.from,
            instance,
            what: InstanceEventKind::Die { until, config: None },
        }));
    }
    events.sort_by_key(|event| event.at);
    events
}

/// What a change comes to at each of so many instances.
fn of_change(
    change: &Change,
    instances: u32,
    config: &Arc<Config>,
) -> impl Iterator<Item = InstanceEvent> + use<> {
    let Change { from, every, down, .. } = change.clone();
    let config = Arc::clone(config);
    (1..=instances).map(move |instance| {
        let at = from.plus(every.saturating_mul(instance - 1));
        let config = Arc::clone(&config);
        let what = match down {
            None => InstanceEventKind::Reload(config),
            Some(down) => InstanceEventKind::Die { until: at.plus(down), config: Some(config) },
        };
        InstanceEvent { at, instance, what }
    })
}

/// When the instances of one contender are stopped.
pub(crate) fn pauses(instances: u32, faults: &[InstanceFault]) -> Vec<Pause> {
    let stops = faults.iter().filter(|fault| fault.kind == InstanceFaultKind::Stops);
    stops
        .flat_map(|fault| {
            hit(fault, instances).map(|instance| Pause {
                id: fault.id.clone(),
                instance,
                from: fault.from,
                to: fault.to,
            })
        })
        .collect()
}

fn hit(fault: &InstanceFault, instances: u32) -> impl Iterator<Item = u32> + use<> {
    let wanted = fault.instance;
    (1..=instances).filter(move |number| wanted.is_none_or(|wanted| wanted == *number))
}
