//! The temporary home of a program: a folder that only we may enter, gone when its owner is dropped. What an
//! owner that was killed has left is removed by the next one. It must never know what the program is.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// How the folders of all homes begin.
const PREFIX: &str = "brownout-home-";

/// Turns before a home that somebody removes over and over is given up.
const TRIES_MAX: usize = 10;

/// A home, ours until this is dropped.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    /// The folder, locked: the system takes the lock back when we end, however we end.
    _lock: File,
}

impl Home {
    /// Makes a home in the system's temporary folder, and removes those there whose owner is gone.
    pub(super) fn make() -> io::Result<Self> {
        let place = std::env::temp_dir();
        sweep(&place);
        for _ in 0..TRIES_MAX {
            let path = place.join(format!("{PREFIX}{:016x}", world::entropy().0));
            DirBuilder::new().mode(0o700).create(&path)?;
            // Whoever sweeps may have taken it for one without an owner until it was locked.
            if let Ok(folder) = File::open(&path)
                && folder.lock().is_ok()
                && path.is_dir()
            {
                return Ok(Self { path, _lock: folder });
            }
        }
        Err(io::Error::other("a temporary folder is removed as soon as it is made"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be removed now, the next one removes.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes homes in `place` that nobody has: of ours only, and no links.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            let path = entry.path();
            if is_abandoned(&path).unwrap_or(false) {
                // The next one tries again.
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

fn is_abandoned(path: &Path) -> io::Result<bool> {
    let is = fs::symlink_metadata(path)?;
    if !is.is_dir() || is.uid() != rustix::process::getuid().as_raw() {
        return Ok(false);
    }
    match File::open(path)?.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
