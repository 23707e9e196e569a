//! The policy, through its public door: strategies, cooldowns, retries, fallbacks, names, errors,
//! and the reading of LiteLLM configs. No clock and no network: whatever time it is, the test says.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::needless_pass_by_value, reason = "literals read better where they are used up")]

mod addresses;
mod cloud_credentials;
mod cooldowns_like_litellm;
mod cooldowns_of_our_own;
mod deadlines;
mod errors;
mod fallbacks;
mod given;
mod litellm_configs;
mod personalities;
mod probes_of_our_own;
mod retries;
mod routing;
mod strategies_conform;
mod strategies_rank;
