//! What of a text may stand in a message, and how the rest is drawn. Of a LiteLLM config only keys and
//! the values of harmless keys are shown ([`litellm_words`](super::litellm_words)), each because the tree
//! says that it stands there; everything between them becomes `…`. Of a text that is no YAML nobody can
//! say where a value ends: only known keys at the beginning of a line are shown.
//!
//! Scenarios are shown as they are, but for the pieces of configs inside them.

use std::ops::Range;

use vocab::visible;

use crate::text::litellm_words::{is_known, looks_like_a_key, may_show_key, may_show_value};
use crate::text::node::{Key, Node, Value};

/// What stands for what is not shown.
pub(crate) const HIDDEN: &str = "…";

/// Sections of a scenario that hold pieces of configs.
const WITH_CONFIGS: &[&str] = &["contenders", "events"];
/// Keys below them that begin such a piece.
const PIECES: &[&str] =
    &["router_settings", "litellm_settings", "general_settings", "brownout_settings", "model_list"];

/// Stretches of a text that may be shown, in bytes, in order, apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quotable(Vec<Range<usize>>);

impl Quotable {
    /// All of a text but for words that start like a provider's key.
    pub(crate) fn all(text: &str) -> Self {
        let mut shown = Vec::new();
        without_keys(text, 0..text.len(), &mut shown);
        Self(shown)
    }

    /// What may be shown of a config that could not be read: known keys that begin a line.
    pub(crate) fn unread_config(text: &str) -> Self {
        Self(keys_of_lines(text, 0..text.len()))
    }

    /// What may be shown of a config: keys, and the values of harmless ones.
    pub(crate) fn config(text: &str, tree: &Node) -> Self {
        let mut shown = Vec::new();
        harmless(text, tree, &mut Vec::new(), &mut shown);
        Self::ordered(shown)
    }

    /// Whether a dotted path into a scenario leads into a piece of a config.
    pub(crate) fn within_a_config(path: &str) -> bool {
        path.split(['.', '[']).any(|step| PIECES.contains(&step))
    }

    /// What may be shown of a scenario that could not be read: from where its pieces of configs may begin
    /// to the next section, only known keys.
    pub(crate) fn unread_scenario(text: &str, sections: &[&str]) -> Self {
        let (mut shown, mut open, mut start) = (Vec::new(), false, 0);
        let word =
            |line: &'_ str| -> String { line.split(':').next().unwrap_or_default().to_owned() };
        // What stands at the head of a scenario is its question. Elsewhere a comment may be a line of a config that
        // somebody switched off, with all that it holds.
        let mut head = text.lines().any(|line| sections.contains(&word(line).as_str()));
        for line in text.split_inclusive('\n') {
            let range = start..start + line.len();
            start = range.end;
            let word = &*word(line);
            let comment = line.starts_with('#');
            head &= comment || line.trim().is_empty();
            if sections.contains(&word) {
                open = !WITH_CONFIGS.contains(&word);
            }
            if open || head && comment || line.trim().is_empty() {
                without_keys(text, range, &mut shown);
            } else if sections.contains(&word) {
                shown.push(range.start..range.start + word.len() + 1);
            } else {
                shown.extend(keys_of_lines(text, range));
            }
        }
        Self::ordered(shown)
    }

    /// What may be shown of a scenario: everything but what its pieces of configs must hide.
    /// `sections` are those of a scenario; what else stands at the top level of a file with sections of a
    /// config, or with none of a scenario's, may be a config's.
    pub(crate) fn scenario(text: &str, tree: &Node, sections: &[&str]) -> Self {
        // What is no mapping is no scenario: it may be anything.
        if !matches!(tree.value, Value::Map(_) | Value::Null) {
            return Self::default();
        }
        let (mut pieces, mut outside) = (Vec::new(), Vec::new());
        let known = |section: &str| sections.contains(&section);
        let names = || tree.entries().iter().map(|(section, _)| section.name.as_str());
        let strange = names().any(|name| !known(name) && is_known(name)) || !names().any(known);
        for (section, value) in tree.entries() {
            if known(&section.name) || !strange {
                let within = WITH_CONFIGS.contains(&section.name.as_str());
                outside.push(section.at.start);
                places_outside(value, within, &mut outside);
                if within {
                    pieces_of(value, &mut pieces);
                }
            } else {
                pieces.push(piece(section, value));
            }
        }
        if pieces.is_empty() {
            return Self::all(text);
        }
        // A piece ends where the next thing begins that is none of it.
        outside.sort_unstable();
        let (mut shown, mut from) = (Vec::new(), 0);
        pieces.sort_unstable_by_key(|(start, _)| *start);
        for (start, piece) in pieces {
            if start < from {
                continue;
            }
            without_keys(text, from..start.min(text.len()), &mut shown);
            let end = outside.iter().copied().find(|place| *place > start).unwrap_or(text.len());
            let mut inside = Vec::new();
            harmless(text, &piece, &mut Vec::new(), &mut inside);
            shown.extend(inside.into_iter().filter(|one| one.start >= start && one.end <= end));
            from = end;
        }
        without_keys(text, from..text.len(), &mut shown);
        Self::ordered(shown)
    }

