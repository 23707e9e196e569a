//! The rule: what of two answers to one case must be the same, and within which margins. `docs/parity-method.md` says
//! the same for people; a change here is a change there and of [`METHOD`].

use serde::{Deserialize, Serialize};

use super::seen::{CaseSeen, ErrorSeen, Exchange, Hop};

/// Version of the rule; recorded plays of another one are not used.
pub(crate) const METHOD: &str = "2";

/// Waits and lengths may differ by so many milliseconds …
const SLACK_MS: u64 = 1_000;

/// … and by this share of the longer one, in hundredths: back-off is drawn with jitter.
const SLACK_HUNDREDTHS: u64 = 25;

/// What a deviation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Aspect {
    /// Status, content and end of the answer.
    Outcome,
    /// Type, code, parameter and class of its error.
    Error,
    /// Which deployments were called, in which order, and what they said.
    Attempts,
    /// How long it waited between them.
    Waits,
    /// Who was left alone, from when on, and for how long.
    Cooldown,
    /// Headers.
    Headers,
}

impl Aspect {
    /// All of them, in the order of the page.
    pub(crate) const ALL: [Self; 6] =
        [Self::Outcome, Self::Error, Self::Attempts, Self::Waits, Self::Cooldown, Self::Headers];

    /// As the page calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Error => "error",
            Self::Attempts => "attempts",
            Self::Waits => "waits",
            Self::Cooldown => "cooldown",
            Self::Headers => "headers",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deviation {
    pub(crate) shape: String,
    pub(crate) aspect: Aspect,
    /// What the product did.
    pub(crate) real: String,
    /// What its emulation did.
    pub(crate) emulated: String,
}

/// Where two answers to one case differ; at most one deviation per shape and aspect, the first.
pub(crate) fn deviations(real: &CaseSeen, emulated: &CaseSeen) -> Vec<Deviation> {
    let mut found = Vec::new();
    for (shape, real) in real {
        let none = Vec::new();
        let emulated = emulated.get(shape).unwrap_or(&none);
        let mut found_here = Found { shape, list: &mut found };
        found_here.compare(real, emulated);
    }
    found
}

struct Found<'a> {
    shape: &'a str,
    list: &'a mut Vec<Deviation>,
}

impl Found<'_> {
    fn differ(&mut self, aspect: Aspect, real: String, emulated: String) {
        let known = self.list.iter().any(|one| one.shape == self.shape && one.aspect == aspect);
        if real != emulated && !known {
            self.list.push(Deviation { shape: self.shape.to_owned(), aspect, real, emulated });
        }
    }

    fn compare(&mut self, real: &[Exchange], emulated: &[Exchange]) {
        let (left_real, left_emulated) = (left_alone(real), left_alone(emulated));
        let shorter = real.len().min(emulated.len());
        // From the request on that leaves the sick one alone, instants decide who is asked.
        let until = [left_real.as_ref(), left_emulated.as_ref()];
        let until = until.into_iter().flatten().map(|left| left.from + 1).min();
        for (real, emulated) in real.iter().zip(emulated).take(until.unwrap_or(shorter)) {
            self.exchange(real, emulated);
        }
        self.cooldown((left_real, real.len()), (left_emulated, emulated.len()));
    }

    fn exchange(&mut self, real: &Exchange, emulated: &Exchange) {
        self.differ(Aspect::Outcome, real.outcome.clone(), emulated.outcome.clone());
        self.differ(Aspect::Error, error(real.error.as_ref()), error(emulated.error.as_ref()));
        self.differ(Aspect::Attempts, chain(&real.attempts), chain(&emulated.attempts));
        if real.attempts.len() == emulated.attempts.len() {
            self.waits(&real.attempts, &emulated.attempts);
        }
        self.headers(real, emulated);
    }

    fn waits(&mut self, real: &[Hop], emulated: &[Hop]) {
        let (real, emulated) = (waits(real), waits(emulated));
        if real.iter().zip(&emulated).any(|(real, emulated)| !near(*real, *emulated)) {
            self.differ(Aspect::Waits, seconds(&real), seconds(&emulated));
        }
    }

    fn headers(&mut self, real: &Exchange, emulated: &Exchange) {
        let said = |one: &Exchange, other: &Exchange| {
            let differing = one.headers.iter().filter(|(name, value)| {
                other.headers.get(*name).is_none_or(|theirs| !same_header(name, value, theirs))
            });
            let mut said: Vec<String> =
                differing.map(|(name, value)| format!("{name}: {value}")).collect();
            let names = one.header_names.iter();
            said.extend(names.filter(|name| !other.header_names.contains(name)).cloned());
            said.join(", ")
        };
        self.differ(Aspect::Headers, said(real, emulated), said(emulated, real));
    }

    fn cooldown(
        &mut self,
        (real, real_len): (Option<LeftAlone>, usize),
        (emulated, emulated_len): (Option<LeftAlone>, usize),
    ) {
        let same = match (&real, &emulated) {
            (None, None) => true,
            // Whoever asked fewer times may not have come so far.
            (Some(left), None) => left.from >= emulated_len,
            (None, Some(left)) => left.from >= real_len,
            (Some(real), Some(emulated)) => {
                real.from == emulated.from && same_length(real, emulated)
            }
        };
        if !same {
            let said =
                |left: Option<LeftAlone>| left.map_or("never left alone".into(), |l| l.said());
            self.differ(Aspect::Cooldown, said(real), said(emulated));
        }
    }
}

