//! What differs between two configs, told to people: which key, where it stands, what it was and is, and which groups it
//! is about. Values that may be secrets are never shown.
//!
//! It must never know what a change does: that is for whoever plays both.

use gateway::config::{Config, Mode};
use gateway::litellm::Dummies;

use crate::out::standalone::read_config;
use crate::text::changes::{self, Edit, Sort, shown};
use crate::text::diagnostic::{Problem, Report, Sources};
use crate::text::litellm_words::may_show_value;
use crate::text::node::{Node, Part, Value};
use crate::text::reading;
use crate::text::request::Text;

/// Most changes that are followed; more are a new config.
const CHANGES_MAX: usize = 1_000;

/// One changed key of a config, an entry of its `model_list` that came or went, or their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// Its path: `router_settings.num_retries`, `model_list[2].litellm_params.timeout`.
    pub path: String,
    /// `added`, `removed`, `changed` or `reordered`.
    pub sort: ChangeSort,
    /// Model and group of the deployment that it is about, where it is about one.
    pub about: Option<String>,
    /// The file in which it stands: of what was removed, in which it stood.
    pub file: String,
    /// Its line there, from 1.
    pub line: usize,
    /// Whether the line is one of the first config: it stands nowhere in the second.
    pub gone: bool,
    /// The line of the second config that is nearest to it: its own, or that of what it stood in.
    pub near: usize,
    /// What stood there; `****` where that may be a secret, `null` where nothing did.
    pub from: Option<String>,
    /// What stands there now, likewise.
    pub to: Option<String>,
    /// The group that it is about; `null` of what is about all of them.
    pub group: Option<String>,
}

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeSort {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// It has another value.
    Changed,
    /// The same entries stand in another order.
    Reordered,
}

impl ChangeSort {
    /// As files have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Reordered => "reordered",
        }
    }
}

/// Two configs, and what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChanges {
    /// Every difference, in the order of the first config; positions are those of [`Taken::Only`](crate::Taken::Only).
    pub changes: Vec<ConfigChange>,
    /// Groups of the first config that chats can be sent to, in its order; patterns are not among them.
    pub groups: Vec<String>,
    /// Names of groups and aliases that clients could call, and that the second config does not admit.
    pub lost_names: Vec<String>,
}

/// Compares two configs key by key.
///
/// # Errors
/// What makes one of them no config, with its place; more than 1,000 differences.
pub fn config_changes(first: &Text, second: &Text) -> Result<ConfigChanges, Report> {
    let mut sources = Sources::default();
    match compare(&mut sources, first, second) {
        Ok(found) => Ok(found),
        Err(problems) => Err(Report::new(sources, problems)),
    }
}

/// The first config with those of the changes made whose position `takes` wants, as JSON, which is YAML too. Holds whatever
/// secrets both hold.
///
/// # Errors
/// As [`config_changes`].
pub fn changed_config(
    first: &Text,
    second: &Text,
    takes: impl Fn(usize) -> bool,
) -> Result<serde_json::Value, Report> {
    let mut sources = Sources::default();
    let mut read = |text: &Text| reading::config(&mut sources, text).map(|document| document.tree);
    let trees = read(first).and_then(|first| read(second).map(|second| (first, second)));
    let (first, second) = match trees {
        Ok(trees) => trees,
        Err(problem) => return Err(Report::new(sources, vec![problem])),
    };
    let edits = changes::changes(&first, &second);
    let taken = edits.iter().enumerate().filter(|(at, _)| takes(*at)).map(|(_, edit)| edit);
    Ok(changes::applied(&first, taken).to_json())
}

