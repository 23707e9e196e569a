//! Reading what the user named, with limits, and writing what was made.

use std::io::{Read, Write as _};
use std::path::Path;

use crate::exit::Failure;

/// Largest scenario or config, in bytes: 10 MB is already a mistake.
pub(crate) const TEXT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Reads a text of at most [`TEXT_BYTES_MAX`] that the command line names: it may be a pipe, as
/// `--config <(sops -d config.yaml)` is.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    text(path, std::fs::File::open(path))
}

/// Reads a certificate and its key.
pub(crate) fn read_pem(certificate: &Path, key: &Path) -> Result<runner::Pem, Failure> {
    let certificate = read_text(certificate)?.into_bytes();
    Ok(runner::Pem { certificate, key: read_text(key)?.into_bytes() })
}

/// Reads a text that a file names, which may come from anybody: only a regular file.
pub(crate) fn read_named_text(path: &Path) -> Result<String, Failure> {
    text(path, record::open_regular(path))
}

fn text(path: &Path, opened: std::io::Result<std::fs::File>) -> Result<String, Failure> {
    let failed =
        |why: String| Failure::User(format!("error: cannot read {}: {why}", path.display()));
    let file = opened.map_err(|error| failed(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(TEXT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        return Err(failed(format!(
            "it is larger than {} MB; scenarios and configs are a few kB: is this the right file?",
            TEXT_BYTES_MAX / 1024 / 1024
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        failed(format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to()))
    })
}

/// Writes a file and the folder that it stands in, saying which one could not be written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), std::fs::create_dir_all);
    written.and_then(|()| std::fs::write(path, bytes)).map_err(|error| {
        Failure::Internal(format!(
            "cannot write {}: {error}; free some space or choose another place",
            path.display()
        ))
    })
}

/// Adds to the end of a file.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
    opened
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| Failure::Internal(format!("cannot write {}: {error}", path.display())))
}

/// Writes a file that only its owner may read, whatever stood there before.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), std::fs::create_dir_all);
    written.and_then(|()| replaced(path, bytes)).map_err(|error| {
        Failure::Internal(format!(
            "cannot write {}: {error}; free some space or choose another place",
            path.display()
        ))
    })
}

/// Beside it first, then in its place: nobody reads half of it, and an older file's mode does not stay.
fn replaced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A pipe or a device is somebody's who waits at its other end.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return std::fs::write(path, bytes);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = std::path::PathBuf::from(beside);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| file.write_all(bytes));
    let written = written.and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // What is left of a failed attempt is of no use to anybody.
        let _ = std::fs::remove_file(&beside);
    }
    written
}
