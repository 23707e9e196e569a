//! The fakes as clients and operators meet them, one module per behaviour.

mod addresses_have_paths;
mod answers_in_the_providers_words;
mod bedrock_speaks;
mod connections_break_at_onset;
mod fault_catalogue;
mod faults_reach_sockets;
mod faults_reach_the_client;
mod favourites_are_found;
mod gemini_speaks;
#[path = "../../../crates/cli/tests/behaviour/generated.rs"]
mod generated;
mod hostile_clients_are_survived;
mod http2_is_spoken;
mod limits_and_slots_hold;
mod luck_is_keyed;
mod ollama_speaks;
mod operations_of_each_provider;
mod prompts_ask_for_what_they_want;
mod requests_are_validated;
mod rules_change_while_they_stand;
#[cfg(test)]
mod support;
mod the_admin_api_shows_and_changes;
mod the_catalogue_reaches_the_client;
mod the_ledger_names_every_request;
