//! When faults are armed, for whom, and by what luck.
//!
//! A rule is met by an attempt that arrives inside its window at one of its targets, if its
//! conditions hold and its luck says so. Luck is keyed by (rule, deployment, request, visit): two
//! strategies that send the same request to the same place meet the same fault. What a fault *does*
//! is the fault's business.
//!
//! Rules that act at the dial hold for the whole host, because a dial names no deployment. A dial is
//! judged only by what can be told from it (nobody knows yet whether a stream will be asked for);
//! whatever else a rule wants to know is judged when the request has been read.
//!
//! A [`Schedule`] is a snapshot that never changes: whoever switches a rule, loads others or moves
//! the timeline's zero puts a new one in its place (see [`timeline`]). Windows are instants
//! of the timeline; whoever asks speaks of instants of the run.
//!
//! A rule about a favourite is about nobody until its window opens; then [`Schedule::settle`] finds
//! whom it hits, by [`served`], and that stays so until the window ends.

mod armed;
mod facts;
pub(crate) mod model_name_faults;
mod rule;
mod served;
pub(crate) mod timeline;

use std::sync::Arc;

use record::AttemptEnd;
use vocab::{At, DeploymentId, Seed};

use crate::action::{Action, Break, DialEnd, Effect, NameFailure, Strength, combine};
use crate::config::{DeploymentConfig, FakesConfig, FaultRule, FoundFavourite, When};
use crate::error::FakesError;
use crate::fault::Fault;
use crate::index::{DeploymentIndex, RuleIndex};
pub(crate) use armed::ArmedFaults;
pub(crate) use facts::{AttemptFacts, Caller, DrawKey};
use rule::{Place, Rule, places};
pub(crate) use served::Served;

/// All rules of a world.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    seed: Seed,
    rules: Vec<Listed>,
    zero: Zero,
    /// Instant of the run since when this snapshot stands.
    since: At,
    /// Who answered of late; the same for all snapshots.
    served: Arc<Served>,
}

/// A rule, and whether it is switched on.
#[derive(Clone, Debug)]
struct Listed {
    rule: Arc<Rule>,
    on: bool,
}

/// Where the timeline stands in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zero {
    /// It has not begun: no rule is met.
    Held,
    /// An instant of the run, plus so many nanoseconds, is an instant of the timeline.
    Ahead(i64),
}

/// A moment at which a rule acts on connections that are already open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Onset {
    pub(crate) at: At,
    rule: RuleIndex,
}

/// What the rules do while a client dials.
#[derive(Clone, Debug)]
pub(crate) struct DialEffect<End> {
    /// The rules that do something, in the order of the scenario.
    pub(crate) rules: Vec<Arc<str>>,
    pub(crate) effect: Effect<End>,
    /// End of the window of the last of them.
    pub(crate) until: At,
}

/// What a rule does to an open connection.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionBreak {
    pub(crate) rule: Arc<str>,
    pub(crate) how: Break,
    /// End of its window.
    pub(crate) until: At,
}

impl Schedule {
    /// Compiles the rules.
    ///
    /// # Errors
    /// If a rule names an unknown fault, has unreadable parameters, or a target that does not exist.
    pub(crate) fn new(config: &FakesConfig) -> Result<Self, FakesError> {
        let rules = Self::compile(&config.faults, &config.deployments)?;
        let served = Arc::default();
        Ok(Self { seed: config.seed, rules, zero: Zero::Ahead(0), since: At::START, served })
    }

    fn compile(
        rules: &[FaultRule],
        deployments: &[DeploymentConfig],
    ) -> Result<Vec<Listed>, FakesError> {
        let places = places(deployments);
        let listed = |rule| Ok(Listed { rule: Arc::new(Rule::new(rule, &places)?), on: true });
        rules.iter().map(listed).collect()
    }

