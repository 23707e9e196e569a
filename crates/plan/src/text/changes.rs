//! What differs between two configs, as trees: one [`Edit`] per changed key, with which a part of the change can be
//! laid over the first of them.
//!
//! An entry of `model_list` is followed by what it is, not by where it stands, and a list of mappings with one key each
//! (`fallbacks`) is taken for one mapping. Comments, the order of keys and the spelling of a value are no changes. It
//! must never know what a key means, or which deployment an entry becomes.

mod entries;

use crate::text::litellm_words::{masked_under, may_show_value};
use crate::text::node::{Key, Node, Value};

/// The list whose entries are followed.
const MODEL_LIST: &str = "model_list";
/// Longest value that is shown, in characters.
const SHOWN_MAX: usize = 80;

/// One thing that the second tree has otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    /// Where, in the first tree.
    steps: Vec<Step>,
    /// What is done there.
    action: Action,
    /// Path of the first tree, as its reader spells paths; empty of what it does not have.
    pub in_first: String,
    /// Path of the second tree; empty of what it does not have.
    pub in_second: String,
}

/// One step from a value to one below it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// To the value of a key.
    Key(String),
    /// To an item of a list.
    Item(usize),
    /// To the item of a list that is a mapping with this key alone, and to its value.
    Named(String),
}

/// What is done at a place.
#[derive(Clone, Debug)]
enum Action {
    /// Another value stands there, or one where none stood.
    Set(Node),
    /// Nothing stands there any more.
    Remove,
    /// A list has one entry more.
    Append(Node),
    /// A list's entries stand in this order: for each place the entry that the first tree has elsewhere.
    Order(Vec<usize>),
}

/// Whether something was added, taken away or is otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Only the second tree has it.
    Added,
    /// Only the first has it.
    Removed,
    /// Both have it, otherwise.
    Changed,
    /// The same entries in another order.
    Reordered,
}

/// Every difference, in the order of the first tree; what only the second has comes last in its section.
pub(crate) fn changes(first: &Node, second: &Node) -> Vec<Edit> {
    let mut found = Found { edits: Vec::new(), steps: Vec::new() };
    found.maps(first.entries(), second.entries(), &Paths::default());
    found.edits
}

/// The first tree with some of the edits made.
pub(crate) fn applied<'e>(first: &Node, edits: impl IntoIterator<Item = &'e Edit>) -> Node {
    let mut tree = first.clone();
    // Positions are those of the first tree, so entries are moved when everything within them is done.
    let (moving, within): (Vec<&Edit>, Vec<&Edit>) =
        edits.into_iter().partition(|edit| edit.moves_entries());
    within.into_iter().for_each(|edit| edit.apply(&mut tree));
    if !moving.is_empty() {
        move_entries(&mut tree, &moving);
    }
    tree
}

/// Takes entries of `model_list` away, puts them into another order, and adds some at the end.
fn move_entries(tree: &mut Node, edits: &[&Edit]) {
    let at = tree.at;
    let Some(list) = child(tree, &Step::Key(MODEL_LIST.to_owned()), at) else { return };
    if !matches!(list.value, Value::List(_)) {
        list.value = Value::List(Vec::new());
    }
    let Value::List(items) = &mut list.value else { return };
    let mut kept: Vec<(usize, Node)> = items.drain(..).enumerate().collect();
    for edit in edits {
        match &edit.action {
            Action::Order(order) => {
                let place = |at: usize| order.iter().position(|known| *known == at);
                kept.sort_by_key(|(at, _)| place(*at).unwrap_or(usize::MAX));
            }
            Action::Remove => kept.retain(|(at, _)| Some(*at) != edit.entry()),
            Action::Append(new) => kept.push((usize::MAX, new.clone())),
            Action::Set(_) => {}
        }
    }
    items.extend(kept.into_iter().map(|(_, entry)| entry));
}

