//! Chat completions as OpenAI and Azure take them of each model, as litellm 1.106.2 has it
//! (`llms/openai/chat/{gpt,gpt_5,o_series}_transformation.py`, `llms/azure/chat/{gpt_5,o_series}_transformation.py`):
//! models that reason have another name for the bound of an answer, and take no word on how to draw tokens; those of
//! OpenAI's list that do not reason take none on how hard to think; none takes Anthropic's `thinking`. What cannot be
//! asked is left out where that is allowed, and else refused by name.
//!
//! Whoever imitates OpenAI under a prefix of its own is not meant.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;
use vocab::Protocol;

use super::dialect::{Encoded, Refused};
use super::members::Lenience;
use crate::config::{Deployment, Platform, bare_names};
use crate::endpoint::Endpoint;

/// Members of a chat completion.
type Members<'m> = BTreeMap<Cow<'m, str>, Cow<'m, RawValue>>;

/// What a model of OpenAI's is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Series {
    /// It answers at once.
    Plain,
    /// Nobody knows: its name is in no list of OpenAI's models.
    Unknown,
    /// `o1`, `o3`, `o4`.
    O,
    /// `gpt-5` and later; whether it can be told not to think, and whether it does not unless it is told to.
    Gpt5 { can_rest: bool, rests: bool },
    /// `gpt-5-search-api`.
    Search,
}

/// The bound of an answer, and its name for models that reason.
const BOUND: &str = "max_tokens";
const BOUND_OF_ALL: &str = "max_completion_tokens";

const EFFORT: &str = "reasoning_effort";
const TEMPERATURE: &str = "temperature";

/// Anthropic's word on how long to think.
const THINKING: &str = "thinking";

/// What no model takes that answers at once.
const NOT_OF_PLAIN: &[&str] = &[EFFORT, THINKING, "verbosity"];

/// What no model of the `o` series takes.
const NOT_OF_O: &[&str] = &[
    "frequency_penalty",
    "logprobs",
    "presence_penalty",
    THINKING,
    "top_logprobs",
    "top_p",
    "verbosity",
];

/// What no `gpt-5` takes.
const NOT_OF_GPT5: &[&str] = &[
    "audio",
    "frequency_penalty",
    "logit_bias",
    "modalities",
    "prediction",
    "presence_penalty",
    "stop",
    THINKING,
    "web_search_options",
];

/// What a `gpt-5` takes only while it does not think.
const AT_REST: &[&str] = &["logprobs", "top_logprobs", "top_p"];

/// What models that search do not take, of what LiteLLM knows.
const NOT_OF_SEARCH: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    EFFORT,
    "seed",
    "stop",
    TEMPERATURE,
    THINKING,
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
];

/// Models that can be told not to think (`supports_none_reasoning_effort` of LiteLLM's list), without dates; those
/// of the second list do not unless they are told to (`default_reasoning_effort`).
const CAN_REST: &[&str] = &[
    "gpt-5.3-codex",
    "gpt-5.5",
    "gpt-5.6",
    "gpt-5.6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-6-luna",
    "gpt-6-sol",
];
const RESTS: &[&str] = &["gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano"];

/// Models that think least at `minimal` (`supports_minimal_reasoning_effort` of LiteLLM's list), without dates.
const HARDLY_THINK: &[&str] = &["gpt-5", "gpt-5-mini", "gpt-5-nano"];

/// How a model is told not to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It need not be told: it does not think, as far as its name says.
    Untold,
    /// By this effort.
    At(&'static str),
    /// It always thinks.
    Never,
}

impl Rest {
    /// How a model of that name is told.
    pub(super) fn of(model: &str) -> Self {
        let last = model.rsplit('/').next().unwrap_or(model);
        let undated = undated(last);
        let thinks = ["o1", "o3", "o4", "gpt-5", "gpt-6"].iter().any(|part| last.starts_with(part));
        if RESTS.contains(&undated) || CAN_REST.contains(&undated) {
            Self::At("none")
        } else if HARDLY_THINK.contains(&undated) {
            Self::At("minimal")
        } else if thinks && !undated.contains("-chat") {
            Self::Never
        } else {
            Self::Untold
        }
    }
}

