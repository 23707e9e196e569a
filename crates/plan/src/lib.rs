//! YAML to a checked [`Plan`]: typed twice, first what the user wrote (`text`), then what the
//! program runs (`resolve`, `out`).
//!
//! Texts come in and plans go out: [`load()`] reads a scenario and the LiteLLM config that it names,
//! checks every section against both, and reports all mistakes at once with their places
//! ([`Report`]). Shipped scenarios, presets and prices are [`embedded`]. YAML never leaves this crate.
//! It must never know a file system, a clock, a socket, or what a run measured.

mod load;
mod out;
mod resolve;
mod text;

pub use load::{load, vary};
pub use out::check::{Check, check, check_schema};
pub use out::config_changes::{
    ChangeSort, ConfigChange, ConfigChanges, changed_config, config_changes,
};
pub use out::data::data;
pub use out::init::init;
pub use out::isolated_config::isolated_config;
pub use out::listing;
pub use out::plan::{ContenderPlan, Overlay, Plan, ProcessPlan, series_name};
pub use out::rewritten_config::{Served, point_entry, pointed_config, served_config};
pub use out::run_info::config_hash;
pub use out::schema::schema;
pub use out::standalone::{gateway_config, list_presets, persona};
pub use resolve::config::MASTER_KEY;
pub use resolve::contenders::{DIRECT, ProcessSpec};
pub use resolve::finding::{Finding, Level, Sort};
pub use resolve::gate::GateRules;
pub use resolve::instance_events::{InstanceEvent, InstanceEventKind, Pause};
pub use resolve::presets::PresetLine;
pub use resolve::products::ProductName;
pub use resolve::standing::{StandingFakes, standing_fakes};
pub use resolve::timeline::{Destination, LinkFault, Source};
pub use resolve::variation::{Variation, by_degree};
pub use text::diagnostic::Report;
pub use text::embedded;
pub use text::include::ReadFile;
pub use text::question::question;
pub use text::raw::OnUntested;
pub use text::request::{Arm, Build, ClockKind, Compared, Request, Taken, Text};
pub use text::yaml::BYTES_MAX;

pub use fake_providers::config::FakesConfig;
pub use gateway::litellm::Secrets;
