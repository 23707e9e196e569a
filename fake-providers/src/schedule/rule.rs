//! One rule: whether an attempt or a dial meets it, by window, conditions, share and luck.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use vocab::{At, DeploymentId, Seed};

use super::facts::{AttemptFacts, Caller, DrawKey};
use crate::action::Strength;
use crate::config::{DeploymentConfig, FaultRule, FoundFavourite, When, Window};
use crate::error::FakesError;
use crate::fault::{self, Cold, Fault, Ramp};
use crate::index::DeploymentIndex;

/// Where a deployment stands.
#[derive(Debug)]
pub(super) struct Place {
    id: DeploymentId,
    /// Position of the first deployment behind its host.
    first_behind: usize,
}

/// Whom a rule hits.
#[derive(Debug)]
struct Hits {
    /// By deployment: the id under which its luck is drawn, if the rule is about it at all.
    draw_ids: Vec<Option<Arc<str>>>,
    /// Who was found to be the favourite, if it is about one.
    found: Option<FoundFavourite>,
}

/// Where each deployment stands.
pub(super) fn places(deployments: &[DeploymentConfig]) -> Arc<[Place]> {
    let host = |deployment: &DeploymentConfig| (deployment.host.clone(), deployment.port);
    let place = |(index, deployment): (usize, &DeploymentConfig)| {
        let first_behind = deployments.iter().position(|other| host(other) == host(deployment));
        Place { id: deployment.id.clone(), first_behind: first_behind.unwrap_or(index) }
    };
    deployments.iter().enumerate().map(place).collect()
}

impl Place {
    pub(super) fn id(&self) -> &DeploymentId {
        &self.id
    }
}

/// A rule, compiled.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    /// What it was made from.
    pub(super) source: FaultRule,
    pub(super) fault: Box<dyn Fault>,
    pub(super) window: Window,
    pub(super) share: f64,
    pub(super) when: When,
    /// Where the deployments stand.
    places: Arc<[Place]>,
    /// Whom it hits; not known before the window of a favourite opens.
    hits: OnceLock<Hits>,
    /// Attempts so far that the conditions `first`, `every` and `nth` count.
    arrived: AtomicU64,
    /// For faults that meet a cold provider: by deployment, the last arrival and how many have
    /// come since the last rest.
    warmth: Mutex<BTreeMap<DeploymentIndex, (At, u32)>>,
}

impl Rule {
    pub(super) fn new(rule: &FaultRule, places: &Arc<[Place]>) -> Result<Self, FakesError> {
        let entry = fault::find(&rule.name).ok_or_else(|| FakesError::UnknownFault {
            rule: rule.id.clone(),
            name: rule.name.clone(),
        })?;
        let fault = entry
            .parse(&rule.params)
            .map_err(|source| FakesError::Param { rule: rule.id.clone(), source })?;
        if let Some(target) = rule.targets.iter().find(|target| **target >= places.len()) {
            return Err(FakesError::NoTarget { rule: rule.id.clone(), target: *target });
        }
        let compiled = Self {
            id: Arc::from(rule.id.as_str()),
            source: rule.clone(),
            fault,
            window: rule.window,
            share: rule.share,
            when: rule.when,
            places: Arc::clone(places),
            hits: OnceLock::new(),
            arrived: AtomicU64::new(0),
            warmth: Mutex::default(),
        };
        if rule.favourite.is_none() {
            compiled
                .hits
                .get_or_init(|| Hits { draw_ids: compiled.draw_ids(&rule.targets), found: None });
        }
        Ok(compiled)
    }

    /// The ids under which luck is drawn, by deployment, where these are hit. Faults of the dial hit a
    /// whole host, whose first deployment lends its id.
    fn draw_ids(&self, hit: &[usize]) -> Vec<Option<Arc<str>>> {
        let at_connect = self.fault.at_connect();
        let draw_id = |(index, place): (usize, &Place)| {
            let first_behind =
                |index: usize| self.places.get(index).map(|place| place.first_behind);
            let (is_hit, lender) = if at_connect {
                let behind_it = |hit: &usize| first_behind(*hit) == Some(place.first_behind);
                (hit.iter().any(behind_it), place.first_behind)
            } else {
                (hit.contains(&index), index)
            };
            self.places.get(lender).filter(|_| is_hit).map(|lender| Arc::clone(&lender.id.0))
        };
        self.places.iter().enumerate().map(draw_id).collect()
    }

    /// Under which id the luck of a deployment is drawn, if the rule is about it at all.
    pub(super) fn draw_id_of(&self, deployment: DeploymentIndex) -> Option<&Arc<str>> {
        self.hits.get()?.draw_ids.get(deployment.0)?.as_ref()
    }

