//! The binary as users meet it, one module per behaviour.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

mod a_run_touches_nothing_but_itself;
mod an_interrupted_run_keeps_what_it_measured;
mod bad_input_is_told_with_place_and_remedy;
mod runs_are_deterministic;
mod support;
