//! Whose a run directory is while it is written: a lock beside it, which the system takes back when its
//! owner ends, however it ends; and what an owner that was killed has left beside the directory, which
//! the next one tidies up. It must never know what stands in a run.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::{DirectoryError, at};

/// A run directory is this process's until this is dropped.
#[derive(Debug)]
pub struct Claim {
    /// The lock's file and where it stands; `None` where the file system knows no locks.
    lock: Option<(File, PathBuf)>,
    /// The directory, absolute.
    target: PathBuf,
}

/// Folders beside the target, hidden, that belong to whoever has the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// A run that is being written.
    Partial,
    /// The run that stood there, while another takes its place.
    Old,
}

/// Turns before a lock that is made and removed over and over is given up.
const TRIES_MAX: usize = 100;

/// Longest number of a process, in bytes, that is read from a lock.
const PID_BYTES_MAX: u64 = 20;

impl Claim {
    /// Takes the directory `target`, brings back a whole run that a killed process had moved aside,
    /// and removes what such a process has left.
    ///
    /// # Errors
    /// [`DirectoryError::Busy`] if another process has it; [`DirectoryError::Here`];
    /// [`DirectoryError::Io`].
    pub(super) fn take(target: &Path) -> Result<Self, DirectoryError> {
        let target = absolute(target)?;
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        let claim = Self { lock: lock(&target)?, target };
        claim.tidy_up()?;
        Ok(claim)
    }

    /// Where a run is written before it stands at the target.
    pub(super) fn partial(&self) -> PathBuf {
        self.beside(Beside::Partial)
    }

    /// Puts the directory `new` in the target's place. A run that stands there is moved aside first, so
    /// that at every instant one of them is whole.
    pub(super) fn put(&self, new: &Path, target: &Path) -> Result<(), DirectoryError> {
        let old = self.beside(Beside::Old);
        match fs::rename(target, &old) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(at(target)(source)),
        }
        fs::rename(new, target).map_err(at(target))?;
        remove(&old)
    }

    fn beside(&self, what: Beside) -> PathBuf {
        let ending = format!("{}{}", std::process::id(), what.ending());
        self.target.with_file_name(format!("{}{ending}", prefix(&self.target)))
    }

    /// Whatever stands beside the target belongs to nobody: its owner would have the lock.
    fn tidy_up(&self) -> Result<(), DirectoryError> {
        for old in left_beside(&self.target, Beside::Old)? {
            if self.target.exists() {
                remove(&old)?;
            } else {
                fs::rename(&old, &self.target).map_err(at(&old))?;
            }
        }
        for partial in left_beside(&self.target, Beside::Partial)? {
            remove(&partial)?;
        }
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.lock {
            // Removed while it is still held: whoever opened it before finds that it is gone.
            let _ = fs::remove_file(path);
        }
    }
}

impl Beside {
    const fn ending(self) -> &'static str {
        match self {
            Self::Partial => ".partial",
            Self::Old => ".old",
        }
    }
}

/// The target as an absolute path. A directory that is, or holds, the current one cannot be replaced.
fn absolute(target: &Path) -> Result<PathBuf, DirectoryError> {
    let here = || DirectoryError::Here(target.to_owned());
    let absolute = std::path::absolute(target).map_err(at(target))?;
    let current = std::env::current_dir().map_err(at(target))?;
    if current.starts_with(&absolute) || absolute.file_name().is_none() {
        return Err(here());
    }
    Ok(absolute)
}

/// Locks the file beside `target`.
fn lock(target: &Path) -> Result<Option<(File, PathBuf)>, DirectoryError> {
    let path = target.with_file_name(format!("{}lock", prefix(target)));
    for _ in 0..TRIES_MAX {
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(at(&path))?;
        match file.try_lock() {
            // Its last owner may have removed it between our opening and our locking.
            Ok(()) if !still_stands(&file, &path) => continue,
            Ok(()) => {
                // Only for whoever is turned away: the lock holds without it.
                let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                return Ok(Some((file, path)));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(DirectoryError::Busy { dir: target.to_owned(), owner: owner(file) });
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(None);
            }
            Err(TryLockError::Error(source)) => return Err(at(&path)(source)),
        }
    }
    Err(DirectoryError::Busy { dir: target.to_owned(), owner: "another process".to_owned() })
}

