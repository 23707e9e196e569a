//! What comes of the cases: who agrees, where they differ, and what nobody can say; the score; and its form on disk.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::compare::{Deviation, deviations};
use super::load::Measures;
use super::seen::CaseSeen;

/// Plays of the product, at most: one, and two more where it does not agree.
pub(crate) const PLAYS_MAX: usize = 3;

/// What is said of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Product and emulation answer alike.
    Agrees,
    /// They do not.
    Differs,
    /// The product does not answer like itself; in the denominator all the same.
    SetAside,
}

impl Standing {
    /// As tables and screens say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::SetAside => "set aside",
        }
    }
}

/// A case that was played on both sides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub case: String,
    /// Hash of its definition, of the rule, and of the product.
    pub key: String,
    /// What is said of it.
    pub standing: Standing,
    /// Why it was set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the two differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) deviations: Vec<Deviation>,
    /// How the product answered.
    pub(crate) plays: Vec<CaseSeen>,
}

impl Row {
    /// Where the two differ, in words.
    pub fn deviations(&self) -> impl Iterator<Item = String> + '_ {
        self.deviations.iter().map(|one| {
            let Deviation { shape, aspect, real, emulated } = one;
            format!("{shape}, {}: product {real} / emulation {emulated}", aspect.name())
        })
    }

    /// Set and provider: the part of the table in which it stands.
    pub(crate) fn part(&self) -> String {
        let mut parts = self.case.split('/');
        [parts.next().unwrap_or_default(), parts.next().unwrap_or_default()].join(", ")
    }
}

/// Judges one case: by the first play of the product if that agrees, else by the majority of its plays. Where they do
/// not, it is set aside if the product differs from itself in all that it differs in.
pub(crate) fn judged(
    (case, key): (&str, &str),
    plays: &[CaseSeen],
    emulated: &[CaseSeen],
) -> Option<Row> {
    let first = plays.first()?;
    let differing: Vec<Vec<Deviation>> = plays.iter().map(|play| nearest(play, emulated)).collect();
    let agree = differing.iter().filter(|one| one.is_empty()).count();
    let mut row = Row {
        case: case.to_owned(),
        key: key.to_owned(),
        standing: Standing::Agrees,
        reason: None,
        deviations: Vec::new(),
        plays: plays.to_vec(),
    };
    if agree * 2 > plays.len() {
        return Some(row);
    }
    row.deviations = differing.iter().find(|one| !one.is_empty()).cloned().unwrap_or_default();
    let own: Vec<Deviation> =
        plays.iter().skip(1).flat_map(|play| deviations(first, play)).collect();
    let unsteady =
        |one: &Deviation| own.iter().any(|own| own.shape == one.shape && own.aspect == one.aspect);
    row.standing = match own.first().filter(|_| differing.iter().flatten().all(unsteady)) {
        None => Standing::Differs,
        Some(own) => {
            let Deviation { shape, aspect, real, emulated } = own;
            let aspect = aspect.name();
            row.reason = Some(format!(
                "the product differs from itself in {shape}, {aspect}: {real}, then {emulated}; {agree} of {} plays \
                 agree",
                plays.len()
            ));
            Standing::SetAside
        }
    };
    Some(row)
}

/// The deviations from that of the emulation's seeds that is nearest.
fn nearest(real: &CaseSeen, emulated: &[CaseSeen]) -> Vec<Deviation> {
    let all = emulated.iter().map(|one| deviations(real, one));
    all.min_by_key(Vec::len).unwrap_or_default()
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Cases that agree.
    pub agree: usize,
    /// Cases that were set aside.
    pub set_aside: usize,
    /// Cases that were played.
    pub of: usize,
}

impl Score {
    /// Of so many rows.
    pub fn of(rows: impl IntoIterator<Item = Standing>) -> Self {
        let mut score = Self::default();
        for standing in rows {
            score.of += 1;
            match standing {
                Standing::Agrees => score.agree += 1,
                Standing::SetAside => score.set_aside += 1,
                Standing::Differs => {}
            }
        }
        score
    }

    /// In percent, of all that were played.
    pub fn percent(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.agree as f64 / self.of as f64 * 100.0 }
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} parity cases", self.agree, self.of)
    }
}

