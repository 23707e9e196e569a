//! `brownout supervise` and `brownout become`: what `run` starts beside itself to hold a product.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use runner::Supervision;

use crate::args::{Become, ProgramArgs, Supervise};
use crate::exit::{Ended, Failure, Outcome};
use crate::signals;

/// Holds a program until stdin ends, or a signal comes.
pub(crate) fn supervise(args: &Supervise) -> Outcome {
    let told = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for signals: {error}")))?;
    let (program, arguments) = split(&args.command);
    let what = Supervision {
        program,
        arguments,
        log: args.log.clone(),
        grace: Duration::from_millis(args.grace_ms),
    };
    runner::supervise(&what, &told)
        .map_err(|error| Failure::Internal(format!("cannot supervise: {error}")))?;
    Ok(Ended::Done)
}

/// Becomes a program; returns only if that is not possible.
pub(crate) fn become_program(args: &Become) -> Outcome {
    let (program, arguments) = split(&args.command);
    let error = runner::become_program(args.supervisor, &program, &arguments);
    Err(Failure::User(format!("error: cannot run {}: {error}", program.display())))
}

fn split(command: &ProgramArgs) -> (PathBuf, Vec<OsString>) {
    let mut words = command.words.iter().cloned();
    (words.next().unwrap_or_default().into(), words.collect())
}
