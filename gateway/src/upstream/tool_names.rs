//! Names of tools that a provider does not take, because they are too long or have letters that it does not know: it
//! gets others, which differ from each other, and the client gets its own back (litellm 1.106.2:
//! `llms/anthropic/chat/transformation.py`, `_build_anthropic_tool_name_maps`; `make_valid_bedrock_tool_name`;
//! `truncate_tool_name` of its adapter for Messages).
//!
//! It works on chat completions, before they are put into other words and after answers were. It must never know whose
//! words these are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::dialect::WholeAnswer;

/// Which names a provider takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// Most letters.
    longest: usize,
    /// Letters beside those of ASCII and digits.
    others: &'static str,
    /// Whether the first must be a letter of ASCII, or else may be any of them.
    begins_with_letter: bool,
}

impl Rule {
    /// OpenAI's: `^[a-zA-Z0-9_-]{1,64}$`.
    pub(super) const OPENAI: Self = Self { longest: 64, others: "_-", begins_with_letter: false };
    /// Anthropic's: `^[a-zA-Z0-9_-]{1,128}$`.
    pub(super) const ANTHROPIC: Self = Self { longest: 128, ..Self::OPENAI };
    /// AWS's `ToolSpecification`, whose names once had to begin with a letter, and of some models still have to.
    pub(super) const AWS: Self = Self { begins_with_letter: true, ..Self::OPENAI };
    /// Google's `FunctionDeclaration`, as far as all of its models take it.
    pub(super) const GOOGLE: Self = Self { others: "_.-", ..Self::AWS };
    /// Whatever the name.
    pub(super) const ANY: Self = Self { longest: usize::MAX, ..Self::OPENAI };

    fn knows(&self, letter: char) -> bool {
        letter.is_ascii_alphanumeric() || self.others.contains(letter)
    }

    fn takes(&self, name: &str) -> bool {
        let first = name.chars().next();
        name.len() <= self.longest
            && name.chars().all(|letter| self.knows(letter))
            && (!self.begins_with_letter
                || first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_'))
    }

    /// A name that is taken, near to `name`; the `attempt`-th such one.
    fn fitted(&self, name: &str, attempt: u32) -> String {
        let known = |letter| if self.knows(letter) { letter } else { '_' };
        let mut fitted: String = name.chars().map(known).collect();
        if !self.takes(&fitted.chars().take(1).collect::<String>()) {
            fitted.insert(0, 'a');
        }
        if fitted.len() <= self.longest && attempt == 0 {
            return fitted;
        }
        // What tells it from others that begin alike does not depend on these.
        let digest =
            Sha256::new().chain_update(name).chain_update(attempt.to_be_bytes()).finalize();
        let mark: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        fitted.truncate(self.longest - mark.len() - 1);
        format!("{fitted}_{mark}")
    }
}

/// What a provider calls tools, and what the client does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToolNames(Arc<BTreeMap<String, String>>);

/// The body of a chat completion with names that are taken; `None` where all of its own are.
pub(super) fn fitted(rule: Rule, body: &Bytes) -> Option<(Bytes, ToolNames)> {
    let says = |member: &[u8]| memchr::memmem::find(body, member).is_some();
    if rule == Rule::ANY || !(says(br#""tools""#) || says(br#""tool_calls""#)) {
        return None;
    }
    let mut completion: Value = serde_json::from_slice(body).ok()?;
    let mut names = BTreeSet::new();
    each_of_request(&mut completion, &mut |name| names.extend([name.clone()]));
    let (taken, others): (BTreeSet<String>, BTreeSet<String>) =
        names.into_iter().partition(|name| rule.takes(name));
    if others.is_empty() {
        return None;
    }
    let mut theirs: BTreeMap<String, String> = BTreeMap::new();
    for name in others.into_iter().filter(|name| !name.is_empty()) {
        // Ends: of so many marks not all are taken.
        let free = (0..).map(|attempt| rule.fitted(&name, attempt));
        let mut free = free.filter(|own| !taken.contains(own) && !theirs.contains_key(own));
        if let Some(own) = free.next() {
            theirs.insert(own, name);
        }
    }
    let own: BTreeMap<&str, &str> =
        theirs.iter().map(|(own, name)| (name.as_str(), own.as_str())).collect();
    each_of_request(&mut completion, &mut |name| {
        if let Some(own) = own.get(name.as_str()) {
            *name = (*own).to_owned();
        }
    });
    Some((Bytes::from(completion.to_string()), ToolNames(Arc::new(theirs))))
}

impl ToolNames {
    /// Whether the client's names are the provider's.
    pub(super) fn are_the_clients(&self) -> bool {
        self.0.is_empty()
    }

    /// A whole answer with the client's names.
    pub(super) fn answered(&self, answer: &WholeAnswer) -> Option<WholeAnswer> {
        let mut reply: Value = serde_json::from_slice(&answer.body).ok()?;
        self.told(&mut reply, "message");
        Some(answer.with_body(Bytes::from(reply.to_string())))
    }

    /// Puts the client's names into a chunk of a stream.
    pub(super) fn told_in_chunk(&self, chunk: &mut Value) {
        self.told(chunk, "delta");
    }

    fn told(&self, reply: &mut Value, within: &str) {
        for choice in list(reply, "choices") {
            for call in choice.get_mut(within).into_iter().flat_map(|said| list(said, "tool_calls"))
            {
                if let Some(Value::String(name)) = call.pointer_mut("/function/name")
                    && let Some(clients) = self.0.get(name)
                {
                    name.clone_from(clients);
                }
            }
        }
    }
}

/// Calls `with` for every name of a tool in a chat completion.
fn each_of_request(completion: &mut Value, with: &mut dyn FnMut(&mut String)) {
    let mut named = |object: &mut Value, at: &str| {
        if let Some(Value::String(name)) = object.pointer_mut(at) {
            with(name);
        }
    };
    list(completion, "tools").for_each(|tool| named(tool, "/function/name"));
    named(completion, "/tool_choice/function/name");
    for message in list(completion, "messages") {
        list(message, "tool_calls").for_each(|call| named(call, "/function/name"));
        if message.get("role").is_some_and(|role| role == "tool") {
            named(message, "/name");
        }
    }
}

fn list<'v>(object: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> + use<'v> {
    object.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn a_fitted_name_is_taken_and_one_that_fits_stays() {
        let long = "x".repeat(200);
        for rule in [Rule::OPENAI, Rule::ANTHROPIC, Rule::AWS, Rule::GOOGLE] {
            for name in ["a.b/c", "1st", "-x", "größe", &long, "ok_name-1"] {
                for attempt in 0..3 {
                    let fitted = rule.fitted(name, attempt);
                    assert!(rule.takes(&fitted), "{rule:?} {name} {fitted}");
                }
            }
            assert_eq!(rule.fitted("ok_name-1", 0), "ok_name-1");
            assert_ne!(rule.fitted(&long, 0), rule.fitted(&format!("{long}y"), 0));
        }
        assert!(Rule::GOOGLE.takes("a.b") && !Rule::AWS.takes("a.b") && !Rule::AWS.takes("1st"));
        assert!(Rule::ANTHROPIC.takes(&"x".repeat(128)) && !Rule::OPENAI.takes(&"x".repeat(65)));
    }
}
