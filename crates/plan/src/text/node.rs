//! A value as somebody wrote it, with the place of every key and value. YAML never leaves this
//! crate; what does is JSON ([`Node::to_json`]) and checked plans.

use crate::text::diagnostic::Span;
use crate::text::{litellm_words, quoted};

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
    /// A mapping, each key once; what it takes in by `<<` stands first.
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

    /// What it is, without saying it: it may be anybody's secret.
    pub(crate) fn sort(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
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
        let mut at = self.at;
        for step in self.walk(path) {
            at = match step {
                Step::Entry(key, value) => {
                    if of == Part::Key {
                        key.at
                    } else {
                        value.at
                    }
                }
                Step::Item(_, item) => item.at,
            };
        }
        at
    }

    /// The keys on the way to `path`, and the value there, if the whole path exists.
    pub(crate) fn at_path(&self, path: &str) -> Option<(Vec<&str>, &Self)> {
        let (mut keys, mut here) = (Vec::new(), self);
        let mut reached = String::new();
        for step in self.walk(path) {
            match step {
                Step::Entry(key, value) => {
                    keys.push(key.name.as_str());
                    reached.push_str(&key.name);
                    here = value;
                }
                Step::Item(index, item) => {
                    reached.push_str(&index.to_string());
                    here = item;
                }
            }
        }
        let letters = |text: &str| text.replace(['.', '[', ']'], "");
        (letters(&reached) == letters(path)).then_some((keys, here))
    }

    /// Where `word` stands below `path`, as a value or as a key.
    pub(crate) fn mention(&self, path: &str, word: &str) -> Option<Span> {
        let here = self.walk(path).last().map(|step| match step {
            Step::Entry(_, value) | Step::Item(_, value) => value,
        });
        here?.find(word)
    }

    fn find(&self, word: &str) -> Option<Span> {
        match &self.value {
            Value::Text(text) => (text == word).then_some(self.at),
            Value::List(items) => items.iter().find_map(|item| item.find(word)),
            Value::Map(entries) => entries.iter().find_map(|(key, value)| {
                if key.name == word { Some(key.at) } else { value.find(word) }
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    /// `path` as it may be printed: as far as it exists, with keys that may be secrets left out.
    pub(crate) fn spoken(&self, path: &str) -> String {
        let mut spoken = String::new();
        let mut keys: Vec<&str> = Vec::new();
        for step in self.walk(path) {
            match step {
                Step::Entry(key, value) => {
                    keys.push(&key.name);
                    let shown = litellm_words::may_show_key(&keys, value);
                    let name = if shown { key.name.as_str() } else { quoted::HIDDEN };
                    let dot = if spoken.is_empty() { "" } else { "." };
                    spoken.extend([dot, name]);
                }
                Step::Item(index, _) => spoken.push_str(&format!("[{index}]")),
            }
        }
        if spoken.is_empty() { path.to_owned() } else { spoken }
    }

    /// The existing steps of `path`. A key may hold dots and brackets (`gpt-4.1`): the longest one that
    /// `path` goes on with is meant.
    fn walk<'n, 'p>(&'n self, path: &'p str) -> impl Iterator<Item = Step<'n>> + use<'n, 'p> {
        let (mut here, mut rest) = (self, path);
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches('.');
            let (step, after) = match &here.value {
                Value::Map(entries) => {
                    let goes_on = |after: &str| after.is_empty() || after.starts_with(['.', '[']);
                    let fits = |(key, _): &&(Key, Self)| {
                        rest.strip_prefix(key.name.as_str()).is_some_and(goes_on)
                    };
                    let found = entries.iter().filter(fits).max_by_key(|(key, _)| key.name.len());
                    let (key, value) = found.filter(|(key, _)| !key.name.is_empty())?;
                    (Step::Entry(key, value), &rest[key.name.len()..])
                }
                Value::List(items) => {
                    let bare = rest.strip_prefix('[').unwrap_or(rest);
                    let digits = bare.find(|c: char| !c.is_ascii_digit()).unwrap_or(bare.len());
                    let index = bare[..digits].parse::<usize>().ok()?;
                    let after = &bare[digits..];
                    (Step::Item(index, items.get(index)?), after.strip_prefix(']').unwrap_or(after))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => return None,
            };
            rest = after;
            here = match step {
                Step::Entry(_, value) | Step::Item(_, value) => value,
            };
            Some(step)
        })
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

/// One step of a path.
#[derive(Clone, Copy)]
enum Step<'n> {
    /// To the value of a key.
    Entry(&'n Key, &'n Node),
    /// To an item of a list.
    Item(usize, &'n Node),
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