/// Both paths to where the search stands.
#[derive(Clone, Debug, Default)]
struct Paths {
    first: String,
    second: String,
}

impl Paths {
    fn key(&self, name: &str) -> Self {
        let below = |path: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Self { first: below(&self.first), second: below(&self.second) }
    }

    fn items(&self, first: usize, second: usize) -> Self {
        Self {
            first: format!("{}[{first}]", self.first),
            second: format!("{}[{second}]", self.second),
        }
    }
}

struct Found {
    edits: Vec<Edit>,
    steps: Vec<Step>,
}

impl Found {
    fn maps(&mut self, first: &[(Key, Node)], second: &[(Key, Node)], paths: &Paths) {
        let of = |entries: &'_ [(Key, Node)], name: &str| {
            entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value.clone())
        };
        let added = second.iter().filter(|(key, _)| of(first, &key.name).is_none());
        for (key, _) in first.iter().chain(added) {
            let (a, b) = (of(first, &key.name), of(second, &key.name));
            self.steps.push(Step::Key(key.name.clone()));
            self.values(a.as_ref(), b.as_ref(), &paths.key(&key.name));
            self.steps.pop();
        }
    }

    fn values(&mut self, first: Option<&Node>, second: Option<&Node>, paths: &Paths) {
        let json = |node: Option<&Node>| node.map(Node::to_json);
        // An empty section says as much as none.
        let is_nothing = |node: Option<&Node>| match node.map(|node| &node.value) {
            None => true,
            Some(Value::Map(entries)) => entries.is_empty(),
            Some(Value::List(items)) => items.is_empty(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_)) => false,
        };
        if json(first) == json(second) || is_nothing(first) && is_nothing(second) {
            return;
        }
        let none = Vec::new();
        match (first.map(|node| &node.value), second.map(|node| &node.value)) {
            (Some(Value::Map(a)), Some(Value::Map(b))) => self.maps(a, b, paths),
            (None, Some(Value::Map(b))) if !b.is_empty() => self.maps(&none, b, paths),
            (Some(Value::Map(a)), None) if !a.is_empty() => self.maps(a, &none, paths),
            (Some(Value::List(a)), Some(Value::List(b)))
                if self.steps == [Step::Key(MODEL_LIST.to_owned())] =>
            {
                self.entries(a, b, paths);
            }
            // A list that is gone is gone whole; an empty one would stay.
            (Some(_), None) => self.leaf(first, second, paths),
            (a, b) => match (named(a), named(b)) {
                (Some(a), Some(b)) if !a.is_empty() || !b.is_empty() => self.named(&a, &b, paths),
                _ => self.leaf(first, second, paths),
            },
        }
    }

    /// Items that are mappings with one key each.
    fn named(&mut self, first: &[(&str, &Node)], second: &[(&str, &Node)], paths: &Paths) {
        let find =
            |items: &[(&str, &Node)], name: &str| items.iter().position(|(key, _)| *key == name);
        let added = second.iter().filter(|(key, _)| find(first, key).is_none());
        for (name, _) in first.iter().chain(added) {
            let at = (find(first, name), find(second, name));
            let path = |path: &str, at: Option<usize>| match at {
                Some(at) => format!("{path}[{at}].{name}"),
                None => String::new(),
            };
            let paths =
                Paths { first: path(&paths.first, at.0), second: path(&paths.second, at.1) };
            let value = |items: &[(&str, &Node)], at: Option<usize>| {
                at.and_then(|at| items.get(at)).map(|(_, node)| (*node).clone())
            };
            let (a, b) = (value(first, at.0), value(second, at.1));
            if a.as_ref().map(Node::to_json) != b.as_ref().map(Node::to_json) {
                self.steps.push(Step::Named((*name).to_owned()));
                self.leaf(a.as_ref(), b.as_ref(), &paths);
                self.steps.pop();
            }
        }
    }

    fn entries(&mut self, first: &[Node], second: &[Node], paths: &Paths) {
        let pairs = entries::pairs(first, second);
        for (a, b) in &pairs {
            self.steps.push(Step::Item(*a));
            self.maps(first[*a].entries(), second[*b].entries(), &paths.items(*a, *b));
            self.steps.pop();
        }
        for (at, _) in first.iter().enumerate().filter(|(at, _)| pairs.iter().all(|(a, _)| a != at))
        {
            self.steps.push(Step::Item(at));
            self.edit(Action::Remove, format!("{}[{at}]", paths.first), String::new());
            self.steps.pop();
        }
        for (at, entry) in
            second.iter().enumerate().filter(|(at, _)| pairs.iter().all(|(_, b)| b != at))
        {
            let path = format!("{}[{at}]", paths.second);
            self.edit(Action::Append(entry.clone()), String::new(), path);
        }
        let mut by_second = pairs;
        by_second.sort_by_key(|(_, b)| *b);
        let order: Vec<usize> = by_second.into_iter().map(|(a, _)| a).collect();
        if !order.is_sorted() {
            self.edit(Action::Order(order), paths.first.clone(), paths.second.clone());
        }
    }

    fn leaf(&mut self, first: Option<&Node>, second: Option<&Node>, paths: &Paths) {
        let path =
            |node: Option<&Node>, path: &str| node.map_or_else(String::new, |_| path.to_owned());
        let (a, b) = (path(first, &paths.first), path(second, &paths.second));
        let action = second.map_or(Action::Remove, |node| Action::Set(node.clone()));
        self.edit(action, a, b);
    }

    fn edit(&mut self, action: Action, in_first: String, in_second: String) {
        self.edits.push(Edit { steps: self.steps.clone(), action, in_first, in_second });
    }
}

