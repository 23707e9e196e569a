//! A value as somebody wrote it, with the place of every key and value. YAML never leaves this
//! crate; what does is JSON ([`Node::to_json`]) and checked plans.

use crate::text::diagnostic::Span;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands; of a collection, its first key or its start.
    pub at: Span,
}

/// The kinds of values.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// A finite number.
    Number(serde_json::Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file, without duplicates.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The key; numbers and booleans as they were spelled.
    pub name: String,
    /// Where it stands.
    pub at: Span,
}

impl Node {
    /// The value under `key`, if this is a mapping that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(known, _)| known.name == key).map(|(_, value)| value)
    }

    /// The entries of a mapping; none of anything else.
    pub(crate) fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                &[]
            }
        }
    }

    /// What it is, for "expected a list, found {}".
    pub(crate) fn kind(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(value) => format!("the number {value}"),
            Value::Text(value) => {
                let short: String = value.chars().take(40).collect();
                format!("`{short}{}`", if short.len() < value.len() { "…" } else { "" })
            }
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        }
    }

    /// The value without its places.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(value) => value.clone().into(),
            Value::Text(value) => value.clone().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => serde_json::Value::Object(
                entries.iter().map(|(key, value)| (key.name.clone(), value.to_json())).collect(),
            ),
        }
    }

    /// Where `path` (`model_list[2].litellm_params.model`) stands: the key of its last existing
    /// step, or the value where the last step is an index. With `value`, the value instead.
    pub(crate) fn place(&self, path: &str, of: Part) -> Span {
        let (mut here, mut at) = (self, self.at);
        for step in steps(path) {
            let next = match &here.value {
                Value::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key.name == step)
                    .map(|(key, value)| (value, if of == Part::Key { key.at } else { value.at })),
                Value::List(items) => step
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|item| (item, item.at)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
            };
            let Some((value, place)) = next else { break };
            (here, at) = (value, place);
        }
        at
    }

    /// Lays `overlay` over this value: mappings merge key by key, everything else is replaced.
    /// Places follow the values. Recursion is bounded by the depth that the reader accepts.
    pub(crate) fn merge(&mut self, overlay: &Self) {
        let (Value::Map(mine), Value::Map(theirs)) = (&mut self.value, &overlay.value) else {
            self.clone_from(overlay);
            return;
        };
        for (key, value) in theirs {
            match mine.iter_mut().find(|(known, _)| known.name == key.name) {
                Some((known, current)) => {
                    known.at = key.at;
                    current.merge(value);
                }
                None => mine.push((key.clone(), value.clone())),
            }
        }
    }

    /// Sets the value at `path`, a dotted path whose steps are keys, list positions, or the `name`
    /// or `id` of a list's item. Missing mappings are created.
    ///
    /// # Errors
    /// The step that cannot be taken, in words.
    pub(crate) fn set(&mut self, path: &str, new: Self) -> Result<(), String> {
        let mut here = self;
        let mut walked = String::new();
        for step in steps(path) {
            here = here.child(step, new.at).map_err(|reason| format!("`{walked}` {reason}"))?;
            if !walked.is_empty() {
                walked.push('.');
            }
            walked.push_str(step);
        }
        *here = new;
        Ok(())
    }

    /// The value one step further, made if a mapping lacks it.
    fn child(&mut self, step: &str, at: Span) -> Result<&mut Self, String> {
        if matches!(self.value, Value::Null) {
            self.value = Value::Map(Vec::new());
        }
        let kind = self.kind();
        match &mut self.value {
            Value::Map(entries) => {
                let found = entries.iter().position(|(key, _)| key.name == step);
                let index = found.unwrap_or_else(|| {
                    let key = Key { name: step.to_owned(), at };
                    entries.push((key, Self { value: Value::Null, at }));
                    entries.len() - 1
                });
                Ok(&mut entries[index].1)
            }
            Value::List(items) => {
                let count = items.len();
                let position = step.parse::<usize>().ok().filter(|index| *index < count);
                let found = position.or_else(|| items.iter().position(|item| item.is_called(step)));
                let index = found.ok_or_else(|| {
                    format!(
                        "has {count} items, and none is called `{step}`; use a position from 0, \
                         a name or an id"
                    )
                })?;
                Ok(&mut items[index])
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
                Err(format!("is {kind}, it has no `{step}`"))
            }
        }
    }

    fn is_called(&self, name: &str) -> bool {
        ["name", "id"].iter().any(
            |key| matches!(self.get(key), Some(Self { value: Value::Text(own), .. }) if own == name),
        )
    }
}

/// Which part of an entry to point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its key.
    Key,
    /// Its value.
    Value,
}

/// Steps of `a.b[2].c` or `a.b.2.c`.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty())
}
