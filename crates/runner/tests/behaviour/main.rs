//! Plans played to their end in one or both worlds, one module per behaviour.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

mod a_server_that_ends_fails_the_run;
mod a_timeline_is_replayed;
mod both_clocks_agree;
mod contenders_meet_the_same_luck;
mod direct_follows_the_phases;
mod favourites_are_each_contenders_own;
mod links_and_instances_fail;
mod preflight_asks_everybody;
mod runs_are_the_same_on_every_platform;
mod savable_is_played;
mod support;
mod the_end_of_a_world_is_nobodys_failure;
mod the_tables_tell_the_truth;
mod what_validates_runs;
