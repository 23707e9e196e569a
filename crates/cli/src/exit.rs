//! Exit codes: 0 done or pass, 1 a required promise was missed, 2 usage, scenario or config error,
//! 3 measurement invalid, 4 internal error, 130 interrupted.

use std::process::ExitCode;

use crate::screen;

/// How a command ended, when it has nothing more to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Done.
    Done,
    /// A required promise was missed.
    Missed,
    /// The measurement is invalid.
    Invalid,
    /// Ctrl-C; what was measured is written.
    Interrupted,
}

/// Why a command did not end well, with the text for the user.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The user can mend it: a wrong argument, scenario, config, file or port.
    User(String),
    /// The user cannot: a bug, or the machine.
    Internal(String),
}

/// What a command returns.
pub(crate) type Outcome = Result<Ended, Failure>;

/// Prints what is left to print, and turns it into a code.
#[expect(clippy::print_stderr, reason = "the cli prints; everything but results goes to stderr")]
pub(crate) fn code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(_) if screen::lost_a_result() => ExitCode::from(4),
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Missed) => ExitCode::from(1),
        Ok(Ended::Invalid) => ExitCode::from(3),
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Err(Failure::User(text)) => {
            eprintln!("{}", text.trim_end());
            ExitCode::from(2)
        }
        Err(Failure::Internal(text)) => {
            eprintln!("error: {}", text.trim_end());
            ExitCode::from(4)
        }
    }
}

/// clap's own errors: help and version are results, everything else is usage.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is the reader's choice.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
