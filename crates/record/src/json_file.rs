//! `run.json` and `machine.json` on disk: one reader for both, bounded, because a run directory may
//! come from another machine.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::csv_file::ReadError;

/// Longest accepted file, in bytes: a run of 1,000 deployments and 1,000 faults stays under 2 MB.
const BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Reads one JSON file of a run directory.
///
/// # Errors
/// [`ReadError::Open`] if it cannot be read, [`ReadError::Json`] if it is not what the schema says.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ReadError> {
    let open = |source| ReadError::Open { path: path.to_owned(), source };
    let mut text = Vec::new();
    File::open(path).map_err(open)?.take(BYTES_MAX).read_to_end(&mut text).map_err(open)?;
    serde_json::from_slice(&text)
        .map_err(|source| ReadError::Json { path: path.to_owned(), source })
}