    fn ordered(mut shown: Vec<Range<usize>>) -> Self {
        shown.sort_by_key(|range| (range.start, range.end));
        let mut end = 0;
        shown.retain(|range| {
            let apart = range.start >= end && range.end > range.start;
            end = if apart { range.end } else { end };
            apart
        });
        Self(shown)
    }

    /// Draws the lines around `marked`, each in its place, and says where the marked bytes came to stand.
    pub(crate) fn drawn(&self, text: &str, marked: Range<usize>, around: usize) -> Drawn {
        let line_of = |byte: usize| text[..byte].matches('\n').count();
        let (first, last) = (line_of(marked.start), line_of(marked.end));
        let shown_lines = first.saturating_sub(around)..=last + around;
        let mut drawn = Drawn { text: String::new(), start: 0, len: 0 };
        let (mut start, mut from, mut to) = (0, None, None);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let content = start..start + line.trim_end_matches(['\n', '\r']).len();
            if shown_lines.contains(&number) {
                for piece in self.pieces(text, content) {
                    let begin = drawn.text.len();
                    drawn.text.push_str(&piece.drawn);
                    // Hidden characters are drawn wider than they are.
                    let place = |byte: usize| match piece.shown {
                        true => begin + visible(&text[piece.source.start..byte]).len(),
                        false => begin,
                    };
                    if from.is_none() && marked.start < piece.source.end {
                        from = Some(place(marked.start.max(piece.source.start)));
                    }
                    if marked.end > piece.source.start {
                        let whole = drawn.text.len();
                        let end =
                            if marked.end >= piece.source.end { whole } else { place(marked.end) };
                        to = Some(if piece.shown { end } else { whole });
                    }
                }
                if from.is_none() && marked.start < start + line.len() {
                    from = Some(drawn.text.len());
                }
            }
            drawn.text.push('\n');
            start += line.len();
        }
        drawn.start = from.unwrap_or(drawn.text.len());
        drawn.len = to.unwrap_or(drawn.start).saturating_sub(drawn.start);
        drawn
    }

    /// One line in pieces, each shown as it is or hidden.
    fn pieces(&self, text: &str, line: Range<usize>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let first = self.0.partition_point(|range| range.end <= line.start);
        let mut from = line.start;
        let mut before = false;
        for range in self.0.iter().skip(first).take_while(|range| range.start < line.end) {
            let range = range.start.max(line.start)..range.end.min(line.end);
            gap(text, from..range.start, (before, true), &mut pieces);
            pieces.push(Piece::shown(text, range.clone()));
            (from, before) = (range.end, true);
        }
        gap(text, from..line.end, (before, false), &mut pieces);
        pieces
    }
}

/// Lines as they may be shown.
pub(crate) struct Drawn {
    /// As many lines as the text has; those far from the mark are empty.
    pub text: String,
    /// Where the marked bytes begin in it.
    pub start: usize,
    /// How many they became.
    pub len: usize,
}

/// A piece of a line.
struct Piece {
    source: Range<usize>,
    drawn: String,
    /// Whether it is drawn as it is.
    shown: bool,
}

impl Piece {
    fn shown(text: &str, source: Range<usize>) -> Self {
        let drawn = visible(&text[source.clone()]).into_owned();
        Self { source, drawn, shown: true }
    }
}

/// What stands between two shown stretches of a line, or at one of its ends: signs of YAML stay, the
/// rest is hidden.
fn gap(text: &str, at: Range<usize>, (before, after): (bool, bool), pieces: &mut Vec<Piece>) {
    let gap = &text[at.clone()];
    let sign = |c: char| " \t:,{}[]\"'?-".contains(c);
    if gap.chars().all(sign) {
        pieces.push(Piece::shown(text, at));
        return;
    }
    let head = if before { head(gap) } else { gap.len() - gap.trim_start().len() };
    let tail = if after { tail(&gap[head..]) } else { 0 };
    let (from, to) = (at.start + head, at.end - tail);
    pieces.push(Piece::shown(text, at.start..from));
    pieces.push(Piece { source: from..to, drawn: HIDDEN.to_owned(), shown: false });
    pieces.push(Piece::shown(text, to..at.end));
}

