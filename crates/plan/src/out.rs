//! What is made of a checked scenario: the plan and its `run.json`, warnings, the hash that names it;
//! and what the other commands print: the schema, lists, a first scenario, configs for standing
//! gateways and fakes.
//!
//! It reads `text` and `resolve`; nobody but the crate's front door reads it.

pub(crate) mod assemble;
mod called_groups;
mod canonical;
pub(crate) mod check;
pub(crate) mod checked;
pub(crate) mod config_changes;
pub(crate) mod data;
mod hash;
pub(crate) mod init;
pub(crate) mod isolated_config;
pub mod listing;
pub(crate) mod plan;
mod played_as;
mod processes;
pub(crate) mod rewritten_config;
pub(crate) mod run_info;
pub(crate) mod schema;
pub(crate) mod standalone;
mod untold;
mod warnings;
