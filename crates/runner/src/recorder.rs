//! Joins the observers of gateway, fakes and generator to the tables of one contender. It must
//! never conclude anything from a row.

mod attribution;
mod decision;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use attribution::Hosts;
pub(crate) use decision::kind_and_detail;
use fake_providers::config::FoundFavourite;
use gateway::observer::{Decision, Observer};
use record::{AttemptRow, DecisionRow, ReadError, RequestRow, RowReader, RowWriter, TargetRow};
use vocab::DeploymentId;

/// Writes the three tables of one contender. Shared by everybody who has something to record.
///
/// A table that cannot be written sets the stop flag: a benchmark that dropped rows has no result.
#[derive(Debug)]
pub(crate) struct Recorder {
    dir: PathBuf,
    stop: Arc<AtomicBool>,
    tables: Mutex<Tables>,
    /// Names of callers by their addresses, where addresses are all that a fake sees.
    callers: Mutex<BTreeMap<String, String>>,
}

/// Whether a gateway tells what it decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decisions {
    Told,
    Untold,
}

#[derive(Debug)]
struct Tables {
    requests: RowWriter<RequestRow>,
    attempts: RowWriter<AttemptRow>,
    /// `None` where the gateway tells nobody what it decides.
    decisions: Option<RowWriter<DecisionRow>>,
    /// Attempts per request, by request number; one byte each, saturating.
    attempts_by_request: Vec<u8>,
    failure: Option<io::Error>,
}

