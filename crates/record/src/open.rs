//! Opening what a run directory holds, which may come from anybody: only regular files, so that a pipe
//! or a device cannot make the reader wait, and none that lies outside the directory.
//!
//! It must never know what stands in a file.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Opens a regular file for reading.
///
/// # Errors
/// As `open(2)`; [`io::ErrorKind::InvalidInput`] for a pipe, a device, a socket or a folder.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Asked before it is opened: opening a pipe waits for its writer.
    regular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Checks that `path`, symbolic links followed, lies in the folder `root`. What is not there lies
/// nowhere, and passes.
///
/// # Errors
/// As `realpath(3)`; [`io::ErrorKind::InvalidInput`] for a path that leads out.
pub fn inside(root: &Path, path: &Path) -> io::Result<()> {
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return dangling(path),
        Err(error) => return Err(error),
    };
    if real.starts_with(fs::canonicalize(root)?) {
        return Ok(());
    }
    Err(refused("it is a link that leads out of the run directory"))
}

fn regular(found: &fs::Metadata) -> io::Result<()> {
    if found.is_file() { Ok(()) } else { Err(refused("it is not a regular file")) }
}

/// A link to nowhere may lead anywhere later; a name that nothing has is no link.
fn dangling(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(refused("it is a link to nothing")),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why.to_owned())
}
