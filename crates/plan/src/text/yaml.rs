//! Text to a tree of values with their places: the only module that knows a YAML library.
//!
//! Files are read as PyYAML reads them, because that is how LiteLLM reads its configs: plain scalars
//! ([`super::scalar`]), `<<` merges, anchors, one document. Of a key that stands twice the last
//! value holds there without a word; here the caller hears of both places. Everything is bounded, so that
//! a hostile file costs a message and not the machine. What is wrong is said without quoting the file,
//! whose words may be anybody's password. It must never know what a scenario is.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};

use crate::text::diagnostic::{Problem, SourceId, Span};
use crate::text::node::{Key, Node, Value};
use crate::text::scalar::{self, Dialect};

/// Largest accepted file, in bytes. A LiteLLM config with a thousand deployments has 300 kB.
pub const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most values in one file, aliases expanded: ten times what the largest known configs hold.
const NODES_MAX: usize = 100_000;
/// Deepest nesting, aliases expanded; scenarios use eight levels.
const DEPTH_MAX: usize = 64;
/// Most `*aliases` in one file.
const ALIASES_MAX: usize = 10_000;
/// Longest key, in bytes.
const KEY_MAX: usize = 1024;

/// A document, and the keys that stand in it more than once.
pub(crate) struct Document {
    /// Its value.
    pub tree: Node,
    /// Keys whose earlier values do not count, in the order of the file.
    pub repeated: Vec<Repeated>,
}

/// A key that stands twice in one mapping.
pub(crate) struct Repeated {
    /// Its name.
    pub key: String,
    /// Where its value does not count.
    pub first: Span,
    /// Where it does, unless it stands there a third time.
    pub last: Span,
}

/// Reads one YAML document in which no key stands twice.
///
/// # Errors
/// One [`Problem`] with its place: what a person would call a typo, or a bound that was passed.
pub(crate) fn parse(source: SourceId, text: &str) -> Result<Node, Problem> {
    let Document { tree, repeated } = document(source, text, Dialect::Scenario)?;
    match repeated.first() {
        None => Ok(tree),
        Some(repeated) => {
            Err(Problem::new(format!("the key `{}` stands here twice", repeated.key))
                .help("remove one of them; YAML would silently keep only one")
                .at(repeated.last))
        }
    }
}

/// Reads one YAML document as PyYAML does: of a key that stands twice the last value holds.
///
/// # Errors
/// As [`parse`], but for repeated keys.
pub(crate) fn parse_config(source: SourceId, text: &str) -> Result<Document, Problem> {
    document(source, text, Dialect::PyYaml)
}

/// The message for a file over [`BYTES_MAX`]; for callers that look at a file's size before reading.
pub(crate) fn too_large(bytes: usize) -> Problem {
    let (mb, max) = (bytes as f64 / 1e6, BYTES_MAX as f64 / 1e6);
    Problem::new(format!("the file has {mb:.1} MB; at most {max:.1} MB are read"))
        .help("scenarios and configs are a few kB; is this the right file?")
}

fn document(source: SourceId, text: &str, dialect: Dialect) -> Result<Document, Problem> {
    if text.len() > BYTES_MAX {
        return Err(too_large(text.len()));
    }
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let places = Places { source, text };
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(text, options),
        places,
        dialect,
        anchors: BTreeMap::new(),
        nodes: 0,
        aliases: 0,
        repeated: Vec::new(),
    };
    let tree = builder.document()?;
    Ok(Document { tree: tree.node, repeated: builder.repeated })
}

/// A value under construction: how many values it holds, and how many levels.
#[derive(Clone)]
struct Built {
    node: Node,
    size: usize,
    height: usize,
}

/// Makes values of a parser's events.
struct Builder<'t, I> {
    events: I,
    places: Places<'t>,
    dialect: Dialect,
    /// Finished values by the number of their anchor; at most one per value.
    anchors: BTreeMap<usize, Built>,
    nodes: usize,
    aliases: usize,
    repeated: Vec<Repeated>,
}

