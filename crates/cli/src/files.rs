//! Reading what the user named, with limits, and writing what was made.

use std::io::Read;
use std::path::Path;

use crate::exit::Failure;

/// Largest scenario or config, in bytes: 10 MB is already a mistake.
pub(crate) const TEXT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Reads a text of at most [`TEXT_BYTES_MAX`] that the command line names: it may be a pipe, as
/// `--config <(sops -d config.yaml)` is.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    text(path, std::fs::File::open(path))
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
