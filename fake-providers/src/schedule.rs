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
//! the timeline's zero puts a new one in its place (see [`crate::timeline`]). Windows are instants
//! of the timeline; whoever asks speaks of instants of the run.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vocab::{At, Seed};

use crate::FakesError;
use crate::action::{
    Action, Break, DialEnd, Effect, EndMutation, HeadEnd, HeadMutation, LimitScale, NameFailure,
    RequestEnd, StreamEnd, Strength, TokenMutation, combine,
};
use crate::by_name::Named;
use crate::config::{DeploymentConfig, FakesConfig, FaultRule, When, Window};
use crate::fault::{self, Cold, Fault, Ramp};
use crate::ledger::{Entry, Numbers};

/// All rules of a world.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    seed: Seed,
    rules: Vec<Listed>,
    zero: Zero,
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

#[derive(Debug)]
struct Rule {
    id: Arc<str>,
    /// What it was made from.
    source: FaultRule,
    fault: Box<dyn Fault>,
    window: Window,
    share: f64,
    when: When,
    /// By deployment: the id under which its luck is drawn, if the rule is about it at all.
    luck_of: Vec<Option<Arc<str>>>,
    /// Attempts so far that the conditions `first`, `every` and `nth` count.
    arrived: AtomicU64,
    /// For faults that meet a cold provider: by deployment, the last arrival and how many have
    /// come since the last rest.
    warmth: Mutex<BTreeMap<usize, (At, u32)>>,
}

/// Everything about an attempt that rules may ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) deployment: usize,
    pub(crate) at: At,
    pub(crate) luck: Luck,
    pub(crate) attempt: u32,
    pub(crate) stream: bool,
    pub(crate) prompt_tokens: u64,
}

/// Whose luck: a request and its visit, or a probe's ordinal and visit 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Luck {
    pub(crate) request: u64,
    pub(crate) visit: u32,
}

/// For which request a client dials, with the numbers that its attempt would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) request: u64,
    pub(crate) numbers: Numbers,
}

/// Rules that an attempt meets, in the order of the scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Met {
    schedule: Option<Arc<Schedule>>,
    armed: Vec<(usize, Strength)>,
    asked: Option<Named>,
}

/// A moment at which a rule acts on connections that are already open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Onset {
    pub(crate) at: At,
    rule: usize,
}

/// What the rules do while a client dials.
#[derive(Clone, Debug)]
pub(crate) struct Dialled<End> {
    /// The rules that do something, in the order of the scenario.
    pub(crate) rules: Vec<Arc<str>>,
    pub(crate) effect: Effect<End>,
    /// End of the window of the last of them.
    pub(crate) until: At,
}

