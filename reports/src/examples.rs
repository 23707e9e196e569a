//! Example requests that a page tells in full: what each fault did, how each kind of failure looks, which
//! success broke a promise on a time. Bounded in number, whatever the size of the run.
//!
//! It knows which requests show a number, and nothing of how a story is laid out.

use std::collections::BTreeSet;
use std::path::Path;

use record::ReadError;

use crate::explain::{Story, stories};
use crate::report::{Contender, Measured};

/// Stories of all contenders together: about a hundred pages of paper, and 300 kB of a page.
const STORIES_MAX: usize = 96;

/// Stories of one contender.
const STORIES_OF_ONE_MAX: usize = 14;

/// Example requests of one contender.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// A request that each fault cost, in the order of the contender's `faults`; `None` where nothing was
    /// lost.
    pub of_faults: Vec<Option<u64>>,
    /// Stories of the most telling of them, and of others that failed or were slow.
    pub stories: Vec<Story>,
}

impl Examples {
    /// Whether the story of this request is told.
    pub(crate) fn tells(&self, request: u64) -> bool {
        self.stories.iter().any(|story| story.request == request)
    }
}

/// The examples of every contender, in their order. `of_faults` is a request per contender and fault.
///
/// # Errors
/// [`ReadError`] if a table is not what the schema says.
pub(crate) fn examples(
    dir: &Path,
    contenders: &[Contender],
    of_faults: Vec<Vec<Option<u64>>>,
) -> Result<Vec<Examples>, ReadError> {
    let most = (STORIES_MAX / contenders.len().max(1)).clamp(1, STORIES_OF_ONE_MAX);
    let each = contenders.iter().zip(of_faults);
    each.map(|(contender, of_faults)| {
        let wanted: BTreeSet<u64> = telling(contender, &of_faults).into_iter().take(most).collect();
        let stories = match wanted.is_empty() {
            true => Vec::new(),
            false => stories(&dir.join(&contender.name), &contender.name, &wanted)?,
        };
        Ok(Examples { of_faults, stories })
    })
    .collect()
}

/// Requests worth telling, the most telling first, each once.
fn telling(contender: &Contender, of_faults: &[Option<u64>]) -> Vec<u64> {
    let mut kinds: Vec<(&String, &u64)> = contender.failures_by_kind.iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(a.1));
    let of_kinds: Vec<u64> = kinds
        .into_iter()
        .filter_map(|(kind, _)| contender.failure_examples.get(kind)?.first().copied())
        .collect();
    let broken = contender.slo.iter().filter(|slo| slo.pass() == Some(false));
    let slow = broken.filter_map(|slo| contender.slowest_by_metric.get(slo.metric().name()));
    // Worst faults first; those of equal share in the order of the scenario.
    let mut faults: Vec<(f64, u64)> = contender
        .faults
        .iter()
        .zip(of_faults)
        .filter_map(|(fault, request)| Some((kept(fault.success_rate), (*request)?)))
        .collect();
    faults.sort_by(|a, b| a.0.total_cmp(&b.0));
    let of_faults = faults.into_iter().map(|(_, request)| request);
    let mut seen = BTreeSet::new();
    let all = of_kinds.iter().copied().take(1).chain(slow.copied()).chain(of_faults);
    let all = all.chain(of_kinds.iter().copied().skip(1)).chain(contender.slowest_request);
    all.filter(|request| seen.insert(*request)).collect()
}

fn kept(success_rate: Measured<f64>) -> f64 {
    success_rate.known().unwrap_or(1.0)
}