/// A sick deployment that is not called for a while.
#[derive(Clone, Copy, Debug)]
struct LeftAlone {
    /// The first request that does not call it, from 0.
    from: usize,
    /// From the end of its last attempt until the first of the next, or until nobody asked any more.
    for_ms: u64,
    /// Whether it was called again.
    again: bool,
}

impl LeftAlone {
    fn said(self) -> String {
        let seconds = self.for_ms as f64 / 1000.0;
        let at_least = if self.again { "" } else { "at least " };
        format!("left alone from request {} on for {at_least}{seconds:.1} s", self.from + 1)
    }
}

/// When a script's sick deployments were first left alone; `None` if they never were, or if there are none.
fn left_alone(exchanges: &[Exchange]) -> Option<LeftAlone> {
    let sick = |hop: &&Hop| hop.who.ends_with('!');
    let calls = |exchange: &Exchange| exchange.attempts.iter().any(|hop| sick(&hop));
    if !exchanges.iter().any(calls) {
        return None;
    }
    let from = exchanges.iter().position(|exchange| !calls(exchange))?;
    let before =
        exchanges[..from].iter().flat_map(|one| one.attempts.iter().map(move |hop| (one, hop)));
    let last =
        before.filter(|(_, hop)| sick(hop)).map(|(one, hop)| one.at_ms + hop.until_ms).max()?;
    let after =
        exchanges[from..].iter().flat_map(|one| one.attempts.iter().map(move |hop| (one, hop)));
    let next = after.filter(|(_, hop)| sick(hop)).map(|(one, hop)| one.at_ms + hop.at_ms).min();
    let end = exchanges.last().map_or(last, |one| one.at_ms + one.took_ms);
    let for_ms = next.unwrap_or(end).saturating_sub(last);
    Some(LeftAlone { from, for_ms, again: next.is_some() })
}

fn same_length(one: &LeftAlone, other: &LeftAlone) -> bool {
    let bound = |longer: u64| longer.saturating_add(SLACK_MS);
    match (one.again, other.again) {
        (true, true) => near(one.for_ms, other.for_ms),
        (false, false) => true,
        (true, false) => bound(one.for_ms) >= other.for_ms,
        (false, true) => bound(other.for_ms) >= one.for_ms,
    }
}

/// Whether two lengths are equal within the margin.
fn near(one: u64, other: u64) -> bool {
    one.abs_diff(other) <= SLACK_MS + one.max(other) * SLACK_HUNDREDTHS / 100
}

/// From the end of each attempt to the arrival of the next.
fn waits(hops: &[Hop]) -> Vec<u64> {
    let pairs = hops.windows(2);
    pairs
        .filter_map(|pair| Some(pair.last()?.at_ms.saturating_sub(pair.first()?.until_ms)))
        .collect()
}

fn seconds(waits: &[u64]) -> String {
    let said: Vec<String> =
        waits.iter().map(|ms| format!("{:.1} s", *ms as f64 / 1000.0)).collect();
    said.join(", ")
}

fn chain(hops: &[Hop]) -> String {
    let said: Vec<String> = hops.iter().map(|hop| format!("{}:{}", hop.who, hop.status)).collect();
    if said.is_empty() { "nobody".to_owned() } else { said.join(" ") }
}

