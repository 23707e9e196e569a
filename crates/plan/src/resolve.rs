//! From what the user wrote to what runs, section by section: the fleet of the config, targets,
//! fakes, traffic, faults, links, instances, events, contenders and the promise.
//!
//! It reads `text` and must never know what is made of its results.

pub(crate) mod abilities;
pub(crate) mod callable;
mod catalogue;
pub(crate) mod compress;
pub(crate) mod config;
pub(crate) mod contenders;
pub(crate) mod degree;
pub(crate) mod deployments;
mod distributions;
pub(crate) mod events;
pub(crate) mod faults;
pub(crate) mod finding;
pub(crate) mod fleet;
pub(crate) mod gate;
pub(crate) mod ignored;
pub(crate) mod impact;
pub(crate) mod instance_events;
pub(crate) mod instance_faults;
mod instants;
pub(crate) mod model_names;
pub(crate) mod presets;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod quotas;
pub(crate) mod shortened;
pub(crate) mod slo;
pub(crate) mod standing;
pub(crate) mod targets;
pub(crate) mod timeline;
pub(crate) mod toxics;
pub(crate) mod traffic;
pub(crate) mod variation;
mod workload;
