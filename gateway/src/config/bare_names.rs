//! Whose a model is that is named without a provider's prefix: LiteLLM asks its lists of models. It must never know a
//! config.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One line per provider and some of its models; `scripts/bare_names.py` writes it.
static LISTED: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("bare_names.txt").lines().filter(|line| !line.starts_with('#'));
    let named = |line: &'static str| {
        let (provider, models) = line.split_once(' ').unwrap_or((line, ""));
        models.split(' ').map(move |model| (model, provider))
    };
    lines.flat_map(named).collect()
});

/// How models begin, or what is in their names, that LiteLLM knows by that (1.106.2, `get_llm_provider`).
fn by_its_shape(model: &str) -> Option<&'static str> {
    let tuned = model.contains("ft:gpt-3.5-turbo") || model.contains("ft:gpt-4");
    (tuned || model.starts_with("gpt-image")).then_some("openai")
}

/// Further families. LiteLLM's list of 1.106.2 names what is sold today; earlier ones named these.
const FAMILIES: &[(&str, &[&str])] = &[
    (
        "openai",
        &[
            "gpt-3.5-",
            "gpt-4",
            "gpt-5",
            "chatgpt-",
            "o1",
            "o3",
            "o4-",
            "text-embedding-",
            "dall-e-",
            "whisper-",
            "tts-",
            "omni-moderation-",
        ],
    ),
    ("anthropic", &["claude"]),
];

/// Whether LiteLLM's lists have a name.
pub(crate) fn is_listed(model: &str) -> bool {
    LISTED.contains_key(model) || by_its_shape(model).is_some()
}

/// Whether a name is in LiteLLM's list of OpenAI's models.
pub(crate) fn is_openais(model: &str) -> bool {
    LISTED.get(model) == Some(&"openai")
}

/// Whose model a name without a prefix is, where its name says so.
pub(crate) fn of_bare(model: &str) -> Option<&'static str> {
    if model.contains('/') {
        return None;
    }
    let begins = |(_, heads): &&(&str, &[&str])| heads.iter().any(|head| model.starts_with(head));
    let of_family = || FAMILIES.iter().find(begins).map(|(provider, _)| *provider);
    LISTED.get(model).copied().or_else(|| by_its_shape(model)).or_else(of_family)
}

#[cfg(test)]
mod tests {
    use super::{is_listed, of_bare};

    #[test]
    fn names_are_those_of_litellms_lists_then_of_families() {
        for (model, provider, listed) in [
            ("gpt-4o", Some("openai"), true),
            ("dall-e-3", Some("openai"), true),
            ("ft:gpt-4o:acme", Some("openai"), true),
            ("claude-opus-4-5", Some("anthropic"), true),
            ("claude-3-5-sonnet-20240620", Some("anthropic"), false),
            ("gemini-2.5-flash", Some("vertex_ai"), true),
            ("amazon.nova-lite-v1:0", Some("bedrock"), true),
            ("gpt-3.5-turbo-instruct", Some("text-completion-openai"), true),
            ("deepseek-chat", None, false),
            ("my-model", None, false),
            ("openai/gpt-4o", None, false),
        ] {
            assert_eq!((of_bare(model), is_listed(model)), (provider, listed), "{model}");
        }
    }
}
