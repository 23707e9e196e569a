//! `include`: configs that lie in several files. As LiteLLM 1.106 puts them together
//! (`proxy/common_utils/config_includes.py`): lists of the top level are joined, every other value of the top
//! level is replaced whole by that of the included file, and a file that was read is not read again.
//!
//! Two steps, since nothing here opens a file: [`Text::with_includes`] asks its caller for each file in turn,
//! and [`put_together`] makes one tree of them. Their number and their size are bounded, and so is a cycle.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Component, Path, PathBuf};

use crate::text::diagnostic::{Problem, SourceId, Span};
use crate::text::node::{Node, Value};
use crate::text::request::Text;
use crate::text::yaml::{self, BYTES_MAX, Document, Repeated};

/// The key.
const INCLUDE: &str = "include";

/// Most names of files in one config, in all of its files together.
const FILES_MAX: usize = 64;

/// A file that a config names under `include`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Included {
    /// Name of the text that names it.
    declared_in: String,
    /// How it is named there.
    entry: String,
    found: Found,
}

/// What came of a file's name.
#[derive(Clone, PartialEq, Eq)]
enum Found {
    /// Its path, and what stands in it.
    Text(String, String),
    /// A file that is part of the config already.
    Again,
    /// Why it cannot be read, in one sentence.
    Unread(String),
}

/// Reads a file by its path: `None` if there is none, an error in one sentence.
pub type ReadFile<'r> = dyn Fn(&Path) -> Option<Result<String, String>> + 'r;

impl Text {
    /// The same config with every file that it names under `include`, and with those that they name. A path
    /// is relative to the file that names it, else to the config's own. What is wrong with one of
    /// them is told when the config is read.
    #[must_use]
    pub fn with_includes(mut self, read: &ReadFile<'_>) -> Self {
        let root = self.name.clone();
        let mut known = BTreeSet::from([plain(Path::new(&root))]);
        let mut bytes = self.text.len();
        let mut pending: VecDeque<(String, String)> =
            entries_of(&self.text).map(|entry| (root.clone(), entry)).collect();
        // Ends: a turn takes a name, and there are at most so many turns.
        while let Some((declared_in, entry)) = pending.pop_front()
            && self.included.len() < FILES_MAX
        {
            let places = [beside(&declared_in, &entry), beside(&root, &entry)];
            let mut found = first(&places, &known, read);
            if let Found::Text(name, text) = &found {
                bytes = bytes.saturating_add(text.len());
                if bytes > BYTES_MAX {
                    let max = BYTES_MAX as f64 / 1e6;
                    let why = format!("the files of this config have more than {max:.1} MB");
                    found = Found::Unread(why);
                } else {
                    known.insert(PathBuf::from(name));
                    pending.extend(entries_of(text).map(|entry| (name.clone(), entry)));
                }
            }
            self.included.push(Included { declared_in, entry, found });
        }
        self
    }

    /// The texts that the config is put together from, its own first.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        let included = self.included.iter().filter_map(|one| match &one.found {
            Found::Text(_, text) => Some(text.as_str()),
            Found::Again | Found::Unread(_) => None,
        });
        std::iter::once(self.text.as_str()).chain(included)
    }
}

/// What is at the first of `places` where something is.
fn first(places: &[PathBuf; 2], known: &BTreeSet<PathBuf>, read: &ReadFile<'_>) -> Found {
    for place in places {
        if known.contains(place) {
            return Found::Again;
        }
        match read(place) {
            Some(Ok(text)) => return Found::Text(place.display().to_string(), text),
            Some(Err(why)) => return Found::Unread(why),
            None => {}
        }
    }
    Found::Unread(format!("there is no file {}", places[0].display()))
}

/// Where a file is that `declared_in` names.
fn beside(declared_in: &str, entry: &str) -> PathBuf {
    plain(&Path::new(declared_in).parent().unwrap_or(Path::new("")).join(entry))
}

/// A path without `.` and, where it can be told without looking, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            Component::ParentDir
            | Component::Normal(_)
            | Component::RootDir
            | Component::Prefix(_) => {
                plain.push(part);
            }
        }
    }
    plain
}

