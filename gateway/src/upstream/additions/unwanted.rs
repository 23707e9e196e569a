//! What a request is sent without: `additional_drop_params`, as LiteLLM 1.106 reads it
//! (`litellm_core_utils/dot_notation_indexing.py`): names of whole members, and paths into one such as
//! `tools[*].function.strict`. What names nothing is no mistake.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// Members without which it would be another request: they are never left out.
const KEPT: &[&str] = &["input", "messages", "model", "prompt", "stream"];

/// Begins a path into what stands in LiteLLM's `extra_body`: members that it does not know, which are the
/// request's own in the end.
const EXTRA_BODY: &str = "extra_body.";

/// What remains of a request, and what was left out: names and paths as they are written.
pub(super) struct Remaining {
    pub(super) body: Bytes,
    pub(super) left_out: Vec<Box<str>>,
}

/// The request without what is `unwanted`; `None` where it has nothing of that.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn without(
    unwanted: &[String],
    body: &Bytes,
) -> Result<Option<Remaining>, serde_json::Error> {
    if unwanted.is_empty() {
        return Ok(None);
    }
    let said: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body)?;
    let mut members: Members<'_> =
        said.into_iter().map(|(name, value)| (name, Cow::Borrowed(value))).collect();
    let mut left_out = Vec::new();
    for name in unwanted.iter().filter(|name| !KEPT.contains(&name.as_str())) {
        let mut was_there = members.remove(name.as_str()).is_some();
        for path in paths(name) {
            was_there |= left_out_at(&mut members, path)?;
        }
        if was_there {
            left_out.push(Box::from(name.as_str()));
        }
    }
    if left_out.is_empty() {
        return Ok(None);
    }
    Ok(Some(Remaining { body: Bytes::from(serde_json::to_vec(&members)?), left_out }))
}

/// Takes what is unwanted out of members that the config adds.
pub(super) fn remove(unwanted: &[String], members: &mut Map<String, Value>) {
    for name in unwanted {
        members.remove(name);
        for path in paths(name) {
            match steps(path).as_slice() {
                [Step::Member(member)] => drop(members.remove(*member)),
                [Step::Member(member), rest @ ..] => {
                    members.get_mut(*member).map(|value| removed(value, rest));
                }
                [] | [Step::Each | Step::At(_) | Step::Nothing, ..] => {}
            }
        }
    }
}

/// Members of a request, of which only those are read that a path leads into.
type Members<'m> = BTreeMap<Cow<'m, str>, Cow<'m, RawValue>>;

/// Removes what a path leads to; whether that was there.
fn left_out_at(members: &mut Members<'_>, path: &str) -> Result<bool, serde_json::Error> {
    let steps = steps(path);
    let [Step::Member(member), rest @ ..] = steps.as_slice() else { return Ok(false) };
    if KEPT.contains(member) {
        return Ok(false);
    }
    if rest.is_empty() {
        return Ok(members.remove(*member).is_some());
    }
    let Some(raw) = members.get_mut(*member) else { return Ok(false) };
    let mut value: Value = serde_json::from_str(raw.get())?;
    let was_there = removed(&mut value, rest);
    if was_there {
        *raw = Cow::Owned(to_raw_value(&value)?);
    }
    Ok(was_there)
}

/// Whether a name is a path for LiteLLM.
fn is_path(name: &str) -> bool {
    name.contains(['.', '['])
}

/// The paths into a request that a name may mean.
fn paths(name: &str) -> impl Iterator<Item = &str> {
    let path = Some(name).filter(|name| is_path(name));
    [path, name.strip_prefix(EXTRA_BODY)].into_iter().flatten()
}

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'p> {
    /// Into a member of an object.
    Member(&'p str),
    /// Into every element of a list.
    Each,
    /// Into one element of a list.
    At(usize),
    /// Nowhere.
    Nothing,
}

/// The steps of a path: names between dots, `[*]`, `[0]`.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    // Ends: each turn takes at least one byte.
    while let Some(first) = rest.chars().next() {
        let closed = rest.find(']').filter(|_| first == '[');
        let (step, taken) = match (first, closed) {
            ('[', Some(end)) => (Some(element(&rest[1..end])), end + 1),
            ('.' | '[', _) => (None, 1),
            _ => {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                (Some(Step::Member(&rest[..end])), end)
            }
        };
        steps.extend(step);
        rest = &rest[taken..];
    }
    steps
}

fn element(inside: &str) -> Step<'_> {
    match inside {
        "*" => Step::Each,
        _ => inside.trim().parse().map_or(Step::Nothing, Step::At),
    }
}

/// Removes what `steps` lead to; whether anything was. Elements of a list stay, as in LiteLLM: only members go.
fn removed(value: &mut Value, steps: &[Step<'_>]) -> bool {
    match (steps, value) {
        ([Step::Member(last)], Value::Object(members)) => members.remove(*last).is_some(),
        ([Step::Member(name), rest @ ..], Value::Object(members)) => {
            members.get_mut(*name).is_some_and(|value| removed(value, rest))
        }
        ([Step::Each, rest @ ..], Value::Array(elements)) => {
            elements.iter_mut().fold(false, |was, element| removed(element, rest) | was)
        }
        ([Step::At(at), rest @ ..], Value::Array(elements)) => {
            elements.get_mut(*at).is_some_and(|element| removed(element, rest))
        }
        (_, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, steps};

    #[test]
    fn a_path_is_read_as_litellm_reads_it() {
        use Step::{At, Each, Member, Nothing};
        for (path, expected) in [
            ("tools[*].x", vec![Member("tools"), Each, Member("x")]),
            ("a.b[0].c", vec![Member("a"), Member("b"), At(0), Member("c")]),
            ("a..b.", vec![Member("a"), Member("b")]),
            ("a[x].b", vec![Member("a"), Nothing, Member("b")]),
            ("a[b", vec![Member("a"), Member("b")]),
            ("[*]", vec![Each]),
        ] {
            assert_eq!(steps(path), expected, "{path}");
        }
    }
}
