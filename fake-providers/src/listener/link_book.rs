//! The book of what links between callers and hosts did to dials. The fakes do not do it; they only
//! write it down, because attempts are numbered here.

use std::sync::Arc;

use record::AttemptEnd;
use world::Dial;

use crate::state::State;

/// Writes the row of a dial that did not arrive. Dials to hosts that are not ours leave none.
pub(crate) fn turned_away(state: &State, dial: Dial<'_>, gateway: &str, rule: &Arc<str>) {
    let Some((_, first)) = state.dialled(dial) else { return };
    let attempt = state.open_dial(first, dial.on_behalf_of, gateway);
    attempt.record().met(rule);
    attempt.end(AttemptEnd::Refused);
}
