//! What the user wrote: YAML with places, the scenario's format key by key, quantities with their
//! units, requests of the command line, and the report of every mistake.
//!
//! It knows nobody: not what a scenario is resolved to, and not what is made of it.

pub(crate) mod changes;
pub(crate) mod diagnostic;
pub mod embedded;
pub(crate) mod include;
pub(crate) mod litellm_words;
pub(crate) mod node;
pub(crate) mod quantity;
pub(crate) mod question;
pub(crate) mod quoted;
pub(crate) mod raw;
pub(crate) mod read;
pub(crate) mod reading;
pub(crate) mod request;
pub(crate) mod scalar;
pub(crate) mod spelling;
pub(crate) mod yaml;
