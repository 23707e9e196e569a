//! Nothing is sent to a deployment that cools while another is free.
//!
//! By each instance's own rows of `decisions.csv`, since every instance learns for itself. A deployment cools from its
//! row `cooldown` for the time that the row says. A row that sends (`pick`, `retry`, `failover`) to one that cools is
//! wrong
//! - under `litellm-1.106` always: where everybody cools, LiteLLM refuses;
//! - under `brownout` if another deployment of its group has never cooled, or has served as many requests that began
//!   after its cooldown as its probes may be: then it is neither open nor half open, and stands higher.
//!
//! What was learned is forgotten when an instance begins, takes on a config or dies (`start`, `reload`, `kill`); what
//! requests from before that learn afterwards is the old book's. Rows of the millisecond in which a cooldown begins or
//! ends are not judged. It must never know the program's own account of who was healthy.

use std::collections::BTreeMap;

use record::run::ContenderInfo;
use record::{DecisionKind, DecisionRow, RowReader, RunInfo};

use super::played::Runs;

/// Probes that a deployment may have to answer before it is closed again.
const PROBES_MAX: u32 = 3;

/// What one instance has learned about one deployment.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    from_ns: u64,
    until_ns: u64,
    served_since: u32,
}

impl Known {
    fn cools(&self, at_ns: u64) -> bool {
        self.from_ns < at_ns && at_ns + MILLISECOND < self.until_ns
    }

    fn is_closed(&self, at_ns: u64) -> bool {
        self.until_ns == 0 || (self.until_ns <= at_ns && self.served_since >= PROBES_MAX)
    }
}

/// What one instance has learned.
#[derive(Debug, Default)]
struct Book {
    known: BTreeMap<String, Known>,
    /// Requests that began since it was opened, each with the instant of its pick.
    requests: BTreeMap<u64, u64>,
}

/// Instants are whole milliseconds.
const MILLISECOND: u64 = 1_000_000;

/// The first decision that sends to a deployment that cools while another is free.
pub(crate) fn wrong(runs: &Runs) -> Option<String> {
    let contenders = runs.info.contenders.iter().filter(|contender| !contender.mark);
    contenders.filter_map(|contender| of(runs, contender)).next()
}

fn of(runs: &Runs, contender: &ContenderInfo) -> Option<String> {
    let path = runs.first.join(&contender.name).join("decisions.csv");
    let mut rows: Vec<DecisionRow> = match RowReader::open(&path).and_then(Iterator::collect) {
        Ok(rows) => rows,
        Err(error) => return Some(error.to_string()),
    };
    // What befalls the instance itself comes before what it does at that instant.
    rows.sort_by_key(|row| (row.at_ns, row.request.is_some()));
    let mut books: BTreeMap<String, Book> = BTreeMap::new();
    for row in &rows {
        let book = books.entry(row.gateway.clone()).or_default();
        if let Some(wrong) = step(&runs.info, contender, book, row) {
            return Some(wrong);
        }
    }
    None
}

fn step(
    info: &RunInfo,
    contender: &ContenderInfo,
    book: &mut Book,
    row: &DecisionRow,
) -> Option<String> {
    let deployment = row.deployment.as_deref().unwrap_or_default();
    if row.kind == DecisionKind::Pick {
        book.requests.extend(row.request.map(|request| (request, row.at_ns)));
    }
    // A request from before that learns for a book that nobody reads any more.
    let began_ns = row.request.and_then(|request| book.requests.get(&request).copied());
    if row.request.is_some() && began_ns.is_none() {
        return None;
    }
    match row.kind {
        DecisionKind::Start | DecisionKind::Reload | DecisionKind::Kill => *book = Book::default(),
        DecisionKind::Cooldown | DecisionKind::CooldownProlonged => {
            let ms = row
                .pairs()
                .find(|(key, _)| *key == "for_ms")
                .and_then(|(_, ms)| ms.parse::<u64>().ok())?;
            let until_ns = row.at_ns + ms * MILLISECOND;
            book.known.insert(
                deployment.to_owned(),
                Known { from_ns: row.at_ns, until_ns, served_since: 0 },
            );
        }
        DecisionKind::Served => {
            let known = book.known.get_mut(deployment);
            if let Some(known) = known.filter(|known| began_ns >= Some(known.until_ns)) {
                known.served_since += 1;
            }
        }
        DecisionKind::Pick | DecisionKind::Retry | DecisionKind::Failover | DecisionKind::Hedge => {
            let cools = book.known.get(deployment).is_some_and(|known| known.cools(row.at_ns));
            let always = contender.personality.word().starts_with("litellm");
            let free = cools.then(|| free(info, book, row)).flatten();
            if cools && (always || free.is_some()) {
                return Some(format!(
                    "{}: request {:?} went to {deployment} at {} ns while it cooled{}",
                    contender.name,
                    row.request,
                    row.at_ns,
                    free.map_or_else(String::new, |free| format!(", and {free} was free"))
                ));
            }
        }
        DecisionKind::AtLimit
        | DecisionKind::Probe
        | DecisionKind::PassedOver
        | DecisionKind::AttemptFailed
        | DecisionKind::NoCooldown
        | DecisionKind::NoRetry
        | DecisionKind::NoFallback
        | DecisionKind::GaveUp
        | DecisionKind::Resumed
        | DecisionKind::StreamBroken
        | DecisionKind::ClientLeft => {}
    }
    None
}

/// Another deployment of the same group that may be chosen.
fn free<'i>(info: &'i RunInfo, book: &Book, row: &DecisionRow) -> Option<&'i str> {
    let chosen = row.deployment.as_deref()?;
    let group = &info.deployments.iter().find(|deployment| deployment.id == chosen)?.group;
    let others =
        info.deployments.iter().filter(|other| other.group == *group && other.id != chosen);
    others
        .map(|other| other.id.as_str())
        .find(|id| book.known.get(*id).is_none_or(|known| known.is_closed(row.at_ns)))
}
