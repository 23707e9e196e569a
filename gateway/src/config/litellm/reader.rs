//! A cursor over the config's JSON: typed values by key, as leniently as PyYAML and LiteLLM take
//! them (numbers may be strings, 0 may mean unset), with every problem collected under its path.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};

use super::keys::Effect;
use super::tables::Table;
use super::unknown_keys::unknown;
use super::variables::Variables;
use super::{ConfigError, Note, NoteKind, Secrets};

/// Prefix of a reference to the environment.
pub(super) const ENVIRONMENT: &str = "os.environ/";

/// Longest duration of a setting, in seconds: ten years. Everything above is a slip of the pen.
const SECONDS_MAX: f64 = 10.0 * 365.0 * 86_400.0;

/// More notes than one reading of an entry leaves.
const NOTES_OF_AN_ENTRY: usize = 64;

/// Most errors that are collected; a broken file would otherwise say the same a thousand times.
const ERRORS_MAX: usize = 100;

/// Collects what is found while reading.
pub(super) struct Reader<'a> {
    secrets: &'a dyn Secrets,
    pub(super) notes: Vec<Note>,
    pub(super) errors: Vec<ConfigError>,
    /// Why entries were left out.
    left_out: Vec<ConfigError>,
    /// What the config itself says about variables.
    pub(super) variables: Variables,
    /// Which of them were asked for.
    used: BTreeSet<String>,
    /// Where a value really stands that was taken from elsewhere, by the path at which it is read.
    origins: BTreeMap<String, String>,
    /// Where a key was found that may stand in several sections.
    places: Vec<(&'static str, String)>,
    /// Prefixes that the config makes up: LiteLLM asks handlers of its own for them.
    pub(super) custom_providers: BTreeSet<String>,
}

/// A mapping of the config, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    path: String,
    object: &'a Map<String, Value>,
}

impl<'a> Section<'a> {
    /// The whole file; `None` if it is no mapping.
    pub(super) fn root(value: &'a Value) -> Option<Self> {
        Some(Self { path: String::new(), object: value.as_object()? })
    }

    /// A mapping at `path`; `None` if it is none.
    pub(super) fn at(path: String, value: &'a Value) -> Option<Self> {
        Some(Self { path, object: value.as_object()? })
    }

