//! `priority`: the order of the list, every time.
//!
//! Wins where one deployment is plainly preferred (price, contract, region) and the rest are spares.
//! Loses where the first is slow but alive: it never looks at speed. `order` in `litellm_params`
//! overrides the position; deployments without one come last.

use serde_json::Value;

use super::{ArgError, Ask, Entry, Lesson, Ranking, Strategy, View};
use crate::config::Personality;
use crate::luck::Luck;

pub(super) const ENTRY: Entry = Entry {
    name: "priority",
    personality: Personality::Brownout,
    summary: "The first healthy deployment of the list; the next one as soon as it fails.",
    spreads: false,
    arguments: &[],
    build,
};

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(Priority))
}

#[derive(Debug)]
struct Priority;

impl Strategy for Priority {
    fn rank(&mut self, _: &Ask<'_>, view: &View<'_>, _: &Luck) -> Ranking {
        let mut ranking = view.candidates.to_vec();
        // Stable: equal orders keep the order of the list.
        ranking.sort_by_key(|&index| view.deployments[index].order.unwrap_or(i64::MAX));
        ranking
    }

    fn learn(&mut self, _: &Lesson<'_>) {}
}
