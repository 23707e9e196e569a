//! The binary as users meet it, one module per behaviour.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

mod a_directory_has_one_run_at_a_time;
mod a_gateway_is_short_of_descriptors;
mod a_gateway_takes_leave;
mod a_gateway_takes_on_another_config;
mod a_request_is_explained;
mod a_run_touches_nothing_but_itself;
mod a_standing_gateway_is_put_under_load;
mod an_interrupted_run_keeps_what_it_measured;
mod architecture;
mod bad_input_is_told_with_place_and_remedy;
mod baselines_are_held;
mod bases_come_from_git;
mod changes_of_a_config_are_gated;
mod checks_stand_in_the_books;
mod ci_files_do_what_they_say;
mod configs_are_checked_before_they_are_relied_on;
mod dependencies;
mod documents_say_what_is_true;
mod exit_codes_say_how_it_ended;
mod fakes_stand_alone;
mod faults_that_overlap;
mod generated;
mod help_begins_with_an_example;
mod hostile_text_stays_text;
mod instances_are_told_apart;
mod newcomers_are_helped;
mod parity_is_counted;
mod products_are_contenders;
mod products_become_ready;
mod programs_leave_nothing_behind;
mod rooms;
mod runs_are_deterministic;
mod runs_are_told_briefly;
mod series_stand_by_themselves;
mod shipped_scenarios_have_different_winners;
mod standing;
#[path = "../../../runner/examples/storm/storm.rs"]
mod storm;
mod storms_hold;
mod strategies_win_and_lose;
mod streams_break_at_every_stage;
mod support;
mod verdicts_are_tried_on_variants;
mod wild_configs_are_served;
mod wild_configs_run;
