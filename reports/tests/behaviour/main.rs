//! Behaviour of `reports`, through its public door: a synthetic run directory goes in, numbers,
//! verdicts and files come out. Expected numbers are worked out by hand beside each test.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do; clippy only knows functions marked #[test]"
)]

mod books;
mod charts;
mod explain;
mod fault_cases;
mod faults;
mod files;
mod gates_are_told;
mod hostile_text;
mod impact;
mod numbers;
mod page;
mod products;
mod remote;
mod robust;
mod scale;
mod screens;
mod seeds;
mod support;
mod validity;
mod verdict;
mod verdict_close_calls;
mod verdict_missing_data;
mod verdict_untested;
mod what_the_instrument_moves;