    /// The value of a key; null counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Where a key of this section stands.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Where this section stands.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// All entries, in the order of the file.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.object.iter()
    }

    /// The mapping itself.
    pub(super) fn object(&self) -> &'a Map<String, Value> {
        self.object
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(secrets: &'a dyn Secrets) -> Self {
        Self {
            secrets,
            notes: Vec::new(),
            errors: Vec::new(),
            left_out: Vec::new(),
            variables: Variables::new(),
            used: BTreeSet::new(),
            origins: BTreeMap::new(),
            places: Vec::new(),
            custom_providers: BTreeSet::new(),
        }
    }

    /// What is read at `path` stands at `origin`.
    pub(super) fn taken_from(&mut self, path: String, origin: String) {
        self.origins.insert(path, origin);
    }

    /// Where that stands which is read at `path`.
    fn origin(&self, path: &str) -> String {
        self.origins.get(path).map_or(path, String::as_str).to_owned()
    }

    /// Remembers where a key was found; the first place stays.
    pub(super) fn remember_place(&mut self, key: &'static str, path: String) {
        if !self.places.iter().any(|(known, _)| *known == key) {
            self.places.push((key, path));
        }
    }

    /// Where a key was found, or its bare name.
    pub(super) fn place_of(&self, key: &str) -> String {
        let place = self.places.iter().find(|(known, _)| *known == key);
        place.map_or_else(|| key.to_owned(), |(_, path)| path.clone())
    }

    /// An entry is left out for this reason, which is a problem where no other is left.
    pub(super) fn left_out(&mut self, why: ConfigError) {
        if self.left_out.len() < ERRORS_MAX {
            self.left_out.push(why);
        }
    }

    /// No entry can be used. Those that were refused left a problem behind.
    pub(super) fn nobody_is_left(&mut self) {
        if self.errors.is_empty() {
            for ConfigError { path, message, help } in std::mem::take(&mut self.left_out) {
                self.error(&path, &message, &help);
            }
        }
    }

    /// Records a problem.
    pub(super) fn error(&mut self, path: &str, message: &str, help: &str) {
        if self.errors.len() < ERRORS_MAX {
            let (path, message, help) = (self.origin(path), message.to_owned(), help.to_owned());
            self.errors.push(ConfigError { path, message, help });
        }
    }

    /// Records a note.
    pub(super) fn note(&mut self, path: String, kind: NoteKind, text: impl Into<String>) {
        let path = self.origins.get(&path).cloned().unwrap_or(path);
        let note = Note { path, kind, text: text.into(), word: None };
        // What is read once per provider of an entry is told once.
        if !self.notes.iter().rev().take(NOTES_OF_AN_ENTRY).any(|known| *known == note) {
            self.notes.push(note);
        }
    }

    /// Records that a name below `path` leads nowhere.
    pub(super) fn stray(&mut self, path: String, name: &str, near: Option<&str>) {
        let (text, word) = (no_such_model(name, near), Some(name.to_owned()));
        self.notes.push(Note { path, kind: NoteKind::Stray, text, word });
    }

    /// Notes every key of `section` that is not acted on, each only once in the whole config.
    pub(super) fn survey(&mut self, section: &Section<'_>, table: &Table) {
        for (name, value) in section.entries() {
            let off = matches!(value, Value::Null | Value::Bool(false));
            let (kind, text) = match table.key(name) {
                Some(key) => match key.effect {
                    Effect::Acted | Effect::SentAlong => continue,
                    Effect::NotYet => (NoteKind::NoEffectYet, "accepted, no effect yet".to_owned()),
                    Effect::Inert(why) => {
                        (NoteKind::Inert, format!("no effect in LiteLLM either: {why}"))
                    }
                    Effect::Outside(_) if off => continue,
                    Effect::Outside(what) => {
                        (NoteKind::NotContacted, format!("{what} is not contacted"))
                    }
                },
                None => unknown(name, table),
            };
            let path = self.origin(&section.path_of(name));
            let said = |note: &Note| without_index(&note.path) == without_index(&path);
            if !self.notes.iter().any(said) {
                self.note(path, kind, text);
            }
        }
    }

    /// A section below `parent`; absent counts as empty, anything but a mapping is an error.
    pub(super) fn section<'s>(&mut self, parent: &Section<'s>, key: &str) -> Option<Section<'s>> {
        let value = parent.get(key)?;
        let section = Section::at(parent.path_of(key), value);
        if section.is_none() {
            self.wrong::<()>(parent, key, value, "a mapping of keys to values");
        }
        section
    }

    /// A text; numbers are taken as their digits. `os.environ/NAME` is resolved; a name that is not
    /// set is an error, since only keys with an effect are read.
    pub(super) fn text(&mut self, section: &Section<'_>, key: &str) -> Option<String> {
        match section.get(key)? {
            Value::String(text) => match text.strip_prefix(ENVIRONMENT) {
                None => Some(text.clone()),
                Some(name) => self.variable(section, key, name),
            },
            Value::Number(number) => Some(number.to_string()),
            value @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                self.wrong(section, key, value, "a text")
            }
        }
    }

    /// Any value, with its references resolved; `None` where a name is not set, and where one is that nobody looks
    /// up: a stand-in for it would be sent as if it were meant.
    pub(super) fn value(&mut self, section: &Section<'_>, key: &str) -> Option<Value> {
        let mut value = section.get(key)?.clone();
        self.resolve_within(&mut value, (section, key)).then_some(value)
    }

    fn resolve_within(&mut self, value: &mut Value, (section, key): (&Section<'_>, &str)) -> bool {
        match value {
            Value::String(text) => {
                let Some(name) = text.strip_prefix(ENVIRONMENT) else { return true };
                let resolved = match self.secrets.looks_up() {
                    true => self.variable(section, key, name),
                    false => self.own_variable(name),
                };
                let found = resolved.is_some();
                *text = resolved.unwrap_or_default();
                found
            }
            Value::Array(items) => {
                items.iter_mut().all(|item| self.resolve_within(item, (section, key)))
            }
            Value::Object(entries) => {
                entries.values_mut().all(|entry| self.resolve_within(entry, (section, key)))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
        }
    }

    /// The variable that LiteLLM reads by itself where nothing stands at `path`; may be unset.
    pub(super) fn ambient(&mut self, name: &str, path: &str) -> Option<String> {
        let own = self.own_variable(name);
        own.or_else(|| self.secrets.ambient(name, path)).filter(|value| !value.is_empty())
    }

    /// What the config itself says about a variable.
    fn own_variable(&mut self, name: &str) -> Option<String> {
        let own = self.variables.get(name).cloned();
        if own.is_some() {
            self.used.insert(name.to_owned());
        }
        own
    }

    /// Says of the config's own variables that some of them are read by nothing here.
    pub(super) fn note_unused_variables(&mut self) {
        if self.variables.keys().any(|name| !self.used.contains(name)) {
            let text = "no effect yet, but for the variables that this config refers to and those that \
                        hold keys and addresses of its providers";
            self.note("environment_variables".to_owned(), NoteKind::NoEffectYet, text);
        }
    }

    /// The value of a variable of the environment; `None` where nobody looks them up.
    pub(super) fn looked_up(&self, name: &str, path: &str) -> Option<String> {
        if self.secrets.looks_up() { self.secrets.resolve(name, path) } else { None }
    }

    /// Whether values of variables, and files, are looked up.
    pub(super) fn looks_up(&self) -> bool {
        self.secrets.looks_up()
    }

    /// See [`Secrets::file`].
    pub(super) fn file(&self, path: &str) -> Option<Result<String, String>> {
        self.secrets.file(path)
    }

    /// See [`Secrets::stand_in`].
    pub(super) fn stand_in(&self, provider: &str) -> Option<String> {
        self.secrets.stand_in(provider)
    }

    /// A finite number that is not negative.
    pub(super) fn number(&mut self, section: &Section<'_>, key: &str) -> Option<f64> {
        let value = section.get(key)?;
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(_) => self.text(section, key)?.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        match number.filter(|number: &f64| number.is_finite()) {
            Some(number) if number >= 0.0 => Some(number),
            Some(number) => {
                let message = format!("`{key}` is {number}, but must not be negative");
                self.error(&section.path_of(key), &message, "write 0 or more, or leave it out");
                None
            }
            None => self.wrong(section, key, value, "a number"),
        }
    }

    /// A whole number.
    pub(super) fn count(&mut self, section: &Section<'_>, key: &str) -> Option<u64> {
        let number = self.number(section, key)?;
        if number.fract() == 0.0 && number < u64::MAX as f64 {
            return Some(number as u64);
        }
        let message = format!("`{key}` is {number}, but must be a whole number");
        self.error(&section.path_of(key), &message, "leave out the fraction");
        None
    }

    /// A whole number that fits the counters of attempts.
    pub(super) fn small_count(&mut self, section: &Section<'_>, key: &str) -> Option<u32> {
        let count = self.count(section, key)?;
        if let Ok(count) = u32::try_from(count) {
            return Some(count);
        }
        let message = format!("`{key}` is {count}, which is more than {}", u32::MAX);
        self.error(&section.path_of(key), &message, "write a smaller number");
        None
    }

    /// A duration in seconds.
    pub(super) fn seconds(&mut self, section: &Section<'_>, key: &str) -> Option<Duration> {
        let seconds = self.number(section, key)?;
        if seconds <= SECONDS_MAX {
            return Some(Duration::from_secs_f64(seconds));
        }
        let message = format!("`{key}` is more than ten years");
        self.error(&section.path_of(key), &message, "write a smaller number of seconds");
        None
    }

    /// A duration in seconds, where LiteLLM takes 0 for "not set".
    pub(super) fn truthy_seconds(&mut self, section: &Section<'_>, key: &str) -> Option<Duration> {
        self.seconds(section, key).filter(|duration| !duration.is_zero())
    }

    /// A flag.
    pub(super) fn flag(&mut self, section: &Section<'_>, key: &str) -> Option<bool> {
        let value = section.get(key)?;
        match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => self.wrong(section, key, value, "true or false"),
        }
    }

    /// A list.
    pub(super) fn list<'s>(&mut self, section: &Section<'s>, key: &str) -> Option<&'s [Value]> {
        let value = section.get(key)?;
        match value.as_array() {
            Some(list) => Some(list),
            None => self.wrong(section, key, value, "a list"),
        }
    }

    /// Records that a value has the wrong type. Says which type it has, never what it is: it may be
    /// a credential in the wrong place.
    pub(super) fn wrong<T>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        value: &Value,
        expected: &str,
    ) -> Option<T> {
        let message = format!("`{key}` must be {expected}, but is {}", kind(value));
        self.error(&section.path_of(key), &message, &format!("write {expected}"));
        None
    }

    fn variable(&mut self, section: &Section<'_>, key: &str, name: &str) -> Option<String> {
        let path = section.path_of(key);
        let own = self.own_variable(name);
        if own.is_some() && self.looked_up(name, &path).is_none() {
            let text = "LiteLLM looks this up before it sets environment_variables, and finds only what \
                        the environment itself has";
            self.note(path, NoteKind::Advice, text);
            return own;
        }
        let value = self.secrets.resolve(name, &path);
        if value.is_none() {
            // What no environment has as a name may be a credential in the wrong place.
            let plain =
                name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            let name = if plain { name } else { "of that name" };
            let message = format!("the environment variable {name} is not set");
            let help = format!("set it, or write the value of `{key}` in its place");
            self.error(&path, &message, &help);
        }
        value
    }
}

