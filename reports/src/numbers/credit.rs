//! Whose spell is it? From the rows that were open when it began, and from what its requests met.
//!
//! One open row alone owns it. Of several, those own it that requests of the spell met which were not good; a row that
//! harmed nobody who met it alone is passed over where another is left. A spell under way is also a later row's, if a
//! request met that row first. It must never know how spells are found.

use std::collections::BTreeSet;

use super::class::Class;
use super::meeting::Meetings;
use super::spell::Spell;

/// What crediting needs to know of each row, by its position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Start of its window.
    pub(crate) from_ns: u64,
    /// End of its grace, inclusive; `None` where the contender does not have what it acts on.
    pub(crate) grace_ns: Option<u64>,
    /// Whether those who met it and nothing else were as good as before.
    pub(crate) harmless: bool,
}

/// A spell with its instants, and with what its requests that were not good met.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Felt {
    pub(crate) begin_ns: u64,
    /// `None` if it was still felt at the end.
    pub(crate) end_ns: Option<u64>,
    /// Rows that were, of all that are not harmless, the first to begin that one of them met.
    met_first: BTreeSet<usize>,
    /// Whose it is, of the rows that were open, grace included, when it began; nobody's where none was.
    owners: BTreeSet<usize>,
}

impl Felt {
    /// Fills in a spell of `class`.
    pub(crate) fn of(
        spell: Spell,
        class: &Class,
        meetings: &Meetings,
        standings: &[Standing],
    ) -> Self {
        let (mut met, mut met_first) = (BTreeSet::new(), BTreeSet::new());
        for at in (spell.first..=spell.last).filter(|at| class.bad[*at]) {
            let rows = meetings.rows_of(class.by_instant[at]);
            met.extend(rows);
            let harmful = rows.iter().filter(|row| !standings[**row].harmless);
            met_first.extend(harmful.min_by_key(|row| (standings[**row].from_ns, **row)));
        }
        let end_ns = spell.end.map(|end| class.instants[end]);
        Self::new((class.instants[spell.begin], end_ns), (met, met_first), standings)
    }

    /// What every row asks is found here, once: there may be as many spells as rows.
    fn new(
        (begin_ns, end_ns): (u64, Option<u64>),
        (met, met_first): (BTreeSet<usize>, BTreeSet<usize>),
        standings: &[Standing],
    ) -> Self {
        let owners = owners(begin_ns, &met, standings);
        Self { begin_ns, end_ns, met_first, owners }
    }

    /// Whether it is the spell of the row at this position.
    pub(crate) fn belongs_to(&self, row: usize, standings: &[Standing]) -> bool {
        let Standing { from_ns, .. } = standings[row];
        if self.begin_ns < from_ns {
            let under_way = self.end_ns.is_none_or(|end| end >= from_ns);
            return under_way && self.met_first.contains(&row);
        }
        self.owners.contains(&row)
    }

    /// Whether it began while no row was open.
    pub(crate) fn is_nobodys(&self) -> bool {
        self.owners.is_empty()
    }
}

/// Whose a spell is that begins at an instant: of the rows that are open then, grace included, the only one; of several
/// those that were met, harmless ones left out unless only such were; else the latest begun.
fn owners(begin_ns: u64, met: &BTreeSet<usize>, standings: &[Standing]) -> BTreeSet<usize> {
    let is_open = |(_, row): &(usize, &Standing)| {
        row.from_ns <= begin_ns && row.grace_ns.is_some_and(|end| begin_ns <= end)
    };
    let open: BTreeSet<usize> =
        standings.iter().enumerate().filter(is_open).map(|(at, _)| at).collect();
    if open.len() == 1 {
        return open;
    }
    let met: BTreeSet<usize> = open.intersection(met).copied().collect();
    let harmful: BTreeSet<usize> =
        met.iter().copied().filter(|row| !standings[*row].harmless).collect();
    let owners = [harmful, met].into_iter().find(|owners| !owners.is_empty());
    let latest = || open.into_iter().max_by_key(|row| (standings[*row].from_ns, *row));
    owners.unwrap_or_else(|| latest().into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::{Felt, Standing};

    fn row(from_ns: u64, grace_ns: u64) -> Standing {
        Standing { from_ns, grace_ns: Some(grace_ns), harmless: false }
    }

    /// A spell: its begin, its end, and what it met.
    type Spell<'a> = (u64, Option<u64>, &'a [usize]);

    fn felt(begin_ns: u64, end_ns: Option<u64>, met: &[usize]) -> Spell<'_> {
        (begin_ns, end_ns, met)
    }

    fn of(&(begin_ns, end_ns, met): &Spell<'_>, rows: &[Standing]) -> Felt {
        let first = met.iter().copied().take(1).collect();
        Felt::new((begin_ns, end_ns), (met.iter().copied().collect(), first), rows)
    }

    fn owners(spell: &Spell<'_>, rows: &[Standing]) -> Vec<usize> {
        (0..rows.len()).filter(|row| of(spell, rows).belongs_to(*row, rows)).collect()
    }

    #[test]
    fn one_open_row_owns_what_begins_in_it_whatever_was_met() {
        let rows = [row(10, 20), row(30, 40)];
        assert_eq!(owners(&felt(10, Some(99), &[]), &rows), [0], "its start and its last instant");
        assert_eq!(owners(&felt(20, Some(25), &[1]), &rows), [0]);
        assert_eq!(owners(&felt(21, Some(25), &[0]), &rows), [] as [usize; 0]);
        assert!(of(&felt(21, None, &[]), &rows).is_nobodys());
    }

    #[test]
    fn of_several_those_that_were_met_own_it_else_the_latest() {
        let rows = [row(10, 50), row(20, 50), row(20, 50)];
        assert_eq!(owners(&felt(30, Some(40), &[0]), &rows), [0]);
        assert_eq!(owners(&felt(30, Some(40), &[0, 1]), &rows), [0, 1]);
        assert_eq!(owners(&felt(30, Some(40), &[]), &rows), [2], "the later of equals");
        assert_eq!(owners(&felt(15, Some(40), &[]), &rows), [0]);
    }

    #[test]
    fn a_row_that_harmed_nobody_by_itself_is_passed_over() {
        let mut rows = vec![row(10, 50), row(20, 50)];
        rows[0].harmless = true;
        assert_eq!(owners(&felt(30, Some(40), &[0, 1]), &rows), [1]);
        assert_eq!(owners(&felt(30, Some(40), &[0]), &rows), [0], "nobody else was met");
        rows[1].harmless = true;
        assert_eq!(owners(&felt(30, Some(40), &[0, 1]), &rows), [0, 1], "nobody else is left");
    }

    #[test]
    fn what_is_under_way_is_also_a_later_rows_if_a_request_met_that_first() {
        let rows = [row(10, 50), row(40, 60)];
        assert_eq!(owners(&felt(30, Some(45), &[1]), &rows), [0, 1]);
        assert_eq!(owners(&felt(30, Some(45), &[0, 1]), &rows), [0]);
        assert_eq!(owners(&felt(30, None, &[1]), &rows), [0, 1]);
        assert_eq!(owners(&felt(30, Some(39), &[1]), &rows), [0], "over before");
    }

    #[test]
    fn a_row_of_an_instance_that_is_not_there_is_never_open() {
        let rows = [Standing { from_ns: 0, ..Standing::default() }, row(10, 50)];
        assert_eq!(owners(&felt(20, None, &[]), &rows), [1]);
    }
}