/// The items of a list of mappings with one key each, every key once; of what is not there, none.
fn named(value: Option<&Value>) -> Option<Vec<(&str, &Node)>> {
    let items = match value {
        None => return Some(Vec::new()),
        Some(Value::List(items)) => items,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_)) => {
            return None;
        }
    };
    let mut all: Vec<(&str, &Node)> = Vec::with_capacity(items.len());
    for item in items {
        let [(key, value)] = item.entries() else { return None };
        if all.iter().any(|(known, _)| *known == key.name) {
            return None;
        }
        all.push((&key.name, value));
    }
    Some(all)
}

impl Edit {
    /// What sort of change it is.
    pub(crate) fn sort(&self) -> Sort {
        match (&self.action, self.in_first.is_empty()) {
            (Action::Order(_), _) => Sort::Reordered,
            (Action::Append(_), _) | (Action::Set(_), true) => Sort::Added,
            (Action::Remove, _) => Sort::Removed,
            (Action::Set(_), false) => Sort::Changed,
        }
    }

    /// Whether it is about a whole entry of `model_list`.
    pub(crate) fn is_entry(&self) -> bool {
        match &self.action {
            Action::Append(_) => true,
            Action::Remove => matches!(&*self.steps, [_, Step::Item(_)]),
            Action::Set(_) | Action::Order(_) => false,
        }
    }

    /// Sets another number in the place of the one that it sets; whole numbers stay whole.
    pub(crate) fn value(&mut self, number: f64) {
        let Action::Set(Node { value: value @ Value::Number(_), .. }) = &mut self.action else {
            return;
        };
        let whole = number.fract() == 0.0 && number.abs() < 1e15;
        let json =
            if whole { Some((number as i64).into()) } else { serde_json::Number::from_f64(number) };
        if let Some(json) = json {
            *value = Value::Number(json);
        }
    }

    /// The position in `model_list` of the entry that it is about: of the first tree, else of the second.
    pub(crate) fn entry(&self) -> Option<usize> {
        let number = |path: &str| {
            let rest = path.strip_prefix("model_list[")?;
            rest.split(']').next()?.parse().ok()
        };
        match self.steps.get(1) {
            Some(Step::Item(at)) => Some(*at),
            _ => number(&self.in_second),
        }
    }

