//! Why requests that met a fault were lost: what the contender's gateway did not do, by which rule, and with
//! which figures, in one sentence.
//!
//! It reads the rows of `decisions.csv` by which something was not done, counts them, and says the commonest
//! with an example request. It knows which requests a fault cost because it is told; it must never know a
//! rate, a percentile or a chart.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::{Discriminant, discriminant};
use std::path::Path;

use record::{DecisionKind, DecisionRow, Omission, ReadError, Rule};

use crate::reading;
use crate::words::figures::{count, counted, millis};
use crate::words::rule::{not_done, rule};

/// What one contender's gateway did not do.
#[derive(Clone, Debug, Default)]
pub struct Omissions {
    /// In the order of time, those of one instant in that of the table.
    rows: Vec<Told>,
    /// Positions of rows by request, ascending.
    by_request: BTreeMap<u64, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Told {
    at_ns: u64,
    request: u64,
    deployment: Option<String>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Cooled,
    NoCooldown(Rule),
    NoRetry(Rule),
    NoFallback(Rule),
    /// The client left while the gateway waited, for so long, of so long that it would have.
    ClientLeft {
        waited_ms: u64,
        limit_ms: u64,
    },
}

/// A fault, and whom it cost what.
#[derive(Clone, Copy, Debug)]
pub struct Harm<'a> {
    /// Its window `[from, to)`, in nanoseconds.
    pub window_ns: (u64, u64),
    /// Ids of the deployments that it acts on; empty where it acts on something else.
    pub targets: &'a BTreeSet<&'a str>,
    /// Requests that met it and failed.
    pub victims: &'a BTreeSet<u64>,
}

/// Why a fault cost requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The sentence: `no cooldown: 2 of 9 calls of that minute had failed, the rule asks for more than half (446
    /// failures at the target)`.
    pub text: String,
    /// Victims to which the commonest reason applies; without one, failures at the target.
    pub count: u64,
    /// A request whose timeline shows it.
    pub example: u64,
}

impl Omissions {
    /// Reads a contender's `decisions.csv`.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let mut rows = Vec::new();
        for row in reading::rows::<DecisionRow>(path)? {
            rows.extend(Told::of(&row?));
        }
        Ok(Self::of(rows))
    }

    fn of(mut rows: Vec<Told>) -> Self {
        // Several threads write the table on the wall clock: it is in order but for what came late.
        rows.sort_by_key(|row| row.at_ns);
        let mut by_request: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            by_request.entry(row.request).or_default().push(at);
        }
        Self { rows, by_request }
    }

    /// Why `harm` was done; `None` where no decision tells.
    pub fn why(&self, harm: Harm<'_>) -> Option<Why> {
        let rotation = self.kept_in_rotation(harm);
        let lost = self.not_rescued(harm);
        let parts = [rotation.as_ref(), lost.as_ref()];
        let text: Vec<&str> = parts.into_iter().flatten().map(|why| &*why.text).collect();
        let text = text.join("; ");
        lost.or(rotation).map(|why| Why { text, ..why })
    }

    /// Why the targets were not left out: the commonest rule by which a failure there cooled nobody, with the
    /// figures of the failure that came nearest to it.
    fn kept_in_rotation(&self, harm: Harm<'_>) -> Option<Why> {
        let (from, to) = harm.window_ns;
        let before = |until: u64| self.rows.partition_point(|row| row.at_ns < until);
        let there = |row: &&Told| {
            row.deployment.as_ref().is_some_and(|id| harm.targets.contains(id.as_str()))
        };
        let mut cooled = 0_u64;
        let mut spared: BTreeMap<usize, Vec<(&Rule, u64)>> = BTreeMap::new();
        let mut kinds: Vec<Discriminant<Rule>> = Vec::new();
        let during = &self.rows[before(from)..before(to.max(from))];
        for row in during.iter().filter(there) {
            match &row.what {
                What::Cooled => cooled += 1,
                What::NoCooldown(Rule::AlreadyCooling { .. } | Rule::LaterFailure) => {}
                What::NoCooldown(rule) => {
                    let kind = number(&mut kinds, discriminant(rule));
                    spared.entry(kind).or_default().push((rule, row.request));
                }
                What::NoRetry(_) | What::NoFallback(_) | What::ClientLeft { .. } => {}
            }
        }
        let commonest = most(spared.values(), |rows| rows.len())?;
        let (nearest, example) = most(commonest, |(rule, _)| failed_per_mille(rule))?;
        let times = counted(commonest.len() as u64, "failure");
        let but = match cooled {
            0 => String::new(),
            times => format!(", cooled {} otherwise", counted(times, "time")),
        };
        let text = format!("no cooldown: {} ({times} at the target{but})", rule(nearest));
        Some(Why { text, count: commonest.len() as u64, example: *example })
    }

    /// Why nobody else answered the victims: what was not done last, of the commonest sort.
    fn not_rescued(&self, harm: Harm<'_>) -> Option<Why> {
        let mut last: BTreeMap<u64, BTreeMap<DecisionKind, &What>> = BTreeMap::new();
        let of_victims = harm.victims.iter().filter_map(|request| self.by_request.get(request));
        for row in of_victims.flatten().map(|at| &self.rows[*at]) {
            if let Some(kind) = row.what.ends_with() {
                last.entry(row.request).or_default().insert(kind, &row.what);
            }
        }
        let mut sorts: BTreeMap<Vec<usize>, Vec<u64>> = BTreeMap::new();
        let mut kinds = Vec::new();
        for (request, whats) in &last {
            let sort = whats.values().map(|what| number(&mut kinds, what.sort())).collect();
            sorts.entry(sort).or_default().push(*request);
        }
        let requests = most(sorts.values(), |requests| requests.len())?;
        let example = *requests.first()?;
        let words: Vec<String> = last[&example].values().filter_map(|what| what.words()).collect();
        let of = format!(
            "{} of {}",
            count(requests.len() as u64),
            counted(harm.victims.len() as u64, "victim")
        );
        let text = format!("{} ({of})", words.join("; "));
        Some(Why { text, count: requests.len() as u64, example })
    }
}

