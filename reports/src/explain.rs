//! Everything that happened to one request, from all three tables, as one timeline per contender.
//!
//! The clients' table says what the user saw, the ledger what reached a provider, the decisions why
//! the gateway did it. Told in the order of the run's clock, causes before effects, with the
//! distance to the intended instant. It reads the tables row by row and keeps only this request's
//! rows. Of somebody else's gateway there is the clients' table alone. It must never know a
//! percentile or a verdict.

mod sentences;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use record::run::{Clock, ContenderInfo};
use record::{AttemptRow, DecisionRow, ReadError, RequestRow, Row};

use sentences::ending;

use crate::reading;

/// Attempts or decisions told per contender; a request with more is a loop, and said to be cut.
const EVENTS_MAX: usize = 400;

/// The story of one request.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Which request.
    pub request: u64,
    /// One story per contender that was offered it, in the order of the scenario.
    pub stories: Vec<Story>,
    /// Which clock the run was played on.
    pub clock: Clock,
}

/// What happened to the request under one contender.
#[derive(Clone, Debug)]
pub struct Story {
    /// Which request.
    pub request: u64,
    /// The contender.
    pub contender: String,
    /// How it ended, in one sentence.
    pub ending: String,
    /// Whether it ended well.
    pub good: bool,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// When the schedule meant it to start, in nanoseconds.
    pub intended_ns: u64,
    /// What nobody recorded of it, in words.
    pub not_observed: Vec<&'static str>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in nanoseconds since the start of the run.
    pub at_ns: u64,
    /// Which table says so.
    pub source: Source,
    /// What, in words.
    pub text: String,
}

/// Which table an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `requests.csv`.
    Client,
    /// `decisions.csv`.
    Gateway,
    /// `attempts.csv`.
    Provider,
}

/// Why a request could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// A file is missing or not what the schema says.
    #[error("cannot explain: {0}; is this the directory that `brownout run` printed?")]
    Read(#[from] ReadError),
    /// No such contender.
    #[error("no contender `{name}` in this run; it has {known}")]
    NoContender {
        /// What was asked for.
        name: String,
        /// Who there is.
        known: String,
    },
    /// No such request.
    #[error("request {request} was not offered; this run's ids go from 0 to {last}")]
    NoRequest {
        /// What was asked for.
        request: u64,
        /// Largest id.
        last: u64,
    },
}

/// Tells the story of `request`. `dir` is a run directory, or one contender's directory inside it,
/// which stands for that contender.
///
/// # Errors
/// [`ExplainError`].
pub fn explain(
    dir: &Path,
    contender: Option<&str>,
    request: u64,
) -> Result<Explained, ExplainError> {
    let (root, contender) = locate(dir, contender);
    let run = reading::run(&root)?;
    let wanted = |name: &str| contender.as_deref().is_none_or(|only| only == name);
    let names: Vec<&str> = run.contenders.iter().map(|who| who.name.as_str()).collect();
    if let Some(name) = contender.as_deref().filter(|only| !names.contains(only)) {
        return Err(ExplainError::NoContender { name: name.to_owned(), known: names.join(", ") });
    }
    let (mut stories, mut last) = (Vec::new(), 0);
    for who in run.contenders.iter().filter(|who| wanted(&who.name)) {
        let dir = root.join(&who.name);
        let mut found = self::stories(&dir, &who.name, &BTreeSet::from([request]))?;
        found.iter_mut().for_each(|story| story.not_observed = not_observed(who));
        if found.is_empty() {
            last = last.max(largest(&dir.join("requests.csv"))?);
        }
        stories.extend(found);
    }
    if stories.is_empty() {
        return Err(ExplainError::NoRequest { request, last });
    }
    Ok(Explained { request, stories, clock: run.scenario.clock })
}

impl Source {
    /// The word in front of an event.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Gateway => "gateway",
            Self::Provider => "provider",
        }
    }
}

/// The run's root, and the contender if `dir` is one's directory.
fn locate(dir: &Path, contender: Option<&str>) -> (PathBuf, Option<String>) {
    let inside = !dir.join("run.json").exists() && dir.join("requests.csv").exists();
    match (inside.then(|| dir.parent()).flatten(), dir.file_name()) {
        (Some(root), Some(name)) => {
            let named =
                contender.map_or_else(|| name.to_string_lossy().into_owned(), str::to_owned);
            (root.to_owned(), Some(named))
        }
        _ => (dir.to_owned(), contender.map(str::to_owned)),
    }
}

/// Largest number of a request in a table.
fn largest(path: &Path) -> Result<u64, ReadError> {
    reading::rows::<RequestRow>(path)?.try_fold(0, |last, row| Ok(last.max(row?.request)))
}

