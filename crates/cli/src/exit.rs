//! Exit codes: 0 done or pass, 1 a required promise was missed, 2 usage, scenario or config error,
//! 3 measurement invalid, or a required promise that it cannot tell, 4 internal error, 130 interrupted.

use std::process::ExitCode;

use crate::screen;

/// How a command ended, when it has nothing more to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Done.
    Done,
    /// A required promise was missed.
    Missed,
    /// Nobody can tell whether a required promise is kept.
    Undecided,
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
    /// The same, told by a library with places and colours.
    Mistakes(String),
    /// Nothing was measured, through nobody's mistake here: what was under test ended by itself.
    Unmeasured(String),
    /// The user cannot: a bug, or the machine.
    Internal(String),
}

impl Failure {
    /// What went wrong, for a sentence that begins elsewhere.
    pub(crate) fn sentence(&self) -> String {
        let (Self::User(text)
        | Self::Mistakes(text)
        | Self::Unmeasured(text)
        | Self::Internal(text)) = self;
        text.trim_start_matches("error: ").to_owned()
    }

    /// Says it.
    pub(crate) fn tell(&self) {
        match self {
            Self::User(text) | Self::Unmeasured(text) => screen::complain(text),
            Self::Mistakes(text) => screen::complain_painted(text),
            Self::Internal(text) => screen::complain(&format!("error: {text}")),
        }
    }
}

/// What a command returns.
pub(crate) type Outcome = Result<Ended, Failure>;

/// Prints what is left to print, and turns it into a code.
pub(crate) fn code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(_) if screen::lost_a_result() => ExitCode::from(4),
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Missed) => ExitCode::from(1),
        Ok(Ended::Invalid | Ended::Undecided) => ExitCode::from(3),
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Err(failure) => {
            failure.tell();
            match failure {
                Failure::User(_) | Failure::Mistakes(_) => ExitCode::from(2),
                Failure::Unmeasured(_) => ExitCode::from(3),
                Failure::Internal(_) => ExitCode::from(4),
            }
        }
    }
}

/// clap's own errors: help and version are results, everything else is usage.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let hidden = |argument: std::ffi::OsString| {
        argument
            .to_string_lossy()
            .contains(|c| vocab::is_hidden(c) || c == char::REPLACEMENT_CHARACTER)
    };
    if error.use_stderr() && std::env::args_os().any(hidden) {
        // clap quotes arguments as they are, and paints.
        screen::complain(&text);
    } else {
        // A closed pipe is the reader's choice.
        let _ = error.print();
    }
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
