//! Text to a tree of values with their places: the only module that knows a YAML library.
//!
//! Files are read as PyYAML reads them (`yes`/`no`/`on`/`off`, `<<` merges, anchors), because that is
//! how LiteLLM reads its configs. Two deliberate differences: a duplicate key is an error instead of
//! a silent overwrite, and everything is bounded, so that a hostile file costs a message and not the
//! machine. It must never know what a scenario is.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use crate::text::diagnostic::{Problem, SourceId, Span};
use crate::text::node::{Key, Node, Value};

/// Largest accepted file, in bytes. A LiteLLM config with a thousand deployments has 300 kB.
pub const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most values in one file, aliases expanded: ten times what the largest known configs hold.
const NODES_MAX: usize = 100_000;
/// Deepest nesting; scenarios use eight levels.
const DEPTH_MAX: usize = 64;
/// Most `*aliases` in one file.
const ALIASES_MAX: usize = 10_000;

/// Reads one YAML document.
///
/// # Errors
/// One [`Problem`] with its place: what a person would call a typo, or a bound that was passed.
pub(crate) fn parse(source: SourceId, text: &str) -> Result<Node, Problem> {
    if text.len() > BYTES_MAX {
        return Err(too_large(text.len()));
    }
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_aliases: ALIASES_MAX,
        },
    };
    match serde_yaml::from_str_with_options::<Raw>(text, options) {
        Ok(raw) => Ok(node(raw, &Places { source, text })),
        Err(error) => Err(problem(&error, &Places { source, text })),
    }
}

/// The message for a file over [`BYTES_MAX`]; for callers that look at a file's size before reading.
pub(crate) fn too_large(bytes: usize) -> Problem {
    let (mb, max) = (bytes as f64 / 1e6, BYTES_MAX as f64 / 1e6);
    Problem::new(format!("the file has {mb:.1} MB; at most {max:.1} MB are read"))
        .help("scenarios and configs are a few kB; is this the right file?")
}

/// What the library gives: values with their places, in the order of the file.
enum RawValue {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Spanned<String>, Raw)>),
}

struct Raw(Spanned<RawValue>);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Raw)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = RawValue;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_none<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawValue, E> {
        Ok(RawValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<RawValue, E> {
        let number = serde_json::Number::from_f64(value);
        number.map(RawValue::Number).ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawValue, A::Error> {
        let mut list = Vec::new();
        // Bounded by NODES_MAX.
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(RawValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawValue, A::Error> {
        let mut map: Vec<(Spanned<String>, Raw)> = Vec::new();
        // Bounded by NODES_MAX.
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            if key.value.len() > 1024 {
                return Err(A::Error::custom("a key has more than 1024 bytes"));
            }
            map.push((key, entries.next_value()?));
        }
        Ok(RawValue::Map(map))
    }
}

/// Translates the library's places into ours.
struct Places<'t> {
    source: SourceId,
    text: &'t str,
}

impl Places<'_> {
    fn span(&self, location: serde_yaml::Location) -> Span {
        let span = location.span();
        let whole = self.text.len();
        let (start, len) = match (span.byte_offset(), span.byte_len()) {
            (Some(start), Some(len)) => (clamp(start, whole), clamp(len, whole)),
            _ => (self.byte_at(location.line(), location.column()), 1),
        };
        let end = start.saturating_add(len).min(whole);
        // A block scalar underlined over twenty lines says no more than its first line.
        let text = self.text.get(start..end).unwrap_or_default();
        let first_line = text.lines().next().unwrap_or_default().trim_end().len();
        Span { source: self.source, start, len: first_line }
    }

    fn byte_at(&self, line: u64, column: u64) -> usize {
        let mut before = 0;
        for (number, text) in (1u64..).zip(self.text.split_inclusive('\n')) {
            if number == line {
                let within = text.char_indices().nth(clamp(column, usize::MAX).saturating_sub(1));
                return before + within.map_or(text.trim_end().len(), |(byte, _)| byte);
            }
            before += text.len();
        }
        self.text.len()
    }
}

fn clamp(n: u64, max: usize) -> usize {
    usize::try_from(n).unwrap_or(max).min(max)
}

fn node(Raw(raw): Raw, places: &Places<'_>) -> Node {
    let at = places.span(raw.referenced);
    match raw.value {
        RawValue::Null => Node { value: Value::Null, at },
        RawValue::Bool(value) => Node { value: Value::Bool(value), at },
        RawValue::Number(value) => Node { value: Value::Number(value), at },
        RawValue::Text(value) => Node { value: Value::Text(value), at },
        RawValue::List(items) => {
            let items: Vec<Node> = items.into_iter().map(|item| node(item, places)).collect();
            Node { value: Value::List(items), at }
        }
        RawValue::Map(entries) => {
            let entries: Vec<(Key, Node)> = entries
                .into_iter()
                .map(|(key, value)| {
                    let at = places.span(key.referenced);
                    (Key { name: key.value, at }, node(value, places))
                })
                .collect();
            // The library gives collections no length: underline the first key instead.
            let at = entries.first().filter(|_| at.len == 0).map_or(at, |(key, _)| key.at);
            Node { value: Value::Map(entries), at }
        }
    }
}

fn problem(error: &serde_yaml::Error, places: &Places<'_>) -> Problem {
    let full = error.without_snippet().to_string();
    let message = full.split(" at line ").next().unwrap_or_default();
    let problem = if message.contains("duplicate mapping key") {
        let key = message.split(": ").nth(1).and_then(|rest| rest.split(',').next());
        Problem::new(format!("the key `{}` stands here twice", key.unwrap_or("?").trim()))
            .help("remove one of them; YAML would silently keep only one")
    } else if message.contains("budget") || message.contains("limit") {
        Problem::new(format!("the file is too deep, or unfolds to too many values ({message})"))
            .help(format!(
                "at most {NODES_MAX} values and {DEPTH_MAX} levels are read, aliases unfolded"
            ))
    } else if message.contains("multiple YAML documents") {
        Problem::new("the file holds more than one YAML document")
            .help("keep what follows `---` in a file of its own")
    } else if message.contains("unknown anchor") {
        Problem::new("this `*alias` refers to an anchor that is not defined above")
            .help("define it with `&name` before it is used, or quote a text that starts with `*`")
    } else {
        Problem::new(format!("this is not valid YAML: {message}"))
            .help("check the indentation, brackets, quotes and colons around this place")
    };
    match error.location() {
        Some(location) => problem.at(places.span(location)),
        None => problem,
    }
}

/// A value as a YAML document in block style; empty where it has no such form.
pub(crate) fn written(value: &serde_json::Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}