/// What a rule does to an open connection.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
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
        Ok(Self { seed: config.seed, rules, zero: Zero::Ahead(0) })
    }

    fn compile(
        rules: &[FaultRule],
        deployments: &[DeploymentConfig],
    ) -> Result<Vec<Listed>, FakesError> {
        let listed = |rule| Ok(Listed { rule: Arc::new(Rule::new(rule, deployments)?), on: true });
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
    ) -> Result<Self, FakesError> {
        Ok(Self { rules: Self::compile(rules, deployments)?, ..*self })
    }

    /// The same rules with another zero; what they have counted begins anew.
    ///
    /// # Errors
    /// As [`Self::new`]; never for rules that were compiled before.
    pub(crate) fn with_zero(
        &self,
        zero: Zero,
        deployments: &[DeploymentConfig],
    ) -> Result<Self, FakesError> {
        let again = |listed: &Listed| {
            let rule = Arc::new(Rule::new(&listed.rule.source, deployments)?);
            Ok(Listed { rule, on: listed.on })
        };
        let rules = self.rules.iter().map(again).collect::<Result<_, FakesError>>()?;
        Ok(Self { rules, zero, ..*self })
    }

    /// The same, with rule `id` switched; `None` if there is no such rule.
    pub(crate) fn switched(&self, id: &str, on: bool) -> Option<Self> {
        let mut next = self.clone();
        next.rules.iter_mut().find(|listed| *listed.rule.id == *id)?.on = on;
        Some(next)
    }

    /// Every rule as it was made, and whether it is switched on.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&FaultRule, bool)> {
        self.rules.iter().map(|listed| (&listed.rule.source, listed.on))
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
    fn armed(&self) -> impl Iterator<Item = (usize, &Rule)> {
        let on = self.rules.iter().enumerate().filter(|(_, listed)| listed.on);
        on.map(|(index, listed)| (index, &*listed.rule))
    }

    fn rule(&self, index: usize) -> Option<&Rule> {
        self.rules.get(index).map(|listed| &*listed.rule)
    }

    /// The same question, asked on the timeline.
    fn translated(&self, ask: &Ask) -> Option<Ask> {
        Some(Ask { at: self.on_timeline(ask.at)?, ..*ask })
    }

    /// The rules that an attempt meets. Counts it for `first`, `every` and `nth`.
    pub(crate) fn meet(self: &Arc<Self>, ask: &Ask) -> Met {
        let mut met = Met::default();
        let Some(ask) = self.translated(ask) else { return met };
        for (index, rule) in self.armed() {
            if let Some(strength) = rule.strength(self.seed, &ask, true) {
                met.armed.push((index, strength));
                met.schedule.get_or_insert_with(|| Arc::clone(self));
            }
        }
        met
    }

    /// What becomes of the name of the host whose first deployment is `first`, for `caller`.
    pub(crate) fn on_resolve(
        &self,
        first: usize,
        at: At,
        caller: Option<Caller>,
    ) -> Dialled<NameFailure> {
        self.on_host(first, at, caller, |fault, strength| fault.on_resolve(strength))
    }

    /// What becomes of a dial of `caller` to the host whose first deployment is `first`, and which
    /// has so many connections open.
    pub(crate) fn on_dial(
        &self,
        open: usize,
        first: usize,
        at: At,
        caller: Option<Caller>,
    ) -> Dialled<DialEnd> {
        self.on_host(first, at, caller, |fault, strength| fault.on_dial(open, strength))
    }

    fn on_host<End>(
        &self,
        first: usize,
        at: At,
        caller: Option<Caller>,
        hook: impl Fn(&dyn Fault, Strength) -> Action<End>,
    ) -> Dialled<End> {
        let (mut rules, mut until) = (Vec::new(), at);
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
        Dialled { rules, effect, until }
    }

    /// When a connection to the host whose first deployment is `first` is closed, if it is idle since
    /// `since` and stays so.
    pub(crate) fn idle_end(&self, first: usize, since: At) -> Option<At> {
        let ends = self.armed().filter_map(|(_, rule)| {
            rule.luck_of(first)?;
            let (from, to) = (self.in_run(rule.window.from), self.in_run(rule.window.to));
            let end = since.plus(rule.fault.idle_limit()?).max(from);
            (end < to).then_some(end)
        });
        ends.min()
    }

    /// When rules act on the open connections of the host whose first deployment is `first`: at the
    /// start of their windows, or where ramps have risen to their height.
    pub(crate) fn onsets(&self, first: usize) -> Vec<Onset> {
        let mut onsets: Vec<Onset> = self
            .armed()
            .filter(|(_, rule)| rule.fault.at_connect() && rule.luck_of(first).is_some())
            .map(|(index, Rule { window, .. })| {
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
    pub(crate) fn onsets_from(&self, first: usize, now: At) -> Vec<Onset> {
        let is_open = |onset: &Onset| {
            let rule = self.rule(onset.rule).zip(self.on_timeline(now));
            rule.is_some_and(|(rule, now)| rule.window.strength(now) > 0.0)
        };
        let mut onsets = self.onsets(first);
        onsets.retain(|onset| onset.at > now || is_open(onset));
        onsets.iter_mut().for_each(|onset| onset.at = onset.at.max(now));
        onsets
    }

    /// What an onset does to a connection that carries `ask`, or is idle. A part of all connections
    /// (by share or condition) means: of those that carry an attempt.
    pub(crate) fn at_onset(&self, onset: Onset, ask: Option<&Ask>) -> Option<Strike> {
        let rule = self.rule(onset.rule)?;
        let struck = match ask {
            Some(ask) => {
                let ask = self.translated(&Ask { at: onset.at, ..*ask })?;
                rule.strength(self.seed, &ask, false).is_some()
            }
            None => rule.share >= 1.0 && rule.when == When::default(),
        };
        let how = rule.fault.on_onset().filter(|_| struck)?;
        Some(Strike { rule: Arc::clone(&rule.id), how, until: self.in_run(rule.window.to) })
    }

    /// Whether no rule fails a first try; see [`crate::Fakes::would_answer`].
    pub(crate) fn spares(&self, ask: &Ask) -> bool {
        let Some(ask) = self.translated(ask) else { return true };
        self.armed().all(|(_, rule)| {
            let spares = rule.fault.only_slows() || rule.fault.depends_on_load();
            spares || rule.strength(self.seed, &ask, false).is_none()
        })
    }
}

impl Met {
    /// Whether a rule breaks the connection on which the request came, after so long a rest.
    pub(crate) fn on_reuse(&self, idle: Duration, entry: &Entry) -> Option<Break> {
        let how = |(id, fault, _): (_, &dyn Fault, _)| Some((id, fault.on_reuse(idle)?));
        let (id, how) = self.faults().find_map(how)?;
        entry.met(id);
        Some(how)
    }

    /// What the faults do to a request that was read.
    pub(crate) fn on_request(&self, entry: &Entry) -> Effect<RequestEnd, LimitScale> {
        let mut effect = self.ask(entry, |fault, strength| fault.on_request(strength));
        if effect.end.is_none()
            && let Some(asked) = &self.asked
            && let Some(end) = asked.after_dial
        {
            entry.met(&asked.id);
            effect.end = Some(end);
        }
        effect
    }

    /// What they do to an answer before its head.
    pub(crate) fn before_head(&self, entry: &Entry) -> Effect<HeadEnd, HeadMutation> {
        self.ask(entry, |fault, strength| fault.before_head(strength))
    }

    /// What they do to an answer after so many tokens, when another one comes.
    pub(crate) fn before_token(
        &self,
        token: u32,
        entry: &Entry,
    ) -> Effect<StreamEnd, TokenMutation> {
        self.ask(entry, |fault, strength| fault.before_token(token, strength))
    }

    /// What they do to the end of an answer.
    pub(crate) fn on_end(&self, entry: &Entry) -> Effect<StreamEnd, EndMutation> {
        self.ask(entry, |fault, strength| fault.on_end(strength))
    }

    /// Asks them all, in the order of the scenario, and marks the ones that do something in `entry`.
    fn ask<End, Mutation>(
        &self,
        entry: &Entry,
        hook: impl Fn(&dyn Fault, Strength) -> Action<End, Mutation>,
    ) -> Effect<End, Mutation> {
        combine(self.faults().map(|(id, fault, strength)| {
            let action = hook(fault, strength);
            if !action.is_pass() {
                entry.met(id);
            }
            action
        }))
    }

    fn faults(&self) -> impl Iterator<Item = (&Arc<str>, &dyn Fault, Strength)> {
        let rules = self.armed.iter().filter_map(|(index, strength)| {
            let rule = self.schedule.as_ref()?.rule(*index)?;
            Some((&rule.id, &*rule.fault, *strength))
        });
        rules.chain(self.asked.iter().map(|asked| (&asked.id, &*asked.fault, Strength::FULL)))
    }

    /// These, and what the client asked for.
    #[must_use]
    pub(crate) fn and(self, asked: Option<Named>) -> Self {
        Self { asked, ..self }
    }

    /// Whether no fault is met.
    pub(crate) fn is_empty(&self) -> bool {
        self.armed.is_empty() && self.asked.is_none()
    }

    /// The latest end of the met rules' windows: how long a black hole lasts.
    pub(crate) fn until(&self) -> At {
        let Some(schedule) = &self.schedule else { return At::NEVER };
        let ends =
            self.armed.iter().filter_map(|(index, _)| Some(schedule.rule(*index)?.window.to));
        ends.max().map_or(At::NEVER, |end| schedule.in_run(end))
    }
}

impl Rule {
    fn new(rule: &FaultRule, deployments: &[DeploymentConfig]) -> Result<Self, FakesError> {
        let entry = fault::find(&rule.name).ok_or_else(|| FakesError::UnknownFault {
            rule: rule.id.clone(),
            name: rule.name.clone(),
        })?;
        let fault = entry
            .parse(&rule.params)
            .map_err(|source| FakesError::Param { rule: rule.id.clone(), source })?;
        if let Some(target) = rule.targets.iter().find(|target| **target >= deployments.len()) {
            return Err(FakesError::NoTarget { rule: rule.id.clone(), target: *target });
        }
        let at_connect = fault.at_connect();
        let luck_of = |(index, deployment): (usize, &DeploymentConfig)| {
            if !at_connect {
                return rule.targets.contains(&index).then(|| Arc::clone(&deployment.id.0));
            }
            let mut behind = deployments.iter().enumerate().filter(|(_, other)| {
                (&other.host, other.port) == (&deployment.host, deployment.port)
            });
            let hit = behind.clone().any(|(other, _)| rule.targets.contains(&other));
            behind.next().filter(|_| hit).map(|(_, first)| Arc::clone(&first.id.0))
        };
        Ok(Self {
            id: Arc::from(rule.id.as_str()),
            source: rule.clone(),
            fault,
            window: rule.window,
            share: rule.share,
            when: rule.when,
            luck_of: deployments.iter().enumerate().map(luck_of).collect(),
            arrived: AtomicU64::new(0),
            warmth: Mutex::default(),
        })
    }

    fn luck_of(&self, deployment: usize) -> Option<&Arc<str>> {
        self.luck_of.get(deployment)?.as_ref()
    }

    /// The ramp's strength if the attempt meets this rule. The conditions `first`, `every` and `nth`
    /// depend on load: they are counted only if `counted`, and else never hold.
    fn strength(&self, seed: Seed, ask: &Ask, counted: bool) -> Option<Strength> {
        let strength = Strength::new(self.window.strength(ask.at))?;
        let luck_of = self.luck_of(ask.deployment)?;
        if !self.when.holds(ask) {
            return None;
        }
        if self.when.counts() {
            let n = counted.then(|| self.arrived.fetch_add(1, Ordering::Relaxed) + 1)?;
            if !self.when.holds_for_arrival(n) {
                return None;
            }
        }
        if let Some(cold) = self.fault.cold()
            && !(counted && self.finds_cold(cold, ask))
        {
            return None;
        }
        let share = self.share_at(strength) * self.left(ask.at);
        (self.draw(seed, luck_of, ask.luck) < share).then_some(strength)
    }

    /// The ramp's strength if a dial meets this rule.
    fn strength_for_dial(
        &self,
        seed: Seed,
        at: At,
        first: usize,
        caller: Option<Caller>,
    ) -> Option<Strength> {
        let strength = Strength::new(self.window.strength(at))?;
        let told = self.fault.at_connect() && self.when.told_by_dial();
        let luck_of = self.luck_of(first).filter(|_| told)?;
        let numbered = self
            .when
            .attempt
            .is_none_or(|wanted| caller.is_some_and(|caller| caller.numbers.attempt == wanted));
        let share = self.share_at(strength);
        let drawn = share >= 1.0
            || caller.is_some_and(|Caller { request, numbers }| {
                let luck = Luck { request, visit: numbers.visit };
                self.draw(seed, luck_of, luck) < share
            });
        (numbered && drawn).then_some(strength)
    }

    /// The share of attempts that meet this rule while its ramp is so strong.
    fn share_at(&self, strength: Strength) -> f64 {
        match self.fault.ramp() {
            Ramp::Amount => self.share,
            Ramp::Share | Ramp::Recovering => strength.share(self.share),
        }
    }

    /// What is left of a share that falls over the window; 1 for all others.
    fn left(&self, at: At) -> f64 {
        match self.fault.ramp() {
            Ramp::Share | Ramp::Amount => return 1.0,
            Ramp::Recovering => {}
        }
        let whole = self.window.to.since(self.window.from).as_secs_f64();
        if whole > 0.0 { self.window.to.since(at).as_secs_f64() / whole } else { 1.0 }
    }

    /// Whether an attempt is among the first after a rest. Counts it.
    fn finds_cold(&self, cold: Cold, ask: &Ask) -> bool {
        let mut warmth = self.warmth.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounded by the number of deployments. Nobody was here before the start: that is cold.
        let (last, since) = warmth.entry(ask.deployment).or_insert((ask.at, 0));
        if ask.at.since(*last) >= cold.after {
            *since = 0;
        }
        *last = ask.at;
        *since = since.saturating_add(1);
        *since <= cold.requests
    }

    fn draw(&self, seed: Seed, luck_of: &str, luck: Luck) -> f64 {
        let draw = seed.draw("fault").of(&self.id).of(luck_of);
        draw.n(luck.request).n(u64::from(luck.visit)).unit()
    }
}

impl When {
    fn holds(&self, ask: &Ask) -> bool {
        self.stream.is_none_or(|stream| stream == ask.stream)
            && self.prompt_tokens_min.is_none_or(|min| ask.prompt_tokens >= min)
            && self.prompt_tokens_max.is_none_or(|max| ask.prompt_tokens <= max)
            && self.attempt.is_none_or(|attempt| attempt == ask.attempt)
    }

    fn counts(&self) -> bool {
        self.first.is_some() || self.every.is_some() || self.nth.is_some()
    }

    fn holds_for_arrival(&self, n: u64) -> bool {
        self.first.is_none_or(|first| n <= first)
            && self.every.is_none_or(|every| every > 0 && n.is_multiple_of(every))
            && self.nth.is_none_or(|nth| n == nth)
    }

    fn told_by_dial(&self) -> bool {
        self.stream.is_none()
            && self.prompt_tokens_min.is_none()
            && self.prompt_tokens_max.is_none()
            && !self.counts()
    }
}
