//! The programs that a storm runs: the built `brownout`, and the script that recomputes its numbers. It must never know
//! what a scenario is about.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The binary under test.
    pub(crate) brownout: PathBuf,
    /// `scripts/recompute.py`, run by `python3`.
    pub(crate) recompute: PathBuf,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit code; -1 for a signal.
    pub(crate) code: i32,
    /// Its stdout.
    pub(crate) out: String,
    /// Its stderr.
    pub(crate) err: String,
}

impl Ran {
    /// Its last lines, to show why it ended as it did.
    pub(crate) fn tail(&self) -> String {
        let lines: Vec<&str> = self.out.lines().chain(self.err.lines()).collect();
        lines[lines.len().saturating_sub(TAIL)..].join(" / ")
    }
}

/// Lines that [`Ran::tail`] shows.
const TAIL: usize = 4;

impl Programs {
    /// Runs `brownout` in a folder, without the caller's environment.
    pub(crate) fn brownout(&self, folder: &Path, arguments: &[&str]) -> io::Result<Ran> {
        let mut command = Command::new(&self.brownout);
        ran(command.args(arguments).current_dir(folder).env_clear())
    }

    /// Recomputes the numbers of a run directory.
    pub(crate) fn recompute(&self, run: &Path) -> io::Result<Ran> {
        let mut command = Command::new("python3");
        ran(command.arg(&self.recompute).arg(run))
    }
}

fn ran(command: &mut Command) -> io::Result<Ran> {
    let output = command.output()?;
    Ok(Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