/// The names in a text that can be read; what is wrong with it is told when it is read in earnest.
fn entries_of(text: &str) -> impl Iterator<Item = String> + use<> {
    let nowhere = SourceId::from_number(0);
    let read = yaml::parse_config(nowhere, text).ok();
    let named = read.and_then(|document| named(&document.tree).ok()).unwrap_or_default();
    named.into_iter().map(|(entry, _)| entry)
}

/// What a config names under `include`, with the places.
fn named(tree: &Node) -> Result<Vec<(String, Span)>, Problem> {
    let wrong = |at: Span| {
        Problem::new("`include` is a list of paths, and this is something else")
            .help("write `include: [models.yaml]`, relative to this file")
            .at(at)
    };
    let Some(list) = tree.get(INCLUDE) else { return Ok(Vec::new()) };
    let Value::List(items) = &list.value else { return Err(wrong(list.at)) };
    let name = |item: &Node| match &item.value {
        Value::Text(entry) => Ok((entry.clone(), item.at)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {
            Err(wrong(item.at))
        }
    };
    items.iter().map(name).collect()
}

/// One document of a config and of the files that it includes, each read by `read` under its name.
///
/// # Errors
/// The first name of which nothing came, or what `read` says about a file.
pub(crate) fn put_together(
    text: &Text,
    mut whole: Document,
    read: &mut dyn FnMut(&str, &str) -> Result<Document, Problem>,
) -> Result<Document, Problem> {
    let pend = |declared_in: &str, tree: &Node| {
        let named = named(tree)?.into_iter();
        let declared_in = declared_in.to_owned();
        Ok(named.map(move |(entry, at)| (declared_in.clone(), entry, at)).collect::<Vec<_>>())
    };
    let mut pending: VecDeque<_> = pend(&text.name, &whole.tree)?.into();
    without_include(&mut whole.tree);
    let mut laid: BTreeSet<&str> = BTreeSet::new();
    // Ends: a file gives names once.
    while let Some((declared_in, entry, at)) = pending.pop_front() {
        let asked = |one: &&Included| one.declared_in == declared_in && one.entry == entry;
        let (name, own) = match text.included.iter().find(asked).map(|one| &one.found) {
            Some(Found::Again) => continue,
            Some(Found::Text(name, own)) => (name, own),
            Some(Found::Unread(why)) => {
                let help = "a path is relative to the file that names it";
                return Err(Problem::new(why.clone()).help(help).at(at));
            }
            None => {
                let message = format!("a config is put together from at most {FILES_MAX} files");
                return Err(Problem::new(message).help("join some of them").at(at));
            }
        };
        if !laid.insert(name) {
            continue;
        }
        let mut further = read(name, own)?;
        if !matches!(further.tree.value, Value::Map(_) | Value::Null) {
            let message =
                format!("an included file is a mapping, and this is {}", further.tree.sort());
            return Err(Problem::new(message).help("start with `model_list:`").at(further.tree.at));
        }
        pending.extend(pend(name, &further.tree)?);
        without_include(&mut further.tree);
        lay(&mut whole, further);
    }
    Ok(whole)
}

fn without_include(tree: &mut Node) {
    if let Value::Map(entries) = &mut tree.value {
        entries.retain(|(key, _)| key.name != INCLUDE);
    }
}

/// Lays an included document over what there is: lists are joined, all else is replaced whole.
fn lay(whole: &mut Document, further: Document) {
    whole.repeated.extend(further.repeated);
    let Value::Map(theirs) = further.tree.value else { return };
    if matches!(whole.tree.value, Value::Null) {
        whole.tree.value = Value::Map(Vec::new());
    }
    let Value::Map(mine) = &mut whole.tree.value else { return };
    for (key, value) in theirs {
        let Some((known, current)) = mine.iter_mut().find(|(known, _)| known.name == key.name)
        else {
            mine.push((key, value));
            continue;
        };
        match (&mut current.value, value) {
            (Value::List(items), Node { value: Value::List(more), .. }) => items.extend(more),
            (_, value) => {
                let (first, last) = (known.at, key.at);
                whole.repeated.push(Repeated { key: key.name.clone(), first, last });
                (*known, *current) = (key, value);
            }
        }
    }
}