    /// The group whose entry in a table of groups (`fallbacks`, `model_group_alias`) it is about.
    pub(crate) fn named_group(&self) -> Option<&str> {
        match &*self.steps {
            [.., Step::Named(group)] => Some(group),
            _ => None,
        }
    }

    fn moves_entries(&self) -> bool {
        matches!(self.action, Action::Append(_) | Action::Order(_)) || self.is_entry()
    }

    fn apply(&self, tree: &mut Node) {
        if matches!(self.action, Action::Remove) {
            remove(tree, &self.steps);
            return;
        }
        let at = tree.at;
        let mut here = tree;
        for step in &self.steps {
            match child(here, step, at) {
                Some(below) => here = below,
                None => return,
            }
        }
        if let Action::Set(new) = &self.action {
            here.clone_from(new);
        }
    }
}

/// One step down; what a mapping or a list of names lacks is made.
fn child<'n>(
    node: &'n mut Node,
    step: &Step,
    at: crate::text::diagnostic::Span,
) -> Option<&'n mut Node> {
    let empty = |value: Value| Node { value, at };
    match step {
        Step::Item(index) => match &mut node.value {
            Value::List(items) => items.get_mut(*index),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
                None
            }
        },
        Step::Key(name) => {
            if !matches!(node.value, Value::Map(_)) {
                node.value = Value::Map(Vec::new());
            }
            let Value::Map(entries) = &mut node.value else { return None };
            let found = entries.iter().position(|(key, _)| key.name == *name);
            let index = found.unwrap_or_else(|| {
                entries.push((Key { name: name.clone(), at }, empty(Value::Null)));
                entries.len() - 1
            });
            Some(&mut entries[index].1)
        }
        Step::Named(name) => {
            if !matches!(node.value, Value::List(_)) {
                node.value = Value::List(Vec::new());
            }
            let Value::List(items) = &mut node.value else { return None };
            let is = |item: &Node| matches!(item.entries(), [(key, _)] if key.name == *name);
            let index = items.iter().position(is).unwrap_or_else(|| {
                let key = Key { name: name.clone(), at };
                items.push(empty(Value::Map(vec![(key, empty(Value::Null))])));
                items.len() - 1
            });
            child(&mut items[index], &Step::Key(name.clone()), at)
        }
    }
}

/// Takes away what the last step leads to.
fn remove(tree: &mut Node, steps: &[Step]) {
    let Some((last, above)) = steps.split_last() else { return };
    let at = tree.at;
    let mut here = tree;
    for step in above {
        match child(here, step, at) {
            Some(below) => here = below,
            None => return,
        }
    }
    match (last, &mut here.value) {
        (Step::Key(name), Value::Map(entries)) => entries.retain(|(key, _)| key.name != *name),
        (Step::Item(index), Value::List(items)) if *index < items.len() => {
            items.remove(*index);
        }
        (Step::Named(name), Value::List(items)) => {
            items.retain(|item| !matches!(item.entries(), [(key, _)] if key.name == *name));
        }
        (Step::Key(_) | Step::Item(_) | Step::Named(_), _) => {}
    }
}

/// The value at `path` as it may be shown: scalars that are known to be harmless, and containers with a mark in the place
/// of every other one; cut after 80 characters.
pub(crate) fn shown(tree: &Node, path: &str) -> Option<String> {
    let (keys, node) = tree.at_path(path)?;
    let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
    let words: Vec<&str> = keys.iter().map(String::as_str).collect();
    let whole = match &node.value {
        Value::List(_) | Value::Map(_) => masked_under(node.to_json(), &keys).to_string(),
        value if may_show_value(&words, value) => match value {
            Value::Text(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {
                node.to_json().to_string()
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => "****".to_owned(),
    };
    let short: String = whole.chars().take(SHOWN_MAX).collect();
    Some(if short.len() < whole.len() { short + "…" } else { short })
}
