//! Where to look first: the first number that is red, and the command that explains it.

use super::ranked;
use crate::Analysis;
use crate::report::Contender;
use crate::words::figures::count;
use crate::words::text::plain;

/// The first number of the comparison that is red, and a request that shows why.
#[derive(Clone, Debug)]
pub(crate) struct Red {
    contender: String,
    request: u64,
    /// Which number, and what the request is an example of.
    pub(crate) why: String,
}

impl Red {
    /// The command to type.
    pub(crate) fn command(&self, analysis: &Analysis) -> String {
        command(analysis, &self.contender, self.request)
    }
}

/// `brownout explain <run>/<contender> <request>`
pub(crate) fn command(analysis: &Analysis, contender: &str, request: u64) -> String {
    let dir = analysis.dir.join(contender).display().to_string();
    format!("brownout explain {} {request}", quoted(&plain(&dir)))
}

/// A path as a shell takes it for one word.
fn quoted(path: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || "/._-+@:,%=".contains(c);
    if path.chars().all(word) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// Reading the comparison row by row: the first promise that is broken, else the first failure. An
/// invalid measurement marks nobody, so there it is a failure.
pub(crate) fn first_red(analysis: &Analysis) -> Option<Red> {
    let ranked = ranked(analysis);
    let broken = ranked.iter().filter(|_| analysis.judges()).find_map(|contender| {
        let slo = contender.slo.iter().find(|result| result.pass() == Some(false))?;
        Some((*contender, Some(slo)))
    });
    let failed = || ranked.iter().find(|c| c.failed > 0).map(|c| (*c, None));
    let (contender, slo) = broken.or_else(failed)?;
    // A bound on a time that has a value was broken by answers that came too late, not by failures.
    let slow = slo.filter(|result| result.value.known().is_some()).and_then(|result| {
        Some((contender.slowest_by_metric.get(result.metric().name())?, result))
    });
    let slow = slow.map(|(id, slo)| (*id, format!("its slowest success by {}", slo.metric())));
    let slowest = || Some((contender.slowest_request?, "its slowest success".to_owned()));
    let (request, of) = slow.or_else(|| commonest(contender)).or_else(slowest)?;
    let broke = slo.map_or_else(|| ":".to_owned(), |slo| format!(" broke {};", slo.metric()));
    let why = format!("{}{broke} request {request} is {of}", plain(&contender.name));
    Some(Red { contender: contender.name.clone(), request, why })
}

/// An example of the commonest failure: `one of 240 × connect`.
fn commonest(contender: &Contender) -> Option<(u64, String)> {
    let (kind, number) = contender.failures_by_kind.iter().max_by_key(|(_, number)| **number)?;
    let id = contender.failure_examples.get(kind)?.first()?;
    Some((*id, format!("one of {} × {kind}", count(*number))))
}
