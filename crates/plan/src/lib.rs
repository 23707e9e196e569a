//! YAML to a checked [`Plan`]: typed twice, first what the user wrote (`raw`), then what the program
//! runs (`plan`).
//!
//! Texts come in and plans go out: [`load`] reads a scenario and the LiteLLM config that it names,
//! checks every section against both, and reports all mistakes at once with their places
//! ([`Report`]). Shipped scenarios, presets and prices are [`embedded`]. YAML never leaves this crate.
//! It must never know a file system, a clock, a socket, or what a run measured.

mod assemble;
mod catalogue;
mod compress;
mod config;
mod contenders;
mod deployments;
mod diagnostic;
mod digest;
pub mod embedded;
mod events;
mod faults;
mod fleet;
mod init;
mod instances;
mod links;
pub mod listing;
mod node;
mod plan;
mod presets;
mod prices;
mod quantity;
mod quotas;
mod raw;
mod read;
mod redact;
mod request;
mod run_info;
mod scenario;
mod schema;
mod serve;
mod served;
mod slo;
mod standing;
mod targets;
mod toxics;
mod traffic;
mod warnings;
mod workload;
mod yaml;

pub use config::MASTER_KEY;
pub use contenders::DIRECT;
pub use diagnostic::Report;
pub use events::{Pause, Turn, TurnKind};
pub use init::init;
pub use links::{Destination, LinkFault, Source};
pub use plan::{ClockKind, ContenderPlan, Plan, StandingFakes};
pub use presets::PresetLine;
pub use request::{Build, Request, Text};
pub use scenario::{load, question};
pub use schema::schema;
pub use serve::{gateway_config, list_presets, persona};
pub use served::served_config;
pub use yaml::BYTES_MAX;

pub use fake_providers::config::FakesConfig;
pub use gateway::litellm::Secrets;