/// Who wrote a lock, in words.
fn owner(mut file: File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(PID_BYTES_MAX).read_to_string(&mut text));
    match read.ok().and_then(|_| text.trim().parse::<u32>().ok()) {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}

#[cfg(unix)]
fn still_stands(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let (here, there) = (file.metadata().map(identity), fs::metadata(path).map(identity));
    here.ok().zip(there.ok()).is_some_and(|(here, there)| here == there)
}

#[cfg(not(unix))]
fn still_stands(_: &File, path: &Path) -> bool {
    path.exists()
}

/// How everything beside `target` begins that belongs to its owner: `.NAME.`.
fn prefix(target: &Path) -> String {
    let name = target.file_name().unwrap_or(OsStr::new("run"));
    format!(".{}.", name.to_string_lossy())
}

/// Folders that owners have left beside `target`, the youngest name last.
fn left_beside(target: &Path, what: Beside) -> Result<Vec<PathBuf>, DirectoryError> {
    let Some(parent) = target.parent() else { return Ok(Vec::new()) };
    let prefix = prefix(target);
    let mut left = Vec::new();
    for entry in fs::read_dir(parent).map_err(at(parent))? {
        let path = entry.map_err(at(parent))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let pid = name.strip_prefix(&*prefix).and_then(|rest| rest.strip_suffix(what.ending()));
        if pid.is_some_and(|pid| !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())) {
            left.push(path);
        }
    }
    left.sort_unstable();
    Ok(left)
}

/// Removes a folder, or a link to one; what is not there is removed already.
fn remove(path: &Path) -> Result<(), DirectoryError> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(at(path)(source)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Claim;
    use crate::directory::DirectoryError;

    #[test]
    fn a_directory_has_one_owner_at_a_time_and_no_lock_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("deep/run");
        let first = Claim::take(&target).expect("free");
        let busy = Claim::take(&target).expect_err("taken");
        let said = busy.to_string();
        assert!(matches!(busy, DirectoryError::Busy { .. }), "{said}");
        assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
        drop(first);
        drop(Claim::take(&target).expect("free again"));
        assert_eq!(fs::read_dir(folder.path().join("deep")).expect("there").count(), 0);
    }

    #[test]
    fn a_lock_without_an_owner_is_nobodys() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(".run.lock"), "1").expect("written");
        Claim::take(&folder.path().join("run")).expect("a file alone is no lock");
    }

    #[test]
    fn what_a_killed_process_left_is_tidied_up_and_a_whole_run_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let make = |name: &str| {
            fs::create_dir(folder.path().join(name)).expect("made");
            fs::write(folder.path().join(name).join("run.json"), name).expect("written");
        };
        // Killed between moving the old run aside and moving the new one in.
        make(".run.7.old");
        make(".run.7.partial");
        make(".other.7.partial");
        make(".run.x.partial");
        let target = folder.path().join("run");
        let claim = Claim::take(&target).expect("free");
        assert_eq!(fs::read_to_string(target.join("run.json")).expect("back"), ".run.7.old");
        assert!(!folder.path().join(".run.7.partial").exists());
        // Killed after the new one was in.
        drop(claim);
        make(".run.8.old");
        let claim = Claim::take(&target).expect("free");
        assert_eq!(fs::read_to_string(target.join("run.json")).expect("kept"), ".run.7.old");
        drop(claim);
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("there")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        left.sort();
        assert_eq!(left, [".other.7.partial", ".run.x.partial", "run"], "what is not ours stays");
    }

    #[test]
    fn the_new_run_takes_the_place_of_the_old_one_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("run");
        let claim = Claim::take(&target).expect("free");
        for text in ["first", "second"] {
            fs::create_dir(claim.partial()).expect("made");
            fs::write(claim.partial().join("run.json"), text).expect("written");
            claim.put(&claim.partial(), &target).expect("moved");
            assert_eq!(fs::read_to_string(target.join("run.json")).expect("there"), text);
        }
        drop(claim);
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
    }
}
