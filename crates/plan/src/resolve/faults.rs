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
mod window;

use std::collections::BTreeSet;

use crate::resolve::timeline::{Note, Timeline};
use crate::text::diagnostic::{Problem, Sources};
use crate::text::node::{Node, Value};
use crate::text::read::{Spot, read};
use crate::text::request::Text;
use entry::{Expanded, Setting, WINDOWS_MAX};

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
        made.take(result, "timeline", setting, problems);
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
            let message = format!("more than {WINDOWS_MAX} fault windows");
            problems.push(Problem::new(message).help("join windows that are alike").at(item.at));
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
        made.take(result, &id, setting, problems);
    }
    made.timeline
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
        id: &str,
        setting: &Setting<'_>,
        problems: &mut Vec<Problem>,
    ) {
        let expanded = match expanded {
            Ok(expanded) => expanded,
            Err(problem) => return problems.push(problem),
        };
        for draft in expanded.drafts {
            if draft.id != id && !self.taken.insert(draft.id.clone()) {
                let message = format!("there are two faults with the id `{}`", draft.id);
                problems.push(Problem::new(message).help("give one entry another `id`"));
                return;
            }
            let (rule, info) = draft.built(setting.targets.fleet);
            self.timeline.rules.push(rule);
            self.timeline.infos.push(info);
        }
        self.timeline.notes.push(Note { fault: id.to_owned(), text: expanded.note });
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
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if own.value.is_empty() || own.value.len() > 64 || !own.value.chars().all(plain) {
            return Err(Problem::new(format!("`{}` cannot be a fault's id", own.value))
                .help("use up to 64 letters, digits, `.`, `_` and `-`")
                .at(own.at));
        }
        if !self.taken.insert(own.value.clone()) {
            return Err(Problem::new(format!("there are two faults with the id `{}`", own.value))
                .help("give one of them another id; f1, f2, … are taken by position")
                .at(own.at));
        }
        Ok(own.value)
    }
}
