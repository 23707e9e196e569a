//! What can be changed on fakes while they stand: rules switched, replaced, the timeline moved.
//!
//! Everything here may come from outside, so that it is checked as `plan` checks a scenario. In a
//! run nobody calls it: a run's timeline is fixed before it begins.

use std::collections::BTreeSet;

use serde::Serialize;
use vocab::At;

use crate::config::{FaultRule, Favourite, FoundFavourite, RULE_ID_BYTES_MAX, RULES_MAX};
use crate::error::FakesError;
use crate::schedule::Zero;
use crate::{Fakes, fault};

/// A rule as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleView {
    /// The rule.
    pub rule: FaultRule,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Where the timeline stands with it.
    pub state: RuleState,
    /// What it does, in words.
    pub does: String,
    /// Whom its favourite turned out to be, once its window has opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<FoundFavourite>,
}

/// Where the timeline stands with a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleState {
    /// Switched off.
    Off,
    /// Its window is still to come.
    Waiting,
    /// Its window is open.
    Active,
    /// Its window has passed.
    Over,
}

/// There is no rule of that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{0}`; GET /rules lists all")]
pub struct NoSuchRule(pub String);

impl Fakes {
    /// Every rule, in the order in which they are asked.
    pub fn rules(&self) -> Vec<RuleView> {
        let schedule = self.state.schedule.snapshot();
        schedule.settle(self.state.clock.now());
        let now = schedule.on_timeline(self.state.clock.now());
        let view = |(rule, enabled, found): (&FaultRule, bool, Option<FoundFavourite>)| {
            let state = match now {
                _ if !enabled => RuleState::Off,
                Some(now) if now >= rule.window.to => RuleState::Over,
                Some(now) if now >= rule.window.from => RuleState::Active,
                Some(_) | None => RuleState::Waiting,
            };
            let entry = fault::find(&rule.name);
            let does = entry.map_or_else(String::new, |entry| entry.describe(&rule.params));
            RuleView { rule: rule.clone(), enabled, state, does, found }
        };
        schedule.list().map(view).collect()
    }

    /// Switches a rule. Attempts that met it before keep what they met; connections that it would
    /// have broken at its start are broken when it is switched on inside its window.
    ///
    /// # Errors
    /// [`NoSuchRule`].
    pub fn switch(&self, id: &str, enabled: bool) -> Result<(), NoSuchRule> {
        let known = self.state.schedule.switch(id, enabled, self.state.clock.now());
        let black_hole =
            self.rules().iter().any(|view| view.rule.id == id && view.rule.name == "blackhole");
        if !enabled && black_hole {
            self.give_back();
        }
        known.then_some(()).ok_or_else(|| NoSuchRule(id.to_owned()))
    }

    /// Puts these rules in the place of all. The timeline's "now" stays where it is.
    ///
    /// # Errors
    /// [`FakesError`], if a rule asks for what cannot be; nothing has changed then.
    pub fn load(&self, rules: &[FaultRule]) -> Result<(), FakesError> {
        check(rules, self.state.deployments.len())?;
        self.state.schedule.load(rules, &self.state.configs(), self.state.clock.now())?;
        self.give_back();
        Ok(())
    }

    /// Moves the timeline so that now is instant `to` of it. What rules have counted begins anew.
    pub fn seek(&self, to: At) {
        let ahead = i128::from(to.ns()) - i128::from(self.state.clock.now().ns());
        self.move_to(Zero::Ahead(saturated(ahead)));
    }

    /// Moves the timeline so that its zero is instant `start` of the fakes' own clock.
    pub fn start_at(&self, start: At) {
        self.move_to(Zero::Ahead(saturated(-i128::from(start.ns()))));
    }

    /// Holds the timeline before its zero: no rule is met until [`Self::seek`].
    pub fn hold(&self) {
        self.move_to(Zero::Held);
    }

    /// Begins anew: journal, counters, lateness, limits, luck, and the timeline at its zero. Attempts under way
    /// go on, and slots that they hold stay taken; but connections in black holes are reset.
    pub fn reset(&self) {
        let state = &self.state;
        for deployment in &state.deployments {
            deployment.reset(state.unix_ns());
        }
        state.book.forget();
        state.lateness.forget();
        state.schedule.forget();
        if let Some(journal) = &state.journal {
            journal.reset();
        }
        self.seek(At::START);
    }

    /// Where the timeline stands; `None` while it is held, or before its zero.
    pub fn timeline_now(&self) -> Option<At> {
        let now = self.state.clock.now();
        self.state.schedule.snapshot().on_timeline(now)
    }

    #[expect(clippy::expect_used, reason = "rules that stand were compiled from the same words")]
    fn move_to(&self, zero: Zero) {
        let now = self.state.clock.now();
        let moved = self.state.schedule.move_to(zero, &self.state.configs(), now);
        moved.expect("they compiled before");
        self.give_back();
    }

    /// Rules have changed: connections in black holes are reset, and their attempts end.
    fn give_back(&self) {
        for host in &self.state.host_states {
            host.connections.give_back();
        }
    }
}

/// What `plan` finds in a scenario, by the same rules.
fn check(rules: &[FaultRule], deployments: usize) -> Result<(), FakesError> {
    if rules.len() > RULES_MAX {
        return Err(FakesError::TooManyRules(rules.len()));
    }
    let mut ids = BTreeSet::new();
    for rule in rules {
        let checked = rule.check().map_err(|impossible| impossible.to_string());
        let twice = "another rule has the same id; give each one its own";
        let checked = checked
            .and_then(|()| if ids.insert(&rule.id) { Ok(()) } else { Err(twice.to_owned()) });
        checked.map_err(|problem| FakesError::Rule {
            rule: rule.id.chars().take(RULE_ID_BYTES_MAX).collect(),
            problem,
        })?;
        let short = |favourite: &Favourite| favourite.set_of.len() != deployments;
        if rule.favourite.as_ref().is_some_and(short) {
            let problem = "its `favourite` must have one number in `set_of` for each deployment";
            return Err(FakesError::Rule {
                rule: rule.id.chars().take(RULE_ID_BYTES_MAX).collect(),
                problem: problem.to_owned(),
            });
        }
    }
    Ok(())
}

fn saturated(ns: i128) -> i64 {
    let bounds = (i128::from(i64::MIN), i128::from(i64::MAX));
    i64::try_from(ns.clamp(bounds.0, bounds.1)).unwrap_or_default()
}
