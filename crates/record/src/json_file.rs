//! `run.json` and `machine.json` on disk: one reader for both, bounded, because a run directory may
//! come from another machine.

use std::io::{self, Read};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::csv_file::ReadError;
use crate::open::open_regular;

/// Longest accepted file, in bytes: a run of 1,000 deployments and 1,000 faults stays under 2 MB.
const BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Reads one JSON file of a run directory.
///
/// # Errors
/// [`ReadError::Open`] if it cannot be read, is no regular file or is too long, [`ReadError::Json`] if
/// it is not what the schema says.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ReadError> {
    let open = |source| ReadError::Open { path: path.to_owned(), source };
    let mut text = Vec::new();
    let file = open_regular(path).map_err(open)?;
    file.take(BYTES_MAX + 1).read_to_end(&mut text).map_err(open)?;
    if text.len() as u64 > BYTES_MAX {
        let why = format!("it is longer than {} MB", BYTES_MAX / 1024 / 1024);
        return Err(open(io::Error::new(io::ErrorKind::FileTooLarge, why)));
    }
    serde_json::from_slice(&text)
        .map_err(|source| ReadError::Json { path: path.to_owned(), source })
}
