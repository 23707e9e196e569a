//! How one contender came through what befell it, row by row: exposed, victims, detect, rescue, recover, fail back.
//!
//! The definitions are those of `docs/numbers.md`. Whatever cannot be told from this run is listed as not applicable,
//! with `null`; whatever never happened is `null` alone. What several rows need (calm, who met what, classes, spells) is
//! found once and shared.

use std::collections::BTreeMap;
use std::rc::Rc;

use record::RunInfo;
use record::run::ContenderInfo;

use super::attempts::{Ends, Seen};
use super::calm::{Calm, NS_PER_S};
use super::class::{Class, Count, Lives, REQUESTS_MIN};
use super::credit::{Felt, Standing};
use super::fault_row::{Acts, FaultRow};
use super::meeting::Meetings;
use super::spell::{Bounds, EPSILON};
use crate::report::{FaultResult, Measured, SpellOfNobody};
use crate::tables::ledger::Ledger;
use crate::tables::requests::Requests;

/// Those who met a row and nothing else must be this much under the baseline to count as harmed by it.
const HARM_POINTS: f64 = 0.10;

/// Victims of a row that are named, for `brownout explain`.
const EXAMPLES_MAX: usize = 5;

/// One contender: who it is, its tables, and what befell it.
#[derive(Debug)]
pub(crate) struct Books<'a> {
    pub(crate) run: &'a RunInfo,
    pub(crate) who: &'a ContenderInfo,
    pub(crate) requests: &'a Requests,
    pub(crate) ledger: &'a Ledger,
    pub(crate) rows: &'a [FaultRow],
    pub(crate) meetings: &'a Meetings,
    /// 1 − the promised success rate.
    pub(crate) budget: Measured<f64>,
}

/// All rows, and the spells that are no row's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<FaultResult>,
    pub(crate) spells_of_nobody: Vec<SpellOfNobody>,
}

/// Evaluates every row.
pub(crate) fn evaluate(books: &Books<'_>) -> Outcome {
    let mut trial = Trial::new(books);
    let standings = trial.standings();
    let rows = 0..books.rows.len();
    Outcome {
        rows: rows.map(|row| trial.result(row, &standings)).collect(),
        spells_of_nobody: trial.spells_of_nobody(&standings),
    }
}

/// How many error budgets a success rate burns.
pub(crate) fn burn(success_rate: Measured<f64>, budget: Measured<f64>) -> Measured<f64> {
    success_rate.and_then(|rate| budget.map(|budget| (1.0 - rate) / budget))
}

/// Which phases' requests belong to a class, and who belongs to it besides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ClassKey {
    /// By phase, whether its requests do; one more for requests of no known phase.
    phases: Vec<bool>,
    /// Positions of requests of other phases that met the row all the same.
    others: Vec<usize>,
}

/// What is found once.
struct Trial<'a> {
    books: &'a Books<'a>,
    calm: Calm,
    lives: Lives,
    ends: Ends,
    /// Classes without others: most rows share a few.
    classes: BTreeMap<ClassKey, Rc<Class>>,
    /// Spells of these classes.
    spells: BTreeMap<(ClassKey, Bounds), Rc<Vec<Felt>>>,
}

impl<'a> Trial<'a> {
    fn new(books: &'a Books<'a>) -> Self {
        let calm = Calm::new(books.run, books.rows);
        let start_ns = |row: &usize| books.rows[*row].from_ns;
        let hit_ns = |at: usize| books.meetings.rows_of(at).iter().map(start_ns).max();
        let lives = Lives::of(books.requests, &calm, hit_ns);
        let ends = Ends::of(books.ledger);
        Self { books, calm, lives, ends, classes: BTreeMap::new(), spells: BTreeMap::new() }
    }

    fn standings(&mut self) -> Vec<Standing> {
        let alone = self.met_alone();
        let standing = |(row, alone): (usize, Count)| {
            let FaultRow { from_ns, to_ns, .. } = self.books.rows[row];
            if !self.books.rows[row].is_here() {
                return Standing { from_ns, ..Standing::default() };
            }
            let class = self.class(&self.key(row));
            let before = class.calm_before(from_ns).map(Count::share);
            let is_as_before = |before: f64| alone.share() - before <= HARM_POINTS + EPSILON;
            Standing {
                from_ns,
                grace_ns: Some(class.grace_ns(to_ns, self.books.run.scenario.duration_ns)),
                harmless: alone.all >= REQUESTS_MIN && before.is_some_and(is_as_before),
            }
        };
        alone.into_iter().enumerate().map(standing).collect()
    }

    /// By row, those who met it and no other, and how many of them were not good.
    fn met_alone(&self) -> Vec<Count> {
        let mut alone = vec![Count::default(); self.books.rows.len()];
        for (at, request) in self.books.requests.rows.iter().enumerate() {
            if let [row] = self.books.meetings.rows_of(at) {
                alone[*row].all += 1;
                alone[*row].hits += u64::from(!request.good);
            }
        }
        alone
    }