impl Told {
    /// `None` of a row that is about no request, or says nothing about what was not done.
    fn of(row: &DecisionRow) -> Option<Self> {
        let (request, what) = (row.request?, What::of(row)?);
        Some(Self { at_ns: row.at_ns, request, deployment: row.deployment.clone(), what })
    }
}

impl What {
    fn of(row: &DecisionRow) -> Option<Self> {
        match row.kind {
            DecisionKind::Cooldown | DecisionKind::CooldownProlonged => Some(Self::Cooled),
            DecisionKind::NoCooldown => row.rule().map(Self::NoCooldown),
            DecisionKind::NoRetry => row.rule().map(Self::NoRetry),
            DecisionKind::NoFallback => row.rule().map(Self::NoFallback),
            DecisionKind::ClientLeft => {
                let figure = |name: &str| {
                    row.pairs().find(|(key, _)| *key == name).and_then(|(_, ms)| ms.parse().ok())
                };
                let (waited_ms, limit_ms) = (figure("waited_ms")?, figure("limit_ms")?);
                Some(Self::ClientLeft { waited_ms, limit_ms })
            }
            DecisionKind::Pick
            | DecisionKind::Retry
            | DecisionKind::Failover
            | DecisionKind::Hedge
            | DecisionKind::AtLimit
            | DecisionKind::Probe
            | DecisionKind::PassedOver
            | DecisionKind::AttemptFailed
            | DecisionKind::Served
            | DecisionKind::Resumed
            | DecisionKind::GaveUp
            | DecisionKind::StreamBroken
            | DecisionKind::Start
            | DecisionKind::Reload
            | DecisionKind::Kill => None,
        }
    }

    /// The kind of its row, of those that a lost request ends with.
    const fn ends_with(&self) -> Option<DecisionKind> {
        match self {
            Self::Cooled | Self::NoCooldown(_) => None,
            Self::NoRetry(_) => Some(DecisionKind::NoRetry),
            Self::NoFallback(_) => Some(DecisionKind::NoFallback),
            Self::ClientLeft { .. } => Some(DecisionKind::ClientLeft),
        }
    }

    /// What makes two of them the same sort, whatever their figures.
    fn sort(&self) -> (Discriminant<Self>, Option<Discriminant<Rule>>) {
        let rule = match self {
            Self::NoCooldown(rule) | Self::NoRetry(rule) | Self::NoFallback(rule) => Some(rule),
            Self::Cooled | Self::ClientLeft { .. } => None,
        };
        (discriminant(self), rule.map(discriminant))
    }

    fn words(&self) -> Option<String> {
        let said = |what, because: &Rule| Some(format!("{}: {}", not_done(what), rule(because)));
        match self {
            Self::Cooled => None,
            Self::NoCooldown(because) => said(Omission::Cooldown, because),
            Self::NoRetry(because) => said(Omission::Retry, because),
            Self::NoFallback(because) => said(Omission::Fallback, because),
            Self::ClientLeft { waited_ms, limit_ms } => Some(format!(
                "the client left after {} of waiting for an answer for which the gateway waits {}",
                millis(*waited_ms as f64),
                millis(*limit_ms as f64)
            )),
        }
    }
}

/// The number of a sort, given on first sight.
fn number<T: PartialEq>(known: &mut Vec<T>, sort: T) -> usize {
    known.iter().position(|other| *other == sort).unwrap_or_else(|| {
        known.push(sort);
        known.len() - 1
    })
}

/// The first of those with the largest `measure`.
fn most<T>(of: impl IntoIterator<Item = T>, measure: impl Fn(&T) -> usize) -> Option<T> {
    of.into_iter().fold(None, |best, next| match best {
        Some(best) if measure(&best) >= measure(&next) => Some(best),
        Some(_) | None => Some(next),
    })
}