/// The body of a chat completion as `model` of a deployment takes it, for a client that calls `by`.
///
/// # Errors
/// The first member that it cannot be asked, unless it may be left out.
pub(super) fn fitted(
    deployment: &Deployment,
    (by, model): (Endpoint, &str),
    lenience: Lenience,
    Encoded { body, mut dropped, names }: Encoded,
) -> Result<Encoded, Refused> {
    if !is_openais(deployment) {
        return Ok(Encoded { body, dropped, names });
    }
    let series = series(deployment, model);
    let says = |name: &&str| memchr::memmem::find(&body, name.as_bytes()).is_some();
    let untouched = match series {
        Series::Unknown => !says(&THINKING),
        Series::Plain => !NOT_OF_PLAIN.iter().any(says),
        Series::O | Series::Gpt5 { .. } | Series::Search => false,
    };
    if untouched {
        return Ok(Encoded { body, dropped, names });
    }
    // What is no object is the provider's to refuse.
    let Ok(mut members) = serde_json::from_slice::<Members<'_>>(&body) else {
        return Ok(Encoded { body, dropped, names });
    };
    let renamed = !matches!(series, Series::Plain | Series::Unknown) && rename(&mut members);
    let unfit = unfit(series, &members);
    if let (Lenience::Refuse, Some((name, why))) = (lenience, unfit.first()) {
        let name = called(by, name);
        let message = format!(
            "`{name}` {why}, and so it cannot be asked of `{model}`; leave it out, or allow that with `drop_params: true`"
        );
        return Err(Refused { param: Box::from(name), message });
    }
    if unfit.is_empty() && !renamed {
        drop(members);
        return Ok(Encoded { body, dropped, names });
    }
    for (name, _) in unfit {
        members.remove(name);
        dropped.push(Box::from(called(by, name)));
    }
    let written = serde_json::to_vec(&members).map(Bytes::from);
    let body = written.map_err(|error| Refused {
        param: Box::from("request_body"),
        message: format!("request cannot be written: {error}"),
    })?;
    Ok(Encoded { body, dropped, names })
}