impl<'t, I> Builder<'t, I>
where
    I: Iterator<Item = Result<(Event<'t>, granit_parser::Span), ScanError>>,
{
    fn document(&mut self) -> Result<Built, Problem> {
        let mut tree = None;
        // Ends with the stream of events, whose number is bounded by the text.
        while let Some(next) = self.events.next() {
            let (event, span) = next.map_err(|error| self.places.problem(&error))?;
            match event {
                Event::DocumentStart(..) if tree.is_some() => {
                    return Err(Problem::new("the file holds more than one YAML document")
                        .help("keep what follows `---` in a file of its own")
                        .at(self.places.span(&span)));
                }
                event if event.is_node() => tree = Some(self.node(event, &span, 0)?),
                _ => {}
            }
        }
        let start = Span { source: self.places.source, start: 0, len: 0 };
        let nothing = Node { value: Value::Null, at: start };
        Ok(tree.unwrap_or(Built { node: nothing, size: 1, height: 0 }))
    }

    fn next(&mut self) -> Result<(Event<'t>, granit_parser::Span), Problem> {
        match self.events.next() {
            Some(next) => next.map_err(|error| self.places.problem(&error)),
            None => Err(Problem::new("the file ends in the middle of a value")),
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        span: &granit_parser::Span,
        depth: usize,
    ) -> Result<Built, Problem> {
        let at = self.places.span(span);
        self.count(1, depth, at)?;
        let (built, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), at)?;
                (Built { node: Node { value, at }, size: 1, height: 0 }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                collection_tag(tag.as_deref(), &["seq"], at)?;
                (self.list(at, depth)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                collection_tag(tag.as_deref(), &["map"], at)?;
                (self.mapping(at, depth)?, anchor)
            }
            Event::Alias(id) => return self.alias(id, at, depth),
            _ => return Err(Problem::new("this is not valid YAML").at(at)),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
        Ok(built)
    }

    fn alias(&mut self, id: usize, at: Span, depth: usize) -> Result<Built, Problem> {
        self.aliases += 1;
        let Some(mut built) = self.anchors.get(&id).cloned() else {
            return Err(Problem::new("this `*alias` stands inside of what it refers to")
                .help("refer to a value that is complete above")
                .at(at));
        };
        self.count(built.size, depth + built.height, at)?;
        built.node.at = at;
        Ok(built)
    }

    fn list(&mut self, at: Span, depth: usize) -> Result<Built, Problem> {
        let (mut items, mut size, mut height) = (Vec::new(), 1, 0);
        // Bounded by NODES_MAX.
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let node = Node { value: Value::List(items), at };
                return Ok(Built { node, size, height: height + 1 });
            }
            let item = self.node(event, &span, depth + 1)?;
            (size, height) = (size + item.size, height.max(item.height));
            items.push(item.node);
        }
    }

    fn mapping(&mut self, at: Span, depth: usize) -> Result<Built, Problem> {
        let mut own = Entries::default();
        let mut merged = Entries::default();
        let (mut size, mut height) = (1, 0);
        // Bounded by NODES_MAX.
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.key(event, &span, depth)?;
            let (event, span) = self.next()?;
            let value = self.node(event, &span, depth + 1)?;
            (size, height) = (size + value.size, height.max(value.height));
            if merges {
                merge(&mut merged, &value.node)?;
            } else if let Some(first) = own.set(key.clone(), value.node) {
                self.repeated.push(Repeated { key: key.name, first, last: key.at });
            }
        }
        // What the mapping says itself wins over what it merges.
        for (key, value) in own.list {
            merged.set(key, value);
        }
        let entries = merged.list;
        // A block mapping has no sign of its own: underline its first key instead.
        let first = entries.iter().map(|(key, _)| key.at).min_by_key(|key| key.start);
        let at = first.filter(|first| at.len == 0 || first.start == at.start).unwrap_or(at);
        let node = Node { value: Value::Map(entries), at };
        Ok(Built { node, size, height: height + 1 })
    }

    /// A key: any scalar, as it is spelled.
    fn key(
        &mut self,
        event: Event<'t>,
        span: &granit_parser::Span,
        depth: usize,
    ) -> Result<Key, Problem> {
        let at = self.places.span(span);
        let name = match event {
            Event::Scalar(text, _, anchor, _) => {
                if anchor > 0 {
                    let node = Node { value: Value::Text(text.to_string()), at };
                    self.anchors.insert(anchor, Built { node, size: 1, height: 0 });
                }
                Some(text.into_owned())
            }
            Event::Alias(id) => match self.alias(id, at, depth)?.node.value {
                Value::Text(text) => Some(text),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                Value::Null | Value::List(_) | Value::Map(_) => None,
            },
            _ => None,
        };
        let Some(name) = name else {
            return Err(Problem::new("a key must be a text, not a list or a mapping")
                .help("quote it if brackets or braces are part of its name")
                .at(at));
        };
        if name.len() > KEY_MAX {
            return Err(Problem::new(format!("a key has more than {KEY_MAX} bytes")).at(at));
        }
        self.count(1, depth, at)?;
        Ok(Key { name, at })
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Span,
    ) -> Result<Value, Problem> {
        let plain = || scalar::plain(text, self.dialect);
        let Some(tag) = tag else {
            return Ok(if style == ScalarStyle::Plain {
                plain()
            } else {
                Value::Text(text.to_owned())
            });
        };
        let value = match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
            Some("str" | "binary" | "timestamp") => Some(Value::Text(text.to_owned())),
            Some("null") => Some(Value::Null),
            Some("bool") => Some(plain()).filter(|value| matches!(value, Value::Bool(_))),
            Some("int" | "float") => {
                Some(plain()).filter(|value| matches!(value, Value::Number(_)))
            }
            Some(_) => None,
            // `! text` says: as it stands.
            None => (tag.original() == "!").then(|| Value::Text(text.to_owned())),
        };
        value.ok_or_else(|| bad_tag(at))
    }

    fn count(&mut self, nodes: usize, depth: usize, at: Span) -> Result<(), Problem> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX || self.aliases > ALIASES_MAX || depth > DEPTH_MAX {
            return Err(too_much().at(at));
        }
        Ok(())
    }
}

