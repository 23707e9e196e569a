//! The schedule of faults while it is in use: one snapshot after another, so that rules can be
//! switched, replaced and sought while requests are under way.
//!
//! Whoever asks takes the snapshot that stands, without a lock and without waiting for whoever
//! changes it. An attempt keeps the snapshot in which it met its faults until its end. Listeners are
//! told of a change, because the connections that are open meet a rule when it begins.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use record::AttemptEnd;
use tokio::sync::watch;
use vocab::{At, DeploymentId};

use crate::config::{DeploymentConfig, FaultRule};
use crate::error::FakesError;
use crate::schedule::{ArmedFaults, AttemptFacts, Schedule, Zero};

/// The schedule that stands, whichever that is.
#[derive(Debug)]
pub(crate) struct Timeline {
    stands: ArcSwap<Schedule>,
    /// Changes so far.
    told: watch::Sender<u64>,
    /// Held while a snapshot is replaced: a change is made from the one that stands.
    changing: Mutex<()>,
}

/// Hears of changes.
#[derive(Debug)]
pub(crate) struct Changes(watch::Receiver<u64>);

impl Timeline {
    pub(crate) fn new(schedule: Schedule) -> Self {
        Self {
            stands: ArcSwap::from_pointee(schedule),
            told: watch::Sender::new(0),
            changing: Mutex::new(()),
        }
    }

    /// The schedule that stands.
    pub(crate) fn snapshot(&self) -> Arc<Schedule> {
        self.stands.load_full()
    }

    /// As [`Schedule::meet`].
    pub(crate) fn meet(&self, facts: &AttemptFacts) -> ArmedFaults {
        self.stands.load().meet(facts)
    }

    /// Hears of every change from here on.
    pub(crate) fn changes(&self) -> Changes {
        Changes(self.told.subscribe())
    }

    /// Switches a rule; `false` if there is none of that id.
    pub(crate) fn switch(&self, id: &str, on: bool, now: At) -> bool {
        let _one_at_a_time = self.changing();
        let next = self.settled(now).switched(id, on, now);
        next.map(|next| self.replace(next)).is_some()
    }

    /// Puts other rules in the place of all.
    ///
    /// # Errors
    /// As [`Schedule::new`]; nothing has changed then.
    pub(crate) fn load(
        &self,
        rules: &[FaultRule],
        deployments: &[DeploymentConfig],
        now: At,
    ) -> Result<(), FakesError> {
        let _one_at_a_time = self.changing();
        let next = self.settled(now).with_rules(rules, deployments, now)?;
        self.replace(next);
        Ok(())
    }

    /// Moves the timeline, and begins what its rules have counted anew.
    ///
    /// # Errors
    /// As [`Schedule::with_zero`].
    pub(crate) fn move_to(
        &self,
        zero: Zero,
        deployments: &[DeploymentConfig],
        now: At,
    ) -> Result<(), FakesError> {
        let _one_at_a_time = self.changing();
        let next = self.settled(now).with_zero(zero, deployments, now)?;
        self.replace(next);
        Ok(())
    }

    /// An attempt at a model ended.
    pub(crate) fn ended(&self, now: At, deployment: &DeploymentId, end: AttemptEnd) {
        self.stands.load().ended(now, deployment, end);
    }

    /// Forgets who answered.
    pub(crate) fn forget(&self) {
        self.stands.load().forget();
    }

    /// The schedule that stands, with the windows that have opened until now.
    fn settled(&self, now: At) -> Arc<Schedule> {
        let schedule = self.snapshot();
        schedule.settle(now);
        schedule
    }

    fn replace(&self, next: Schedule) {
        self.stands.store(Arc::new(next));
        self.told.send_modify(|changes| *changes += 1);
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changes {
    /// Returns after the next change; never, when there can be none any more.
    pub(crate) async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
