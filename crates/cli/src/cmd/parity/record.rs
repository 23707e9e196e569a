//! The record of `brownout parity`: a file of lines below `runs/parity`, which a second run continues.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::files;

/// A record.
#[derive(Debug)]
pub(crate) struct Record {
    path: PathBuf,
}

impl Record {
    /// The record of that name about a version of the product.
    pub(crate) fn named(version: &str, name: &str) -> Result<Self, Failure> {
        let fits = |text: &str| {
            !text.is_empty()
                && text.len() <= NAME_BYTES_MAX
                && !text.starts_with('.')
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
        };
        if let Some(wrong) = [version, name].into_iter().find(|text| !fits(text)) {
            return Err(Failure::User(format!(
                "error: `{wrong}` cannot name a record\n  help: letters, digits, `.`, `_` and `-`"
            )));
        }
        let folder = Path::new("runs/parity").join(format!("litellm-{version}"));
        Ok(Self { path: folder.join(format!("{name}.jsonl")) })
    }

    /// As the user can find it.
    pub(crate) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Where config and log of the product are kept that was started last.
    pub(crate) fn process_dir(&self) -> PathBuf {
        self.path.with_extension("process")
    }

    /// All of it; nothing where there is none yet.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        match std::fs::read(&self.path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    /// Writes all of it anew.
    pub(crate) fn rewrite(&self, text: &str) -> Result<(), Failure> {
        files::write(&self.path, text.as_bytes())
    }

    /// Opens it for more lines.
    pub(crate) fn append(&self) -> Result<Appending, Failure> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let opened = std::fs::create_dir_all(folder)
            .and_then(|()| OpenOptions::new().create(true).append(true).open(&self.path));
        let file = opened.map_err(|error| self.failed("write", &error))?;
        let path = self.path.clone();
        Ok(Appending { file, path, lost: None })
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> Failure {
        Failure::Internal(format!("cannot {what} {}: {error}", self.path.display()))
    }
}

/// Longest name of a record, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Lines that are added as they come.
#[derive(Debug)]
pub(crate) struct Appending {
    file: File,
    path: PathBuf,
    lost: Option<std::io::Error>,
}

impl Appending {
    /// Adds a line; the first that cannot be written is remembered.
    pub(crate) fn line(&mut self, line: &str) {
        if let Err(error) = self.file.write_all(format!("{line}\n").as_bytes()) {
            self.lost.get_or_insert(error);
        }
    }

    /// Whether every line was written.
    pub(crate) fn check(self) -> Result<(), Failure> {
        match self.lost {
            None => Ok(()),
            Some(error) => Err(Failure::Internal(format!(
                "cannot write {}: {error}; what is missing is played again next time",
                self.path.display()
            ))),
        }
    }
}