/// Entries of a mapping, each key once, in the order of their first appearance.
#[derive(Default)]
struct Entries {
    list: Vec<(Key, Node)>,
    positions: BTreeMap<String, usize>,
}

impl Entries {
    /// Sets a value; returns where the key stood before.
    fn set(&mut self, key: Key, value: Node) -> Option<Span> {
        if let Some(entry) = self.positions.get(&key.name).and_then(|at| self.list.get_mut(*at)) {
            return Some(std::mem::replace(entry, (key, value)).0.at);
        }
        self.positions.insert(key.name.clone(), self.list.len());
        self.list.push((key, value));
        None
    }
}

/// Lays the value of a `<<` over what was merged before: a mapping, or mappings of which the first that
/// has a key wins.
fn merge(merged: &mut Entries, value: &Node) -> Result<(), Problem> {
    let not_a_mapping = |at: Span| {
        Problem::new("`<<` takes in a mapping or a list of mappings, and this is neither")
            .help("write `<<: *name`, where `name` is the anchor of a mapping")
            .at(at)
    };
    let maps = match &value.value {
        Value::Map(_) => std::slice::from_ref(value),
        Value::List(items) => items,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
            return Err(not_a_mapping(value.at));
        }
    };
    for map in maps.iter().rev() {
        let Value::Map(entries) = &map.value else { return Err(not_a_mapping(map.at)) };
        for (key, value) in entries {
            merged.set(key.clone(), value.clone());
        }
    }
    Ok(())
}

/// What `!!map` and `!!seq` may stand at; PyYAML's safe loader knows few others.
fn collection_tag(tag: Option<&Tag>, fitting: &[&str], at: Span) -> Result<(), Problem> {
    let known = |tag: &Tag| {
        let suffix = tag.suffix_in_namespace("tag:yaml.org,2002:");
        suffix.map_or_else(|| tag.original() == "!", |suffix| fitting.contains(&&*suffix))
    };
    if tag.is_none_or(known) { Ok(()) } else { Err(bad_tag(at)) }
}

fn bad_tag(at: Span) -> Problem {
    Problem::new(
        "this value has a `!tag` that does not fit, or that PyYAML's safe loader does not know",
    )
    .help("quote a text that starts with `!`")
    .at(at)
}

fn too_much() -> Problem {
    Problem::new("the file is too deep, or unfolds to too many values").help(format!(
        "at most {NODES_MAX} values and {DEPTH_MAX} levels are read, aliases unfolded"
    ))
}

/// Translates the library's places into ours.
struct Places<'t> {
    source: SourceId,
    text: &'t str,
}

impl Places<'_> {
    fn span(&self, span: &granit_parser::Span) -> Span {
        let start = self.byte(&span.start);
        let end = self.byte(&span.end).max(start);
        // A block scalar underlined over twenty lines says no more than its first line.
        let text = self.text.get(start..end).unwrap_or_default();
        let first_line = text.lines().next().unwrap_or_default().trim_end().len();
        Span { source: self.source, start, len: first_line }
    }

    fn byte(&self, marker: &granit_parser::Marker) -> usize {
        let whole = self.text.len();
        let by_chars = || self.text.char_indices().nth(marker.index()).map_or(whole, |(at, _)| at);
        marker.byte_offset().unwrap_or_else(by_chars).min(whole)
    }

    /// What the library found, in words that quote nothing of the text.
    fn problem(&self, error: &ScanError) -> Problem {
        let start = self.byte(error.marker());
        let at = Span { source: self.source, start, len: 1 };
        let problem = match error.kind() {
            ErrorKind::UnknownAnchor => Problem::new(
                "this `*alias` refers to an anchor that is not defined above",
            )
            .help("define it with `&name` before it is used, or quote a text that starts with `*`"),
            ErrorKind::UnexpectedCharacter { .. } => {
                Problem::new("this is not valid YAML: no value may start with this character")
                    .help("quote a text that starts with a sign, such as `%`, `@` or a backtick")
            }
            ErrorKind::Custom(_) | ErrorKind::InputIo { .. } | ErrorKind::InputDecoding { .. } => {
                Problem::new("this is not valid YAML")
            }
            kind => {
                let message = kind.to_string();
                if message.contains("limit") || message.contains("nest") {
                    too_much()
                } else {
                    Problem::new(format!("this is not valid YAML: {message}")).help(
                        "check the indentation, brackets, quotes and colons around this place",
                    )
                }
            }
        };
        problem.at(at)
    }
}

/// A value as a YAML document in block style; empty where it has no such form.
pub(crate) fn written(value: &serde_json::Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}
