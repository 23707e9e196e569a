//! From `faults:` to a timeline: instants resolved against the phases, targets against the fleet,
//! parameters checked by the catalogue, and everything random expanded into concrete windows.
//!
//! An entry is a window, random incidents, a flapping target, or a timeline of an earlier run; each
//! is read in a module of its own and ends as windows. What runs is therefore always a plain list,
//! the one that `run.json` holds.

mod draft;
pub(crate) mod entry;
mod flapping;
mod incidents;
pub(crate) mod links;
mod mix;
mod published;
mod replay;
pub(crate) mod unmet;
mod window;

use std::collections::BTreeSet;

use crate::resolve::timeline::{Note, Timeline};
use crate::text::diagnostic::{Problem, Sources, Span};
use crate::text::node::{Node, Value};
use crate::text::read::{Spot, read};
use crate::text::request::Text;
use entry::{Expanded, Setting, WINDOWS_MAX, problem};
use fake_providers::config::check_id;

/// Makes the timeline of `section`, or of a whole `file` in its place. Mistakes go to `problems`.
pub(crate) fn timeline(
    section: Option<&Node>,
    file: Option<&Text>,
    setting: &Setting<'_>,
    sources: &mut Sources,
    problems: &mut Vec<Problem>,
) -> Timeline {
    let mut made = Making::default();
    if let Some(text) = file {
        let result = replay::replay(setting, text, sources);
        made.take(result, Taking { note: "timeline", own: None, at: None }, setting, problems);
        return made.timeline;
    }
    let Some(node) = section else { return made.timeline };
    let Value::List(items) = &node.value else {
        let help = "write `- { at: 60s, for: 60s, target: first, inject: refuse }`";
        let message = format!("expected a list of faults, found {}", node.kind());
        problems.push(Problem::new(message).help(help).at(node.at));
        return made.timeline;
    };
    for (index, item) in items.iter().enumerate() {
        if made.timeline.infos.len() > WINDOWS_MAX || index > WINDOWS_MAX {
            problems.push(too_many().at(item.at));
            break;
        }
        let id = match made.id(item, index) {
            Ok(id) => id,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        if links::concerns(item) {
            problems.extend(links::fault(setting, item, &id, &mut made.timeline).err());
            continue;
        }
        let result = expand(setting, item, &id, sources);
        let taking = Taking { note: &id, own: Some(&id), at: Some(item.at) };
        made.take(result, taking, setting, problems);
    }
    made.timeline
}

fn too_many() -> Problem {
    let message = format!("more than {WINDOWS_MAX} fault windows");
    Problem::new(message).help("join windows that are alike")
}

/// Expands one entry; its keys say of which kind it is.
fn expand(
    setting: &Setting<'_>,
    item: &Node,
    id: &str,
    sources: &mut Sources,
) -> Result<Expanded, Problem> {
    let has = |key: &str| item.get(key).is_some();
    if has("timeline") {
        replay::named(setting, item, sources)
    } else if has("random") {
        incidents::incidents(setting, item, id)
    } else if has("flapping") {
        flapping::flapping(setting, item, id)
    } else {
        window::window(setting, item, id)
    }
}

/// Longest id of an entry, in bytes; its windows have a number behind it.
const ENTRY_ID_BYTES_MAX: usize = 64;

/// On whose behalf windows are added.
#[derive(Clone, Copy, Debug)]
struct Taking<'t> {
    /// Under which id the note about them stands.
    note: &'t str,
    /// The id that is taken for one of them already.
    own: Option<&'t str>,
    /// Where the entry stands.
    at: Option<Span>,
}

/// A timeline that grows, and the ids that are taken.
#[derive(Debug, Default)]
struct Making {
    timeline: Timeline,
    taken: BTreeSet<String>,
}

impl Making {
    /// Adds what an entry came to.
    fn take(
        &mut self,
        expanded: Result<Expanded, Problem>,
        taking: Taking<'_>,
        setting: &Setting<'_>,
        problems: &mut Vec<Problem>,
    ) {
        let expanded = match expanded {
            Ok(expanded) => expanded,
            Err(problem) => return problems.push(problem),
        };
        let mut tell = |problem: Problem| {
            problems.push(taking.at.map_or(problem.clone(), |at| problem.at(at)));
        };
        if self.timeline.infos.len() + expanded.drafts.len() > WINDOWS_MAX {
            return tell(too_many());
        }
        // The entry's own id is taken already, for one window.
        let mut own = taking.own;
        for draft in expanded.drafts {
            let is_own = own.take_if(|own| **own == *draft.id).is_some();
            if !is_own && !self.taken.insert(draft.id.clone()) {
                let message = format!("there are two faults with the id `{}`", draft.id);
                return tell(Problem::new(message).help("give one entry another `id`"));
            }
            let (rule, info) = draft.built(setting.targets.fleet);
            self.timeline.rules.push(rule);
            self.timeline.infos.push(info);
        }
        self.timeline.notes.push(Note { fault: taking.note.to_owned(), text: expanded.note });
        self.timeline.typical_outages.extend(expanded.typical_outage);
        self.timeline.replayed = self.timeline.replayed.or(expanded.compress);
    }

    /// The id of an entry: its own, or by its position.
    fn id(&mut self, item: &Node, index: usize) -> Result<String, Problem> {
        let Some(own) = item.get("id") else {
            let default = format!("f{}", index + 1);
            let id = if self.taken.contains(&default) {
                format!("{default}-by-position")
            } else {
                default
            };
            self.taken.insert(id.clone());
            return Ok(id);
        };
        let own: Spot<String> = read(own)?;
        check_id(&own.value, ENTRY_ID_BYTES_MAX).map_err(|wrong| problem(wrong).at(own.at))?;
        if !self.taken.insert(own.value.clone()) {
            return Err(Problem::new(format!("there are two faults with the id `{}`", own.value))
                .help("give one of them another id; f1, f2, … are taken by position")
                .at(own.at));
        }
        Ok(own.value)
    }
}