    /// Whose class: by the phases whose model can reach a target, and by who met it.
    fn key(&self, row: usize) -> ClassKey {
        let phases = &self.books.run.phases;
        let reach = &self.books.who.reach;
        let reaches = |model: &str| match &self.books.rows[row].acts {
            Acts::Instances(_) => true,
            Acts::Nowhere => false,
            Acts::Deployments { ids, .. } => {
                // Of whom nobody knows what it reaches, it may be anything.
                let reach = reach.iter().find(|reach| reach.model == model);
                reach.is_none_or(|reach| reach.deployments.iter().any(|id| ids.contains(id)))
            }
        };
        let mut own: Vec<bool> = phases.iter().map(|phase| reaches(&phase.model)).collect();
        own.push(self.books.rows[row].is_here());
        let others = self.books.meetings.requests_of(row).iter().copied();
        let others = others.filter(|at| !own[self.phase_of(*at)]).collect();
        ClassKey { phases: own, others }
    }

    fn phase_of(&self, position: usize) -> usize {
        self.books.requests.rows[position].phase.unwrap_or(self.books.run.phases.len())
    }

    fn class(&mut self, key: &ClassKey) -> Rc<Class> {
        if let Some(class) = self.classes.get(key) {
            return Rc::clone(class);
        }
        let requests = &self.books.requests.rows;
        let belongs = |at: &usize| {
            requests[*at].is_judged()
                && (key.phases[self.phase_of(*at)] || key.others.binary_search(at).is_ok())
        };
        let members: Vec<usize> = (0..requests.len()).filter(belongs).collect();
        let class = Rc::new(Class::of(self.books.requests, &self.lives, &members));
        if key.others.is_empty() {
            self.classes.insert(key.clone(), Rc::clone(&class));
        }
        class
    }

    fn spells(
        &mut self,
        key: &ClassKey,
        (class, bounds): (&Class, Bounds),
        standings: &[Standing],
    ) -> Rc<Vec<Felt>> {
        let known = (key.clone(), bounds);
        if let Some(spells) = self.spells.get(&known) {
            return Rc::clone(spells);
        }
        let spells = bounds.spells(&class.windows, &class.bad).into_iter();
        let felt = |spell| Felt::of(spell, class, self.books.meetings, standings);
        let spells = Rc::new(spells.map(felt).collect::<Vec<Felt>>());
        if key.others.is_empty() {
            self.spells.insert(known, Rc::clone(&spells));
        }
        spells
    }

    fn result(&mut self, row: usize, standings: &[Standing]) -> FaultResult {
        let what = &self.books.rows[row];
        if !what.is_here() {
            return not_applicable(what);
        }
        let key = self.key(row);
        let class = self.class(&key);
        let exposed = self.exposed(row, &class);
        let enough = exposed.requests.all >= REQUESTS_MIN;
        let rate =
            if enough { Measured::Known(exposed.requests.share()) } else { Measured::TooFew };
        let calm = class.calm_before(what.from_ns);
        let none = if class.len() == 0 { Measured::NotApplicable } else { Measured::TooFew };
        let seen = Seen::at(self.books, row, (&self.calm, &self.ends));
        let detected = seen.detected();
        let since_start = |ns: u64| ns.saturating_sub(what.from_ns) as f64 / NS_PER_S;
        let since_end = |ns: u64| ns.saturating_sub(what.to_ns) as f64 / NS_PER_S;
        let everybody_is_known = self.knows_who_met(row);
        let told = |number: u64| match everybody_is_known {
            true => Measured::Known(number),
            false => Measured::NotObserved,
        };
        FaultResult {
            met_requests: told(self.books.meetings.requests_of(row).len() as u64),
            exposed: Measured::Known(exposed.requests.all),
            victims: told(exposed.victims.len() as u64),
            victim_examples: exposed.examples(self.books.requests),
            success_rate: rate,
            good_rate_before: Measured::known_or(calm.map(|calm| 1.0 - calm.share()), none),
            time_to_detect_s: detected
                .and_then(|seen| Measured::known_or(seen.detected_ns, Measured::Never))
                .map(since_start),
            time_to_detect_by_instance_s: seen.by_instance().map(|by| by.since(what.from_ns)),
            time_to_rescue_s: seen.rescued_ns().map(since_start),
            time_to_recover_s: self.recovered(row, (&key, &class, calm), standings),
            failback_s: seen.failback_ns().map(since_end),
            first_victims: detected.and_then(|seen| told(exposed.victims_until(seen.detected_ns))),
            flaps: detected.map(|seen| seen.flaps),
            error_budget_burn: burn(rate, self.books.budget),
            ..not_applicable(what)
        }
    }