fn compare(
    sources: &mut Sources,
    first: &Text,
    second: &Text,
) -> Result<ConfigChanges, Vec<Problem>> {
    let a = reading::config(sources, first).map_err(|problem| vec![problem])?.tree;
    let b = reading::config(sources, second).map_err(|problem| vec![problem])?.tree;
    let edits = changes::changes(&a, &b);
    if edits.len() > CHANGES_MAX {
        let message =
            format!("{} and {} differ in {} places", first.name, second.name, edits.len());
        let help = "these are two configs, not two versions of one: compare them with `brownout run --compare-config`";
        return Err(vec![Problem::new(message).help(help)]);
    }
    let (before, after) = (config_of(sources, first)?, config_of(sources, second)?);
    let changes = edits.iter().map(|edit| told(edit, (&a, &b), sources)).collect();
    let mut lost_names: Vec<String> = names(&before);
    lost_names.retain(|name| gateway::reachable(&after, name).is_empty());
    Ok(ConfigChanges { changes, groups: chat_groups(&before), lost_names })
}

fn config_of(sources: &mut Sources, text: &Text) -> Result<Config, Vec<Problem>> {
    read_config(sources, text, (&Dummies, None)).map(|(_, loaded)| loaded.config)
}

/// Every name that clients can call by which somebody is reached: groups, then aliases; patterns are none.
fn names(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let groups = config.deployments.iter().map(|one| one.group.to_string());
    let aliases = config.router.model_group_alias.keys().map(ToString::to_string);
    for name in groups.chain(aliases) {
        let counts = !name.contains('*') && !names.contains(&name);
        if counts && !gateway::reachable(config, &name).is_empty() {
            names.push(name);
        }
    }
    names
}

fn chat_groups(config: &Config) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for one in &config.deployments {
        let chats = one.mode == Mode::Chat && !one.group.contains('*');
        if chats && !groups.iter().any(|known| **known == *one.group) {
            groups.push(one.group.to_string());
        }
    }
    groups
}

fn told(edit: &Edit, (first, second): (&Node, &Node), sources: &Sources) -> ConfigChange {
    let gone = edit.in_second.is_empty();
    let (tree, path) = if gone { (first, &edit.in_first) } else { (second, &edit.in_second) };
    let place = sources.spot(tree.place(path, Part::Key));
    let (file, line) = place.unwrap_or_default();
    let value = |tree: &Node, path: &str| match path {
        "" => None,
        path => shown(tree, path),
    };
    let whole = edit.is_entry() || edit.sort() == Sort::Reordered;
    let entry = |tree: &Node, path: &str| {
        let head = path.strip_prefix("model_list[")?.split(']').next()?;
        tree.at_path(&format!("model_list[{head}]")).map(|(_, node)| node.clone())
    };
    let entry = entry(tree, path);
    let group = entry.as_ref().and_then(|entry| text_of(entry.get("model_name")));
    let model = entry.as_ref().and_then(|entry| shown_model(entry, group.as_deref()));
    ConfigChange {
        path: tree.spoken(path),
        sort: match edit.sort() {
            Sort::Added => ChangeSort::Added,
            Sort::Removed => ChangeSort::Removed,
            Sort::Changed => ChangeSort::Changed,
            Sort::Reordered => ChangeSort::Reordered,
        },
        about: model,
        file,
        line,
        gone,
        near: match gone {
            true => sources.line(second.place(&edit.in_first, Part::Key)),
            false => line,
        },
        from: value(first, &edit.in_first).filter(|_| !whole),
        to: value(second, &edit.in_second).filter(|_| !whole),
        group: group.or_else(|| edit.named_group().map(str::to_owned)),
    }
}

fn text_of(node: Option<&Node>) -> Option<String> {
    node?.to_json().as_str().map(str::to_owned)
}

/// `azure/gpt-4o in gpt-4o`.
fn shown_model(entry: &Node, group: Option<&str>) -> Option<String> {
    let model = text_of(entry.get("litellm_params")?.get("model"))?;
    let harmless = |text: &&str| {
        may_show_value(&["model_list", "litellm_params", "model"], &Value::Text((*text).to_owned()))
    };
    let model = Some(model.as_str()).filter(harmless).unwrap_or("****").to_owned();
    Some(match group.filter(harmless) {
        Some(group) => format!("{model} in {group}"),
        None => model,
    })
}