/// What the client calls a member of a chat completion.
fn called(by: Endpoint, name: &'static str) -> &'static str {
    if name == EFFORT { by.row().effort } else { name }
}

/// Whether LiteLLM asks it in OpenAI's own words: under the prefix `openai/`, at whatever address, or on Azure.
fn is_openais(deployment: &Deployment) -> bool {
    let own = || {
        let vendor = deployment.vendor.split('@').next();
        vendor == Some("openai") || deployment.model_as_written.starts_with("openai/")
    };
    match (deployment.protocol, deployment.platform) {
        (Protocol::Azure, _) => true,
        (Protocol::OpenAi, Platform::Own) => own(),
        (Protocol::OpenAi, Platform::Foundry | Platform::Vertex | Platform::Invoke)
        | (Protocol::Anthropic | Protocol::Gemini | Protocol::Bedrock | Protocol::Ollama, _) => {
            false
        }
    }
}

fn series(deployment: &Deployment, model: &str) -> Series {
    let azure = deployment.protocol == Protocol::Azure;
    // A deployment of Azure's is called whatever somebody likes.
    let written = Some(&*deployment.model_as_written).filter(|name| azure && !name.contains('*'));
    let base = deployment.base_model.as_deref().filter(|_| azure);
    let name = base.or(written).unwrap_or(model);
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_o = match azure {
        true => ["o1", "o3", "o4", "o_series/"].iter().any(|part| name.contains(part)),
        false => ["o1", "o3", "o4"].iter().any(|family| {
            let rest = last.strip_prefix(family);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        }),
    };
    let numbered = ["gpt-5", "gpt-6"].iter().any(|part| name.contains(part));
    let is_gpt5 = numbered && !last.contains("gpt-5-chat") || azure && name.contains("gpt5_series");
    let undated = undated(last);
    // Azure's list has no word on its 5.2.
    let known = |list: &[&str]| list.contains(&undated) && !(azure && undated == "gpt-5.2");
    match (is_o, is_gpt5) {
        (true, _) => Series::O,
        (false, true) if name.contains("gpt-5") && name.contains("search") => Series::Search,
        (false, true) => {
            let rests = known(RESTS);
            Series::Gpt5 { can_rest: rests || known(CAN_REST), rests }
        }
        // LiteLLM takes whatever Azure has for a model of OpenAI's; a name that is none says nothing.
        (false, false) if bare_names::is_openais(last) => Series::Plain,
        (false, false) => Series::Unknown,
    }
}

/// A model's name without the date at its end: `gpt-5.1` of `gpt-5.1-2025-11-13`.
fn undated(name: &str) -> &str {
    const DATE: usize = "-2025-11-13".len();
    let at = name.len().saturating_sub(DATE);
    match name.get(at..).map(str::as_bytes) {
        Some([b'-', year @ .., b'-', _, _, b'-', _, _]) if year.iter().all(u8::is_ascii_digit) => {
            &name[..at]
        }
        Some(_) | None => name,
    }
}

/// Gives the bound of an answer its other name, unless that is there; whether anything changed.
fn rename(members: &mut Members<'_>) -> bool {
    if !asks(members, BOUND) {
        return false;
    }
    let bound = members.remove(BOUND);
    if let Some(bound) = bound.filter(|_| !asks(members, BOUND_OF_ALL)) {
        members.insert(Cow::Borrowed(BOUND_OF_ALL), bound);
    }
    true
}

/// Members that the model cannot be asked, and why not.
fn unfit(series: Series, members: &Members<'_>) -> Vec<(&'static str, &'static str)> {
    const OTHERS: &str = "is Anthropic's word";
    const NEVER: &str = "is nothing that models of its series take";
    const WHILE: &str = "is nothing that it takes while it thinks";
    let awake = match series {
        Series::Plain | Series::Unknown | Series::Search => false,
        Series::O => true,
        Series::Gpt5 { can_rest, rests } => {
            !(can_rest && effort(members).map_or(rests, |own| own == "none"))
        }
    };
    let (never, at_rest): (&[&str], &[&str]) = match series {
        Series::Unknown => (&[THINKING], &[]),
        Series::Plain => (NOT_OF_PLAIN, &[]),
        Series::O => (NOT_OF_O, &[]),
        Series::Search => (NOT_OF_SEARCH, &[]),
        Series::Gpt5 { .. } if awake => (NOT_OF_GPT5, AT_REST),
        Series::Gpt5 { .. } => (NOT_OF_GPT5, &[]),
    };
    let never = never.iter().map(|name| (*name, if *name == THINKING { OTHERS } else { NEVER }));
    let at_rest = at_rest.iter().map(|name| (*name, WHILE));
    let mut unfit: Vec<_> = never.chain(at_rest).filter(|(name, _)| asks(members, name)).collect();
    let warm = members.get(TEMPERATURE).and_then(|value| value.get().parse::<f64>().ok());
    if awake && warm.is_some_and(|warm| warm != 1.0) {
        unfit.push((TEMPERATURE, "is always 1 while it thinks"));
    }
    unfit
}

/// How hard to think, by the request's own word.
fn effort(members: &Members<'_>) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(members.get(EFFORT)?.get()).ok()?;
    let level = value.get("effort").unwrap_or(&value);
    level.as_str().map(str::to_owned)
}

/// Whether a member is there and says something.
fn asks(members: &Members<'_>, name: &str) -> bool {
    members.get(name).is_some_and(|value| value.get() != "null")
}

#[cfg(test)]
mod tests {
    use super::{Rest, undated};

    #[test]
    fn a_model_is_told_not_to_think_in_the_words_that_it_knows() {
        for (model, rest) in [
            ("gpt-4o", Rest::Untold),
            ("gpt-5-chat-latest", Rest::Untold),
            ("llama-3.3-70b", Rest::Untold),
            ("gpt-5", Rest::At("minimal")),
            ("openai/gpt-5-mini-2025-08-07", Rest::At("minimal")),
            ("gpt-5.1-2025-11-13", Rest::At("none")),
            ("gpt-5.5", Rest::At("none")),
            ("gpt-5-pro", Rest::Never),
            ("o3", Rest::Never),
        ] {
            assert_eq!(Rest::of(model), rest, "{model}");
        }
    }

    #[test]
    fn a_date_is_no_part_of_a_models_name() {
        for (name, bare) in [
            ("gpt-5.1-2025-11-13", "gpt-5.1"),
            ("gpt-5.1", "gpt-5.1"),
            ("gpt-5.4-mini", "gpt-5.4-mini"),
            ("-2025-11-13", ""),
            ("é2025-11-13", "é2025-11-13"),
        ] {
            assert_eq!(undated(name), bare);
        }
    }
}
