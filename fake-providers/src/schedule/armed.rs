//! The faults that an attempt meets, asked at each moment of its life.

use std::sync::Arc;
use std::time::Duration;

use vocab::At;

use super::model_name_faults::ModelNameFault;
use super::rule::Rule;
use crate::action::{
    Action, Break, Effect, EndMutation, HeadEnd, HeadMutation, LimitScale, RequestEnd, StreamEnd,
    Strength, TokenMutation, combine,
};
use crate::attempt_record::AttemptRecord;
use crate::fault::Fault;

/// Rules that an attempt meets, in the order of the scenario, and what its model's name asks for.
#[derive(Clone, Debug)]
pub(crate) struct ArmedFaults {
    rules: Vec<(Arc<Rule>, Strength)>,
    asked: Option<ModelNameFault>,
    /// The latest end of the rules' windows.
    until: At,
}

impl Default for ArmedFaults {
    /// None.
    fn default() -> Self {
        Self { rules: Vec::new(), asked: None, until: At::NEVER }
    }
}

impl ArmedFaults {
    /// Adds a rule whose window ends at an instant of the run.
    pub(super) fn push(&mut self, rule: &Arc<Rule>, strength: Strength, until: At) {
        self.until = if self.rules.is_empty() { until } else { self.until.max(until) };
        self.rules.push((Arc::clone(rule), strength));
    }

    /// Whether a rule breaks the connection on which the request came, after so long a rest.
    pub(crate) fn on_reuse(&self, idle: Duration, record: &AttemptRecord) -> Option<Break> {
        let how = |(id, fault, _): (_, &dyn Fault, _)| Some((id, fault.on_reuse(idle)?));
        let (id, how) = self.faults().find_map(how)?;
        record.met(id);
        Some(how)
    }

    /// What the faults do to a request that was read.
    pub(crate) fn on_request(&self, record: &AttemptRecord) -> Effect<RequestEnd, LimitScale> {
        let mut effect = self.ask(record, |fault, strength| fault.on_request(strength));
        if effect.end.is_none()
            && let Some(asked) = &self.asked
            && let Some(end) = asked.after_dial
        {
            record.met(&asked.id);
            effect.end = Some(end);
        }
        effect
    }

    /// What they do to an answer before its head.
    pub(crate) fn before_head(&self, record: &AttemptRecord) -> Effect<HeadEnd, HeadMutation> {
        self.ask(record, |fault, strength| fault.before_head(strength))
    }

    /// What they do to an answer after so many tokens, when another one comes.
    pub(crate) fn before_token(
        &self,
        token: u32,
        record: &AttemptRecord,
    ) -> Effect<StreamEnd, TokenMutation> {
        self.ask(record, |fault, strength| fault.before_token(token, strength))
    }

    /// What they do to the end of an answer.
    pub(crate) fn on_end(&self, record: &AttemptRecord) -> Effect<StreamEnd, EndMutation> {
        self.ask(record, |fault, strength| fault.on_end(strength))
    }

    /// Asks them all, in the order of the scenario, and marks the ones that do something in `record`.
    fn ask<End, Mutation>(
        &self,
        record: &AttemptRecord,
        hook: impl Fn(&dyn Fault, Strength) -> Action<End, Mutation>,
    ) -> Effect<End, Mutation> {
        combine(self.faults().map(|(id, fault, strength)| {
            let action = hook(fault, strength);
            if !action.is_pass() {
                record.met(id);
            }
            action
        }))
    }

    fn faults(&self) -> impl Iterator<Item = (&Arc<str>, &dyn Fault, Strength)> {
        let rules = self.rules.iter();
        let rules = rules.map(|(rule, strength)| (&rule.id, &*rule.fault, *strength));
        rules.chain(self.asked.iter().map(|asked| (&asked.id, &*asked.fault, Strength::FULL)))
    }

    /// These, and what the client asked for.
    #[must_use]
    pub(crate) fn and(self, asked: Option<ModelNameFault>) -> Self {
        Self { asked, ..self }
    }

    /// Whether no fault is met.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.asked.is_none()
    }

    /// The latest end of the rules' windows: how long a black hole lasts.
    pub(crate) const fn until(&self) -> At {
        self.until
    }
}
