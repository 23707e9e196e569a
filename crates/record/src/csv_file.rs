//! Tables on disk: a streaming writer that keeps the promised order, and a streaming reader.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cell;
use crate::open::open_regular;
use crate::rows::Row;

/// How long a row is held back, so that rows of several threads come out in order: 2 s of run time.
const HOLD_NS: u64 = 2_000_000_000;

/// Writes one table, rows in order of `(instant, tie)`.
///
/// Rows may be handed in up to two seconds of run time out of order; what is held back is bounded by the rows
/// of that time.
#[derive(Debug)]
pub struct RowWriter<R> {
    out: csv::Writer<BufWriter<File>>,
    held: BinaryHeap<Reverse<Held<R>>>,
    arrivals: u64,
    rows: u64,
}

#[derive(Debug)]
struct Held<R> {
    key: (u64, u64, u64),
    row: R,
}

impl<R: Serialize + Row> RowWriter<R> {
    /// Creates the file and writes its header.
    ///
    /// # Errors
    /// As `open(2)`.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut out = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(BufWriter::with_capacity(256 * 1024, File::create(path)?));
        out.write_record(R::COLUMNS).map_err(into_io)?;
        Ok(Self { out, held: BinaryHeap::new(), arrivals: 0, rows: 0 })
    }

    /// Hands in a row that belongs to `at_ns`; `tie` orders rows of the same instant.
    ///
    /// # Errors
    /// As `write(2)`: a full disk, for one.
    pub fn push(&mut self, at_ns: u64, tie: u64, row: R) -> io::Result<()> {
        self.arrivals += 1;
        self.held.push(Reverse(Held { key: (at_ns, tie, self.arrivals), row }));
        while let Some(Reverse(oldest)) = self.held.peek() {
            if oldest.key.0.saturating_add(HOLD_NS) > at_ns {
                break;
            }
            self.pop()?;
        }
        Ok(())
    }

    /// Writes what is held back, and flushes.
    ///
    /// # Errors
    /// As `write(2)`.
    pub fn finish(mut self) -> io::Result<u64> {
        while !self.held.is_empty() {
            self.pop()?;
        }
        self.out.flush()?;
        Ok(self.rows)
    }

    fn pop(&mut self) -> io::Result<()> {
        if let Some(Reverse(Held { mut row, .. })) = self.held.pop() {
            self.rows += 1;
            row.each_text(&mut |text| {
                if let Cow::Owned(inert) = cell::inert(text) {
                    *text = inert;
                }
            });
            self.out.serialize(row).map_err(into_io)?;
        }
        Ok(())
    }
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

impl<R> PartialEq for Held<R> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<R> Eq for Held<R> {}

impl<R> PartialOrd for Held<R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Ord for Held<R> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A row is not what the schema says.
    #[error("{path}, row {row}: {source}")]
    Row {
        /// Which file.
        path: PathBuf,
        /// Row number from 1, without the header.
        row: u64,
        /// Why.
        #[source]
        source: csv::Error,
    },
    /// A JSON file is not what the schema says.
    #[error("{path}: {source}")]
    Json {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Reads one table row by row, and gives its texts back as they were before they became cells.
pub struct RowReader<R> {
    path: PathBuf,
    rows: csv::DeserializeRecordsIntoIter<Bounded, R>,
    row: u64,
    left: Arc<AtomicUsize>,
}

/// A table's bytes, of which no row may have more than [`ROW_BYTES_MAX`]: a cell that never ends would
/// fill the memory.
#[derive(Debug)]
struct Bounded {
    file: BufReader<File>,
    /// Bytes that may still be read until the next row is out.
    left: Arc<AtomicUsize>,
}

/// Longest row, in bytes: a joined list of 1,000 deployments stays under 300 kB.
const ROW_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            let why = format!("a row is longer than {} MB", ROW_BYTES_MAX / 1024 / 1024);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        let n = self.file.read(out)?;
        self.left.store(left.saturating_sub(n), Ordering::Relaxed);
        Ok(n)
    }
}

impl<R> std::fmt::Debug for RowReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowReader").field("path", &self.path).field("row", &self.row).finish()
    }
}

impl<R: DeserializeOwned + Row> RowReader<R> {
    /// Opens the table.
    ///
    /// # Errors
    /// [`ReadError::Open`], also for what is no regular file.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let file = open_regular(path)
            .map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
        let left = Arc::new(AtomicUsize::new(ROW_BYTES_MAX));
        let file = BufReader::with_capacity(256 * 1024, file);
        let rows = csv::Reader::from_reader(Bounded { file, left: Arc::clone(&left) });
        Ok(Self { path: path.to_owned(), rows: rows.into_deserialize(), row: 0, left })
    }
}

impl<R: DeserializeOwned + Row> Iterator for RowReader<R> {
    type Item = Result<R, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.row += 1;
        self.left.store(ROW_BYTES_MAX, Ordering::Relaxed);
        let row = self.rows.next()?;
        let failed = |source| ReadError::Row { path: self.path.clone(), row: self.row, source };
        Some(row.map_err(failed).map(|mut row: R| {
            row.each_text(&mut |text| {
                if cell::original(text).len() < text.len() {
                    text.remove(0);
                }
            });
            row
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::{HOLD_NS, RowWriter};
    use crate::rows::OracleRow;

    #[test]
    fn no_more_is_held_back_than_the_rows_of_two_seconds() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut table = RowWriter::create(&folder.path().join("oracle.csv")).expect("created");
        for request in 0..1_000 {
            let row =
                OracleRow { request, warmup: false, savable: true, deployments: String::new() };
            table.push(request * HOLD_NS / 20, request, row).expect("written");
            assert!(table.held.len() <= 20, "{} are held back", table.held.len());
        }
        assert_eq!(table.rows, 980);
        assert_eq!(table.finish().expect("finished"), 1_000);
    }
}