/// The variable that stands for a value.
pub(super) fn variable_of<'s>(section: &Section<'s>, key: &str) -> Option<&'s str> {
    section.get(key)?.as_str()?.strip_prefix(ENVIRONMENT)
}

/// What a JSON value is, in a reader's words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// The most similar of `names`, if one is similar enough to be meant.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    /// Below this, Jaro-Winkler finds resemblance between strangers.
    const SIMILAR: f64 = 0.85;
    /// It also takes a beginning that is the same for a resemblance of the whole: so many of the letters must be,
    /// but for a slip or two.
    const SAME: f64 = 0.65;
    const SLIPS: usize = 2;
    let scored = names.map(|known| (strsim::jaro_winkler(name, known), known));
    let close = |known: &str| {
        let slips = strsim::damerau_levenshtein(name, known) <= SLIPS;
        // Whoever wrote the half of a name meant the whole.
        let half = known.starts_with(name) && 2 * name.len() >= known.len();
        slips || half || strsim::normalized_damerau_levenshtein(name, known) >= SAME
    };
    let meant = scored.filter(|(score, known)| *score >= SIMILAR && close(known));
    meant.max_by(|a, b| a.0.total_cmp(&b.0)).map(|s| s.1)
}

/// What "nobody knows this model" is called everywhere.
fn no_such_model(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("no model `{name}` in model_list; did you mean `{near}`?"),
        None => format!("no model `{name}` in model_list; it is skipped"),
    }
}

/// `model_list[2].litellm_params.model` → `model_list[].litellm_params.model`.
fn without_index(path: &str) -> String {
    let mut kept = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        inside &= c != ']';
        if !inside {
            kept.push(c);
        }
        inside |= c == '[';
    }
    kept
}
