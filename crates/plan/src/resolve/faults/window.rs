//! A window that somebody wrote out.

use super::draft::Draft;
use super::entry::{Expanded, Setting, conditions, selected};
use super::unmet;
use crate::resolve::catalogue;
use crate::resolve::fleet::Fleet;
use crate::resolve::instants::{instant, span};
use crate::text::diagnostic::Problem;
use crate::text::node::Node;
use crate::text::raw;
use crate::text::read::read;
use crate::text::spelling::seconds;

/// Reads a hand-written window.
///
/// # Errors
/// The first mistake in it.
pub(crate) fn window(setting: &Setting<'_>, item: &Node, id: &str) -> Result<Expanded, Problem> {
    let text: raw::Fault = read(item)?;
    let from = instant(&text.at, setting.phases)?;
    let window = span(&text, from)?;
    let inject = &text.inject.value;
    let entry = catalogue::check(inject, item.get("inject").unwrap_or(item))?;
    let when = conditions(id, setting, text.when, (window.from, window.to))?;
    let selected = selected(setting, &text.target, id, text.optional)?;
    let draft = Draft {
        id: id.to_owned(),
        entry,
        params: inject.params.clone(),
        target: text.target.value.clone(),
        positions: selected.positions,
        favourite: selected.favourite,
        window,
        share: unmet::share(id, text.share, item)?,
        when,
        origin: None,
    };
    if draft.positions.is_empty() {
        return Ok(Expanded::nothing(id, &text.target.value));
    }
    let placed = (text.at.at, text.optional);
    if let Some(note) = unmet::check(id, setting, (window.from, window.to), placed)? {
        return Ok(Expanded { note, ..Expanded::default() });
    }
    let note = note(&draft, setting.targets.fleet);
    Ok(Expanded { drafts: vec![draft], note, ..Expanded::default() })
}

/// `f3: refuse at region-of:first = azure-westus, 420 s to 480 s`, and who else is behind the host.
fn note(draft: &Draft, fleet: &Fleet) -> String {
    let whom = match draft.favourite {
        Some(_) => FAVOURITE.to_owned(),
        None => fleet.ids(&draft.positions).join(", "),
    };
    let mut note = format!(
        "{}: {} at {} = {whom}, from {} to {}",
        draft.id,
        draft.entry.describe(&draft.params),
        draft.target,
        seconds(draft.window.from.ns()),
        seconds(draft.window.to.ns())
    );
    if draft.favourite.is_none() && draft.entry.at_connect(&draft.params) {
        let others = behind_the_same_hosts(fleet, &draft.positions);
        if !others.is_empty() {
            let ids = fleet.ids(&others).join(", ");
            note.push_str(&format!("; it acts on the host, so also on {ids}"));
        }
    }
    note
}

/// Who a favourite is, before anybody knows.
const FAVOURITE: &str = "whoever served most of each contender's requests in the 60 s before";

/// Deployments that share a host with one of these, and are none of them.
fn behind_the_same_hosts(fleet: &Fleet, positions: &[usize]) -> Vec<usize> {
    let members = &fleet.members;
    let place = |at: usize| (&members[at].host, members[at].port);
    let hit =
        |at: &usize| !positions.contains(at) && positions.iter().any(|p| place(*p) == place(*at));
    (0..members.len()).filter(hit).collect()
}