    /// The same timeline with other rules, all switched on.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(crate) fn with_rules(
        &self,
        rules: &[FaultRule],
        deployments: &[DeploymentConfig],
        since: At,
    ) -> Result<Self, FakesError> {
        Ok(Self { rules: Self::compile(rules, deployments)?, since, ..self.clone() })
    }

    /// The same rules with another zero; what they have counted begins anew.
    ///
    /// # Errors
    /// As [`Self::new`]; never for rules that were compiled before.
    pub(crate) fn with_zero(
        &self,
        zero: Zero,
        deployments: &[DeploymentConfig],
        since: At,
    ) -> Result<Self, FakesError> {
        let places = places(deployments);
        let again = |listed: &Listed| {
            let rule = Arc::new(Rule::new(&listed.rule.source, &places)?);
            Ok(Listed { rule, on: listed.on })
        };
        let rules = self.rules.iter().map(again).collect::<Result<_, FakesError>>()?;
        Ok(Self { rules, zero, since, ..self.clone() })
    }

    /// The same, with rule `id` switched; `None` if there is no such rule.
    pub(crate) fn switched(&self, id: &str, on: bool, since: At) -> Option<Self> {
        let mut next = Self { since, ..self.clone() };
        next.rules.iter_mut().find(|listed| *listed.rule.id == *id)?.on = on;
        Some(next)
    }

    /// Every rule as it was made, whether it is switched on, and whom its favourite turned out to be.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&FaultRule, bool, Option<FoundFavourite>)> {
        let view = |listed: &'_ Listed| listed.rule.found_favourite();
        self.rules.iter().map(move |listed| (&listed.rule.source, listed.on, view(listed)))
    }

    /// Finds the favourites of the rules whose windows have opened: once per window, by what was
    /// answered before it opened. A window into which the timeline was moved, or in which its rule
    /// was switched on or loaded, opens at that moment.
    pub(crate) fn settle(&self, now: At) {
        for (_, rule) in self.armed().filter(|(_, rule)| rule.awaits_favourite()) {
            let Some(on_timeline) = self.on_timeline(now).filter(|at| *at >= rule.window.from)
            else {
                continue;
            };
            let opened = self.in_run(rule.window.from).max(self.since);
            let at = self.on_timeline(opened).unwrap_or(on_timeline);
            rule.settle(at, |places| self.served.favourite(opened, places.iter().map(Place::id)));
        }
    }

    /// An attempt at a model ended.
    pub(crate) fn ended(&self, now: At, deployment: &DeploymentId, end: AttemptEnd) {
        // What is older than a minute is forgotten: windows that have opened are settled before.
        self.settle(now);
        self.served.ended(now, deployment, end);
    }

    /// Forgets who answered.
    pub(crate) fn forget(&self) {
        self.served.forget();
    }

    /// An instant of the run on the timeline; `None` before its zero.
    pub(crate) fn on_timeline(&self, at: At) -> Option<At> {
        match self.zero {
            Zero::Held => None,
            Zero::Ahead(ns) => at.0.checked_add_signed(ns).map(At),
        }
    }

    /// An instant of the timeline in the run; the run's start for one before it.
    fn in_run(&self, at: At) -> At {
        match self.zero {
            Zero::Held => At::NEVER,
            Zero::Ahead(_) if at == At::NEVER => At::NEVER,
            Zero::Ahead(ns) => At(at.0.saturating_add_signed(ns.saturating_neg())),
        }
    }

    /// The rules that are switched on, with their positions.
    fn armed(&self) -> impl Iterator<Item = (RuleIndex, &Arc<Rule>)> {
        let on = self.rules.iter().enumerate().filter(|(_, listed)| listed.on);
        on.map(|(index, listed)| (RuleIndex(index), &listed.rule))
    }

    fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(index.0).map(|listed| &*listed.rule)
    }

    /// The same question, asked on the timeline.
    fn translated(&self, facts: &AttemptFacts) -> Option<AttemptFacts> {
        Some(AttemptFacts { at: self.on_timeline(facts.at)?, ..*facts })
    }

    /// The rules that an attempt meets. Counts it for `first`, `every` and `nth`.
    pub(crate) fn meet(&self, facts: &AttemptFacts) -> ArmedFaults {
        let mut armed = ArmedFaults::default();
        self.settle(facts.at);
        let Some(facts) = self.translated(facts) else { return armed };
        for (_, rule) in self.armed() {
            if let Some(strength) = rule.strength(self.seed, &facts, true) {
                armed.push(rule, strength, self.in_run(rule.window.to));
            }
        }
        armed
    }

    /// What becomes of the name of the host whose first deployment is `first`, for `caller`.
    pub(crate) fn on_resolve(
        &self,
        first: DeploymentIndex,
        at: At,
        caller: Option<Caller>,
    ) -> DialEffect<NameFailure> {
        self.on_host(first, at, caller, |fault, strength| fault.on_resolve(strength))
    }

    /// What becomes of a dial of `caller` to the host whose first deployment is `first`, and which
    /// has so many connections open.
    pub(crate) fn on_dial(
        &self,
        open: usize,
        first: DeploymentIndex,
        at: At,
        caller: Option<Caller>,
    ) -> DialEffect<DialEnd> {
        self.on_host(first, at, caller, |fault, strength| fault.on_dial(open, strength))
    }

    fn on_host<End>(
        &self,
        first: DeploymentIndex,
        at: At,
        caller: Option<Caller>,
        hook: impl Fn(&dyn Fault, Strength) -> Action<End>,
    ) -> DialEffect<End> {
        let (mut rules, mut until) = (Vec::new(), at);
        self.settle(at);
        let now = self.on_timeline(at);
        let effect = combine(self.armed().filter_map(|(_, rule)| {
            let strength = rule.strength_for_dial(self.seed, now?, first, caller)?;
            let action = hook(&*rule.fault, strength);
            if !action.is_pass() {
                rules.push(Arc::clone(&rule.id));
                until = self.in_run(rule.window.to);
            }
            Some(action)
        }));
        DialEffect { rules, effect, until }
    }

    /// When a connection to the host whose first deployment is `first` is closed, if it is idle since
    /// `since` and stays so; at `now` nobody may know yet whether a rule is about the host, so whoever
    /// waits for the instant asks again then.
    pub(crate) fn idle_end(&self, first: DeploymentIndex, since: At, now: At) -> Option<At> {
        self.settle(now);
        let ends = self.armed().filter_map(|(_, rule)| {
            rule.may_hit(first).then_some(())?;
            let (from, to) = (self.in_run(rule.window.from), self.in_run(rule.window.to));
            let end = since.plus(rule.fault.idle_limit()?).max(from);
            (end < to).then_some(end)
        });
        ends.min()
    }

    /// When rules act on the open connections of the host whose first deployment is `first`: at the
    /// start of their windows, or where ramps have risen to their height. Rules that await their
    /// favourite may do so.
    pub(crate) fn onsets(&self, first: DeploymentIndex) -> Vec<Onset> {
        let mut onsets: Vec<Onset> = self
            .armed()
            .filter(|(_, rule)| rule.fault.at_connect() && rule.may_hit(first))
            .map(|(index, rule)| {
                let window = rule.window;
                let half = window.to.since(window.from) / 2;
                let at = window.from.plus(window.ramp.min(half));
                Onset { at: self.in_run(at), rule: index }
            })
            .collect();
        onsets.sort_unstable();
        onsets
    }

    /// What is still to come of [`Self::onsets`] at `now`, when this snapshot takes the place of
    /// another: an onset that has passed comes at once if its rule's window is open. Where the rule
    /// stood before, it finds nothing left to break.
    pub(crate) fn onsets_from(&self, first: DeploymentIndex, now: At) -> Vec<Onset> {
        let is_open = |onset: &Onset| {
            let rule = self.rule(onset.rule).zip(self.on_timeline(now));
            rule.is_some_and(|(rule, now)| rule.window.strength(now) > 0.0)
        };
        let mut onsets = self.onsets(first);
        onsets.retain(|onset| onset.at > now || is_open(onset));
        onsets.iter_mut().for_each(|onset| onset.at = onset.at.max(now));
        onsets
    }

    /// What an onset does to a connection to the host whose first deployment is `first`, which carries
    /// `facts`, or is idle. A part of all connections (by share or condition) means: of those that
    /// carry an attempt.
    pub(crate) fn at_onset(
        &self,
        onset: Onset,
        first: DeploymentIndex,
        facts: Option<&AttemptFacts>,
    ) -> Option<ConnectionBreak> {
        self.settle(onset.at);
        let rule = self.rule(onset.rule).filter(|rule| rule.draw_id_of(first).is_some())?;
        let struck = match facts {
            Some(facts) => {
                let facts = self.translated(&AttemptFacts { at: onset.at, ..*facts })?;
                rule.strength(self.seed, &facts, false).is_some()
            }
            None => rule.share >= 1.0 && rule.when == When::default(),
        };
        let how = rule.fault.on_onset().filter(|_| struck)?;
        Some(ConnectionBreak {
            rule: Arc::clone(&rule.id),
            how,
            until: self.in_run(rule.window.to),
        })
    }
}
