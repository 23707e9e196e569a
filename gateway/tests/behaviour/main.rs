//! The gateway through its public door, one module per behaviour: over the wire on an in-memory network in
//! paused time, and its policy with neither clock nor network.

mod any_strategy_under_any_personality;
mod balances;
mod bounds_slow_clients;
mod bounds_tries;
mod client_leaves;
mod ends_in_order;
mod fails_over_before_the_first_token;
mod first_tokens_reach_the_strategy;
mod gives_up_by_its_own_deadlines;
mod is_deterministic;
mod keeps_keys_to_itself;
mod limits_requests_at_a_time;
mod litellm_counts_once_per_request;
mod litellm_ends_streams;
mod litellm_names_failures;
mod litellm_on_the_wire;
mod litellm_outlasts_its_clients;
mod litellm_releases_differ;
mod names_stay_names;
mod never_switches_after_commit;
mod policy;
mod requests_bring_fallbacks;
mod says_what_it_does_not_do;
mod says_when_to_come_back;
mod serves_endpoints;
mod speaks_anthropic;
mod speaks_gemini;
mod speaks_messages;
mod strategies_hear_of_attempts;
mod support;
mod takes_on_another_config;
mod the_door;
mod translates_or_refuses;
mod translation_table;
mod what_providers_get;