/// Recorded plays of the product, by the key of their case or cell.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    plays: BTreeMap<String, Vec<CaseSeen>>,
    runs: BTreeMap<String, BTreeMap<u64, Measures>>,
}

/// A line of the store.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    /// One play of a case.
    Play { case: String, key: String, seen: CaseSeen },
    /// One run of a cell.
    Run { cell: String, key: String, run: u64, measures: Measures },
}

impl Recorded {
    /// Reads a store, one JSON document per line. A last line that was cut is left out.
    pub fn read(text: &str) -> Self {
        let mut recorded = Self::default();
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(Line::Play { key, seen, .. }) => recorded.add(&key, seen),
                Ok(Line::Run { key, run, measures, .. }) => recorded.add_run(&key, run, measures),
                Err(_) => {}
            }
        }
        recorded
    }

    /// One more play, as a line for the store.
    pub(crate) fn line(case: &str, key: &str, seen: &CaseSeen) -> String {
        let (case, key, seen) = (case.to_owned(), key.to_owned(), seen.clone());
        serde_json::to_string(&Line::Play { case, key, seen }).unwrap_or_default()
    }

    /// One more run, as a line for the store.
    pub(crate) fn run_line(cell: &str, (key, run): (&str, u64), measures: &Measures) -> String {
        let (cell, key, measures) = (cell.to_owned(), key.to_owned(), measures.clone());
        serde_json::to_string(&Line::Run { cell, key, run, measures }).unwrap_or_default()
    }

    pub(crate) fn add(&mut self, key: &str, seen: CaseSeen) {
        let plays = self.plays.entry(key.to_owned()).or_default();
        if plays.len() < PLAYS_MAX {
            plays.push(seen);
        }
    }

    pub(crate) fn add_run(&mut self, key: &str, run: u64, measures: Measures) {
        self.runs.entry(key.to_owned()).or_default().insert(run, measures);
    }

    pub(crate) fn plays(&self, key: &str) -> &[CaseSeen] {
        self.plays.get(key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn runs(&self, key: &str) -> &BTreeMap<u64, Measures> {
        static NONE: BTreeMap<u64, Measures> = BTreeMap::new();
        self.runs.get(key).unwrap_or(&NONE)
    }

    /// The store without what these keys have, for those who play them again.
    pub fn without(text: &str, keys: &BTreeSet<String>) -> String {
        let kept = text.lines().filter(|line| {
            let key = match serde_json::from_str(line) {
                Ok(Line::Play { key, .. } | Line::Run { key, .. }) => key,
                Err(_) => return false,
            };
            !keys.contains(&key)
        });
        kept.map(|line| format!("{line}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, judged};
    use crate::parity::seen::{CaseSeen, Exchange};

    fn answer(outcome: &str) -> CaseSeen {
        let exchange = Exchange {
            at_ms: 0,
            took_ms: 0,
            outcome: outcome.to_owned(),
            error: None,
            attempts: Vec::new(),
            headers: Default::default(),
            header_names: Vec::new(),
        };
        CaseSeen::from([("alone".to_owned(), vec![exchange])])
    }

    fn standing(plays: &[&str], emulated: &[&str]) -> Standing {
        let all = |outcomes: &[&str]| outcomes.iter().map(|one| answer(one)).collect::<Vec<_>>();
        judged(("case", "key"), &all(plays), &all(emulated)).unwrap().standing
    }

    #[test]
    fn one_play_that_agrees_with_any_seed_is_enough_and_otherwise_the_majority_counts() {
        assert_eq!(standing(&["a"], &["b", "a"]), Standing::Agrees);
        assert_eq!(standing(&["b", "a", "a"], &["a"]), Standing::Agrees);
        assert_eq!(standing(&["b", "b", "b"], &["a"]), Standing::Differs);
        assert_eq!(standing(&["b"], &["a"]), Standing::Differs);
    }

    #[test]
    fn a_product_that_differs_from_itself_is_set_aside_and_does_not_agree() {
        assert_eq!(standing(&["b", "a", "c"], &["a"]), Standing::SetAside);
        assert!(judged(("case", "key"), &[], &[answer("a")]).is_none());
    }
}