/// Length of `": ` at the start of a gap.
fn head(gap: &str) -> usize {
    let rest = gap.strip_prefix(['"', '\'']).unwrap_or(gap).trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start_matches([' ', '\t']);
    gap.len() - rest.len()
}

/// Length of `, { "` at the end of a gap: back to the last comma, or to the last blank.
fn tail(gap: &str) -> usize {
    let kept = gap.trim_end_matches([' ', '\t', '"', '\'', '{', '[']);
    let kept = kept.strip_suffix(',').unwrap_or(kept);
    gap.len() - kept.len()
}

/// Keys and harmless values of a tree, each only where the text says it in the very same words.
fn harmless<'n>(
    text: &str,
    node: &'n Node,
    path: &mut Vec<&'n str>,
    shown: &mut Vec<Range<usize>>,
) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| harmless(text, item, path, shown)),
        Value::Map(entries) => {
            for (key, value) in entries {
                path.push(&key.name);
                if may_show_key(path, value) {
                    shown.extend(spelled(text, key.at.start, key.at.len, &key.name));
                }
                harmless(text, value, path, shown);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
            if may_show_value(path, &node.value) {
                let word = match &node.value {
                    Value::Text(word) => Some(word.as_str()),
                    // Digits, signs and a few letters, in whatever base.
                    Value::Null | Value::Bool(_) | Value::Number(_) => None,
                    Value::List(_) | Value::Map(_) => return,
                };
                let at = node.at.start..node.at.start.saturating_add(node.at.len);
                let written = text.get(at.clone()).unwrap_or_default();
                match word {
                    Some(word) => shown.extend(spelled(text, at.start, at.len(), word)),
                    None if written.len() <= 40 && !looks_like_a_key(written) => shown.push(at),
                    None => {}
                }
            }
        }
    }
}

/// The stretch, if it says `word` and nothing else, between quotes or bare.
fn spelled(text: &str, start: usize, len: usize, word: &str) -> Option<Range<usize>> {
    let at = start..start.saturating_add(len);
    let written = text.get(at.clone())?;
    let bare =
        ['"', '\''].iter().find_map(|quote| written.strip_prefix(*quote)?.strip_suffix(*quote));
    (bare.unwrap_or(written) == word).then_some(at)
}

/// Known keys that begin a line, with nothing but dashes and braces before them.
fn keys_of_lines(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut shown = Vec::new();
    let mut start = within.start;
    for line in text[within].split_inclusive('\n') {
        let bare = line.trim_start_matches([' ', '\t', '-', '{', '"', '\'']);
        let from = start + line.len() - bare.len();
        let word = bare.split([':', '"', '\'', ' ']).next().unwrap_or_default();
        let rest = bare[word.len()..].trim_start_matches(['"', '\'', ' ']);
        if is_known(word) && rest.starts_with(':') {
            shown.push(from..from + word.len());
        }
        start += line.len();
    }
    shown
}

/// A stretch without the words in it that start like a provider's key.
fn without_keys(text: &str, range: Range<usize>, shown: &mut Vec<Range<usize>>) {
    let word = |c: char| c.is_alphanumeric() || "_-".contains(c);
    let mut from = range.start;
    let mut at = range.start;
    for piece in text[range.clone()].split_inclusive(|c| !word(c)) {
        let name = piece.trim_end_matches(|c| !word(c));
        if looks_like_a_key(name) {
            shown.push(from..at);
            from = at + name.len();
        }
        at += piece.len();
    }
    shown.push(from..range.end);
    shown.retain(|one| one.end > one.start);
}

/// Where pieces of configs begin below a section that may hold them, and what they are.
fn pieces_of(node: &Node, pieces: &mut Vec<(usize, Node)>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| pieces_of(item, pieces)),
        Value::Map(entries) => {
            for (key, value) in entries {
                if PIECES.contains(&key.name.as_str()) {
                    pieces.push(piece(key, value));
                } else {
                    pieces_of(value, pieces);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// A piece of a config: where it begins, and what it is.
fn piece(key: &Key, value: &Node) -> (usize, Node) {
    let entry = Value::Map(vec![(key.clone(), value.clone())]);
    (key.at.start, Node { value: entry, at: key.at })
}

/// Where everything begins that is no piece of a config.
fn places_outside(node: &Node, within: bool, places: &mut Vec<usize>) {
    match &node.value {
        Value::List(items) => {
            for item in items {
                places.push(item.at.start);
                places_outside(item, within, places);
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                if within && PIECES.contains(&key.name.as_str()) {
                    continue;
                }
                places.push(key.at.start);
                places_outside(value, within, places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
            places.push(node.at.start);
        }
    }
}
