//! What users write and what becomes of it, one module per behaviour.

mod abilities_are_found;
mod configs_are_checked;
mod configs_are_read_as_pyyaml_reads_them;
mod diagnostics;
mod favourites;
mod gemini_and_bedrock;
#[path = "../../../cli/tests/behaviour/generated.rs"]
mod generated;
mod hashes;
mod hostile;
mod includes;
mod nothing_runs_that_nobody_meets;
mod prices_are_found;
mod promises_that_cannot_be_told;
mod quotas_are_shared;
mod random_incidents;
mod resolving;
mod secrets_stay_secret;
mod shipped;
mod starting;
mod support;
mod timelines_are_checked;
mod two_configs_are_compared;
mod vain_hopes_are_told;
mod variables_and_credentials;
mod varying;
mod vendors_are_told_apart;