    /// Whether everybody who met a row is known.
    fn knows_who_met(&self, row: usize) -> bool {
        self.books.who.is_observed() && self.books.meetings.unattributed[row] == 0
    }

    fn exposed(&self, row: usize, class: &Class) -> Exposed {
        let FaultRow { from_ns, to_ns, .. } = self.books.rows[row];
        let mut requests = class.succeeded_between(from_ns, to_ns);
        let mut victims = Vec::new();
        for &at in self.books.meetings.requests_of(row) {
            let request = &self.books.requests.rows[at];
            if !(from_ns..to_ns).contains(&request.intended_ns) {
                requests.all += 1;
                requests.hits += u64::from(request.succeeded());
            }
            if !request.succeeded() {
                victims.push((at, request.end_ns));
            }
        }
        Exposed { requests, victims }
    }

    /// Seconds from the row's start to the end of its last spell.
    fn recovered(
        &mut self,
        row: usize,
        (key, class, calm): (&ClassKey, &Class, Option<Count>),
        standings: &[Standing],
    ) -> Measured<f64> {
        let Standing { from_ns, grace_ns, .. } = standings[row];
        let (Some(calm), Some(grace_ns)) = (calm, grace_ns) else {
            return if class.len() == 0 { Measured::NotApplicable } else { Measured::TooFew };
        };
        if (class.left_from(from_ns) as u64) < REQUESTS_MIN {
            return Measured::TooFew;
        }
        let bounds = Bounds::new(calm, class.windows_ending_in(from_ns, grace_ns));
        let spells = self.spells(key, (class, bounds), standings);
        let mut own = spells.iter().filter(|spell| spell.belongs_to(row, standings));
        // Spells come in the order of time, so the last one ends last.
        match own.next_back().map(|spell| spell.end_ns) {
            None => Measured::Known(0.0),
            Some(None) => Measured::Never,
            Some(Some(end_ns)) => Measured::Known(end_ns.saturating_sub(from_ns) as f64 / NS_PER_S),
        }
    }

    /// Spells over all judged requests, against all of calm time, that began while no row was open.
    fn spells_of_nobody(&mut self, standings: &[Standing]) -> Vec<SpellOfNobody> {
        let everybody = vec![true; self.books.run.phases.len() + 1];
        let key = ClassKey { phases: everybody, others: Vec::new() };
        let class = self.class(&key);
        let Some(calm) = class.calm() else { return Vec::new() };
        let bounds = Bounds::new(calm, class.windows.len());
        let spells = self.spells(&key, (&class, bounds), standings);
        let nobodys = spells.iter().filter(|spell| spell.is_nobodys());
        let seconds = |ns: u64| ns as f64 / NS_PER_S;
        let spell = |spell: &Felt| SpellOfNobody {
            from_s: seconds(spell.begin_ns),
            to_s: Measured::known_or(spell.end_ns.map(seconds), Measured::Never),
        };
        nobodys.map(spell).collect()
    }
}

/// The requests that a row could have hit, or did.
struct Exposed {
    /// How many, and how many of them succeeded.
    requests: Count,
    /// Those who failed and met it: positions and ends.
    victims: Vec<(usize, Option<u64>)>,
}

impl Exposed {
    /// Victims that ended at or before an instant; all, if there is none.
    fn victims_until(&self, until_ns: Option<u64>) -> u64 {
        let in_time =
            |end: Option<u64>| until_ns.is_none_or(|until| end.is_some_and(|end| end <= until));
        self.victims.iter().filter(|(_, end)| in_time(*end)).count() as u64
    }

    fn examples(&self, requests: &Requests) -> Vec<u64> {
        let ids = self.victims.iter().map(|(at, _)| requests.rows[*at].id);
        ids.take(EXAMPLES_MAX).collect()
    }
}

/// A row of which nothing can be told but what it was.
fn not_applicable(what: &FaultRow) -> FaultResult {
    FaultResult {
        id: what.id.clone(),
        kind: what.kind,
        summary: what.summary.clone(),
        target: what.target.clone(),
        acts_on: what.acts_on,
        deployments: what.deployments().to_vec(),
        entry: what.entry.clone(),
        from_s: what.from_ns as f64 / NS_PER_S,
        to_s: what.to_ns as f64 / NS_PER_S,
        met_requests: Measured::NotApplicable,
        exposed: Measured::NotApplicable,
        victims: Measured::NotApplicable,
        victim_examples: Vec::new(),
        success_rate: Measured::NotApplicable,
        good_rate_before: Measured::NotApplicable,
        time_to_detect_s: Measured::NotApplicable,
        time_to_detect_by_instance_s: Measured::NotApplicable,
        time_to_rescue_s: Measured::NotApplicable,
        time_to_recover_s: Measured::NotApplicable,
        failback_s: Measured::NotApplicable,
        first_victims: Measured::NotApplicable,
        flaps: Measured::NotApplicable,
        error_budget_burn: Measured::NotApplicable,
    }
}
