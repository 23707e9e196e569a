//! `brownout`: arguments in, printing and exit codes out. No logic: what can be wrong about a run is
//! decided in the libraries, and what is wrong is told here.

mod args;
mod cmd;
mod environment;
mod exit;
mod files;
mod git;
mod progress;
mod screen;
mod signals;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match args::Cli::try_parse() {
        Ok(cli) => exit::code(cmd::run(cli)),
        Err(error) => exit::usage(&error),
    }
}