    /// Whether the rule is about a deployment, or may turn out to be.
    pub(super) fn may_hit(&self, deployment: DeploymentIndex) -> bool {
        self.hits.get().is_none() || self.draw_id_of(deployment).is_some()
    }

    /// Whether nobody knows yet whom it hits.
    pub(super) fn awaits_favourite(&self) -> bool {
        self.hits.get().is_none()
    }

    /// Its window opens at an instant of the timeline: the favourite that `find` names is hit from
    /// here on; the rule's targets, if it names none.
    pub(super) fn settle(&self, at: At, find: impl FnOnce(&[Place]) -> Option<DeploymentIndex>) {
        self.hits.get_or_init(|| {
            let set_of =
                self.source.favourite.as_ref().map_or(&[][..], |favourite| &favourite.set_of);
            let of = |index: usize| set_of.get(index);
            let hit: Vec<usize> = match find(&self.places) {
                Some(found) => {
                    (0..self.places.len()).filter(|index| of(*index) == of(found.0)).collect()
                }
                None => self.source.targets.clone(),
            };
            let ids = hit.iter().filter_map(|index| self.places.get(*index));
            let deployments = ids.map(|place| place.id.clone()).collect();
            Hits { draw_ids: self.draw_ids(&hit), found: Some(FoundFavourite { at, deployments }) }
        });
    }

    /// Whom its favourite turned out to be.
    pub(super) fn found_favourite(&self) -> Option<FoundFavourite> {
        self.hits.get()?.found.clone()
    }

    /// The ramp's strength if the attempt meets this rule. The conditions `first`, `every` and `nth`
    /// depend on load: they are counted only if `counted`, and else never hold.
    pub(super) fn strength(
        &self,
        seed: Seed,
        facts: &AttemptFacts,
        counted: bool,
    ) -> Option<Strength> {
        let strength = Strength::new(self.window.strength(facts.at))?;
        let draw_id_of = self.draw_id_of(facts.deployment)?;
        if !self.when.holds(facts) {
            return None;
        }
        if self.when.counts() {
            let n = counted.then(|| self.arrived.fetch_add(1, Ordering::Relaxed) + 1)?;
            if !self.when.holds_for_arrival(n) {
                return None;
            }
        }
        if let Some(cold) = self.fault.cold()
            && !(counted && self.finds_cold(cold, facts))
        {
            return None;
        }
        let share = self.share_at(strength) * self.left(facts.at);
        (self.draw(seed, draw_id_of, facts.draw_key) < share).then_some(strength)
    }

    /// The ramp's strength if a dial meets this rule.
    pub(super) fn strength_for_dial(
        &self,
        seed: Seed,
        at: At,
        first: DeploymentIndex,
        caller: Option<Caller>,
    ) -> Option<Strength> {
        let strength = Strength::new(self.window.strength(at))?;
        let told = self.fault.at_connect() && self.when.told_by_dial();
        let draw_id_of = self.draw_id_of(first).filter(|_| told)?;
        let numbered = self
            .when
            .attempt
            .is_none_or(|wanted| caller.is_some_and(|caller| caller.numbers.attempt == wanted));
        let share = self.share_at(strength);
        let drawn = share >= 1.0
            || caller.is_some_and(|Caller { request, numbers }| {
                let draw_key = DrawKey { request, visit: numbers.visit };
                self.draw(seed, draw_id_of, draw_key) < share
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
    fn finds_cold(&self, cold: Cold, facts: &AttemptFacts) -> bool {
        let mut warmth = self.warmth.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounded by the number of deployments. Nobody was here before the start: that is cold.
        let (last, since) = warmth.entry(facts.deployment).or_insert((facts.at, 0));
        if facts.at.since(*last) >= cold.after {
            *since = 0;
        }
        *last = facts.at;
        *since = since.saturating_add(1);
        *since <= cold.requests
    }

    fn draw(&self, seed: Seed, draw_id_of: &str, draw_key: DrawKey) -> f64 {
        let draw = seed.draw("fault").of(&self.id).of(draw_id_of);
        draw.n(draw_key.request).n(u64::from(draw_key.visit)).unit()
    }
}

impl When {
    fn holds(&self, facts: &AttemptFacts) -> bool {
        self.stream.is_none_or(|stream| stream == facts.stream)
            && self.prompt_tokens_min.is_none_or(|min| facts.prompt_tokens >= min)
            && self.prompt_tokens_max.is_none_or(|max| facts.prompt_tokens <= max)
            && self.attempt.is_none_or(|attempt| attempt == facts.attempt)
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