/// The stories of these requests under one contender, in the order of their numbers, read in one pass per
/// table and one more for what became of the instances. `dir` is the contender's directory.
///
/// # Errors
/// [`ReadError`] if a table is not what the schema says.
pub(crate) fn stories(
    dir: &Path,
    contender: &str,
    wanted: &BTreeSet<u64>,
) -> Result<Vec<Story>, ReadError> {
    let mut requests: BTreeMap<u64, RequestRow> = BTreeMap::new();
    for row in reading::rows::<RequestRow>(&dir.join("requests.csv"))? {
        let row = row?;
        if wanted.contains(&row.request) {
            requests.insert(row.request, row);
        }
    }
    let asked = |request: Option<u64>| request.filter(|id| requests.contains_key(id));
    let mut attempts =
        rows(&dir.join("attempts.csv"), |attempt: &AttemptRow| asked(attempt.request))?;
    let mut decisions =
        rows(&dir.join("decisions.csv"), |decision: &DecisionRow| asked(decision.request))?;
    let of_instances = of_instances(&dir.join("decisions.csv"))?;
    let tell = |(id, row): (&u64, &RequestRow)| {
        let attempts = attempts.remove(id).unwrap_or_default();
        let mut decisions = decisions.remove(id).unwrap_or_default();
        let meanwhile = meanwhile(row, &decisions, &of_instances);
        decisions.extend(meanwhile);
        // Stable: what the table has at one instant stays in its order.
        decisions.sort_by_key(|decision| decision.at_ns);
        story(contender, row, attempts, &decisions)
    };
    Ok(requests.iter().map(tell).collect())
}

fn story(
    contender: &str,
    row: &RequestRow,
    attempts: Vec<AttemptRow>,
    decisions: &[DecisionRow],
) -> Story {
    let cut = attempts.len() == EVENTS_MAX || decisions.len() == EVENTS_MAX;
    let mut events = timeline::timeline(row, attempts, decisions);
    if cut {
        let at_ns = row.end_ns.unwrap_or(row.intended_ns);
        let text = format!("more than {EVENTS_MAX} events; the rest is in the tables");
        events.push(Event { at_ns, source: Source::Client, text });
    }
    Story {
        request: row.request,
        contender: contender.to_owned(),
        ending: ending(row),
        good: row.outcome == vocab::Outcome::Success,
        events,
        intended_ns: row.intended_ns,
        not_observed: Vec::new(),
    }
}

/// What nobody recorded of a contender.
fn not_observed(who: &ContenderInfo) -> Vec<&'static str> {
    let decisions = (!who.kind.tells_decisions()).then_some("what the gateway decided, and why");
    let attempts = (!who.is_observed()).then_some("what reached a provider");
    decisions.into_iter().chain(attempts).collect()
}

/// Starts, reloads and deaths of instances; the first [`EVENTS_MAX`].
fn of_instances(path: &Path) -> Result<Vec<DecisionRow>, ReadError> {
    let of_nobody = |decision: &DecisionRow| {
        let nobody = decision.request.is_none() && decision.deployment.is_none();
        nobody.then_some(0)
    };
    Ok(rows(path, of_nobody)?.into_values().flatten().collect())
}

/// What became of the instances where the request was while it was open. One that nobody told of may have been
/// at any.
fn meanwhile(
    row: &RequestRow,
    own: &[DecisionRow],
    of_instances: &[DecisionRow],
) -> Vec<DecisionRow> {
    let open = row.sent_ns.unwrap_or(row.intended_ns)..=row.end_ns.unwrap_or(u64::MAX);
    let was_at = |gateway: &str| own.is_empty() || own.iter().any(|told| told.gateway == gateway);
    let told = |row: &&DecisionRow| open.contains(&row.at_ns) && was_at(&row.gateway);
    of_instances.iter().filter(told).cloned().collect()
}

/// The first [`EVENTS_MAX`] rows of each request that `of` names; none where there is no such table.
fn rows<R>(path: &Path, of: impl Fn(&R) -> Option<u64>) -> Result<BTreeMap<u64, Vec<R>>, ReadError>
where
    R: Row + serde::de::DeserializeOwned,
{
    let mut found: BTreeMap<u64, Vec<R>> = BTreeMap::new();
    if !path.exists() {
        return Ok(found);
    }
    for row in reading::rows::<R>(path)? {
        let row = row?;
        if let Some(request) = of(&row) {
            let rows = found.entry(request).or_default();
            if rows.len() < EVENTS_MAX {
                rows.push(row);
            }
        }
    }
    Ok(found)
}