fn error(error: Option<&ErrorSeen>) -> String {
    let Some(ErrorSeen { kind, code, param, class, .. }) = error else {
        return "none".to_owned();
    };
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".to_owned());
    format!("{} type {} code {} param {}", word(class), word(kind), word(code), word(param))
}

/// Seconds of `retry-after` may differ by one: they are rounded on the way.
fn same_header(name: &str, one: &str, other: &str) -> bool {
    let seconds = (one.parse::<f64>(), other.parse::<f64>());
    match seconds {
        (Ok(one), Ok(other)) if name == "retry-after" => (one - other).abs() <= 1.0,
        (Ok(one), Ok(other)) => (one - other).abs() < 1e-9,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Aspect, deviations};
    use crate::parity::seen::{CaseSeen, Exchange, Hop};

    /// Requests each a second after the other, with attempts `(who, from, until)` in milliseconds.
    fn case(requests: &[&[(&str, u64, u64)]]) -> CaseSeen {
        let hop = |&(who, at_ms, until_ms): &(&str, u64, u64)| Hop {
            who: who.to_owned(),
            status: if who.ends_with('!') { "500" } else { "200" }.to_owned(),
            at_ms,
            until_ms,
        };
        let exchange = |(number, hops): (u64, &&[(&str, u64, u64)])| Exchange {
            at_ms: number * 1_000,
            took_ms: hops.last().map_or(0, |(_, _, until)| *until),
            outcome: "an answer".to_owned(),
            error: None,
            attempts: hops.iter().map(hop).collect(),
            headers: BTreeMap::new(),
            header_names: Vec::new(),
        };
        let exchanges = (0..).zip(requests).map(exchange).collect();
        CaseSeen::from([("beside".to_owned(), exchanges)])
    }

    fn aspects(real: &CaseSeen, emulated: &CaseSeen) -> Vec<Aspect> {
        deviations(real, emulated).iter().map(|one| one.aspect).collect()
    }

    #[test]
    fn waits_may_differ_by_a_second_and_a_quarter_of_the_longer() {
        let waited = |ms: u64| case(&[&[("a!", 0, 10), ("a!", 10 + ms, 20 + ms)]]);
        assert_eq!(aspects(&waited(2_000), &waited(3_900)), []);
        assert_eq!(aspects(&waited(2_000), &waited(4_100)), [Aspect::Waits]);
        assert_eq!(aspects(&waited(4_100), &waited(2_000)), [Aspect::Waits]);
    }

    #[test]
    fn who_is_called_in_which_order_has_no_margin() {
        let (twice, once) = (&[("a!", 0, 1), ("a!", 2, 3)][..], &[("a!", 0, 1)][..]);
        assert_eq!(aspects(&case(&[twice]), &case(&[once])), [Aspect::Attempts]);
    }

    #[test]
    fn a_cooldown_begins_at_the_same_request_and_is_as_long() {
        let sick: &[(&str, u64, u64)] = &[("a!", 0, 1)];
        let good: &[(&str, u64, u64)] = &[("b", 0, 1)];
        let cooled = |before: usize, during: usize| {
            let mut requests = vec![sick; before];
            requests.extend(vec![good; during]);
            requests.push(sick);
            case(&requests)
        };
        assert_eq!(aspects(&cooled(3, 5), &cooled(3, 6)), []);
        assert_eq!(aspects(&cooled(3, 2), &cooled(3, 8)), [Aspect::Cooldown]);
        let earlier = aspects(&cooled(2, 5), &cooled(3, 5));
        assert!(earlier.contains(&Aspect::Cooldown), "{earlier:?}");
        assert_eq!(aspects(&cooled(3, 5), &case(&[sick; 9])).last(), Some(&Aspect::Cooldown));
    }

    #[test]
    fn a_cooldown_that_the_script_cut_is_at_least_so_long() {
        let sick: &[(&str, u64, u64)] = &[("a!", 0, 1)];
        let good: &[(&str, u64, u64)] = &[("b", 0, 1)];
        let cut = case(&[sick, good, good]);
        let whole = case(&[sick, good, good, good, good, good, good, sick]);
        let short = case(&[sick, good, sick]);
        let long = case(&[sick, good, good, good, good, good, good]);
        assert_eq!(aspects(&cut, &whole), []);
        assert_eq!(aspects(&long, &short), [Aspect::Cooldown]);
    }
}