/// How near a failure came to its rule: failed calls per thousand; rules that compare none are all alike.
fn failed_per_mille(rule: &Rule) -> usize {
    let share = |failed: u64, of: u64| usize::try_from(failed * 1000 / of.max(1)).unwrap_or(0);
    match rule {
        Rule::LoneDeployment { failed, calls, .. }
        | Rule::FewCalls { failed, calls, .. }
        | Rule::LowShare { failed, calls, .. } => share(*failed, *calls),
        Rule::AllowedFails { failed, allowed } => share(*failed, *allowed),
        Rule::FewFailures { recent, outcomes, .. } => share(*recent, *outcomes),
        Rule::CooldownsOff
        | Rule::CooldownOfNoTime
        | Rule::WildcardGroup
        | Rule::RequestAtFault
        | Rule::KindSpared { .. }
        | Rule::LaterFailure
        | Rule::LimitOfRequest
        | Rule::AlreadyCooling { .. }
        | Rule::Unknown
        | Rule::KindNotRetried
        | Rule::OwnFallbacks
        | Rule::NoOtherKey
        | Rule::RetriesUsed { .. }
        | Rule::FallbackFollows
        | Rule::EmptyGroup
        | Rule::NobodyHealthy
        | Rule::LongWait { .. }
        | Rule::StreamBegun
        | Rule::Committed
        | Rule::RetryBudgetUsed { .. }
        | Rule::TriesMax { .. }
        | Rule::NoTimeLeft
        | Rule::FallbacksDisabled
        | Rule::NoneNamed
        | Rule::AllTried { .. }
        | Rule::DepthMax { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use record::{DecisionKind, DecisionRow, Rule};

    use super::{Harm, Omissions, Told, Why};

    const S: u64 = 1_000_000_000;

    fn row(at_s: u64, request: u64, kind: DecisionKind, detail: String) -> DecisionRow {
        let (gateway, deployment) = ("gateway[1]".to_owned(), Some("west".to_owned()));
        DecisionRow { at_ns: at_s * S, request: Some(request), gateway, kind, deployment, detail }
    }

    fn spared(at_s: u64, request: u64, failed: u64, calls: u64) -> DecisionRow {
        let rule = Rule::LowShare { failed, calls, above_percent: 50 };
        row(at_s, request, DecisionKind::NoCooldown, rule.detail())
    }

    fn why(rows: &[DecisionRow], victims: &[u64]) -> Option<Why> {
        let omissions = Omissions::of(rows.iter().filter_map(Told::of).collect());
        let (targets, victims) = (BTreeSet::from(["west"]), victims.iter().copied().collect());
        omissions.why(Harm { window_ns: (60 * S, 120 * S), targets: &targets, victims: &victims })
    }

    #[test]
    fn the_failure_that_came_nearest_to_the_rule_stands_for_all_that_cooled_nobody() {
        let rows = [
            spared(59, 1, 4, 9),
            spared(61, 2, 1, 9),
            spared(62, 3, 2, 9),
            spared(63, 4, 2, 19),
            row(64, 5, DecisionKind::NoCooldown, Rule::CooldownsOff.detail()),
        ];
        let why = why(&rows, &[]).expect("three failures at the target");
        assert_eq!(
            why.text,
            "no cooldown: 2 of 9 calls of that minute had failed, the rule asks for more than half \
             (3 failures at the target)"
        );
        assert_eq!((why.count, why.example), (3, 3));
    }

    #[test]
    fn the_commonest_end_of_the_victims_is_told_with_its_first_request() {
        let used = Rule::RetriesUsed { failed: 3, retries: 2 }.detail();
        let ends = |request| {
            [
                row(70, request, DecisionKind::NoRetry, used.clone()),
                row(71, request, DecisionKind::NoFallback, Rule::NoneNamed.detail()),
            ]
        };
        let broken = row(72, 7, DecisionKind::NoRetry, Rule::Committed.detail());
        let rows = [&ends(8)[..], &[broken], &ends(9)[..], &ends(10)[..]].concat();
        let why = why(&rows, &[7, 8, 9]).expect("three victims");
        assert_eq!(
            why.text,
            "no retry: 3 attempts failed, 2 retries are allowed; no fallback: the config names none \
             for this group and this kind of error (2 of 3 victims)"
        );
        assert_eq!((why.count, why.example), (2, 8), "request 10 met it and was no victim");
    }

    #[test]
    fn who_ran_out_of_patience_is_told_for_what_the_gateway_would_have_waited() {
        let left = row(80, 4, DecisionKind::ClientLeft, "waited_ms=10000;limit_ms=600000".into());
        let why = why(&[left], &[4]).expect("one victim");
        assert_eq!(
            why.text,
            "the client left after 10 s of waiting for an answer for which the gateway waits 10 m \
             (1 of 1 victim)"
        );
    }

    #[test]
    fn a_deployment_that_cools_already_needs_no_reason() {
        let cools = Rule::AlreadyCooling { left_ms: 3_000 }.detail();
        assert_eq!(why(&[row(70, 1, DecisionKind::NoCooldown, cools)], &[1]), None);
        assert_eq!(why(&[], &[1, 2]), None, "no decision tells of them");
    }
}
