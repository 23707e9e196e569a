//! What was seen of a case, in words that both sides share: names of the config become the local ones of the case, and
//! a body becomes what a client makes of it. This is what is kept, compared and published.

use std::collections::BTreeMap;

use record::{AttemptEnd, AttemptRow};
use runner::{ProbeAnswer, ProbeEnd, ProbeSeen};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cases::{Alike, Case, Compared, Health, Shape};
use super::world::member_name;

/// What was seen of one case: its shapes by name.
pub(crate) type CaseSeen = BTreeMap<String, Vec<Exchange>>;

/// One request, as its client and the fakes saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exchange {
    /// When it was asked, in milliseconds since the first of its script.
    pub(crate) at_ms: u64,
    /// How long it took.
    pub(crate) took_ms: u64,
    /// The outcome in one word group, such as `200 stream, 20 words, stop, [DONE]`.
    pub(crate) outcome: String,
    /// What its error says, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorSeen>,
    /// Its attempts in the order of their arrival.
    pub(crate) attempts: Vec<Hop>,
    /// Headers with a meaning, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    /// Names of all `x-litellm-` headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) header_names: Vec<String>,
}

/// An attempt at a fake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hop {
    /// The member of the case; a sick one ends in `!`.
    pub(crate) who: String,
    /// Status of the answer, or `-` without a head.
    pub(crate) status: String,
    /// When it arrived, in milliseconds since its request was asked.
    pub(crate) at_ms: u64,
    /// When it was over.
    pub(crate) until_ms: u64,
}

/// An error as a client sees it: of a body, or of the frame in a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErrorSeen {
    /// `error.type`.
    pub(crate) kind: Option<String>,
    /// `error.code`.
    pub(crate) code: Option<String>,
    /// `error.param`.
    pub(crate) param: Option<String>,
    /// Class at the beginning of the message, such as `litellm.RateLimitError`.
    pub(crate) class: Option<String>,
    /// The message's beginning, for people; not compared.
    #[serde(default)]
    pub(crate) says: String,
}

/// Headers whose values are compared.
const MEANINGFUL: &[&str] = &[
    "retry-after",
    "x-litellm-attempted-fallbacks",
    "x-litellm-attempted-retries",
    "x-litellm-max-fallbacks",
    "x-litellm-max-retries",
    "x-litellm-model-group",
    "x-litellm-model-id",
    "x-litellm-timeout",
];

/// Characters of a message that are kept.
const SAYS_CHARS: usize = 80;

/// Reads what a script saw.
pub(crate) fn seen(case: &Case, (name, shape): (&str, &Shape), told: &ProbeSeen) -> Vec<Exchange> {
    let names = Names::of(case, name, shape);
    let zero = told.answers.first().map_or(0, |answer| answer.asked_ns);
    let exchange = |answer: &ProbeAnswer| {
        let own = told.attempts.iter().filter(|row| row.request == Some(answer.request));
        let (outcome, error) = outcome(answer);
        let lower = |value: &str| names.local(value);
        let headers = answer.headers.iter();
        let kept = headers.clone().filter(|(name, _)| MEANINGFUL.contains(&name.as_str()));
        Exchange {
            at_ms: millis(answer.asked_ns.saturating_sub(zero)),
            took_ms: millis(answer.ended_ns.saturating_sub(answer.asked_ns)),
            outcome,
            error,
            attempts: names.hops(own, answer.asked_ns),
            headers: kept.map(|(name, value)| (name.clone(), lower(value))).collect(),
            header_names: match case.set.header_names {
                Compared::Compared => litellm_names(headers),
                Compared::Ignored => Vec::new(),
            },
        }
    };
    told.answers.iter().map(exchange).collect()
}

fn litellm_names<'a>(headers: impl Iterator<Item = &'a (String, String)>) -> Vec<String> {
    let mut names: Vec<String> = headers
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("x-litellm-"))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// From names of the config to those of the case.
struct Names {
    /// Global name, local name.
    members: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    alike: Alike,
}

impl Names {
    fn of(case: &Case, name: &str, shape: &Shape) -> Self {
        let (mut members, mut groups) = (BTreeMap::new(), BTreeMap::new());
        for (group, list) in &shape.groups {
            groups.insert(case.global(name, group), group.clone());
            for (number, member) in (1..).zip(list) {
                let local = member_name(group, number);
                // Who is refused a place is left alone for another reason than a cooldown's.
                let left_alone = shape.asks_at_ms.is_empty();
                let mark = if left_alone && member.is == Health::Sick { "!" } else { "" };
                members.insert(case.global(name, &local), format!("{local}{mark}"));
            }
        }
        Self { members, groups, alike: shape.members }
    }

    /// A header's value; what names nothing of the case stays.
    fn local(&self, value: &str) -> String {
        let found = self.members.get(value).or_else(|| self.groups.get(value));
        match (found, self.alike) {
            (Some(_), Alike::Drawn) => "some of them".to_owned(),
            (Some(found), Alike::Apart) => found.trim_end_matches('!').to_owned(),
            (None, _) => value.to_owned(),
        }
    }

