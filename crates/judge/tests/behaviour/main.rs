//! What `judge` promises, through its public door.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of a test stop it where they fail")]

mod a_dead_product_has_not_answered;
mod litellm_under_load;
mod parity_cases;
mod parity_is_published;
mod parity_runs;
mod support;