/// Why a contender's tables are incomplete.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The disk said no.
    #[error("cannot write the tables in {dir}: {source}; what was written until then is kept")]
    Write {
        /// Where.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was written cannot be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The requests before the ledger is joined to them.
const REQUESTS_PART: &str = "requests.part.csv";

/// The ledger while it is written anew.
const ATTEMPTS_PART: &str = "attempts.part.csv";

impl Recorder {
    /// Creates the tables in `dir`. `stop` is set when a row cannot be written.
    pub(crate) fn create(dir: &Path, stop: Arc<AtomicBool>) -> Result<Self, RecordError> {
        Self::create_with(dir, stop, Decisions::Told)
    }

    /// The same of a gateway that may tell nobody what it decides: then there is no such table.
    pub(crate) fn create_with(
        dir: &Path,
        stop: Arc<AtomicBool>,
        decisions: Decisions,
    ) -> Result<Self, RecordError> {
        let open = || -> io::Result<Tables> {
            Ok(Tables {
                requests: RowWriter::create(&dir.join(REQUESTS_PART))?,
                attempts: RowWriter::create(&dir.join("attempts.csv"))?,
                decisions: match decisions {
                    Decisions::Told => Some(RowWriter::create(&dir.join("decisions.csv"))?),
                    Decisions::Untold => None,
                },
                attempts_by_request: Vec::new(),
                failure: None,
            })
        };
        let tables = open().map_err(|source| RecordError::Write { dir: dir.to_owned(), source })?;
        Ok(Self {
            dir: dir.to_owned(),
            stop,
            tables: Mutex::new(tables),
            callers: Mutex::default(),
        })
    }

    /// Ends the tables, gives dials that name no request theirs where that is certain, and joins the number
    /// of attempts to each request.
    pub(crate) fn finish(self, hosts: &Hosts) -> Result<(), RecordError> {
        let Self { dir, tables, .. } = self;
        let mut tables = tables.into_inner().unwrap_or_else(PoisonError::into_inner);
        let write = |source| RecordError::Write { dir: dir.clone(), source };
        if let Some(source) = tables.failure {
            return Err(write(source));
        }
        tables.attempts.finish().map_err(write)?;
        let told = tables.decisions.is_some();
        tables.decisions.map(RowWriter::finish).transpose().map_err(write)?;
        tables.requests.finish().map_err(write)?;
        // Who does not tell its decisions does not tell whose dial was turned away.
        let given = if told { attribute_dials(&dir, hosts)? } else { Vec::new() };
        for request in given {
            count(&mut tables.attempts_by_request, request);
        }
        let part = dir.join(REQUESTS_PART);
        let mut joined = RowWriter::create(&dir.join("requests.csv")).map_err(write)?;
        for row in RowReader::<RequestRow>::open(&part)? {
            let mut row = row?;
            let index = usize::try_from(row.request).unwrap_or(usize::MAX);
            let attempts = tables.attempts_by_request.get(index).copied().unwrap_or(0);
            row.attempts = Some(u32::from(attempts));
            joined.push(ended(&row), row.request, row).map_err(write)?;
        }
        joined.finish().map_err(write)?;
        fs::remove_file(&part).map_err(write)
    }

    /// Whom faults about a favourite hit; without any there is no table of them.
    pub(crate) fn found(&self, favourites: &[(String, FoundFavourite)]) {
        if favourites.is_empty() {
            return;
        }
        let written = self.write_targets(favourites);
        let mut tables = self.tables();
        self.note(&mut tables, written);
    }

    fn write_targets(&self, favourites: &[(String, FoundFavourite)]) -> io::Result<()> {
        let mut table = RowWriter::create(&self.dir.join("targets.csv"))?;
        let mut in_order: Vec<_> = (0u64..).zip(favourites).collect();
        in_order.sort_by_key(|(_, (_, found))| found.at);
        for (tie, (fault, found)) in in_order {
            let ids: Vec<&str> = found.deployments.iter().map(DeploymentId::as_str).collect();
            let (fault, at_ns) = (fault.clone(), found.at.ns());
            table.push(at_ns, tie, TargetRow { fault, at_ns, deployments: ids.join("+") })?;
        }
        table.finish().map(|_| ())
    }

    /// Whoever calls from `address` stands in the ledger as `name`.
    pub(crate) fn caller(&self, address: &str, name: &str) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        callers.insert(address.to_owned(), name.to_owned());
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, tables: &mut Tables, written: io::Result<()>) {
        if let Err(error) = written {
            tables.failure.get_or_insert(error);
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn ended(row: &RequestRow) -> u64 {
    row.end_ns.unwrap_or(row.intended_ns)
}

impl loadgen::Sink for Recorder {
    fn request(&self, row: RequestRow) {
        let mut tables = self.tables();
        let written = tables.requests.push(ended(&row), row.request, row);
        self.note(&mut tables, written);
    }
}

impl fake_providers::Ledger for Recorder {
    fn attempt(&self, row: AttemptRow) {
        let mut row = row;
        let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = callers.get(&row.gateway) {
            row.gateway.clone_from(name);
        }
        drop(callers);
        let mut tables = self.tables();
        if let Some(request) = row.request {
            count(&mut tables.attempts_by_request, request);
        }
        let tie = row.request.unwrap_or(u64::MAX);
        let written = tables.attempts.push(row.ended_ns, tie, row);
        self.note(&mut tables, written);
    }
}

/// Counts an attempt of `request`.
fn count(attempts_by_request: &mut Vec<u8>, request: u64) {
    let Ok(index) = usize::try_from(request) else { return };
    // A prompt may claim any number; the table grows with the ledger, not with the claim.
    let grown = attempts_by_request.len() * 2 + REQUESTS_AT_ONCE;
    if index >= attempts_by_request.len() && index < grown {
        attempts_by_request.resize(grown, 0);
    }
    if let Some(count) = attempts_by_request.get_mut(index) {
        *count = count.saturating_add(1);
    }
}

/// Rewrites the ledger in `dir` where a dial in it can be given its request; returns these requests.
fn attribute_dials(dir: &Path, hosts: &Hosts) -> Result<Vec<u64>, RecordError> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let path = dir.join("attempts.csv");
    let attempts: Result<Vec<AttemptRow>, ReadError> = RowReader::open(&path)?.collect();
    let decisions: Result<Vec<DecisionRow>, ReadError> =
        RowReader::open(&dir.join("decisions.csv"))?.collect();
    let (mut attempts, decisions) = (attempts?, decisions?);
    let given = attribution::attribute(&mut attempts, &decisions, hosts);
    if !given.is_empty() {
        let write = |source| RecordError::Write { dir: dir.to_owned(), source };
        let part = dir.join(ATTEMPTS_PART);
        let mut ledger = RowWriter::create(&part).map_err(write)?;
        for row in attempts {
            ledger.push(row.ended_ns, row.request.unwrap_or(u64::MAX), row).map_err(write)?;
        }
        ledger.finish().map_err(write)?;
        fs::rename(&part, &path).map_err(write)?;
    }
    Ok(given)
}

/// Requests by which the table of attempts is always ahead: more than can be in flight at a time.
const REQUESTS_AT_ONCE: usize = 64 * 1024;

impl Observer for Recorder {
    fn saw(&self, decision: &Decision<'_>) {
        let (kind, detail) = kind_and_detail(&decision.what);
        let row = DecisionRow {
            at_ns: decision.at.ns(),
            request: decision.call_id.parse().ok(),
            gateway: decision.instance.to_owned(),
            kind,
            deployment: decision.deployment.map(ToString::to_string),
            detail,
        };
        let mut tables = self.tables();
        let tie = row.request.unwrap_or(u64::MAX);
        let written = match &mut tables.decisions {
            Some(decisions) => decisions.push(row.at_ns, tie, row),
            None => Ok(()),
        };
        self.note(&mut tables, written);
    }
}
