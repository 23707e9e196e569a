//! `priority`: the order of the list, every time.
//!
//! Wins where one deployment is plainly preferred (price, contract, region) and the rest stand by
//! (`scenarios/strategies/the-cheap-one-is-slower`).
//! Loses where the first is slow but alive (`providers-turn-slow`): it never looks at speed. `order` in `litellm_params`
//! overrides the position; deployments without one come last.

use serde_json::Value;

use super::{ArgError, Ask, Entry, Lesson, LimitsFrom, Preference, Strategy, View};
use crate::config::DeploymentIndex;
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "priority",
    origin: Origin::Own,
    summary: "The first healthy deployment of the list; the next one as soon as it fails.",
    spreads: false,
    limits: LimitsFrom::AnySection,
    prefers: Preference::First,
    weighs: &[],
    arguments: &[],
    build,
};

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(Priority))
}

#[derive(Debug)]
struct Priority;

impl Strategy for Priority {
    fn pick(&mut self, _: &Ask<'_>, view: &View<'_>, _: &KeyedRng) -> Option<DeploymentIndex> {
        let order = |index: &DeploymentIndex| view.deployments[*index].order.unwrap_or(i64::MAX);
        // The first of equals.
        view.candidates.iter().copied().min_by_key(order)
    }

    fn learn(&mut self, _: &Lesson<'_>) {}
}