    fn hops<'a>(&self, rows: impl Iterator<Item = &'a AttemptRow>, asked_ns: u64) -> Vec<Hop> {
        let hops = rows.map(|row| {
            let known = self.members.get(&row.deployment).map_or(&*row.deployment, String::as_str);
            let who = match self.alike {
                Alike::Apart => known,
                // Who of them it is was drawn.
                Alike::Drawn if known.ends_with('!') => "any!",
                Alike::Drawn => "any",
            };
            let who = who.to_owned();
            Hop {
                who,
                status: status(row),
                at_ms: millis(row.arrived_ns.saturating_sub(asked_ns)),
                until_ms: millis(row.ended_ns.saturating_sub(asked_ns)),
            }
        });
        hops.collect()
    }
}

fn status(row: &AttemptRow) -> String {
    match (row.status, row.ended) {
        (Some(status), _) => status.to_string(),
        (None, AttemptEnd::Refused) => "refused".to_owned(),
        (None, _) => "-".to_owned(),
    }
}

fn millis(ns: u64) -> u64 {
    ns / 1_000_000
}

/// Whether an answer is whole, and all that was asked for.
pub(crate) fn is_good(answer: &ProbeAnswer) -> bool {
    let (outcome, _) = outcome(answer);
    [GOOD_PLAIN, GOOD_STREAM].contains(&outcome.as_str())
}

/// Outcomes of an answer of 20 words that has all of them.
const GOOD_PLAIN: &str = "200 plain, 20 words, stop";
const GOOD_STREAM: &str = "200 stream, 20 words, stop, [DONE]";

/// What a client makes of an answer.
fn outcome(answer: &ProbeAnswer) -> (String, Option<ErrorSeen>) {
    let Some(status) = answer.status else {
        let word = match answer.end {
            ProbeEnd::HungUp => "no head, the client hung up",
            ProbeEnd::Whole | ProbeEnd::Broken => "no head, connection closed",
        };
        return (word.to_owned(), None);
    };
    let ending = match answer.end {
        ProbeEnd::Whole => "",
        ProbeEnd::Broken => ", broken off",
        ProbeEnd::HungUp => ", the client hung up",
    };
    let typed = |(name, value): &&(String, String)| {
        name == "content-type" && value.starts_with("text/event-stream")
    };
    if answer.headers.iter().any(|header| typed(&header)) {
        let Streamed { words, finish, done, error } = streamed(&answer.body);
        let finish = finish.map(|finish| format!(", {finish}")).unwrap_or_default();
        let error_word = error.as_ref().map_or("", |_| ", error");
        let done = if done { ", [DONE]" } else { "" };
        let said = format!("{status} stream, {words} words{finish}{error_word}{done}{ending}");
        return (said, error);
    }
    let Ok(body) = serde_json::from_str::<Value>(&answer.body) else {
        return (format!("{status}, no JSON{ending}"), None);
    };
    if let Some(error) = error_of(&body) {
        return (format!("{status} error{ending}"), Some(error));
    }
    let choice = body.pointer("/choices/0");
    let text = |path: &str| choice.and_then(|choice| choice.pointer(path)).and_then(Value::as_str);
    let words = text("/message/content").map_or(0, words_of);
    let finish = text("/finish_reason").unwrap_or("no finish");
    (format!("{status} plain, {words} words, {finish}{ending}"), None)
}

fn words_of(text: &str) -> usize {
    text.split_whitespace().count()
}

/// What was said in a stream.
#[derive(Debug, Default)]
struct Streamed {
    words: usize,
    finish: Option<String>,
    done: bool,
    error: Option<ErrorSeen>,
}

fn streamed(body: &str) -> Streamed {
    let (mut seen, mut text) = (Streamed::default(), String::new());
    for data in body.lines().filter_map(|line| line.strip_prefix("data:")) {
        let data = data.trim();
        if data == "[DONE]" {
            seen.done = true;
            continue;
        }
        let Ok(frame) = serde_json::from_str::<Value>(data) else { continue };
        if let Some(error) = error_of(&frame) {
            seen.error.get_or_insert(error);
            continue;
        }
        let choice = frame.pointer("/choices/0");
        let said = |path: &str| choice.and_then(|c| c.pointer(path)).and_then(Value::as_str);
        text.push_str(said("/delta/content").unwrap_or_default());
        if let Some(finish) = said("/finish_reason") {
            seen.finish = Some(finish.to_owned());
        }
    }
    seen.words = words_of(&text);
    seen
}

/// The error of a body or a frame.
fn error_of(body: &Value) -> Option<ErrorSeen> {
    let error = body.get("error").filter(|error| !error.is_null())?;
    let text = |key: &str| match error.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text == "None" => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let message = text("message").or_else(|| error.as_str().map(str::to_owned)).unwrap_or_default();
    Some(ErrorSeen {
        kind: text("type"),
        code: text("code"),
        param: text("param"),
        class: class(&message),
        says: message.chars().take(SAYS_CHARS).collect(),
    })
}

/// The class that a message begins with.
fn class(message: &str) -> Option<String> {
    let word = message.split(':').next()?.trim();
    let is_class = word.starts_with("litellm.") && !word.contains(' ');
    is_class.then(|| word.to_owned())
}
