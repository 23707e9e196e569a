//! Files as git has them at a revision, read without touching the work tree: by the `git` of the machine.
//!
//! Everything that is passed on was checked not to be an option, and every answer is bounded.

use std::path::Path;
use std::process::{Command, Stdio};

/// Most bytes of one file, or of one list of names.
const BYTES_MAX: usize = 8_000_000;

/// A revision: what a user may write after `git:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revision(String);

impl Revision {
    /// `origin/main`, `HEAD~1`, a hash.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != ':';
        match text.is_empty() || text.starts_with('-') || !text.chars().all(plain) {
            true => Err(format!("`{text}` is no revision; write git:origin/main or git:HEAD~1")),
            false => Ok(Self(text.to_owned())),
        }
    }

    /// As the user wrote it.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The file at this revision that stands at `path` in the work tree; `None` if there is none.
    ///
    /// # Errors
    /// Why git cannot tell, in one sentence.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<String>, String> {
        let (folder, name) = place(path)?;
        let object = format!("{}:./{name}", self.0);
        self.known(folder)?;
        if git(folder, &["cat-file", "-e", &object]).is_err() {
            return Ok(None);
        }
        let bytes = git(folder, &["show", "--no-textconv", &object])?;
        String::from_utf8(bytes).map(Some).map_err(|_| format!("{object} is not UTF-8"))
    }

    /// Files below the folder of `path` that differ between this revision and the work tree, as paths from there; new ones
    /// that git does not know yet among them.
    ///
    /// # Errors
    /// Why git cannot tell, in one sentence.
    pub(crate) fn changed(&self, path: &Path) -> Result<Vec<String>, String> {
        let (folder, _) = place(path)?;
        self.known(folder)?;
        let top = git(folder, &["rev-parse", "--show-toplevel"])?;
        let top = String::from_utf8_lossy(&top).trim_end().to_owned();
        let top = Path::new(&top);
        let mut names = git(top, &["diff", "--name-only", "--no-ext-diff", "-z", &self.0, "--"])?;
        names.extend(git(top, &["ls-files", "--others", "--exclude-standard", "-z"])?);
        let names = String::from_utf8_lossy(&names).into_owned();
        Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// # Errors
    /// That there is no such revision, and how it is fetched.
    fn known(&self, folder: &Path) -> Result<(), String> {
        let commit = format!("{}^{{commit}}", self.0);
        git(folder, &["rev-parse", "--verify", "--quiet", &commit]).map(drop).map_err(|error| {
            if error.starts_with("git cannot be run") || error.contains("not a git repository") {
                return error;
            }
            format!(
                "git has no revision `{}` here; in CI, fetch it first (`fetch-depth: 0`, or `git fetch origin {}`)",
                self.0,
                self.0.trim_start_matches("origin/")
            )
        })
    }
}

/// The folder of a file, and its name.
fn place(path: &Path) -> Result<(&Path, &str), String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| format!("{} names no file", path.display()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")), name))
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "core.quotePath=false"]).args(arguments);
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("git cannot be run: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or("git failed").to_owned();
        return Err(first);
    }
    if output.stdout.len() > BYTES_MAX {
        return Err(format!("git answered with more than {} MB", BYTES_MAX / 1_000_000));
    }
    Ok(output.stdout)
}
